"""Two models on the same held-out units: what one unit may add, and what a noised bundle can and cannot tell."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.accounting import mechanism as m
from recommender.ranking.scorer import Scores
from tests.privacy.noises import Seeded, Silent
from training.evaluation.bundle_room import MOST_BRIER, PARTS, BundleRoom
from training.evaluation.comparison import Comparison, weighed
from training.evaluation.release import released_sums
from training.measures import SURE

UNITS, ROWS, GROUPS = 4, 14, 3
ROOM = BundleRoom()
NOBODY = np.zeros((6, 0), dtype=np.bool_)
number = st.floats(0, 1) | st.sampled_from([math.nan, math.inf])


def lists_of(label, at, position=None):
    label = np.asarray(label, np.float64)
    place = np.ones(label.size) if position is None else np.asarray(position, np.float64)
    return SimpleNamespace(at=np.asarray(at, np.int64), examples=SimpleNamespace(label=label, position=place))


@st.composite
def worlds(draw):
    """Lists of some units, and what two models say of them; a list belongs to one unit."""
    at = np.sort(draw(st.lists(st.integers(0, 5), min_size=ROWS, max_size=ROWS)))
    owner = np.array(draw(st.lists(st.integers(0, UNITS - 1), min_size=6, max_size=6)))
    label = draw(st.lists(st.sampled_from([0.0, 1.0]), min_size=ROWS, max_size=ROWS))
    place = draw(st.lists(st.sampled_from([1.0, 2.0, math.nan]), min_size=ROWS, max_size=ROWS))
    said = [np.array(draw(st.lists(number, min_size=ROWS, max_size=ROWS))) for _ in range(4)]
    members = np.array(draw(st.lists(st.booleans(), min_size=6 * GROUPS, max_size=6 * GROUPS))).reshape(6, GROUPS)
    return at, owner[at], np.array(label), np.array(place), Scores(*said[:2]), Scores(*said[2:]), members


@given(worlds())
def test_one_unit_in_or_out_moves_the_sums_by_at_most_the_length_and_nobody_elses_part_by_a_bit(world):
    at, unit, label, position, one, other, members = world
    room, popular = BundleRoom(GROUPS), np.arange(label.size) % 5.0
    whole = weighed(one, other, lists_of(label, at, position), unit, members, popular)
    for place, gone in enumerate(np.unique(unit)):
        rest = unit != gone
        less = weighed(*(Scores(s.score[rest], s.probability[rest]) for s in (one, other)),
                       lists_of(label[rest], at[rest], position[rest]), unit[rest], members, popular[rest])  # fmt: skip
        assert np.array_equal(less, np.delete(whole, place, axis=0))
        sums = [released_sums(parts, room.length, m.gaussian("1"), Silent(0)) for parts in (whole, less)]
        assert math.dist(*sums) <= room.length


def test_what_is_no_number_adds_nothing_and_what_is_too_long_is_clipped():
    parts = np.array([[np.nan, 1.0], [100.0, 0.0], [0.0, -0.5]])
    found = released_sums(parts, 2.0, m.gaussian("1"), Silent(0))
    assert found == pytest.approx([2.0, -0.5], abs=1e-6)
    assert abs(found[0]) <= 2


def test_the_noise_of_the_mechanism_is_added_to_every_sum():
    drawn = np.array([released_sums(np.zeros((1, 9)), ROOM.length, m.gaussian("3"), Seeded(at)) for at in range(400)])
    assert drawn.std() == pytest.approx(3 * ROOM.length, rel=0.05)
    assert abs(drawn.mean()) < 4 * 3 * ROOM.length / math.sqrt(drawn.size)


def test_a_model_that_orders_and_predicts_better_has_positive_parts():
    label = [0.0, 1.0, 0.0, 1.0]
    good = Scores(np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.1, 0.9, 0.1, 0.9]))
    bad = Scores(np.array([1.0, 0.0, 1.0, 0.0]), np.array([0.2, 0.8, 0.2, 0.8]))
    found = weighed(good, bad, lists_of(label, [0, 0, 1, 1]), np.array([7, 7, 9, 9]), NOBODY) / ROOM.weights
    drop = 1 - 1 / math.log2(3)
    assert dict(zip(PARTS, found[0].tolist(), strict=True)) == pytest.approx({
        "listed": 1, "rated": 1, "ndcg": drop, "ndcg_squared": drop**2, "other_ndcg": 1 - drop,
        "brier": 0.03 / MOST_BRIER, "brier_squared": (0.03 / MOST_BRIER) ** 2,
        "bias": 0.0, "bias_squared": 0.0, "above_popular": 0.0, "above_popular_squared": 0.0,
    })  # fmt: skip
    assert np.array_equal(found[0], found[1])


def told(gain, units=2000, spread=0.2, brier=0.0, multiplier=4.0, against="before", bias=0.0, above=0.0, **groups):
    """A bundle in which every figure is exact, read as if its noise had this multiplier."""
    sums = (
        units,
        units,
        units * gain,
        units * (spread**2 + gain**2),
        0.7 * units,
        units * brier / MOST_BRIER,
        0.0,
        units * bias,
        units * bias**2,
        units * above,
        units * (spread**2 + above**2),
    )
    each = [part for size, theirs in groups.values() for part in (size, size * theirs, size * (0.2**2 + theirs**2))]
    return Comparison((*sums, *each), multiplier, against, tuple(groups))


def test_only_a_difference_beyond_the_error_bars_promotes():
    error = told(0.0).gain.error(4.0)
    assert 0.008 < error < 0.03
    outcomes = [told(gain).outcome for gain in (2 * error, error / 2, 0.0, -error / 2, -2 * error)]
    assert outcomes == ["better", "cannot_tell", "cannot_tell", "cannot_tell", "worse"]


def test_a_challenger_that_orders_worse_than_one_order_for_everybody_is_not_promoted_over_a_worse_champion():
    assert [told(0.1, above=above).outcome for above in (-0.1, -0.001, 0.1)] == ["below_popularity", "better", "better"]
    first = told(0.1, above=-0.1, against=None)
    assert (first.above_popular, first.outcome) == (None, "better")


def test_beside_a_champion_the_same_order_for_everybody_is_a_part_of_its_own():
    label, even = [0.0, 1.0], np.full(2, 0.5)
    good, bad = np.array([0.0, 1.0]), np.array([1.0, 0.0])
    lists, drop = lists_of(label, [0, 0]), 1 - 1 / math.log2(3)
    found = weighed(Scores(bad, even), Scores(bad, even), lists, np.zeros(2, np.int64), NOBODY[:1], good) / ROOM.weights
    assert found[0, ROOM.place("above_popular")] == pytest.approx(-drop)
    assert found[0, ROOM.place("above_popular_squared")] == pytest.approx(drop**2)


def test_a_challenger_whose_probabilities_are_clearly_worse_is_not_promoted():
    assert told(0.1, brier=-0.05).outcome == "less_calibrated"
    assert told(0.1, brier=-0.001).outcome == "better"
    first = told(0.1, brier=-0.05, against=None)
    assert (first.brier, first.outcome) == (None, "better")


def test_a_challenger_whose_mean_prediction_is_clearly_off_is_not_promoted():
    assert [told(0.1, bias=bias).outcome for bias in (-0.12, 0.0, 0.12)] == ["miscalibrated", "better", "miscalibrated"]
    assert told(0.1, bias=0.04).bias_says == "passed"


def test_a_group_that_is_worse_by_more_than_the_margin_refuses_and_one_too_small_cannot_be_told():
    found = told(0.1, units=20_000, old=(6000, -0.2), few=(60, -0.3), young=(6000, 0.1))
    assert found.groups_say == {"old": "failed", "few": "cannot_tell", "young": "passed"}
    assert (found.outcome, found.gain_of(1).known) == ("group_worse", False)
    assert told(0.1, units=20_000, few=(60, -0.3), young=(6000, 0.1)).outcome == "better"


def test_a_group_just_beyond_the_margin_fails_alone_and_not_beside_many_others():
    """Holm: one of twenty groups has to be worse by more, as likely as one of twenty is to look so by chance."""
    alone = told(0.1, units=20_000, old=(6000, -0.026), multiplier=1e-6)
    one = alone.gain_of(0)
    sure = (one.difference + alone.terms.margin) / (one.error / SURE)
    assert -2.9 < sure < -1.65
    others = {f"g{at}": (6000, 0.05) for at in range(19)}
    beside = Comparison((*alone.sums, *told(0.1, **others).sums[len(PARTS) :]), 1e-6, "before", ("old", *others))
    assert alone.groups_say["old"] == "failed"
    assert beside.groups_say["old"] == "passed"


@given(st.integers(1, 40))
def test_more_groups_cost_each_other_and_not_the_whole(groups):
    one, many = BundleRoom(1), BundleRoom(groups)
    assert many.length == pytest.approx(one.length)
    assert many.reach("ndcg") == pytest.approx(one.reach("ndcg"))
    assert many.reach("ndcg", groups - 1) == pytest.approx(math.sqrt(groups) * one.reach("ndcg", 0))


def test_a_group_is_told_by_the_lists_that_were_shown_to_its_members_alone():
    good, bad = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])
    even = np.full(4, 0.5)
    members = np.array([[True, False], [False, True]])
    lists = lists_of([0, 1, 0, 1], [0, 0, 1, 1])
    found = weighed(Scores(good, even), Scores(bad, even), lists, np.zeros(4, np.int64), members)
    room, drop = BundleRoom(2), 1 - 1 / math.log2(3)
    sums = (found / room.weights)[0]
    assert [sums[room.place("ndcg", group)] for group in (0, 1)] == pytest.approx([0, drop])
    assert sums[room.place("ndcg")] == pytest.approx(drop / 2)


def test_probabilities_are_held_against_what_stood_first():
    label, said = [0.0, 1.0, 0.0], Scores(np.zeros(3), np.array([0.25, 0.1, 0.9]))
    found = weighed(said, said, lists_of(label, [0, 0, 0], [1, 2, 3]), np.zeros(3, np.int64), NOBODY) / ROOM.weights
    assert found[0, ROOM.place("bias")] == 0.25


@pytest.mark.parametrize("units", [-300.0, 0.0, 49.0])
def test_of_too_few_units_nothing_is_told(units):
    found = told(0.5, units=units)
    assert (found.outcome, found.telling_epsilon(Decimal("1e-6"))) == ("too_few", None)
    assert math.isfinite(found.gain.error(4.0))


def test_the_error_bar_covers_noise_and_chance_95_times_in_100():
    """Units drawn anew and noise drawn anew: the bundle's own bar holds the true mean as often as it says."""
    rng, held, multiplier = np.random.default_rng(5), 0, 4.0
    for at in range(400):
        gain = rng.normal(0.03, 0.2, 900).clip(-1, 1)
        parts = (
            np.stack([np.ones(900), np.ones(900), gain, gain**2, *np.zeros((len(PARTS) - 4, 900))], axis=1)
            * ROOM.weights
        )
        sums = released_sums(parts, ROOM.length, m.gaussian("4"), Seeded(at)) / ROOM.weights
        one = Comparison(tuple(sums.tolist()), multiplier, "before").gain
        held += abs(one.mean - 0.03) <= one.error(multiplier)
    assert held / 400 > 0.93


