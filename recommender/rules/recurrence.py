"""Recurrence: the days of a year or a month on which a window comes round, and the next of them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from features.calendar import date_of, day_of

if TYPE_CHECKING:
    from recommender.rules.window_rule import MonthDay, WindowRule

__all__ = ["Season", "current_or_next", "last_before", "seasons"]

Season = tuple[int, int]
"""A first and a last day, both included, in days since 1970-01-01."""

_EVERY_MONTH: Final = tuple(range(1, 13))
_WHOLE_MONTH: Final = (1, 31)
_YEARS_AHEAD: Final = 9
"""Eight years lie between two 29 Februaries at the most, as between 1896 and 1904."""


def seasons(rule: WindowRule, year: int) -> Iterator[Season]:
    """Yield the seasons of a rule that begin in a year, in order; adjoining whole months are one.

    >>> from recommender.rules.window_rule import WindowRule
    >>> [tuple(str(date_of(day)) for day in one) for one in seasons(WindowRule("recurring", months=(2, 3, 9)), 2026)]
    [('2026-02-01', '2026-03-31'), ('2026-09-01', '2026-09-30')]
    """
    if rule.yearly is not None:
        first, last = rule.yearly
        yield _day(year, first), _day(year + (last < first), last)
        return
    found: list[Season] = []
    low, high = rule.days or _WHOLE_MONTH
    for month in sorted(rule.months) or _EVERY_MONTH:
        length = monthrange(year, month)[1]
        if low > length and low != _WHOLE_MONTH[1]:
            continue
        first_day, last_day = (day_of(date(year, month, min(day, length))) for day in (low, high))
        if found and found[-1][1] + 1 == first_day:
            found[-1] = (found[-1][0], last_day)
        else:
            found.append((first_day, last_day))
    yield from found


def _day(year: int, of_year: MonthDay) -> int:
    month, day = of_year
    return day_of(date(year, month, min(day, monthrange(year, month)[1])))


def _near(rule: WindowRule, today: int) -> list[Season]:
    """The seasons from the year before to some years ahead, those that adjoin over New Year joined."""
    year = date_of(today).year
    joined: list[Season] = []
    for one in range(year - 1, year + _YEARS_AHEAD):
        for first, last in seasons(rule, one):
            if joined and first <= joined[-1][1] + 1 and last - joined[-1][0] < 360:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
    return joined


def current_or_next(rule: WindowRule, today: int) -> Season | None:
    """Return the season that runs today, or else the next one; None where there is none within the rule's own days."""
    for first, last in _near(rule, today):
        opens = first if rule.opens is None else max(first, rule.opens)
        closes = last if rule.closes is None else min(last, rule.closes)
        if opens <= closes and closes >= today:
            return opens, closes
    return None


def last_before(rule: WindowRule, today: int) -> Season | None:
    """Return the last season that was over before today, None where there is none."""
    over = [season for season in _near(rule, today) if season[1] < today]
    return over[-1] if over else None
