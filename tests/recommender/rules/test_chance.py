import functools
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from features.calendar import day_of
from features.snapshot import from_facts, known_from_facts
from recommender.offers.batch import Ranker, recommend
from recommender.rules.chance import chances
from recommender.rules.chance_kernel import CHECKED, EVEN
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.person import Person
from tests.examples import examples
from tests.recommender.catalogues import AT, DAY, DECLARATION, REGIONS, document, loaded

BOOLEANS = ("farmer", "veteran", "forester", "institution", "extended_family")  # facts whose shares depend on nothing


def fact(name, wanted=True):
    return {"fact": name, "is": wanted}


def likely(facts, *documents, applicant=1):
    held = loaded(*documents)
    snapshot = from_facts(DECLARATION, facts, AT, held.receives)
    compiled = compile_catalogue(held, snapshot.columns, DECLARATION, REGIONS, DAY)
    answers = compiled.answers(snapshot.values, applicant)[0]
    return chances(compiled, snapshot.values[0], applicant, answers).tolist()


def share(name):
    weights = {answer.value: answer.weight for answer in DECLARATION.facts[name].answers}
    return weights[True] / sum(weights.values())


def test_what_is_known_is_certain_and_what_is_not_is_as_common_as_it_is_published():
    known = likely({"veteran": True}, document("t.a", fact("veteran")), document("t.b", fact("veteran", False)))
    assert known == [1.0, 0.0]
    assert likely({}, document("t.a", fact("veteran")))[0] == pytest.approx(share("veteran"))


