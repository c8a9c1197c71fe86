"""Chances of many people at once are those of one person after the other, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from composition import reading
from composition.sweeping import SweepSettings, population_sweep
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import date_of
from features.log.columnar import read_segments
from features.snapshot import snapshots
from features.value import UNKNOWN
from recommender.offers.amount_table import AmountTable, SweptPeople
from recommender.offers.batch import Ranker
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.offer_order import OfferLimits, OfferOrder
from recommender.rules.chance import chances
from recommender.rules.rule_kernel import COUNT
from recommender.rules.rule_part import plan_of_programmes, programme_nodes, programmes_reading

DEFINITIONS = reading.read_definitions()
LAST = date(2025, 10, 31)


@pytest.fixture(scope="module")
def judged(made_once):
    def make(folder):
        synthesise(PopulationOrder(8, 90, 24, pilot=200), DEFINITIONS, folder)

    history = read_segments(made_once("swept", make) / "events.parquet", DEFINITIONS.declaration)
    compiled = population_sweep(SweepSettings(DEFINITIONS, LAST), history).after
    places = np.arange(len(history.people))
    t = np.full(places.size, compiled.declaration.zone.end_of_day(date_of(compiled.day)))
    known = snapshots(compiled.declaration, history, places, t, compiled.catalogue.receipts)
    return compiled, known, compiled.offerable(known.values, 1, known.members)


def nothing_shut(compiled, people):
    """Nobody holds anything and no window that depends on somebody is closed."""
    windows = len(offer_arrays(compiled).personal_windows)
    return OfferLimits(
        np.zeros((people, windows), np.bool_), np.full((people, windows), UNKNOWN), np.zeros(0, np.int64)
    )


def test_each_open_pair_has_the_chance_that_its_person_has_alone(judged):
    compiled, known, answers = judged
    table, everybody = offer_arrays(compiled), np.arange(len(known))
    t = compiled.declaration.zone.end_of_day(date_of(compiled.day))
    order = OfferOrder(compiled, Ranker(), AmountTable(compiled, t))
    led = order.leading(SweptPeople(None, everybody, known), nothing_shut(compiled, len(known)), len(table.ids))
    found = np.zeros(answers.shape)
    found[led.pairs.person, led.pairs.programme] = led.chance
    alone = np.array([
        chances(compiled, known.values[i], 1, answers[i], known.members[i : i + 1]) for i in range(len(known))
    ])  # fmt: skip
    assert np.array_equal(found, np.where(table.closed, 0, alone))
    assert np.unique(found).size > 100, "chances hardly differ"


def test_the_rules_of_some_programmes_alone_answer_as_they_do_among_all(judged):
    compiled, known, _ = judged
    answers, some = compiled.answers(known.values, 1, known.members), np.arange(3, len(compiled.catalogue), 7)
    plan = plan_of_programmes(compiled.plan, programme_nodes(compiled.plan), some)
    assert len(plan.ops) < len(compiled.plan.ops)
    assert np.array_equal(replace(compiled, plan=plan).answers(known.values, 1, known.members), answers[:, some])


def test_of_some_programmes_alone_those_members_are_counted_that_their_rules_ask_for(judged):
    compiled, known, _ = judged
    plan, nodes, answers = (
        compiled.plan,
        programme_nodes(compiled.plan),
        compiled.answers(known.values, 1, known.members),
    )
    asked = 0
    for place in range(len(compiled.catalogue)):
        alone = plan_of_programmes(plan, nodes, np.array([place]))
        wanted = np.unique(alone.atoms[alone.atoms[:, 0] == COUNT, 1])
        assert wanted.tolist() == list(range(len(alone.tests)))
        found = replace(compiled, plan=alone).answers(known.values, 1, known.members)
        assert np.array_equal(found[:, 0], answers[:, place])
        asked += 0 < len(alone.tests) < len(plan.tests)
    assert asked > 0


def test_only_rules_that_read_a_column_answer_otherwise_when_it_changes(judged):
    compiled, known, _ = judged
    answers = compiled.answers(known.values, 1, known.members)
    for place in compiled.columns_read:
        if place in compiled.region_columns:
            continue
        other = known.values.copy()
        other[:, place] = np.where(other[:, place] == 1, 0, 1)
        differs = (compiled.answers(other, 1, known.members) != answers).any(axis=0)
        assert not (differs & ~programmes_reading(compiled.plan, np.array([place]))).any(), compiled.columns[place]
