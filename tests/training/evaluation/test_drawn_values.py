"""Drawn values: a log that says where chance decided tells good orders from bad ones, and refuses who loses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from features.calendar import DAY_SECONDS
from features.log.history import history_of
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Gate
from tests.privacy.fixed_rows import FixedRows
from tests.training.conftest import DAYS, _likes
from training.data.examples import LearningLog
from training.data.hold_out import HoldOut
from training.data.material import learning_showings
from training.evaluation.drawn_values import drawn_values
from training.evaluation.judgement import judge
from training.rankers.forest_ranker import ForestSettings, learn
from training.runs.promotion import DRAWN, checks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def drawn_material(material, lives):
    """The small world, its board drawn by lot with the chance of each place written down; the later half judges."""
    events, many = [], {}
    for one in lives[0]:
        if one.type == "benefit.shown":
            many[one.subject, one.time] = many.get((one.subject, one.time), 0) + 1
    for one in lives[0]:
        if one.type == "benefit.shown" and many[one.subject, one.time] > 1:
            chance = 1_000_000 // many[one.subject, one.time]
            events.append(replace(one, data={**one.data, "propensity": chance}))
        else:
            events.append(one)
    log = LearningLog.of(history_of(events, material.declaration))
    gate = Gate(FixedRows(lambda _: log, len(events)), Provenance(DataKind.SYNTHETIC))
    since = material.end - (DAYS // 2 + 100) * DAY_SECONDS
    return replace(material, gate=gate, hold_out=HoldOut(since=since))


@pytest.fixture(scope="module")
def report(drawn_material):
    log = drawn_material.gate.rows.open(None)
    lists = learning_showings(drawn_material, log, 10**9, 0)
    model = learn(lists, drawn_material.catalogue, ForestSettings(rounds=60, min_leaf=20, threads=1)).forest
    return judge(drawn_material, log, model, lists)


def check_of(found):
    return [one for one in found if one.name == DRAWN]


def test_what_the_model_puts_first_is_taken_up_more_often_than_what_is_popular(report, drawn_material):
    said = report.drawn[report.ranker]
    assert said.gain.low > 0
    assert said.says == "passed"
    (check,) = check_of(checks(report, None, drawn_material))
    assert check.passed
    assert check.challenger > check.other
    document = report.to_document()["drawn"]
    assert document["draws"] > document["people"] > 100
    assert set(document["orders"][report.ranker]["values"]) == {"ips", "snips", "dr"}


def test_an_order_that_loses_to_popularity_is_refused(report, drawn_material):
    rows = report.rows
    backward = replace(rows, told_scores={**rows.told_scores, report.ranker: -rows.told_scores[report.ranker]})
    bad = replace(report, rows=backward, drawn=drawn_values(backward))
    (check,) = check_of(checks(bad, None, drawn_material))
    assert (check.says, check.passed) == ("failed", False)
    (check,) = check_of(checks(bad, report, drawn_material))
    assert not check.passed


def test_of_few_draws_nothing_is_told_and_nothing_refused(report, drawn_material):
    rows = report.rows
    few = replace(rows.drawn, rows=rows.drawn.rows[:80], stood=rows.drawn.stood[:80])
    backward = {**rows.told_scores, report.ranker: -rows.told_scores[report.ranker]}
    some = replace(rows, drawn=few, told_scores=backward)
    unsure = replace(report, rows=some, drawn=drawn_values(some))
    (check,) = check_of(checks(unsure, None, drawn_material))
    assert (check.says, check.passed) == ("cannot_tell", True)
    assert "cannot tell" in str(check)
    assert unsure.to_document()["drawn"]["orders"][report.ranker]["values"] == {}


def test_where_nothing_was_drawn_the_gate_asks_nothing_of_it(report, drawn_material):
    nowhere = replace(report.rows.drawn, rows=report.rows.drawn.rows[:0], stood=report.rows.drawn.stood[:0])
    rows = replace(report.rows, drawn=nowhere)
    plain = replace(report, rows=rows, drawn=drawn_values(rows))
    assert check_of(checks(plain, None, drawn_material)) == []
    assert plain.to_document()["drawn"] == {"draws": 0, "people": 0, "orders": {}}


def test_the_values_hold_the_truth_of_the_world(report, lives):
    """How likely somebody of the toy world takes up each programme in each place is known."""
    rows, drawn = report.rows, report.rows.drawn
    people, at, programme = rows.told.people.people, rows.told.at, rows.told.examples.programme
    place = rows.told.examples.position[drawn.rows[np.arange(len(drawn)), drawn.stood]]

    def wanted(row, position):
        return 0.0 if row < 0 else _likes(lives[1][people[at[row]]], int(programme[row]), -0.4 * (position - 1))

    wants = np.array([[wanted(row, one) for row in among] for among, one in zip(drawn.rows, place, strict=True)])
    mean = float((drawn.policy(rows.told_scores[report.ranker]) * wants).sum(axis=1).mean())
    found = report.drawn[report.ranker].value
    assert found.low <= mean <= found.high
