"""The student: LightGBM that learns a private teacher's scores for people who do not exist, which spends nothing.

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
from recommender.ranking.scorer import Pairs
from training import artefact
from training.data.material import candidates, candidates_of, hidden, learnable
from training.data.ranking_dataset import Candidates
from training.evaluation.evaluation_report import STUDENT, Report
from training.rankers import forest_ranker
from training.runs.exact_run import as_learned, judged

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.runs.exact_run import Tell


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
        report: how both do on synthetic people who were held out.
        teacher: what the manifest says of it: its name, whose privacy it spent and how much.
        latency: milliseconds that one person's answer takes either of them, on one thread.
        kind: whom the rows were about.
    """

    forest: Forest
    text: str
    report: Report
    teacher: Mapping[str, Any]
    latency: Mapping[str, float]
    settings: StudentSettings
    kind: DataKind = DataKind.SYNTHETIC

    @property
    def spend(self) -> Spend:
        """Nothing: it saw a released model and people who do not exist."""
        return Spend(Decimal(0))

    @property
    def about_nobody(self) -> bool:
        """Always: a student sees nobody else."""
        return True

    def figures(self) -> dict[str, float]:
        """The figures that are tracked."""
        return self.report.figures()

    def told(self) -> dict[str, Any]:
        """What the run was told."""
        spend = {f"spend_{name}": value for name, value in self.spend.to_document().items()}
        return {**asdict(self.settings), **spend, "data_kind": self.kind.value, "teacher": self.teacher["name"]}

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact."""
        besides = {"teacher": dict(self.teacher), "latency_ms": dict(self.latency)}
        origin = artefact.TrainingProvenance(run_id, trained_at, self.kind, self.spend, asdict(self.settings), besides)
        return artefact.pack(as_learned(self.forest, self.text), self.report.to_document(), origin)


def train(
    material: TrainingData, teacher: Model, name: str, settings: StudentSettings, tell: Tell = lambda _: None
) -> StudentRunResult:
    """Learn a private teacher's scores.

    Args:
        material: people who do not exist.
        teacher: a model that was learned under differential privacy.
        name: what the teacher is called.
        settings: how.
        tell: hears what is being done.

    Raises:
        Rejected: the people may exist, or the teacher spent an infinite epsilon.
    """
    described = described_teacher(teacher, name)
    log = material.gate.admit(Request("student", Spend.infinite()))
    tell("asking the teacher about people who do not exist")
    asked = _asked(material, log, settings)
    tell("growing trees")
    forest, text = _grown(material, teacher, asked, settings)
    tell("judging both on people neither saw")
    exact = forest_ranker.ForestSettings()
    lists = learnable(material, log, exact.most_rows, exact.seed)
    report = judged(material, log, forest, lists, STUDENT, {TEACHER: teacher})
    some = candidates(material, log)
    latency = {STUDENT: latency_ms(forest, some, material), TEACHER: latency_ms(teacher, some, material)}
    return StudentRunResult(forest, text, report, described, latency, settings)


def described_teacher(teacher: Model, name: str) -> dict[str, Any]:
    """What a student's manifest says of its teacher.

    Raises:
        Rejected: it promised nobody anything, so neither would the student.
    """
    manifest = teacher.manifest
    spend = Spend.from_document(manifest["spend"], (name, "spend"))
    if not spend.finite or manifest["kind"] != "bilinear":
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
    told = teacher.score(asked.people, teacher.attributes(catalogue, declaration), asked.pairs).score
    text = _boosted(rows, told, settings)
    scale = Scale(1.0, 0.0, _no_effects(attributes.values.shape[1]))
    return Forest(parse_trees(text), scale, vocabulary, declaration.hash, catalogue.hash, {}), text


def _boosted(rows: Float32, told: Float64, settings: StudentSettings) -> str:
    options = {
        "objective": "regression", "num_leaves": settings.leaves, "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.min_leaf, "seed": settings.seed, "num_threads": settings.threads,
        "deterministic": True, "force_col_wise": True, "verbosity": -1,
    }  # fmt: skip
    booster = lightgbm.train(options, lightgbm.Dataset(rows, told), num_boost_round=settings.rounds)
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
