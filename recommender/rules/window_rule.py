"""Window rule: when one may apply, as a programme's publisher says it; nothing in it depends on a person or a day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from features.calendar import date_of

if TYPE_CHECKING:
    from recommender.text import Text

__all__ = [
    "ANCHORS",
    "COUNTS",
    "NEXT_DAY",
    "SAME_DAY",
    "WINDOWS",
    "MonthDay",
    "WindowRule",
    "days_document",
    "window_document",
]

WINDOWS: Final = ("open_ended", "dated", "recurring", "relative", "not_needed", "unknown")
NEXT_DAY: Final = "next_day"
"""The day of the event is not counted (Korean Civil Act, article 157)."""
SAME_DAY: Final = "same_day"
"""The day of the event is the first: the period begins at midnight, or the text counts the day."""
COUNTS: Final = (NEXT_DAY, SAME_DAY)
ANCHORS: Final = ("end_of_month", "start_of_month")
"""From which day of the event's month a period runs, where not from the event's own day."""

MonthDay = tuple[int, int]
"""A month from 1 to 12 and a day of it, in any year."""


@dataclass(frozen=True, slots=True)
class WindowRule:
    """One window; durations are ISO 8601, days are since 1970-01-01, and first and last days are included.

    Attributes:
        kind: one of WINDOWS.
        opens: the first day of a dated window.
        closes: its last day.
        after: the events a relative window runs from: from the latest of any of them.
        within: how long it runs, from the event or, given `opens_after`, from the day it opens.
        text: the original wording.
        during: a boolean fact while which one may apply, whatever the days are.
        anchor: one of ANCHORS: the period runs from that day of the month of the event.
        count_from: one of COUNTS; None is as the country counts.
        opens_before: how long before the event, or before the day the rules begin to hold, one may apply already.
        opens_after: how long after the event one may apply at the earliest.
        retroactive: how long after the event a claim is paid from the beginning; a later one is paid from then on.
        months: in which months of every year it is open.
        days: from which to which day of the month; 31 is the last day of any month.
        yearly: from which to which day of every year; it may go over the turn of the year.
        funds: whether it ends earlier once the money is spent.
        occasion: what a relative window runs from where no event type says it, in words; then it is unknown.
    """

    kind: str
    opens: int | None = None
    closes: int | None = None
    after: tuple[str, ...] = ()
    within: str | None = None
    text: Text | None = None
    during: str | None = None
    anchor: str | None = None
    count_from: str | None = None
    opens_before: str | None = None
    opens_after: str | None = None
    retroactive: str | None = None
    months: tuple[int, ...] = ()
    days: tuple[int, int] | None = None
    yearly: tuple[MonthDay, MonthDay] | None = None
    funds: bool = False
    occasion: str | None = None

    @property
    def is_personal(self) -> bool:
        """Whether it depends on what happened to a person or on a fact, and not on the day alone."""
        runs = bool(self.after) and (self.within is not None or self.retroactive is not None)
        return self.during is not None or runs

    @property
    def recurs(self) -> bool:
        """Whether it says on which days of a year or a month it is open."""
        return bool(self.months) or self.days is not None or self.yearly is not None

    def wordless(self) -> WindowRule:
        """Return the rule without its wording: two of them that are equal are open on the same days."""
        return self if self.text is None else replace(self, text=None)


def window_document(window: WindowRule) -> dict[str, object]:
    """Return the mapping a window is written as; reading that again gives an equal window."""
    document: dict[str, object] = {"kind": window.kind} | days_document(window.opens, window.closes)
    if window.anchor is not None:
        document["from"] = window.anchor
    if window.after:
        document["after"] = list(window.after)
    if window.during is not None:
        document["while"] = window.during
    for key in ("within", "count_from", "opens_before", "opens_after", "retroactive", "occasion"):
        if (value := getattr(window, key)) is not None:
            document[key] = value
    if window.months:
        document["months"] = list(window.months)
    if window.days is not None:
        document["days"] = {"from": window.days[0], "until": window.days[1]}
    if window.yearly is not None:
        (month, day), (last_month, last_day) = window.yearly
        document["yearly"] = {"from": f"{month:02}-{day:02}", "until": f"{last_month:02}-{last_day:02}"}
    if window.funds:
        document["while_funds_last"] = True
    return document if window.text is None else document | {"text": window.text.to_document()}


def days_document(first: int | None, last: int | None) -> dict[str, object]:
    """Return a first and a last day as they are written."""
    days = (("from", first), ("until", last))
    return {key: date_of(day).isoformat() for key, day in days if day is not None}
