"""The main path on a small world whose taste is obvious by construction."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from features.log.history import history_of
from features.problem import Rejected
from privacy.gate import Admission, Gate
from privacy.spend import Spend
from recommender.ranking.forest import Forest
from tests.privacy.fixed_rows import FixedRows
from training.artefact import write
from training.data.examples import LearningLog
from training.data.label_form import LabelForm
from training.data.material import candidates, hidden, learning_showings, with_truth
from training.evaluation.judgement import Withholding, evaluate
from training.rankers.forest_ranker import WAYS, ForestSettings, learn
from training.runs.exact_run import price, train
from training.runs.private_run import lists_of

pytestmark = pytest.mark.slow

QUICK = ForestSettings(rounds=40, min_leaf=20, learning_rate=0.1, threads=1)


@pytest.fixture(scope="module")
def taught(material):
    return train(material, QUICK)


@pytest.fixture(scope="module")
def log(material):
    return material.gate.rows.open(Admission())


def test_the_ranker_finds_the_taste_that_popularity_cannot_see(taught):
    means = taught.report.means
    assert set(means) == {"popularity", "views", "logistic", "lightgbm", "reachable"}
    assert means["lightgbm"] > 0.97 * means["reachable"]
    assert taught.report.gap_closed > 0.8


def test_probabilities_are_calibrated_on_people_it_never_saw(taught):
    assert taught.report.observed.reliability.error < 0.06
    assert taught.report.observed.log_loss < 0.9 * taught.report.observed.base_log_loss


def test_a_fit_without_noise_costs_infinity_and_says_so(taught, material):
    assert taught.provenance.spend == Spend.infinite()
    assert price(material, QUICK).spend == Spend.infinite()
    assert json.loads(taught.files("r", "now")["manifest.json"])["spend"] == {"epsilon": "infinity", "delta": "0"}


def test_private_rows_are_not_learned_from(private_material):
    for attempt in (train, price):
        with pytest.raises(Rejected, match="proffer synth"):
            attempt(private_material, QUICK)


def test_exact_metrics_of_private_rows_are_refused_too(private_material, taught):
    with pytest.raises(Rejected, match="evaluation on private rows"):
        evaluate(private_material, taught.result.fit.forest, Withholding(0, QUICK))


def test_the_artefact_scores_as_what_was_learned(taught, material, log, tmp_path):
    files = taught.files("run1", "2026-11-01T00:00:00+00:00")
    write(tmp_path / "models" / "run1", files)
    read = {path.name: path.read_bytes() for path in (tmp_path / "models" / "run1").iterdir()}
    forest = Forest.from_files(read, material.declaration.hash)
    found = candidates(material, log)
    attributes = forest.attributes(material.catalogue, material.declaration)
    scores = [one.score(found.people, attributes, found.pairs).score for one in (forest, taught.result.fit.forest)]
    assert np.array_equal(*scores)
    assert ForestSettings(**forest.manifest["settings"]) == QUICK


def test_an_artefact_is_written_whole_or_not_at_all(taught, tmp_path):
    files = dict(taught.files("run1", "now"))
    files["no/such/folder"] = b""
    with pytest.raises(OSError, match="no/such"):
        write(tmp_path / "models" / "run1", files)
    assert list((tmp_path / "models").iterdir()) == []


def test_nobody_who_is_held_out_is_learned_from(material, log):
    lists = learning_showings(material, log, 10**6, 0)
    away = hidden(material, log)
    assert away.any()
    assert not away[lists.examples.person].any()
    told = candidates(material, log).people.people
    assert {log.history.people[at] for at in np.flatnonzero(away)} == set(told)


def test_features_are_those_of_the_moment_before_the_showing(material, log):
    lists = learning_showings(material, log, 10**6, 0)
    first = np.unique(lists.examples.person, return_index=True)[1]
    assert (lists.people.column("shown_90d")[lists.at[first]] == 0).all()
    assert np.array_equal(lists.people.t[lists.at], lists.examples.t)


def test_where_nobody_knows_the_truth_only_answers_are_judged(material, taught):
    report = evaluate(replace(material, truth=None), taught.result.fit.forest, Withholding(1, QUICK))
    assert report.means == {}
    assert report.cold_starts == ()
    assert report.observed.log_loss > 0


def test_a_programme_withheld_from_training_is_ranked_all_the_same(material, taught):
    report = evaluate(material, taught.result.fit.forest, Withholding(2, replace(QUICK, rounds=20)))
    assert len(report.cold_starts) == 2
    assert all(tried.kept > 0.75 for tried in report.cold_starts)
    assert report.groups
    assert {group["group"] for group in report.groups} >= {"reached online"}


def test_a_withheld_programme_leaves_no_trace_in_what_is_learned(material, log):
    lists = learning_showings(material, log, 10**6, 0)
    lesson = learn(lists, material.catalogue, replace(QUICK, rounds=5), withheld=(3,))
    assert material.codes[3] not in lesson.forest.scale.effects.codes
    assert lesson.metrics["rows"] == (lists.examples.programme != 3).sum()


def test_every_objective_is_tried_and_the_better_kept(material):
    heard = []
    taught = train(material, replace(QUICK, rounds=10), compare=True, progress=heard.append)
    figures = {way: taught.result.fit.metrics[f"later_ndcg@5_{way}"] for way in WAYS}
    assert taught.result.chosen.objective == max(figures, key=figures.get) == "pointwise"
    grown = "growing trees, round 10 of at most 10 (fewer where more do not help)"
    steps = ["telling attention from want", "choosing how fast the past fades", grown]
    assert heard[:2] == ["reading what people were shown", "comparing ways to learn"]
    assert heard[heard.index("growing trees") + 1 : -1] == [*steps, steps[-1]]
    assert heard[-1] == "judging held-out people"


def test_popularity_is_a_forest_without_trees_that_scores_by_what_was_taken_up(material, log):
    lists = learning_showings(material, log, 10**6, 0)
    noise = np.random.default_rng(5).permutation(len(lists))
    told = replace(lists.examples, label=lists.examples.label[noise])
    popular = learn(replace(lists, examples=told), material.catalogue, replace(QUICK, objective="popularity"))
    assert popular.forest.trees.leaf.size == 0
    found = candidates(material, log)
    attributes = popular.forest.attributes(material.catalogue, material.declaration)
    scores = popular.forest.score(found.people, attributes, found.pairs)
    taken = np.bincount(told.programme, told.label, len(material.codes))[found.pairs.programme]
    assert np.array_equal(np.unique(taken, return_inverse=True)[1], np.unique(scores.score, return_inverse=True)[1])


def test_the_truth_is_told_of_candidates_only(material, log):
    some, truth = with_truth(material, candidates(material, log))
    assert len(some.pairs) == truth.probability.size
    names = [some.people.people[at] for at in some.pairs.person]
    table = dict(zip(zip(material.truth.person, material.truth.programme, strict=True), material.truth.probability,
                     strict=True))  # fmt: skip
    ids = [material.catalogue.programmes[at].id for at in some.pairs.programme]
    assert truth.probability.tolist() == [table[pair] for pair in zip(names, ids, strict=True)]


def test_a_log_that_does_not_say_what_was_shown_teaches_who_applies_for_what(material, lives):
    events = [one for one in lives[0] if one.type != "benefit.shown"]
    log = LearningLog.of(history_of(events, material.declaration))
    gate = Gate(FixedRows(lambda _: log, len(events)), material.gate.provenance)
    silent = replace(material, gate=gate)
    with pytest.raises(Rejected, match="shown anything"):
        train(silent, QUICK)
    silent = replace(silent, labels=LabelForm("granted", ("benefit.applied",), None))
    means = train(silent, QUICK).report.means
    assert means["popularity"] < means["lightgbm"] < means["reachable"]
    lists = lists_of(silent, log, held_out=False)
    assert lists.units > 100
    assert np.unique(lists.unit, return_counts=True)[1].max() == 8
