from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.members import joined, nobody
from features.snapshot import from_facts
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.member_kernel import member_rows
from recommender.rules.question_kernel import SettledSums, SupposedBlocks, WantedProgrammes, bit_words, settle
from tests.examples import examples
from tests.recommender.catalogues import AT, COLUMNS, DAY, DECLARATION, REGIONS, document, loaded, people
from tests.recommender.rules.test_compiled import catalogues, compiled, values


def settled(rules, person, members, table, told, columns, lists, weights):
    """What the kernel finds for one block of people and each of them, and what judging them one by one finds.

    `columns` bool[people, F] tells which of each are as in the table, `lists` bool[people] whose members are.
    """
    own = rules.judged(person[None, :], 7, members)
    places = np.flatnonzero(own.answers(rules.plan)[0] == Answer.UNKNOWN)
    wanted = WantedProgrammes(places, weights[: len(places)], np.zeros(len(places), dtype=np.int64))
    many, block = len(table), (np.zeros(1, dtype=np.int64), np.array([len(table)]))
    rows = rules.rows(table, 0)._replace(members=member_rows(told))
    people = SupposedBlocks(
        rows, np.arange(many), *block, bit_words(columns), bit_words(lists[:, None])[:, 0], rules.region_columns,
        np.ones((1, 1), bool),
    )  # fmt: skip
    left = own.open_rules(rules.plan, places, columns.any(axis=0), rules.region_columns)
    each = SettledSums(np.zeros(many, np.int64), np.zeros(many), np.zeros(1))
    whole = SettledSums(np.zeros(0, np.int64), np.zeros(0), np.zeros(1))
    for found in (each, whole):
        settle(rules.plan, left, own.people, people, wanted, found)
    supposed, theirs = (
        np.where(columns, table, person),
        joined([members, told])[np.where(lists, np.arange(many) + 1, 0)],
    )
    expected = rules.answers(supposed, 7, theirs)[:, places] != Answer.UNKNOWN
    return each, whole, expected, weights[: len(places)]


def drawn(data, people, columns):
    """Which columns of each of some people are as in the table: the first rows know fewer of them."""
    rows = data.draw(st.lists(st.lists(st.booleans(), min_size=columns, max_size=columns), min_size=1, max_size=4))
    return np.array([rows[place % len(rows)] for place in range(people)])


@examples(60)
@given(
    catalogues,
    people(),
    st.lists(people(), min_size=1, max_size=64),
    st.data(),
)
def test_what_answers_settle_is_what_judging_everybody_anew_finds(made, person, others, data):
    rules, weights = compiled(*made), np.array([2.0, 5.0])
    nobodies = nobody(1, len(DECLARATION.household.relations))
    told = joined([nobodies] * len(others))
    each, whole, expected, weights = settled(
        rules, values(person)[0], nobodies, values(*others), told, drawn(data, len(others), len(COLUMNS)),
        np.zeros(len(others), bool), weights,
    )  # fmt: skip
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
    st.lists(st.booleans(), min_size=20, max_size=20),
)
def test_members_that_answers_tell_of_are_counted_person_by_person(own, others, lists):
    held = loaded(*(document(f"t.{name}", who) for name, who in {"young": YOUNG, "raised": RAISED}.items()))
    known = [
        from_facts(DECLARATION, facts if closes is None else {**facts, CLOSER: closes}, AT, held.receives)
        for facts, closes in ((own, None), *others)
    ]
    rules = compile_catalogue(held, known[0].columns, DECLARATION, REGIONS, DAY)
    columns = np.tile(np.isin(known[0].columns, (CLOSER, "children")), (len(others), 1))
    told, table = joined([one.members for one in known[1:]]), np.concatenate([one.values for one in known[1:]])
    each, whole, expected, weights = settled(
        rules,
        known[0].values[0],
        known[0].members,
        table,
        told,
        columns,
        np.array(lists)[: len(others)],
        np.array([2.0, 5.0]),
    )
    assert each.counts.tolist() == expected.sum(axis=1).tolist()
    assert whole.totals.tolist() == [(expected * weights).sum()]
