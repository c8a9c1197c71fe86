from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from features.calendar import completed_months, day_of
from features.snapshot import Occurrence
from recommender.rules import window
from recommender.rules.window import ASK, CLOSED, OPEN, UNKNOWN, UPCOMING, after_event, between
from recommender.rules.window_rule import WindowRule
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

DAYS = st.integers(day_of(date(1950, 1, 1)), day_of(date(2060, 1, 1)))
BORN = "life.child_born"
EVERY_DAY = WorkingDays(weekend=frozenset())


def period(events, within, count_from="same_day"):
    return WindowRule("relative", after=tuple(events), within=within, count_from=count_from)


def test_a_dated_window_is_open_on_its_first_and_on_its_last_day():
    assert between("dated", 10, 20, 10, WEEKENDS_ONLY).days_left == 10
    assert between("dated", 10, 20, 20, WEEKENDS_ONLY).days_left == 0
    assert between("dated", 10, 20, 20, WEEKENDS_ONLY).state == OPEN


def test_a_dated_window_is_upcoming_before_and_closed_after():
    assert between("dated", 10, 20, 9, WEEKENDS_ONLY).state == UPCOMING
    gone = between("dated", 10, 20, 21, WEEKENDS_ONLY)
    assert (gone.state, gone.days_left, gone.closes, gone.is_closed) == (CLOSED, None, 20, True)


def test_a_window_without_an_end_never_closes():
    later = between("dated", 10, None, 10_000, WEEKENDS_ONLY)
    assert (later.state, later.days_left) == (OPEN, None)


@given(DAYS, st.integers(0, 2000))
def test_a_window_of_two_years_is_open_exactly_while_fewer_than_24_months_are_complete(born, age):
    found = after_event(period([BORN], "P2Y"), [Occurrence(BORN, born)], born + age, EVERY_DAY)
    assert (found.state == OPEN) == (completed_months(born, born + age) < 24)


def test_the_window_runs_from_the_latest_of_its_events_that_has_happened():
    happened = [Occurrence(BORN, 100), Occurrence(BORN, 300), Occurrence("life.moved", 350), Occurrence(BORN, 500)]
    found = after_event(period([BORN, "life.child_adopted"], "P60D"), happened, 320, EVERY_DAY)
    assert (found.opens, found.closes, found.days_left, found.event) == (300, 359, 39, BORN)


def test_a_window_after_an_event_nobody_recorded_is_unknown_and_never_closed():
    found = after_event(period([BORN], "P60D"), [Occurrence("life.moved", 1)], 5_000, WEEKENDS_ONLY)
    assert (found.state, found.closes, found.days_left, found.event) == (UNKNOWN, None, None, None)
    assert not found.is_closed


def test_what_has_no_deadline_is_open_and_what_nobody_can_read_is_unknown():
    assert window.always("open_ended").state == OPEN
    assert window.unstated("recurring").state == UNKNOWN


@given(DAYS, st.integers(0, 40), st.sets(DAYS, max_size=5))
def test_a_published_last_day_is_never_closed_before_the_working_day_that_may_stand_for_it(last, later, holidays):
    working = WorkingDays(holidays=frozenset(holidays))
    found = between("dated", None, last, last + later, working)
    assert found.closes == last
    end = working.end_of_period(last)
    assert found.state == (OPEN if later == 0 else ASK if last + later <= end else CLOSED)


@given(DAYS, st.integers(1, 400), st.sets(DAYS, max_size=5))
def test_a_period_ends_on_a_working_day_and_never_before_its_own_last_day(start, days, holidays):
    working = WorkingDays(holidays=frozenset(holidays))
    happened = [Occurrence(BORN, start)]
    found = after_event(period([BORN], f"P{days}D"), happened, start, working)
    own = start + days - 1
    assert found.closes >= own
    assert working.is_working(found.closes)
    assert not any(working.is_working(day) for day in range(own, found.closes))
    assert after_event(period([BORN], f"P{days}D"), happened, found.closes, working).state == OPEN
    closed = after_event(period([BORN], f"P{days}D"), happened, found.closes + 1, working)
    assert closed.state == CLOSED


def test_of_several_windows_an_open_one_counts_and_all_must_be_closed_for_none_to_be():
    spring, autumn = WindowRule("dated", 10, 20), WindowRule("dated", 30, 40)

    def state(*rules, day):
        found = window.window_of(rules, (), day, EVERY_DAY)
        return found.state, found.closes

    assert state(spring, autumn, day=15) == (OPEN, 20)
    assert state(spring, autumn, day=25) == (UPCOMING, 40)
    assert state(autumn, spring, day=50) == (CLOSED, 40)
    assert state(autumn, WindowRule("unknown"), day=50) == (UNKNOWN, None)


def test_a_second_pregnancy_is_open_although_the_last_birth_is_long_ago():
    rules = (WindowRule("relative", during="pregnant"), period([BORN], "P2Y"))
    born = [Occurrence(BORN, 0)]
    seen = [
        window.window_of(rules, born, 5_000, EVERY_DAY, states) for states in ({"pregnant": 1}, {"pregnant": 0}, {})
    ]
    assert [one.state for one in seen] == [OPEN, CLOSED, UNKNOWN]


def test_a_state_that_opens_a_window_on_a_day_that_is_not_known_does_not_say_that_it_is_open():
    leave = WindowRule("relative", during="pregnant", after=(BORN,), opens_after="P1M")
    expected = WindowRule("relative", during="pregnant", occasion="40 days before the birth is expected")
    for rule in (leave, expected):
        seen = [window.window_of([rule], (), 500, EVERY_DAY, states) for states in ({"pregnant": 1}, {"pregnant": 0})]
        assert [(one.state, one.waits) for one in seen] == [(UNKNOWN, True), (CLOSED, False)]
    known = window.window_of([leave], [Occurrence(BORN, 100)], 500, EVERY_DAY, {"pregnant": 1})
    assert (known.state, known.waits) == (OPEN, False)


def test_a_period_that_opens_later_runs_from_the_day_it_opens():
    rule = WindowRule("relative", after=(BORN,), opens_after="P6M", within="P1Y")
    born = [Occurrence(BORN, day_of(date(2026, 1, 10)))]
    found = after_event(rule, born, day_of(date(2026, 2, 1)), EVERY_DAY)
    assert found.state == UPCOMING
    assert (found.opens, found.closes) == (day_of(date(2026, 7, 10)), day_of(date(2027, 7, 9)))


def test_a_late_claim_is_still_open_and_no_longer_paid_from_the_beginning():
    rule = WindowRule("open_ended", after=(BORN,), retroactive="P60D", count_from="same_day")
    born = [Occurrence(BORN, 100)]
    assert after_event(rule, born, 159, EVERY_DAY).paid_back_until == 159
    late = after_event(rule, born, 160, EVERY_DAY)
    assert (late.state, late.paid_back_until) == (OPEN, None)
    assert after_event(rule, (), 160, EVERY_DAY).state == OPEN


def test_may_apply_from_the_month_before_is_counted_from_the_first_of_the_month():
    rule = WindowRule("open_ended", opens_before="P1M", anchor="start_of_month")
    assert window.before(day_of(date(2026, 12, 15)), rule) == day_of(date(2026, 11, 1))
    assert window.before(100, WindowRule("open_ended")) == 100
