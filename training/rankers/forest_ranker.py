"""One lesson: from labelled showings to a ranker that is ready to score, without ever looking at who is held out."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float32, Float64
from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
from recommender.ranking.design import REFERENCE, Context, DesignMatrix
from recommender.ranking.forest import FORMAT, KIND, MODEL_FILE, SCALE_FILE, VOCABULARY_FILE, Forest
from recommender.ranking.item_effect import Scale
from recommender.ranking.scorer import Pairs
from recommender.rules.catalogue import Catalogue
from training.artefact import Learned
from training.data.ranking_dataset import RankingDataset
from training.measures import log_loss, ndcg
from training.progress import Progress, silent
from training.rankers.effects import learn_effects, raw_effects
from training.rankers.models import Objective, PooledForest, Validation, calibrate, probability

if TYPE_CHECKING:
    from training.data.examples import Examples


_TELL = 10  # rounds between two reports


@dataclass(frozen=True)
class ForestSettings:
    """How a ranker is learned; chosen by validation on training people, never on held-out ones."""

    objective: Objective = "pointwise"
    rounds: int = 300
    patience: int = 25
    leaves: int = 31
    learning_rate: float = 0.1
    min_leaf: int = 200
    column_share: float = 0.5
    l2: float = 10.0
    directions: int = 8
    """Directions of the programmes' texts that the trees may split on."""
    validate_every: int = 6
    """One training person in so many decides when to stop, and calibrates; the trees never learn from them."""
    most_rows: int = 400_000
    seed: int = 0
    threads: int = 2

    def forest(self, additive: tuple[int, ...]) -> PooledForest:
        """The estimator these settings describe."""
        return PooledForest(
            objective=self.objective,
            rounds=self.rounds,
            patience=self.patience,
            leaves=self.leaves,
            learning_rate=self.learning_rate,
            min_leaf=self.min_leaf,
            column_share=self.column_share,
            l2=self.l2,
            additive=additive,
            seed=self.seed,
            threads=self.threads,
        )


def written(lists: RankingDataset, catalogue: Catalogue, vocabulary: Vocabulary) -> Float32:
    """The table that trees learn from: each row as it was shown, in its place and channel."""
    attributes = vocabulary.attributes(catalogue, lists.people.declaration)
    table = DesignMatrix.of(lists.people.declaration, vocabulary)
    context = Context(lists.examples.position, lists.examples.channel)
    return table.rows(lists.people, attributes, Pairs(lists.at, lists.examples.programme), context)


@dataclass(frozen=True)
class FitResult:
    """What was learned, and how it did on the training people who were kept for validation."""

    forest: Forest
    text: str
    metrics: dict[str, float] = field(default_factory=dict)


def learn(
    lists: RankingDataset,
    catalogue: Catalogue,
    settings: ForestSettings,
    withheld: Collection[int] = (),
    progress: Progress = silent,
) -> FitResult:
    """Learn a ranker from training people's showings.

    Trees start from each programme's own odds, so that they learn who wants what and leave what all want to the
    programmes' effects: how far these follow what is public is learned from all programmes, so that it applies to a new
    one. The people set aside say when to stop and place the scores on the scale of probabilities. A column that says
    how a row was shown is kept apart from all others (`PooledForest.additive`), so what it adds can be fixed when
    nothing is shown yet.

    Args:
        lists: showings to people who are not held out.
        catalogue: the programmes that the rows point into.
        settings: how.
        withheld: places of the catalogue to learn as if they were not published yet.
        progress: takes how many rounds are over.
    """
    known = Catalogue(tuple(p for at, p in enumerate(catalogue.programmes) if at not in set(withheld)))
    rng = np.random.default_rng(settings.seed)
    vocabulary = Vocabulary.fit(known, lists.people.declaration, settings.directions, rng)
    attributes = vocabulary.attributes(catalogue, lists.people.declaration)
    taught = lists.without(withheld)
    rows, aside = written(taught, catalogue, vocabulary), taught.of_one_in(settings.validate_every)
    fitted = _grow(taught, rows, aside, attributes, settings, progress)
    raw = fitted.trees.raw(rows)
    scale = _scale(raw, aside, taught.examples, attributes, settings)
    forest = Forest(fitted.trees, scale, vocabulary, lists.people.features_hash, catalogue.hash, {})
    kept = taught[aside]
    metrics = _metrics(kept, scale.log_odds(raw[aside], kept.examples.programme, attributes))
    people = float(np.unique(taught.examples.person).size)
    sizes = {"rows": float(len(taught)), "people": people, "rounds": float(fitted.rounds_)}
    return FitResult(forest, fitted.text_, {**metrics, **sizes, "residual_spread": scale.effects.spread})


