"""Application windows: from when until when a programme can be applied for, and how many days are left of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from features.calendar import DAY_SECONDS, Duration, add_months, date_of, parse_duration
from features.value import UNKNOWN as NOT_KNOWN
from recommender.rules.recurrence import current_or_next, last_before
from recommender.rules.window_rule import SAME_DAY

if TYPE_CHECKING:
    from features.snapshot import Occurrence
    from recommender.rules.window_rule import WindowRule
    from recommender.rules.working_days import WorkingDays

OPEN: Final = "open"
UPCOMING: Final = "upcoming"
CLOSED: Final = "closed"
ASK: Final = "ask"
"""The published last day has passed and was no working day: whether the next working day still counts must be asked."""
UNKNOWN: Final = "unknown"

_ENDLESS: Final = ("open_ended", "not_needed")
_ORDER: Final = {OPEN: 0, ASK: 1, UPCOMING: 2, UNKNOWN: 3, CLOSED: 4}
"""Of several windows the first in this order counts."""
_NEVER: Final = 2**62
NOTHING_KNOWN: Final[Mapping[str, int]] = MappingProxyType({})


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
        paid_back_until: the last day on which a claim is still paid from the event on; None where that is not said.
        during: the fact while which it is open.
        funds: whether it ends earlier once the money is spent.
        pressing: days after today until something is lost or may be: it closes, the working day that may stand for a
            published last day passes, or a claim is paid from the event on no longer.
        waits: whether it is open from a day on that is not known, for those of whom the state of `during` holds.
    """

    kind: str
    state: str
    opens: int | None = None
    closes: int | None = None
    days_left: int | None = None
    event: str | None = None
    paid_back_until: int | None = None
    during: str | None = None
    funds: bool = False
    pressing: int | None = None
    waits: bool = False

    @property
    def is_closed(self) -> bool:
        """Whether the last day, and the working day that may stand for it, have passed."""
        return self.state == CLOSED


@cache
def always(kind: str, funds: bool = False) -> ApplicationWindow:
    """Return a window that never ends, unless the money does: there is no deadline, or nothing to apply for.

    >>> always("open_ended").state
    'open'
    """
    return ApplicationWindow(kind, OPEN, funds=funds)


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
    >>> found = between("dated", 10, 20, 15, WorkingDays())
    >>> found.state, found.opens, found.closes, found.days_left
    ('open', 10, 20, 5)
    >>> between("dated", 10, 20, 21, WorkingDays()).state, between("dated", 10, 20, 9, WorkingDays()).state
    ('closed', 'upcoming')
    >>> [between("dated", None, 20_757, day, WorkingDays()).state for day in (20_757, 20_758, 20_759, 20_760)]
    ['open', 'ask', 'ask', 'closed']
    """
    if closes is not None and today > closes:
        last = working.end_of_period(closes)
        soon = last - today if today <= last else None
        return ApplicationWindow(kind, CLOSED if soon is None else ASK, opens, closes, None, event, pressing=soon)
    left = None if closes is None else closes - today
    state = UPCOMING if opens is not None and today < opens else OPEN
    return ApplicationWindow(kind, state, opens, closes, left, event, pressing=left)


def after_event(
    rule: WindowRule, occurrences: Iterable[Occurrence], today: int, working: WorkingDays
) -> ApplicationWindow:
    """Return the window that runs from the latest of some events; unknown when none of them is on record.

    Whether the day of the event is counted is the rule's word, or else the country's (Korean Civil Act, articles 157
    and 158). A period whose last day is not a working day ends on the next one (article 161).

    >>> from recommender.rules.working_days import WorkingDays
    >>> from recommender.rules.window_rule import WindowRule
    >>> from features.snapshot import Occurrence
    >>> born = Occurrence("life.child_born", 102)
    >>> rule = WindowRule("relative", after=("life.child_born",), within="P60D", count_from="same_day")
    >>> found = after_event(rule, [born], 102, WorkingDays())
    >>> found.opens, found.closes, found.days_left
    (102, 161, 59)
    """
    past = [occurrence for occurrence in occurrences if occurrence.event in rule.after and occurrence.day <= today]
    if not past:
        return always(rule.kind) if rule.within is None else ApplicationWindow(rule.kind, UNKNOWN)
    latest = max(past, key=lambda occurrence: (occurrence.day, occurrence.event))
    begins = _anchored(latest.day, rule.anchor)
    opens = latest.day if rule.opens_before is None else before(latest.day, rule)
    starts, count_from = begins, rule.count_from
    if rule.opens_after is not None:  # the day it opens is whole, so it is the first of the period
        opens, count_from = parse_duration(rule.opens_after).after(begins), SAME_DAY
        starts = opens
    closes = None
    if rule.within is not None:
        closes = working.last_day(starts, parse_duration(rule.within), count_from)
    found = between(rule.kind, opens, closes, today, working, latest.event)
    back = None
    if rule.retroactive is not None:
        back = working.last_day(begins, parse_duration(rule.retroactive), rule.count_from)
    back = back if back is not None and back >= today else None
    ends = [left for left in (found.pressing, None if back is None else back - today) if left is not None]
    return replace(found, paid_back_until=back, funds=rule.funds, pressing=min(ends, default=None))


def _anchored(day: int, anchor: str | None) -> int:
    """The day a period runs from: the event's own, or the first or the last of its month."""
    if anchor is None:
        return day
    first = day - date_of(day).day + 1
    return first if anchor == "start_of_month" else add_months(first, 1) - 1


