"""The exact run: from gated rows to a forest without noise, for synthetic or public rows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from features.problem import Problem, Rejected
from privacy.request import QuotedPrice, Request
from privacy.spend import Spend
from training.data.material import held_out_showings, learning_showings
from training.evaluation.evaluation_report import RANKER
from training.evaluation.judgement import judge
from training.progress import Progress, silent
from training.rankers.forest_ranker import FitResult, ForestSettings, choose, learn, packed
from training.rankers.models import OBJECTIVES
from training.runs.training_run import RunProvenance, TrainingRun

if TYPE_CHECKING:
    from training.artefact import Learned
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset

_PLENTY: Final = 10_000
"""Rows of which no part can be empty."""


@dataclass(frozen=True)
class ExactRunResult:
    """A forest, and the settings it was learned with."""

    fit: FitResult
    chosen: ForestSettings

    def learned(self) -> Learned:
        """The forest as files."""
        return packed(self.fit.forest, self.fit.text)

    def settings(self) -> Mapping[str, Any]:
        """The settings, the same in the manifest and in what is tracked."""
        return asdict(self.chosen)

    params = settings

    def metrics(self) -> Mapping[str, float]:
        """On validation people."""
        return self.fit.metrics

    def extras(self, params: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's argument
        """Nothing more."""
        return {}


def request(settings: ForestSettings) -> Request:
    """What a fit of LightGBM asks of the gate: rows without noise, at an infinite price."""
    return Request(f"{RANKER} ({settings.objective})", Spend.infinite())


def price(material: TrainingData, settings: ForestSettings) -> QuotedPrice:
    """What a run would cost, without opening a row; raises Rejected where it would not be admitted."""
    return material.gate.price(request(settings))


def train(
    material: TrainingData, settings: ForestSettings, compare: bool = False, progress: Progress = silent
) -> TrainingRun[ExactRunResult]:
    """Learn from those who are not held out, then report on those who are.

    Args:
        material: rows behind their gate.
        settings: how to learn.
        compare: learn by every objective and keep the one that orders validation people best.
        progress: takes the step that begins.

    Raises:
        Rejected: the gate does not admit a fit without noise to these rows; nothing was learned.
    """
    asked = request(settings)
    log = material.gate.admit(asked)
    progress("reading what people were shown")
    lists = learning_showings(material, log, settings.most_rows, settings.seed)
    _check_enough(material, log, lists, settings)
    progress("growing trees")
    ways = [replace(settings, objective=name) for name in OBJECTIVES] if compare else [settings]
    fit, settings = choose([(learn(lists, material.catalogue, way, progress=progress), way) for way in ways])
    progress("judging held-out people")
    report = judge(material, log, fit.forest, lists)
    provenance = RunProvenance(material.gate.provenance.kind, asked.spend)
    return TrainingRun(ExactRunResult(fit, settings), provenance, report)


def _check_enough(material: TrainingData, log: LearningLog, lists: RankingDataset, settings: ForestSettings) -> None:
    """Refuse people of whom nobody is left to learn from, to stop the growing by, or to be judged on."""
    if len(lists) > _PLENTY:
        return
    validating = lists.of_one_in(settings.validate_every)
    parts = {"learned from": len(lists) - validating.sum(), "used for validation": validating.sum()}
    parts["held out"] = len(held_out_showings(material, log, settings.most_rows, settings.seed))
    empty = [name for name, rows in parts.items() if not rows]
    if empty:
        what = f"too few people were shown anything: nobody is {' or '.join(empty)}"
        raise Rejected([Problem(("showings",), "range", what, "Give more people: 20 synthetic ones are enough")])
