"""Model aliases: the home's files are the truth, MLflow's registry a mirror, and where it differs that is said."""

from __future__ import annotations

import json
import shutil
import time

import pytest

from composition.model_aliases import AliasDifference, ModelAliases, compared, mirrored
from composition.model_registry import ModelRegistry
from composition.workspace import Workspace
from tests.composition.test_model_registry import a_disk_that_is_full_when_files_are_copied, put_model
from tests.training.test_tracking import pytestmark as of_mlflow
from training.tracking import Store, aliases, tracked


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """A database of MLflow with its tables and nothing else, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("database")
    assert aliases(Store(f"sqlite:///{folder / 'mlflow.db'}", folder / "mlflow")) == {}
    return folder / "mlflow.db"


@pytest.fixture
def home(tmp_path):
    made = Workspace(tmp_path / "home").begin()
    for name in ("m1", "m2", "m3"):
        put_model(made, name)
    return made


@pytest.fixture
def tracking(database, home):
    """The home, with a database of MLflow."""
    shutil.copy(database, home.path / "mlflow.db")
    return home


def client(home):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=home.mlflow_uri)


def named(home):
    """The models by the aliases of MLflow, read past the code that is tested."""
    (model,) = client(home).search_registered_models()
    return {
        alias: client(home).get_model_version("proffer", str(n)).tags["model"] for alias, n in model.aliases.items()
    }


def copied(home):
    return sorted(path.name for path in home.mlflow_files.rglob("*") if path.is_file())


def test_a_home_and_an_mlflow_without_aliases_agree_and_nothing_is_made(home):
    assert compared(home).to_document() == {"agrees": True, "differs": [], "overwritten": [], "problems": []}
    assert compared(home).lines() == []
    assert not home.mlflow_files.exists()


def test_a_home_whose_mlflow_was_deleted_differs_from_it(home):
    ModelRegistry(home).promote("m1")
    assert compared(home).differs == (AliasDifference("champion", "m1", None),)
    (line,) = compared(home).lines()
    assert "champion is m1 in this home and nobody in MLflow; serving reads the home; `proffer" in line


def test_what_cannot_be_read_neither_agrees_nor_differs():
    unread = ModelAliases({"champion": "m1"}, None)
    assert (unread.to_document()["agrees"], unread.differs) == (None, ())


class TestOverMlflow:
    """The mirror in MLflow's own database, through its own client."""

    pytestmark = of_mlflow

    def test_every_alias_is_mirrored_with_the_files_of_its_model_and_no_other(self, tracking):
        (tracking.models / "m1" / "events.parquet").write_bytes(b"people")
        registry = ModelRegistry(tracking)
        registry.promote("m1")
        registry.refuse("m2")
        registry.cast_shadow("m3")
        assert mirrored(tracking, compared(tracking)).to_document()["agrees"] is True
        assert named(tracking) == {"champion": "m1", "challenger": "m2", "shadow": "m3"}
        assert copied(tracking) == ["manifest.json"] * 3 + ["model.txt"] * 3
        registry.promote("m3")
        assert mirrored(tracking, compared(tracking)).differs == ()
        assert named(tracking) == {"champion": "m3"}
        assert len(client(tracking).search_model_versions("name = 'proffer'")) == 3

    def test_a_version_is_of_the_run_that_learned_the_model(self, tracking):
        with tracked(Store(tracking.mlflow_uri, tracking.mlflow_files), "lightgbm") as run:
            run.file(put_model(tracking, run.id) / "model.txt")
        (half,) = tracking.mlflow_files.rglob("model.txt")
        half.write_bytes(b"tr")  # as a disk that became full leaves it
        ModelRegistry(tracking).promote(run.id)
        mirrored(tracking, compared(tracking))
        (version,) = client(tracking).search_model_versions("name = 'proffer'")
        assert (version.run_id, version.tags) == (run.id, {"model": run.id})
        assert half.read_bytes() == b"trees"
        assert copied(tracking) == ["manifest.json", "model.txt"]

    def test_what_another_hand_wrote_into_mlflow_is_said_and_written_over(self, tracking):
        registry = ModelRegistry(tracking)
        registry.promote("m1")
        mirrored(tracking, compared(tracking))
        client(tracking).create_model_version("proffer", "elsewhere")
        client(tracking).set_registered_model_alias("proffer", "champion", "2")
        client(tracking).set_registered_model_alias("proffer", "favourite", "2")
        strange = AliasDifference("champion", "m1", "version 2")
        before = compared(tracking)
        assert (before.differs, before.problems) == ((strange,), ())
        registry.promote("m2")
        now = mirrored(tracking, before)
        assert (now.differs, now.overwritten) == ((), (strange,))
        assert now.lines() == [f"note: before this, {strange}; written over"]
        assert client(tracking).get_registered_model("proffer").aliases == {"champion": 3, "favourite": 2}

    def test_a_full_disk_undoes_no_promotion_and_the_next_mirror_copies_what_is_lacking(self, tracking, monkeypatch):
        ModelRegistry(tracking).promote("m1")
        with monkeypatch.context() as patch:
            a_disk_that_is_full_when_files_are_copied(patch)
            now = mirrored(tracking, compared(tracking))
        assert [one.what for one in now.problems] == ["could not be written ([Errno 28] No space left on device)"]
        assert now.differs == (AliasDifference("champion", "m1", None),)
        assert ModelRegistry(tracking).aliases() == {"champion": "m1"}
        assert mirrored(tracking, compared(tracking)).to_document()["agrees"] is True
        assert copied(tracking) == ["manifest.json", "model.txt"]

    @pytest.mark.parametrize("content", [b"", b"no database"], ids=["empty", "garbage"])
    def test_a_broken_database_of_mlflow_undoes_no_promotion(self, home, content):
        (home.path / "mlflow.db").write_bytes(content)
        before = compared(home)
        ModelRegistry(home).promote("m1")
        now = mirrored(home, before)
        assert ModelRegistry(home).aliases() == {"champion": "m1"}
        assert (now.to_document()["agrees"], len(now.problems)) in ((None, 1), (True, 0))
        assert (content == b"") == (now.problems == ())

    def test_a_database_that_cannot_be_opened_is_not_waited_for(self, home, monkeypatch):
        def waited(_):
            raise AssertionError("MLflow waits, and tries ten times")

        monkeypatch.setattr(time, "sleep", waited)
        (home.path / "mlflow.db").mkdir()
        before = compared(home)
        ModelRegistry(home).promote("m1")
        (problem,) = mirrored(home, before).problems
        assert problem.what == "could not be written (unable to open database file)"
        assert ModelRegistry(home).aliases() == {"champion": "m1"}

    def test_without_mlflow_installed_it_is_said_what_to_install(self, home, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
        ModelRegistry(home).promote("m1")
        now = mirrored(home, compared(home))
        assert [(one.code, one.remedy) for one in now.problems] == [
            ("unavailable", "Install what tracks: pip install '.[train]'")
        ]

    def test_a_file_that_may_not_leave_is_refused_and_nothing_of_it_is_written(self, tracking):
        files = {"model.txt": b"trees", "people.csv": b"people"}
        put_model(tracking, "m9", files)
        assert json.loads((tracking.models / "m9" / "manifest.json").read_text())["files"].keys() == files.keys()
        ModelRegistry(tracking).promote("m9")
        now = mirrored(tracking, compared(tracking))
        assert [one.path for one in now.problems] == [("file people.csv",)]
        assert client(tracking).search_registered_models() == []
        assert not any(tracking.mlflow_files.rglob("*.*"))
