"""An artefact is read only if it is what its manifest says, and scores only who was computed with its features."""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from composition.reading import read_declaration
from features.problem import Rejected
from features.snapshot import from_facts
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.design import DesignMatrix
from recommender.ranking.forest import FORMAT, KIND, Forest
from recommender.ranking.item_effect import ItemEffects, PublicPrior, Scale
from recommender.ranking.scorer import Pairs, Scorer
from recommender.rules.catalogue import catalogue

DECLARATION = read_declaration()
T = DECLARATION.zone.end_of_day(datetime.date(2026, 6, 30))
CATALOGUE = catalogue(
    [
        (
            name,
            {
                "id": f"toy.{name}", "title": {"ko": f"지원 {name}"}, "category": category, "form": "cash",
                "provider": {"id": "toy", "name": {"ko": "청"}, "level": "national"}, "delivery": "offer",
                "who": {"fact": "age", "at_least": 10 * at}, "value": {"amount": 1000 * at}, "documents": [],
                "window": {"kind": "open_ended"}, "effort_minutes": 5, "valid": {}, "verified": True,
                "source": {"url": "https://e.org"},
            },
        )
        for at, (name, category) in enumerate([("a", "health"), ("b", "health"), ("c", "youth"), ("d", "youth")])
    ],
    DECLARATION,
)  # fmt: skip
VOCABULARY = Vocabulary.fit(CATALOGUE, DECLARATION, 2, np.random.default_rng(0))
ATTRIBUTES = VOCABULARY.attributes(CATALOGUE, DECLARATION)
PEOPLE = from_facts(DECLARATION, {"birth_date": "1960-01-01", "income_percent": 80}, T)
PAIRS = Pairs(np.zeros(4, np.int64), np.arange(4))
DESIGN = PublicPrior.fit(ATTRIBUTES.values)
EFFECTS = ItemEffects(
    0.125, DESIGN, np.linspace(-0.1, 0.1, DESIGN.centre.size), 0.01 * np.eye(DESIGN.centre.size), 0.5,
    np.sort(ATTRIBUTES.codes[:2]), np.array([0.25, -0.25]),
)  # fmt: skip
SCALE = Scale(2.0, -0.5, EFFECTS)


def fitted():
    table = DesignMatrix.of(DECLARATION, VOCABULARY)
    rng = np.random.default_rng(0)
    rows = table.rows(PEOPLE, ATTRIBUTES, Pairs(np.zeros(400, np.int64), rng.integers(0, 4, 400)))
    label = (rows[:, table.names.index("programme.log_amount")] > 5).astype(float)
    data = lightgbm.Dataset(rows, label, feature_name=[f"f{at}" for at in range(rows.shape[1])])
    return lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}, data, 5)


BOOSTER = fitted()


def artefact(**changes):
    files = {
        "model.txt": BOOSTER.model_to_string().encode(),
        "scale.npz": SCALE.to_bytes(),
        "vocabulary.npz": VOCABULARY.to_bytes(),
        "attention.txt": b"",
    }
    manifest = {
        "format": FORMAT, "kind": KIND, "features_hash": DECLARATION.hash, "catalogue_hash": CATALOGUE.hash,
        "run_id": "r1", "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }  # fmt: skip
    return {**files, "manifest.json": json.dumps(manifest | changes).encode()}


def test_an_artefact_scores_what_its_booster_and_scale_say():
    forest: Scorer = Forest.from_files(artefact(), DECLARATION.hash)
    found = forest.score(PEOPLE, forest.attributes(CATALOGUE, DECLARATION), PAIRS)
    raw = BOOSTER.predict(DesignMatrix.of(DECLARATION, VOCABULARY).rows(PEOPLE, ATTRIBUTES, PAIRS), raw_score=True)
    mean, variance = EFFECTS.of(ATTRIBUTES)
    expected = (2 * (raw + mean) - 0.5) / np.sqrt(1 + np.pi / 8 * 4 * variance)
    assert found.score == pytest.approx(expected, abs=1e-12)
    assert np.allclose(found.probability, 1 / (1 + np.exp(-expected)))
    assert forest.catalogue_hash == CATALOGUE.hash


def test_pairs_in_any_number_of_blocks_score_the_same(monkeypatch):
    forest = Forest.from_files(artefact())
    whole = forest.score(PEOPLE, ATTRIBUTES, PAIRS)
    monkeypatch.setattr("recommender.ranking.forest._BLOCK", 3)
    assert np.array_equal(forest.score(PEOPLE, ATTRIBUTES, PAIRS).score, whole.score)


def test_no_pairs_have_no_scores():
    assert Forest.from_files(artefact()).score(PEOPLE, ATTRIBUTES, PAIRS[:0]).score.size == 0


def test_another_features_hash_is_refused_saying_both_and_what_to_do():
    with pytest.raises(Rejected, match=f"{DECLARATION.hash}, this declaration gives other.*Retrain or pass"):
        Forest.from_files(artefact(), "other")
    with pytest.raises(Rejected, match="this declaration gives other"):
        Forest.from_files(artefact()).score(replace(PEOPLE, features_hash="other"), ATTRIBUTES, PAIRS)


@pytest.mark.parametrize("name", ["model.txt", "scale.npz", "vocabulary.npz", "attention.txt"])
def test_a_file_that_was_altered_is_refused_before_it_is_read(name):
    with pytest.raises(Rejected, match=f"{name}: is not the file its manifest names"):
        Forest.from_files(artefact() | {name: b"altered"})


def test_every_missing_file_is_named_at_once():
    files = artefact()
    del files["model.txt"], files["scale.npz"]
    with pytest.raises(Rejected) as refusal:
        Forest.from_files(files)
    assert [problem.where for problem in refusal.value.problems] == ["model: model.txt", "model: scale.npz"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 99}, "format 99"),
        ({"kind": "oracle"}, "kind oracle"),
        ({"files": {}}, "not the manifest of a ranker"),
        ({"files": 3}, "not the manifest of a ranker"),
    ],
)
def test_a_manifest_of_something_else_is_refused(changes, said):
    with pytest.raises(Rejected, match=said):
        Forest.from_files(artefact(**changes))


@pytest.mark.parametrize("text", [b"{", b"[]", b"\xff"])
def test_a_manifest_that_is_none_is_refused(text):
    with pytest.raises(Rejected, match="not the manifest of a ranker"):
        Forest.from_files(artefact() | {"manifest.json": text})


def test_a_folder_without_manifest_is_refused():
    with pytest.raises(Rejected, match=r"manifest\.json is missing"):
        Forest.from_files({})


def test_a_scale_of_something_else_is_refused_though_its_checksum_holds():
    files = {**artefact(), "scale.npz": b"garbage"}
    manifest = json.loads(files["manifest.json"])
    manifest["files"]["scale.npz"] = hashlib.sha256(b"garbage").hexdigest()
    files["manifest.json"] = json.dumps(manifest).encode()
    with pytest.raises(Rejected, match="not what training writes"):
        Forest.from_files(files)


def test_nothing_pickled_is_ever_loaded():
    bad = artefact()
    import io

    out = io.BytesIO()
    np.savez(out, line=np.array([{"a": 1}], dtype=object), programmes=np.zeros(0), offsets=np.zeros(0))
    bad["scale.npz"] = out.getvalue()
    manifest = json.loads(bad["manifest.json"])
    manifest["files"]["scale.npz"] = hashlib.sha256(out.getvalue()).hexdigest()
    bad["manifest.json"] = json.dumps(manifest).encode()
    with pytest.raises(Rejected, match="not what training writes"):
        Forest.from_files(bad)
