"""The audit: what can be seen, in a run that canaries were put into, of who took part; beside what was claimed of it.

A bug detector, not a proof: a bound below the claim shows nothing wrong; one above it shows that the claim is false.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.problem import Problem, Rejected
from privacy.accounting.amount import text_of
from privacy.accounting.right_guesses import CONFIDENCE, SHARES, lower_bound, rounded, shared
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule, Total


@dataclass(frozen=True)
class Claim:
    """The (epsilon, delta) that is said of a run, for adding or removing one unit."""

    epsilon: Decimal
    delta: Decimal


@dataclass(frozen=True)
class Evidence:
    """How well an observer guessed which canaries took part, and what that rules out.

    Attributes:
        claim: what was said of the run.
        canaries: how many there were, each of which took part by a fair coin.
        guesses: how many the observer ventured a guess on.
        correct: how many guesses were right.
        lower: no epsilon below this one fits, at `confidence`; rounded down.
        confidence: how surely the claim is false where `lower` exceeds it.
    """

    claim: Claim
    canaries: int
    guesses: int
    correct: int
    lower: Decimal
    confidence: float

    @property
    def refutes(self) -> bool:
        """Whether the claim is false, at the confidence stated."""
        return self.lower > self.claim.epsilon

    def to_document(self) -> dict[str, Any]:
        """As reports write it."""
        return {
            "claimed_epsilon": text_of(self.claim.epsilon),
            "claimed_delta": text_of(self.claim.delta),
            "lower_bound": text_of(self.lower),
            "most_that_could_be_shown": text_of(rounded(most(self.canaries, self.claim.delta, self.confidence))),
            "confidence": self.confidence,
            "canaries": self.canaries,
            "guesses": self.guesses,
            "correct": self.correct,
            "refuted": self.refutes,
        }


def most(canaries: int, delta: Decimal = Decimal(0), confidence: float = CONFIDENCE) -> float:
    """The highest bound that `judged` can come to with so many canaries: every guess right."""
    each = shared(confidence)
    return max(lower_bound(canaries, many, many, float(delta), each) for many in _ventured(canaries))


def judged(suspicion: Float64, included: Bool, claim: Claim, confidence: float = CONFIDENCE) -> Evidence:
    """The most that suspicions rule out: guess the most suspected in, the least suspected out, abstain between.

    Every share of `SHARES` is tried at a confidence such that all bounds hold together (Bonferroni).

    Raises:
        Rejected: a suspicion is no number.
    """
    if not np.isfinite(suspicion).all():
        raise Rejected(
            [Problem(("audit",), "invalid", "what was released of a canary is no number", "Look at the run's weights")]
        )
    order = np.argsort(suspicion, kind="stable")
    each = shared(confidence)
    found = [
        (lower_bound(order.size, many, correct, float(claim.delta), each), many, correct)
        for many in _ventured(order.size)
        for correct in [_correct(order, included, many)]
    ]
    bound, guesses, correct = max(found)
    return Evidence(claim, order.size, guesses, correct, rounded(bound), confidence)


def _ventured(canaries: int) -> list[int]:
    return [max(2, int(canaries * share) // 2 * 2) for share in SHARES]


def _correct(order: Int64, included: Bool, guesses: int) -> int:
    half = guesses // 2
    return int(included[order[-half:]].sum() + (~included[order[:half]]).sum())


@dataclass(frozen=True)
class Watched(Schedule):
    """A schedule whose releases are seen by an observer who knows every canary's gradient: the strongest there is.

    Whatever trains by a `privacy.learning.step.Schedule` can be given one.

    Attributes:
        place: int64[R] or int64[R, K], where in what is released (nearly) all of each canary's gradient lies.
        tell: is called after each step.
        seen: what was released there in each step, in clips: float64 of the shape of `place`.
    """

    place: Int64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    tell: Callable[[], object] = lambda: None
    seen: list[Float64] = field(default_factory=list, compare=False)

    @classmethod
    def on(cls, schedule: Schedule, place: Int64, tell: Callable[[], object] = lambda: None) -> Self:
        """The same run, watched; `tell` is called after each step."""
        return cls(schedule.units, schedule.q, schedule.steps, schedule.sigma, schedule.clip, place, tell)

    def released(self, total: Total, noise: Noise) -> Float64:
        """What the schedule releases, looked at."""
        released = super().released(total, noise)
        self.seen.append(released[self.place] * (self.expected / self.clip))
        self.tell()
        return released

    def suspicion(self, along: Float64 | None = None) -> Float64:
        """How much likelier all that was seen is with each canary than without it, in logarithms (Neyman & Pearson).

        Args:
            along: float64[R, K], of length 1: where each gradient points, and across which no one else's does; None
                where each has one place and points upwards there.
        """
        seen, q = np.stack(self.seen) if along is None else (np.stack(self.seen) * along).sum(axis=-1), float(self.q)
        ratio = (seen - 0.5) / float(self.sigma) ** 2
        if q == 1:
            return np.asarray(ratio.sum(axis=0))
        return np.asarray(np.logaddexp(math.log1p(-q), math.log(q) + ratio).sum(axis=0))
