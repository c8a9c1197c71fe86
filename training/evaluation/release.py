"""Figures about real people: one bundle per evaluation, noised together, at a price of its own."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64, Int64
from privacy.accounting.accountant import calibrate
from privacy.accounting.mechanism import Mechanism, exact, gaussian
from privacy.learning.step import Schedule, Total
from recommender.ranking.scorer import Pairs
from training.measures import ndcg

if TYPE_CHECKING:
    from privacy.learning.noise import Noise
    from privacy.request import QuotedPrice, RunRequest
    from recommender.ranking.scorer import Scorer
    from recommender.rules.catalogue import Catalogue
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset


NAMES: Final = ("noised_held_out_log_loss", "noised_ndcg@5")
MOST_LOSS: Final = 4.0
"""What one answer may lose at most; beyond, a unit's loss is clipped."""
_PARTS: Final = 4
_LENGTH: Final = math.sqrt(_PARTS)
"""How far one unit more or less moves the four sums: each of its parts is between 0 and 1."""


def bundle_mechanism(epsilon: Decimal, delta: Decimal) -> Mechanism:
    """One Gaussian release at a price of at most epsilon.

    Raises:
        Rejected: no noise is enough.
    """
    return gaussian(calibrate(epsilon, delta, 1, 1))


def bundle_price(material: TrainingData, run: RunRequest) -> QuotedPrice:
    """What a run of one release would cost and leave, without opening a row.

    Raises:
        Rejected: it would not be admitted, or costs more than is left (asked, left, difference).
    """
    material.gate.budget(run)  # which says at once what is wrong with population and unit
    return material.gate.price_run(run, bundle_mechanism(run.epsilon, run.delta))


def noised_metrics(
    scorer: Scorer, lists: RankingDataset, unit: Int64, catalogue: Catalogue, mechanism: Mechanism, noise: Noise
) -> dict[str, float]:
    """Log-loss and NDCG@5 on held-out units' own answers, each unit counted once, all four sums noised together.

    Args:
        scorer: predicts.
        lists: what held-out people were shown, and what they did.
        unit: int64[m], which unit each row is about.
        catalogue: the programmes.
        mechanism: Gaussian; its noise multiplier is for all four sums together.
        noise: where it comes from.
    """
    rated, loss, listed, gain = released_sums(_parts(scorer, lists, unit, catalogue), _LENGTH, mechanism, noise).round(
        1
    )
    return {
        NAMES[0]: float(np.clip(MOST_LOSS * loss / max(rated, 1.0), 0.0, MOST_LOSS)),
        NAMES[1]: float(np.clip(gain / max(listed, 1.0), 0.0, 1.0)),
    }


def released_sums(parts: Float64, length: float, mechanism: Mechanism, noise: Noise) -> Float64:
    """The sums over units of what each adds, float64[k], noised: one Gaussian release.

    Summed as gradients are (`privacy.learning.step`): clipped, rounded towards zero to a grid, in whole numbers. So one
    unit more or less moves them by at most `length` whatever the order of units; what is no number adds nothing.

    Args:
        parts: float64[units, k], none longer (L2) than `length`.
        length: what one unit may add.
        mechanism: Gaussian; its noise multiplier is for all sums together.
        noise: where it comes from.
    """
    total = Total.empty(extra=parts.shape[1])
    total.add_dense(parts, length)
    return Schedule(1, exact(1), 1, exact(str(mechanism["noise"])), length).released(total, noise)


def _parts(scorer: Scorer, lists: RankingDataset, unit: Int64, catalogue: Catalogue) -> Float64:
    """float64[units, 4], each between 0 and 1: was there, its mean loss; had an answered list, their mean NDCG."""
    attributes = scorer.attributes(catalogue, lists.people.declaration)
    scores = scorer.score(lists.people, attributes, Pairs(lists.at, lists.examples.programme))
    _, place = np.unique(unit, return_inverse=True)
    units = int(place.max(initial=-1)) + 1
    loss = unit_means(
        place, np.minimum(_losses(lists.examples.label, scores.probability), MOST_LOSS) / MOST_LOSS, units
    )
    answered, gains = ndcg(lists.at, scores.score, lists.examples.label)
    owner = np.zeros(int(lists.at.max(initial=-1)) + 1, dtype=np.int64)
    owner[lists.at] = place
    gain = unit_means(owner[answered], gains, units)
    listed = np.bincount(owner[answered], minlength=units) > 0
    return np.stack([np.ones(units), loss, listed.astype(np.float64), gain], axis=1).clip(0.0, 1.0)


def _losses(label: Float64, probability: Float64) -> Float64:
    likely = np.where(label > 0, probability, 1.0 - probability)
    return np.asarray(-np.log(np.clip(np.nan_to_num(likely, nan=0.0), 1e-12, 1.0)))


def unit_means(place: Int64, values: Float64, size: int) -> Float64:
    """The mean of the values of each place, float64[size]; 0 where there is none."""
    count = np.bincount(place, minlength=size)
    return np.asarray(np.bincount(place, weights=values, minlength=size) / np.maximum(count, 1))
