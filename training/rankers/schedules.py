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
from typing import Any, Final, Literal, NamedTuple

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import Mechanism, composed, gaussian
from privacy.learning.step import Schedule
from training.rankers.first_release import LARGE, SEEN, FirstSchedules, Weighing

Loss = Literal["pointwise", "listwise"]
Learner = Literal["bilinear", "network"]
AUTO: Final = "auto"


@dataclass(frozen=True)
class Hyperparameters:
    """What the trials chose for runs of some signal: the fewest units times epsilon that it is for, and how.

    Attributes:
        signal: units x epsilon, at least.
        steps: how many, each on all units: sampling would only add noise, where one machine can hold them all.
        rate: how far a step goes along the mean of what units ask for, in clips, for every thousand of signal.
        everybody: what everybody brings to the effects of attributes that are the same for all.
        person: norm of what a typical person brings to the crosses.
        waves: smooth waves over ordered classes.
        own: what a programme's own effect is scaled by.
        indicator: what a programme's own column of crosses is scaled by; 0 for none.
        pairs: norm of what a typical person's pairs of facts bring.
        blocks: how much attributes count by the beginning of their names.
        start: the part of the squared separation that goes to counting programmes before the first step.
        seen: how much a showing counts beside a take-up in these counts.
        personal: the variance by which people are thought to differ from the start, beside that of programmes in it;
            0 keeps all that was learned, however much of it may be noise.
        q: the part of the units that a step sees (Poisson); 1 is all of them.
        neurons: of a hidden layer; 0 for none, which is the bilinear ranker.
        gain: how much neurons say to begin with, of a typical person.
        alike: how much sums over programmes that have attributes in common count in these counts, beside single ones.
    """

    signal: float
    steps: int
    rate: float
    everybody: float
    person: float
    waves: int
    own: float
    indicator: float
    pairs: float
    blocks: Mapping[str, float]
    start: float = 0.05
    seen: float = SEEN
    personal: float = 0.0
    q: Decimal = Decimal(1)
    neurons: int = 0
    gain: float = 0.0
    alike: float = 0.0

    @property
    def weighing(self) -> Weighing:
        """How what is counted about programmes is weighed."""
        return Weighing(self.seen, self.alike)


_BLOCKS: Final = {
    "": 0.2, "category=": 1.3, "form=": 0.2, "level=": 0.1, "period=": 0.1, "text": 0.2, "always": 0.5,
}  # fmt: skip
"""What columns are scaled by, by the beginning of their names; what is in no block counts as the first."""

_ALIKE: Final = {"": 0.5}
_HALF: Final = Decimal("0.5")

TABLE: Final = (
    Hyperparameters(0, 60, 0.8, 1.5, 1.5, 2, 0.3, 0.0, 0.0, _ALIKE, 0.5, 0.15, 0.2, alike=1.0),
    Hyperparameters(2_000, 60, 0.8, 1.5, 1.5, 2, 0.3, 0.0, 0.0, _ALIKE, 0.5, 0.1, 1.0),
    Hyperparameters(5_000, 60, 1.33, 1.5, 1.5, 2, 0.3, 0.0, 0.0, _ALIKE, 0.5, 0.1),
    Hyperparameters(20_000, 60, 2.66, 1.5, 1.5, 2, 0.3, 0.0, 0.0, _ALIKE, 0.3, 0.1),
    Hyperparameters(60_000, 60, 2.66, 1.5, 1.5, 3, 0.6, 0.0, 0.0, _ALIKE, 0.2, 0.1),
)
SMALL: Final = (
    Hyperparameters(0, 60, 0.8, 1.5, 1.5, 2, 0.3, 0.4, 0.7, _BLOCKS, 0.2, personal=1.0),
    Hyperparameters(5_000, 60, 1.33, 1.5, 1.5, 2, 0.3, 0.4, 0.7, _BLOCKS),
    Hyperparameters(60_000, 60, 1.33, 1.5, 1.5, 3, 0.6, 0.4, 0.7, _BLOCKS),
)
"""The table of small catalogues."""
NETWORK: Final = (Hyperparameters(0, 60, 0.8, 1.5, 1.5, 2, 0.3, 0.0, 0.0, _ALIKE, 0.5, 0.1, 0.0, _HALF, 64, 1.0),)
"""The table of networks."""
SMALL_NETWORK: Final = (
    Hyperparameters(0, 60, 0.8, 1.5, 1.5, 2, 0.3, 0.4, 0.0, _BLOCKS, 0.2, SEEN, 1.0, _HALF, 64, 1.0),
    Hyperparameters(5_000, 60, 1.33, 1.5, 1.5, 2, 0.3, 0.4, 0.0, _BLOCKS, 0.05, SEEN, 0.0, _HALF, 64, 1.0),
)
"""The table of networks of small catalogues."""
TABLES: Final = {"bilinear": (SMALL, TABLE), "network": (SMALL_NETWORK, NETWORK)}
"""By learner: of small catalogues, and of larger ones."""
FASTEST: Final = 80.0
"""No step goes further: beyond, the noise is small, and what all want alike would swing."""
CLIP: Final = 0.35
PLACES_CLIP, PROGRAMMES_CLIP = 5.0, 1.0
"""The most that one unit's counts weigh before the first step; a typical one takes up a few of some twenty it sees."""
CALIBRATION: Final = 0.02
"""The part of the squared separation that goes to placing scores on the scale of probabilities."""
OF_PLACES: Final = 0.02
"""The part that goes to counting places before the first step."""
ERROR: Final = Decimal("0.0105")
"""PRV's upper end is so much above the exact price of Gaussian releases."""
LEAST: Final = 2 * ERROR


