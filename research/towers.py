"""The two-tower network: what one side is, times what the other side is, learned by DP-SGD in micro-chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from features.arrays import Float64, Int16, Int64
from features.kernel.jit import njit
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule, Total
from research.codebook import CodeBook, Column, Indicators
from research.learner import FARTHEST, LearnerRows, PrivateLearner, Sigma, unit_sums


@dataclass(frozen=True)
class Shape:
    """How large the two towers are, and where each weight is in one flat vector.

    Each tower is features -> hidden (tanh) -> 1 + rank; log-odds are the product of what both put out after their
    first number, plus both their first numbers.

    Attributes:
        sides: how many features each tower reads.
        hidden: neurons of each tower's one hidden layer.
        rank: how many numbers are multiplied.
    """

    sides: tuple[int, int]
    hidden: int
    rank: int

    @property
    def parts(self) -> tuple[tuple[int, int], ...]:
        """The shapes of the four matrices: hidden layer and output of the first tower, then of the second."""
        out = (1 + self.rank, self.hidden)
        return (self.hidden, self.sides[0]), out, (self.hidden, self.sides[1]), out

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(rows * columns for rows, columns in self.parts)

    def start(self, seed: int) -> Float64:
        """Weights to start from, float64[size], from a public seed: random but for the outputs' first numbers, 0."""
        rng = np.random.default_rng(seed)
        wide = [rng.standard_normal(part) / np.sqrt(part[1]) for part in self.parts]
        wide[0], wide[2] = wide[0] * np.sqrt(self.sides[0]), wide[2] * np.sqrt(self.sides[1])  # rows are of length 1
        wide[1][0], wide[3][0] = 0.0, 0.0
        return np.concatenate([part.ravel() for part in wide])

    def split(self, weights: Float64) -> list[Float64]:
        """The four matrices of a flat vector."""
        ends = np.cumsum([rows * columns for rows, columns in self.parts]).tolist()
        starts = [0, *ends[:-1]]
        pieces = zip(starts, ends, self.parts, strict=True)
        return [weights[start:end].reshape(part) for start, end, part in pieces]

    def score(self, weights: Float64, left: Float64, right: Float64) -> Float64:
        """Log-odds of rows, float64[m]."""
        first, out, second, back = self.split(weights)
        u, v = np.tanh(left @ first.T) @ out.T, np.tanh(right @ second.T) @ back.T
        return np.asarray(u[:, 0] + v[:, 0] + (u[:, 1:] * v[:, 1:]).sum(axis=1))


