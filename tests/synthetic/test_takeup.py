"""The hidden take-up function: what may be reached, what popularity reaches, and how seeds differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.synthetic import takeup, world
from data.synthetic.circumstances import TRAITS, Circumstances
from data.synthetic.offerings import offerings
from data.synthetic.random_streams import RandomStreams, pair_normal
from recommender.rules.worth import Value

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scene(lives, small_world):
    """The pilot a world is drawn on: circumstances, candidates, and what is meant for whom."""
    people = np.flatnonzero(lives.course.died >= lives.course.months.end)
    t = np.full(len(people), lives.course.months.end)
    nothing = np.full((len(people), len(small_world.rules.plan.receives)), -1)
    candidates = lives.known.answers(people, t, nothing) > 0
    meant = world._certain(lives, small_world.rules).answers(people, t, nothing) > 0
    return lives.watcher.at(people, t), candidates, meant


def aired(shared):
    return shared.offered.aired(shared.months.first_day, shared.months.last_day)


@pytest.mark.parametrize("seed", range(6))
def test_popularity_alone_reaches_three_quarters_and_leaves_a_gap(scene, small_world, seed):
    people, candidates, meant = scene
    drawn = takeup.draw(RandomStreams(seed), people, small_world.offered, candidates, meant, aired(small_world))
    sums = takeup.rule_sums(drawn.rules, people, small_world.offered)
    pilot = takeup._pilot(drawn, people, sums, candidates, aired(small_world), np.random.default_rng(seed))
    assert 0.75 <= takeup.popularity_share(drawn, pilot) <= 0.92
    logits = drawn.level + drawn.appeal[pilot.programme] + pilot.pulled
    expected = takeup.expectation(logits, pilot.spread)
    assert 0.12 < expected.mean() < 0.25
    assert np.quantile(expected, 0.9) > 3 * np.quantile(expected, 0.1)


def test_reachable_is_the_mean_over_everything_latent(small_world):
    drawn, rng = small_world.takeup, np.random.default_rng(0)
    draws, programme = 200_000, 4
    for observable in (-2.5, 0.3):
        person, same = np.arange(draws), np.full(draws, programme)
        latent = drawn.latent(rng.normal(size=(draws, takeup.LATENT_TRAITS)), person, same)
        reachable = takeup.expectation(np.array([observable]), drawn.spread(np.array([programme])))
        assert takeup.probability(observable + latent).mean() == pytest.approx(reachable[0], abs=0.002)


def test_another_seed_draws_another_function(scene, small_world):
    people, candidates, meant = scene
    one, same, other = (
        takeup.draw(RandomStreams(s), people, small_world.offered, candidates, meant, aired(small_world))
        for s in (1, 1, 2)
    )
    assert one.rules == same.rules
    assert (one.appeal == same.appeal).all()
    assert one.rules != other.rules
    assert abs(np.corrcoef(one.appeal, other.appeal)[0, 1]) < 0.98


def test_rules_ask_one_to_three_things_and_always_something_of_both_sides(small_world):
    for rule in small_world.takeup.rules:
        asked = len(rule.traits) + len(rule.qualities) + (rule.fresh > 0)
        assert 1 <= asked <= 3
        assert rule.fresh > 0 or (rule.traits and rule.qualities)


def test_a_rule_adds_its_weight_where_all_it_asks_holds(small_world):
    offered = small_world.offered
    size = offered.names.index("size")
    rule = takeup.Rule(2.0, ((TRAITS.index("need"), 0.5, True),), ((size, 0.4, False),), 0.0)
    traits = np.zeros((2, len(TRAITS)))
    traits[1, TRAITS.index("need")] = 0.9
    sums = takeup.rule_sums((rule,), Circumstances(traits, np.zeros((2, offered.moments.shape[1]))), offered)
    assert (sums[0] == 0).all()
    assert (sums[1] == np.where(offered.quality("size") > 0.4, 0.0, 2.0)).all()


def test_the_latent_part_is_the_same_whoever_asks_in_whatever_order(small_world):
    person, programme = np.arange(50), np.arange(50) % len(small_world.offered)
    salt = small_world.takeup.salt
    forward = pair_normal(salt, person, programme)
    assert (pair_normal(salt, person[::-1], programme[::-1])[::-1] == forward).all()
    assert abs(pair_normal(salt, np.arange(100_000), np.zeros(100_000, np.int64)).std() - 1) < 0.02


def test_appeal_is_mostly_what_the_publisher_says(scene, small_world):
    """A programme published today can be placed: appeal without its own part explains most of it."""
    _, candidates, meant = scene
    own = []
    for seed in range(8):
        rng = RandomStreams(seed).stream("take-up")
        appeal = takeup._appeal(rng, small_world.offered, candidates, meant)
        columns = np.column_stack([small_world.offered.qualities, candidates.mean(axis=0), np.ones(len(appeal))])
        left = appeal - columns @ np.linalg.lstsq(columns, appeal, rcond=None)[0]
        own.append(left.var() / appeal.var())
    assert np.mean(own) < 0.65


def test_what_no_publisher_says_is_taken_to_be_middling(material):
    some = material.catalogue.programmes[:6]
    bare = replace(some[0], value=Value(), effort_minutes=None)
    seen = offerings(replace(material.catalogue, programmes=(bare, *some[1:])))
    assert np.isfinite(seen.qualities).all()
    assert 0 <= seen.qualities.min() <= seen.qualities.max() <= 1
