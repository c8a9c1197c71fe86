"""One lesson: from labelled showings to a ranker that is ready to score, without ever looking at who is held out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from features.arrays import Bool, Float32, Float64
from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary, own_tag
from recommender.ranking.design import REFERENCE, Context, DesignMatrix
from recommender.ranking.forest import (
    ATTENTION_FILE,
    FORMAT,
    KIND,
    MODEL_FILE,
    SCALE_FILE,
    VOCABULARY_FILE,
    Forest,
    Trees,
    parse_trees,
)
from recommender.ranking.item_effect import ItemEffects, PublicPrior, Scale
from recommender.ranking.scorer import Pairs
from recommender.rules.catalogue import Catalogue
from training.artefact import Learned
from training.data.ranking_dataset import RankingDataset
from training.measures import log_loss, ndcg, standard_error
from training.progress import Progress, silent
from training.rankers.attention import Attention, learn_attention
from training.rankers.effects import effects_beyond, mean_odds, own_odds
from training.rankers.models import OBJECTIVES, Objective, PooledForest, Validation, calibrate, probability
from training.rankers.own_forests import OwnForests, grow_classes, grow_own, joined, without_trees
from training.rankers.recency import choose_half_life, faded

if TYPE_CHECKING:
    from training.data.examples import Examples


Way = Objective | Literal["popularity"]
WAYS: Final[tuple[Way, ...]] = ("popularity", *OBJECTIVES)
"""How an order may be learned: by how often programmes are taken up, the same for everybody, or by trees."""
_TELL = 10  # rounds between two reports
_BY_ROUND: Final = {"pointwise": "validation_log_loss_by_round", "lambdarank": "validation_ndcg@5_by_round"}


@dataclass(frozen=True)
class ForestSettings:
    """How a ranker is learned; chosen by validation on training people, never on held-out ones."""

    objective: Way = "pointwise"
    rounds: int = 3000
    """Of pooled trees at most; validation people say when to stop long before."""
    patience: int = 50
    leaves: int = 31
    learning_rate: float = 0.15
    min_leaf: int = 200
    column_share: float = 0.5
    l2: float = 10.0
    directions: int = 8
    """Directions of the programmes' texts that the trees may split on."""
    own_most: int = 64
    """In a catalogue of at most so many programmes each is a column, with trees of its own, blended by validation."""
    validate_every: int = 6
    """One training person in so many decides when to stop, and calibrates; then trees are grown again on everybody."""
    most_rows: int = 400_000
    seed: int = 0
    threads: int = 2

    def forest(self, additive: tuple[int, ...]) -> PooledForest:
        """The estimator these settings describe."""
        return PooledForest(
            objective="lambdarank" if self.objective == "lambdarank" else "pointwise",
            rounds=self.rounds,
            patience=self.patience,
            leaves=self.leaves,
            learning_rate=self.learning_rate,
            min_leaf=self.min_leaf,
            column_share=self.column_share,
            l2=self.l2,
            additive=additive,
            random_state=self.seed,
            threads=self.threads,
        )


def written(lists: RankingDataset, catalogue: Catalogue, vocabulary: Vocabulary) -> Float32:
    """The table that trees learn from: each row as it was shown, in its place and channel."""
    attributes = vocabulary.attributes(catalogue, lists.people.declaration)
    table = DesignMatrix.of(lists.people.declaration, vocabulary)
    context = Context(lists.examples.position, lists.examples.channel)
    return table.rows(lists.people, attributes, Pairs(lists.at, lists.examples.programme), context)


def looked_at(forest: Forest, examples: Examples) -> Float64:
    """How likely each row was looked at, as it was shown; 1 where no attention was learned."""
    if forest.attention is None:
        return np.ones(len(examples))
    return probability(forest.attention.raw(Context(examples.position, examples.channel).columns))


def scores_of(forest: Forest, lists: RankingDataset, catalogue: Catalogue) -> Float64:
    """The scores of rows, everything being in the first place."""
    attributes = forest.attributes(catalogue, lists.people.declaration)
    return forest.score(lists.people, attributes, Pairs(lists.at, lists.examples.programme)).score