@dataclass(frozen=True)
class TrainingPlan:
    """How one private run learns; every number in it is public.

    Attributes:
        schedule: the steps.
        first: the two releases that steps start from, of places and of programmes.
        calibration: noise multiplier of the one release that probabilities are read off; 0 with a noiseless schedule.
        row: what the table says.
        epsilon: what the run may cost.
        delta: at which.
        programmes: how many the catalogue has.
    """

    schedule: Schedule
    first: FirstSchedules
    calibration: Decimal
    row: Hyperparameters
    epsilon: Decimal
    delta: Decimal
    programmes: int
    loss: Loss = "pointwise"

    def mechanism(self) -> Mechanism:
        """What is done to the rows: a first release, the steps, then one release for calibration."""
        steps = self.schedule.mechanism()
        return (
            composed(*(gaussian(one.sigma) for one in self.first), steps, gaussian(self.calibration))
            if self.private
            else steps
        )

    def to_document(self) -> dict[str, Any]:
        """As manifests write it: decimals as strings."""
        row, schedule = self.row, self.schedule
        return {
            "learner": self.learner, "units": schedule.units, "epsilon": text_of(self.epsilon),
            "delta": text_of(self.delta),
            "programmes": self.programmes, "q": text_of(schedule.q), "steps": schedule.steps,
            "sigma": text_of(schedule.sigma), "clip": str(schedule.clip), "calibration": text_of(self.calibration),
            "first": {name: text_of(one.sigma) for name, one in self.first._asdict().items()}, "loss": self.loss,
            "rate": str(row.rate), "everybody": str(row.everybody), "person": str(row.person),
            "waves": row.waves, "own": str(row.own),
            "indicator": str(row.indicator), "pairs": str(row.pairs), "start": str(row.start), "seen": str(row.seen),
            **({"alike": str(row.alike)} if row.alike else {}),
            "personal": str(row.personal),
            "blocks": {name: str(scale) for name, scale in row.blocks.items()},
            **({"neurons": row.neurons, "gain": str(row.gain)} if row.neurons else {}),
        }  # fmt: skip

    @property
    def learner(self) -> Learner:
        """What learns by it."""
        return "network" if self.row.neurons else "bilinear"

    def metrics(self) -> dict[str, float]:
        """The numbers of the steps, as trackers take them; none of them is about anybody."""
        one = self.schedule
        return {"steps": float(one.steps), "sigma": float(one.sigma), "stated_units": float(one.units)}

    @property
    def rate(self) -> float:
        """How far a step goes: the more there are, the less noise there is to keep out by stopping early."""
        return min(self.row.rate * self.schedule.units * float(self.epsilon) / 1000, FASTEST)

    @property
    def private(self) -> bool:
        """Whether there is any noise."""
        return self.schedule.sigma > 0

    def without_noise(self) -> TrainingPlan:
        """Its twin without privacy: the same steps without noise, at an infinite price, which no gate admits."""
        bare, *first = (replace(one, sigma=Decimal(0)) for one in (self.schedule, *self.first))
        return replace(self, schedule=bare, first=FirstSchedules(*first), calibration=Decimal(0))


