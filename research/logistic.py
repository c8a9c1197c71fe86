"""The private logistic regression on indicators of a public code book."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from features.arrays import Float64, Int16, Int64
from features.kernel.jit import njit
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule, Total
from research.codebook import CodeBook, Indicators
from research.learner import FARTHEST, LearnerRows, PrivateLearner, Sigma, unit_sums


class LogisticBins(PrivateLearner):
    """Logistic regression by DP-SGD (Abadi et al. 2016, arXiv:1607.00133) with momentum, from zero.

    Features are `research.codebook.Indicators`, so a row has a public length of at most 1 and clipping at 1 costs
    units of one row nothing. The released weights are the mean of the last half of the iterates.

    >>> X, y = np.arange(400.0).reshape(-1, 1), np.arange(400) >= 200
    >>> from research.codebook import Grid
    >>> book = CodeBook((Grid("number", (50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0)),))
    >>> LogisticBins(book, labels=(False, True)).fit(X, y).predict([[3.0], [390.0]])
    array([False,  True])
    """

    def __init__(
        self,
        book: CodeBook | None = None,
        *,
        units: int | None = None,
        sigma: Sigma = "0",
        steps: int = 200,
        learning_rate: float = 5.0,
        momentum: float = 0.9,
        q: Sigma = "1",
        clip: float = 1.0,
        labels: Sequence[Any] | None = (0, 1),
        seed: int = 0,
        chunk: int = 512,
    ) -> None:
        """Keep the settings, all of them public.

        Args:
            book: what the columns may hold.
            units: how many units there are said to be.
            sigma: noise multiplier of each step; 0 protects no one.
            steps: how many; each is one release.
            learning_rate: of each step.
            momentum: what part of a step the next one repeats.
            q: the part of the units that each step sees (Poisson).
            clip: the most that a unit weighs in one step.
            labels: the two classes.
            seed: of the sampling of a fit without privacy.
            chunk: how many units are worked on at a time; changes nothing but speed.
        """
        self.book = book
        self.units = units
        self.sigma = sigma
        self.steps = steps
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.q = q
        self.clip = clip
        self.labels = labels
        self.seed = seed
        self.chunk = chunk

    def _learn(self, rows: LearnerRows, schedule: Schedule, noise: Noise) -> None:
        features = Indicators(self._columns()).of(rows.codes)
        weights, step = np.zeros(features.shape[1]), np.zeros(features.shape[1])
        self.coef_ = np.zeros(features.shape[1])
        kept = range(self.steps // 2, self.steps)
        for turn in range(self.steps):
            places = schedule.sampler.draw(rows.units, noise)
            total = gradient_sum(features, rows, weights, places, self.clip, self.chunk)
            step = self.momentum * step + schedule.released(total, noise)
            weights = weights + self.learning_rate * step
            if turn in kept:
                self.coef_ += weights / len(kept)

    def _score(self, codes: Int16) -> Float64:
        score: Float64 = Indicators(self._columns()).of(codes) @ self.coef_
        return score


def gradient_sum(
    features: Float64, rows: LearnerRows, weights: Float64, places: Int64, clip: float, chunk: int
) -> Total:
    """The sum over the units at some places of their clipped gradients of the log-likelihood.

    Args:
        features: float64[m, D], in the order of `rows`.
        rows: of all units.
        weights: float64[D], so far.
        places: which units are in the sample.
        clip: the most that one unit adds (L2).
        chunk: units at a time; the sum is the same for any.
    """
    total = Total.empty(extra=weights.size)
    for first in range(0, places.size, chunk):
        taken, at = rows.places_of(places[first : first + chunk])
        total.add_dense(unit_sums(row_gradients(features[taken], rows.target[taken], weights), at), clip)
    return total


def row_gradients(features: Float64, target: Float64, weights: Float64) -> Float64:
    """The gradient of each row's log-likelihood, float64[m, D]: to the bit the same whatever rows are beside it."""
    found = np.empty_like(features)
    _row_gradients(features, target, weights, found)
    return found


@njit
def _row_gradients(features: Float64, target: Float64, weights: Float64, found: Float64) -> None:
    for row in range(features.shape[0]):
        score = 0.0
        for at in range(weights.size):
            score += features[row, at] * weights[at]
        score = min(max(score, -FARTHEST), FARTHEST)
        residual = target[row] - 1.0 / (1.0 + np.exp(-score))
        for at in range(weights.size):
            found[row, at] = residual * features[row, at]
