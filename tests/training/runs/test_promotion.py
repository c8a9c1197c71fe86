"""Promotion by exact figures: a better model passes, a backward one fails, and a copy shows nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recommender.rules.people_group import parse_groups
from training.data.material import learning_showings
from training.evaluation.judgement import judge
from training.rankers.forest_ranker import ForestSettings, learn
from training.runs.promotion import Check, checks, far_fewer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def grouped(material):
    document = {
        "groups": {
            "old": {"who": {"fact": "age", "at_least": 50}},
            "poor": {"who": {"fact": "income_percent", "at_most": 32}},
        }
    }
    return replace(material, groups=parse_groups(document, ("groups.yaml",), material.declaration))


@pytest.fixture(scope="module")
def reports(grouped):
    """A model that has learned, one that has hardly, and the same that says the contrary."""
    log = grouped.gate.rows.open(None)
    lists = learning_showings(grouped, log, 10**9, 0)

    def told(rounds):
        model = learn(lists, grouped.catalogue, ForestSettings(rounds=rounds, min_leaf=20, threads=1)).forest
        return judge(grouped, log, model, lists)

    good = told(60)
    worse = {name: -score for name, score in good.rows.scores.items()}
    chances = {name: 1 - chance for name, chance in good.rows.predicted.items()}
    return good, replace(good, rows=replace(good.rows, scores=worse, predicted=chances))


def by_name(found):
    """The first check of each name: the champion's stand before those without a model."""
    return {check.name: check for check in reversed(found)}


def test_a_challenger_that_beats_a_bad_champion_must_beat_popularity_too(grouped, reports):
    good, bad = reports
    found = [check for check in checks(bad, bad, grouped) if check.against == "without a model"]
    assert [(check.name, check.passed) for check in found] == [("ndcg@5", False), ("held-out log-loss", True)]
    assert found[0].says == "failed"
    assert all(check.passed for check in checks(good, bad, grouped))


def test_a_challenger_that_learned_from_far_fewer_people_is_told_from_the_reports():
    few, many = {"held_out": {"people": 400}}, {"held_out": {"people": 4000}}
    (check,) = far_fewer(few, many)
    assert str(check) == "FAILED people held out when it learned: challenger 400, half the champion's 2000"
    assert far_fewer(many, few)[0].passed
    assert far_fewer({"held_out": {"people": 2000}}, many)[0].passed
    assert far_fewer({}, many) == ()


def test_the_first_model_is_compared_with_popularity_and_the_mean(grouped, reports):
    found = by_name(checks(reports[0], None, grouped))
    assert all(check.passed for check in found.values())
    assert found["ndcg@5"].against == "without a model"
    assert found["ndcg@5"].challenger > found["ndcg@5"].other
    assert set(found) == {"ndcg@5", "ndcg@5 of old", "ndcg@5 of poor", "held-out log-loss", "calibration"}


def test_a_copy_of_the_champion_cannot_be_told_from_it_and_is_not_promoted(grouped, reports):
    found = by_name(checks(reports[0], reports[0], grouped))
    assert (found["ndcg@5"].says, found["ndcg@5"].passed) == ("cannot_tell", False)
    assert found["held-out log-loss"].passed


def test_a_challenger_that_is_worse_fails_at_every_figure_and_says_so(grouped, reports):
    found = by_name(checks(reports[1], reports[0], grouped))
    assert [found[name].says for name in ("ndcg@5", "held-out log-loss", "calibration")] == ["failed"] * 3
    assert found["ndcg@5 of poor"].to_document()["says"] == "cannot_tell"  # of so few nothing is told
    assert (found["ndcg@5 of poor"].challenger, found["ndcg@5 of poor"].error) == (0.0, None)
    assert "FAILED ndcg@5" in "\n".join(map(str, found.values()))
    assert by_name(checks(reports[0], reports[1], grouped))["ndcg@5"].says == "passed"


def test_what_the_gate_cannot_tell_refuses_only_where_it_is_needed():
    figures = "x", 0.5, "champion", 0.4, True, 0.2, "cannot_tell"
    assert not Check(*figures).passed
    assert Check(*figures, needed=False).passed
