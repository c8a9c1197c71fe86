"""What another policy would have brought, from what one that chose by chance brought: IPS, SNIPS, DR, SWITCH.

Each is a mean of one influence a round, or a ratio of two, so its interval is that of a mean over units, with Student's
t (Horvitz & Thompson 1952; Swaminathan & Joachims 2015 for SNIPS; Dudik, Langford & Li 2011 for DR; Wang, Agarwal &
Dudik 2017 for SWITCH). Nothing is told of fewer than `LEAST_EFFECTIVE` effective rounds, nor of a policy that would
show what had no chance to be shown: nothing in the log says what would have come of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from scipy.stats import t as student

from features.arrays import Float64, Int64
from features.problem import Problem, Rejected
from training.policy.logged_bandit import LoggedBandit, chances_that_cannot_be

Method = Literal["ips", "snips", "dr", "switch"]
METHODS: Final[tuple[Method, ...]] = ("ips", "snips", "dr", "switch")
LEAST_EFFECTIVE: Final = 100.0
SWITCH_AT: Final = 10.0
"""The weight above which SWITCH believes the model, unless somebody says another."""
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class OffPolicyValue:
    """The mean reward that a policy would have brought, with its interval; never a bare point.

    Attributes:
        method: how it was estimated.
        value: the estimate.
        low, high: the interval, at CONFIDENCE.
        effective: the effective number of units, (sum of weights)^2 / sum of squares (Kish 1965).
        modelled: the share of the policy that was taken from the model because its weight was too large (SWITCH).
    """

    method: Method
    value: float
    low: float
    high: float
    effective: float
    modelled: float = 0.0

    def to_document(self) -> dict[str, object]:
        """As reports write it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def off_policy_value(
    rounds: LoggedBandit, policy: Float64, method: Method = "dr", switch_at: float = SWITCH_AT
) -> OffPolicyValue:
    """Estimate what a policy would have brought.

    Args:
        rounds: what was shown by chance, and what came of it.
        policy: float64[n, A], the chance with which it would show each programme in each round; rows sum to 1.
        method: how; dr and switch need `rounds.predicted`.
        switch_at: the weight above which `switch` believes the model and not the round.

    Raises:
        Rejected: the policy would show what had no chance to be shown; too little is known of it; there is no model.
    """
    _refuse_what_cannot_be_told(rounds, policy, method)
    weight = policy[np.arange(len(rounds)), rounds.action] / rounds.chance
    units = np.zeros(0, np.int64) if rounds.unit is None else rounds.unit
    effective = effective_size(weight, units)
    if effective < LEAST_EFFECTIVE:
        what = f"rests on {effective:.0f} effective units, and fewer than {LEAST_EFFECTIVE:.0f} tell nothing"
        remedy = "Log more rounds, or ask about a policy nearer to the one that was logged"
        raise Rejected([Problem(("value",), "refused", what, remedy)])
    if method == "snips":
        value = float((weight * rounds.reward).sum() / weight.sum())
        influence = weight * (rounds.reward - value) / weight.mean()
    else:
        some = replace(rounds, predicted=None) if method == "ips" else rounds
        influence = _influence(some, policy, weight, switch_at if method == "switch" else np.inf)
        value = float(influence.mean())
        influence = influence - value
    half = half_width(influence, units)
    heavy = policy > switch_at * rounds.logged
    modelled = float((policy * heavy).sum(axis=1).mean()) if method == "switch" else 0.0
    return OffPolicyValue(method, value, value - half, value + half, effective, modelled)


@dataclass(frozen=True)
class OffPolicyGain:
    """How much more one policy would have brought than another, in the same rounds, with its interval at CONFIDENCE.

    Attributes:
        value: the difference of the means.
        low, high: its interval.
        effective: the smaller of the effective numbers of units of both (`OffPolicyValue.effective`).
        differ: the share of rounds in which they would show different things.
    """

    value: float
    low: float
    high: float
    effective: float
    differ: float

    def to_document(self) -> dict[str, object]:
        """As reports write it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def off_policy_gain(rounds: LoggedBandit, policy: Float64, instead: Float64) -> OffPolicyGain:
    """Estimate what a policy would have brought over another by DR, the mean of one paired influence a round.

    Of few effective units it is told all the same, so that whoever reads it can say that they are too few.

    Args:
        rounds: with what a model expects.
        policy: float64[n, A], as `off_policy_value` has it.
        instead: float64[n, A], the other.

    Raises:
        Rejected: one of them would show what had no chance to be shown, or there is no model.
    """
    units, every = np.zeros(0, np.int64) if rounds.unit is None else rounds.unit, np.arange(len(rounds))
    influences, sizes = [], []
    for one in (policy, instead):
        _refuse_what_cannot_be_told(rounds, one, "dr")
        weight = one[every, rounds.action] / rounds.chance
        influences.append(_influence(rounds, one, weight, np.inf))
        sizes.append(effective_size(weight, units))
    gained = influences[0] - influences[1]
    value = float(gained.mean())
    half = half_width(gained - value, units)
    differ = float((np.abs(policy - instead).max(axis=1) > 0).mean())
    return OffPolicyGain(value, value - half, value + half, min(sizes), differ)


def _influence(rounds: LoggedBandit, policy: Float64, weight: Float64, heaviest: float) -> Float64:
    """What each round says of the policy's value, the model where there is one: float64[n]."""
    kept = np.where(weight <= heaviest, weight, 0.0)
    if rounds.predicted is None:
        return np.asarray(kept * rounds.reward)
    shown = rounds.predicted[np.arange(len(rounds)), rounds.action]
    return np.asarray((policy * rounds.predicted).sum(axis=1) + kept * (rounds.reward - shown))


def _refuse_what_cannot_be_told(rounds: LoggedBandit, policy: Float64, method: Method) -> None:
    if policy.shape != rounds.logged.shape:
        what = f"has the shape {policy.shape}, not {rounds.logged.shape}"
        raise Rejected([Problem(("policy",), "invalid", what, "Give a chance for each round and programme")])
    problems = chances_that_cannot_be(policy, "policy")
    blind = ((policy > 0) & (rounds.logged <= 0)).any(axis=0)
    if blind.any():
        what = f"would show programmes that had no chance to be shown: {', '.join(map(str, np.flatnonzero(blind)))}"
        problems.append(Problem(("policy",), "refused", what, "Ask about a policy that shows what was shown by chance"))
    if method in ("dr", "switch") and rounds.predicted is None:
        what = f"needs what a model expects of each programme ({method})"
        problems.append(Problem(("predicted",), "missing", what, "Give it, or ask for ips or snips"))
    if problems:
        raise Rejected(problems)


def effective_size(weight: Float64, unit: Int64) -> float:
    """The effective number of units whose weights these are: (sum)^2 / sum of squares, 0 where all are 0."""
    each = _by_unit(weight, unit)
    squares = float((each**2).sum())
    return float(each.sum() ** 2 / squares) if squares > 0 else 0.0


def half_width(influence: Float64, unit: Int64) -> float:
    """Half the interval of a mean over rounds whose influences, about 0, are these; units are what is independent."""
    each = _by_unit(influence, unit)
    many = len(each)
    spread = np.sqrt((each**2).sum() * many / (many - 1)) / len(influence) if many > 1 else np.inf
    return float(student.ppf((1 + CONFIDENCE) / 2, max(many - 1, 1)) * spread)


def _by_unit(values: Float64, unit: Int64) -> Float64:
    if not len(unit):
        return values
    place = np.unique(unit, return_inverse=True)[1]
    return np.bincount(place, weights=values).astype(np.float64)
