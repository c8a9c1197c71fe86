"""The difference an offer makes: cross-fitted AIPW scores, a DR-learner on LightGBM, calibrated, with lower bounds.

Of people of whom some were offered something, by a chance that is known (a trial) or follows from what is recorded:
LightGBM learns what comes of an offer, what comes without one, and the chance, each of others than those it is asked
about (cross-fitting; Chernozhukov et al. 2018). Their augmented inverse-probability scores (Robins, Rotnitzky & Zhao
1994) are unbiased for each person's difference where either model is right; regressed on what is recorded they give the
difference (DR-learner, Kennedy 2023), and regressed on that again its calibration (best linear predictor, Chernozhukov,
Demirer, Duflo & Fernandez-Val 2018). Bounds are those of groups of like difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import lightgbm
import numpy as np

from features.arrays import Bool, Float64, Int64
from features.problem import Problem, Problems
from training.policy.off_policy import half_width

LEAST_CHANCE: Final = 0.02
"""Below it, or above 1 less it, a learned chance is taken for it: a weight is at most 50."""
LEAST_GROUP: Final = 40
"""So many people at least are in each of the groups that bounds are told of."""
MOST_GROUPS: Final = 10


@dataclass(frozen=True)
class UpliftSettings:
    """How to learn: `folds` parts, and trees of a size that suits some hundred to some ten thousand people."""

    folds: int = 5
    rounds: int = 80
    leaves: int = 8
    learning_rate: float = 0.05
    min_leaf: int = 20
    seed: int = 0
    threads: int = 1


@dataclass(frozen=True)
class OfferTrial:
    """n people of whom some were offered something, and what they did.

    Attributes:
        facts: float64[n, F], what was recorded before the offer; NaN where unknown.
        offered: bool[n].
        outcome: float64[n], what came of it (1 taken up, 0 not).
        chance: float64[n], with which each was offered it; None where it has to be learned from `facts`.
        unit: int64[n], whose rows they are; None where each is a unit.
        odds_off_by: by what factor the odds of an offer may differ between people who are alike in all that is recorded
            (the marginal sensitivity model, Tan 2006): 1 where the log holds everything that decided.
    """

    facts: Float64
    offered: Bool
    outcome: Float64
    chance: Float64 | None = None
    unit: Int64 | None = None
    odds_off_by: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be learned from, with everything that is wrong.

        Raises:
            Rejected: shapes differ, nobody or everybody was offered it, or a chance cannot be.
        """
        problems, rows = Problems(), self.facts.shape[:1]
        for name in ("offered", "outcome", "chance", "unit"):
            array = getattr(self, name)
            if array is not None and array.shape != rows:
                problems.found.append(Problem((name,), "invalid", f"is not one of {rows}", "Give one a person"))
        if not problems.found and not 0 < self.offered.sum() < len(self.offered):
            problems.add(("offered",), "range", "holds nobody, or everybody", "Give people of both kinds")
        if self.chance is not None and ((self.chance <= 0) | (self.chance >= 1)).any():
            problems.add(("chance",), "range", "is 0 or 1 for somebody", "Leave out whom chance did not decide about")
        if not self.odds_off_by >= 1:
            problems.add(("odds_off_by",), "range", f"cannot be {self.odds_off_by}", "Give a factor of at least 1")
        problems.raise_any()

    @property
    def units(self) -> Int64:
        """Whose rows they are, empty where each is a unit."""
        return np.zeros(0, np.int64) if self.unit is None else self.unit


@dataclass(frozen=True)
class Uplift:
    """What an offer is told to change, of the people it was learned from; each by models that never saw them.

    Attributes:
        likelihood: float64[n], P(takes up | offered) as the model tells.
        difference: float64[n], calibrated.
        low, high: float64[n], bounds at CONFIDENCE of the mean difference of the people whose difference is alike.
        scores: float64[n], each person's unbiased, noisy score of the difference.
        least, most: float64[n], what the scores can be where the odds of an offer are off (`OfferTrial.odds_off_by`).
        slope: of the calibration: 1 where differences are as far apart as they were told to be, 0 where nothing tells
            them apart.
    """

    likelihood: Float64
    difference: Float64
    low: Float64
    high: Float64
    scores: Float64
    least: Float64
    most: Float64
    slope: float


@dataclass(frozen=True)
class Gain:
    """What one way of choosing brings over another, a person asked about, with its interval at CONFIDENCE."""

    value: float
    low: float
    high: float

    @property
    def told(self) -> str:
        """In a word: a gain, a loss, or no gain that these data can tell."""
        return "gain" if self.low > 0 else "loss" if self.high < 0 else "no gain"


def folds_of(trial: OfferTrial, settings: UpliftSettings) -> Int64:
    """Which part each row is in, int64[n]: those of one unit together, offered and not spread evenly."""
    rng = np.random.default_rng(settings.seed)
    unit = np.arange(len(trial.offered)) if trial.unit is None else np.unique(trial.unit, return_inverse=True)[1]
    first = np.unique(unit, return_index=True)[1]
    drawn = np.lexsort((rng.random(len(first)), trial.offered[first]))
    part = np.empty(len(first), np.int64)
    part[drawn] = np.arange(len(first)) % settings.folds
    return part[unit]


