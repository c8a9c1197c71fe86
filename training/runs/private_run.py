"""The private run: a noised count of units, a plan, training, metrics; each is reserved before it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import numpy as np

from features.arrays import Float64, Int64
from features.log.event import rfc3339
from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.mechanism import Mechanism, composed, gaussian
from privacy.data_provenance import DataKind, digest
from privacy.request import QuotedPrice, Request, check_delta
from privacy.spend import Spend
from recommender.ranking import bilinear, hidden_layer
from training import artefact
from training.data.examples import NONE_LEFT_OUT, UnitsLeftOut
from training.data.material import held_out_showings, learning_showings
from training.data.ranking_dataset import RankingDataset
from training.evaluation.evaluation_report import PRIVATE, Report
from training.evaluation.judgement import judge
from training.evaluation.release import NAMES, bundle_mechanism, noised_metrics
from training.progress import Progress, silent
from training.rankers.forest_ranker import ForestSettings
from training.rankers.private_ranker import learn
from training.rankers.schedules import AUTO, Loss, learner_for, plan
from training.runs.training_run import RunProvenance, TrainingRun

if TYPE_CHECKING:
    from privacy.gate import AdmissionReceipt, Gated
    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from recommender.ranking.bilinear import Bilinear
    from recommender.ranking.hidden_layer import HiddenLayer
    from training.data.examples import LearningLog
    from training.data.label_form import LabelForm
    from training.data.material import RowMeaning, TrainingData
    from training.rankers.private_ranker import PrivateFit
    from training.rankers.schedules import TrainingPlan


COUNT_SHARE: Final = Decimal("0.02")
"""The part of epsilon set apart for counting units; what both cost together is priced, and is at most epsilon."""
_COUNT_NOISE: Final = 10
"""The count is noised as if it had a tenth of epsilon to itself: beside training that costs less than its share."""
FEWEST: Final = 50
"""Fewer units than this cannot be learned from in private: the noise is larger than they are."""
MOST_LISTS: Final = 256
"""The most lists of one unit that are learned from: the latest. Public, and the same for every unit."""
LONGEST_LIST: Final = 64
"""The most rows of one list that are learned from."""
ALL_ROWS: Final = 2**62
"""No thinning: which rows of a unit are kept may not depend on other units."""


class LearningUnits(Protocol):
    """Units that a private run learns from; counted and learned from, and never shown."""

    @property
    def units(self) -> int:
        """How many units were shown anything."""
        ...

    @property
    def left_out(self) -> UnitsLeftOut:
        """The units of whom nothing is here."""
        ...

    def learned(self, material: TrainingData, chosen: TrainingPlan, noise: Noise, progress: Progress) -> PrivateFit:
        """Learn from them by a plan."""
        ...


@dataclass(frozen=True)
class UnitLists:
    """What people were shown, which unit each row is about: int64[m], and the units of whom nothing is here."""

    lists: RankingDataset
    unit: Int64
    left_out: UnitsLeftOut = NONE_LEFT_OUT

    @property
    def units(self) -> int:
        """How many units were shown anything."""
        return int(np.unique(self.unit).size)

    def learned(self, material: TrainingData, chosen: TrainingPlan, noise: Noise, progress: Progress) -> PrivateFit:
        """Learn from them by a plan, all of them held at once."""
        return learn(self.lists, material.catalogue, chosen, noise, progress, self.unit)


_FORMS: Final = {"bilinear": bilinear.ARTEFACT, "network": hidden_layer.ARTEFACT}
"""The artefact that each learner leaves."""


@dataclass(frozen=True)
class PrivateRunResult:
    """A private ranker, and how it was admitted.

    Attributes:
        fit: what was learned.
        plan: how, decided in advance.
        units: how many units there are: as stated, or counted with noise.
        run: as it was asked for.
        receipts: the ledger's, of every reservation and commit.
        left_out: how many units were left out, counted with noise; None where the number of units is stated.
        end: the UTC second at which the log ended.
    """

    fit: PrivateFit
    plan: TrainingPlan
    units: int
    run: RunRequest
    receipts: tuple[AdmissionReceipt, ...]
    left_out: UnitsLeftOut | None = None
    end: int = 0

    @property
    def as_of(self) -> str:
        """The instant at which the log ended, as RFC 3339."""
        return rfc3339(self.end)

    def left_out_document(self) -> dict[str, int] | None:
        """How many units nothing was learned from and why, with noise; None where nothing was counted."""
        return None if self.left_out is None else self.left_out._asdict()

    @property
    def scorer(self) -> Bilinear | HiddenLayer:
        """What was learned, ready to score."""
        return self.fit.scorer

    def learned(self) -> artefact.Learned:
        """The ranker as files."""
        scorer, form = self.scorer, _FORMS[self.plan.learner]
        return artefact.Learned(form.kind, form.version, self.fit.files(), scorer.features_hash, scorer.catalogue_hash)

    def settings(self) -> Mapping[str, Any]:
        """The plan."""
        return {"plan": self.plan.to_document()}

    def params(self) -> Mapping[str, Any]:
        """What was admitted."""
        run = self.run
        return {
            "population": run.population, "unit": run.unit.value, "relation": run.relation, "purpose": run.purpose,
            "basis": run.basis.value, "units": self.units, "units_are": "stated" if run.units else "noised",
        }  # fmt: skip

    def metrics(self) -> Mapping[str, float]:
        """None: every metric of the fit would be about people."""
        return {}

    def extras(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Whose privacy was spent, and the ledger's proof."""
        receipts = [one.to_document() for one in self.receipts]
        facts = {name: value for name, value in params.items() if name != "data_kind"}
        facts |= {"as_of": self.as_of, "units_left_out": self.left_out_document()}
        return {**facts, "spend_id": _of(receipts, "train")["spend"], "receipts": receipts}


