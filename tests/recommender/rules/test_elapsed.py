from __future__ import annotations

import operator
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from features.calendar import Duration, date_of, day_of
from features.snapshot import from_facts
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.elapsed import first_that_counts
from recommender.rules.rule_oracle import Oracle
from recommender.rules.verdict import judge
from recommender.rules.working_days import WorkingDays
from tests.recommender.catalogues import DECLARATION, REGIONS, document, loaded

DAYS = st.integers(day_of(date(2000, 1, 1)), day_of(date(2040, 1, 1)))
LENGTHS = st.builds(Duration, st.integers(0, 30), st.integers(0, 90)).filter(lambda length: length != Duration())
WORKING = st.builds(lambda days: WorkingDays(frozenset(days)), st.sets(DAYS, max_size=5))


@given(LENGTHS, DAYS, WORKING)
def test_the_first_day_that_counts_is_the_first_from_which_the_period_is_not_over(length, today, working):
    first = first_that_counts(length, today, working)
    assert working.last_day(first, length) >= today
    assert working.last_day(first - 1, length) < today


@given(
    st.lists(st.dates(date(2000, 1, 1), date(2019, 12, 31)), max_size=3),
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.sampled_from(["is", "below", "above", "at_most", "at_least"]),
    st.integers(0, 20),
)
def test_both_evaluators_answer_the_age_reached_in_the_year(born, today, op, age):
    compared = {
        "is": operator.eq,
        "below": operator.lt,
        "above": operator.gt,
        "at_most": operator.le,
        "at_least": operator.ge,
    }
    wanted = any(compared[op](today.year - day.year, age) for day in born)
    held = loaded(document("t.a", {"members": {"relation": "child", "turns": {op: age}}}))
    facts = {"children": sorted(day.isoformat() for day in born)}
    person = from_facts(DECLARATION, facts, DECLARATION.zone.end_of_day(today), ())
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(today), WorkingDays())
    oracle = Oracle(DECLARATION, REGIONS, day_of(today), WorkingDays(), members=person.members)
    answers = (judge(compiled, person, 1).answers[0], oracle.programme(held.programmes[0], person.value, 1))
    assert answers == ((Answer.YES,) * 2 if wanted else (Answer.NO,) * 2)


@given(st.lists(st.integers(0, 900), max_size=3), st.sampled_from(["P60D", "P1Y", "P6M", "P2Y"]), DAYS)
def test_both_evaluators_answer_how_long_ago_something_was(ago, within, today):
    held = loaded(document("t.a", {"fact": "children", "within": within}))
    born = sorted(date_of(today - days).isoformat() for days in ago)
    person = from_facts(DECLARATION, {"children": born}, DECLARATION.zone.end_of_day(date_of(today)), ())
    working = WorkingDays()
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, today, working)
    found = compiled.answers(person.values)[0, 0]
    assert found == Oracle(DECLARATION, REGIONS, today, working).programme(held.programmes[0], person.value, 1)
    assert born or found == Answer.NO


def test_what_nobody_stated_is_unknown_and_is_asked():
    held = loaded(document("t.a", {"fact": "parental_leaves_ended", "within": "P12M"}))
    person = from_facts(DECLARATION, {}, DECLARATION.zone.end_of_day(date(2026, 10, 31)), ())
    compiled = compile_catalogue(held, person.columns, DECLARATION, REGIONS, day_of(date(2026, 10, 31)))
    assert compiled.answers(person.values)[0, 0] == Answer.UNKNOWN
