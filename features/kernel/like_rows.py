"""Like rows: which rows of tables of integers are equal, in one or in all that were seen, found without sorting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Int64
from features.kernel.jit import njit

__all__ = ["LikeRows", "MetRows", "like_rows"]

_BITS = (1 << 31) - 1
_PRIME = 16_777_619
_ROOM = 64
"""So many rows there is room for at first."""


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


class MetRows:
    """The different rows of all tables seen so far, each under a number, in the order in which they are met; grows."""

    def __init__(self, columns: int) -> None:
        self._rows = np.empty((_ROOM, columns), np.int64)
        self._places = np.full(2 * _ROOM, -1, np.int64)
        self._many = 0

    def __len__(self) -> int:
        return self._many

    def __getitem__(self, number: int) -> Int64:
        """Return the row of a number, int64[columns]."""
        return np.asarray(self._rows[: self._many][number])

    def numbers(self, table: Int64) -> Int64:
        """Return the number of each row of a table, int64[n, columns]; what was not met before takes the next ones.

        >>> met = MetRows(2)
        >>> met.numbers(np.array([[3, 1], [2, 1], [3, 1]])), met.numbers(np.array([[5, 5], [2, 1]])), len(met)
        (array([0, 1, 0]), array([2, 1]), 3)
        """
        keys, many = np.ascontiguousarray(table, np.int64), self._many
        if many + len(keys) > len(self._rows):
            more = max(len(self._rows), len(keys))
            self._rows = np.vstack((self._rows, np.empty((more, keys.shape[1]), np.int64)))
            self._places = np.full(1 << (2 * len(self._rows)).bit_length(), -1, np.int64)
            _fill_met(self._rows[:many].copy(), self._places, self._rows, 0, np.empty(many, np.int64))
        of = np.empty(len(keys), np.int64)
        self._many = _fill_met(keys, self._places, self._rows, many, of)
        return of


@njit
def _fill_groups(keys: Int64, places: Int64, first: Int64, of: Int64) -> int:
    """Fill first and of by a table of hashes; return how many groups there are."""
    groups, last = 0, len(places) - 1
    for row in range(len(keys)):
        at = _hash(keys[row]) & last
        while places[at] >= 0 and not _equal(keys[first[places[at]]], keys[row]):
            at = (at + 1) & last
        if places[at] < 0:
            places[at], first[groups] = groups, row
            groups += 1
        of[row] = places[at]
    return groups


@njit
def _fill_met(keys: Int64, places: Int64, rows: Int64, many: int, of: Int64) -> int:
    """Fill of by a table of hashes; what was not met comes behind the first `many` rows; return how many there are."""
    last = len(places) - 1
    for row in range(len(keys)):
        at = _hash(keys[row]) & last
        while places[at] >= 0 and not _equal(rows[places[at]], keys[row]):
            at = (at + 1) & last
        if places[at] < 0:
            places[at] = many
            rows[many] = keys[row]
            many += 1
        of[row] = places[at]
    return many


@njit
def _hash(row: Int64) -> int:
    """The hash of a row, of 31 bits so that no product overflows."""
    told = 0
    for value in row:
        told = ((told ^ ((value ^ (value >> 29)) & _BITS)) * _PRIME) & _BITS
        told ^= told >> 15
    return told


@njit
def _equal(one: Int64, other: Int64) -> bool:
    for i in range(len(one)):  # noqa: SIM110  # numba knows no generators
        if one[i] != other[i]:
            return False
    return True
