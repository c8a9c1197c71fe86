"""Event blocks: a Parquet file of events read part by part, where nobody and no event is in two of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.log.columnar import FileEvents, history_of_tables
from features.log.files import COLUMNS, open_parquet
from features.log.row_encoder import RowEncoder
from features.problem import Problem, Rejected
from features.unicode_form import composed_column

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History

MOST_EVENTS: Final = 1_000_000
"""Row groups are read together up to so many events; a larger one is read alone."""


class EventBlocks:
    """The history of a file in blocks of adjacent row groups.

    Whether blocks are apart, so that each is read without the others, is known once all were read: no person is touched
    by events of two, and no id stands in two. `proffer synth` writes such files.

    Args:
        path: the file.
        declaration: what may happen.
        most: events of a block.

    Raises:
        Rejected: the file cannot be read at all.
    """

    def __init__(self, path: Path, declaration: Declaration, most: int = MOST_EVENTS) -> None:
        self.path, self._declaration = path, declaration
        self._people, self._ids, self._problems = list[Int64](), list[Int64](), list[Problem]()
        with open_parquet(path) as file:
            sizes = [file.metadata.row_group(at).num_rows for at in range(file.num_row_groups)]
        self._groups = _together(sizes, most)
        self._before = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)

    def __len__(self) -> int:
        """How many blocks."""
        return len(self._groups)

    def __iter__(self) -> Iterator[History]:
        """Yield the history of each block that can be read."""
        encoder = RowEncoder(self._declaration)
        self._people, self._ids, self._problems = [], [], []
        for groups in self._groups:
            try:
                history = history_of_tables(self._table(groups), encoder, None, self._problems)
            except Rejected as refusal:
                self._problems += refusal.problems
                continue
            self._people.append(_marks(history.people))
            yield history

    def apart(self) -> bool:
        """Whether nobody and no id is in two of the blocks that were read.

        Raises:
            Rejected: they are apart, and rows cannot be used, or two events of one id conflict.
        """
        apart = _distinct(self._people) and _distinct(self._ids)
        if apart and self._problems:
            raise Rejected(self._problems)
        return apart

    def _table(self, groups: list[int]) -> Iterator[FileEvents]:
        with open_parquet(self.path) as file:
            table = file.read_row_groups(groups, columns=list(COLUMNS))
        self._ids.append(np.unique(_marks(composed_column(table["id"]).drop_null().to_pylist())))
        yield FileEvents(self.path.name, int(self._before[groups[0]]), table)


def _together(sizes: list[int], most: int) -> list[list[int]]:
    """Adjacent row groups in blocks of at most so many rows; one block of none where there are none."""
    found: list[list[int]] = [[]]
    rows = 0
    for at, size in enumerate(sizes):
        if found[-1] and rows + size > most:
            found.append([])
            rows = 0
        found[-1].append(at)
        rows += size
    return found


def _marks(texts: Any) -> Int64:
    """A number for each text; two that share one by chance only make blocks be taken for one."""
    return np.fromiter(map(hash, texts), np.int64, len(texts))


def _distinct(parts: list[Int64]) -> bool:
    """Whether no number is in two parts, in each of which it stands once; the parts are let go of."""
    whole = np.concatenate(parts) if parts else np.empty(0, np.int64)
    parts.clear()
    whole.sort()
    return not bool((whole[1:] == whole[:-1]).any())
