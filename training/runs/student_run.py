"""The student: LightGBM that learns a private teacher's scores for synthetic people, which spends nothing.

What is computed from a released model alone tells nothing more about whom it was learned from (post-processing, Dwork &
Roth 2014, proposition 2.1): the synthetic people are drawn without them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import lightgbm
import numpy as np

from features.arrays import Float32, Float64
from features.problem import Problem, Rejected
from privacy.data_provenance import DataKind
from privacy.request import Request
from privacy.spend import Spend
from recommender.ranking.attributes import Vocabulary
from recommender.ranking.design import DesignMatrix
from recommender.ranking.forest import Forest, parse_trees
from recommender.ranking.item_effect import ItemEffects, PublicPrior, Scale
from recommender.ranking.model import PRIVATE_READERS
from recommender.ranking.scorer import Pairs
from training.data.material import candidates, candidates_of, hidden, learning_showings
from training.data.ranking_dataset import Candidates
from training.evaluation.evaluation_report import STUDENT
from training.evaluation.judgement import judge
from training.evaluation.observed_orders import Beside
from training.progress import Progress, silent
from training.rankers.forest_ranker import ForestSettings, packed
from training.runs.training_run import RunProvenance, TrainingRun

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.artefact import Learned
    from training.data.examples import LearningLog
    from training.data.material import TrainingData


TEACHER: Final = "teacher"
OFFERED: Final = 500
"""Candidates that the latency of one answer is measured with."""
_TRIES: Final = 25


@dataclass(frozen=True)
class StudentSettings:
    """How a student learns; it has no labels that could be overfitted, only the teacher's scores."""

    rounds: int = 300
    leaves: int = 63
    learning_rate: float = 0.1
    min_leaf: int = 50
    directions: int = 8
    most_rows: int = 300_000
    seed: int = 0
    threads: int = 2


