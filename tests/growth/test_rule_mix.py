"""A mix is counts: it is drawn from as often as was counted, and a file that is no mix is refused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.growth.rule_mix import RuleMix
from features.problem import Rejected

TRAITS = st.lists(st.tuples(st.sampled_from("tu"), st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1)


@given(TRAITS, st.randoms())
def test_the_order_in_which_traits_are_seen_does_not_matter_and_a_document_says_all(seen, shuffled):
    mix = RuleMix.counted(3, seen)
    shuffled.shuffle(seen)
    assert RuleMix.parse(RuleMix.counted(3, seen).to_document(), ()) == mix


@given(TRAITS)
def test_only_what_was_counted_is_drawn(seen):
    mix, rng = RuleMix.counted(1, seen), np.random.default_rng(1)
    table, about, _ = seen[0]
    possible = {outcome for one in seen for outcome in one[2:] if one[:2] == (table, about)}
    assert {mix.draw(rng, table, about) for _ in range(20)} <= possible


def test_outcomes_are_drawn_as_often_as_they_were_counted():
    mix, rng = RuleMix.counted(1, [*[("t", "", "often")] * 9, ("t", "", "seldom")]), np.random.default_rng(1)
    drawn = Counter(mix.draw(rng, "t") for _ in range(10_000))
    assert 800 < drawn["seldom"] < 1_200  # of a mean of 1,000 with a standard deviation of 30


def test_what_was_never_given_is_drawn_as_of_all():
    mix = RuleMix.counted(2, [("t", "a", "x"), ("t", "b", "y"), ("t", "b", "y")])
    assert mix.outcomes("t", "never") == {"x": 1, "y": 2}
    assert {mix.draw(np.random.default_rng(seed), "t", "never") for seed in range(20)} == {"x", "y"}


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ([], "mix.json"),
        ({"format": 9, "rows": 1, "counts": {}}, "mix.json"),
        ({"format": 1, "rows": 1}, "mix.json"),
        ({"format": 1, "rows": "many", "counts": {}}, "mix.json"),
        ({"format": 1, "rows": 1, "counts": {"t": []}}, "mix.json: t"),
        ({"format": 1, "rows": 1, "counts": {"t": {"a": 3}}}, "mix.json: t.a"),
        ({"format": 1, "rows": 1, "counts": {"t": {"a": {"x": 0}}}}, "mix.json: t.a.x"),
        ({"format": 1, "rows": 1, "counts": {"t": {"a": {"x": True}}}}, "mix.json: t.a.x"),
    ],
)
def test_what_is_no_mix_is_refused_and_says_how_to_make_one(document, where):
    with pytest.raises(Rejected) as refusal:
        RuleMix.parse(document, ("mix.json",))
    (problem,) = refusal.value.problems
    assert problem.where == where
    assert "proffer catalogue mix" in problem.remedy


def test_a_table_without_counts_is_refused():
    with pytest.raises(Rejected, match="has no counts"):
        RuleMix.counted(1, [("t", "", "x")]).draw(np.random.default_rng(1), "u")