def learn_uplift(trial: OfferTrial, settings: UpliftSettings | None = None) -> Uplift:
    """Learn the difference an offer makes, of each person by models of the others."""
    settings = settings or UpliftSettings()
    part = folds_of(trial, settings)
    arms = [_of_others(trial, part, trial.outcome, trial.offered == arm, settings) for arm in (False, True)]
    binary = bool(np.isin(trial.outcome, (0, 1)).all())
    without, likelihood = (np.clip(arm, 0, 1) if binary else arm for arm in arms)
    chance = trial.chance
    if chance is None:
        learned = _of_others(trial, part, trial.offered.astype(np.float64), np.ones_like(trial.offered), settings)
        chance = np.clip(learned, LEAST_CHANCE, 1 - LEAST_CHANCE)
    off = trial.odds_off_by
    least, scores, most = (aipw(trial, chance, (without, likelihood), by) for by in (off, 1.0, 1 / off))
    raw = _of_others(trial, part, scores, np.ones_like(trial.offered), settings)
    difference, slope = calibrated(raw, scores)
    low, high = _bounds(difference, least, most)
    return Uplift(likelihood, difference, low, high, scores, least, most, slope)


def aipw(trial: OfferTrial, chance: Float64, arms: tuple[Float64, Float64], off: float) -> Float64:
    """Each person's score of the difference: float64[n]; `arms` is what is expected without and with an offer.

    With `off` above 1 the least that the score can be if the odds of an offer are off by that factor, below 1 the most
    (off by its inverse).
    """
    without, likelihood = arms
    sign = np.where(trial.offered, 1.0, -1.0)
    rest = trial.outcome - np.where(trial.offered, likelihood, without)
    odds = np.where(trial.offered, (1 - chance) / chance, chance / (1 - chance))
    lessens = (sign * rest > 0) == (off >= 1)
    factor = max(off, 1 / off)
    weight = 1 + odds * np.where(lessens, 1 / factor, factor)
    return np.asarray(likelihood - without + sign * weight * rest)


def calibrated(raw: Float64, scores: Float64) -> tuple[Float64, float]:
    """Differences that are right on average, as far apart as the scores say, and the slope that made them so."""
    centred = raw - raw.mean()
    spread = float((centred**2).sum())
    slope = float(np.clip((centred * scores).sum() / spread, 0, 1)) if spread > 1e-12 else 0.0
    return scores.mean() + slope * centred, slope


def gain_of(uplift: Uplift, trial: OfferTrial, chosen: Bool, instead: Bool) -> Gain:
    """What offering it to the chosen brings over offering it to others: the mean of scores, a person asked about."""
    weight = chosen.astype(np.float64) - instead
    worst = weight * np.where(weight > 0, uplift.least, uplift.most)
    best = weight * np.where(weight > 0, uplift.most, uplift.least)
    value = float((weight * uplift.scores).mean())
    low, high = (float(side.mean()) for side in (worst, best))
    half = [half_width(side - side.mean(), trial.units) for side in (worst, best)]
    return Gain(value, low - half[0], high + half[1])


def first_by(score: Float64, share: float) -> Bool:
    """Who comes first by a score, so large a share of all: bool[n]."""
    order = np.argsort(-score, kind="stable")
    chosen = np.zeros(len(score), np.bool_)
    chosen[order[: round(share * len(score))]] = True
    return chosen


def ordered_by(uplift: Uplift, trial: OfferTrial, share: float) -> tuple[Literal["difference", "likelihood"], Gain]:
    """By what to order where a share can be offered it, and what the difference brings over likelihood.

    By the difference only where it is sure to bring more, at the trial's own doubt about what decided on offers: the
    lower bound of its gain over likelihood is above 0.
    """
    gain = gain_of(uplift, trial, first_by(uplift.difference, share), first_by(uplift.likelihood, share))
    return ("difference" if gain.low > 0 else "likelihood"), gain


def _of_others(trial: OfferTrial, part: Int64, wanted: Float64, among: Bool, settings: UpliftSettings) -> Float64:
    """What a forest learned among the rows of all other parts says of each row."""
    found = np.empty(len(wanted))
    for fold in range(settings.folds):
        inside = part == fold
        rows = among & ~inside
        found[inside] = _grown(trial.facts[rows], wanted[rows], settings).predict(trial.facts[inside])
    return found


def _grown(facts: Float64, wanted: Float64, settings: UpliftSettings) -> Any:
    """A small forest by squared error, which is right for means of any kind."""
    options = {
        "objective": "regression", "learning_rate": settings.learning_rate, "num_leaves": settings.leaves,
        "min_data_in_leaf": min(settings.min_leaf, max(len(wanted) // 4, 1)), "lambda_l2": 5.0, "seed": settings.seed,
        "num_threads": settings.threads, "deterministic": True, "force_row_wise": True, "verbose": -1,
    }  # fmt: skip
    return lightgbm.train(options, lightgbm.Dataset(facts, wanted), settings.rounds)


def _bounds(difference: Float64, least: Float64, most: Float64) -> tuple[Float64, Float64]:
    """Bounds of the mean difference of people whose difference is alike: of its groups, by order."""
    count = int(np.clip(len(difference) // LEAST_GROUP, 1, MOST_GROUPS))
    low, high = np.empty(len(difference)), np.empty(len(difference))
    alone = np.zeros(0, np.int64)
    for group in np.array_split(np.argsort(difference, kind="stable"), count):
        lows, highs = least[group], most[group]
        low[group] = lows.mean() - half_width(lows - lows.mean(), alone)
        high[group] = highs.mean() + half_width(highs - highs.mean(), alone)
    return low, high
