"""The arrays of the private bilinear ranker: the basis of people's bins, where learning starts, rows and weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple, Protocol

import numpy as np

from features.arrays import Bool, Float64, Int32, Int64
from privacy.learning.step import Total
from recommender.ranking.programme_fit import Fits

_BLOCK: Final = 1024
"""Units whose counts are written out at once."""


@dataclass(frozen=True)
class Basis:
    """What each bin says of a person: bin d of slot k has `value[d, c]` at `place[d, c]`, for c below `width[k]`.

    One-hot slots have width 1. A slot of ordered bins has smooth waves over them, so that neighbours share what is
    learned; the places of a slot are its own, and those of one slot come before those of the next.

    Attributes:
        width: int64[K].
        place: int32[D, C].
        value: float64[D, C].
    """

    width: Int64
    place: Int32
    value: Float64

    @property
    def size(self) -> int:
        """How many places there are."""
        return int(self.place.max(initial=-1)) + 1

    def matrix(self) -> Float64:
        """float64[D, size]: the code of every bin written out."""
        out = np.zeros((self.place.shape[0], self.size))
        np.add.at(out, (np.arange(self.place.shape[0])[:, None], self.place), self.value)
        return out


@dataclass(frozen=True)
class FeatureMap:
    """What is public: how people fall into bins and what programmes are like, scaled.

    Attributes:
        code: what each bin says of a person, in numbers.
        attributes: float64[P, A].
        fit: how people and programmes fit.
        own: what a programme's own effect is scaled by; 0 leaves it out.
        pairs: how many slots, the last ones, are products of two facts.
        reach: from which to which column of `attributes` these are crossed; all others are crossed with every column.
        middle: float64[A], what was taken off every programme's attributes; see `beside_shown`.
        always: the column that is the same for all programmes; -1 where there is none.
    """

    code: Basis
    attributes: Float64
    fit: Fits
    own: float = 0.0
    pairs: int = 0
    reach: tuple[int, int] = (0, 0)
    middle: Float64 | None = None
    always: int = -1

    def beside_shown(self, start: LearningStart) -> FeatureMap:
        """The same with each programme beside what people are shown on average.

        How ready somebody is for anything is learned in the column of all programmes then. Else it is learned against
        the attributes of what boards show, and what nobody was shown comes first for whoever answers little.
        """
        if self.always < 0 or start.seen is None or not start.seen.any():
            return self
        middle = np.asarray(start.seen @ self.attributes / start.seen.sum())
        middle[self.always] = 0.0
        return replace(self, attributes=self.attributes - middle, middle=middle)

    def of_plain(self, cross: Float64) -> Float64:
        """The weights that give programmes as they are, not beside what is shown, the same scores: float64[D, A]."""
        if self.middle is None:
            return cross
        moved = cross.copy()
        moved[:, self.always] -= cross @ self.middle / self.attributes[0, self.always]
        return moved

    @property
    def shape(self) -> tuple[int, int]:
        """(D, A) of the crosses."""
        return self.code.size, self.attributes.shape[1]

    @property
    def owned(self) -> int:
        """How many programmes have an effect of their own."""
        return self.attributes.shape[0] if self.own > 0 else 0

    @property
    def beside(self) -> int:
        """How many weights stand beside the crosses: own effects, fits."""
        return self.owned + self.fit.weights

    @cached_property
    def learned(self) -> Bool:
        """bool[D * A + beside]: the weights that scores read; what is released of the others is dropped."""
        cross = np.ones(self.shape, dtype=np.bool_)
        if self.pairs:
            apart = cross[-self.pairs :]
            apart[:, : self.reach[0]] = apart[:, self.reach[1] :] = False
        return np.asarray(np.r_[cross.ravel(), np.ones(self.beside, dtype=np.bool_)])


@dataclass(frozen=True)
class Sample:
    """Private rows: whose lists, of which programmes, and what came of each.

    Attributes:
        unit_at: int64[U + 1], unit u owns lists `unit_at[u]` to `unit_at[u + 1]`.
        list_at: int64[L + 1], list l owns rows `list_at[l]` to `list_at[l + 1]`.
        bins: int32[L, K], the person's bin in each slot when the list was shown.
        programme: int32[m].
        label: float64[m], 1 where taken up.
        cell: int32[m], the place and channel it was shown at, as `first_release.Cells` numbers them.
        noticed: float64[m], 1 where it was opened; where nobody tells, where it was taken up.
    """

    unit_at: Int64
    list_at: Int64
    bins: Int32
    programme: Int32
    label: Float64
    cell: Int32
    noticed: Float64

    @property
    def units(self) -> int:
        """How many units; private."""
        return self.unit_at.size - 1

    def summed(self, work: UnitSum, units: Int64) -> Total:
        """What is summed of some of the units."""
        return work(self, units)

    def rows_of(self, units: Int64) -> tuple[Int64, Int64]:
        """The rows of some units side by side, and of which of them each is: int64[m] twice."""
        begin = self.list_at[self.unit_at[units]]
        many = self.list_at[self.unit_at[units + 1]] - begin
        first = np.cumsum(many) - many
        return np.arange(int(many.sum())) + np.repeat(begin - first, many), np.repeat(np.arange(units.size), many)


class UnitSum(Protocol):
    """Clips something of each unit and adds it up; it can be sent to where the rows are."""

    def __call__(self, sample: Sample, units: Int64) -> Total:
        """The whole numbers of some units of a sample, by their places."""
        ...


class UnitSums(Protocol):
    """Private rows of which nothing but sums is asked: a `Sample`, or one in shards (`sample_shards`).

    Sums are whole numbers, so that those of shards add up to that of the whole, bit for bit.
    """

    @property
    def units(self) -> int:
        """How many units; private."""
        ...

    def summed(self, work: UnitSum, units: Int64) -> Total:
        """What is summed of some of the units, by their places, ascending."""
        ...


@dataclass(frozen=True)
class CountSum:
    """Counts of each unit, clipped together.

    Attributes:
        counts: of the rows of some units, float64[units, size]; it can be sent to where the rows are.
        size: how many there are of each unit.
        clip: the most that one unit's counts may weigh (L2).
    """

    counts: Callable[[UnitRows], Float64]
    size: int
    clip: float

    def __call__(self, sample: Sample, units: Int64) -> Total:
        """Clip and add up the counts of some units, block by block."""
        total = Total.empty(extra=self.size)
        for first in range(0, units.size, _BLOCK):
            some = units[first : first + _BLOCK]
            total.add_dense(self.counts(UnitRows(sample, *sample.rows_of(some), some.size)), self.clip)
        return total


class UnitRows(NamedTuple):
    """The rows of some units: which of them each is of, and how many there are."""

    sample: Sample
    rows: Int64
    owner: Int64
    units: int

    def counted(self, place: Int32 | Int64, size: int, weight: Float64 | None = None) -> Float64:
        """Sums by unit and place, one for each of `rows`: float64[units, size]."""
        found = np.bincount(self.owner * size + place, weights=weight, minlength=self.units * size)
        return found.reshape(self.units, size).astype(np.float64)


@dataclass(frozen=True)
class LearningStart:
    """Where learning starts from, released before: nothing of it is read off the rows again.

    Attributes:
        base: float64[P], log-odds that each programme is taken up once it is noticed.
        attention: float64[cells], above 0 and at most 1: how often what is shown there is noticed.
        seen: float64[P], how often each programme is thought to have been looked at; None where nothing was counted.
    """

    base: Float64
    attention: Float64
    seen: Float64 | None = None

    @classmethod
    def even(cls, programmes: int, cells: int = 1) -> LearningStart:
        """No programme is wanted more than another, and everything is noticed."""
        return cls(np.zeros(programmes), np.ones(cells))


@dataclass(frozen=True)
class BilinearWeights:
    """What is learned: float64[D, A] of crosses, and float64[E] beside them."""

    cross: Float64
    beside: Float64

    @classmethod
    def of(cls, flat: Float64, space: FeatureMap) -> BilinearWeights:
        """The weights in one flat array."""
        size = space.shape[0] * space.shape[1]
        return cls(flat[:size].reshape(space.shape), flat[size:])
