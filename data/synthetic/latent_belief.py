"""What the log lets one believe of latent traits: weighted points, so that *reachable* knows all that answers betray.

Bayes' rule over fixed points drawn from the prior (importance sampling): every showing multiplies each point's weight
by the chance of what came of it. What being listed says where a board shows by what is hidden is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.random_streams import RandomStreams
from data.synthetic.takeup import LATENT_TRAITS, TakeUp, shrunk
from features.arrays import Bool, Float64, Int64

POINTS = 128
_CHUNK = 20_000


@dataclass
class LatentBelief:
    """Log weights of the points (POINTS x LATENT_TRAITS) for each person of a block: n x POINTS."""

    points: Float64
    logs: Float64

    @classmethod
    def prior(cls, chance: RandomStreams, people: int) -> LatentBelief:
        """Before anybody answered; the points and their mirror images are the same for a whole world."""
        half = RandomStreams(chance.seed).stream("points of belief").normal(size=(POINTS // 2, LATENT_TRAITS))
        return cls(np.concatenate([half, -half]), np.zeros((people, POINTS)))

    def answer(self, takeup: TakeUp, pairs: tuple[Int64, Int64], observable: Float64, came: Answers) -> None:
        """Learn from what came of showing pairs of (person, programme), each with the observable part of its logit."""
        person, programme = pairs
        p = shrunk(observable[:, None] + takeup.loadings[programme] @ self.points.T, takeup.dials.liking)
        want = np.sqrt(p)
        opened = np.where(came.applied[:, None], p, want * (1 - want))
        likely = np.where(came.opened[:, None], opened, 1 - came.looks[:, None] * want)
        np.add.at(self.logs, person, np.log(np.maximum(likely, 1e-12)))

    def weights(self, person: Int64) -> Float64:
        """The weight of each point for each person, summing to 1: m x POINTS."""
        logs = self.logs[person]
        weight = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))

    def expected(self, takeup: TakeUp, pairs: tuple[Int64, Int64], observable: Float64) -> Float64:
        """P(takes up | offered, the log) of pairs: float64[m]."""
        found = np.empty(len(observable))
        for at in range(0, len(observable), _CHUNK):
            some = slice(at, at + _CHUNK)
            logits = observable[some, None] + takeup.loadings[pairs[1][some]] @ self.points.T
            found[some] = (shrunk(logits, takeup.dials.liking) * self.weights(pairs[0][some])).sum(axis=1)
        return found


@dataclass(frozen=True)
class Answers:
    """What came of showings: whether each was opened and applied for, and the chance that it was looked at."""

    opened: Bool
    applied: Bool
    looks: Float64
