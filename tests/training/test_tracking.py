"""Runs are tracked on an embedded database: what they were told, allowed figures, our own files, nothing else."""

from __future__ import annotations

import pytest

from features.problem import Rejected
from training import tracking
from training.tracking import EXPERIMENT, RELEASED, REPORT, Store, aliases, keep_report, point, tracked

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    return Store(f"sqlite:///{home / 'mlflow.db'}", home / "mlflow")


def client(store):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=store.uri)


def test_a_run_keeps_settings_allowed_figures_and_files(store, tmp_path, capfd):
    (tmp_path / "model.txt").write_text("trees")
    with tracked(store, "one") as run:
        run.params({"leaves": 31})
        run.metrics({"ndcg@5": 0.9, "gap_closed": float("nan")})
        run.file(tmp_path / "model.txt")
    kept = client(store).get_run(run.id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"leaves": "31"}
    assert kept.data.metrics == {"ndcg_at_5": 0.9}
    assert [one.path for one in client(store).list_artifacts(run.id)] == ["model.txt"]
    assert [path.name for path in store.files.rglob("*") if path.is_file()] == ["model.txt"]
    assert capfd.readouterr() == ("", "")


def test_a_figure_of_each_round_is_kept_by_step(store):
    losses = [0.7 - at / 4000 for at in range(1200)]
    with tracked(store, "rounds") as run:
        run.steps({"validation_log_loss_by_round": [*losses, float("nan")]})
    kept = client(store).get_metric_history(run.id, "validation_log_loss_by_round")
    assert [(one.step, one.value) for one in sorted(kept, key=lambda one: one.step)] == list(enumerate(losses, 1))


def test_an_exact_figure_of_a_round_on_people_who_may_exist_is_refused(store):
    with pytest.raises(Rejected, match="allow-list"), tracked(store, "rounds of people", RELEASED) as run:
        run.steps({"validation_log_loss_by_round": [0.7]})
    assert client(store).get_run(run.id).data.metrics == {}


def test_a_report_is_kept_beside_the_artefact_in_the_run_of_its_model(store, tmp_path):
    (tmp_path / "report.json").write_text("of the artefact")
    with tracked(store, "judged") as run:
        run.file(tmp_path / "report.json")
    (tmp_path / "page").mkdir()
    left = [tmp_path / "page" / name for name in ("report.json", "ndcg.png", "index.html", "index.ko.html")]
    for path in left:
        path.write_text("of the evaluation")
    keep_report(store, run.id, left)
    keep_report(store, run.id, left)
    there = client(store).list_artifacts(run.id, REPORT)
    assert sorted(one.path for one in there) == sorted(f"{REPORT}/{path.name}" for path in left)
    texts = sorted(path.read_text() for path in store.files.glob(f"{run.id}/artifacts/**/report.json"))
    assert texts == ["of the artefact", "of the evaluation"]


def test_a_file_that_is_no_part_of_a_report_is_refused_and_nothing_is_kept(store, tmp_path):
    with tracked(store, "judged with more") as run:
        pass
    left = [tmp_path / name for name in ("report.json", "people.parquet", "index.ko.html.gz")]
    for path in left:
        path.write_text("people")
    with pytest.raises(Rejected, match=r"file (people|index)\..*allow-list"):
        keep_report(store, run.id, left)
    assert client(store).list_artifacts(run.id) == []


def test_a_figure_that_is_not_on_the_list_is_refused_and_nothing_is_kept(store):
    with pytest.raises(Rejected, match=r"income of c1.*allow-list"), tracked(store, "two") as run:
        run.metrics({"ndcg@5": 0.9, "income of c1": 1.0})
    kept = client(store).get_run(run.id)
    assert kept.data.metrics == {}
    assert kept.info.status == "FAILED"


@pytest.mark.parametrize("exact", ["ndcg@5", "held_out_log_loss", "rows", "people", "applied"])
def test_an_exact_figure_about_people_who_may_exist_is_refused(store, exact):
    with pytest.raises(Rejected, match="allow-list"), tracked(store, "three", RELEASED) as run:
        run.metrics({"noised_ndcg@5": 0.8, exact: 0.9})
    assert client(store).get_run(run.id).data.metrics == {}


def test_a_setting_or_a_file_that_is_not_on_the_list_is_refused(store, tmp_path):
    (tmp_path / "events.parquet").write_bytes(b"people")
    with tracked(store, "four") as run:
        with pytest.raises(Rejected, match=r"param exact_units.*allow-list"):
            run.params({"unit": "person", "exact_units": 4711})
        with pytest.raises(Rejected, match=r"file events\.parquet.*allow-list"):
            run.file(tmp_path / "events.parquet")
    kept = client(store).get_run(run.id)
    assert kept.data.params == {}
    assert client(store).list_artifacts(run.id) == []


class Recorder:
    """Stands where MLflow's client stands, and remembers everything it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        def call(*values, **named):
            self.told.append((name, values, named))
            return Found()

        return call


class Found:
    experiment_id = "1"

    class info:  # noqa: N801  # as MLflow calls it
        run_id = "run"


def test_nothing_reaches_mlflow_but_what_is_on_the_lists(store, tmp_path, monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(tracking, "_client", lambda _: recorder)
    (tmp_path / "manifest.json").write_text("{}")
    with tracked(store, "private", RELEASED) as run:
        run.params({"unit": "household", "units": 1000})
        run.metrics({"noised_ndcg@5": 0.8})
        run.file(tmp_path / "manifest.json")
    assert recorder.told == [
        ("get_experiment_by_name", (EXPERIMENT,), {}),
        ("create_run", ("1",), {"run_name": "private"}),
        ("log_param", ("run", "unit", "household"), {}),
        ("log_param", ("run", "units", "1000"), {}),
        ("log_metric", ("run", "noised_ndcg_at_5", 0.8), {}),
        ("log_artifact", ("run", str(tmp_path / "manifest.json")), {}),
        ("set_terminated", ("run", "FINISHED"), {}),
    ]


def test_the_names_of_released_figures_are_those_that_are_released():
    from training.evaluation.release import NAMES

    assert set(RELEASED) == set(NAMES)


def test_an_alias_that_is_not_on_the_list_is_refused_and_nothing_is_registered(store, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(Rejected, match=r"alias favourite.*allow-list"):
        point(store, {"favourite": ("m1", [tmp_path / "manifest.json"])})
    assert client(store).search_registered_models() == []


def test_nothing_of_a_registered_version_is_written_but_its_run_and_its_name(store, tmp_path):
    (tmp_path / "manifest.json").write_text("{}")
    point(store, {"champion": ("m1", [tmp_path / "manifest.json"])})
    (version,) = client(store).search_model_versions(f"name = '{EXPERIMENT}'")
    run = client(store).get_run(version.run_id)
    assert (version.tags, version.description, version.source) == ({"model": "m1"}, None, run.info.artifact_uri)
    assert (run.data.params, run.data.metrics, run.info.status) == ({}, {}, "FINISHED")
    assert aliases(store) == {"champion": "m1"}
    point(store, {})
    assert aliases(store) == {}
