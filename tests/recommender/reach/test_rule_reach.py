"""A rule counted over planes of bits stands for each person as the kernel and the verdicts say, on random rules."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.members import nobody
from features.problem import Rejected
from features.snapshot import Snapshots
from features.value import NONE, UNKNOWN
from recommender.reach.reach_document import document
from recommender.reach.reach_population import populated
from recommender.reach.rule_reach import COLUMNS as STOOD
from recommender.reach.rule_reach import RuleReach, answered, compiled_rule, rule_reach
from recommender.reach.small_cells import withheld
from recommender.rules.clause import clause_document
from recommender.rules.people_group import membership, parse_groups
from recommender.rules.programme_reader import parse_programme
from recommender.rules.rule_oracle import Oracle
from recommender.rules.verdict import Verdicts
from recommender.rules.working_days import WEEKENDS_ONLY
from recommender.standing import standing
from tests.examples import examples
from tests.recommender.catalogues import (
    AT,
    COLUMNS,
    DAY,
    DECLARATION,
    MESSAGES,
    REGIONS,
    clauses,
    people,
    row,
)
from tests.recommender.catalogues import document as programme_document

ORACLE = Oracle(DECLARATION, REGIONS, DAY)
GROUPS = parse_groups(
    {"groups": {"older": {"who": {"fact": "age", "at_least": 65}}, "farming": {"who": {"fact": "farmer", "is": True}}}},
    ("groups",), DECLARATION, REGIONS,
)  # fmt: skip


def snapshots(persons):
    values = np.array([row(person) for person in persons], np.int64).reshape(-1, len(COLUMNS))
    names = tuple(f"p{place}" for place in range(len(persons)))
    relations = len(DECLARATION.household.relations)
    at = np.full(len(persons), AT, np.int64)
    return Snapshots(names, at, COLUMNS, values, DECLARATION.hash, DECLARATION, nobody(len(persons), relations))


def population(persons, shard=3):
    def shards():
        for first in range(0, len(persons), shard):
            yield snapshots(persons[first : first + shard])

    return populated(shards, GROUPS, DECLARATION, REGIONS, DAY)


def rule(who, **more):
    return parse_programme(programme_document("t.draft", who, **more), "draft", DECLARATION, REGIONS)


def stood(compiled, everybody, place):
    explained = compiled.explaining(MESSAGES)
    one = everybody.row(place)
    answers = explained.answers(one.values, 1, one.members)[0]
    return standing(Verdicts(explained, answers, one.values[0], 1, one.members).explain(0))


@examples(40)
@given(clauses(depth=6), st.lists(people(), min_size=1, max_size=12), st.booleans())
def test_counts_are_those_of_everybody_judged_one_by_one(clause, persons, verified):
    made, everybody = population(persons), snapshots(persons)
    compiled = compiled_rule(rule(clause_document(clause), verified=verified), made, REGIONS, WEEKENDS_ONLY)
    programme = compiled.catalogue.programmes[0]
    by_hand = [
        int(ORACLE.programme(programme, dict(zip(COLUMNS, row(person), strict=True)).__getitem__, 1))
        for person in persons
    ]
    tally, found = answered(compiled, made), rule_reach(compiled, made, MESSAGES)
    assert tally.regions.sum(axis=0).tolist() == [by_hand.count(2), len(persons) - by_hand.count(0)]
    standings = [stood(compiled, everybody, place) for place in range(len(persons))]
    assert dict(zip(STOOD, found.total.tolist(), strict=True)) == {name: standings.count(name) for name in STOOD}
    lives = everybody.column("region").tolist()
    assert found.regions.tolist() == [
        [sum(at == place and one == name for at, one in zip(lives, standings, strict=True)) for name in STOOD]
        for place in made.places.tolist()
    ]
    belongs = membership(GROUPS, everybody, REGIONS, DAY)
    assert found.groups.tolist() == [
        [
            sum(inside and one == name for inside, one in zip(belongs[:, at] == 2, standings, strict=True))
            for name in STOOD
        ]
        for at in range(len(GROUPS))
    ]


@examples(30)
@given(st.lists(people(), min_size=1, max_size=150), st.integers(1, 80))
def test_everybody_can_be_read_back_and_nobody_is_lost(persons, shard):
    made, everybody = population(persons, shard), snapshots(persons)
    assert len(made) == len(persons)
    bits = np.unpackbits(made.rows.real.view(np.uint8), bitorder="little")
    read = [tuple(made.planes.person(at).tolist()) for at in np.flatnonzero(bits).tolist()]
    assert Counter(read) == Counter(tuple(max(value, 0) if name == "child_ages" and value != UNKNOWN else value
                                          for name, value in zip(COLUMNS, one, strict=True))
                                    for one in everybody.values.tolist())  # fmt: skip


def test_a_region_that_the_rule_excludes_counts_as_no_and_one_that_is_not_known_stays_open():
    lives = [{"region": 11440, "age": 70}] * 3 + [{"region": 41130, "age": 70}] * 2 + [{"age": 70}, {"region": NONE}]
    made = population(lives)
    who = {"all": [{"fact": "region", "is": "11"}, {"fact": "age", "at_least": 65}]}
    found = rule_reach(compiled_rule(rule(who), made, REGIONS, WEEKENDS_ONLY), made, MESSAGES)
    places = dict(zip(made.places.tolist(), found.regions.tolist(), strict=True))
    assert places == {UNKNOWN: [0, 0, 1, 0], NONE: [0, 0, 0, 1], 11440: [3, 0, 0, 0], 41130: [0, 0, 0, 2]}


def test_more_patterns_than_the_table_first_holds_are_all_found(monkeypatch):
    monkeypatch.setattr("recommender.reach.rule_reach._PATTERNS", 2)
    persons = [{"farmer": farmer, "worker": worker} for farmer in (UNKNOWN, 0, 1) for worker in (UNKNOWN, 0, 1)]
    made = population(persons)
    either = {"any": [{"fact": "farmer", "is": True}, {"fact": "worker", "is": True}, {"no_data": "x"}]}
    found = rule_reach(compiled_rule(rule(either), made, REGIONS, WEEKENDS_ONLY), made, MESSAGES)
    assert found.total.tolist() == [5, 1, 3, 0]


def test_no_ways_are_told_apart_where_nobody_can_stand_likely(monkeypatch):
    monkeypatch.setattr("recommender.reach.rule_reach._PATTERNS", 2)
    persons = [{"farmer": farmer, "worker": worker} for farmer in (UNKNOWN, 0, 1) for worker in (UNKNOWN, 0, 1)]
    made = population(persons)
    facts = [{"fact": "farmer", "is": True}, {"advisory": {"fact": "worker", "is": True}}]
    for more, ways in (([], None), ([{"no_data": "x"}], 2)):
        compiled = compiled_rule(rule({"all": [*facts, *more]}), made, REGIONS, WEEKENDS_ONLY)
        if ways is None:
            assert rule_reach(compiled, made, MESSAGES, most=1).total.tolist() == [1, 0, 5, 3]
        else:
            with pytest.raises(Rejected, match="more than 1 ways"):
                rule_reach(compiled, made, MESSAGES, most=1)


@examples(40)
@given(clauses(depth=6), st.lists(people(), min_size=1, max_size=4), st.booleans())
def test_what_is_lacking_is_what_the_explained_answer_lacks(clause, persons, verified):
    made, everybody = population(persons), snapshots(persons)
    compiled = compiled_rule(rule(clause_document(clause), verified=verified), made, REGIONS, WEEKENDS_ONLY)
    explained = compiled.explaining(MESSAGES)
    for place in range(len(persons)):
        one = everybody.row(place)
        answers = explained.answers(one.values, 1, one.members)[0]
        assert Verdicts(compiled, answers, one.values[0], 1, one.members).lacking(0) == (
            Verdicts(explained, answers, one.values[0], 1, one.members).explain(0).missing
        )


def test_a_receipt_that_the_columns_do_not_know_is_refused():
    with pytest.raises(Rejected, match=r"receives\.t\.other: is not among the columns"):
        compiled_rule(rule({"fact": "receives.t.other", "is": True}), population([{}]), REGIONS, WEEKENDS_ONLY)


def test_a_rule_that_is_not_for_people_reaches_nobody():
    made = population([{}, {"age": 3}])
    compiled = compiled_rule(rule({"organisation": {"all": []}}), made, REGIONS, WEEKENDS_ONLY)
    assert rule_reach(compiled, made, MESSAGES).total.tolist() == [0, 0, 0, 2]


def test_rows_that_are_left_out_are_few_in_no_column_together_either():
    counts = np.array([[95, 900], [3, 40], [2, 40], [30, 50], [200, 700]])
    assert withheld(counts).tolist() == [False, True, True, True, False]  # else the total tells that the two have five
    assert withheld(np.array([[3, 900], [0, 40], [0, 50], [400, 700]])).tolist() == [True, True, False, True]
    assert withheld(np.array([[3, 900], [0, 40], [0, 50]])).tolist() == [True, True, False]  # the total is left out


def test_a_group_is_left_out_beside_whom_everybody_else_is_few():
    made = population([{"region": 11440}] * 120, shard=64)
    groups = np.array([[95, 0, 0, 10], [60, 0, 0, 10]])
    told = document(RuleReach(np.array([[100, 0, 0, 20]]), groups), made, REGIONS, ("group",))
    assert told["total"]["yes"] == 100
    assert [one["yes"] for one in told["groups"]] == [None, 60]
    rest = np.array([[60, 10], [95, 10], [50, 0], [0, 20]])
    assert withheld(rest, among=np.array([100, 20])).tolist() == [False, True, False, False]


def test_small_counts_are_left_out_with_all_that_would_tell_them():
    lives = [{"region": 11440}] * 40 + [{"region": 41130}] * 30 + [{"region": 11110}] * 50
    made = population(lives, shard=64)
    counts = np.zeros((3, 4), np.int64)
    for place, cells in ((11110, [25, 0, 0, 25]), (11440, [3, 0, 0, 37]), (41130, [15, 0, 0, 15])):
        counts[made.places.tolist().index(place)] = cells
    told = document(RuleReach(counts, np.array([[5, 0, 0, 5], [0, 0, 0, 0]])), made, REGIONS, ("region", "group"))
    shown = {one["region"]: (one["people"], one["yes"], one["no"]) for one in told["regions"]}
    assert shown == {"11110": (50, 25, 25), "11440": (None, None, None), "41130": (None, None, None)}
    assert told["total"] == {"people": 120, "yes": 43, "likely": 0, "depends": 0, "no": 77}
    exact = document(RuleReach(counts, np.zeros((2, 4), np.int64)), made, REGIONS, ("region",), few=1)
    assert [one["yes"] for one in exact["regions"]] == counts[:, 0].tolist()
    assert "groups" not in exact