@dataclass(frozen=True)
class FitResult:
    """What was learned, and how it did on the training people who were kept for validation."""

    forest: Forest
    text: str
    attention: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    by_round: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """What the validation people said of the pooled trees after each round, by name."""


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
    one. The people set aside say when to stop, how much of the score a programme's own trees are, and what line makes
    scores probabilities; then all trees are grown again on everybody, so that nobody is lost to learning. A column that
    says how a row was shown is kept apart from all others (`PooledForest.additive`), so what it adds can be fixed when
    nothing is shown yet.

    Args:
        lists: showings to people who are not held out.
        catalogue: the programmes that the rows point into.
        settings: how.
        withheld: places of the catalogue to learn as if they were not published yet.
        progress: takes how many rounds are over.
    """
    known = Catalogue(tuple(p for at, p in enumerate(catalogue.programmes) if at not in set(withheld)))
    rng, declaration = np.random.default_rng(settings.seed), lists.people.declaration
    vocabulary = Vocabulary.fit(known, declaration, settings.directions, rng, settings.own_most)
    attributes = vocabulary.attributes(catalogue, declaration)
    taught = lists.without(withheld)
    if settings.objective == "popularity":
        return _popular(taught, catalogue, vocabulary)
    table = _Table(written(taught, catalogue, vocabulary), taught, attributes, DesignMatrix.of(declaration, vocabulary))
    progress("telling attention from want")
    table, attention = table.attended(settings)
    progress("choosing how fast the past fades")
    half_life = choose_half_life(table.rows, table.lists, attributes, settings.forest(table.design.additive))
    table = table.faded(half_life)
    taught, aside = table.lists, table.lists.of_one_in(settings.validate_every)
    tried = _grow(table, aside, settings, progress)
    kind, share, line, metrics = _blend(table, aside, tried, settings)
    own = tried.own[kind].texts if share else {}
    placed = parse_trees(joined(tried.pooled.text_, own, table.own_columns, share))
    metrics |= _order_when_fixed(placed, line, table, aside)
    final = _grow(table, None, settings, progress, tried._replace(own={kind: tried.own[kind]} if share else {}))
    text = joined(final.pooled.text_, final.own[kind].texts if share else {}, table.own_columns, share)
    trees = parse_trees(text)
    effects = _effects(trees.raw(table.rows), taught.examples, attributes, settings)
    forest = Forest(
        trees, replace(line, effects=effects), vocabulary, lists.people.features_hash, catalogue.hash, {},
        None if attention is None else parse_trees(attention.text),
    )  # fmt: skip
    people = float(np.unique(taught.examples.person).size)
    sizes = {"rows": float(len(taught)), "people": people, "rounds": float(tried.pooled.rounds_), "own_share": share}
    sizes |= {"half_life_days": float(half_life), "looked_at": float(taught.examples.looked.mean())}
    return FitResult(
        forest,
        text,
        "" if attention is None else attention.text,
        {**metrics, **sizes, "residual_spread": effects.spread},
        {_BY_ROUND[settings.objective]: tried.pooled.watched_},
    )


@dataclass(frozen=True)
class _Table:
    """What trees are grown on: the table of labelled rows, and what is public about their programmes."""

    rows: Float32
    lists: RankingDataset
    attributes: ProgrammeAttributes
    design: DesignMatrix

    @cached_property
    def own_columns(self) -> dict[int, int]:
        """By a programme's place, the column that is 1 for it alone; empty in a large catalogue."""
        place = {name: at for at, name in enumerate(self.design.names)}
        named = [f"programme.{own_tag(programme)}" for programme in self.attributes.ids]
        return {at: place[name] for at, name in enumerate(named) if name in place}

    def attended(self, settings: ForestSettings) -> tuple[_Table, Attention | None]:
        """The same with how likely each row was looked at, everything being in the first place then; and by what."""
        found = learn_attention(self.rows, self.design, self.lists.examples, settings.seed, settings.threads)
        if found is None:
            return self, None
        self.rows[:, self.design.additive] = REFERENCE
        return self._with(replace(self.lists.examples, looked=found.looked)), found

    def faded(self, half_life: int) -> _Table:
        """The same as its rows count at the time of the latest."""
        examples = self.lists.examples
        return self._with(faded(examples, half_life, int(examples.t.max(initial=0))))

    def _with(self, examples: Examples) -> _Table:
        return replace(self, lists=replace(self.lists, examples=examples))


