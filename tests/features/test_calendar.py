"""Days, anniversaries, windows and zones, at the edges where they differ from seconds divided by 86400."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import calendar
from features.calendar import (
    DAY_SECONDS,
    Duration,
    Zone,
    add_months,
    anniversary,
    completed_months,
    completed_years,
    date_of,
    day_of,
    parse_duration,
)
from features.problem import Rejected
from tests.examples import examples

days = st.integers(day_of(date(1900, 1, 1)), day_of(date(2100, 12, 31)))
months = st.integers(0, 1500)
ZONES = ("Asia/Seoul", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")


def second(text, zone):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


@given(days, months)
def test_an_anniversary_is_the_first_day_on_which_so_many_months_are_complete(day, count):
    found = anniversary(day, count)
    assert completed_months(day, found) >= count
    assert completed_months(day, found - 1) < count or count == 0


@given(days, months)
def test_adding_months_never_leaves_the_month(day, count):
    begin, end = date_of(day), date_of(add_months(day, count))
    assert (end.year - begin.year) * 12 + end.month - begin.month == count
    assert end.day == begin.day or (end.day < begin.day and date_of(day_of(end) + 1).day == 1)


def test_a_birthday_on_29_february_counts_from_1_march_in_common_years():
    born = day_of(date(2004, 2, 29))
    ages = [
        completed_years(born, day_of(date(*when)))
        for when in ((2023, 2, 28), (2023, 3, 1), (2024, 2, 28), (2024, 2, 29))
    ]
    assert ages == [18, 19, 19, 20]


@given(days, days)
def test_completed_months_agree_with_counting_them_one_by_one(start, more):
    end = start + more % 1000
    counted = max(count for count in range(40) if anniversary(start, count) <= end)
    assert completed_months(start, end) == counted


@examples(60)
@given(st.sampled_from(ZONES), st.lists(st.integers(-2_208_988_800, 4_102_444_800), max_size=20))
def test_many_wall_clock_seconds_agree_with_the_zone_database_one_by_one(name, seconds):
    zone = Zone(name)
    walls = [datetime.fromtimestamp(utc, ZoneInfo(name)).replace(tzinfo=UTC) for utc in seconds]
    expected = [(wall - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) for wall in walls]
    assert zone.local_seconds(np.array(seconds, np.int64)).tolist() == expected
    assert [zone.local_seconds(utc) for utc in seconds] == expected


def test_moments_far_apart_are_placed_without_scanning_the_days_between():
    calendar._block.cache_clear()
    moments = np.array([0, 253_000_000_000], np.int64)
    assert Zone("Asia/Seoul").local_seconds(moments).tolist() == [9 * 3600, 253_000_000_000 + 9 * 3600]
    assert calendar._block.cache_info().misses == 2


@pytest.mark.parametrize("name", ZONES)
def test_the_end_of_a_day_is_the_first_second_of_the_next_even_when_the_clocks_change(name):
    zone = Zone(name)
    for day in range(day_of(date(2018, 10, 25)), day_of(date(2018, 11, 10))):
        end = zone.end_of_day(date_of(day))
        assert zone.local_seconds(end) // DAY_SECONDS == day + 1
        assert zone.today(end) == day


def test_a_day_window_across_a_clock_change_is_days_and_not_hours():
    wall = Zone("America/New_York").local_seconds(second("2023-03-13T00:00", "America/New_York"))
    assert Duration(days=1).back_from(wall) == day_of(date(2023, 3, 12)) * DAY_SECONDS


def test_a_month_window_ends_at_the_last_day_of_a_short_month():
    wall = day_of(date(2024, 3, 31)) * DAY_SECONDS + 5
    assert Duration(months=1).back_from(wall) == day_of(date(2024, 2, 29)) * DAY_SECONDS + 5


@pytest.mark.parametrize("text", ["P", "P0D", "24M", "P1H", "PT1H", "P-1D", "P201Y", "P99999D", "P1.5M", "", None, 7])
def test_what_is_not_a_duration_is_refused(text):
    with pytest.raises(Rejected, match="not a duration"):
        parse_duration(text)


def test_durations_are_written_as_they_are_counted():
    assert str(parse_duration("P1Y2M1W3D")) == "P14M10D"


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(Rejected, match="not a time zone"):
        Zone(name)
