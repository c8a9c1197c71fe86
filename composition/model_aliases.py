"""Model aliases: champion, challenger and shadow of a home as MLflow's registry mirrors them, and where the two differ.

The home's files are the truth: nothing reads an alias of MLflow but to say that it differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from composition.model_registry import ModelRegistry
from composition.workspace import Workspace
from features.problem import Problem, Rejected


class AliasDifference(NamedTuple):
    """An alias that names one model in the home and another, or none, in MLflow."""

    alias: str
    home: str | None
    mlflow: str | None

    def __str__(self) -> str:
        """What each of the two says."""
        return f"{self.alias} is {self.home or 'nobody'} in this home and {self.mlflow or 'nobody'} in MLflow"


@dataclass(frozen=True)
class ModelAliases:
    """How the two stand.

    Attributes:
        home: the model of each alias by the home's own files, which are what serving reads.
        mlflow: the same by MLflow's registry; None where it cannot be read.
        problems: why it could not be read, or not be written.
        overwritten: what differed before the home's aliases were written to MLflow.
    """

    home: Mapping[str, str]
    mlflow: Mapping[str, str] | None
    problems: tuple[Problem, ...] = ()
    overwritten: tuple[AliasDifference, ...] = ()

    @property
    def differs(self) -> tuple[AliasDifference, ...]:
        """The aliases that differ, sorted; none where MLflow cannot be read."""
        there = self.home if self.mlflow is None else self.mlflow
        both = ((alias, self.home.get(alias), there.get(alias)) for alias in sorted({*self.home, *there}))
        return tuple(AliasDifference(*one) for one in both if one[1] != one[2])

    def to_document(self) -> dict[str, Any]:
        """As `--json` prints it; whether they agree is null where MLflow cannot be read."""
        return {
            "agrees": None if self.mlflow is None else not self.differs,
            "differs": [one._asdict() for one in self.differs],
            "overwritten": [one._asdict() for one in self.overwritten],
            "problems": [one.to_document() for one in self.problems],
        }

    def lines(self) -> list[str]:
        """The same for people; nothing where all is well."""
        remedy = "serving reads the home; `proffer promote --mirror` writes its aliases to MLflow"
        lines = [f"note: before this, {one}; written over" for one in self.overwritten]
        lines += [f"note: {one}; {remedy}" for one in self.differs]
        return [*lines, *(f"note: {one}" for one in self.problems)]


def compared(workspace: Workspace) -> ModelAliases:
    """How the aliases of a home and those of MLflow stand; an MLflow that was deleted, or never made, has none."""
    from training.tracking import NotTracked, Store, aliases

    home = ModelRegistry(workspace).aliases()
    if not (workspace.path / "mlflow.db").exists():
        return ModelAliases(home, {})
    try:
        return ModelAliases(home, aliases(Store(workspace.mlflow_uri, workspace.mlflow_files)))
    except NotTracked as failure:
        return ModelAliases(home, None, failure.problems)


def mirrored(workspace: Workspace, before: ModelAliases) -> ModelAliases:
    """Write the aliases of a home to MLflow, and say how the two stand then; what fails is said, and undoes nothing.

    Args:
        workspace: the home.
        before: how the two stood before the home's aliases were changed.
    """
    from training.tracking import Store, point

    registry = ModelRegistry(workspace)
    why: tuple[Problem, ...] = ()
    try:
        wanted = {alias: (name, registry.files(name)) for alias, name in registry.aliases().items()}
        with workspace.alone("models", wait=True):  # as a run is kept: MLflow makes its database without a lock
            point(Store(workspace.mlflow_uri, workspace.mlflow_files), wanted)
    except Rejected as failure:
        why = failure.problems
    now = compared(workspace)
    return replace(now, problems=why or now.problems, overwritten=before.differs)
