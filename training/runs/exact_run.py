"""The exact run: from gated rows to a forest without noise, for synthetic or public rows only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from features.calendar import date_of
from features.problem import Problem, Rejected
from privacy.request import QuotedPrice, Request
from privacy.spend import Spend
from training.data.doubts import doubts
from training.data.material import held_out_rows, learning_showings
from training.evaluation.evaluation_report import RANKER
from training.evaluation.judgement import judge
from training.evaluation.observed_orders import Beside
from training.progress import Progress, silent
from training.rankers.forest_ranker import FitResult, ForestSettings, learn, packed
from training.rankers.ranker_choice import choose
from training.runs.training_run import RunProvenance, TrainingRun

if TYPE_CHECKING:
    from training.artefact import Learned
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset

_MORE: Final = (
    "Give more people (20 synthetic ones are enough), or another --hold-out; see labels.yaml in docs/evaluation.md"
)
_OTHER: Final = "See that labels.yaml says what is an offer and what its answer, and that the log holds both"


@dataclass(frozen=True)
class ExactRunResult:
    """A forest, how it was learned, who was held out (`training.data.hold_out`), and what the log cannot tell."""

    fit: FitResult
    chosen: ForestSettings
    hold_out: Mapping[str, Any]
    doubts: tuple[Problem, ...] = ()

    def learned(self) -> Learned:
        """The forest as files."""
        return packed(self.fit.forest, self.fit.text, self.fit.attention)

    def settings(self) -> Mapping[str, Any]:
        """The settings, the same in the manifest and in what is tracked."""
        return asdict(self.chosen)

    params = settings

    def metrics(self) -> Mapping[str, float]:
        """On validation people."""
        return self.fit.metrics

    def extras(self, params: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's argument
        """Who was held out, so that nobody it learned from judges it."""
        return {"hold_out": dict(self.hold_out)}


def request(settings: ForestSettings) -> Request:
    """What a fit of LightGBM asks of the gate: rows without noise, at an infinite price."""
    return Request(f"{RANKER} ({settings.objective})", Spend.infinite())


def price(material: TrainingData, settings: ForestSettings) -> QuotedPrice:
    """What a run would cost, without opening a row; raises Rejected where it would not be admitted."""
    return material.gate.price(request(settings))


def train(
    material: TrainingData, settings: ForestSettings, compare: bool = False, *, tuned: bool = False,
    progress: Progress = silent,
) -> TrainingRun[ExactRunResult]:  # fmt: skip
    """Learn from those who are not held out, then report on those who are.

    Args:
        material: rows behind their gate.
        settings: how to learn.
        compare: learn by every objective from earlier rows, and go on with the one that orders later lists of other
            people best; popularity is among them, so that nothing below it is kept.
        tuned: set LightGBM tuned for each programme, and one over all as classes, beside it.
        progress: takes the step that begins.

    Raises:
        Rejected: the gate does not admit a fit without noise to these rows; nothing was learned.
    """
    asked = request(settings)
    kind = material.gate.admitted_kind(asked)
    log = material.gate.admit(asked)
    progress("reading what people were shown")
    lists = learning_showings(material, log, settings.most_rows, settings.seed)
    _check_enough(material, log, lists, settings)
    chances = dict[str, float]()
    if compare:
        progress("comparing ways to learn")
        choice = choose(lists, material.catalogue, settings, progress)
        settings, chances = choice.settings, choice.metrics()
    progress("growing trees")
    fit = learn(lists, material.catalogue, settings, progress=progress)
    fit = replace(fit, metrics=fit.metrics | chances)
    progress("judging held-out people")
    report = judge(material, log, fit.forest, lists, RANKER, Beside(tuned_threads=settings.threads if tuned else 0))
    provenance = RunProvenance(kind, asked.spend)
    untold = doubts(lists.examples, [programme.id for programme in material.catalogue.programmes])
    result = ExactRunResult(fit, settings, material.hold_out.to_document(), untold)
    return TrainingRun(result, provenance, report, by_step=fit.by_round)


def _check_enough(material: TrainingData, log: LearningLog, lists: RankingDataset, settings: ForestSettings) -> None:
    """Refuse people of whom nobody is left to learn from, to stop the growing by, or to be judged on.

    Refused too is what teaches nothing: that nobody, or everybody, took up what they were offered.
    """
    form = material.labels
    if form.at is not None:
        settled = material.declaration.zone.end_of_day(date_of(form.at + (form.within or 0)))
        if settled > material.end:
            what = "the log ends before all answers of that day can be in it"
            raise Rejected([Problem(("labels.yaml", "at"), "range", what, "Name an earlier day, or a shorter within")])
    validating, label = lists.of_one_in(settings.validate_every), lists.examples.label
    parts = {"learned from": len(lists) - validating.sum(), "used for validation": validating.sum()}
    parts["held out"] = len(held_out_rows(material, log))
    empty = [name for name, rows in parts.items() if not rows]
    if empty:
        what = f"too few people were {form.offered}: nobody is {' or '.join(empty)}"
        raise Rejected([Problem((form.form,), "range", what, _MORE)])
    taken = label[~validating].mean()
    if taken in (0, 1):
        what = f"{'nobody' if not taken else 'everybody'} {form.took}, so there is nothing to tell apart"
        raise Rejected([Problem((form.form,), "range", what, _OTHER)])
