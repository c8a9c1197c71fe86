"""Local days and wall-clock seconds: completed years and months, durations, and the zone they are counted in.

A day is the number of days since 1970-01-01; a wall-clock second is `day * 86400 + seconds since local midnight`.
Days, months and years are differences of local dates, never seconds divided by 86400, so daylight saving time
shifts nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from features.arrays import Int64
from features.problem import Problem, Rejected, Where

YEARS: Final = range(1900, 2101)
"""The years of the days that can be asked about: dates of facts end with them."""
DAY_SECONDS: Final = 86_400
_UNIX_ORDINAL: Final = date(1970, 1, 1).toordinal()
_DURATION: Final = re.compile(r"P(?=\d)(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})W)?(?:(\d{1,5})D)?")
ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""How a day is written: YYYY-MM-DD, of the forms of ISO 8601 this one alone."""
_LIKE_A_DAY: Final = re.compile(r"(?<![\w-])(\d{4})-(\d\d?)-(\d\d?)(?!\d)")
_BLOCK_SECONDS: Final = 1024 * DAY_SECONDS
_SECOND: Final = timedelta(seconds=1)


def day_of(when: date) -> int:
    """Return the days since 1970-01-01.

    >>> day_of(date(1970, 1, 2))
    1
    """
    return when.toordinal() - _UNIX_ORDINAL


def date_of(day: int) -> date:
    """Return the date of a day number.

    >>> date_of(-1)
    datetime.date(1969, 12, 31)
    """
    return date.fromordinal(day + _UNIX_ORDINAL)


def missing_day(text: str, file: str) -> Problem | None:
    r"""Return that a text holds something written like a day that the calendar lacks; None where it holds none.

    >>> str(missing_day("a: 2026-01-31\nb: 2026-02-30", "x.yaml"))
    'x.yaml, line 2: there is no day 2026-02-30. Check the calendar'
    """
    for number, line in enumerate(text.splitlines(), 1):
        for found in _LIKE_A_DAY.finditer(line):
            try:
                date(*map(int, found.groups()))
            except ValueError:
                what = f"there is no day {found[0]}"
                return Problem((f"{file}, line {number}",), "range", what, "Check the calendar")
    return None


def completed_months(start: int, today: int) -> int:
    """Return the whole months from one day to another; a month is complete on the same day of the month.

    A month that has no such day is complete on the first of the next; negative when `today` comes first.

    >>> completed_months(day_of(date(2024, 1, 31)), day_of(date(2024, 2, 29)))
    0
    >>> completed_months(day_of(date(2024, 1, 31)), day_of(date(2024, 3, 1)))
    1
    """
    begin, end = date_of(start), date_of(today)
    return (end.year - begin.year) * 12 + end.month - begin.month - (end.day < begin.day)


def completed_years(born: int, today: int) -> int:
    """Return the age in whole years; born on 29 February, one is older from 1 March in common years.

    >>> completed_years(day_of(date(2004, 2, 29)), day_of(date(2023, 2, 28)))
    18
    >>> completed_years(day_of(date(2004, 2, 29)), day_of(date(2023, 3, 1)))
    19
    """
    return completed_months(born, today) // 12


def add_months(day: int, months: int) -> int:
    """Return the day so many calendar months later (or earlier), at most the last day of that month.

    >>> date_of(add_months(day_of(date(2024, 1, 31)), 1))
    datetime.date(2024, 2, 29)
    """
    when = date_of(day)
    month = when.year * 12 + when.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return day_of(first) + min(when.day, last.day) - 1


def anniversary(day: int, months: int) -> int:
    """Return the first day on which so many months are complete: the inverse of `completed_months`.

    >>> date_of(anniversary(day_of(date(2024, 1, 31)), 1))
    datetime.date(2024, 3, 1)
    """
    clamped = add_months(day, months)
    return clamped + (date_of(clamped).day < date_of(day).day)


def add_years(day: int, years: int) -> int:
    """Return the birthday so many years later; 29 February becomes 1 March in common years.

    >>> date_of(add_years(day_of(date(2004, 2, 29)), 19))
    datetime.date(2023, 3, 1)
    """
    return anniversary(day, 12 * years)


@dataclass(frozen=True)
class Duration:
    """A length of time on the calendar: months first, then days.

    >>> Duration(months=12).back_from(day_of(date(2025, 3, 31)) * 86400) == day_of(date(2024, 3, 31)) * 86400
    True
    """

    months: int = 0
    days: int = 0

    def back_from(self, wall: int) -> int:
        """Return the wall-clock second at which a window of this length ending at `wall` begins."""
        day, second = divmod(wall, DAY_SECONDS)
        return (add_months(day, -self.months) - self.days) * DAY_SECONDS + second

    def after(self, day: int) -> int:
        """Return the first day on which this length has passed since `day`."""
        return anniversary(day + self.days, self.months)

    def __str__(self) -> str:
        """Return the ISO 8601 form in months and days."""
        months = f"{self.months}M" if self.months else ""
        days = f"{self.days}D" if self.days else ""
        return f"P{months}{days}"