@dataclass(frozen=True)
class StudentRunResult:
    """A student, beside its teacher.

    Attributes:
        forest: what was learned.
        text: the same as LightGBM writes it.
        teacher: what the manifest says of it: its name, whose privacy it spent and how much.
        latency: milliseconds that one person's answer takes either of them, on one thread.
        chosen: how it was learned.
    """

    forest: Forest
    text: str
    teacher: Mapping[str, Any]
    latency: Mapping[str, float]
    chosen: StudentSettings

    def learned(self) -> Learned:
        """The forest as files."""
        return packed(self.forest, self.text)

    def settings(self) -> Mapping[str, Any]:
        """The settings."""
        return asdict(self.chosen)

    def params(self) -> Mapping[str, Any]:
        """The settings, and the teacher's name."""
        return {**self.settings(), "teacher": self.teacher["name"]}

    def metrics(self) -> Mapping[str, float]:
        """None but those of the report."""
        return {}

    def extras(self, params: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002 - the protocol's argument
        """The teacher, and how fast both are."""
        return {"teacher": dict(self.teacher), "latency_ms": dict(self.latency)}


def train(
    material: TrainingData, teacher: Model, name: str, settings: StudentSettings, progress: Progress = silent
) -> TrainingRun[StudentRunResult]:
    """Learn a private teacher's scores.

    Args:
        material: synthetic people.
        teacher: a model that was learned under differential privacy.
        name: what the teacher is called.
        settings: how.
        progress: takes the step that begins.

    Raises:
        Rejected: the people may be real, or the teacher spent an infinite epsilon.
    """
    described = described_teacher(teacher, name)
    log = material.gate.admit(Request("student", Spend.infinite()))
    progress("asking the teacher about synthetic people")
    asked = _asked(material, log, settings)
    progress("growing trees")
    forest, text = _grown(material, teacher, asked, settings)
    progress("judging both on people neither saw")
    exact = ForestSettings()
    lists = learning_showings(material, log, exact.most_rows, exact.seed)
    report = judge(material, log, forest, lists, STUDENT, Beside({TEACHER: teacher}))
    some = candidates(material, log)
    latency = {STUDENT: latency_ms(forest, some, material), TEACHER: latency_ms(teacher, some, material)}
    result = StudentRunResult(forest, text, described, latency, settings)
    return TrainingRun(result, RunProvenance(DataKind.SYNTHETIC, Spend(Decimal(0))), report)


def described_teacher(teacher: Model, name: str) -> dict[str, Any]:
    """What a student's manifest says of its teacher.

    Raises:
        Rejected: it is not differentially private, so neither would the student be.
    """
    manifest = teacher.manifest
    spend = Spend.from_document(manifest["spend"], (name, "spend"))
    if not spend.finite or manifest["kind"] not in PRIVATE_READERS:
        what = f"is no private model: it spent epsilon {spend.to_document()['epsilon']}"
        raise Rejected(
            [Problem((f"--teacher {name}",), "invalid", what, "Give a model that `--ranker private` trained")]
        )
    said = ("population", "unit", "spend_id", "data_kind")
    return {"name": name, "spend": spend.to_document(), **{key: manifest[key] for key in said if key in manifest}}


def _asked(material: TrainingData, log: LearningLog, settings: StudentSettings) -> Candidates:
    """Pairs of synthetic people who are not held out: all of some people's, about as many as settings say."""
    found = candidates_of(material, log, ~hidden(material, log))
    share = settings.most_rows / max(len(found.pairs), 1)
    drawn = np.random.default_rng(settings.seed).random(len(found.people)) < share
    return Candidates(found.people, found.pairs[drawn[found.pairs.person]])


def _grown(material: TrainingData, teacher: Model, asked: Candidates, settings: StudentSettings) -> tuple[Forest, str]:
    catalogue, declaration = material.catalogue, material.declaration
    vocabulary = Vocabulary.fit(catalogue, declaration, settings.directions, np.random.default_rng(settings.seed))
    attributes = vocabulary.attributes(catalogue, declaration)
    rows = DesignMatrix.of(declaration, vocabulary).rows(asked.people, attributes, asked.pairs)
    scores = teacher.score(asked.people, teacher.attributes(catalogue, declaration), asked.pairs).score
    text = _boosted(rows, scores, settings)
    scale = Scale(1.0, 0.0, _no_effects(attributes.values.shape[1]))
    return Forest(parse_trees(text), scale, vocabulary, declaration.hash, catalogue.hash, {}), text


def _boosted(rows: Float32, scores: Float64, settings: StudentSettings) -> str:
    options = {
        "objective": "regression", "num_leaves": settings.leaves, "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.min_leaf, "seed": settings.seed, "num_threads": settings.threads,
        "deterministic": True, "force_col_wise": True, "verbosity": -1,
    }  # fmt: skip
    booster = lightgbm.train(options, lightgbm.Dataset(rows, scores), num_boost_round=settings.rounds)
    return str(booster.model_to_string())


def _no_effects(attributes: int) -> ItemEffects:
    """Programmes' effects are in the teacher's scores already."""
    none = np.zeros(2 * attributes)
    public = PublicPrior(np.zeros(attributes), none, none)
    square = np.zeros((2 * attributes, 2 * attributes))
    return ItemEffects(0.0, public, none, square, 0.0, np.zeros(0, dtype=np.int64), np.zeros(0))


def latency_ms(
    model: Model, some: Candidates, material: TrainingData, clock: Callable[[], float] = time.perf_counter
) -> float:
    """The median time that scoring one person's candidates takes, in milliseconds."""
    one, attributes = some.people.row(0), model.attributes(material.catalogue, material.declaration)
    count = len(material.catalogue.programmes)
    pairs = Pairs(np.zeros(OFFERED, dtype=np.int64), np.arange(OFFERED, dtype=np.int64) % count)
    took = []
    for _ in range(_TRIES):
        began = clock()
        model.score(one, attributes, pairs)
        took.append(clock() - began)
    return round(1000 * statistics.median(took), 4)