class PlanTerms(NamedTuple):
    """What a plan is for: how many units are stated, what all may cost at which delta, how large the catalogue is."""

    units: int
    epsilon: Decimal
    delta: Decimal
    programmes: int


@lru_cache(maxsize=64)
def plan(
    units: int, epsilon: Decimal, delta: Decimal, programmes: int, loss: Loss = "pointwise",
    learner: Learner = "bilinear",
) -> TrainingPlan:  # fmt: skip
    """Look up how to learn, and find the least noise at which PRV and PLD both price it at no more than epsilon.

    Args:
        units: how many there are said to be, as stated in public or counted with noise.
        epsilon: what all of it may cost, at `delta`.
        delta: see `privacy.accounting.amount.read_delta`.
        programmes: how many the catalogue has.
        loss: of the labels' form: a choice of one among many is listwise, an answer to each offer pointwise.
        learner: of which the plan is.

    Raises:
        Rejected: epsilon, delta or units are out of bounds.
    """
    if not (epsilon.is_finite() and epsilon > LEAST and units >= 1 and 0 < delta < 1):
        what = f"{units} units at epsilon {epsilon} and delta {delta} make no plan"
        remedy = f"Give an epsilon above {LEAST}, a delta between 0 and 1, and at least one unit"
        raise Rejected([Problem(("plan",), "range", what, remedy)])
    accountant.refuse_beyond_range(epsilon, ("plan",))
    terms, row = PlanTerms(units, epsilon, delta, programmes), row_for(units, epsilon, programmes, learner)
    noise = 1.0 / separation(float(epsilon - ERROR), float(delta))
    if row.q < 1:  # nothing closed says what sampled steps cost together with what is released of all
        guess = _rounded(noise)
        found = accountant.least_noise(
            lambda tried: _noised(terms, row, loss, float(tried)).mechanism(), epsilon, delta, guess
        )
        return _noised(terms, row, loss, float(found))
    while True:
        made = _noised(terms, row, loss, noise)
        if accountant.price(made.mechanism(), delta).epsilon <= epsilon:
            return made
        noise *= 1.002


def _noised(terms: PlanTerms, row: Hyperparameters, loss: Loss, noise: float) -> TrainingPlan:
    """The plan whose releases weigh together about as much as one of such noise."""
    units, epsilon, delta, programmes = terms
    sigma = _rounded(noise * float(row.q) * math.sqrt(row.steps / (1 - CALIBRATION - OF_PLACES - row.start)))
    schedule = Schedule(units, row.q, row.steps, sigma, CLIP)
    first = FirstSchedules(
        Schedule(units, Decimal(1), 1, _rounded(noise / math.sqrt(OF_PLACES)), PLACES_CLIP),
        Schedule(units, Decimal(1), 1, _rounded(noise / math.sqrt(row.start)), PROGRAMMES_CLIP),
    )
    calibration = _rounded(noise / math.sqrt(CALIBRATION))
    return TrainingPlan(schedule, first, calibration, row, epsilon, delta, programmes, loss)


def _rounded(sigma: float) -> Decimal:
    return Decimal(sigma).quantize(Decimal("0.001"), ROUND_CEILING)


def row_for(units: int, epsilon: Decimal, programmes: int, learner: Learner = "bilinear") -> Hyperparameters:
    """The row of the learner's table for so much signal and so large a catalogue."""
    signal, (small, large) = units * float(epsilon), TABLES[learner]
    return [row for row in (small if programmes <= LARGE else large) if row.signal <= signal][-1]


def learner_for(asked: str) -> Learner:
    """The learner that is asked for; `auto` is the bilinear one, for any number of units and any epsilon.

    In no world in which nothing was tuned did the network order better by more than one fit differs from another
    (docs/private-training.md).

    >>> learner_for("auto"), learner_for("network")
    ('bilinear', 'network')
    """
    return "network" if asked == "network" else "bilinear"


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
