"""The arrays of the private bilinear ranker: the basis of people's bins, tables of fit, rows and weights."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.arrays import Float64, Int32, Int64


@dataclass(frozen=True)
class Match:
    """How a person's bins and a programme fit, in tables: value = table[bin, programme], one weight for each table.

    Attributes:
        slot: int32[B], which slot of a person each table reads.
        first: int32[B], the bin that its first row belongs to.
        start: int64[B + 1], where its rows begin in `table`.
        table: float64[rows, P], public.
        weight: int32[B], which weight it is multiplied by; several tables may share one.
    """

    slot: Int32
    first: Int32
    start: Int64
    table: Float64
    weight: Int32

    @property
    def weights(self) -> int:
        """How many weights there are."""
        return int(self.weight.max(initial=-1)) + 1

    @cached_property
    def used(self) -> tuple[Int64, Int32]:
        """Which tables say anything of each programme: those of programme p are `which[at[p]:at[p + 1]]`."""
        spoken = np.array([self.table[a:b].any(axis=0) for a, b in itertools.pairwise(self.start)], dtype=np.bool_)
        programme, which = np.nonzero(spoken.reshape(self.slot.size, self.table.shape[1]).T)
        at = np.searchsorted(programme, np.arange(self.table.shape[1] + 1))
        return at.astype(np.int64), which.astype(np.int32)

    @classmethod
    def none(cls, programmes: int) -> Match:
        """No tables."""
        empty = np.zeros(0, dtype=np.int32)
        return cls(empty, empty, np.zeros(1, dtype=np.int64), np.zeros((0, programmes)), empty)


@dataclass(frozen=True)
class Basis:
    """What each bin says of a person: bin d of slot k has `value[d, c]` at `place[d, c]`, for c below `width[k]`.

    One-hot slots have width 1. A slot of ordered bins has smooth waves over them, so that neighbours share what is
    learned; the places of a slot are its own and ascend, and those of one slot come before those of the next.

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
        match: tables of fit.
        own: what a programme's own effect is scaled by; 0 leaves it out.
    """

    code: Basis
    attributes: Float64
    match: Match
    own: float = 0.0

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
        """How many weights stand beside the crosses: own effects, tables, place."""
        return self.owned + self.match.weights + 1


@dataclass(frozen=True)
class Sample:
    """Private rows: whose lists, of which programmes, and what came of each.

    Attributes:
        unit_at: int64[U + 1], unit u owns lists `unit_at[u]` to `unit_at[u + 1]`.
        list_at: int64[L + 1], list l owns rows `list_at[l]` to `list_at[l + 1]`.
        bins: int32[L, K], the person's bin in each slot when the list was shown.
        programme: int32[m].
        label: float64[m], 1 where taken up.
        place: float64[m], how far down it was shown; 0 is the reference.
    """

    unit_at: Int64
    list_at: Int64
    bins: Int32
    programme: Int32
    label: Float64
    place: Float64

    @property
    def units(self) -> int:
        """How many units; private."""
        return self.unit_at.size - 1


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
