"""Exploration draws among near-ties alone, by a lot that anybody can draw again, and never moves what must not wait."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from recommender.offers.exploration import (
    CERTAIN,
    SOON_DAYS,
    SUBSISTENCE,
    OrderedOffer,
    explored,
    propensities,
    read_exploration,
)
from recommender.rules.clause import Compare
from recommender.rules.window import ApplicationWindow, always

WORDS = {
    "name": "spring-2027", "first": "2027-03-01", "last": "2027-05-30", "margin": 100, "places": 8, "together": 4,
    "legal_basis": "Decision 2027-13 of the board",
}  # fmt: skip
POLICY = read_exploration(WORDS)
SLOT = read_exploration({**WORDS, "slots": [2]})


def person(*facts):
    return SimpleNamespace(applicant=1, snapshot=SimpleNamespace(values=np.array([facts], np.int64)))


def offer(name, steps, *, moves=True, alike=(2, False)):
    return OrderedOffer(name, steps, moves, alike)


TIED = [offer("a", 900), offer("b", 880), offer("c", 850), offer("d", 300), offer("e", 290)]


def test_what_is_signed_is_read_again_as_it_was():
    assert read_exploration(SLOT.to_document()) == SLOT
    assert "need" not in SLOT.to_document()  # what was decided before there was such a word is drawn again as it was
    asked = replace(SLOT, need=frozenset({"income"}))
    assert read_exploration(asked.to_document()) == asked


@pytest.mark.parametrize(
    "wrong",
    [{"margin": 501}, {"places": 1}, {"together": 7}, {"slots": [9]}, {"slots": ["2"]}, {"last": "2029-01-01"},
     {"last": "2027-02-01"}, {"legal_basis": ""}, {"more": 1}],
)  # fmt: skip
def test_what_nobody_may_sign_is_refused(wrong):
    with pytest.raises(Rejected):
        read_exploration({**WORDS, **wrong})


def test_everything_that_is_missing_is_told_at_once():
    with pytest.raises(Rejected) as refused:
        read_exploration({})
    assert len(refused.value.problems) == 7


def test_only_near_ties_change_places():
    for number in range(50):
        order = explored(POLICY, person(number), 20_000, TIED)
        assert sorted(order[:3]) == [0, 1, 2]
        assert sorted(order[3:]) == [3, 4]


def test_the_draw_is_the_same_for_the_same_facts_and_day_and_another_for_others():
    drawn = explored(POLICY, person(1, 2), 20_000, TIED)
    assert drawn == explored(POLICY, person(1, 2), 20_000, TIED)
    others = [explored(POLICY, person(1, number), 20_000, TIED) for number in range(3, 40)]
    days = [explored(POLICY, person(1, 2), day, TIED) for day in range(20_001, 20_040)]
    names = [explored(replace(POLICY, name=f"n{number}"), person(1, 2), 20_000, TIED) for number in range(40)]
    assert all(any(one != drawn for one in some) for some in (others, days, names))


@pytest.mark.parametrize("policy", [POLICY, replace(SLOT, slots=(1,)), SLOT])
def test_what_stands_in_a_place_stands_there_as_often_as_its_propensity_says(policy):
    tied = TIED[:3] if policy is not SLOT else [offer("z", 5_000), *TIED[:3]]
    people, seen, told = 6_000, Counter(), {}
    for number in range(people):
        order = explored(policy, person(number), 20_000, tied)
        for place, (at, chance) in enumerate(zip(order, propensities(policy, tied, order), strict=True)):
            seen[place, at] += 1
            told[place, at] = chance
    for key, chance in told.items():
        assert seen[key] / people == pytest.approx(chance / CERTAIN, abs=0.025)
    for place in range(len(tied)):
        assert sum(chance for key, chance in told.items() if key[0] == place) == pytest.approx(CERTAIN, abs=3)


def test_what_does_not_move_keeps_its_place_among_what_is_drawn():
    fixed = [offer("a", 900), offer("p", 890, moves=False), offer("b", 880), offer("c", 870)]
    orders = {tuple(explored(POLICY, person(number), 20_000, fixed)) for number in range(200)}
    assert len(orders) == 6
    assert {order[1] for order in orders} == {1}


def test_a_slot_is_filled_by_lot_and_the_rest_keeps_its_order():
    tied = [offer("z", 5_000), *TIED]
    for number in range(50):
        order = explored(SLOT, person(number), 20_000, tied)
        assert order[0] == 0
        assert [at for at in order if at != order[1]] == sorted(set(range(6)) - {order[1]})
        assert order[1] in (1, 2, 3)


offers = st.lists(
    st.tuples(st.integers(-50, 50), st.booleans(), st.sampled_from([(2, False), (1, False), (1, True)])), max_size=8
)


@given(offers, st.integers(0, 5), st.sampled_from([(), (1,), (2, 4)]))
def test_nothing_crosses_what_does_not_move_nor_what_stands_otherwise(rows, number, slots):
    policy = replace(POLICY, margin=10, together=3, slots=slots)
    some = [offer(f"p{at}", steps, moves=moves, alike=alike) for at, (steps, moves, alike) in enumerate(
        sorted(rows, key=lambda one: -one[0]))]  # fmt: skip
    order = explored(policy, person(number), 20_000, some)
    assert sorted(order) == list(range(len(some)))
    for place, at in enumerate(order):
        assert some[at].alike == some[place].alike
        assert some[at].moves or at == place
        assert abs(some[at].steps - some[place].steps) <= policy.margin


@pytest.mark.parametrize(
    ("category", "window", "moves"),
    [
        ("culture", always("open_ended"), True),
        ("culture", always("open_ended", funds=True), False),
        ("culture", ApplicationWindow("dated", "open", pressing=SOON_DAYS), False),
        ("culture", ApplicationWindow("dated", "open", pressing=SOON_DAYS + 1), True),
        *((one, always("open_ended"), False) for one in sorted(SUBSISTENCE)),
    ],
)
def test_subsistence_and_what_closes_soon_stay_where_they_are(category, window, moves):
    programme = SimpleNamespace(id="x", category=category, who={"citizen": Compare("income", "at_most", 50)})
    assert POLICY.moves(programme, window) is moves
    assert not replace(POLICY, never=frozenset({"x"})).moves(programme, window)
    assert not replace(POLICY, need=frozenset({"income"})).moves(programme, window)
