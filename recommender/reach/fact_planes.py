"""Fact planes: the columns of many people as bits, one plane for each bit of a column's values, counted upwards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from features.arrays import Int64, UInt64
from features.declaration.datatype import OLDEST_AGE
from features.kernel.jit import njit
from features.value import UNKNOWN

__all__ = ["WORD", "ColumnPlanes", "FactPlanes", "values_seen"]

WORD: Final = 64
"""People a word."""


class ColumnPlanes(NamedTuple):
    """Where a column stands: its first plane (who is unknown), how many follow, and its known values, ascending.

    The planes that follow are the bits of a value's place among the values, the highest first; of a set of ages, the
    ages themselves.
    """

    first: int
    bits: int
    values: Int64


@dataclass(frozen=True, eq=False)
class FactPlanes:
    """The columns of people as bits.

    Attributes:
        columns: where each column stands, by name.
        sets: the names of the columns whose values are sets of ages.
        words: uint64[planes, W], a bit a person.
    """

    columns: dict[str, ColumnPlanes]
    sets: frozenset[str]
    words: UInt64

    @classmethod
    def laid_out(cls, names: Sequence[str], sets: Collection[str], seen: Sequence[Int64]) -> FactPlanes:
        """Lay out columns by the values that occur in each; there are no people yet."""
        columns, first = {}, 0
        for name, values in zip(names, seen, strict=True):
            bits = OLDEST_AGE + 1 if name in sets else max(len(values) - 1, 0).bit_length()
            columns[name] = ColumnPlanes(first, bits, values)
            first += 1 + bits
        return cls(columns, frozenset(sets), np.zeros((first, 0), np.uint64))

    @property
    def planes(self) -> int:
        """How many planes there are."""
        return len(self.words)

    def holding(self, words: UInt64) -> FactPlanes:
        """Return the same columns over other people, whose bits are filled in by `fill`."""
        return replace(self, words=words)

    def fill(self, values: Int64, positions: Int64) -> None:
        """Write the bits of n people, int64[n, columns], at their positions, which hold nobody yet."""
        for place, (name, column) in enumerate(self.columns.items()):
            own = values[:, place]
            known = own != UNKNOWN
            set_bits(self.words[column.first], positions[~known])
            codes = np.where(own > 0, own, 0) if name in self.sets else np.searchsorted(column.values, own)
            set_planes(self.words[column.first + 1 : column.first + 1 + column.bits], codes[known], positions[known])

    def person(self, position: int) -> Int64:
        """Return the values of one person, int64[columns], as they were filled in."""
        word, shift = divmod(position, WORD)
        bits = ((self.words[:, word] >> np.uint64(shift)) & np.uint64(1)).tolist()
        found = np.full(len(self.columns), UNKNOWN, np.int64)
        for place, (name, column) in enumerate(self.columns.items()):
            if bits[column.first]:
                continue
            code = 0
            for bit in bits[column.first + 1 : column.first + 1 + column.bits]:
                code = code * 2 + bit
            found[place] = code if name in self.sets else column.values[code] if len(column.values) else UNKNOWN
        return found


def values_seen(values: Int64, before: Sequence[Int64], sets: Sequence[bool]) -> list[Int64]:
    """Return the known values of each column, ascending, of more people and of those before; sets are not listed."""
    found = []
    for place, earlier in enumerate(before):
        own = values[:0, place] if sets[place] else np.unique(values[:, place])
        found.append(np.union1d(earlier, own[own != UNKNOWN]))
    return found


@njit
def set_bits(plane: UInt64, positions: Int64) -> None:
    """Set the bits of people at their positions."""
    for position in positions:
        plane[position >> 6] |= np.uint64(1) << np.uint64(position & 63)


@njit
def set_planes(planes: UInt64, codes: Int64, positions: Int64) -> None:
    """Set the bits of people's codes, the highest in the first plane."""
    for one in range(len(codes)):
        word, bit = positions[one] >> 6, np.uint64(1) << np.uint64(positions[one] & 63)
        for plane in range(len(planes)):
            if (codes[one] >> (len(planes) - 1 - plane)) & 1:
                planes[plane, word] |= bit
