"""Pairs that are left out by bounds are worth less than k of those that are not, whatever orders them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from composition.catalogue_growth import growth
from composition.sweeping import SweepSettings, population_sweep
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.log.columnar import read_segments
from recommender.offers.batch import Ranker
from recommender.offers.offer_order import OfferOrder
from recommender.offers.utility import UtilityWeights
from recommender.ranking.scorer import Scores
from recommender.rules.catalogue import catalogue
from recommender.rules.estimate_bound import MANY_CHILDREN, estimate_bound
from recommender.rules.rule_part import region_gates
from tests.sweep.test_ranked_sweep import DEFINITIONS, corrected_model, drawn_model

LAST, PROGRAMMES = date(2025, 10, 31), 400


@pytest.fixture(scope="module")
def history(made_once):
    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    return read_segments(made_once("swept", make) / "events.parquet", DEFINITIONS.declaration)


@pytest.fixture(scope="module")
def definitions():
    """More programmes than are shipped, most of them of one place."""
    held = catalogue(growth(3).documents(PROGRAMMES), DEFINITIONS.declaration, DEFINITIONS.regions)
    return DEFINITIONS._replace(catalogue=held)


class SaysLittle:
    """A scorer of another kind, of which nothing is known beforehand."""

    features_hash = catalogue_hash = ""

    def score(self, people, _attributes, pairs):
        told = np.random.default_rng(7).random((len(people), 2_000))
        return Scores(*[told[pairs.person, pairs.programme]] * 2)


RANKERS = {
    "none": Ranker,
    "private": drawn_model,
    "corrected": corrected_model,
    "other": lambda: Ranker(scorer=SaysLittle(), attributes=()),
    "doubtful": lambda: replace(drawn_model(5), weights=UtilityWeights(doubt=2.0, unlocks=1.0, urgency=1.0)),
}


def order_of(sweep, ranker):
    judge = sweep._judges[1]
    return OfferOrder(judge.compiled, ranker, judge.amounts)


@pytest.fixture(scope="module")
def sweep(history, definitions):
    return population_sweep(SweepSettings(definitions, LAST), history)


@pytest.mark.parametrize("who", RANKERS)
def test_what_is_left_out_is_worth_less_than_k_others(history, definitions, sweep, who):
    ranker = RANKERS[who]()
    if ranker.attributes:
        attributes = ranker.scorer.attributes(definitions.catalogue, definitions.declaration)
        ranker = replace(ranker, attributes=attributes)
    judge, everybody = sweep._judges[1], np.arange(len(history.people))
    people, order = sweep._people(everybody, judge), order_of(sweep, ranker)
    limits, size = judge.limits(judge.terms(people, 1)), len(definitions.catalogue)
    whole = order.leading(people, limits, size)
    utility = np.full((len(everybody), size), np.iinfo(np.int64).min)
    utility[whole.pairs.person, whole.pairs.programme] = order.utility(
        people.known, whole, order.sums(people, whole.pairs)
    )
    standing = judge.pairs(people, 1)
    may = np.zeros(utility.shape, np.bool_)
    may[standing.person[standing.offerable], standing.programme[standing.offerable]] = True
    assert np.array_equal(utility > np.iinfo(np.int64).min, may), "not all that may be offered is there without a line"
    for k in (1, 3, 10):
        led = order.leading(people, limits, k)
        kept = np.zeros(may.shape, np.bool_)
        kept[led.pairs.person, led.pairs.programme] = True
        line = np.sort(np.where(kept, utility, np.iinfo(np.int64).min), axis=1)[:, -k]
        left = may & ~kept
        assert not (left & (utility >= line[:, None])).any()
        assert (led.high >= utility[led.pairs.person, led.pairs.programme]).all()
        assert np.array_equal(led.counts.offers, may.sum(axis=1))
        assert who == "other" or left.sum() > may.sum() / 4, "hardly anything is left out"


def test_no_estimate_passes_the_bound_of_its_value(sweep, history):
    judge, bounded = sweep._judges[1], 0
    everybody = np.arange(len(history.people))
    people = sweep._people(everybody, judge)
    for value in {
        one.value.parts: one.value for one in judge.compiled.catalogue.programmes if one.value.reads
    }.values():
        bound = estimate_bound(value)
        if bound is None:
            continue
        for at in everybody[people.known.members.counts <= MANY_CHILDREN][:40].tolist():
            middle = value.amount_of(people.person(at, judge.compiled, True), judge.t).middle
            assert middle is None or middle <= bound, value
            bounded += middle is not None
    assert bounded > 500


def test_what_is_of_another_place_is_not_asked_further_and_gates_miss_nobody(sweep, history):
    judge = sweep._judges[1]
    plan, everybody = judge.compiled.last_known, np.arange(len(history.people))
    gates = region_gates(plan)[0]
    people = sweep._people(everybody, judge)
    answers = judge.compiled.offerable(people.known.values, 1, people.known.members)
    relations, place = plan.relations, judge.compiled.rows(people.known.values, 1, people.known.members).places
    barred = 0
    for programme in np.flatnonzero(gates >= 0).tolist():
        _, column, regions, _ = plan.atoms[gates[programme]].tolist()
        elsewhere = relations[place[:, column], regions] == 0
        assert not answers[elsewhere, programme].any()
        barred += int(elsewhere.sum())
    assert barred > answers.size / 3
