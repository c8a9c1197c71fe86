"""The private path: a noised count of units, a plan, training, figures; each is reserved before it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.mechanism import Mechanism, composed, gaussian
from privacy.data_provenance import DataKind
from privacy.request import QuotedPrice, Request
from privacy.spend import Spend
from recommender.ranking.bilinear import FORMAT, KIND
from training import artefact
from training.data.material import learnable, tellable
from training.data.ranking_dataset import RankingDataset
from training.evaluation.evaluation_report import PRIVATE, Report
from training.evaluation.release import NAMES, bundle_mechanism, noised_metrics
from training.rankers.forest_ranker import ForestSettings
from training.rankers.private_ranker import learn
from training.rankers.schedules import plan
from training.runs.exact_run import judged

if TYPE_CHECKING:
    from privacy.gate import AdmissionReceipt, Gated
    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from recommender.ranking.bilinear import Bilinear
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.rankers.private_ranker import PrivateFit
    from training.rankers.schedules import TrainingPlan
    from training.runs.exact_run import Tell


COUNT_SHARE: Final = Decimal("0.02")
"""The part of epsilon set apart for counting units; what both cost together is priced, and is at most epsilon."""
_COUNT_NOISE: Final = 10
"""The count is noised as if it had a tenth of epsilon to itself: beside training that costs less than its share."""
FEWEST: Final = 50
"""Fewer units than this cannot be learned from in private: the noise is larger than they are."""
ALL_ROWS: Final = 2**62
"""No thinning: which rows of a unit are kept may not depend on other units."""


@dataclass(frozen=True)
class UnitLists:
    """What people were shown, and which unit each row is about: int64[m]."""

    lists: RankingDataset
    unit: Int64

    @property
    def units(self) -> int:
        """How many units were shown anything."""
        return int(np.unique(self.unit).size)


@dataclass(frozen=True)
class PrivateRunResult:
    """A private run's outcome.

    Attributes:
        lesson: what was learned.
        plan: how, decided in advance.
        units: how many units there are: as stated, or counted with noise.
        spend: what all of it told about each unit.
        run: as it was asked for.
        receipts: the ledger's, of every reservation and commit.
        kind: whom the rows are about.
        report: exact figures, of people who do not exist; None of others.
        released: figures released with noise, at a price that `spend` contains.
    """

    lesson: PrivateFit
    plan: TrainingPlan
    units: int
    spend: Spend
    run: RunRequest
    receipts: tuple[AdmissionReceipt, ...]
    kind: DataKind
    report: Report | None = None
    released: Mapping[str, float] = field(default_factory=dict)

    @property
    def scorer(self) -> Bilinear:
        """What was learned, ready to score."""
        return self.lesson.scorer

    @property
    def about_nobody(self) -> bool:
        """Whether the people do not exist."""
        return self.kind is DataKind.SYNTHETIC

    def figures(self) -> dict[str, float]:
        """The figures that may be tracked."""
        return {**({} if self.report is None else self.report.figures()), **self.released}

    def told(self) -> dict[str, Any]:
        """What the run was told, and what it was allowed to spend: what is tracked of it."""
        run = self.run
        spend = {f"spend_{name}": value for name, value in self.spend.to_document().items()}
        return {
            **spend, "data_kind": self.kind.value, "population": run.population, "unit": run.unit.value,
            "relation": run.relation, "purpose": run.purpose, "basis": run.basis.value, "units": self.units,
            "units_are": "stated" if run.units else "noised",
        }  # fmt: skip

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact."""
        report = {} if self.report is None else self.report.to_document()
        scorer = self.scorer
        learned = artefact.Learned(KIND, FORMAT, self.lesson.files(), scorer.features_hash, scorer.catalogue_hash)
        origin = artefact.TrainingProvenance(
            run_id, trained_at, self.kind, self.spend, {"plan": self.plan.to_document()}, self.besides()
        )
        return artefact.pack(learned, {**report, "released": dict(self.released)}, origin)

    def besides(self) -> dict[str, Any]:
        """What the manifest of a private model says beside that of any: whose privacy, and the ledger's proof."""
        receipts = [one.to_document() for one in self.receipts]
        facts = {name: value for name, value in self.told().items() if name != "data_kind"}
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
    """What a run would cost and leave, without opening a row.

    Training is priced as one Gaussian release of the same epsilon, which composes alike and is found at once: its own
    steps depend on how many units there are.

    Raises:
        Rejected: it would not be admitted, or costs more than is left (asked, left, difference).
    """
    material.gate.budget(run)  # which says at once what is wrong with population and unit
    made = stages(run, evaluate)
    alike = gaussian(accountant.calibrate(made.left, run.delta, 1, 1))
    return material.gate.price_run(run, *made.with_training(alike))


