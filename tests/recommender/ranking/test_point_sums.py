"""Sums that are told about what is usual of some people are the same for everybody, but for rounding."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.point_sums import PointSums, fill_sums

SIZES = (1, 3, 4, 2)
"""Bins of each slot."""


def sums_of(table):
    slots = np.repeat(np.arange(len(SIZES)), SIZES)
    usual, base = np.full(len(SIZES), -1, np.int64), np.zeros(table.shape[1])
    return PointSums.none()._replace(bins=table, slots=slots, usual=usual, base=base)


def summed(points, person):
    found = np.empty(points.bins.shape[1])
    fill_sums(points.bins, points.usual, points.base, person, found)
    return found


@given(st.integers(0, 1_000), st.integers(1, 700), st.integers(0, 2))
def test_sums_about_what_is_usual_are_the_sums_of_all_bins(seed, many, again):
    rng = np.random.default_rng(seed)
    table, starts = rng.normal(size=(sum(SIZES), 5)), np.cumsum((0, *SIZES))[:-1]
    people = (starts + rng.integers(0, SIZES, (many, len(SIZES)))).astype(np.int32)
    whole = points = sums_of(table)
    for first in range(again + 1):
        points = points.about(people[first * many // 3 :])
    for person in people[:20]:
        assert np.allclose(summed(whole, person), table[person].sum(axis=0))
        assert np.allclose(summed(points, person), summed(whole, person))
    assert (points.usual >= 0).all()
    assert not points.bins[points.usual].any()
