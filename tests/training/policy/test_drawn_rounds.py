"""Drawn rounds: found in whole lists alone, and right about what another order would have put first."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.log.interactions import Interactions
from recommender.offers.exploration import OrderedOffer, explored, propensities, read_exploration
from training.data.examples import NOTHING_HIDDEN, Examples
from training.data.labelled import WhatPassed
from training.policy.drawn_rounds import drawn_rounds, logged_chances
from training.policy.off_policy import off_policy_gain, off_policy_value

SIGNED = {
    "name": "n", "first": "2027-03-01", "last": "2027-05-30", "margin": 100, "places": 12, "together": 3,
    "legal_basis": "x",
}  # fmt: skip


def examples(*rows):
    """Rows of (person, t, programme, position, label)."""
    person, t, programme, position, label = np.array(rows, np.int64).reshape(-1, 5).T
    one = np.ones(len(rows))
    place = position.astype(np.float32)
    return Examples(person, t, programme, place, place * 0, label.astype(float), label > 0, one, one,
                    person * 0 + NOTHING_HIDDEN)  # fmt: skip


def chances(*said):
    return np.array(said, np.float32)


def test_a_draw_is_the_places_in_a_row_of_a_list_whose_chances_make_one():
    rows = examples((7, 5, 4, 2, 0), (7, 5, 9, 1, 1), (7, 5, 1, 3, 0), (7, 5, 2, 4, 0))
    found = drawn_rounds(rows, chances(333_333, 333_333, 333_333, 1_000_000))
    assert found.rows[:, :4].tolist() == [[2, 0, 1, -1]] * 3
    assert (found.stood.tolist(), found.draw.tolist()) == ([2, 1, 0], [0, 0, 0])
    rounds = found.bandit(rows, np.full(4, 0.5))
    assert (rounds.reward.tolist(), rounds.unit.tolist()) == ([1.0, 0.0, 0.0], [7, 7, 7])
    assert rounds.chance == pytest.approx([1 / 3] * 3)


def test_of_a_slot_that_was_filled_the_slot_alone_is_a_round():
    rows = examples((7, 5, 4, 1, 1), (7, 5, 9, 2, 0), (7, 5, 1, 3, 0))
    found = drawn_rounds(rows, chances(333_333, 666_666, 333_333))
    assert (found.stood.tolist(), found.draw.tolist()) == ([1], [0])


def test_what_does_not_move_may_stand_between_and_a_list_may_hold_two_draws():
    rows = examples(*((1, 1, at, at + 1, 0) for at in range(5)))
    assert drawn_rounds(rows, chances(5e5, 1e6, 5e5, 5e5, 5e5)).draw.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize(
    "said",
    [(333_333, 333_333, np.nan, 1e6), (333_333, 333_333, 1e6, 1e6), (5e5, 333_333, 1e6, 1e6), (250_000, 1e6, 1e6, 1e6),
     (700_000, 300_000, 1e6, 1e6)],
)  # fmt: skip
def test_a_list_that_is_not_logged_whole_tells_nothing(said):
    rows = examples(*((1, 1, at, at + 1, 0) for at in range(4)))
    assert len(drawn_rounds(rows, chances(*said))) == 0


steps = st.lists(st.integers(0, 400), min_size=1, max_size=12)


@given(steps, st.lists(st.booleans(), min_size=12, max_size=12), st.integers(0, 9), st.sampled_from([[], [1], [2, 6]]))
def test_every_draw_of_a_served_list_is_found_again(utilities, moves, number, slots):
    policy = read_exploration({**SIGNED, "slots": slots})
    offers = [
        OrderedOffer(f"p{at}", one, moves[at], (2, False)) for at, one in enumerate(sorted(utilities, reverse=True))
    ]
    person = SimpleNamespace(applicant=1, snapshot=SimpleNamespace(values=np.array([[number]])))
    order = explored(policy, person, 20_000, offers)
    said = propensities(policy, offers, order)
    rows = examples(*((1, 1, programme, place + 1, 0) for place, programme in enumerate(order)))
    found = drawn_rounds(rows, chances(*said))
    drawn = sum(one < 1_000_000 for one in said)
    assert sum((found.rows[found.draw == one][:1] >= 0).sum() for one in set(found.draw.tolist())) == drawn


def happened(rows, said):
    kind, codes = np.zeros(len(rows), np.int8), np.arange(20) * 10
    blank = np.full(len(rows), np.nan, np.float32)
    told = Interactions(kind, rows.person, codes[rows.programme], rows.t, rows.t, blank, blank, said)
    return [WhatPassed(np.arange(9), told[:1]), WhatPassed(np.arange(9), told[1:])], codes


def test_the_chance_of_each_example_is_the_one_its_event_says():
    rows = examples((7, 5, 4, 2, 0), (7, 5, 9, 1, 1), (8, 5, 4, 1, 0))
    told, codes = happened(rows, chances(5e5, 4e5, np.nan))
    assert logged_chances(told, rows[[1, 0, 2]], codes).tolist() == pytest.approx([4e5, 5e5, np.nan], nan_ok=True)
    assert np.isnan(logged_chances([], rows, codes)).all()


def simulated(rng, people=2_000):
    """Three programmes in a drawn order for each of many people, and the chance that each wants each."""
    wants = np.clip(np.array([0.2, 0.5, 0.6]) + rng.normal(0, 0.2, (people, 3)), 0.02, 0.98)
    order = np.argsort(rng.random((people, 3)), axis=1)
    rows = examples(*(
        (who, 0, programme, place + 1, rng.random() < wants[who, programme])
        for who in range(people) for place, programme in enumerate(order[who])
    ))  # fmt: skip
    return rows, wants


def test_values_and_gains_are_right_about_orders_that_chance_did_not_choose():
    inside = 0
    for seed in range(20):
        rows, wants = simulated(np.random.default_rng(seed))
        found = drawn_rounds(rows, np.full(len(rows), 333_333, np.float32))
        rounds = found.bandit(rows, np.array([0.2, 0.5, 0.6])[rows.programme])
        own, popular = wants[rows.person, rows.programme], np.array([0.2, 0.5, 0.6])[rows.programme]
        policies = [found.policy(score) for score in (own, popular)]
        truth = wants.max(axis=1).mean() - wants[:, 2].mean()
        gain = off_policy_gain(rounds, *policies)
        inside += gain.low <= truth <= gain.high
        both = [off_policy_value(rounds, one, "dr") for one in policies]
        assert gain.value == pytest.approx(both[0].value - both[1].value)
        assert gain.effective == pytest.approx(min(one.effective for one in both))
        assert 0 < gain.differ < 1
    assert inside >= 17


def test_of_orders_that_score_alike_each_has_a_share():
    rows, _ = simulated(np.random.default_rng(0), 5)
    policy = drawn_rounds(rows, np.full(15, 333_333, np.float32)).policy(np.ones(15))
    assert policy[:, :3] == pytest.approx(np.full((15, 3), 1 / 3))
    assert (policy[:, 3:] == 0).all()
