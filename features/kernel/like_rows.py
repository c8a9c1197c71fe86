"""Like rows: which rows of a table of integers are equal, found without sorting them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Int64
from features.kernel.jit import njit

__all__ = ["LikeRows", "like_rows"]

_BITS = (1 << 31) - 1
_PRIME = 16_777_619


class LikeRows(NamedTuple):
    """The groups of equal rows, in the order in which each is met first.

    Attributes:
        first: int64[groups], the first row of each.
        of: int64[n], the group of each row.
    """

    first: Int64
    of: Int64


def like_rows(table: Int64) -> LikeRows:
    """Return which rows of a table, int64[n, columns], are equal.

    >>> like_rows(np.array([[3, 1], [2, 1], [3, 1]])).of
    array([0, 1, 0])
    """
    keys = np.ascontiguousarray(table, np.int64)
    first, of = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    places = np.full(1 << (2 * len(keys)).bit_length(), -1, np.int64)
    groups = _fill_groups(keys, places, first, of)
    return LikeRows(first[:groups], of)


@njit
def _fill_groups(keys: Int64, places: Int64, first: Int64, of: Int64) -> int:
    """Fill first and of by a table of hashes, which are of 31 bits so that no product overflows; return how many."""
    groups, last = 0, len(places) - 1
    for row in range(len(keys)):
        told = 0
        for value in keys[row]:
            told = ((told ^ ((value ^ (value >> 29)) & _BITS)) * _PRIME) & _BITS
            told ^= told >> 15
        at = told & last
        while places[at] >= 0 and not _equal(keys[first[places[at]]], keys[row]):
            at = (at + 1) & last
        if places[at] < 0:
            places[at], first[groups] = groups, row
            groups += 1
        of[row] = places[at]
    return groups


@njit
def _equal(one: Int64, other: Int64) -> bool:
    for i in range(len(one)):  # noqa: SIM110  # numba knows no generators
        if one[i] != other[i]:
            return False
    return True
