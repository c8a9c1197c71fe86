"""Record and replay: run on some units, then on neighbouring ones with the same coins and what was released before.

Whatever a run does beside what it releases is thereby the same, so that every difference is one that noise must hide.
Re:cord-play (arXiv:2602.17454) by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from privacy.learning.step import GRID, Schedule


class Coins:
    """Noise in which a unit's coin is its own: it falls the same way when the unit at place `without` is not there.

    Whoever draws as many values as there are units draws coins for units; anybody else draws from another stream.
    """

    def __init__(self, seed: int, units: int, without: int | None = None) -> None:
        self.coins, self.normal, self.other = (np.random.default_rng(seed + at) for at in range(3))
        self.units, self.without = units, without

    def uniform(self, count):
        if count != self.units - (self.without is not None):
            return self.other.random(count)
        coins = self.coins.random(self.units)
        return coins if self.without is None else np.delete(coins, self.without)

    def gaussian(self, shape, sigma):
        return self.normal.standard_normal(shape) * sigma


@dataclass
class Tape:
    """What the steps of a run summed, at which clip, divisor and noise, and released."""

    sums: list[np.ndarray] = field(default_factory=list)
    released: list[np.ndarray] = field(default_factory=list)
    terms: list[tuple[float, float, float]] = field(default_factory=list)
    at: int = 0

    def record(self, monkeypatch) -> None:
        """From now on every step is recorded."""
        honest = Schedule.released

        def released(schedule, total, noise):
            self.sums.append(total.values.copy())
            self.terms.append(terms_of(schedule))
            self.released.append(honest(schedule, total, noise))
            return self.released[-1]

        monkeypatch.setattr(Schedule, "released", released)

    def replay(self, monkeypatch) -> Tape:
        """From now on every step releases what was recorded; what it summed is on the tape returned."""
        other = Tape(released=self.released)

        def released(schedule, total, noise):  # noqa: ARG001 - as the schedule's
            other.sums.append(total.values.copy())
            other.terms.append(terms_of(schedule))
            other.at += 1
            return other.released[other.at - 1].copy()

        monkeypatch.setattr(Schedule, "released", released)
        return other


def terms_of(schedule: Schedule) -> tuple[float, float, float]:
    """What must be public of a step: clip, divisor, noise multiplier."""
    return schedule.clip, schedule.expected, float(schedule.sigma)


def moved(one: Tape, other: Tape) -> list[Fraction]:
    """How far each step's sum moved, squared and in clips: exact. Its terms may not have moved at all."""
    assert len(one.sums) == len(other.sums)
    assert one.terms == other.terms
    return [
        Fraction(sum(int(value) ** 2 for value in here - there)) * (Fraction(GRID) / Fraction(clip)) ** 2
        for here, there, (clip, *_) in zip(one.sums, other.sums, one.terms, strict=True)
    ]