class _Grown(NamedTuple):
    """Pooled trees, and each programme's own by the way in which they were grown."""

    pooled: PooledForest
    own: Mapping[str, OwnForests]


def _grow(
    table: _Table, aside: Bool | None, settings: ForestSettings, progress: Progress, tried: _Grown | None = None
) -> _Grown:
    """Grow trees: until the people aside are predicted no better, or on everybody as long as was best before."""

    def told(done: int, rounds: int) -> None:
        if done % _TELL == 0:
            progress(f"growing trees, round {done} of at most {rounds} (fewer where more do not help)")

    lists, rows, additive = table.lists, table.rows, table.design.additive
    learned = np.ones(len(lists), dtype=np.bool_) if aside is None else ~aside
    forest = settings.forest(additive)
    if tried is not None:
        forest = forest.set_params(rounds=max(tried.pooled.rounds_, 1), patience=0)
    start = own_odds(lists[learned].examples, table.attributes)[lists.examples.programme]
    if settings.objective == "lambdarank":
        return _Grown(_ordered(forest, table, aside, told), {})
    watch, examples = None, lists[learned].examples
    if aside is not None:
        kept = lists[aside].examples
        watch = Validation.of(rows[aside], kept, start[aside])
    forest.fit(
        rows[learned], examples.label, examples.weight, start=start[learned], looked=examples.attended,
        validation=watch, told=told,
    )  # fmt: skip
    return _Grown(forest, _grow_own(table, start, aside, settings, None if tried is None else tried.own))


def _grow_own(
    table: _Table, start: Float64, aside: Bool | None, settings: ForestSettings, tried: Mapping[str, OwnForests] | None
) -> dict[str, OwnForests]:
    """Each programme's own trees, in both ways, or again in the ways that were tried; none in a large catalogue."""
    found, examples, how = dict[str, OwnForests](), table.lists.examples, settings.forest(table.design.additive)
    ways = (EACH, CLASSES) if tried is None else tuple(tried)
    if not table.own_columns:
        return {}
    if EACH in ways:
        each = tried[EACH].rounds if tried else None
        found[EACH] = grow_own(how, table.rows, examples, start, aside, each)
    if CLASSES in ways:
        rounds = max(tried[CLASSES].rounds.values(), default=0) if tried else 0
        person = np.ascontiguousarray(table.rows[:, : table.design.person.size])
        found[CLASSES] = grow_classes(how, person, examples, aside, rounds)
    return found


def _ordered(
    forest: PooledForest, table: _Table, aside: Bool | None, told: Callable[[int, int], object]
) -> PooledForest:
    """Trees that order lists; LightGBM learns the bias of each place itself, and drops it."""
    table.rows[:, table.design.additive] = REFERENCE
    learned = np.ones(len(table.lists), dtype=np.bool_) if aside is None else ~aside
    lists, watch = table.lists[learned], None
    if aside is not None:
        kept = table.lists[aside]
        watch = Validation(table.rows[aside], kept.examples.label, group=kept.at)
    places = np.nan_to_num(lists.examples.position, nan=REFERENCE[0]).astype(np.int64)
    return forest.fit(
        table.rows[learned], lists.examples.label, group=lists.at, position=places, validation=watch, told=told
    )


_SHARES: Final = (0.25, 0.5, 0.75, 1.0)
EACH, CLASSES = "each", "classes"


class _Blend(NamedTuple):
    """How much of the score is each programme's own, grown in which way; the scale then, and validation figures."""

    kind: str
    share: float
    scale: Scale
    metrics: dict[str, float]


