"""Comparison: two models on the same held-out units by one noised bundle, whose error bars say what it can tell."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.log.history import history_of
from features.snapshot import snapshots
from privacy.accounting import accountant
from privacy.accounting.mechanism import gaussian
from recommender.ranking.scorer import Pairs, Scores
from recommender.rules.clause import Answer
from recommender.rules.people_group import membership
from training.evaluation.bundle_room import MOST_BRIER, BundleRoom
from training.evaluation.promotion_gate import (
    USUAL,
    GateFigure,
    GateTerms,
    Says,
    calibration_says,
    groups_say,
    not_worse_says,
    order_says,
)
from training.evaluation.release import unit_means
from training.measures import SURE, ndcg

if TYPE_CHECKING:
    from recommender.ranking.scorer import Scorer
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset

FORMAT: Final = "proffer-comparison-3"
FEWEST: Final = 50
"""Of fewer units than this, counted with noise, nothing is told."""

Outcome = Literal[
    "better", "worse", "below_popularity", "group_worse", "less_calibrated", "miscalibrated", "cannot_tell", "too_few"
]  # fmt: skip


def of_groups(lists: RankingDataset, material: TrainingData) -> Bool:
    """Whether each list was shown to somebody of each declared group: bool[lists, G]."""
    day = material.declaration.zone.today(material.end)
    return np.asarray(membership(material.groups, lists.people, material.regions, day) == Answer.YES)


def for_everybody(scorer: Scorer, material: TrainingData) -> Float64:
    """The scores of the catalogue for somebody of whom nothing is known, float64[P]: of no person's record."""
    nobody = history_of((), material.declaration)
    at, when = np.array([-1]), np.array([material.end])
    blank = snapshots(material.declaration, nobody, at, when, material.catalogue.receipts)
    every = np.arange(len(material.catalogue.programmes))
    attributes = scorer.attributes(material.catalogue, material.declaration)
    return scorer.score(blank, attributes, Pairs(np.zeros_like(every), every)).score


def weighed(
    one: Scores, other: Scores, lists: RankingDataset, unit: Int64, members: Bool, popular: Float64 | None = None
) -> Float64:
    """What each unit adds to the bundle, float64[units, k]: every part of `BundleRoom` times its weight.

    Probabilities are held against what stood in the first place, which is what they are said of.

    Args:
        one: the challenger's scores of every row.
        other: those it is compared with.
        lists: what held-out people were shown, and what they did.
        unit: int64[m], which unit each row is about.
        members: bool[lists, G], of `of_groups`.
        popular: float64[m], what an order that is the same for everybody scores each row; None where `other` is that.
    """
    _, place = np.unique(unit, return_inverse=True)
    units = int(place.max(initial=-1)) + 1
    label = lists.examples.label
    answered, ours = ndcg(lists.at, one.score, label)
    theirs = ndcg(lists.at, other.score, label)[1]
    owner = np.zeros(int(lists.at.max(initial=-1)) + 1, dtype=np.int64)
    owner[lists.at] = place
    level = unit_means(owner[answered], theirs, units)
    first = np.flatnonzero(~(lists.examples.position > 1))
    at, label = place[first], label[first]
    said = one.probability[first], other.probability[first]
    brier = np.clip(unit_means(at, _squared(label, said[1]) - _squared(label, said[0]), units) / MOST_BRIER, -1.0, 1.0)
    bias = unit_means(at, np.nan_to_num(np.clip(said[0], 0.0, 1.0), nan=1.0) - label, units)
    rated = np.bincount(at, minlength=units) > 0
    orders = [
        _gain(owner[answered][some], (ours - theirs)[some], units)
        for some in (np.ones(answered.size, dtype=np.bool_), *members[answered].T)
    ]
    listed, *gains = orders[0]
    above = np.zeros_like(ours) if popular is None else ours - ndcg(lists.at, popular, lists.examples.label)[1]
    floor = _gain(owner[answered], above, units)[1:]
    parts = (listed, rated, *gains, level, brier, brier * brier, bias, bias * bias, *floor)
    found = np.stack([*parts, *(part for order in orders[1:] for part in order)], axis=1)
    return np.asarray(found.clip(-1.0, 1.0) * BundleRoom(members.shape[1]).weights)


def _gain(owner: Int64, difference: Float64, units: int) -> tuple[Float64, Float64, Float64]:
    """Whether each unit has any such list, its mean difference, and the square of that."""
    gain = unit_means(owner, difference, units)
    return (np.bincount(owner, minlength=units) > 0).astype(np.float64), gain, gain * gain


def _squared(label: Float64, probability: Float64) -> Float64:
    """Squared errors; a prediction that is not a number is as wrong as can be."""
    return np.asarray(np.nan_to_num((label - np.clip(probability, 0.0, 1.0)) ** 2, nan=1.0))


@dataclass(frozen=True)
class NoisedDifference:
    """The mean over units of how much better one model is than the other, as it was released.

    Attributes:
        mean: above 0 where the challenger is better.
        square: the mean of the units' squared differences.
        units: over how many, with noise.
        reach: the noise in the sum of differences and in that of squares, over the noise multiplier.
        most: the most that one unit's difference may be.
    """

    mean: float
    square: float
    units: float
    reach: tuple[float, float]
    most: float = 1.0

    def error(self, multiplier: float) -> float:
        """How far the mean may be off 95 times in 100: the noise, and the chance of who was held out.

        The second is taken at the upper end of what is known of it, because squares are noised too.

        Args:
            multiplier: of the noise: what was added, or what would have been.
        """
        noise, beside = (multiplier * reach / self.units for reach in self.reach)
        spread = min(max(self.square / self.most**2, 0.0) + SURE * beside, 1.0)
        return SURE * self.most * math.hypot(noise, math.sqrt(spread / self.units))

    def figure(self, multiplier: float, units: float | None = None) -> GateFigure:
        """As the gate reads it, of `units` units at least; None: of as many as were counted."""
        return GateFigure(self.mean, self.error(multiplier), self.units if units is None else units)


