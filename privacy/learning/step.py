"""The private step: who is sampled, how gradients are clipped and summed exactly, and what is released of the sum.

One unit is one sample: all of its lists make one gradient, clipped once. Sums are whole numbers on a grid, each term
rounded towards zero, so that they are exact: the order of the units, the size of chunks and the number of threads
change nothing, and a unit moves the sum by at most the clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit
from features.problem import Problem, Rejected
from privacy.accounting.mechanism import Mechanism, exact, gaussian_sgd, non_private
from privacy.learning.noise import Noise

GRID: Final = 2.0**-32
"""What sums are multiples of; far below any noise."""


_SAFETY: Final = 1e-12  # relative; more than what rounding can take off a norm computed in double precision


@dataclass(frozen=True)
class Sampler:
    """Poisson sampling: every unit is in a batch with probability `q`, independently; the only sampling there is."""

    q: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        if not (self.q.is_finite() and 0 < self.q <= 1):
            raise Rejected(
                [Problem(("q",), "range", f"{self.q} is not above 0 and at most 1", "Use a rate such as 0.1")]
            )

    def draw(self, units: int, noise: Noise) -> Int64:
        """The places of the units drawn from so many, ascending; none of them, if chance will have it."""
        return np.flatnonzero(noise.uniform(units) < float(self.q)).astype(np.int64)

    def around(self, sigma: Decimal, steps: int) -> Mechanism:
        """The mechanism of so many Gaussian releases, each on a batch that this sampler draws."""
        return gaussian_sgd(sigma, self.q, steps)


@dataclass(frozen=True)
class Schedule:
    """A run of private steps; every number in it is public.

    Attributes:
        units: how many units there are said to be; never counted from the rows.
        q: the sampling rate.
        steps: how many.
        sigma: the noise multiplier; 0 is a run without privacy, at an infinite price.
        clip: the most that one unit's gradient may weigh (L2).
    """

    units: int
    q: Decimal
    steps: int
    sigma: Decimal
    clip: float = 1.0

    def __post_init__(self) -> None:
        """Refuse numbers that make no run; the sampler refuses the rate."""
        Sampler(self.q)
        sound = (
            ("units", self.units, self.units >= 1),
            ("steps", self.steps, self.steps >= 1),
            ("sigma", self.sigma, self.sigma.is_finite() and self.sigma >= 0),
            ("clip", self.clip, 0 < self.clip <= 1024),
        )
        problems = [
            Problem((name,), "range", f"{value} is out of bounds", "See docs")
            for name, value, holds in sound
            if not holds
        ]
        if problems:
            raise Rejected(problems)

    @classmethod
    def of(cls, units: int, q: str | float | Decimal, steps: int, sigma: str | float | Decimal) -> Schedule:
        """A schedule from numbers as people write them."""
        return cls(units, exact(q), steps, exact(sigma))

    @property
    def sampler(self) -> Sampler:
        """Who draws the batches."""
        return Sampler(self.q)

    @property
    def expected(self) -> float:
        """How many units a batch is expected to hold: what sums are divided by, whatever a batch came to hold."""
        return float(self.q * self.units)

    def mechanism(self) -> Mechanism:
        """What accountants price: `steps` Gaussian releases on Poisson samples (add or remove one unit).

        >>> Schedule.of(units=10_000, q="0.5", steps=40, sigma="13.67").mechanism().gaussian_runs()
        ((13.67, 0.5, 40),)
        """
        return self.sampler.around(self.sigma, self.steps) if self.sigma else non_private()

    def released(self, total: Total, noise: Noise) -> Float64:
        """The noised mean of a batch, flat float64: noise is added to every batch, also when it is empty.

        The noise is rounded to the grid of the sum, which is what rounding their sum would give.
        """
        drawn = noise.gaussian(total.values.size, float(self.sigma) * self.clip / GRID)
        return np.asarray((total.values + np.rint(drawn)) * (GRID / self.expected))


@dataclass(frozen=True)
class Products:
    """Gradients that are sums of outer products of sparse by dense: unit u owns rows `at[u]` to `at[u + 1]`.

    The gradient of u is the sum over its rows of b (x) g, where b has `value[row, k]` at each place `left[row, k]`
    and g is `right[row]`; beside it `extra[u]`, dense. Both are clipped together.

    Attributes:
        at: int64[U + 1].
        left: int32[R, K], strictly ascending in each row.
        value: float64[R, K].
        right: float64[R, A].
        extra: float64[U, E].
    """

    at: Int64
    left: Int32
    value: Float64
    right: Float64
    extra: Float64


@dataclass(frozen=True)
class Total:
    """A sum of clipped gradients: int64, in units of `GRID`.

    Attributes:
        shape: (D, A) of the outer products.
        values: int64[D * A + E]: the products' matrix row by row, then what is beside it.
    """

    shape: tuple[int, int]
    values: Int64

    @classmethod
    def empty(cls, shape: tuple[int, int] = (0, 0), extra: int = 0) -> Total:
        """A sum over no unit."""
        return cls(shape, np.zeros(shape[0] * shape[1] + extra, dtype=np.int64))

    def add(self, gradients: Products, clip: float) -> None:
        """Clip each unit's gradient to an L2 norm of at most `clip` and add it.

        The norm is exact up to rounding, which is counted against the unit. A gradient with a NaN or an infinity
        anywhere adds exactly nothing.

        Raises:
            ValueError: places of a row do not ascend, so that the norm of a row could not be computed from its values.
        """
        size = self.shape[0] * self.shape[1]
        matrix = self.values[:size].reshape(self.shape)
        _add(
            matrix, self.values[size:], gradients.at, gradients.left, gradients.value, gradients.right,
            gradients.extra, clip,
        )  # fmt: skip

    def add_dense(self, gradients: Float64, clip: float) -> None:
        """The same of plain gradients, float64[U, E]; for a total without outer products."""
        none = Products(
            np.zeros(gradients.shape[0] + 1, dtype=np.int64), np.zeros((0, 0), dtype=np.int32), np.zeros((0, 0)),
            np.zeros((0, 0)), gradients,
        )  # fmt: skip
        self.add(none, clip)

    def merge(self, other: Total) -> None:
        """Add another sum, such as another thread's."""
        np.add(self.values, other.values, out=self.values)


