"""The model registry: the folder and the champion file are the truth, MLflow a mirror."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from composition.model_registry import ModelRegistry, read_artefact
from composition.workspace import Workspace
from features.problem import Rejected
from privacy.data_provenance import DataKind
from privacy.spend import Spend
from training.artefact import Learned
from training.runs.training_run import RunProvenance, TrainingRun


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def put_model(home, name="m1", files=None):
    folder = home.folder(home.models / name)
    for file, content in (files or {"model.txt": b"trees"}).items():
        (folder / file).write_bytes(content)
    (folder / "manifest.json").write_text(json.dumps({"files": dict.fromkeys(files or {"model.txt": b""}, "sha")}))
    return folder


def test_a_new_home_has_no_model(home):
    assert ModelRegistry(home).champion() is None
    assert ModelRegistry(home).names() == ()
    assert not home.path.exists()


def test_the_champion_is_what_was_promoted_last(home):
    put_model(home, "m1")
    second = put_model(home, "m2")
    ModelRegistry(home).promote("m1")
    ModelRegistry(home).promote("m2")
    assert ModelRegistry(home).champion() == second
    assert ModelRegistry(home).find(None) == second


def test_a_champion_is_rolled_back_one_after_another(home):
    first, second = put_model(home, "m1"), put_model(home, "m2")
    put_model(home, "m3")
    for name in ("m1", "m2", "m2", "m3"):
        ModelRegistry(home).promote(name)
    assert ModelRegistry(home).roll_back() == second
    assert ModelRegistry(home).champion() == second
    assert ModelRegistry(home).roll_back() == first
    with pytest.raises(Rejected, match="no champion was replaced"):
        ModelRegistry(home).roll_back()
    assert ModelRegistry(home).champion() == first


def test_a_challenger_is_who_was_refused_beside_this_champion_and_no_other(home):
    for name in ("m1", "m2", "m3"):
        put_model(home, name)
    registry = ModelRegistry(home)
    registry.promote("m1")
    registry.refuse("m1")
    assert registry.aliases() == {"champion": "m1"}
    registry.refuse("m2")
    assert registry.aliases() == {"champion": "m1", "challenger": "m2"}
    registry.promote("m3")
    assert registry.aliases() == {"champion": "m3"}
    registry.refuse("m1")
    registry.cast_shadow("m1")
    registry.roll_back()
    assert registry.aliases() == {"champion": "m1"}
    with pytest.raises(Rejected, match="has no model"):
        registry.refuse("m9")


def test_a_champion_before_that_is_gone_is_refused_and_the_champion_stays(home):
    put_model(home, "m1")
    second = put_model(home, "m2")
    ModelRegistry(home).promote("m1")
    ModelRegistry(home).promote("m2")
    (home.models / "m1" / "manifest.json").unlink()
    with pytest.raises(Rejected, match="is not there any more: m1"):
        ModelRegistry(home).roll_back()
    assert ModelRegistry(home).champion() == second


def test_a_model_is_chosen_by_path_or_by_name_or_not_at_all(home):
    folder = put_model(home)
    assert ModelRegistry(home).find(str(folder)) == folder
    assert ModelRegistry(home).find("m1") == folder
    assert ModelRegistry(home).find("none") is None


def test_a_model_that_is_not_there_is_refused(home):
    put_model(home)
    with pytest.raises(Rejected, match="there is no model"):
        ModelRegistry(home).find("m9")
    with pytest.raises(Rejected, match="Choose one of: m1"):
        ModelRegistry(home).promote("m9")
    with pytest.raises(Rejected, match="has no model"):
        ModelRegistry(home).promote("../m1")


def test_a_champion_whose_folder_went_is_refused(home):
    put_model(home)
    ModelRegistry(home).promote("m1")
    (home.models / "m1" / "manifest.json").unlink()
    with pytest.raises(Rejected, match="names a model that is not there"):
        ModelRegistry(home).champion()


def test_an_artefact_is_its_manifest_and_the_files_it_lists(home):
    folder = put_model(home, files={"model.txt": b"trees", "bins.npz": b"bins"})
    (folder / "stray.txt").write_bytes(b"not listed")
    assert set(read_artefact(folder)) == {"manifest.json", "model.txt", "bins.npz"}


@pytest.mark.parametrize("name", ["../champion", "/etc/passwd", "missing.npz", ""])
def test_a_manifest_cannot_reach_outside_its_folder(home, name):
    folder = put_model(home)
    (folder / "manifest.json").write_text(json.dumps({"files": {name: "sha"}}))
    with pytest.raises(Rejected, match="not a file of this folder"):
        read_artefact(folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}'])
def test_a_broken_manifest_is_refused(home, text):
    folder = put_model(home)
    (folder / "manifest.json").write_text(text)
    with pytest.raises(Rejected, match="is not a manifest"):
        read_artefact(folder)


class Leaky:
    """What was learned from private rows, with a metric that was measured on them without noise."""

    def learned(self):
        return Learned("bilinear", 1, {}, "features", "catalogue")

    def settings(self):
        return {}

    def params(self):
        return {"unit": "household"}

    def metrics(self):
        return {"ndcg@5": 0.9}

    def extras(self, _params):
        return {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # MLflow and what it stands on warn about their own future
def test_a_run_on_private_rows_tracks_no_exact_metric_and_leaves_no_model(home):
    run = TrainingRun(Leaky(), RunProvenance(DataKind.PRIVATE, Spend(Decimal(1))), None)
    with pytest.raises(Rejected, match="allow-list"):
        ModelRegistry(home).keep(run, "private", print)
    assert ModelRegistry(home).names() == ()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_models_are_found_without_mlflow(home):
    run = TrainingRun(Leaky(), RunProvenance(DataKind.SYNTHETIC, Spend(Decimal(1))), None)
    folder = ModelRegistry(home).keep(run, "private", print)
    (home.path / "mlflow.db").unlink()
    assert ModelRegistry(home).names() == (folder.name,)
    ModelRegistry(home).promote(folder.name)
    assert ModelRegistry(home).champion() == folder


class Sound(Leaky):
    """What was learned and paid for."""

    def metrics(self):
        return {}


PAID = TrainingRun(Sound(), RunProvenance(DataKind.PRIVATE, Spend(Decimal(1))), None)


def a_full_database(monkeypatch):
    import sqlite3

    from mlflow import MlflowClient
    from sqlalchemy.exc import OperationalError

    def full(*_, **__):
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(MlflowClient, "create_run", full)


def a_disk_that_is_full_when_files_are_copied(monkeypatch):
    from mlflow import MlflowClient

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MlflowClient, "log_artifact", full)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("broken", [a_full_database, a_disk_that_is_full_when_files_are_copied])
def test_a_model_that_was_paid_for_is_kept_where_mlflow_takes_no_copy(home, monkeypatch, broken):
    broken(monkeypatch)
    told: list[str] = []
    folder = ModelRegistry(home).keep(PAID, "private", told.append)
    assert ModelRegistry(home).names() == (folder.name,)
    assert sorted(read_artefact(folder)) == ["manifest.json", "report.json"]
    assert ["mlflow.db: could not be written" in one for one in told] == [True]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_an_exact_metric_leaves_no_model_either_where_mlflow_takes_no_copy(home, monkeypatch):
    a_full_database(monkeypatch)
    with pytest.raises(Rejected, match="allow-list"):
        ModelRegistry(home).keep(replace(PAID, result=Leaky()), "private", print)
    assert ModelRegistry(home).names() == ()


def test_a_shadow_is_another_than_the_champion_and_is_gone_when_it_takes_over(home):
    first, second = put_model(home, "m1"), put_model(home, "m2")
    registry = ModelRegistry(home)
    assert registry.shadow() is None
    registry.promote("m1")
    with pytest.raises(Rejected, match="is the champion"):
        registry.cast_shadow("m1")
    with pytest.raises(Rejected, match="has no model 'm9'"):
        registry.cast_shadow("m9")
    registry.cast_shadow("m2")
    assert (registry.shadow(), registry.champion()) == (second, first)
    registry.promote("m2")
    assert (registry.shadow(), registry.champion()) == (None, second)
