"""Turning days: no answer changes on another day, whatever is recorded of people and whatever rules ask."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.calendar import Duration, date_of, day_of
from features.kernel.kernel import compute_all
from features.kernel.lowering import lower
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import known
from features.value import UNKNOWN
from recommender.changes.turning_days import anniversaries, turning_days
from recommender.changes.turning_rule import rules_for
from recommender.rules.clause import Compare, MemberCount, MemberTest
from recommender.rules.elapsed import clauses_on
from recommender.rules.region import Regions
from recommender.rules.rule_oracle import Oracle
from recommender.rules.window import window_of
from recommender.rules.window_rule import WindowRule
from recommender.rules.working_days import WorkingDays
from tests.examples import examples
from tests.features import families, histories

WORKING = WorkingDays()
SPAN = 100


@given(st.lists(st.integers(-30_000, 40_000), min_size=1), st.integers(-300, 300), st.integers(-400, 400))
def test_anniversaries_of_many_days_are_those_of_each(days, months, more):
    length = Duration(months, more)
    assert anniversaries(np.array(days), length).tolist() == [length.after(day) for day in days]


def compares_on(declaration):
    """Comparisons of every fact that a rule may name, with bounds that people's days reach."""
    numbers = {
        "boolean": (True,),
        "enum": ("low", "high"),
        "ages": (0, 1, 20, 24),
        "integer": (0, 1, 2, 12, 21, 23, 24, 40, 365),
    }
    for name, fact in declaration.facts.items():
        if fact.type in ("boolean", "enum"):
            yield from (Compare(name, "is", value) for value in numbers[fact.type])
        elif fact.type in ("ages", "integer"):
            yield from (Compare(name, op, value) for value in numbers[fact.type] for op in ("at_least", "below"))
        elif fact.type in ("date", "dates"):
            yield from (Compare(name, "within", length) for length in ("P30D", "P2M", "P1Y", "P23Y"))
            yield Compare(name, "at_least", "2023-01-01")


COUNTS = (
    MemberCount(("child",), (MemberTest("months", "below", 3),), (("at_least", 1),)),
    MemberCount(("child", "foster"), (MemberTest("age", "above", 0), MemberTest("raises", "is", True)), (("is", 1),)),
    MemberCount(("child",), (MemberTest("born", "within", "P60D"),), (("is", 0),)),
    MemberCount(("foster", "grandchild"), (MemberTest("age", "at_most", 0),), (("at_most", 0),)),
    MemberCount(("unborn",), (), (("at_least", 1),)),
    MemberCount((), (MemberTest("months", "above", 11), MemberTest("lives_with", "is", True)), (("at_least", 2),)),
    MemberCount(("child",), (MemberTest("youngest", "is", True), MemberTest("months", "below", 14)), (("is", 1),)),
)  # fmt: skip


def changed(declaration, history, clauses, first, last):
    """For each person the days on which the slow oracle answers a clause otherwise than the day before."""
    zone, plan = declaration.zone, lower(declaration)
    days = range(first, last + 1)
    at = np.array([zone.end_of_day(date_of(day)) for day in days])
    for place in range(len(history.people)):
        values, members = compute_all(plan, history, np.full(len(at), place), at)
        answers = []
        for row, day in enumerate(days):
            known = dict(zip(plan.columns, values[row].tolist(), strict=True))
            oracle = Oracle(declaration, Regions(), day, members=members[row : row + 1])
            dated = clauses_on({str(i): clause for i, clause in enumerate(clauses)}, day, WORKING)
            answers.append(
                [oracle.clause(one, lambda name, known=known: known.get(name, UNKNOWN)) for one in dated.values()]
            )
        for day, (before, after) in zip(days[1:], pairwise(answers), strict=True):
            if before != after:
                yield place, day, [clauses[i] for i in range(len(clauses)) if before[i] != after[i]]


def missed(declaration, events, clauses, first):
    """What changed on days that are no turning days."""
    history, last = history_of(events, declaration), first + SPAN
    everybody = np.arange(len(history.people))
    rules = rules_for(clauses, (), (), lower(declaration), WORKING)
    found = turning_days(rules, history, declaration.zone, everybody, first, last)
    turning = set(zip(found.person.tolist(), found.day.tolist(), strict=True))
    return [
        (history.people[place], date_of(day), what)
        for place, day, what in changed(declaration, history, clauses, first, last)
        if (place, day) not in turning
    ]


@examples(12)
@given(histories.histories(), st.integers(-30, 400))
def test_no_answer_on_a_fact_changes_on_another_day(events, later):
    clauses = tuple(compares_on(histories.DECLARATION))
    first = histories.DECLARATION.zone.today(histories.START) + later
    assert missed(histories.DECLARATION, events, clauses, first) == []


