from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from features.value import NONE, UNKNOWN
from recommender.rules import missing as missing_module
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Advisory, All, Answer, Any, Compare, NoData, Not, compares
from recommender.rules.compiled import compile_catalogue
from recommender.rules.missing import judged, missing
from recommender.rules.rule_oracle import Oracle
from tests.examples import examples
from tests.recommender.catalogues import COLUMNS, COMPARES, DAY, DECLARATION, RECEIPT, REGIONS, clauses, people

ORACLE = Oracle(DECLARATION, REGIONS, DAY)
COMPILED = compile_catalogue(Catalogue(()), COLUMNS, DECLARATION, REGIONS, DAY)
INDEPENDENT = ("age", "child_ages", "income_percent", "farmer", RECEIPT)
"""Facts each of which a person states by itself, so that every combination of their values can be real."""
TRIED = {name: COMPARES[name][1] for name in INDEPENDENT} | {
    "region": [UNKNOWN, 11110, 11440, 41111, 41113, 41130, 28125, 28155, 12110, 12310],
    "age": [UNKNOWN, 0, 17, 18, 19, 20, 33, 34, 35, 64, 65, 66],
    "child_ages": [UNKNOWN, NONE, *(sum(1 << age for age in some) for n in (1, 2, 3)
                   for some in itertools.combinations([0, 1, 5, 7, 12, 18, 30], n))],
    "income_percent": [UNKNOWN, 0, 49, 50, 51, 74, 75, 76, 99, 100, 101, 9999, 10000],
}  # fmt: skip
FARMER, WORKER = Compare("farmer", "is", True), Compare("worker", "is", True)
UNSAID = NoData("income")


def answer_of(trees, person, capped):
    answer = max(ORACLE.clause(clause, lambda name: person.get(name, UNKNOWN)) for clause in trees)
    return min(answer, Answer.UNKNOWN) if capped else answer


def found_by_trying(trees, person, capped):
    """The facts for which some values of the others leave an answer that stating this one changes."""
    unknown = sorted({c.fact for tree in trees for c in compares(tree) if person.get(c.fact, UNKNOWN) == UNKNOWN})
    stated = set()
    for values in itertools.product(*(TRIED[name] for name in unknown)):
        supposed = dict(zip(unknown, values, strict=True))
        answer = answer_of(trees, person | supposed, capped)
        for name in unknown:
            if supposed[name] != UNKNOWN and answer != answer_of(trees, person | supposed | {name: UNKNOWN}, capped):
                stated |= set(COMPILED.asks(name))
    return stated


def named(trees, person, capped=False):
    return missing([judged(tree, COMPILED, person) for tree in trees], capped, COMPILED, person)


@examples(60)
@given(st.data(), st.booleans())
def test_a_fact_is_missing_exactly_if_some_value_of_it_could_change_the_answer(data, capped):
    facts = tuple(data.draw(st.lists(st.sampled_from(INDEPENDENT), min_size=1, max_size=2, unique=True)))
    trees = data.draw(st.lists(clauses(facts, 5), min_size=1, max_size=2))
    person = data.draw(people(facts))
    if answer_of(trees, person, capped) == Answer.UNKNOWN:
        assert set(named(trees, person, capped)) == found_by_trying(trees, person, capped)


@examples(40)
@given(clauses(("region", "farmer"), 5), st.booleans())
def test_a_missing_region_is_found_by_trying_every_place(tree, capped):
    if answer_of([tree], {}, capped) == Answer.UNKNOWN:
        assert set(named([tree], {}, capped)) == found_by_trying([tree], {}, capped)


@given(clauses(), people())
def test_parts_are_judged_as_the_oracle_judges_them(clause, person):
    node = judged(clause, COMPILED, person)
    assert node.answer == ORACLE.clause(clause, lambda name: person.get(name, UNKNOWN))
    assert node.reach >> node.answer & 1


def test_a_fact_behind_an_advisory_under_no_data_is_not_missing():
    assert named([All((UNSAID, Advisory(FARMER)))], {}) == ()
    assert named([All((UNSAID, FARMER))], {}) == ("farmer",)
    assert named([Any((UNSAID, FARMER))], {}) == ("farmer",)


def test_a_programme_that_is_never_yes_misses_only_what_could_make_it_no():
    assert named([Any((UNSAID, FARMER))], {}, capped=True) == ()
    assert named([FARMER], {}, capped=True) == ("farmer",)
    assert named([Advisory(FARMER)], {}, capped=True) == ()


def test_two_facts_that_only_together_settle_the_answer_are_both_missing():
    assert named([All((Any((FARMER, WORKER)), UNSAID))], {}) == ("farmer", "worker")


def test_facts_are_named_by_what_a_person_can_state_in_the_order_of_the_declaration():
    clause = All((FARMER, Compare("child_ages", "below", 5), Compare("age", "below", 30), Compare(RECEIPT, "is", True)))
    assert named([clause], {}) == ("birth_date", "children", "farmer", RECEIPT)


def test_a_fact_that_cancels_itself_out_is_not_missing():
    both = Any((Compare("age", "below", 30), Compare("age", "at_least", 20)))
    assert named([All((both, UNSAID))], {}) == ()  # whatever the age, one of the two holds
    assert named([both], {}) == ("birth_date",)  # stating any age turns UNKNOWN into YES


def test_children_of_any_ages_can_meet_one_bound_and_miss_another():
    young, old = Compare("child_ages", "below", 5), Compare("child_ages", "at_least", 10)
    assert named([All((young, Not(old), FARMER))], {"farmer": 1}) == ("children",)
    assert named([All((young, Not(Compare("child_ages", "below", 5)), UNSAID))], {}) == ("children",)


def test_a_coarse_region_is_missing_where_a_finer_one_would_settle_it():
    mapo = Compare("region", "is", "11440")
    assert named([mapo], {"region": 11}) == ("region",)
    seoul_twice = Any((mapo, Compare("region", "is", "11110")))
    assert named([All((seoul_twice, UNSAID))], {"region": 11}) == ()  # wherever in Seoul, one of the two holds


def test_a_comparison_that_every_value_meets_can_only_become_yes():
    always = Compare("income_percent", "at_least", 0)
    assert named([All((always, UNSAID))], {}) == ()
    assert named([always], {}) == ("income_percent",)


def test_too_many_combinations_name_a_fact_too_many_rather_than_one_too_few(monkeypatch):
    clause = All((Any((Compare("age", "below", 30), Compare("age", "at_least", 20))), UNSAID))
    monkeypatch.setattr(missing_module, "TRIED", 1)
    assert named([clause], {}) == ("birth_date",)
