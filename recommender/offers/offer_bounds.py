"""Offer bounds: what can be told of the utility of a day's programmes before it is worked out for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Float64
from features.value import UNKNOWN
from recommender.offers.lead_kernel import OfferBounds
from recommender.offers.offer_arrays import MOST_ORDERED, OfferArrays, offer_arrays
from recommender.offers.utility import MOST_MINUTES, STEP
from recommender.ranking.bilinear import Bilinear, Folded
from recommender.ranking.point_sums import PointSums
from recommender.rules.programme_reads import programme_reads
from recommender.rules.rule_part import programme_nodes, region_gates

if TYPE_CHECKING:
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled

__all__ = ["offer_bounds", "point_sums"]


def offer_bounds(compiled: Compiled, ranker: Ranker) -> OfferBounds:
    """Return the bounds of a compiled catalogue's programmes by what orders them."""
    plan, table, weights = compiled.last_known, offer_arrays(compiled), ranker.weights
    low, high = _gains(table, ranker)
    unlikely, likely = _likelihoods(ranker, len(table.ids))
    corrected = np.zeros(len(table.ids)) if ranker.correction is None else ranker.correction.most(compiled)
    reads, minutes = programme_reads(compiled), np.where(table.effort_minutes == UNKNOWN, 0, table.effort_minutes)
    return OfferBounds(
        nodes=programme_nodes(plan),
        gates=region_gates(plan),
        capped=plan.capped,
        closed=table.closed,
        window=table.personal_window,
        urgency=STEP * weights.urgency * weights.urgency_of(table.days_left),
        low=low,
        high=high,
        likely=likely,
        unlikely=unlikely,
        unlocks=np.where(table.grant_set >= 0, STEP * weights.unlocks, 0.0),
        corrected=corrected.astype(np.float64),
        effort=-STEP * weights.effort * np.minimum(minutes, MOST_MINUTES) / 60,
        reads=reads.of,
        read_at=reads.at,
        read=reads.columns,
        weights=STEP * np.array([weights.doubt, weights.certainty]),
    )


def _gains(table: OfferArrays, ranker: Ranker) -> tuple[Float64, Float64]:
    """The least and the most that each programme brings, in steps, before it is multiplied by a likelihood."""
    weights = ranker.weights
    usual, most, unstated = (
        weights.value_of(np.full_like(table.usual, sums), table.gives) for sums in (table.usual, MOST_ORDERED, UNKNOWN)
    )
    own = table.read_set >= 0  # what it comes to depends on the person
    scale = STEP * (weights.value if ranker.scorer is None else weights.expected)
    return scale * np.where(own, 0.0, usual), scale * np.where(own, np.maximum(most, unstated), usual)


def _likelihoods(ranker: Ranker, programmes: int) -> tuple[Float64, Float64]:
    """The least and the greatest likelihood of each programme, whoever is asked; 1 where nothing says."""
    if ranker.scorer is None:
        return np.ones(programmes), np.ones(programmes)
    if isinstance(ranker.scorer, Bilinear) and isinstance(ranker.attributes, Folded):
        return ranker.scorer.likelihood_bounds(ranker.attributes)
    return np.zeros(programmes), np.ones(programmes)


def point_sums(ranker: Ranker) -> PointSums:
    """Return the parts of a private ranker's points; none of another's."""
    if isinstance(ranker.scorer, Bilinear) and isinstance(ranker.attributes, Folded):
        return ranker.scorer.point_sums(ranker.attributes)
    return PointSums.none()
