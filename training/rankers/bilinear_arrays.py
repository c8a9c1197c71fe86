"""The arrays of the private bilinear ranker: the basis of people's bins, where learning starts, rows and weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.arrays import Bool, Float64, Int32, Int64
from recommender.ranking.programme_fit import Fits


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
    """

    code: Basis
    attributes: Float64
    fit: Fits
    own: float = 0.0
    pairs: int = 0
    reach: tuple[int, int] = (0, 0)

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


@dataclass(frozen=True)
class LearningStart:
    """Where learning starts from, released before: nothing of it is read off the rows again.

    Attributes:
        base: float64[P], log-odds that each programme is taken up once it is noticed.
        attention: float64[cells], above 0 and at most 1: how often what is shown there is noticed.
    """

    base: Float64
    attention: Float64

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
