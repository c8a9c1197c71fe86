"""Tracking: what a run was, what it scored, which of our own files it left and which models serve, in MLflow."""

from __future__ import annotations

import logging
import math
import os
import re
import sqlite3
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
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
    "ndcg@5_reachable", "gap_closed", "validation_log_loss_by_round", "validation_ndcg@5_by_round",
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
    "neurons.npz",
)  # fmt: skip
"""The only files that are tracked: those of an artefact."""

REPORT = "evaluation"
"""The folder of a run that takes the report of an evaluation, apart from the files of the artefact."""
_REPORTED = re.compile(r"report\.json|reliability\.png|ndcg\.png|index(\.[a-z]{2,3})?\.html")
"""The only files that are tracked there."""
_BATCH = 1000
"""MLflow takes so many metrics at once."""

ALIASES = ("champion", "challenger", "shadow")
"""The only aliases of registered models that are written and read; others are whoever's who made them."""

_MODEL = "model"
"""The tag of a registered version that holds the name of the model in the home, and the only one that is written."""


@dataclass(frozen=True)
class Store:
    """Where runs are kept.

    Attributes:
        uri: an MLflow tracking URI; `sqlite:///...` is the embedded default.
        files: folder of the runs' own files.
    """

    uri: str
    files: Path


_STORES = ("mlflow", "sqlalchemy", "alembic", "sqlite3")
"""Whose failures are the store's; their classes are not imported, because MLflow reads its settings as it is."""


class NotTracked(Rejected):
    """MLflow's store took nothing, or not all: it is full, or may not be written."""


@contextmanager
def _storing(uri: str, done: str = "written") -> Iterator[None]:
    """Tell as data what MLflow, and what it stands on, says of a store that takes nothing; they are known by name.

    Args:
        uri: of the store.
        done: what could not be done with it.

    Raises:
        NotTracked: it was not stored.
    """
    try:
        yield
    except ImportError as failure:
        what, remedy = f"could not be {done} ({failure})", "Install what tracks: pip install '.[train]'"
        raise NotTracked([Problem((uri,), "unavailable", what, remedy)]) from failure
    except Exception as failure:
        if not isinstance(failure, OSError) and type(failure).__module__.partition(".")[0] not in _STORES:
            raise
        what = f"could not be {done} ({str(getattr(failure, 'orig', failure)).partition(chr(10))[0]})"
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

    def steps(self, values: Mapping[str, Sequence[float]]) -> None:
        """Keep metrics by step: by name the value after each round, from the first on.

        Raises:
            Rejected: a name is not on the allow-list; nothing was kept.
        """
        _check("metric", values, self._metrics)
        with _storing(self._client.tracking_uri):
            from mlflow.entities import Metric  # MLflow is imported by whatever made the client

            at = self._client.get_run(self.id).info.start_time
            made = [
                Metric(name.replace("@", "_at_"), float(value), at, step)
                for name, series in values.items()
                for step, value in enumerate(series, 1)
                if math.isfinite(value)
            ]
            for first in range(0, len(made), _BATCH):
                self._client.log_batch(self.id, made[first : first + _BATCH])

    def file(self, path: Path) -> None:
        """Keep a copy of one of our own files; a pickled model is never among them.

        Raises:
            Rejected: its name is not on the allow-list; nothing was kept.
        """
        _check("file", [path.name], FILES)
        with _storing(self._client.tracking_uri):
            self._client.log_artifact(self.id, str(path))


def keep_report(store: Store, name: str, paths: Sequence[Path]) -> None:
    """Keep copies of the files of an evaluation's report in the run of a model; what was there of an earlier is over.

    Who calls this has the report from rows that a gate admitted to exact figures: there is none of any others.

    Args:
        store: where the runs are kept.
        name: of the model, which is its run's id; where MLflow has no such run, one is made.
        paths: the files; of two of one name the later one stays.

    Raises:
        Rejected: a file is not on the allow-list; nothing was kept.
        NotTracked: the store takes nothing, or not all.
    """
    _check("file", [path.name for path in paths if not _REPORTED.fullmatch(path.name)], ())
    with _storing(store.uri):
        client = _client(store)
        with _run_of(client, store, name) as run:
            for path in paths:
                client.log_artifact(run.id, str(path), REPORT)


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


def aliases(store: Store) -> dict[str, str]:
    """The name of the model that each of our aliases has in MLflow's registry; a version that is not ours by number.

    Raises:
        NotTracked: the store cannot be read.
    """
    with _storing(store.uri, "read"):
        client = _client(store)
        held = {
            alias: client.get_model_version(EXPERIMENT, str(version))
            for model in client.search_registered_models(filter_string=f"name = '{EXPERIMENT}'")
            for alias, version in model.aliases.items()
            if alias in ALIASES
        }
    return {alias: one.tags.get(_MODEL, f"version {one.version}") for alias, one in held.items()}


def point(store: Store, wanted: Mapping[str, tuple[str, Sequence[Path]]]) -> None:
    """Give each alias in MLflow's registry to the model that has it in the home, and take away the others of ours.

    Args:
        store: where the runs are kept, too.
        wanted: by alias the name of the model and the files of its artefact; what MLflow lacks of them is copied.

    Raises:
        Rejected: an alias or a file is not on its allow-list; nothing was written.
        NotTracked: the store takes nothing, or not all.
    """
    _check("alias", wanted, ALIASES)
    _check("file", {path.name for _, paths in wanted.values() for path in paths}, FILES)
    with _storing(store.uri):
        client = _client(store)
        if not client.search_registered_models(filter_string=f"name = '{EXPERIMENT}'"):
            client.create_registered_model(EXPERIMENT)
        for alias in ALIASES:
            if alias in wanted:
                client.set_registered_model_alias(EXPERIMENT, alias, _version(client, store, *wanted[alias]))
            else:
                client.delete_registered_model_alias(EXPERIMENT, alias)


def _version(client: MlflowClient, store: Store, name: str, paths: Sequence[Path]) -> str:
    """The number of a model's registered version, which is made of its run; of a new run where MLflow has none."""
    made = client.search_model_versions(f"name = '{EXPERIMENT}' and tags.{_MODEL} = '{name}'", max_results=1)
    if made:
        return str(made[0].version)
    with _run_of(client, store, name) as run:
        copied = {(one.path, one.file_size) for one in client.list_artifacts(run.id)}
        for path in paths:
            if (path.name, path.stat().st_size) not in copied:
                run.file(path)
    source = client.get_run(run.id).info.artifact_uri
    return str(client.create_model_version(EXPERIMENT, source, run.id, {_MODEL: name}).version)


def _run_of(client: MlflowClient, store: Store, name: str) -> AbstractContextManager[TrackedRun]:
    """The run of a model; a new one where MLflow has none."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    there = client.search_runs([experiment.experiment_id], f"run_id = '{name}'") if experiment else []
    return nullcontext(TrackedRun(client, name)) if there else tracked(store, name)


def _client(store: Store) -> MlflowClient:
    # MLflow reads these once, at import; otherwise it reports usage to its makers and talks on stderr.
    os.environ.update({"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_LOGGING_LEVEL": "ERROR"})
    store.files.mkdir(parents=True, exist_ok=True)
    if store.uri.startswith("sqlite:///"):  # MLflow tries ten times, for minutes, to open what cannot be opened
        sqlite3.connect(store.uri.removeprefix("sqlite:///")).close()
    logging.getLogger("alembic").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports warn about its own future
        from mlflow import MlflowClient

        return MlflowClient(tracking_uri=store.uri)