def before(day: int, rule: WindowRule) -> int:
    """Return the first day one may apply, `opens_before` the day the rules begin to hold (or the event)."""
    length = Duration() if rule.opens_before is None else parse_duration(rule.opens_before)
    return length.back_from(_anchored(day, rule.anchor) * DAY_SECONDS) // DAY_SECONDS


def _recurring(rule: WindowRule, today: int, working: WorkingDays) -> ApplicationWindow:
    """Return the season that runs, the one that has just ended on no working day, or the next one."""
    now = current_or_next(rule, today)
    if now is None or now[0] > today:
        over = last_before(rule, today)
        if over is not None and (seen := between(rule.kind, *over, today, working)).state == ASK:
            return seen
    return between(rule.kind, *(now or (rule.opens, rule.closes)), today, working)


def window_of(
    rules: Sequence[WindowRule],
    occurrences: Iterable[Occurrence],
    today: int,
    working: WorkingDays,
    states: Mapping[str, int] = NOTHING_KNOWN,
) -> ApplicationWindow:
    """Return from when until when one can apply, seen from `today`, to whom this happened and of whom `states` hold.

    Of several windows an open one counts, of open ones the one that closes last, of coming ones the next; all must be
    closed for the programme to be so.
    """
    happened = tuple(occurrences)
    return window_that_counts([window_by(rule, happened, today, working, states) for rule in rules])


def window_that_counts(windows: Sequence[ApplicationWindow]) -> ApplicationWindow:
    """Return which of a programme's windows counts, as `window_of` says."""
    return windows[0] if len(windows) == 1 else min(windows, key=_rank)


def _rank(window: ApplicationWindow) -> tuple[int, int]:
    if window.state == UPCOMING:
        return _ORDER[UPCOMING], window.opens or 0
    last = window.closes
    if window.state == CLOSED:  # one that has no day is told last
        return _ORDER[CLOSED], _NEVER if last is None else -last
    return _ORDER[window.state], -_NEVER if last is None else -last


def window_by(
    rule: WindowRule, occurrences: Sequence[Occurrence], today: int, working: WorkingDays, states: Mapping[str, int]
) -> ApplicationWindow:
    """Return the window that one rule says; of what happened and of the states those alone count that it names."""
    if rule.during is not None:
        value = states.get(rule.during, NOT_KNOWN)
        state = UNKNOWN if value == NOT_KNOWN else OPEN if value == 1 else CLOSED
        if state != CLOSED and rule.after:
            return _bounded(rule, state, after_event(rule, occurrences, today, working))
        waits = state == OPEN and rule.occasion is not None
        return ApplicationWindow(
            rule.kind, UNKNOWN if waits else state, during=rule.during, funds=rule.funds, waits=waits
        )  # fmt: skip
    if rule.is_personal:
        return after_event(rule, occurrences, today, working)
    if rule.kind in _ENDLESS:
        return always(rule.kind, rule.funds)
    if rule.recurs:
        return _recurring(rule, today, working)
    if rule.opens is not None or rule.closes is not None:
        return between(rule.kind, rule.opens, rule.closes, today, working)
    return unstated(rule.kind)


def _bounded(rule: WindowRule, state: str, since: ApplicationWindow) -> ApplicationWindow:
    """Return the window of a state that an event bounds: not before it opens, and with a period no longer than that.

    A period beside a state lengthens another window for those of whom the state is known; nobody is asked for it.
    """
    if since.state == UPCOMING:
        return since
    if rule.within is None:
        waits = state == OPEN and rule.opens_after is not None and since.event is None
        return ApplicationWindow(
            rule.kind, UNKNOWN if waits else state, during=rule.during, funds=rule.funds, waits=waits
        )  # fmt: skip
    if state != OPEN or since.state != OPEN:
        return ApplicationWindow(rule.kind, CLOSED, during=rule.during, funds=rule.funds)
    return replace(since, during=rule.during, funds=rule.funds)
