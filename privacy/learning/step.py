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


_SAFETY: Final = 1e-9  # relative; more than what rounding can take off a sum of 10^6 squares, a root and a quotient


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
    and g is `right[row]`; beside it `extra[u]`, dense. Both are clipped together. A row that ends in zeros costs less.

    Attributes:
        at: int64[U + 1].
        left: int32[R, K], places below D; one with the value 0 counts for nothing.
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

        The gradient is written out, so that the norm is that of the very numbers that are added, up to the rounding of
        the norm, which is counted against the unit; rounding each of them towards zero only makes it shorter. A
        gradient that comes to a NaN or an infinity anywhere adds exactly nothing.
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
def _add(
    matrix: Int64, beside: Int64, at: Int64, left: Int32, value: Float64, right: Float64, extra: Float64, clip: float
) -> None:
    dense, wide = np.zeros(matrix.shape), np.zeros(matrix.shape[0], dtype=np.int64)
    reached = np.zeros(matrix.shape[0], dtype=np.int64)
    for unit in range(at.size - 1):
        count = 0
        for row in range(at[unit], at[unit + 1]):
            last = right.shape[1]
            while last > 0 and right[row, last - 1] == 0.0:
                last -= 1
            for slot in range(left.shape[1]):
                size, place = value[row, slot], left[row, slot]
                if size == 0.0 or last == 0:
                    continue
                if wide[place] == 0:
                    reached[count] = place
                    count += 1
                wide[place] = max(wide[place], last)
                line = dense[place]
                for spot in range(last):
                    line[spot] += size * right[row, spot]
        square = 0.0
        for spot in range(beside.size):
            square += extra[unit, spot] * extra[unit, spot]
        for number in range(count):
            place = reached[number]
            for spot in range(wide[place]):
                square += dense[place, spot] * dense[place, spot]
        norm = np.sqrt(square) * (1.0 + _SAFETY)
        counted = norm < np.inf  # neither infinite nor NaN
        factor = ((1.0 if norm <= clip else clip / norm) / GRID) if counted else 0.0
        if counted:
            for spot in range(beside.size):
                beside[spot] += np.int64(factor * extra[unit, spot])
        for number in range(count):
            place = reached[number]
            whole, line = matrix[place], dense[place]
            if counted:
                for spot in range(wide[place]):
                    whole[spot] += np.int64(factor * line[spot])
            line[: wide[place]] = 0.0
            wide[place] = 0