clauses = st.recursive(
    st.just(None),
    lambda inner: st.tuples(st.sampled_from(["all", "any", "not"]), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=len(BOOLEANS),
)


def spelled(shape, names):
    """A clause of a shape, each leaf another fact: of such comparisons alone is the chance exact."""
    if shape is None:
        return fact(next(names))
    op, parts = shape
    if op == "not":
        return {"not": spelled(parts[0], names)}
    return {op: [spelled(part, names) for part in parts]}


def truth(clause, world):
    (op, inner), *_ = clause.items()
    if op == "fact":
        return world[inner]
    if op == "not":
        return not truth(inner, world)
    return all(truth(one, world) for one in inner) if op == "all" else any(truth(one, world) for one in inner)


@examples(30)
@given(clauses, st.dictionaries(st.sampled_from(BOOLEANS), st.booleans(), max_size=3))
def test_the_chance_is_the_share_of_worlds_in_which_the_rule_holds(shape, known):
    clause = spelled(shape, iter(BOOLEANS))
    expected = 0.0
    for values in product([True, False], repeat=len(BOOLEANS)):
        world = dict(zip(BOOLEANS, values, strict=True))
        if all(world[name] == value for name, value in known.items()):
            open_ = [share(name) if world[name] else 1 - share(name) for name in BOOLEANS if name not in known]
            expected += float(np.prod(open_)) * truth(clause, world)
    found = likely(known, document("t.a", clause))[0]
    settled = expected < 1e-9 or expected > 1 - 1e-9
    assert found == pytest.approx(expected if settled else min(expected, 0.99), abs=1e-9)


def test_a_share_is_that_of_people_of_whom_the_same_is_known():
    pregnant = document("t.a", fact("pregnant"))
    (anybody,), (man,), (at_thirty_two,), (at_fifty,) = (
        likely(facts, pregnant)
        for facts in (
            {},
            {"sex": "male"},
            {"sex": "female", "birth_date": "1994-06-01"},
            {"sex": "female", "birth_date": "1976-06-01"},
        )
    )
    assert man < 1e-9
    assert at_fifty < anybody < at_thirty_two < 0.1


def test_computed_facts_follow_from_the_answers_to_what_they_are_computed_of():
    young, old = likely(
        {}, document("t.a", {"fact": "age", "below": 19}), document("t.b", {"fact": "age", "at_least": 19})
    )
    assert young + old == pytest.approx(1)
    child = {"fact": "youngest_child_months", "below": 24}
    assert likely({"children": []}, document("t.a", child)) == [0.0]
    assert 0 < likely({}, document("t.a", child))[0] < 0.2
    assert likely({"birth_date": "2010-01-01"}, document("t.a", child))[0] < 0.01


def test_a_place_is_as_likely_as_it_has_people_and_more_so_inside_the_region_that_is_known():
    here = document("t.a", {"fact": "region", "is": 41111})
    (anywhere,), (inside,), (elsewhere,) = (likely(facts, here) for facts in ({}, {"region": "41"}, {"region": "11"}))
    assert 0 < anywhere < inside < 1
    assert elsewhere == 0


def test_what_nobody_publishes_is_even_and_what_nobody_checked_counts_less():
    open_, doubtful, unchecked = likely(
        {"farmer": True, "veteran": False},
        document("t.a", {"no_data": "x"}),
        document("t.b", {"advisory": fact("veteran")}),
        document("t.c", fact("farmer"), verified=False),
    )
    assert (open_, doubtful, unchecked) == (EVEN, EVEN, CHECKED)


def test_nothing_is_inferred_from_or_about_a_sensitive_fact():
    facts = reading.read_declaration().facts
    sensitive = {name for name, one in facts.items() if one.sensitive}
    assert {"violence_victim", "north_korean_defector"} <= sensitive
    assert not any(facts[name].given for name in sensitive)
    conditions = {condition.fact for one in facts.values() for row in one.given for condition in row.when}
    assert not conditions & sensitive
    assert all(row.source for one in facts.values() for row in one.given)


MOTHERS = [
    {"birth_date": "1994-06-01", "sex": "female", "region": "11440", "citizen_of_korea": True,
     "children": ["2026-09-20"]},
    {"birth_date": "1988-02-01", "sex": "female", "region": "41111", "citizen_of_korea": True,
     "children": ["2020-02-01", "2026-03-01"], "worker": True},
    {"birth_date": "1951-05-01", "sex": "female", "region": "26", "citizen_of_korea": True,
     "pension_income_won": 900000, "occupational_pension": False},
]  # fmt: skip


@functools.cache
def shipped():
    declaration, regions = reading.read_declaration(), reading.read_regions()
    return declaration, regions, reading.read_catalogue(None, declaration, regions), reading.read_messages()


def everything_for(facts):
    """All that is recommended to a person, and how likely each programme of the catalogue is theirs."""
    declaration, regions, catalogue, messages = shipped()
    today = date(2026, 11, 28)
    t = declaration.zone.end_of_day(today)
    person = Person(known_from_facts(declaration, facts, t, catalogue.receives), regions=regions)
    compiled = compile_catalogue(catalogue, person.snapshot.columns, declaration, regions, day_of(today))
    values, members = person.snapshot.values, person.snapshot.members
    found = recommend(compiled.explaining(messages), person, Ranker())
    likely_of = chances(compiled, values[0], 1, compiled.answers(values, 1, members)[0], members)
    return found, dict(zip(catalogue.index, likely_of, strict=True))


@pytest.mark.parametrize("facts", MOTHERS)
def test_certain_entitlements_come_before_improbable_ones(facts):
    found, likely_of = everything_for(facts)
    places = [(one.verdict.answer, float(likely_of[one.programme.id])) for one in found.shown]
    last_certain = max((i for i, (answer, _) in enumerate(places) if answer == Answer.YES), default=-1)
    first_improbable = min((i for i, (_, chance) in enumerate(places) if chance < 0.05), default=len(places))
    assert last_certain >= 0
    assert last_certain < first_improbable
    assert "kr.defector-settlement" not in [one.programme.id for one in found.shown[:10]]


@pytest.mark.parametrize("sex", ["male", "female"])
def test_no_reason_gives_away_how_likely_a_sensitive_fact_is(sex):
    facts = {"birth_date": "1990-01-01", "sex": sex, "region": "11440", "citizen_of_korea": True}
    found, _ = everything_for(facts)
    sensitive = ("kr.defector-settlement", "kr.domestic-violence-recovery")
    shown = [one.to_json() for one in found.shown if one.programme.id in sensitive]
    texts = {part["text"]["en"] for one in shown for part in one["why_rank"] if part["factor"] == "doubt"}
    assert len(shown) == len(sensitive)
    assert texts == {"Ranked lower because something not yet known could still rule it out."}