def _grow(
    lists: RankingDataset, rows: Float32, aside: Bool, attributes: ProgrammeAttributes,
    settings: ForestSettings, progress: Progress,
) -> PooledForest:  # fmt: skip
    def told(done: int, rounds: int) -> None:
        if done % _TELL == 0:
            progress(f"growing trees, round {done} of at most {rounds}")

    additive = (rows.shape[1] - 2, rows.shape[1] - 1)
    forest = settings.forest(additive)
    learned, kept = lists[~aside], lists[aside]
    odds = _own_odds(learned.examples, attributes)
    if settings.objective == "pointwise":
        start = odds[kept.examples.programme]
        watch = Validation(rows[aside], kept.examples.label, weight=kept.examples.weight, start=start)
        return forest.fit(
            rows[~aside], learned.examples.label, learned.examples.weight,
            start=odds[learned.examples.programme], validation=watch, told=told,
        )  # fmt: skip
    rows[:, additive] = REFERENCE  # LightGBM learns the bias of each place itself, and drops it
    places = np.nan_to_num(learned.examples.position, nan=REFERENCE[0]).astype(np.int64)
    watch = Validation(rows[aside], kept.examples.label, group=kept.at)
    return forest.fit(
        rows[~aside], learned.examples.label, group=learned.at, position=places, validation=watch, told=told
    )


def _own_odds(examples: Examples, attributes: ProgrammeAttributes) -> Float64:
    base = _mean_odds(examples)
    score, count = np.full(len(examples), base), len(attributes.ids)
    own: Float64 = base + raw_effects(examples.programme, examples.label, score, count, examples.weight)[0]
    return own


def _mean_odds(examples: Examples) -> float:
    mean = float(np.average(examples.label, weights=examples.weight))
    return math.log(mean / (1 - mean))


def _scale(
    raw: Float64, aside: Bool, examples: Examples, attributes: ProgrammeAttributes, settings: ForestSettings
) -> Scale:
    """Effects from the people the trees learned from, who are many; the line from those they did not."""
    learned, kept = examples[~aside], examples[aside]
    unit, base = 1.0, _mean_odds(learned)
    if settings.objective == "lambdarank":  # its scores only order; a line gives them the unit of log-odds
        unit, base = calibrate(raw[~aside], learned.label, learned.weight)
    effect, variance = raw_effects(
        learned.programme, learned.label, unit * raw[~aside] + base, len(attributes.ids), learned.weight
    )
    seen = np.bincount(learned.programme, minlength=len(attributes.ids)) > 0
    effects = learn_effects(attributes, effect / unit, variance / unit**2, seen)
    score = raw[aside] + effects.of(attributes)[0][kept.programme]
    return Scale(*calibrate(score, kept.label, kept.weight), effects)


def _metrics(kept: RankingDataset, score: Float64) -> dict[str, float]:
    label = kept.examples.label
    order = ndcg(kept.at, score, label)[1]
    return {
        "validation_log_loss": log_loss(label, probability(score), kept.examples.weight),
        "validation_ndcg@5": float(order.mean()) if order.size else 0.0,
        "applied": float(label.sum()),
    }


def choose(learned: Sequence[tuple[FitResult, ForestSettings]]) -> tuple[FitResult, ForestSettings]:
    """The fit, with its settings, that orders validation people's lists best."""
    return max(learned, key=lambda one: one[0].metrics["validation_ndcg@5"])


def packed(forest: Forest, text: str) -> Learned:
    """A forest as the files its reader takes; `text` is the same as LightGBM writes it."""
    files = {
        MODEL_FILE: text.encode(),
        SCALE_FILE: forest.scale.to_bytes(),
        VOCABULARY_FILE: forest.vocabulary.to_bytes(),
    }
    return Learned(KIND, FORMAT, files, forest.features_hash, forest.catalogue_hash, forest.trees.names)
