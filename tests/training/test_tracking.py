"""Runs are tracked on an embedded database: what they were told, allowed figures, our own files, nothing else."""

from __future__ import annotations

import pytest

from features.problem import Rejected
from training.tracking import Store, tracked

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow and what it stands on warn about their own future


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
        run.settings({"leaves": 31})
        run.metrics({"ndcg@5": 0.9, "gap_closed": float("nan")})
        run.file(tmp_path / "model.txt")
    kept = client(store).get_run(run.id)
    assert kept.info.status == "FINISHED"
    assert kept.data.params == {"leaves": "31"}
    assert kept.data.metrics == {"ndcg_at_5": 0.9}
    assert [one.path for one in client(store).list_artifacts(run.id)] == ["model.txt"]
    assert [path.name for path in store.files.rglob("*") if path.is_file()] == ["model.txt"]
    assert capfd.readouterr() == ("", "")


def test_a_figure_that_is_not_on_the_list_is_refused_and_nothing_is_kept(store):
    with pytest.raises(Rejected, match=r"income of c1.*allow-list"), tracked(store, "two") as run:
        run.metrics({"ndcg@5": 0.9, "income of c1": 1.0})
    kept = client(store).get_run(run.id)
    assert kept.data.metrics == {}
    assert kept.info.status == "FAILED"