def _of(receipts: list[dict[str, Any]], stage: str) -> dict[str, Any]:
    return next(one for one in receipts if one["spend"].startswith(f"{stage}-"))


@dataclass(frozen=True)
class PrivateStages:
    """What a run is made of, as far as it can be said in advance.

    Attributes:
        count: releases how many units there are; None where that is public.
        left: what of epsilon is left for training.
        figures: releases a bundle of figures; None unless it was asked for.
    """

    count: Mechanism | None
    left: Decimal
    figures: Mechanism | None

    def with_training(self, training: Mechanism) -> tuple[Mechanism, ...]:
        """All of them, in order."""
        return tuple(one for one in (self.count, training, self.figures) if one is not None)


def stages(run: RunRequest, evaluate: Decimal | None = None) -> PrivateStages:
    """Divide a run's epsilon: the count's part is what its release adds to the price of training.

    Args:
        run: what is asked.
        evaluate: what a bundle of figures may cost on top, or None for no figures.
    """
    figures = None if evaluate is None else bundle_mechanism(evaluate, run.delta)
    if run.units:
        return PrivateStages(None, run.epsilon, figures)
    left = (run.epsilon * (1 - COUNT_SHARE)).quantize(Decimal("0.000001"), ROUND_FLOOR)
    sigma = _COUNT_NOISE * math.sqrt(2 * math.log(1.25 / float(run.delta))) / float(run.epsilon)
    return PrivateStages(gaussian(max(round(sigma, 3), 0.5)), left, figures)


def price(material: TrainingData, run: RunRequest, evaluate: Decimal | None = None) -> QuotedPrice:
    """What a run and its figures would cost together and leave, without opening a row.

    Training is priced as one Gaussian release of the same epsilon, which composes alike and is found at once: its own
    steps depend on how many units there are.

    Raises:
        Rejected: it would not be admitted, or costs more than is left (asked, left, difference).
    """
    material.gate.budget(run)  # which says at once what is wrong with population and unit
    made = stages(run, evaluate)
    alike = gaussian(accountant.calibrate(made.left, run.delta, 1, 1))
    priced = material.gate.price_run(run, *made.with_training(alike))
    return replace(priced, spend=Spend(run.epsilon + (evaluate or 0), run.delta))


class RunChoice(NamedTuple):
    """What is left to whoever asks for a run.

    Attributes:
        evaluate: what noised metrics of real people may cost on top; None for none.
        learner: of `training.rankers.schedules`, or `auto`.
    """

    evaluate: Decimal | None = None
    learner: str = AUTO


NO_CHOICE: Final = RunChoice()


def train(
    material: TrainingData, run: RunRequest, noise: Noise, choice: RunChoice = NO_CHOICE,
    progress: Progress = silent, kept: Path | None = None,
) -> TrainingRun[PrivateRunResult]:  # fmt: skip
    """Count, plan, learn and, where it was asked for, release figures; each reserved before a row is read for it.

    Args:
        material: rows behind their gate.
        run: what is asked, and by whom.
        noise: where the noise comes from.
        choice: what learns, and whether figures are released.
        progress: takes the step that begins.
        kept: the folder that keeps the noised count of a run with a name, so that it goes on from there when ended.

    Raises:
        Rejected: the gate or the budget does not admit it; what was spent until then stays spent.
        Gone: the run has a name under which a model was learned that was not kept.
    """
    progress("pricing")
    evaluate, learner = choice.evaluate, learner_for(choice.learner)
    gated = material.gate.admit_run(run)
    if run.name is None:  # one with a name may have reserved already, and was priced before it did
        price(material, run, evaluate)
    made = stages(run, evaluate)
    shards = material.shards or (lambda log: lists_of(material, log, held_out=False))
    learning: Gated[LearningUnits] = gated.derived(shards)
    file = None if kept is None or run.name is None else kept / f"count-{run.name}.json"
    units, left_out = (run.units, None) if run.units else _counted(learning, made, noise, progress, file)
    check_delta(run.delta, units)
    chosen = plan(units, made.left, run.delta, len(material.catalogue.programmes), loss_of(material.labels), learner)
    spent(run, made, chosen.mechanism(), evaluate)
    progress("learning in private")
    fit = learning.run(
        "train", chosen.mechanism(), lambda found: found.learned(material, chosen, noise, progress),
        ran=lambda one: (one.mechanism, artefact.model_digest(one.files())), units=units,
    )  # fmt: skip
    released = _released(material, gated, fit, made, noise, units)
    spend = spent(run, made, fit.mechanism, evaluate)
    result = PrivateRunResult(fit, chosen, units, run, gated.receipts, left_out, material.end)
    report = _exact(material, fit, progress)
    return TrainingRun(result, RunProvenance(material.gate.provenance.kind, spend), report, released)


