"""The plans: how a private ranker learns from so many units at such an epsilon, decided in advance on public ground.

No personal data entered these figures. docs/private-training.md says how they were chosen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import Mechanism, composed, gaussian
from privacy.learning.step import Schedule

LARGE: Final = 64
"""A catalogue of more programmes than this has no columns for single programmes, only an effect for each."""


@dataclass(frozen=True)
class Hyperparameters:
    """What the trials chose for runs of some signal: the fewest units times epsilon that it is for, and how.

    Attributes:
        signal: units x epsilon, at least.
        steps: how many, each on all units: sampling would only add noise, where one machine can hold them all.
        rate: Adam's.
        everybody: what everybody brings to the effects of attributes that are the same for all.
        person: norm of what a typical person brings to the crosses.
        waves: smooth waves over ordered classes.
        own: what a programme's own effect is scaled by.
        indicator: what a programme's own column of crosses is scaled by; 0 for none.
        shrink: part of the median singular value that all are lowered by.
        blocks: how much attributes count by the beginning of their names.
    """

    signal: float
    steps: int
    rate: float
    everybody: float
    person: float
    waves: int
    own: float
    indicator: float
    shrink: float
    blocks: Mapping[str, float]


_PUBLIC: Final = {"text": 1.0}

TABLE: Final = (
    Hyperparameters(0, 60, 0.05, 2.0, 1.0, 1, 2.5, 0.0, 0.3, _PUBLIC),
    Hyperparameters(6_000, 60, 0.08, 1.0, 1.5, 1, 1.5, 0.0, 0.3, _PUBLIC),
    Hyperparameters(60_000, 60, 0.10, 1.0, 2.5, 2, 1.5, 0.0, 0.3, _PUBLIC),
    Hyperparameters(200_000, 120, 0.10, 1.0, 2.5, 3, 1.5, 0.0, 0.0, _PUBLIC),
)
SMALL: Final = (
    Hyperparameters(0, 60, 0.05, 1.0, 2.5, 2, 1.5, 1.0, 0.3, _PUBLIC),
    Hyperparameters(60_000, 60, 0.10, 1.0, 2.5, 3, 1.5, 1.0, 0.3, _PUBLIC),
)
"""The table of small catalogues."""
CLIP: Final = 0.35
CALIBRATION: Final = 0.02
"""The part of the squared separation that goes to placing scores on the scale of probabilities."""
ERROR: Final = Decimal("0.0105")
"""PRV's upper end is so much above the exact price of Gaussian releases."""
LEAST: Final = 2 * ERROR


@dataclass(frozen=True)
class TrainingPlan:
    """How one private run learns; every number in it is public.

    Attributes:
        schedule: the steps.
        calibration: noise multiplier of the one release that probabilities are read off; 0 with a noiseless schedule.
        row: what the table says.
        epsilon: what the run may cost.
        delta: at which.
        programmes: how many the catalogue has.
    """

    schedule: Schedule
    calibration: Decimal
    row: Hyperparameters
    epsilon: Decimal
    delta: Decimal
    programmes: int

    def mechanism(self) -> Mechanism:
        """What is done to the rows: the steps, then one release for calibration."""
        steps = self.schedule.mechanism()
        return composed(steps, gaussian(self.calibration)) if self.private else steps

    def to_document(self) -> dict[str, Any]:
        """As manifests write it: decimals as strings."""
        row, schedule = self.row, self.schedule
        return {
            "learner": "bilinear", "units": schedule.units, "epsilon": text_of(self.epsilon),
            "delta": text_of(self.delta),
            "programmes": self.programmes, "q": text_of(schedule.q), "steps": schedule.steps,
            "sigma": text_of(schedule.sigma), "clip": str(schedule.clip), "calibration": text_of(self.calibration),
            "rate": str(row.rate), "everybody": str(row.everybody), "person": str(row.person),
            "waves": row.waves, "own": str(row.own),
            "indicator": str(row.indicator), "shrink": str(row.shrink),
            "blocks": {name: str(scale) for name, scale in row.blocks.items()},
        }  # fmt: skip

    @property
    def private(self) -> bool:
        """Whether there is any noise."""
        return self.schedule.sigma > 0

    def without_noise(self) -> TrainingPlan:
        """Its twin without privacy: the same steps without noise, at an infinite price, which no gate admits."""
        plain = self.schedule
        bare = Schedule(plain.units, plain.q, plain.steps, Decimal(0), plain.clip)
        return replace(self, schedule=bare, calibration=Decimal(0))


@lru_cache(maxsize=64)
def plan(units: int, epsilon: Decimal, delta: Decimal, programmes: int) -> TrainingPlan:
    """Look up how to learn, and find the least noise at which PRV and PLD both price it at no more than epsilon.

    Args:
        units: how many there are said to be, as stated in public or counted with noise.
        epsilon: what all of it may cost, at `delta`.
        delta: see `privacy.accounting.amount.read_delta`.
        programmes: how many the catalogue has.

    Raises:
        Rejected: epsilon, delta or units are out of bounds.
    """
    if not (epsilon.is_finite() and epsilon > LEAST and units >= 1 and 0 < delta < 1):
        what = f"{units} units at epsilon {epsilon} and delta {delta} make no plan"
        remedy = f"Give an epsilon above {LEAST}, a delta between 0 and 1, and at least one unit"
        raise Rejected([Problem(("plan",), "range", what, remedy)])
    accountant.refuse_beyond_range(epsilon, ("plan",))
    row = row_for(units, epsilon, programmes)
    noise = 1.0 / separation(float(epsilon - ERROR), float(delta))
    while True:
        sigma = _rounded(noise * math.sqrt(row.steps / (1 - CALIBRATION)))
        schedule = Schedule(units, Decimal(1), row.steps, sigma, CLIP)
        made = TrainingPlan(schedule, _rounded(noise / math.sqrt(CALIBRATION)), row, epsilon, delta, programmes)
        if accountant.price(made.mechanism(), delta).epsilon <= epsilon:
            return made
        noise *= 1.002


def _rounded(sigma: float) -> Decimal:
    return Decimal(sigma).quantize(Decimal("0.001"), ROUND_CEILING)


def row_for(units: int, epsilon: Decimal, programmes: int) -> Hyperparameters:
    """The row of the table for so much signal and so large a catalogue."""
    signal = units * float(epsilon)
    return [row for row in (SMALL if programmes <= LARGE else TABLE) if row.signal <= signal][-1]


def separation(epsilon: float, delta: float) -> float:
    """The largest ratio of sensitivity to noise at which one Gaussian release is (epsilon, delta)-private.

    Balle & Wang 2018 (arXiv:1805.06530), theorem 8, by bisection. Full batches of Gaussian steps are one release of
    as much separation: their squares add up (Dong, Roth & Su 2022, corollary 3.3).

    >>> round(1 / separation(1.0, 1e-6), 2)
    4.22
    """
    normal = NormalDist()
    low, high = 0.0, 100.0
    for _ in range(100):
        mu = (low + high) / 2
        left, right = normal.cdf(mu / 2 - epsilon / mu), normal.cdf(-mu / 2 - epsilon / mu)
        low, high = (mu, high) if left - math.exp(epsilon) * right <= delta else (low, mu)
    return low