@njit
def _dot(one: Float64, other: Float64) -> float:
    total = 0.0
    for at in range(one.size):
        total += one[at] * other[at]
    return total


@njit
def _overlap(one: Int32, mine: Float64, other: Int32, yours: Float64) -> float:
    """The inner product of two sparse rows whose places ascend."""
    total, here, there = 0.0, 0, 0
    while here < one.size and there < other.size:
        if one[here] == other[there]:
            total += mine[here] * yours[there]
            here += 1
            there += 1
        elif one[here] < other[there]:
            here += 1
        else:
            there += 1
    return total


@njit
def _norm(first: int, last: int, left: Int32, value: Float64, right: Float64, extra: Float64) -> float:
    """An upper bound of the norm, above it by rounding only; NaN or infinite where anything is."""
    square, reach = _dot(extra, extra), 0.0
    for row in range(first, last):
        for slot in range(1, left.shape[1]):
            if left[row, slot] <= left[row, slot - 1]:
                raise ValueError("places of a row must ascend")
        own = _dot(right[row], right[row]) * _dot(value[row], value[row])
        square += own
        reach += np.sqrt(own)
        for other in range(first, row):
            both = _overlap(left[row], value[row], left[other], value[other])
            square += 2.0 * both * _dot(right[row], right[other])
    return np.sqrt(max(square, 0.0) + _SAFETY * (reach * reach + square)) if square == square else np.nan


@njit
def _add(
    matrix: Int64, beside: Int64, at: Int64, left: Int32, value: Float64, right: Float64, extra: Float64, clip: float
) -> None:
    for unit in range(at.size - 1):
        first, last = at[unit], at[unit + 1]
        norm = _norm(first, last, left, value, right, extra[unit])
        if not norm < np.inf:
            continue
        lost = (last - first) * np.sqrt(left.shape[1] * right.shape[1]) + np.sqrt(beside.size)
        room = clip - GRID * lost  # each term is rounded towards zero: terms that cancel may leave this much too much
        if room <= 0:
            continue
        factor = (1.0 if norm <= room else room / norm) / GRID
        for place in range(beside.size):
            beside[place] += np.int64(factor * extra[unit, place])
        for row in range(first, last):
            for slot in range(left.shape[1]):
                scale = factor * value[row, slot]
                if scale == 0.0:
                    continue
                line = matrix[left[row, slot]]
                for place in range(right.shape[1]):
                    line[place] += np.int64(scale * right[row, place])
