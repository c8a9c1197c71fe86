from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.members import joined, nobody
from features.snapshot import from_facts
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.member_kernel import member_rows
from recommender.rules.question_kernel import SettledSums, SupposedBlocks, WantedProgrammes, settle
from tests.examples import examples
from tests.recommender.catalogues import AT, COLUMNS, DAY, DECLARATION, REGIONS, document, loaded, people
from tests.recommender.rules.test_compiled import catalogues, compiled, values


def settled(rules, person, members, table, told, columns, lists, weights):
    """What the kernel finds for one block of people and each of them, and what judging them one by one finds."""
    answers = rules.answers(person[None, :], 7, members)[0]
    places = np.flatnonzero(answers == Answer.UNKNOWN)
    wanted = WantedProgrammes(places, weights[: len(places)], np.zeros(len(places), dtype=np.int64))
    many, block = len(table), (np.zeros(1, dtype=np.int64), np.array([len(table)]))
    rows = rules.rows(table, 0)._replace(members=member_rows(told))
    people = SupposedBlocks(
        rows, np.arange(many), *block, columns[None, :], np.array([lists]), rules.region_columns, np.ones((1, 1), bool)
    )
    own = rules.rows(person[None, :], 7, members)
    each = SettledSums(np.zeros(many, np.int64), np.zeros(many), np.zeros(1))
    whole = SettledSums(np.zeros(0, np.int64), np.zeros(0), np.zeros(1))
    for found in (each, whole):
        settle(rules.plan, rules.uses, own, people, wanted, found)
    supposed = np.where(columns, table, person)
    theirs = told if lists else members[np.zeros(many, dtype=np.int64)]
    expected = rules.answers(supposed, 7, theirs)[:, places] != Answer.UNKNOWN
    return each, whole, expected, weights[: len(places)]


@examples(60)
@given(
    catalogues,
    people(),
    st.lists(people(), min_size=1, max_size=64),
    st.lists(st.booleans(), min_size=len(COLUMNS), max_size=len(COLUMNS)),
)
def test_what_answers_settle_is_what_judging_everybody_anew_finds(made, person, others, columns):
    rules, weights = compiled(*made), np.array([2.0, 5.0])
    nobodies = nobody(1, len(DECLARATION.household.relations))
    told = joined([nobodies] * len(others))
    each, whole, expected, weights = settled(
        rules, values(person)[0], nobodies, values(*others), told, np.array(columns), False, weights
    )
    assert each.counts.tolist() == expected.sum(axis=1).tolist()
    assert each.sums.tolist() == (expected * weights).sum(axis=1).tolist()
    assert whole.totals.tolist() == [(expected * weights).sum()]


YOUNG = {"members": {"relation": "child", "months": {"below": 24}}}
RAISED = {"members": {"relation": ["child", "grandchild"], "raises": True}}
CLOSER = DECLARATION.household.closings[0].fact
FAMILIES = ({}, {"children": []}, {"children": ["2025-03-01"]}, {"children": ["2010-03-01", "2026-03-01"]})


@examples(30)
@given(
    st.sampled_from(FAMILIES),
    st.lists(st.tuples(st.sampled_from(FAMILIES), st.sampled_from([None, True, False])), min_size=1, max_size=20),
    st.booleans(),
)
def test_members_that_answers_tell_of_are_counted_person_by_person(own, others, lists):
    held = loaded(*(document(f"t.{name}", who) for name, who in {"young": YOUNG, "raised": RAISED}.items()))
    known = [
        from_facts(DECLARATION, facts if closes is None else {**facts, CLOSER: closes}, AT, held.receives)
        for facts, closes in ((own, None), *others)
    ]
    rules = compile_catalogue(held, known[0].columns, DECLARATION, REGIONS, DAY)
    columns = np.isin(known[0].columns, (CLOSER, "children"))
    told, table = joined([one.members for one in known[1:]]), np.concatenate([one.values for one in known[1:]])
    each, whole, expected, weights = settled(
        rules, known[0].values[0], known[0].members, table, told, columns, lists, np.array([2.0, 5.0])
    )
    assert each.counts.tolist() == expected.sum(axis=1).tolist()
    assert whole.totals.tolist() == [(expected * weights).sum()]
