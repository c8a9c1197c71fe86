"""Recency: how fast what people did long ago stops saying what they do now, chosen by a split in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import sklearn.base

from features.arrays import Bool, Float32, Float64
from features.calendar import DAY_SECONDS
from training.measures import losses, standard_error
from training.rankers.effects import own_odds
from training.rankers.models import PooledForest, probability

if TYPE_CHECKING:
    from recommender.ranking.attributes import ProgrammeAttributes
    from training.data.examples import Examples
    from training.data.ranking_dataset import RankingDataset

HALF_LIVES: Final = (730, 365, 180, 90, 45)
"""Days in which a row comes to count half, tried from the longest on for as long as it helps."""
LATE: Final = 0.05
"""The share of rows, the latest, that is foretold from all before."""
MOST: Final = 20_000
_FEWEST: Final = 200


def faded(examples: Examples, half_life: int, now: int) -> Examples:
    """The rows as they count at a UTC second; with a half-life of 0 days they count as they did."""
    if not half_life:
        return examples
    halves = np.maximum(now - examples.t, 0) / (half_life * DAY_SECONDS)
    return replace(examples, weight=examples.weight * 0.5**halves)


def choose_half_life(
    rows: Float32, lists: RankingDataset, attributes: ProgrammeAttributes, forest: PooledForest
) -> int:
    """The half-life with which earlier rows foretell later ones of other people best, in days; 0 for none.

    Two halves of the people foretell each other. A half-life is taken only where it does better than none by over one
    standard error, over rows.

    Args:
        rows: float32[m, F].
        lists: m labelled rows.
        attributes: of their programmes.
        forest: how trees are grown; a few large steps of it are enough to compare.
    """
    examples = lists.examples
    if not len(examples):
        return 0
    cut = int(np.quantile(examples.t, 1 - LATE))
    late, half = examples.t >= cut, lists.of_one_in(2)
    parts = [(~late & half, late & ~half), (~late & ~half, late & half)]
    taken = [(examples.label[part].sum(), part.sum()) for pair in parts for part in pair]
    if any(not 0 < some < many or many < _FEWEST for some, many in taken):
        return 0
    quick = sklearn.base.clone(forest)
    quick.set_params(objective="pointwise", rounds=40, patience=0, learning_rate=0.2, leaves=15)

    def loss(half_life: int) -> Float64:
        seen = faded(examples, half_life, cut)
        return np.concatenate([_foretold(quick, rows, seen, attributes, part, told) for part, told in parts])

    none = best = loss(0)
    chosen = 0
    for half_life in HALF_LIVES:
        tried = loss(half_life)
        if tried.mean() >= best.mean():
            break
        best, chosen = tried, half_life
    gain = none - best
    return chosen if gain.mean() > standard_error(gain) else 0


def _foretold(
    quick: PooledForest, rows: Float32, examples: Examples, attributes: ProgrammeAttributes, before: Bool, after: Bool
) -> Float64:
    """The loss of each later row, foretold from the earlier ones: float64[k]."""
    some = np.flatnonzero(before)
    some = some[:: max(1, -(-some.size // MOST))]
    past, told = examples[some], examples[after]
    odds = own_odds(past, attributes)
    grown = sklearn.base.clone(quick).fit(
        rows[some], past.label, past.weight, start=odds[past.programme], looked=past.attended
    )
    return losses(told.label, told.looked * probability(grown.trees.raw(rows[after]) + odds[told.programme]))
