"""The front door: one file per verb; reads files, clock and network and passes plain values down."""

from features import __version__ as __version__
