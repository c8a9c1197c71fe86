"""`train --ranker private --learner network` as somebody would script it: paid for, verified and scored alike."""

from __future__ import annotations

import json
from decimal import Decimal

import pyarrow.parquet
import pytest

pytest.importorskip("torch", reason="torch is not installed (make setup-private)")

from proffer import cli
from tests.proffer.scripted import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("believed", "few_units"),
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]


@pytest.fixture(scope="module")
def trained(people, tmp_path_factory):
    home = tmp_path_factory.mktemp("network") / "home"
    words = ["train", "--ranker", "private", "--learner", "network", "--data", people, "--home", home, "--no-progress"]
    assert cli.main(list(map(str, words))) == 0
    return home


@pytest.fixture(scope="module")
def manifest(trained):
    (folder,) = (trained / "models").iterdir()
    return json.loads((folder / "manifest.json").read_text())


def test_the_manifest_says_what_learned_how_and_what_it_cost(manifest):
    assert manifest["kind"] == "network"
    assert manifest["settings"]["plan"]["learner"] == "network"
    assert Decimal(manifest["settings"]["plan"]["q"]) < 1
    assert Decimal("0.9") < Decimal(manifest["spend"]["epsilon"]) <= 1


def test_the_ledger_has_the_mechanism_and_an_auditor_verifies_it(trained, tmp_path, capsys):
    assert run(capsys, "privacy", "export", "--out", tmp_path / "b", "--home", trained)[0] == 0
    key = trained / "ledger" / "ledger.pub"
    assert run(capsys, "privacy", "verify", tmp_path / "b", "--key", key)[0] == 0
    assert '"mechanism":"poisson"' in (tmp_path / "b").read_text(encoding="utf-8")


def test_it_recommends_and_scores(trained, people, manifest, tmp_path, capsys):
    name, facts = manifest["run_id"], tmp_path / "f.json"
    facts.write_text(json.dumps({"birth_date": "1990-05-01", "sex": "female", "region": "11440"}))
    code, document = run(capsys, "recommend", "--facts", facts, "--model", name, "--home", trained, "-k", 3)
    assert code == 0
    assert document["model"]["kind"] == "network"
    words = ["score", "--events", people / "events.parquet", "--as-of", "2025-10-31", "--out", tmp_path / "o.parquet"]
    assert run(capsys, *words, "--model", name, "--home", trained)[0] == 0
    assert pyarrow.parquet.read_metadata(tmp_path / "o.parquet").num_rows > 500


def test_a_learner_is_for_private_training_only(people, tmp_path, capsys):
    words = ["train", "--learner", "network", "--data", people, "--home", tmp_path / "h"]
    code, document = run(capsys, *words)
    assert code == 2
    assert document["problems"][0]["where"] == "--learner"
