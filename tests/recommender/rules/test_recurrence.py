from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import date_of, day_of
from recommender.rules.recurrence import current_or_next
from recommender.rules.window import ASK, CLOSED, OPEN, UPCOMING, window_of
from recommender.rules.window_rule import WindowRule
from recommender.rules.working_days import WEEKENDS_ONLY

DAYS = st.integers(day_of(date(2000, 1, 1)), day_of(date(2060, 1, 1)))
RULES = st.builds(
    lambda months, days: WindowRule("recurring", months=tuple(sorted(months)), days=days),
    st.sets(st.integers(1, 12), max_size=4),
    st.none() | st.tuples(st.integers(1, 15), st.integers(15, 31)),
).filter(lambda rule: rule.recurs)


def seen(rule, day):
    return window_of((rule,), (), day_of(date.fromisoformat(day)), WEEKENDS_ONLY)


@pytest.mark.parametrize(
    ("rule", "day", "state", "opens", "closes"),
    [
        (WindowRule("recurring", months=(3, 9)), "2026-03-31", OPEN, "2026-03-01", "2026-03-31"),
        (WindowRule("recurring", months=(3, 9)), "2026-04-01", UPCOMING, "2026-09-01", "2026-09-30"),
        (WindowRule("recurring", months=(11, 12, 1, 2)), "2026-12-31", OPEN, "2026-11-01", "2027-02-28"),
        (WindowRule("recurring", days=(1, 10)), "2026-11-11", UPCOMING, "2026-12-01", "2026-12-10"),
        (WindowRule("recurring", months=(2, 4), days=(1, 31)), "2028-02-29", OPEN, "2028-02-01", "2028-02-29"),
        (WindowRule("recurring", yearly=((5, 1), (5, 31))), "2026-05-31", OPEN, "2026-05-01", "2026-05-31"),
        (WindowRule("recurring", yearly=((12, 15), (1, 15))), "2027-01-10", OPEN, "2026-12-15", "2027-01-15"),
        (WindowRule("recurring", yearly=((5, 1), (5, 31))), "2026-06-01", ASK, "2026-05-01", "2026-05-31"),
        (WindowRule("recurring", yearly=((5, 1), (5, 31))), "2026-06-02", UPCOMING, "2027-05-01", "2027-05-31"),
    ],
)  # 31 May 2026 is a Sunday
def test_a_recurring_window_is_open_in_its_season_and_else_the_next_one_comes(rule, day, state, opens, closes):
    found = seen(rule, day)
    assert (found.state, date_of(found.opens).isoformat(), date_of(found.closes).isoformat()) == (state, opens, closes)


def test_days_of_a_month_within_the_days_of_a_call_end_with_it():
    first, last = day_of(date(2025, 2, 1)), day_of(date(2025, 11, 30))
    rule = WindowRule("recurring", opens=first, closes=last, days=(1, 20))
    assert seen(rule, "2025-11-20").state == OPEN
    assert seen(rule, "2026-01-05").state == CLOSED


@given(RULES, DAYS)
def test_the_next_season_is_now_or_ahead_and_lies_in_the_months_and_days_named(rule, today):
    first, last = current_or_next(rule, today)
    assert first <= last
    assert last >= today
    for day in (first, last):
        assert not rule.months or date_of(day).month in rule.months
        assert rule.days is None or rule.days[0] <= date_of(day).day <= rule.days[1]
