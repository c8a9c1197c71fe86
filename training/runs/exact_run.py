"""From gated rows to an artefact, and from an artefact to its report: the main paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Float64
from features.log.interactions import APPLIED, OPENED
from privacy.data_provenance import DataKind
from privacy.request import QuotedPrice, Request
from privacy.spend import Spend
from recommender.ranking.forest import FORMAT, KIND, MODEL_FILE, SCALE_FILE, VOCABULARY_FILE, Forest
from recommender.ranking.scorer import Pairs
from training import artefact
from training.data.material import candidates, learnable, learned_from, tellable, told_truth
from training.data.ranking_dataset import Candidates, RankingDataset
from training.evaluation.evaluation import (
    ColdStart,
    Observed,
    by_group,
    cold_start,
    groups_of,
    logistic_order,
    observed,
    order,
    popularity,
    standings,
    to_withhold,
)
from training.evaluation.evaluation_report import RANKER, Report
from training.measures import log_loss, reliability
from training.rankers.forest_ranker import FitResult, ForestSettings, choose, learn
from training.rankers.models import OBJECTIVES

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.examples import LearningLog
    from training.data.material import TrainingData


MOST_JUDGED = ForestSettings().most_rows
"""So many of held-out people's showings are compared with what was predicted; more are sampled."""
Tell = Callable[[str], None]
"""Says what is being done now; a front door shows it beside a progress bar."""


def request(settings: ForestSettings) -> Request:
    """What a fit of LightGBM asks of the gate: rows without noise, at an infinite price."""
    return Request(f"{RANKER} ({settings.objective})", Spend.infinite())


def price(material: TrainingData, settings: ForestSettings) -> QuotedPrice:
    """What a run would cost, without opening a row; raises Rejected where it would not be admitted."""
    return material.gate.price(request(settings))