@examples(25)
@given(families.families(), st.integers(-30, 400))
def test_no_answer_on_members_changes_on_another_day(family, later):
    events, _ = family
    clauses = (*COUNTS, *compares_on(families.FAMILY))
    first = families.FAMILY.zone.today(families.BEGIN) + later
    assert missed(families.FAMILY, events, clauses, first) == []


@pytest.mark.parametrize(
    ("op", "turns"),
    [("at_least", "2026-01-01"), ("at_most", "2027-01-01"), ("is", "2026-01-01"), ("above", "2027-01-01")],
)
def test_an_age_reached_in_a_calendar_year_turns_on_its_first_day_and_on_no_birthday(op, turns):
    family, first = families.FAMILY, day_of(date.fromisoformat(turns)) - 40
    t = family.zone.end_of_day(date(2021, 6, 1)) - 3600
    events = [Event("1", "s", "ann", "life.child_born", t, t, {})]
    counted = MemberCount(("child",), (MemberTest("turns", op, 5),), (("at_least", 1),))
    found = changed(family, history_of(events, family), [counted], first, first + SPAN)
    assert {date_of(day).isoformat() for _, day, _ in found} == {turns}
    assert missed(family, events, [counted], first) == []
    rules, span = rules_for([counted], (), (), lower(family), WORKING), (first + 60, first + 360)
    assert turning_days(rules, history_of(events, family), family.zone, np.array([0]), *span).day.size == 0


def stated(day, **facts):
    t = histories.DECLARATION.zone.end_of_day(date.fromisoformat(day)) - 3600
    return Event("1", "s", "ann", "fact.stated", t, t, facts)


@pytest.mark.parametrize(
    ("facts", "compare", "turns"),
    [
        ({"birth_date": "2000-02-29"}, Compare("age", "at_least", 23), "2023-03-01"),
        ({"birth_date": "2000-03-29"}, Compare("next_birthday", "at_least", 5), "2023-04-02"),
        ({"birth_date": "2000-02-29"}, Compare("next_birthday", "at_least", 1), "2023-07-04"),
        ({"children": ["2022-12-31"]}, Compare("youngest", "at_least", 6), "2023-07-01"),
        ({"children": ["2022-12-31", "2023-01-31"]}, Compare("youngest", "below", 2), "2023-03-31"),
        ({"children": ["2022-12-31", "2023-01-31"]}, Compare("eldest", "above", 99), "2023-04-10"),
        ({"children": ["2003-03-05"]}, Compare("child_ages", "at_least", 20), "2023-03-05"),
        ({"children": ["2023-01-31"]}, Compare("children", "within", "P30D"), "2023-03-03"),
    ],
)
def test_a_length_that_passes_turns_the_day_on_which_it_has_passed(facts, compare, turns):
    first = day_of(date(2023, 2, 21))
    history = history_of([stated("2023-02-20", **facts)], histories.DECLARATION)
    days = {
        date_of(day).isoformat() for _, day, _ in changed(histories.DECLARATION, history, [compare], first, first + 150)
    }
    assert days == {turns}
    assert missed(histories.DECLARATION, [stated("2023-02-20", **facts)], [compare], first) == []


RULES = (
    WindowRule("relative", after=("life.worked",), within="P60D"),
    WindowRule("relative", after=("life.worked", "life.ill"), within="P1M", count_from="same_day"),
    WindowRule("relative", after=("life.ill",), within="P3M", anchor="end_of_month", retroactive="P40D"),
    WindowRule("relative", after=("life.moved",), opens_after="P20D", within="P2M"),
    WindowRule("relative", after=("life.rested",), opens_before="P10D", within="P30D"),
)


@examples(60)
@given(histories.histories(least=1), st.integers(-30, 400), st.sampled_from(RULES))
def test_no_window_changes_on_another_day(events, later, rule):
    declaration = histories.DECLARATION
    history, first = history_of(events, declaration), declaration.zone.today(histories.START) + later
    rules = rules_for((), (), (rule,), lower(declaration), WORKING)
    found = turning_days(rules, history, declaration.zone, np.arange(len(history.people)), first, first + SPAN)
    turning = set(zip(found.person.tolist(), found.day.tolist(), strict=True))
    for place, person in enumerate(history.people):
        seen = [window_seen(declaration, history, person, day, rule) for day in range(first, first + SPAN + 1)]
        turned = {(place, first + i) for i in range(1, len(seen)) if seen[i] != seen[i - 1]}
        assert turned <= turning


def window_seen(declaration, history, person, day, rule):
    """A person's window at the end of a day, without what changes every day."""
    happened = known(declaration, history, person, declaration.zone.end_of_day(date_of(day))).occurrences
    return replace(window_of((rule,), happened, day, WORKING), days_left=None, pressing=None)
