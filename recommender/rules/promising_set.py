"""Promising set: which facts are worth asking for together, by what the programmes count that wait for nothing else."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.arrays import Bool, Float64, Int64, UInt64
from features.kernel.jit import njit

__all__ = ["TOGETHER", "distinct", "most_promising"]

TOGETHER: Final = 7
"""Programmes that wait for more facts than this are not looked at for what to ask together."""
_SEED: Final = 20261201
"""Of the names by which sets are found; it decides nothing."""


def distinct(rows: Bool) -> tuple[Bool, Int64]:
    """Return the distinct rows of bool[n, m] in their order, and which each row is; by bytes, a bit a column."""
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    _, first, which = np.unique(
        packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1), return_index=True, return_inverse=True
    )
    return rows[first], which.reshape(-1)


def most_promising(waits: Bool, worth: Float64, most: int) -> Int64:
    """Return the places of the sets that settle most for each of their facts, the first of equal ones first.

    Args:
        waits: n sets of m open facts, each once, bool[n, m].
        worth: what the programmes count that wait for just the facts of each set, float64[n].
        most: how many are returned.
    """
    size = waits.sum(axis=1)
    wanted = np.flatnonzero((size > 1) & (size <= TOGETHER) & (worth > 0))
    keys = np.asarray(np.random.default_rng(_SEED).integers(0, 2**64 - 1, (waits.shape[1],), dtype=np.uint64))
    room = np.full(1 << (2 * len(waits)).bit_length(), -1, dtype=np.int64)
    promise = np.zeros(wanted.size)
    _fill_promises(waits, size, worth, keys, room, wanted, promise)
    return wanted[np.argsort(-(promise / size[wanted]).round(9), kind="stable")][:most]


@njit
def _fill_promises(
    waits: Bool, size: Int64, worth: Float64, keys: UInt64, room: Int64, wanted: Int64, promise: Float64
) -> None:
    """Add up for each wanted set what it and every set within it count: each is looked for by its name.

    `room` is a table of the small sets, open addressing from the last bits of their names; -1 is a free place.
    """
    names, last = np.zeros(len(waits), np.uint64), np.uint64(len(room) - 1)
    for row in range(len(waits)):
        if size[row] <= TOGETHER:
            for fact in range(waits.shape[1]):
                if waits[row, fact]:
                    names[row] ^= keys[fact]
            at = np.int64(names[row] & last)
            while room[at] >= 0:
                at = (at + 1) % len(room)
            room[at] = row
    facts, within = np.zeros(TOGETHER, np.int64), np.zeros(1 << TOGETHER, np.uint64)
    for one in range(len(wanted)):
        many = 0
        for fact in range(waits.shape[1]):
            if waits[wanted[one], fact]:
                facts[many] = fact
                many += 1
        for subset in range(1 << many):
            highest = 0
            while subset >> (highest + 1):
                highest += 1
            if subset:
                within[subset] = within[subset ^ (1 << highest)] ^ keys[facts[highest]]
            at = np.int64(within[subset] & last)
            while room[at] >= 0:
                if names[room[at]] == within[subset] and _is_subset(waits[room[at]], size[room[at]], facts, subset):
                    promise[one] += worth[room[at]]
                at = (at + 1) % len(room)


@njit
def _is_subset(row: Bool, size: int, facts: Int64, subset: int) -> bool:
    """Whether a row holds just the facts whose bits are set."""
    found, place = 0, 0
    while subset >> place:
        if (subset >> place) & 1:
            if not row[facts[place]]:
                return False
            found += 1
        place += 1
    return found == size
