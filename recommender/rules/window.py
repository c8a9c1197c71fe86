"""Application windows: from when until when a programme can be applied for, and how many days are left of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from features.calendar import Duration

if TYPE_CHECKING:
    from features.snapshot import Occurrence
    from recommender.rules.working_days import WorkingDays

OPEN: Final = "open"
UPCOMING: Final = "upcoming"
CLOSED: Final = "closed"
ASK: Final = "ask"
"""The published last day has passed and was no working day: whether the next working day still counts must be asked."""
UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class ApplicationWindow:
    """A programme's window seen from one day.

    Attributes:
        kind: the programme's own word for it.
        state: open, upcoming, ask, closed or unknown.
        opens: the first day, in days since 1970-01-01; None where there is none or it is unknown.
        closes: the last day, which still counts; None as above. A published last day is given as published, the end
            of a period as the working day on which it ends.
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
        """Whether the last day, and the working day that may stand for it, have passed."""
        return self.state == CLOSED


@cache
def always(kind: str) -> ApplicationWindow:
    """Return a window that never ends: there is no deadline, or nothing to apply for.

    >>> always("open_ended").state
    'open'
    """
    return ApplicationWindow(kind, OPEN)


@cache
def unstated(kind: str) -> ApplicationWindow:
    """Return a window that could not be read from the programme; it never counts as closed."""
    return ApplicationWindow(kind, UNKNOWN)


def between(
    kind: str,
    opens: int | None,
    closes: int | None,
    today: int,
    working: WorkingDays,
    event: str | None = None,
) -> ApplicationWindow:
    """Return the window from one day to another, both inclusive, seen from `today`.

    A last day that is not a working day is not yet closed on the days up to the next working day: a law may move it
    there, and the publisher may not.

    >>> from recommender.rules.working_days import WorkingDays
    >>> between("dated", 10, 20, 15, WorkingDays())
    ApplicationWindow(kind='dated', state='open', opens=10, closes=20, days_left=5, event=None)
    >>> between("dated", 10, 20, 21, WorkingDays()).state, between("dated", 10, 20, 9, WorkingDays()).state
    ('closed', 'upcoming')
    >>> [between("dated", None, 20_757, day, WorkingDays()).state for day in (20_757, 20_758, 20_759, 20_760)]
    ['open', 'ask', 'ask', 'closed']
    """
    if closes is not None and today > closes:
        state = CLOSED if today > working.end_of_period(closes) else ASK
        return ApplicationWindow(kind, state, opens, closes, None, event)
    left = None if closes is None else closes - today
    state = UPCOMING if opens is not None and today < opens else OPEN
    return ApplicationWindow(kind, state, opens, closes, left, event)


def after_event(
    kind: str,
    events: Collection[str],
    within: Duration,
    occurrences: Iterable[Occurrence],
    today: int,
    working: WorkingDays,
) -> ApplicationWindow:
    """Return the window that runs from the latest of some events; unknown when none of them is on record.

    The day of the event counts as the first, as a birthday does (Korean Civil Act, article 158) and as the 60 days of
    the child allowance are counted; a law that counts from the next day gives one day more than is said here. A period
    whose last day is not a working day ends on the next one (article 161).

    >>> from recommender.rules.working_days import WorkingDays
    >>> from features.snapshot import Occurrence
    >>> born = Occurrence("life.child_born", 102)
    >>> after_event("relative", ["life.child_born"], Duration(days=60), [born], 102, WorkingDays())
    ApplicationWindow(kind='relative', state='open', opens=102, closes=161, days_left=59, event='life.child_born')
    """
    past = [occurrence for occurrence in occurrences if occurrence.event in events and occurrence.day <= today]
    if not past:
        return ApplicationWindow(kind, UNKNOWN)
    latest = max(past, key=lambda occurrence: (occurrence.day, occurrence.event))
    closes = working.end_of_period(within.after(latest.day) - 1)
    return between(kind, latest.day, closes, today, working, latest.event)