def test_the_epsilon_that_would_tell_would():
    pytest.importorskip("opacus")
    from privacy.accounting.accountant import calibrate

    delta, found = Decimal("1e-6"), told(0.012, units=4000, multiplier=20.0)
    assert found.outcome == "cannot_tell"
    epsilon = found.telling_epsilon(delta)
    assert Decimal("0.2") < epsilon < 1
    sufficient = float(calibrate(epsilon, delta, 1, 1))
    assert replace(found, multiplier=sufficient).outcome == "better"
    assert replace(found, multiplier=sufficient * 1.05).outcome == "cannot_tell"


def test_no_epsilon_tells_what_chance_alone_may_be():
    found = told(0.5 * SURE * 0.2 / math.sqrt(2000))
    assert (found.outcome, found.telling_epsilon(Decimal("1e-6"))) == ("cannot_tell", None)


def test_no_epsilon_is_told_where_the_noise_that_tells_is_too_little_to_be_priced():
    """Of noise of .035 the accountants disagree; what was paid for is told all the same."""
    mean = 0.02
    for _ in range(9):
        mean = told(mean, units=4000, multiplier=20.0).gain.error(0.035)
    found = told(mean, units=4000, multiplier=20.0)
    assert (found.outcome, found.telling_epsilon(Decimal("1e-6"))) == ("cannot_tell", None)


def test_what_is_kept_is_read_back():
    found = told(0.1, old=(500, 0.1))
    assert replace(found, sums=(), multiplier=0.0).read(found.to_bytes({"challenger": "a"})) == found