@lru_cache(maxsize=512)
def _length(text: str) -> Duration | None:
    """The length that a text names, None where it names none; the same few are asked for with every answer."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    length = Duration(12 * years + months, 7 * weeks + days)
    return None if length == Duration() or length.months > 2400 or length.days > 73_050 else length


def parse_duration(text: object, where: Where = ("duration",)) -> Duration:
    """Return the length an ISO 8601 duration names, in years, months, weeks and days.

    Raises:
        Rejected: it is not such a duration, or it is zero or longer than 200 years.

    >>> parse_duration("P2Y"), parse_duration("P90D")
    (Duration(months=24, days=0), Duration(months=0, days=90))
    """
    length = _length(text) if isinstance(text, str) else None
    if length is None:
        raise Rejected(
            [Problem(where, "invalid", f"{text!r} is not a duration", "Write it like P90D, P24M or P2Y, up to P200Y")]
        )
    return length


@dataclass(frozen=True)
class Zone:
    """A time zone of the IANA database, by name.

    Raises:
        Rejected: there is no such zone.

    >>> seoul = Zone("Asia/Seoul")
    >>> seoul.local_seconds(0) - 9 * 3600
    0
    >>> date_of(seoul.today(seoul.end_of_day(date(2026, 11, 1))))
    datetime.date(2026, 11, 1)
    """

    name: str

    def __post_init__(self) -> None:
        """Refuse an unknown zone."""
        try:
            _zone(self.name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            remedy = "Name a zone of the IANA database, such as Asia/Seoul"
            raise Rejected([Problem(("zone",), "invalid", f"{self.name!r} is not a time zone", remedy)]) from None

    @overload
    def local_seconds(self, utc: int) -> int: ...
    @overload
    def local_seconds(self, utc: Int64) -> Int64: ...
    def local_seconds(self, utc: int | Int64) -> int | Int64:
        """Return the wall-clock seconds at UTC seconds, for one or for an array of int64."""
        if not isinstance(utc, np.ndarray):
            return utc + _offset(self.name, utc)
        if utc.size == 0:
            return utc.copy()
        begins, offsets = _steps(self.name, utc)
        return utc + offsets[np.searchsorted(begins, utc, side="right") - 1]

    def end_of_day(self, day: date) -> int:
        """Return the UTC second at which `day` has ended: the next day's local midnight."""
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=_zone(self.name))
        return int(midnight.timestamp())

    def today(self, at: int) -> int:
        """Return the local day of the last second before `at`: as of the end of D, that is D."""
        return self.local_seconds(at - 1) // DAY_SECONDS


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def _offset(name: str, utc: int) -> int:
    offset = datetime.fromtimestamp(utc, _zone(name)).utcoffset()
    assert offset is not None  # a ZoneInfo always has one
    return offset // _SECOND


def _steps(name: str, utc: Int64) -> tuple[Int64, Int64]:
    """Return where the offset changes in the blocks that hold `utc`, from their beginnings, and the offset from there.

    Blocks between them are not scanned: one date of the year 9999 among others, as registries write for "no end", would
    otherwise cost seconds.
    """
    blocks = utc // _BLOCK_SECONDS
    first = int(blocks.min())
    held = np.flatnonzero(np.bincount(blocks - first)) + first
    steps = np.array([step for block in held.tolist() for step in _block(name, block)], np.int64)
    return steps[:, 0].copy(), steps[:, 1].copy()


@lru_cache(maxsize=256)
def _block(name: str, block: int) -> tuple[tuple[int, int], ...]:
    """Scan one block of days; no zone has ever changed its offset twice within a day."""
    begin = block * _BLOCK_SECONDS
    steps = [(begin, _offset(name, begin))]
    for day_end in range(begin + DAY_SECONDS, begin + _BLOCK_SECONDS + 1, DAY_SECONDS):
        if _offset(name, day_end) != steps[-1][1]:
            change = _first_change(name, day_end - DAY_SECONDS, day_end)
            steps.append((change, _offset(name, change)))
    return tuple(steps)


def _first_change(name: str, low: int, high: int) -> int:
    """Return the first second of (low, high] whose offset is not that of `low`."""
    before = _offset(name, low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(name, middle) == before else (low, middle)
    return high
