"""Promotion: whether a challenger may take the champion's place, judged on the same held-out people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from training.evaluation.evaluation_report import Report
from training.evaluation.judgement import evaluate_model

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.material import TrainingData


@dataclass(frozen=True)
class Check:
    """One comparison; `passed` when the challenger is not worse."""

    name: str
    challenger: float
    against: str
    other: float
    higher_is_better: bool

    @property
    def passed(self) -> bool:
        """Whether the challenger is at least as good."""
        better, worse = (self.challenger, self.other) if self.higher_is_better else (self.other, self.challenger)
        return better >= worse

    def to_document(self) -> dict[str, Any]:
        """As `promote --json` prints it."""
        return {
            "check": self.name, "passed": self.passed, "challenger": self.challenger, self.against: self.other,
        }  # fmt: skip

    def __str__(self) -> str:
        """One line for people."""
        state = "ok    " if self.passed else "FAILED"
        return f"{state} {self.name}: challenger {self.challenger:.6f}, {self.against} {self.other:.6f}"


def compare(material: TrainingData, challenger: Model, champion: Model | None) -> tuple[Check, ...]:
    """Judge both on the same held-out people; the first model of a home is compared with no model at all."""
    return checks(
        evaluate_model(material, challenger), None if champion is None else evaluate_model(material, champion)
    )


def checks(challenger: Report, champion: Report | None) -> tuple[Check, ...]:
    """Everything the challenger must not be worse at: than the champion, or, for the first model, than no model at all.

    NDCG@5 counts where the truth is known; log-loss on what people did with what they were shown always counts.
    """
    ours, theirs = _figures(challenger), _base(challenger) if champion is None else _figures(champion)
    against = "without a model" if champion is None else "champion"
    return tuple(
        Check(name, ours[name], against, theirs[name], higher_is_better=name == NDCG) for name in ours if name in theirs
    )


NDCG = "ndcg@5"
LOG_LOSS = "held-out log-loss"


def _figures(report: Report) -> Mapping[str, float]:
    means = report.means
    return ({NDCG: means[report.ranker]} if means else {}) | {LOG_LOSS: report.observed.log_loss}


def _base(report: Report) -> Mapping[str, float]:
    means = report.means
    return ({NDCG: means["popularity"]} if means else {}) | {LOG_LOSS: report.observed.base_log_loss}
