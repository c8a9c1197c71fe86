"""The front door: one file per verb; reads files, clock and network and passes plain values down."""

__version__ = "0.1.0"
