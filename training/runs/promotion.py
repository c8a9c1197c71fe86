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
        ours, other = (str(one) if isinstance(one, int) else f"{one:.6f}" for one in (self.challenger, self.other))
        return f"{state} {self.name}: challenger {ours}, {self.against} {other}"


def compare(material: TrainingData, challenger: Model, champion: Model | None) -> tuple[Check, ...]:
    """Judge both on the same held-out people; the first model of a home is compared with no model at all."""
    return checks(
        evaluate_model(material, challenger), None if champion is None else evaluate_model(material, champion)
    )


def checks(challenger: Report, champion: Report | None) -> tuple[Check, ...]:
    """Everything the challenger must not be worse at: than the champion and than no model at all, the better of both.

    NDCG@5 counts where the truth is known; log-loss on what people did with what they were shown always counts.
    """
    ours, base = _figures(challenger), _base(challenger)
    theirs = base if champion is None else _figures(champion)
    found = []
    for name in (one for one in ours if one in theirs):
        best = max if name == NDCG else min
        other = best(base[name], theirs[name])
        against = "champion" if champion is not None and other == theirs[name] else "without a model"
        found.append(Check(name, ours[name], against, other, higher_is_better=name == NDCG))
    return tuple(found)


def far_fewer(challenger: Mapping[str, Any], champion: Mapping[str, Any]) -> tuple[Check, ...]:
    """Whether the challenger learned from half as many people as the champion, at least; nothing where it is not known.

    Who is held out is a share of all people, so the reports of both tell by those whom each was judged on when it
    learned.
    """
    people = [report.get("held_out", {}).get("people") for report in (challenger, champion)]
    if any(not isinstance(count, int) for count in people):
        return ()
    return (Check(JUDGED, people[0], "half the champion's", people[1] // 2, higher_is_better=True),)


JUDGED = "people held out when it learned"
NDCG = "ndcg@5"
LOG_LOSS = "held-out log-loss"


def _figures(report: Report) -> Mapping[str, float]:
    means = report.means
    return ({NDCG: means[report.ranker]} if means else {}) | {LOG_LOSS: report.observed.log_loss}


def _base(report: Report) -> Mapping[str, float]:
    means = report.means
    return ({NDCG: means["popularity"]} if means else {}) | {LOG_LOSS: report.observed.base_log_loss}
