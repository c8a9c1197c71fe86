"""The hidden take-up function: whom its rates are those of, what each dial adds, and how seeds differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.synthetic import takeup, takeup_draw, taste_rules, world
from data.synthetic.circumstances import TRAITS, Circumstances
from data.synthetic.dials import named
from data.synthetic.offerings import offerings
from data.synthetic.random_streams import RandomStreams, pair_normal
from data.synthetic.take_up_kinds import kind_of
from recommender.rules.worth import Value

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pilot(lives, small_world):
    return world._pilot(lives, small_world.rules, small_world.offered, small_world.months)


def drawn(pilot, shared, seed=5, **turned):
    dials = replace(named("default"), **turned)
    return takeup_draw.draw(RandomStreams(seed), pilot, shared.offered, dials, shared.months.end)


def added(pilot, shared, **turned):
    """What one dial adds to the logit, besides the level: m x P."""
    with_it = drawn(pilot, shared, **turned)
    without = drawn(pilot, shared, **dict.fromkeys(turned, 0.0))
    logits = [one.observable(pilot.at, shared.offered) - one.level for one in (with_it, without)]
    return logits[0] - logits[1]


@pytest.mark.parametrize("seed", range(3))
def test_those_a_programme_is_meant_for_take_an_offer_up_as_often_as_is_wanted_of_its_kind(pilot, small_world, seed):
    found = drawn(pilot, small_world, seed)
    wanted = takeup_draw.targets(RandomStreams(seed).stream("take-up"), small_world.offered, found.dials)
    spread = found.spread(np.arange(len(small_world.offered)))
    p = takeup.expectation(found.observable(pilot.at, small_world.offered), spread)
    reached = (p * pilot.weights).sum(axis=0) / pilot.weights.sum(axis=0)
    assert np.abs(reached - wanted).max() < 0.03


def test_an_offer_brings_what_as_many_offers_as_looks_make_the_published_rate(small_world, material):
    dials = replace(named("default"), appeal=0.0)
    wanted = takeup_draw.targets(np.random.default_rng(0), small_world.offered, dials)
    by_id = dict(zip(small_world.offered.ids, wanted, strict=True))
    for programme in material.catalogue.programmes:
        assert 1 - (1 - by_id[programme.id]) ** dials.looks == pytest.approx(kind_of(programme).rate)
    assert (
        by_id["kr.child-allowance"] > by_id["kr.basic-pension"] > by_id["kr.housing-benefit"] > by_id["kr.medical-aid"]
    )


def test_half_of_what_tells_programmes_of_one_kind_apart_is_their_own(small_world):
    dials, draws = named("default"), []
    for own in (dials.own_appeal, 0.0):
        for seed in range(40):
            wanted = takeup_draw.targets(
                np.random.default_rng(seed), small_world.offered, replace(dials, own_appeal=own)
            )
            draws.append(np.log(wanted / (1 - wanted)))
    half, none = np.array(draws[:40]), np.array(draws[40:])
    columns = np.column_stack([small_world.offered.qualities, small_world.offered.rates, np.ones(half.shape[1])])

    def left(values):
        rest = values.T - columns @ np.linalg.lstsq(columns, values.T, rcond=None)[0]
        return (rest**2).mean()

    assert left(half) > left(none) + 0.3 * dials.appeal**2


def test_stigma_only_deters(pilot, small_world):
    cost = added(pilot, small_world, stigma=1.0)
    assert cost.max() <= 1e-9
    assert cost.min() < -0.2


def test_a_habit_grows_with_what_was_asked_for_in_the_same_category_only(small_world):
    categories = small_world.offered.categories
    applied = np.zeros((1, len(categories)), bool)
    same = np.flatnonzero(categories == np.bincount(categories).argmax())
    applied[0, same[:4]] = True
    familiar = takeup_draw.familiar_to(applied, categories)
    assert familiar[0, categories[same[0]]] == 2.0
    assert familiar.sum() == 2.0


def test_taste_turns_at_its_second_and_not_before(pilot, small_world):
    found = drawn(pilot, small_world, break_size=1.0)
    at = pilot.at
    before, after = (
        found.observable(takeup.Situation(at.people, np.full(len(at.t), when), at.familiar), small_world.offered)
        for when in (found.turned - 1, found.turned)
    )
    assert np.abs(after - before).std() > 0.3
    calm = drawn(pilot, small_world, break_size=0.0)
    assert calm.turn.tolist() == [0.0] * len(small_world.offered)


def test_what_a_moment_adds_fades_with_it(pilot, small_world):
    extra = added(pilot, small_world, timing=2.0)
    fresh = taste_rules.timely(pilot.at.people, small_world.offered)
    assert extra == pytest.approx(2.0 * fresh ** drawn(pilot, small_world).sharpness)


def test_another_seed_draws_another_function(pilot, small_world):
    one, same, other = (drawn(pilot, small_world, seed) for seed in (1, 1, 2))
    assert one.rules == same.rules
    assert (one.level == same.level).all()
    assert one.rules != other.rules


def test_rules_ask_one_to_three_things_of_people_and_something_of_programmes(small_world):
    for rule in small_world.takeup.rules:
        assert rule.fresh > 0 or (rule.traits and rule.qualities)
        assert len(rule.traits) <= 3


def test_a_rule_adds_its_weight_where_all_it_asks_holds(small_world):
    offered = small_world.offered
    size = offered.names.index("size")
    rule = taste_rules.Rule(2.0, ((TRAITS.index("need"), 0.5, True),), ((size, 0.4, False),), 0.0)
    traits = np.zeros((2, len(TRAITS)))
    traits[1, TRAITS.index("need")] = 0.9
    sums = taste_rules.rule_sums((rule,), Circumstances(traits, np.zeros((2, offered.moments.shape[1]))), offered)
    assert (sums[0] == 0).all()
    assert (sums[1] == np.where(offered.quality("size") > 0.4, 0.0, 2.0)).all()


def test_a_rule_of_parity_adds_and_takes_off_so_that_no_condition_alone_tells():
    need, alone = TRAITS.index("need"), TRAITS.index("alone")
    rule = taste_rules.Rule(1.0, ((need, 0.5, True), (alone, 0.5, True)), (), 0.0, parity=True)
    traits = np.zeros((4, len(TRAITS)))
    traits[:, need], traits[:, alone] = (0, 0, 1, 1), (0, 1, 0, 1)
    assert rule.of_people(traits).tolist() == [1, -1, -1, 1]


def test_the_expectation_is_the_mean_over_everything_latent(small_world):
    found, rng = small_world.takeup, np.random.default_rng(0)
    draws, programme = 200_000, 4
    for observable in (-2.5, 0.3):
        person, same = np.arange(draws), np.full(draws, programme)
        latent = found.latent(rng.normal(size=(draws, takeup.LATENT_TRAITS)), person, same)
        spread = found.spread(np.array([programme]))
        mean = takeup.probability(observable + latent).mean()
        assert takeup.expectation(np.array([observable]), spread) == pytest.approx(mean, abs=0.002)
        assert takeup.shrunk(np.array([observable]), spread) == pytest.approx(mean, abs=0.01)


def test_the_latent_part_is_the_same_whoever_asks_in_whatever_order(small_world):
    person, programme = np.arange(50), np.arange(50) % len(small_world.offered)
    salt = small_world.takeup.salt
    forward = pair_normal(salt, person, programme)
    assert (pair_normal(salt, person[::-1], programme[::-1])[::-1] == forward).all()
    assert abs(pair_normal(salt, np.arange(100_000), np.zeros(100_000, np.int64)).std() - 1) < 0.02


def test_nobody_comes_unasked_for_what_they_have_not_heard_of():
    p = np.array([0.2, 0.9])
    assert takeup.unasked(p, np.zeros(2), 3.0).tolist() == [0, 0]
    often, seldom = (takeup.unasked(p, np.ones(2), visits) for visits in (5.0, 1.0))
    assert (seldom < often).all()
    assert (often < p).all()


def test_what_no_publisher_says_is_taken_to_be_middling(material):
    some = material.catalogue.programmes[:6]
    bare = replace(some[0], value=Value(), effort_minutes=None)
    seen = offerings(replace(material.catalogue, programmes=(bare, *some[1:])))
    assert np.isfinite(seen.qualities).all()
    assert 0 <= seen.qualities.min() <= seen.qualities.max() <= 1