class TwoTowers(PrivateLearner):
    """A two-tower network by DP-SGD (Abadi et al. 2016, arXiv:1607.00133) with momentum, on a public code book.

    Nothing in it looks across rows: no batch norm, no negatives from other rows. Gradients of rows are computed a
    chunk at a time, added up by unit, clipped and noised by `privacy.learning.step`, like any other learner's;
    tests hold them against those of torch and Opacus. The released weights are the mean of the last half of the
    iterates.
    """

    def __init__(
        self,
        book: CodeBook | None = None,
        *,
        left: Sequence[str] | None = None,
        units: int | None = None,
        sigma: Sigma = "0",
        steps: int = 120,
        hidden: int = 16,
        rank: int = 6,
        learning_rate: float = 2.0,
        momentum: float = 0.9,
        q: Sigma = "0.125",
        clip: float = 1.0,
        labels: Sequence[Any] | None = (0, 1),
        seed: int = 0,
        chunk: int = 256,
    ) -> None:
        """Keep the settings, all of them public.

        Args:
            book: what the columns may hold.
            left: names of the first tower's columns; the second reads the others. None is the first half.
            units: how many units there are said to be.
            sigma: noise multiplier of each step; 0 protects no one.
            steps: how many; each is one release.
            hidden: see `Shape`.
            rank: see `Shape`.
            learning_rate: of each step.
            momentum: what part of a step the next one repeats.
            q: the part of the units that each step sees (Poisson).
            clip: the most that a unit weighs in one step.
            labels: the two classes.
            seed: of the weights that training starts from.
            chunk: how many units are worked on at a time; changes nothing but speed.
        """
        self.book = book
        self.left = left
        self.units = units
        self.sigma = sigma
        self.steps = steps
        self.hidden = hidden
        self.rank = rank
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.q = q
        self.clip = clip
        self.labels = labels
        self.seed = seed
        self.chunk = chunk

    def _learn(self, rows: LearnerRows, schedule: Schedule, noise: Noise) -> None:
        sides = self._sides(rows.codes)
        self.shape_ = Shape((sides[0].shape[1], sides[1].shape[1]), self.hidden, self.rank)
        weights = self.shape_.start(self.seed)
        step, self.weights_ = np.zeros_like(weights), np.zeros_like(weights)
        kept = range(self.steps // 2, self.steps)
        for turn in range(self.steps):
            places = schedule.sampler.draw(rows.units, noise)
            total = gradient_sum(Towers(self.shape_, weights, sides), rows, places, self.clip, self.chunk)
            step = self.momentum * step + schedule.released(total, noise)
            weights = weights + self.learning_rate * step
            if turn in kept:
                self.weights_ += weights / len(kept)

    def _score(self, codes: Int16) -> Float64:
        return self.shape_.score(self.weights_, *self._sides(codes))

    def _sides(self, codes: Int16) -> tuple[Float64, Float64]:
        return self._sides_of(self._columns(), codes)

    def _sides_of(self, columns: Sequence[Column], codes: Int16) -> tuple[Float64, Float64]:
        first = _first(columns, self.left)
        there = [at for at in range(len(columns)) if at not in first]
        return _features(columns, first, codes), _features(columns, there, codes)


def _first(columns: Sequence[Column], left: Sequence[str] | None) -> list[int]:
    if left is None:
        return list(range((len(columns) + 1) // 2))
    missing = sorted(set(left) - {column.name for column in columns})
    if missing:
        raise ValueError(f"left names columns that the code book does not describe: {', '.join(missing)}")
    return [at for at, column in enumerate(columns) if column.name in left]


def _features(columns: Sequence[Column], taken: Sequence[int], codes: Int16) -> Float64:
    return Indicators(tuple(columns[at] for at in taken)).of(codes[:, list(taken)])


def row_gradients(shape: Shape, weights: Float64, sides: tuple[Float64, Float64], target: Float64) -> Float64:
    """The gradient of each row's log-likelihood, float64[m, size]: to the bit the same whatever rows are beside it."""
    found = np.empty((target.size, shape.size))
    first, out, second, back = shape.split(weights)
    left, right = (np.ascontiguousarray(side) for side in sides)
    _row_gradients(first, out, second, back, left, right, target, found)
    return found


@njit
def _forward(first: Float64, out: Float64, row: Float64, hidden: Float64, put: Float64) -> None:
    for neuron in range(hidden.size):
        total = 0.0
        for at in range(row.size):
            total += first[neuron, at] * row[at]
        hidden[neuron] = np.tanh(total)
    for place in range(put.size):
        put[place] = 0.0
        for neuron in range(hidden.size):
            put[place] += out[place, neuron] * hidden[neuron]


@njit
def _backward(out: Float64, row: Float64, hidden: Float64, slope: Float64, found: Float64) -> None:
    size = hidden.size * row.size
    for neuron in range(hidden.size):
        pull = 0.0
        for place in range(slope.size):
            pull += slope[place] * out[place, neuron]
            found[size + place * hidden.size + neuron] = slope[place] * hidden[neuron]
        pull *= 1.0 - hidden[neuron] * hidden[neuron]
        for at in range(row.size):
            found[neuron * row.size + at] = pull * row[at]


@njit
def _row_gradients(
    first: Float64,
    out: Float64,
    second: Float64,
    back: Float64,
    left: Float64,
    right: Float64,
    target: Float64,
    found: Float64,
) -> None:
    width, ends = out.shape[0], first.size + out.size
    one, other = np.empty(first.shape[0]), np.empty(second.shape[0])
    u, v = np.empty(width), np.empty(width)
    for row in range(target.size):
        _forward(first, out, left[row], one, u)
        _forward(second, back, right[row], other, v)
        score = u[0] + v[0]
        for place in range(1, width):
            score += u[place] * v[place]
        residual = target[row] - 1.0 / (1.0 + np.exp(-min(max(score, -FARTHEST), FARTHEST)))
        for place in range(1, width):
            u[place], v[place] = residual * v[place], residual * u[place]
        u[0] = v[0] = residual
        _backward(out, left[row], one, u, found[row, :ends])
        _backward(back, right[row], other, v, found[row, ends:])


class Towers(NamedTuple):
    """A network with its weights so far, float64[size], and what each tower reads, float64[m, D] in the rows' order."""

    shape: Shape
    weights: Float64
    sides: tuple[Float64, Float64]


def gradient_sum(towers: Towers, rows: LearnerRows, places: Int64, clip: float, chunk: int) -> Total:
    """The sum over the units at some places of their clipped gradients, a chunk of units at a time.

    Args:
        towers: the network on the rows.
        rows: of all units.
        places: which units are in the sample.
        clip: the most that one unit adds (L2).
        chunk: units at a time.
    """
    shape, weights, sides = towers
    total = Total.empty(extra=shape.size)
    for first in range(0, places.size, chunk):
        taken, at = rows.places_of(places[first : first + chunk])
        mine = row_gradients(shape, weights, (sides[0][taken], sides[1][taken]), rows.target[taken])
        total.add_dense(unit_sums(mine, at), clip)
    return total
