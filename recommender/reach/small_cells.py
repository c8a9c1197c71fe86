"""Small cells: which counts of people are shown, and which would tell of a few of them."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.arrays import Bool, Int64

__all__ = ["FEW", "withheld"]

FEW: Final = 10
"""A count of fewer people than this, but for none, is not shown."""


def withheld(counts: Int64, few: int = FEW, among: Int64 | None = None) -> Bool:
    """Tell which rows of counts, int64[n, m], are not shown: bool[n].

    A row with a small count is withheld whole, since its other counts and its sum would tell it. Where that is one row
    alone, the row of the fewest people beside it is withheld too: all others and the total would tell the one. Rows
    follow, those of the fewest people first, until what is withheld is small in no column together either.

    Args:
        counts: of people, by row and column.
        few: counts below this, but for none, are small.
        among: the counts of everybody, int64[m], where the rows may have people in common, and so do not add up to
            them: a row is withheld then, too, where the count of everybody else is small.

    >>> withheld(np.array([[30, 40], [3, 90], [40, 10], [500, 600]])).tolist()
    [False, True, True, False]
    """
    small: Bool = np.asarray(_small(counts, few).any(axis=1), np.bool_)
    if among is not None:
        return np.asarray(small | (_small(among - counts, few) & ~_small(among, few)).any(axis=1), np.bool_)
    people = counts.sum(axis=1)
    if small.sum() == 1 and len(counts) > 1:
        small[int(np.where(small, np.iinfo(np.int64).max, people).argmin())] = True
    told = ~_small(counts.sum(axis=0), few).any()  # else the total is withheld, and tells nothing of the rows
    while told and (open_columns := _small(counts[small].sum(axis=0), few)).any():
        more = ~small & (counts[:, open_columns] > 0).any(axis=1)
        small[int(np.where(more, people, np.iinfo(np.int64).max).argmin())] = True
    return small


def _small(counts: Int64, few: int) -> Bool:
    """Which counts are of a few people."""
    return np.asarray((counts > 0) & (counts < few), np.bool_)