@dataclass(frozen=True)
class Comparison:
    """What one noised bundle says of a challenger.

    Attributes:
        sums: of the parts of `BundleRoom` over units, with noise.
        multiplier: of the noise: standard deviations over what one unit may add.
        against: the champion's name; None where the challenger is compared with its own order for everybody.
        groups: the declared groups, by name.
        terms: what the deployment demands.
    """

    sums: tuple[float, ...]
    multiplier: float
    against: str | None
    groups: tuple[str, ...] = ()
    terms: GateTerms = USUAL

    @property
    def room(self) -> BundleRoom:
        """What each sum is, and how much noise it has."""
        return BundleRoom(len(self.groups))

    @property
    def units(self) -> float:
        """How many units had an answered list, with noise."""
        return self._sum("listed")

    @property
    def gain(self) -> NoisedDifference:
        """How much higher the challenger's NDCG@5 is."""
        return self._mean("listed", "ndcg")

    @property
    def brier(self) -> NoisedDifference | None:
        """How much lower the challenger's mean squared error is; None where the other has no probabilities."""
        return None if self.against is None else self._mean("rated", "brier", most=MOST_BRIER)

    @property
    def above_popular(self) -> NoisedDifference | None:
        """How much higher its NDCG@5 is than that of the same order for everybody; None where that is the other."""
        return None if self.against is None else self._mean("listed", "above_popular")

    @property
    def bias(self) -> NoisedDifference:
        """How much higher the challenger's mean prediction is than the share of first places that was taken up."""
        return self._mean("rated", "bias")

    def gain_of(self, group: int) -> GateFigure:
        """How much higher its NDCG@5 is for a group; of as many units as there are at least, for all that is known."""
        fewest = self._sum("listed", group) - SURE * self.multiplier * self.room.reach("listed", group)
        return self._mean("listed", "ndcg", group).figure(self.multiplier, fewest)

    @property
    def groups_say(self) -> dict[str, Says]:
        """Of each declared group, whether it is worse by more than the margin (Holm over all)."""
        return groups_say({name: self.gain_of(at) for at, name in enumerate(self.groups)}, self.terms)

    @property
    def bias_says(self) -> Says:
        """Whether the mean prediction is as near to what happened as is demanded."""
        return calibration_says(self.bias.figure(self.multiplier), self.terms)

    @property
    def level(self) -> tuple[float, float]:
        """The NDCG@5 of what the challenger is compared with, and how far noise may have moved it."""
        units = max(self.units, 1.0)
        error = SURE * self.multiplier * self.room.reach("other_ndcg") / units
        return float(np.clip(self._sum("other_ndcg") / units, 0.0, 1.0)), error

    @property
    def outcome(self) -> Outcome:
        """Whether the challenger is better, as far as the bundle can tell; only `better` promotes."""
        gain, brier, above = self.gain, self.brier, self.above_popular
        if self.units < FEWEST:
            return "too_few"
        if abs(gain.mean) <= gain.error(self.multiplier):
            return "cannot_tell"
        if gain.mean < 0:
            return "worse"
        if above is not None and order_says(above.figure(self.multiplier), first=True) == "failed":
            return "below_popularity"
        if "failed" in self.groups_say.values():
            return "group_worse"
        if brier is not None and not_worse_says(brier.figure(self.multiplier)) == "failed":
            return "less_calibrated"
        return "miscalibrated" if self.bias_says == "failed" else "better"

    def telling_epsilon(self, delta: Decimal) -> Decimal | None:
        """The least epsilon (about) at which a difference of this size would be told; None: more units are needed."""
        low, high = 0.0, 10_000.0
        if self.units < FEWEST or abs(self.gain.mean) <= self.gain.error(low):
            return None
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.gain.error(middle) < abs(self.gain.mean) else (low, middle)
        noise = Decimal(low).quantize(Decimal("0.001"), ROUND_FLOOR)
        try:
            found = accountant.price(gaussian(noise), delta).epsilon if noise > 0 else accountant.INFINITY
        except (accountant.Unpriceable, accountant.Disagreement):
            # Of so little noise the accountants disagree; at a delta of .0001 already where it costs `MOST_CALIBRATED`,
            # so that no bound on the noise would do.
            return None
        return found if found <= accountant.MOST_CALIBRATED else None

    def to_bytes(self, question: Mapping[str, Any]) -> bytes:
        """As it is kept, and its sha256 committed: what was asked, and the noised sums."""
        document = {**question, "format": FORMAT, "multiplier": self.multiplier, "sums": list(self.sums)}
        return json.dumps(document, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"

    def read(self, content: bytes) -> Comparison:
        """The inverse of `to_bytes`: the same question's, with the sums that were kept."""
        document = json.loads(content)
        return replace(self, sums=tuple(document["sums"]), multiplier=document["multiplier"])

    def _sum(self, part: str, group: int | None = None) -> float:
        return self.sums[self.room.place(part, group)]

    def _mean(self, count: str, part: str, group: int | None = None, *, most: float = 1.0) -> NoisedDifference:
        """The mean of a part, over the units that were counted, from 1 on."""
        units, squared = max(self._sum(count, group), 1.0), f"{part}_squared"
        reach = self.room.reach(part, group), self.room.reach(squared, group)
        sums = most * self._sum(part, group), most**2 * self._sum(squared, group)
        return NoisedDifference(sums[0] / units, sums[1] / units, units, reach, most)
