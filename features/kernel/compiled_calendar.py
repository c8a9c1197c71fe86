"""Calendar arithmetic as the compiled kernel does it: days since 1970-01-01, months, anniversaries, lengths.

`features.calendar` says the same in plain Python.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS
from features.kernel.jit import njit
from features.kernel.lowering import AS_IS, DAYS, MONTHS, UNTIL_DAYS
from features.value import UNKNOWN


@njit
def civil(day: int) -> tuple[int, int]:
    """Months since year 0 and day of the month (0-based), after Howard Hinnant, chrono-compatible date algorithms."""
    shifted = day + 719_468
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return (year + era * 400) * 12 + month + 2, of_year - (153 * month + 2) // 5


@njit
def first_of(month: int) -> int:
    """The first day of a month counted since year 0."""
    shifted = month - 2
    year = shifted // 12
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (shifted - year * 12) + 2) // 5
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@njit
def add_months(day: int, months: int) -> int:
    """The same day of a later or earlier month, or the last day of that month."""
    if months == 0:
        return day
    month, place = civil(day)
    first, following = first_of(month + months), first_of(month + months + 1)
    return min(first + place, following - 1)


@njit
def anniversary(day: int, months: int) -> int:
    """The first day on which so many months have passed since a day."""
    if months == 0:
        return day
    month, place = civil(day)
    return min(first_of(month + months) + place, first_of(month + months + 1))


@njit
def months_between(start: int, end: int) -> int:
    """Completed months from one day to another."""
    begin_month, begin_place = civil(start)
    end_month, end_place = civil(end)
    return end_month - begin_month - (1 if end_place < begin_place else 0)


@njit
def months_until(starts: Int64, end: int) -> Int64:
    """Completed months from each of many days to one; UNKNOWN where the day is."""
    found = np.empty(starts.size, np.int64)
    for i in range(starts.size):
        found[i] = UNKNOWN if starts[i] == UNKNOWN else months_between(starts[i], end)
    return found


@njit
def back(wall: int, months: int, days: int) -> int:
    """The wall-clock second at which a window ending at `wall` begins."""
    day = wall // DAY_SECONDS
    return wall + (add_months(day, -months) - days - day) * DAY_SECONDS


@njit
def elapsed(start: int, end: int, unit: int) -> int:
    """Days, completed months or completed years from one day to another."""
    if unit == DAYS:
        return end - start
    months = months_between(start, end)
    return months if unit == MONTHS else months // 12


@njit
def measured(day: int, today: int, unit: int) -> int:
    """A day as the column's unit wants it: as it is, since then, or until then (below 0 once it has passed)."""
    if unit == AS_IS:
        return day
    if unit < UNTIL_DAYS:
        return elapsed(day, today, unit)
    if day >= today:
        return elapsed(today, day, unit - UNTIL_DAYS)
    return -elapsed(day, today, unit - UNTIL_DAYS)
