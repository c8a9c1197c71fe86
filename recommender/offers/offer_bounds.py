"""Offer bounds: what can be told of the utility of a day's programmes before it is worked out for anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Float64
from features.value import UNKNOWN
from recommender.offers.lead_kernel import OfferBounds
from recommender.offers.offer_arrays import MOST_ORDERED, OfferArrays, offer_arrays, ordered_amount
from recommender.offers.utility import MOST_MINUTES, STEP
from recommender.ranking.bilinear import Bilinear, Folded
from recommender.ranking.point_sums import PointSums
from recommender.rules.estimate import Estimate
from recommender.rules.estimate_bound import estimate_bound
from recommender.rules.programme_reads import programme_reads
from recommender.rules.rule_part import programme_nodes, region_gates

if TYPE_CHECKING:
    from recommender.offers.batch import Ranker
    from recommender.rules.compiled import Compiled
    from recommender.rules.worth import Value

__all__ = ["offer_bounds", "point_sums"]


def offer_bounds(compiled: Compiled, ranker: Ranker) -> OfferBounds:
    """Return the bounds of a compiled catalogue's programmes by what orders them."""
    plan, table, weights = compiled.last_known, offer_arrays(compiled), ranker.weights
    low, high, highest = _gains(table, ranker, compiled)
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
        highest=highest,
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


def _gains(table: OfferArrays, ranker: Ranker, compiled: Compiled) -> tuple[Float64, Float64, Float64]:
    """The least and the most that each programme brings, in steps, before it is multiplied by a likelihood.

    The most is of people of few children, and then of anybody.
    """
    weights = ranker.weights
    few = np.array([_bound(one.value, compiled) for one in compiled.catalogue.programmes], np.int64)
    usual, most, any_sum, unstated = (
        weights.value_of(np.full_like(table.usual, sums), table.gives)
        for sums in (table.usual, few, MOST_ORDERED, UNKNOWN)
    )
    own = table.read_set >= 0  # what it comes to depends on the person
    scale = STEP * (weights.value if ranker.scorer is None else weights.expected)
    high, highest = (scale * np.where(own, np.maximum(some, unstated), usual) for some in (most, any_sum))
    return scale * np.where(own, 0.0, usual), high, highest


def _bound(value: Value, compiled: Compiled) -> int:
    """What a value comes to at most for somebody of few children, comparable in won."""
    bound = estimate_bound(value)
    if bound is None:
        return MOST_ORDERED
    found = Estimate(value.given, bound, bound, True, ())
    ordered = ordered_amount(found, value.currency, compiled.declaration.country.currency)
    return UNKNOWN if ordered is None else ordered


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
