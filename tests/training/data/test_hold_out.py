"""Who is held out: by share, by name or by day, and never half a household."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from training.data.hold_out import HoldOut

PEOPLE = [f"c{at:04d}" for at in range(600)]
HOUSEHOLD = np.arange(600) // 3 * 3


def test_one_in_so_many_is_held_out():
    assert 0.15 < HoldOut(5).of(PEOPLE).mean() < 0.25
    assert 0.4 < HoldOut(2).of(PEOPLE).mean() < 0.6


@given(st.integers(2, 9), st.sets(st.sampled_from(PEOPLE)))
def test_a_household_is_never_on_both_sides(every, named):
    for rule in (HoldOut(every, whole=True), HoldOut(named=frozenset(named), whole=True)):
        found = rule.of(PEOPLE, HOUSEHOLD).reshape(-1, 3)
        assert (found.all(axis=1) | ~found.any(axis=1)).all()


def test_a_share_of_households_is_about_that_share_of_people():
    assert 0.13 < HoldOut(5, whole=True).of(PEOPLE, HOUSEHOLD).mean() < 0.27


def test_the_people_named_are_held_out_and_nobody_else():
    found = HoldOut(named=frozenset(["c0001", "not here"])).of(PEOPLE)
    assert np.flatnonzero(found).tolist() == [1]


def test_where_a_day_divides_everybody_is_learned_from():
    assert not HoldOut(since=0).of(PEOPLE).any()


def test_what_a_manifest_says_names_nobody_and_tells_one_rule_from_another():
    rules = [HoldOut(), HoldOut(4), HoldOut(5, whole=True), HoldOut(named=frozenset("ab")), HoldOut(since=9)]
    told = [rule.to_document() for rule in rules]
    assert all(told.count(one) == 1 for one in told)
    assert "'a'" not in str(told)
    assert HoldOut(named=frozenset("ba")).to_document() == told[3]