def loss_of(labels: LabelForm) -> Loss:
    """The loss that suits what is declared: of what is held, one is to be found among all; else each has its answer."""
    return "listwise" if labels.form == "held" else "pointwise"


def lists_of(material: RowMeaning, log: LearningLog, *, held_out: bool) -> UnitLists:
    """What people who are held out, or all others, were shown, as far as a unit's rows count."""
    lists = (held_out_showings if held_out else learning_showings)(material, log, ALL_ROWS, 0)
    unit = lists.examples.person if log.unit is None else log.unit[lists.examples.person]
    kept = within_bounds(lists, unit)
    return UnitLists(lists[kept], unit[kept], log.left_out)


def within_bounds(lists: RankingDataset, unit: Int64) -> Int64:
    """The rows of the latest `MOST_LISTS` lists of each unit, the first `LONGEST_LIST` of each list: int64[k].

    What a unit adds takes time that grows with the square of its lists, so that one with thousands would be seen in how
    long a run takes. Which rows are kept depends on no other unit.
    """
    newest = np.lexsort((lists.at, -lists.examples.t, unit))
    starts = np.r_[True, (np.diff(unit[newest]) != 0) | (np.diff(lists.at[newest]) != 0)][: newest.size]
    at = np.flatnonzero(starts)
    first = np.r_[True, np.diff(unit[newest][at]) != 0][: at.size]
    number = np.arange(at.size) - np.maximum.accumulate(np.where(first, np.arange(at.size), 0))
    which = np.cumsum(starts) - 1
    place = np.arange(newest.size) - at[which]
    return np.sort(newest[(number[which] < MOST_LISTS) & (place < LONGEST_LIST)])


def counts(found: LearningUnits) -> Float64:
    """What is counted, before noise: units with lists, too large ones, unreadable ones; a unit is in at most one."""
    return np.array([found.units, *found.left_out], np.float64)


def _counted(
    rows: Gated[LearningUnits], made: PrivateStages, noise: Noise, progress: Progress, file: Path | None
) -> tuple[int, UnitsLeftOut]:
    """How many units there are and how many are left out, with noise, as whole numbers.

    One unit moves one of the counts by one, so that all are one Gaussian release.
    """
    assert made.count is not None, "the number of units is not stated"
    sigma = float(made.count["noise"])
    progress("counting units, with noise")
    count = made.count
    if file is None:
        found = rows.run(
            "count", count, lambda one: (counts(one) + noise.gaussian(3, sigma)).tolist(),
            ran=lambda found: (count, digest(repr(found).encode())),
        )  # fmt: skip
    else:
        found = json.loads(rows.once(
            file.stem, count, lambda one: json.dumps((counts(one) + noise.gaussian(3, sigma)).tolist()).encode(), file,
        ))  # fmt: skip
    units, *others = found
    if units < FEWEST:
        what = f"the noised count of privacy units is below {FEWEST}"
        remedy = (
            "See that the log says who was shown what, that people consented to --purpose, or that --basis law applies"
        )
        raise Rejected([Problem(("rows",), "range", what, remedy)])
    return round(units), UnitsLeftOut(*(max(round(one), 0) for one in others))


def _released(
    material: TrainingData, gated: Gated[LearningLog], fit: PrivateFit, made: PrivateStages, noise: Noise, units: int
) -> dict[str, float]:
    if made.figures is None:
        return {}
    mechanism = made.figures
    held_out = gated.derived(lambda log: lists_of(material, log, held_out=True))
    return held_out.run(
        "evaluate", mechanism,
        lambda one: noised_metrics(fit.scorer, one.lists, one.unit, material.catalogue, mechanism, noise),
        metrics=NAMES, units=units,
    )  # fmt: skip


def spent(run: RunRequest, made: PrivateStages, training: Mechanism, evaluate: Decimal | None) -> Spend:
    """What everything costs together, by both accountants.

    Raises:
        Rejected: it is more than was asked for.
    """
    epsilon = accountant.price(composed(*made.with_training(training)), run.delta).epsilon
    most = run.epsilon + (evaluate or 0)
    if epsilon > most:
        what = f"counting, training and figures would cost {epsilon} together, and {most} was asked for"
        raise Rejected([Problem(("--epsilon",), "range", what, "Say how many --units there are, or ask for more")])
    return Spend(epsilon, run.delta)


def _exact(material: TrainingData, fit: PrivateFit, progress: Progress) -> Report | None:
    """Exact metrics, of synthetic people only."""
    if material.gate.provenance.kind is not DataKind.SYNTHETIC:
        return None
    progress("judging held-out people")
    log = material.gate.admit(Request("evaluation", Spend.infinite()))
    settings = ForestSettings()
    return judge(
        material, log, fit.scorer, learning_showings(material, log, settings.most_rows, settings.seed), PRIVATE
    )