def train(
    material: TrainingData, run: RunRequest, noise: Noise, evaluate: Decimal | None = None, tell: Tell = lambda _: None
) -> PrivateRunResult:
    """Count, plan, learn and, where it was asked for, release figures; each reserved before a row is read for it.

    Args:
        material: rows behind their gate.
        run: what is asked, and by whom.
        noise: where the noise comes from.
        evaluate: what a bundle of figures about real people may cost on top; None for none.
        tell: hears what is being done.

    Raises:
        Rejected: the gate or the budget does not admit it; what was spent until then stays spent.
    """
    tell("pricing")
    gated = material.gate.admit_run(run)
    price(material, run, evaluate)
    made = stages(run, evaluate)
    taught = gated.derived(lambda log: _lists(material, log, held_out=False))
    units = run.units or _counted(taught, made, noise, tell)
    chosen = plan(units, made.left, run.delta, len(material.catalogue.programmes))
    spent(run, made, chosen.mechanism(), evaluate)
    tell("learning in private")
    lesson = taught.run(
        "train", chosen.mechanism(),
        lambda found: learn(found.lists, material.catalogue, chosen, noise, tell, found.unit),
        ran=lambda one: one.mechanism, units=units,
    )  # fmt: skip
    released = _released(material, gated, lesson, made, noise, units)
    spend = spent(run, made, lesson.mechanism, evaluate)
    outcome = PrivateRunResult(
        lesson, chosen, units, spend, run, gated.receipts, material.gate.provenance.kind, None, released
    )
    return replace(outcome, report=_exact(material, lesson, tell))


def _lists(material: TrainingData, log: LearningLog, *, held_out: bool) -> UnitLists:
    lists = (tellable if held_out else learnable)(material, log, ALL_ROWS, 0)
    unit = lists.examples.person if log.unit is None else log.unit[lists.examples.person]
    return UnitLists(lists, unit)


def _counted(taught: Gated[UnitLists], made: PrivateStages, noise: Noise, tell: Tell) -> int:
    """How many units there are, with noise, as a whole number."""
    assert made.count is not None, "nobody said how many there are"
    sigma = float(made.count["noise"])
    tell("counting units, with noise")
    found = taught.run("count", made.count, lambda one: one.units + float(noise.gaussian(1, sigma)[0]))
    if found < FEWEST:
        what = f"are fewer than {FEWEST} units, as far as a noised count can tell"
        remedy = "See that people consented to --purpose, or use --basis law where a statute allows it"
        raise Rejected([Problem(("rows",), "range", what, remedy)])
    return round(found)


def _released(
    material: TrainingData, gated: Gated[LearningLog], lesson: PrivateFit, made: PrivateStages, noise: Noise, units: int
) -> dict[str, float]:
    if made.figures is None:
        return {}
    mechanism = made.figures
    told = gated.derived(lambda log: _lists(material, log, held_out=True))
    return told.run(
        "evaluate", mechanism,
        lambda one: noised_metrics(lesson.scorer, one.lists, one.unit, material.catalogue, mechanism, noise),
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


def _exact(material: TrainingData, lesson: PrivateFit, tell: Tell) -> Report | None:
    """Exact figures, where nobody exists whom they could be about."""
    if material.gate.provenance.kind is not DataKind.SYNTHETIC:
        return None
    tell("judging held-out people")
    log = material.gate.admit(Request("evaluation", Spend.infinite()))
    settings = ForestSettings()
    return judged(material, log, lesson.scorer, learnable(material, log, settings.most_rows, settings.seed), PRIVATE)
