"""Tracking: what a run was, what it scored and which of our own files it left, in MLflow on an embedded database."""

from __future__ import annotations

import logging
import math
import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "proffer"

METRICS = (
    "rows", "people", "applied", "rounds", "validation_log_loss", "validation_ndcg@5", "own_share", "residual_spread",
    "half_life_days", "looked_at", "later_ndcg@5_popularity", "later_ndcg@5_pointwise", "later_ndcg@5_lambdarank",
    "held_out_log_loss", "held_out_calibration_error", "ndcg@5", "ndcg@5_popularity", "ndcg@5_views",
    "ndcg@5_logistic", "ndcg@5_lightgbm", "ndcg@5_lightgbm_each", "ndcg@5_lightgbm_classes", "ndcg@5_teacher",
    "ndcg@5_reachable", "gap_closed",
)  # fmt: skip
"""The only metrics that are tracked: aggregates about a model. A figure about one person has no name here."""

RELEASED = ("noised_held_out_log_loss", "noised_ndcg@5")
"""The only metrics that are tracked where the people may exist: each was released with noise, at a price."""

PARAMS = (
    "objective", "rounds", "patience", "leaves", "learning_rate", "min_leaf", "column_share", "l2", "directions",
    "own_most", "validate_every", "most_rows", "seed", "threads", "data_kind", "spend_epsilon", "spend_delta",
    "population", "unit", "relation", "purpose", "basis", "units", "units_are", "teacher",
)  # fmt: skip
"""The only params that are tracked: how a run was made. A count that is not noised has no name here."""

FILES = (
    "manifest.json", "report.json", "model.txt", "scale.npz", "vocabulary.npz", "attention.txt", "bilinear.npz",
)  # fmt: skip
"""The only files that are tracked: those of an artefact."""


@dataclass(frozen=True)
class Store:
    """Where runs are kept.

    Attributes:
        uri: an MLflow tracking URI; `sqlite:///...` is the embedded default.
        files: folder of the runs' own files.
    """

    uri: str
    files: Path


_STORES = ("mlflow", "sqlalchemy")
"""Whose failures are the store's; their classes are not imported, because MLflow reads its settings as it is."""


class NotTracked(Rejected):
    """MLflow's store took nothing, or not all: it is full, or may not be written."""


@contextmanager
def _storing(uri: str) -> Iterator[None]:
    """Tell as data what MLflow, and what it stands on, says of a store that takes nothing; they are known by name.

    Raises:
        NotTracked: it was not stored.
    """
    try:
        yield
    except Exception as failure:
        if not isinstance(failure, OSError) and type(failure).__module__.partition(".")[0] not in _STORES:
            raise
        what = f"could not be written ({str(getattr(failure, 'orig', failure)).partition(chr(10))[0]})"
        remedy = "Make room on the disk, or let its owner run this"
        raise NotTracked([Problem((uri,), "unreadable", what, remedy)]) from failure


class TrackedRun:
    """One run under way: parameters, allowed metrics and files; nothing else leaves."""

    def __init__(self, client: MlflowClient, run_id: str, metrics: Collection[str] = METRICS) -> None:
        """Write to the run called `run_id` through `client`; only `metrics` may be kept."""
        self.id = run_id
        self._client = client
        self._metrics = metrics

    def params(self, values: Mapping[str, object]) -> None:
        """Keep how the run was made: names and plain values.

        Raises:
            Rejected: a name is not on the allow-list; nothing was kept.
        """
        _check("param", values, PARAMS)
        with _storing(self._client.tracking_uri):
            for name, value in values.items():
                self._client.log_param(self.id, name, str(value))

    def metrics(self, values: Mapping[str, float]) -> None:
        """Keep metrics by name.

        Raises:
            Rejected: a name is not on the allow-list; nothing was kept.
        """
        _check("metric", values, self._metrics)
        with _storing(self._client.tracking_uri):
            for name, value in values.items():
                if math.isfinite(value):
                    self._client.log_metric(self.id, name.replace("@", "_at_"), float(value))

    def file(self, path: Path) -> None:
        """Keep a copy of one of our own files; a pickled model is never among them.

        Raises:
            Rejected: its name is not on the allow-list; nothing was kept.
        """
        _check("file", [path.name], FILES)
        with _storing(self._client.tracking_uri):
            self._client.log_artifact(self.id, str(path))


def check_names(params: Iterable[str], metrics: Iterable[str], allowed: Collection[str]) -> None:
    """Raise Rejected where a param or a metric of a run is not on its allow-list, whether or not it is tracked."""
    _check("param", params, PARAMS)
    _check("metric", metrics, allowed)


def _check(what: str, names: Iterable[str], allowed: Collection[str]) -> None:
    strange = sorted(set(names) - set(allowed))
    remedy = "Add it to the list in training.tracking if it is an aggregate that tells nothing of one person"
    if strange:
        raise Rejected(Problem((f"{what} {name}",), "unknown", "is not on the allow-list", remedy) for name in strange)


@contextmanager
def tracked(store: Store, name: str, metrics: Collection[str] = METRICS) -> Iterator[TrackedRun]:
    """Open a run; it ends as finished, or as failed when the block raises.

    Raises:
        NotTracked: the store takes nothing.
    """
    with _storing(store.uri):
        client = _client(store)
        experiment = client.get_experiment_by_name(EXPERIMENT)
        made = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT, store.files.as_uri())
        run = TrackedRun(client, client.create_run(made, run_name=name).info.run_id, metrics)
    try:
        yield run
    except BaseException:
        with suppress(NotTracked), _storing(store.uri):
            client.set_terminated(run.id, "FAILED")
        raise
    with _storing(store.uri):
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
