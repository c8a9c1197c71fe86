"""The months a world lasts: when it begins, the year before the log, and seconds of Korean days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS, date_of, day_of

KOREA_SECONDS = 9 * 3600  # Korea has had no daylight saving time since 1988
COMPLETE_FROM = date(2023, 11, 1)  # the shipped declaration's completeness: a log may not begin later
LAST_DAY = date(2026, 10, 31)
WARM_UP = 12  # months lived before the log begins


def _month_after(first: date, months: int) -> date:
    month = first.year * 12 + first.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True)
class Months:
    """The months of one world: `starts` are the first days of the warm-up and logged months, and of the one after."""

    starts: tuple[int, ...]

    @property
    def logged(self) -> int:
        """How many months the log covers."""
        return len(self.starts) - 1 - WARM_UP

    @property
    def first_day(self) -> int:
        """The day the log begins."""
        return self.starts[WARM_UP]

    @property
    def last_day(self) -> int:
        """The last day of the log."""
        return self.starts[-1] - 1

    @property
    def begin(self) -> int:
        """The UTC second at which the log begins."""
        return second_of(self.first_day)

    @property
    def end(self) -> int:
        """The UTC second at which the last day has ended: the instant of the truth."""
        return second_of(self.starts[-1])

    def year(self, month: int) -> int:
        """The year of a month, counted from the first of the warm-up."""
        return date_of(self.starts[month]).year

    def calendar_month(self, month: int) -> int:
        """The month of the year, 1 to 12."""
        return date_of(self.starts[month]).month

    def days(self, month: int) -> int:
        """How many days a month has."""
        return self.starts[month + 1] - self.starts[month]


def months(count: int) -> Months:
    """The months of a world that lasts `count` months: it ends on 2026-10-31, but begins on 2023-11-01 at the latest.

    >>> date_of(months(36).first_day), date_of(months(36).last_day)
    (datetime.date(2023, 11, 1), datetime.date(2026, 10, 31))
    >>> date_of(months(2).last_day), date_of(months(48).first_day)
    (datetime.date(2023, 12, 31), datetime.date(2022, 11, 1))
    """
    begin = min(COMPLETE_FROM, _month_after(date(LAST_DAY.year, LAST_DAY.month + 1, 1), -count))
    return Months(tuple(day_of(_month_after(begin, m - WARM_UP)) for m in range(count + WARM_UP + 1)))


def second_of(day: int) -> int:
    """The UTC second at which a Korean day begins."""
    return day * DAY_SECONDS - KOREA_SECONDS


def seconds_of(days: Int64) -> Int64:
    """The UTC seconds at which Korean days begin."""
    return days * DAY_SECONDS - KOREA_SECONDS


def day_at(seconds: Int64) -> Int64:
    """The Korean day of each UTC second."""
    return (seconds + KOREA_SECONDS) // DAY_SECONDS


def in_office(rng: np.random.Generator, days: Int64) -> Int64:
    """A UTC second of each day between nine and eighteen o'clock."""
    return seconds_of(days) + rng.integers(9 * 3600, 18 * 3600, len(days))


def ages_on(born: Int64, day: int | Int64) -> Int64:
    """Completed years, to within a day (365.2425 days a year): for drawing only, never for a rule."""
    return np.asarray(np.floor((day - born) / 365.2425), np.int64)
