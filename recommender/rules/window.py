"""Openings: from when until when a programme can be asked for, and how many days are left of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from features.calendar import Duration

OPEN: Final = "open"
UPCOMING: Final = "upcoming"
CLOSED: Final = "closed"
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Occurrence:
    """Something that happened to a person: the event's type and the local day (days since 1970-01-01)."""

    event: str
    day: int


@dataclass(frozen=True)
class ApplicationWindow:
    """A programme's window seen from one day.

    Attributes:
        kind: the programme's own word for it.
        state: open, upcoming, closed or unknown.
        opens: the first day, in days since 1970-01-01; None where there is none or nobody knows.
        closes: the last day, which still counts; None as above.
        days_left: days after today until it closes: 0 on the last day.
        event: the event it runs from.
    """

    kind: str
    state: str
    opens: int | None = None
    closes: int | None = None
    days_left: int | None = None
    event: str | None = None

    @property
    def is_closed(self) -> bool:
        """Whether the last day has passed."""
        return self.state == CLOSED


@cache
def always(kind: str) -> ApplicationWindow:
    """An opening that never ends: there is no deadline, or nothing to apply for.

    >>> always("open_ended").state
    'open'
    """
    return ApplicationWindow(kind, OPEN)


@cache
def unstated(kind: str) -> ApplicationWindow:
    """An opening that nobody could read from the programme; it is never taken for closed."""
    return ApplicationWindow(kind, UNKNOWN)


def between(
    kind: str, opens: int | None, closes: int | None, today: int, event: str | None = None
) -> ApplicationWindow:
    """The opening from one day to another, both inclusive, seen from `today`.

    >>> between("dated", 10, 20, today=15)
    ApplicationWindow(kind='dated', state='open', opens=10, closes=20, days_left=5, event=None)
    >>> between("dated", 10, 20, today=21).state, between("dated", 10, 20, today=9).state
    ('closed', 'upcoming')
    """
    if closes is not None and today > closes:
        return ApplicationWindow(kind, CLOSED, opens, closes, None, event)
    left = None if closes is None else closes - today
    state = UPCOMING if opens is not None and today < opens else OPEN
    return ApplicationWindow(kind, state, opens, closes, left, event)


def after_event(
    kind: str, events: Collection[str], within: Duration, occurrences: Iterable[Occurrence], today: int
) -> ApplicationWindow:
    """The opening that runs from the latest of some events; unknown when none of them is on record.

    The day of the event counts as the first, as a birthday does (Korean Civil Act, article 158) and as the 60 days of
    the child allowance are counted; a law that starts counting on the morrow gives one day more than is said here.

    >>> after_event("relative", ["life.child_born"], Duration(days=60), [Occurrence("life.child_born", 100)], 100)
    ApplicationWindow(kind='relative', state='open', opens=100, closes=159, days_left=59, event='life.child_born')
    """
    past = [occurrence for occurrence in occurrences if occurrence.event in events and occurrence.day <= today]
    if not past:
        return ApplicationWindow(kind, UNKNOWN)
    latest = max(past, key=lambda occurrence: (occurrence.day, occurrence.event))
    return between(kind, latest.day, within.after(latest.day) - 1, today, latest.event)


def births(children: Sequence[int], event: str, today: int) -> tuple[Occurrence, ...]:
    """What stated birth dates (days) tell of the event of a birth, where the event itself is not on record."""
    return tuple(Occurrence(event, day) for day in sorted(set(children)) if day <= today)
