"""What is known about a person, and when it was known: events in, snapshots out."""

__version__ = "0.1.0"
"""The version of Proffer, for the command line, the service and the distribution."""