@dataclass(frozen=True)
class ExactRunResult:
    """A run's outcome: what was learned, how it does on people it never saw, and what it cost."""

    lesson: FitResult
    report: Report
    kind: DataKind
    spend: Spend
    settings: ForestSettings

    @property
    def about_nobody(self) -> bool:
        """Always: the gate admits a fit without noise to no rows of people whose privacy is kept."""
        return True

    def figures(self) -> dict[str, float]:
        """The figures that are tracked: on validation people, then on held-out ones."""
        return {**self.lesson.figures, **self.report.figures()}

    def told(self) -> dict[str, Any]:
        """What the run was told, and what it was allowed to spend."""
        spend = {f"spend_{name}": value for name, value in self.spend.to_document().items()}
        return {**asdict(self.settings), **spend, "data_kind": self.kind.value}

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact."""
        origin = artefact.TrainingProvenance(run_id, trained_at, self.kind, self.spend, asdict(self.settings))
        return artefact.pack(as_learned(self.lesson.forest, self.lesson.text), self.report.to_document(), origin)


def as_learned(forest: Forest, text: str) -> artefact.Learned:
    """A forest as the files its reader takes."""
    files = {
        MODEL_FILE: text.encode(),
        SCALE_FILE: forest.scale.to_bytes(),
        VOCABULARY_FILE: forest.vocabulary.to_bytes(),
    }
    return artefact.Learned(KIND, FORMAT, files, forest.features_hash, forest.catalogue_hash, forest.trees.names)


def train(
    material: TrainingData, settings: ForestSettings, compare: bool = False, tell: Tell = lambda _: None
) -> ExactRunResult:
    """Learn from those who are not held out, then report on those who are.

    Args:
        material: rows behind their gate.
        settings: how to learn.
        compare: learn by every objective and keep the one that orders validation people best.
        tell: hears what is being done.

    Raises:
        Rejected: the gate does not admit a fit without noise to these rows; nothing was learned.
    """
    asked = request(settings)
    log = material.gate.admit(asked)
    tell("reading what people were shown")
    lists = learnable(material, log, settings.most_rows, settings.seed)
    tell("growing trees")
    ways = [replace(settings, objective=name) for name in OBJECTIVES] if compare else [settings]
    lesson, settings = choose([(learn(lists, material.catalogue, way), way) for way in ways])
    tell("judging held-out people")
    report = judged(material, log, lesson.forest, lists)
    return ExactRunResult(lesson, report, material.gate.provenance.kind, asked.spend, settings)


def evaluate(
    material: TrainingData, model: Model, settings: ForestSettings, withhold: int = 0, tell: Tell = lambda _: None,
    ranker: str = RANKER, reference: bool = False,
) -> Report:  # fmt: skip
    """Report how a ranker does on held-out people, beside baselines learned from the others.

    Args:
        material: rows and, where there is one, the truth.
        model: the ranker.
        settings: how a forest is learned, also without programmes that are withheld to try a cold start.
        withhold: how many programmes to try as new; each costs a training run.
        tell: hears what is being done.
        ranker: the model's name in the report.
        reference: set a forest of these settings beside it, learned here from the same rows.

    Raises:
        Rejected: the gate does not admit exact figures about these rows, or the ranker has other features.
    """
    log = material.gate.admit(Request("evaluation", Spend.infinite()))
    tell("reading what people were shown")
    lists = learnable(material, log, settings.most_rows, settings.seed)
    beside = {RANKER: _reference(material, lists, settings, tell)} if reference and material.truth else {}
    tell("judging held-out people")
    report = judged(material, log, model, lists, ranker, beside)
    return replace(report, cold_starts=cold_starts(material, log, model, lists, settings, withhold, tell))


def _reference(material: TrainingData, lists: RankingDataset, settings: ForestSettings, tell: Tell) -> Model:
    tell("growing trees, to stand beside")
    return learn(lists, material.catalogue, settings).forest


def judged(
    material: TrainingData, log: LearningLog, model: Model, lists: RankingDataset, ranker: str = RANKER,
    beside: Mapping[str, Model] | None = None,
) -> Report:  # fmt: skip
    """Judge a ranker on held-out people, beside baselines learned from `lists` and other models."""
    told = tellable(material, log, MOST_JUDGED, seed=0)
    seen = seen_through(model, told, material)
    found = candidates(material, log)
    spoken = told_truth(material, found)
    people, pairs = len(found.people), len(found.pairs)
    if spoken is None:
        return Report({}, [], seen, people, pairs, ranker=ranker)
    some, truth = spoken
    standing = standings(some, _orders(material, log, {**(beside or {}), ranker: model}, lists, some), truth)
    return Report(standing, by_group(groups_of(some.people), standing, ranker), seen, people, pairs, ranker=ranker)


def seen_through(model: Model, told: RankingDataset, material: TrainingData) -> Observed:
    """A model's predictions beside what people did; a forest knows where each row was shown, others the first place."""
    if isinstance(model, Forest):
        return observed(model, told, material.catalogue)
    attributes = model.attributes(material.catalogue, told.people.declaration)
    predicted = model.score(told.people, attributes, Pairs(told.at, told.examples.programme)).probability
    label = told.examples.label
    base = np.full(label.size, label.mean() if label.size else 0.0)
    return Observed(log_loss(label, predicted), log_loss(label, base), reliability(label, predicted))


def _orders(
    material: TrainingData, log: LearningLog, models: Mapping[str, Model], lists: RankingDataset, some: Candidates
) -> dict[str, Float64]:
    past, codes = learned_from(material, log), material.codes
    vocabulary = next(iter(models.values())).vocabulary
    return {
        "popularity": popularity(past, codes, APPLIED)[some.pairs.programme],
        "views": popularity(past, codes, OPENED)[some.pairs.programme],
        "logistic": logistic_order(some, lists, material.catalogue, vocabulary),
        **{name: order(model, some, material.catalogue) for name, model in models.items()},
    }


def cold_starts(
    material: TrainingData,
    log: LearningLog,
    model: Model,
    lists: RankingDataset,
    settings: ForestSettings,
    withhold: int,
    tell: Tell,
) -> tuple[ColdStart, ...]:
    """Learn again without one programme after another, and rank it as if it had been published today."""
    spoken = told_truth(material, candidates(material, log)) if withhold else None
    if spoken is None:
        return ()
    some, truth = spoken
    trained = order(model, some, material.catalogue)
    tried = []
    for at in to_withhold(some, popularity(learned_from(material, log), material.codes, APPLIED), withhold):
        name = material.catalogue.programmes[at].id
        tell(f"learning without {name}")
        new = learn(lists, material.catalogue, settings, withheld=(at,)).forest
        tried.append(cold_start(some, truth, order(new, some, material.catalogue), trained, at, name))
    return tuple(tried)
