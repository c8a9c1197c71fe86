"""Training run: what every run leaves, whatever learned: its result, its provenance and its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from privacy.data_provenance import DataKind
from privacy.spend import Spend
from training import artefact
from training.evaluation.evaluation_report import Report

Result = TypeVar("Result", bound="RunResult", covariant=True)


class RunResult(Protocol):
    """What was learned, and how."""

    def learned(self) -> artefact.Learned:
        """The artefact's files, as the reader of its kind takes them."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """How it was learned, as the manifest says it."""
        ...

    def params(self) -> Mapping[str, Any]:
        """How it was learned, as names and plain values to track."""
        ...

    def metrics(self) -> Mapping[str, float]:
        """Metrics of the fit itself."""
        ...

    def extras(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the manifest says beside that of any model, given the run's tracked params."""
        ...


@dataclass(frozen=True)
class RunProvenance:
    """Whom the rows were about, and what the run spent per privacy unit."""

    data_kind: DataKind
    spend: Spend

    @property
    def allows_exact_metrics(self) -> bool:
        """Whether metrics without noise may leave: the rows are synthetic, or the gate admitted exact access."""
        return self.data_kind is DataKind.SYNTHETIC or not self.spend.finite


@dataclass(frozen=True)
class TrainingRun(Generic[Result]):
    """One run.

    Attributes:
        result: what was learned.
        provenance: from whose rows, at what price.
        report: exact metrics on held-out people; None where they may not be computed.
        released: metrics that were released with noise; None for a run that releases none.
        by_step: exact metrics after each round, by name; none of a run whose rows allow no exact metrics.
    """

    result: Result
    provenance: RunProvenance
    report: Report | None
    released: Mapping[str, float] | None = None
    by_step: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def params(self) -> dict[str, Any]:
        """What is tracked of how it was run."""
        spend = {f"spend_{name}": value for name, value in self.provenance.spend.to_document().items()}
        return {**self.result.params(), **spend, "data_kind": self.provenance.data_kind.value}

    def metrics(self) -> dict[str, float]:
        """The metrics that are tracked."""
        report = {} if self.report is None else self.report.metrics()
        return {**self.result.metrics(), **report, **(self.released or {})}

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact: its files by name.

        Args:
            run_id: the tracked run.
            trained_at: RFC 3339 time.
        """
        report = {} if self.report is None else self.report.to_document()
        released = {} if self.released is None else {"released": dict(self.released)}
        origin = artefact.TrainingProvenance(
            run_id, trained_at, self.provenance.data_kind, self.provenance.spend, self.result.settings(),
            self.result.extras(self.params()),
        )  # fmt: skip
        return artefact.pack(self.result.learned(), {**report, **released}, origin)
