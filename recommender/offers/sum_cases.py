"""Sum cases: the different cases of what people can be told apart by, and what values come to in each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from features.arrays import Int64
from features.kernel.like_rows import MetRows
from recommender.offers.child_keys import ChildCases

__all__ = ["SumCases", "Sums"]

_MOST: Final = 1_000_000
"""So many cases are remembered before all are forgotten: what bounds memory."""
_UNMET: Final = -1
"""What a sum gives that nobody asked for yet."""


class Sums(NamedTuple):
    """What a value comes to: the columns of `AmountTable.of_person`."""

    least: int
    most: int
    ordered: int
    gives: int


class SumCases:
    """What is remembered of sums; it grows until it is bounded.

    Attributes:
        children: what was told apart of children.
        mark: another whenever everything was forgotten, and another for each of them: numbers hold as long as it does.
    """

    def __init__(self) -> None:
        self.children, self.mark = ChildCases({}, {}), object()
        self._met: dict[tuple[int, ...], MetRows] = {}
        self._sums: dict[int, Int64] = {}

    def bound(self) -> None:
        """Forget everything once it is too much; numbers given before say nothing then."""
        if sum(map(len, self._met.values())) > _MOST:
            self._met.clear()
            self._sums.clear()
            self.mark = object()

    def numbers(self, columns: tuple[int, ...], keys: Int64) -> Int64:
        """Return the number of each case that some columns tell apart: int64[n, k] in, int64[n] out."""
        if columns not in self._met:
            self._met[columns] = MetRows(keys.shape[1])
        return self._met[columns].numbers(keys)

    def sums(self, which: int, number: int, worked_out: Callable[[], Sums]) -> Sums:
        """Return what a value comes to in a case, which is worked out where it was not met before."""
        held = self._held(which, number)
        if held[number, -1] == _UNMET:
            held[number] = worked_out()
        return Sums(*held[number].tolist())

    def sums_of(self, which: int, numbers: Int64, worked_out: Callable[[int], Sums]) -> Int64:
        """Return what a value comes to in each of m cases, int64[m, 4]; `worked_out` is asked by a place among them."""
        held = self._held(which, int(numbers.max(initial=0)))
        unmet = np.flatnonzero(held[numbers, -1] == _UNMET)
        new, where = np.unique(numbers[unmet], return_index=True)
        for number, at in zip(new.tolist(), unmet[where].tolist(), strict=True):
            held[number] = worked_out(at)
        return held[numbers]

    def _held(self, which: int, number: int) -> Int64:
        """The sums of a value by the numbers of cases, with room for one."""
        held = self._sums.get(which, np.empty((0, len(Sums._fields)), np.int64))
        if number >= len(held):
            more = np.full((max(number + 1, 2 * len(held)) - len(held), held.shape[1]), _UNMET, np.int64)
            held = self._sums[which] = np.vstack((held, more))
        return held