def _blend(table: _Table, aside: Bool, grown: _Grown, settings: ForestSettings) -> _Blend:
    """The blend that predicts the people aside best, or one that orders their lists better by more than chance.

    Better by more than chance: by over one standard error of the difference over lists.
    """
    pooled, kept = grown.pooled.trees.raw(table.rows), table.lists[aside]
    found, orders = list[_Blend](), list[Float64]()
    ways = [(EACH, 0.0), *((kind, share) for kind, own in grown.own.items() if own.texts for share in _SHARES)]
    for kind, share in ways:
        raw = (1 - share) * pooled + (share * grown.own[kind].raw if share else 0.0)
        scale = _scale(raw, aside, table, settings)
        score = scale.log_odds(raw[aside], kept.examples.programme, table.attributes)
        found.append(_Blend(kind, share, scale, _metrics(kept, score)))
        orders.append(ndcg(kept.at, score, kept.examples.label)[1])
    likeliest = min(range(len(found)), key=lambda at: found[at].metrics["validation_log_loss"])
    best = max(range(len(found)), key=lambda at: found[at].metrics["validation_ndcg@5"])
    gain = orders[best] - orders[likeliest]
    told = gain.size > 1 and gain.mean() > standard_error(gain)
    return found[best if told else likeliest]


def _order_when_fixed(trees: Trees, scale: Scale, table: _Table, aside: Bool) -> dict[str, float]:
    """How well lists are ordered with everything in the first place, as when nothing is shown yet; alike for all."""
    rows, kept = table.rows[aside], table.lists[aside]
    rows[:, table.design.additive] = REFERENCE
    score = scale.log_odds(trees.raw(rows), kept.examples.programme, table.attributes)
    return {"validation_ndcg@5": _metrics(kept, score)["validation_ndcg@5"]}


def _scale(raw: Float64, aside: Bool, table: _Table, settings: ForestSettings) -> Scale:
    """Effects from the people the trees learned from, who are many; the line from those they did not."""
    kept = table.lists.examples[aside]
    effects = _effects(raw[~aside], table.lists.examples[~aside], table.attributes, settings)
    score = raw[aside] + effects.of(table.attributes)[0][kept.programme]
    return Scale(*calibrate(score, kept.label, kept.weight, kept.attended), effects)


def _effects(raw: Float64, learned: Examples, attributes: ProgrammeAttributes, settings: ForestSettings) -> ItemEffects:
    unit, base = 1.0, mean_odds(learned)
    if settings.objective == "lambdarank":  # its scores only order; a line gives them the unit of log-odds
        unit, base = calibrate(raw, learned.label, learned.weight, learned.attended)
    return effects_beyond(learned, unit * raw + base, unit, attributes)


def _metrics(kept: RankingDataset, score: Float64) -> dict[str, float]:
    label = kept.examples.label
    order = ndcg(kept.at, score, label)[1]
    return {
        "validation_log_loss": log_loss(label, kept.examples.looked * probability(score), kept.examples.weight),
        "validation_ndcg@5": float(order.mean()) if order.size else 0.0,
        "applied": float(label.sum()),
    }


def _popular(taught: RankingDataset, catalogue: Catalogue, vocabulary: Vocabulary) -> FitResult:
    """The order of how often programmes are taken up, as a forest without a tree; a line makes counts probabilities."""
    examples, declaration = taught.examples, taught.people.declaration
    attributes = vocabulary.attributes(catalogue, declaration)
    taken = np.log(np.bincount(examples.programme, examples.weight * examples.label, len(attributes.ids)) + 0.5)
    design, order = DesignMatrix.of(declaration, vocabulary), np.argsort(attributes.codes)
    nothing = np.zeros(2 * attributes.values.shape[1])
    public = PublicPrior(nothing[::2], nothing, nothing)
    effects = ItemEffects(
        float(np.log(0.5)), public, nothing, np.outer(nothing, nothing), 0.0, attributes.codes[order],
        (taken - np.log(0.5))[order],
    )  # fmt: skip
    line = calibrate(taken[examples.programme], examples.label, examples.weight)
    text = without_trees(len(design.names))
    forest = Forest(
        parse_trees(text), Scale(*line, effects), vocabulary, taught.people.features_hash, catalogue.hash, {}
    )
    return FitResult(forest, text, metrics={"rows": float(len(taught))})


def packed(forest: Forest, text: str, attention: str = "") -> Learned:
    """A forest as the files its reader takes; `text` and `attention` are its trees as LightGBM writes them."""
    files = {
        MODEL_FILE: text.encode(),
        SCALE_FILE: forest.scale.to_bytes(),
        VOCABULARY_FILE: forest.vocabulary.to_bytes(),
        ATTENTION_FILE: attention.encode(),
    }
    return Learned(KIND, FORMAT, files, forest.features_hash, forest.catalogue_hash, forest.trees.names)
