"""Members: the people who belong to each of many persons, and which lists of them are whole, as integer arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from features.arrays import Int64
from features.person_rows import rows_of
from features.value import UNKNOWN

RELATION, BORN, MONTHS, LIVES, RAISES, DISABLED, CERTAIN, ID = range(8)
"""The cells of a member: `UNKNOWN` where not known, but CERTAIN, which is 0 where it may be somebody listed already."""
CELLS: Final = 8

WHOLE: Final = -(2**62)
"""A list that holds everybody, however long ago they were born."""
OPEN: Final = 2**62
"""A list that may always lack somebody."""


@dataclass(frozen=True, eq=False)
class Members:
    """The members of n persons.

    Attributes:
        offsets: int64[n + 1]; person `i` has the members `offsets[i]` up to `offsets[i + 1]`, the eldest first.
        cells: int64[m, 8]: relation (its place in the declaration), day of birth (or on which birth is expected), age
            in completed months, whether they live with the person, are raised by the person, are disabled (0 or 1),
            whether they are somebody else than those listed before, and the code of their identifier.
        since: int64[n, relations]: of the members of a relation everybody born on or after this day is listed.
        months: int64[n, relations]: how many months that day lies back, `OPEN` where the list is whole.
    """

    offsets: Int64
    cells: Int64
    since: Int64
    months: Int64

    def __len__(self) -> int:
        """How many persons."""
        return len(self.since)

    @cached_property
    def counts(self) -> Int64:
        """How many members each person has: int64[n]."""
        return np.diff(self.offsets)

    def __getitem__(self, chosen: Any) -> Members:
        """The members of the persons that `chosen` selects: places, a slice or a mask."""
        given = isinstance(chosen, np.ndarray) and chosen.dtype.kind == "i" and bool((chosen >= 0).all())
        places = chosen.reshape(-1) if given else np.arange(len(self))[chosen].reshape(-1)
        rows, ends = rows_of(self.offsets, places)
        offsets = np.concatenate(([0], ends)).astype(np.int64)
        return Members(offsets, self.cells[rows], self.since[places], self.months[places])


def nobody(persons: int, relations: int) -> Members:
    """Return persons of whose members nothing is known."""
    return Members(
        np.zeros(persons + 1, np.int64), np.empty((0, CELLS), np.int64),
        np.full((persons, relations), OPEN, np.int64), np.full((persons, relations), -1, np.int64),
    )  # fmt: skip


def joined(parts: Sequence[Members]) -> Members:
    """Return the persons of several, one after the other; raises ValueError where there are none."""
    ends = np.cumsum(np.concatenate([part.counts for part in parts]))
    return Members(
        np.concatenate(([0], ends)).astype(np.int64),
        *(np.concatenate([getattr(part, name) for part in parts]) for name in ("cells", "since", "months")),
    )


def amended(one: Members, other: Members) -> Members:
    """Return one person's members with what another statement says: the lists that it makes whole are replaced."""
    replaced = np.flatnonzero(other.since[0] == WHOLE)
    kept = one.cells[~(one.cells[:, RELATION, None] == replaced).any(axis=1)]  # isin would load numpy.ma, for 15 ms
    cells = np.concatenate((kept, other.cells))
    order = np.lexsort((cells[:, BORN], cells[:, BORN] == UNKNOWN))
    offsets = np.array([0, len(cells)], np.int64)
    since, months = np.minimum(one.since, other.since), np.maximum(one.months, other.months)
    return Members(offsets, cells[order], since, months)
