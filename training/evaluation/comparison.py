"""Comparison: two models on the same held-out units by one noised bundle, whose error bars say what it can tell."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from features.arrays import Float64, Int64
from features.log.history import history_of
from features.snapshot import snapshots
from privacy.accounting import accountant
from privacy.accounting.mechanism import gaussian
from recommender.ranking.scorer import Pairs, Scores
from training.evaluation.release import unit_means
from training.measures import ndcg

if TYPE_CHECKING:
    from recommender.ranking.scorer import Scorer
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset

FORMAT: Final = "proffer-comparison-1"
SURE: Final = 1.96
"""Error bars are so many standard deviations long: a normal value is within them 95 times in 100."""
FEWEST: Final = 50
"""Of fewer units than this, counted with noise, nothing is told."""
MOST_BRIER: Final = 0.25
"""A unit's difference in squared error counts up to this; beyond, it is clipped."""
PARTS: Final = ("listed", "rated", "ndcg", "ndcg_squared", "other_ndcg", "brier", "brier_squared")
"""What a unit adds: whether it has an answered list, whether any row, then means over its own lists and rows."""
WEIGHTS: Final = (0.25, 0.25, 1.0, 0.5, 0.25, 0.5, 0.25)
"""The difference in NDCG is what has to be told, so it has the most of the noise's room."""
LENGTH: Final = math.sqrt(sum(weight * weight for weight in WEIGHTS))
"""How far one unit more or less moves the weighed sums: each part is between -1 and 1."""

Outcome = Literal["better", "worse", "less_calibrated", "cannot_tell", "too_few"]


def scored(scorer: Scorer, lists: RankingDataset, material: TrainingData) -> Scores:
    """A model's scores of every row."""
    attributes = scorer.attributes(material.catalogue, material.declaration)
    return scorer.score(lists.people, attributes, Pairs(lists.at, lists.examples.programme))


def for_everybody(scorer: Scorer, material: TrainingData) -> Float64:
    """The scores of the catalogue for somebody of whom nothing is known, float64[P]: of no person's record."""
    nobody = history_of((), material.declaration)
    at, when = np.array([-1]), np.array([material.end])
    blank = snapshots(material.declaration, nobody, at, when, material.catalogue.receipts)
    every = np.arange(len(material.catalogue.programmes))
    attributes = scorer.attributes(material.catalogue, material.declaration)
    return scorer.score(blank, attributes, Pairs(np.zeros_like(every), every)).score


def weighed(one: Scores, other: Scores, lists: RankingDataset, unit: Int64) -> Float64:
    """What each unit adds to the bundle, float64[units, 7]: `PARTS` times `WEIGHTS`, none longer than `LENGTH`.

    Args:
        one: the challenger's scores of every row.
        other: those it is compared with.
        lists: what held-out people were shown, and what they did.
        unit: int64[m], which unit each row is about.
    """
    _, place = np.unique(unit, return_inverse=True)
    units = int(place.max(initial=-1)) + 1
    label = lists.examples.label
    answered, ours = ndcg(lists.at, one.score, label)
    theirs = ndcg(lists.at, other.score, label)[1]
    owner = np.zeros(int(lists.at.max(initial=-1)) + 1, dtype=np.int64)
    owner[lists.at] = place
    gain = unit_means(owner[answered], ours - theirs, units)
    level = unit_means(owner[answered], theirs, units)
    listed = np.bincount(owner[answered], minlength=units) > 0
    less = _squared(label, other.probability) - _squared(label, one.probability)
    brier = np.clip(unit_means(place, less, units) / MOST_BRIER, -1.0, 1.0)
    parts = (listed, np.ones(units), gain, gain * gain, level, brier, brier * brier)
    return np.asarray(np.stack(parts, axis=1).clip(-1.0, 1.0) * np.array(WEIGHTS))


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
        weights: by which differences and squares were weighed.
        most: the most that one unit's difference may be.
    """

    mean: float
    square: float
    units: float
    weights: tuple[float, float]
    most: float = 1.0

    def error(self, multiplier: float) -> float:
        """How far the mean may be off 95 times in 100: the noise, and the chance of who was held out.

        The second is taken at the upper end of what is known of it, because squares are noised too.

        Args:
            multiplier: of the noise: what was added, or what would have been.
        """
        noise, beside = (multiplier * LENGTH / (weight * self.units) for weight in self.weights)
        spread = min(max(self.square / self.most**2, 0.0) + SURE * beside, 1.0)
        return SURE * self.most * math.hypot(noise, math.sqrt(spread / self.units))


@dataclass(frozen=True)
class Comparison:
    """What one noised bundle says of a challenger.

    Attributes:
        sums: of `PARTS` over units, with noise.
        multiplier: of the noise: standard deviations over what one unit may add.
        against: the champion's name; None where the challenger is compared with its own order for everybody.
    """

    sums: tuple[float, ...]
    multiplier: float
    against: str | None

    @property
    def units(self) -> float:
        """How many units had an answered list, with noise."""
        return self._sum("listed")

    @property
    def gain(self) -> NoisedDifference:
        """How much higher the challenger's NDCG@5 is."""
        units = max(self.units, 1.0)
        mean, square = self._sum("ndcg") / units, self._sum("ndcg_squared") / units
        return NoisedDifference(mean, square, units, (WEIGHTS[2], WEIGHTS[3]))

    @property
    def calibration(self) -> NoisedDifference | None:
        """How much lower the challenger's mean squared error is; None where the other has no probabilities."""
        if self.against is None:
            return None
        units = max(self._sum("rated"), 1.0)
        mean, square = MOST_BRIER * self._sum("brier") / units, MOST_BRIER**2 * self._sum("brier_squared") / units
        return NoisedDifference(mean, square, units, (WEIGHTS[5], WEIGHTS[6]), MOST_BRIER)

    @property
    def level(self) -> tuple[float, float]:
        """The NDCG@5 of what the challenger is compared with, and how far noise may have moved it."""
        units = max(self.units, 1.0)
        error = SURE * self.multiplier * LENGTH / (WEIGHTS[4] * units)
        return float(np.clip(self._sum("other_ndcg") / units, 0.0, 1.0)), error

    @property
    def outcome(self) -> Outcome:
        """Whether the challenger is better, as far as the bundle can tell; only `better` promotes."""
        gain, calibration = self.gain, self.calibration
        if self.units < FEWEST:
            return "too_few"
        if abs(gain.mean) <= gain.error(self.multiplier):
            return "cannot_tell"
        if gain.mean < 0:
            return "worse"
        if calibration is not None and calibration.mean < -calibration.error(self.multiplier):
            return "less_calibrated"
        return "better"

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
        except accountant.Unpriceable:
            return None
        return found if found <= accountant.MOST_CALIBRATED else None

    def to_bytes(self, question: Mapping[str, Any]) -> bytes:
        """As it is kept, and its sha256 committed: what was asked, and the noised sums."""
        document = {
            **question,
            "format": FORMAT,
            "multiplier": self.multiplier,
            "sums": dict(zip(PARTS, self.sums, strict=True)),
        }
        return json.dumps(document, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"

    @classmethod
    def from_bytes(cls, content: bytes, against: str | None) -> Comparison:
        """The inverse of `to_bytes`."""
        document = json.loads(content)
        return cls(tuple(document["sums"][name] for name in PARTS), document["multiplier"], against)

    def _sum(self, name: str) -> float:
        return self.sums[PARTS.index(name)]
