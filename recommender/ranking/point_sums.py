"""Point sums: what the points of a private ranker are sums of, where a likelihood need not be exact."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Float64, Int32, Int64
from features.kernel.jit import njit, njit_any_order

__all__ = ["PointSums", "fill_sums", "rough_likelihood", "usual_bins"]


_SOME = 512
"""What is usual of so many people is near enough: another bin takes longer, and adds up to the same."""


class PointSums(NamedTuple):
    """The parts of points, floating: they add up to them but for rounding, and are read in a hundredth of the bytes.

    Attributes:
        programmes: float64[P, A], their attributes.
        bins: float64[D, A], what each bin of people makes of an attribute more than the usual one of its slot.
        slots: int64[D], the column of people's bins that each bin stands in.
        usual: int64[slots], a bin of each column: where people are of it, there is nothing to add.
        base: float64[A], what all these together make of an attribute.
        always: float64[P], of the programme alone.
        at: int64[P + 1], where the entries of each programme begin.
        slot: int64[E], the column of people's bins that an entry reads.
        row: int64[E], what is added to the bin of that to find it in `fit`.
        fit: float64[...].
        line: float64[2], slope and intercept of the log-odds.
    """

    programmes: Float64
    bins: Float64
    slots: Int64
    usual: Int64
    base: Float64
    always: Float64
    at: Int64
    slot: Int64
    row: Int64
    fit: Float64
    line: Float64

    @classmethod
    def none(cls) -> PointSums:
        """Those of a ranker that has no points: of no programme."""
        nothing, table, places = np.zeros(0), np.zeros((0, 0)), np.zeros(0, np.int64)
        return cls(table, table, places, places, nothing, nothing, places, places, places, nothing, np.zeros(2))

    def about(self, bins: Int32) -> PointSums:
        """Return the same sums with the usual bins of some people, int32[n, slots]: fewer are added for them."""
        if not bins.size:
            return self
        usual = usual_bins(bins)
        more = self.bins[usual]
        return self._replace(bins=self.bins - more[self.slots], usual=usual, base=self.base + more.sum(axis=0))


def usual_bins(bins: Int32) -> Int64:
    """Return the bin of each slot that most of the first people have, int64[slots]; `bins` are int32[n, slots]."""
    return np.array([np.bincount(column).argmax() for column in bins[:_SOME].T], np.int64)


@njit
def fill_sums(of_bins: Float64, usual: Int64, base: Float64, bins: Int32, sums: Float64) -> None:
    """Fill what one person, of these bins, makes of each attribute."""
    sums[:] = base
    for slot in range(len(bins)):
        if bins[slot] != usual[slot]:
            theirs = of_bins[bins[slot]]
            for i in range(len(sums)):
                sums[i] += theirs[i]


@njit
def rough_likelihood(points: PointSums, sums: Float64, bins: Int32, programme: int) -> float:
    """How likely one person is to take up a programme, but for rounding."""
    score = points.always[programme] + _product(points.programmes[programme], sums)
    for entry in range(points.at[programme], points.at[programme + 1]):
        score += points.fit[points.row[entry] + bins[points.slot[entry]]]
    return float(1.0 / (1.0 + np.exp(-(points.line[0] * score + points.line[1]))))


@njit_any_order
def _product(one: Float64, other: Float64) -> float:
    total = 0.0
    for i in range(len(one)):
        total += one[i] * other[i]
    return total
