"""Tracking: what a run was, what it scored and which of our own files it left, in MLflow on an embedded database."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "proffer"

METRICS = (
    "rows", "people", "applied", "rounds", "validation_log_loss", "validation_ndcg@5", "residual_spread",
    "held_out_log_loss", "held_out_calibration_error", "ndcg@5", "ndcg@5_popularity", "ndcg@5_views",
    "ndcg@5_logistic", "ndcg@5_reachable", "gap_closed",
)  # fmt: skip
"""The only figures that are tracked: aggregates about a model. A figure about one person has no name here."""


@dataclass(frozen=True)
class Store:
    """Where runs are kept.

    Attributes:
        uri: an MLflow tracking URI; `sqlite:///...` is the embedded default.
        files: folder of the runs' own files.
    """

    uri: str
    files: Path


class Run:
    """One run under way: parameters, allowed metrics and files; nothing else leaves."""

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        """Write to the run called `run_id` through `client`."""
        self.id = run_id
        self._client = client

    def settings(self, values: Mapping[str, object]) -> None:
        """Keep what the run was told: names and plain values."""
        for name, value in values.items():
            self._client.log_param(self.id, name, str(value))

    def metrics(self, values: Mapping[str, float]) -> None:
        """Keep figures by name.

        Raises:
            Rejected: a name is not on the allow-list; nothing was kept.
        """
        strange = sorted(set(values) - set(METRICS))
        if strange:
            remedy = "Add it to training.tracking.METRICS if it is an aggregate that tells nothing of one person"
            raise Rejected(Problem(f"metric {name}", "is not on the allow-list", remedy) for name in strange)
        for name, value in values.items():
            if math.isfinite(value):
                self._client.log_metric(self.id, name.replace("@", "_at_"), float(value))

    def file(self, path: Path) -> None:
        """Keep a copy of one of our own files; a pickled model is never among them."""
        self._client.log_artifact(self.id, str(path))


@contextmanager
def tracked(store: Store, name: str) -> Iterator[Run]:
    """Open a run; it ends as finished, or as failed when the block raises."""
    client = _client(store)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    made = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT, store.files.as_uri())
    run = Run(client, client.create_run(made, run_name=name).info.run_id)
    try:
        yield run
    except BaseException:
        client.set_terminated(run.id, "FAILED")
        raise
    client.set_terminated(run.id, "FINISHED")


def _client(store: Store) -> MlflowClient:
    # MLflow reads these once, at import; otherwise it reports usage to its makers and talks on stderr.
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_LOGGING_LEVEL": "ERROR"})
    store.files.mkdir(parents=True, exist_ok=True)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn about its own future
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=store.uri)
