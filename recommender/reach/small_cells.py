"""Small cells: which counts of people are shown, and which would tell of a few of them."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.arrays import Bool, Int64

__all__ = ["FEW", "withheld"]

FEW: Final = 10
"""A count of fewer people than this, but for none, is not shown."""


def withheld(counts: Int64, few: int = FEW) -> Bool:
    """Tell which rows of counts, int64[n, m], are not shown: bool[n].

    A row with a small count is withheld whole, since its other counts and its sum would tell it. Where that is one row
    alone, the row of the fewest people beside it is withheld too: all others and the total would tell the one.

    >>> withheld(np.array([[30, 40], [3, 90], [40, 10], [500, 600]])).tolist()
    [False, True, True, False]
    """
    small = np.asarray(((counts > 0) & (counts < few)).any(axis=1), np.bool_)
    if small.sum() == 1 and len(counts) > 1:
        people = np.where(small, np.iinfo(np.int64).max, counts.sum(axis=1))
        small[int(people.argmin())] = True
    return small
