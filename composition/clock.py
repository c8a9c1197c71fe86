"""The clock: the only place where composed code reads the time; everything else takes it as an argument."""

from __future__ import annotations

import datetime
import time


def now() -> int:
    """The UTC second it is."""
    return int(time.time())


def timestamp() -> str:
    """The time as RFC 3339 text in UTC, to the second."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def timestamp_of(second: int) -> str:
    """A UTC second as RFC 3339 text; the last one that a calendar has for any beyond it."""
    last = int(datetime.datetime.max.replace(tzinfo=datetime.UTC).timestamp())
    return datetime.datetime.fromtimestamp(min(second, last), datetime.UTC).isoformat(timespec="seconds")


def nanoseconds() -> int:
    """The nanoseconds since 1970-01-01T00:00:00Z, as OpenTelemetry counts them."""
    return time.time_ns()
