"""Change index: of each person of a shard, by the mark of their rows, the first day on which something can change.

A sweep leaves it for the next one. Somebody whose rows are as they were, and whose day is still to come, is then not
read: the marks alone say so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int32, Int64, UInt64

__all__ = ["NEWS", "ChangeIndex"]

NEWS: Final = int(np.iinfo(np.int32).min)
"""The day of somebody whose rows no index knows."""
_FEW: Final = 16
"""Of so many people one may be left whom an index lacks, before others are asked: reading a few more costs less."""


class ChangeIndex(NamedTuple):
    """The people of a shard.

    Attributes:
        mark: uint64[n], what tells a person's name and rows from others.
        day: int32[n], the first day after that of the sweep on which something can change for them with no new event,
            because of their own ages, periods and lapses; the day after the last one looked at where there is none.
        may: under each programme that turns by itself in that time, whom its rules do not exclude, bool[n]: by those of
            the day of the sweep, or those of a day on which it turns.
    """

    mark: UInt64
    day: Int32
    may: Mapping[str, Bool]

    def due(self, day: int, turned: Collection[str]) -> Bool:
        """Return for whom something can have changed up to a day, bool[n]; `turned` are the programmes that turned."""
        found = self.day <= day
        for name in turned:
            found |= self.may[name]
        return found

    def own(self, day: int) -> Bool:
        """Return for whom a day of their own is known to come up to a day, bool[n]."""
        return np.asarray((self.day > NEWS) & (self.day <= day))

    @classmethod
    def known(cls, marks: UInt64, indexes: Iterable[ChangeIndex], names: Collection[str]) -> ChangeIndex:
        """Return what indexes know of people, by their marks, in their order; the first index that knows one counts.

        The day of those whom none knows is `NEWS`. Once they are few, they are not looked for in further indexes. An
        index that lacks a programme of those named is left out.
        """
        found = cls(
            marks, np.full(marks.size, NEWS, np.int32), {name: np.zeros(marks.size, np.bool_) for name in names}
        )
        for one in indexes:
            if one.mark.size and one.may.keys() >= found.may.keys():
                places, at = one.find(marks, found.day == NEWS)
                found.put(places, one, at)
                if np.count_nonzero(found.day == NEWS) * _FEW < marks.size:
                    break
        return found

    def find(self, marks: UInt64, wanted: Bool) -> tuple[Int64, Int64]:
        """Return which of some marks are here, and where; where nearly all stand as they stood, only they are."""
        if marks.size == self.mark.size:
            same = marks == self.mark
            if np.count_nonzero(~same) * _FEW < marks.size:
                places = np.flatnonzero(same & wanted)
                return places, places
        left, order = np.flatnonzero(wanted), np.argsort(self.mark)
        at = np.minimum(np.searchsorted(self.mark, marks[left], sorter=order), order.size - 1)
        here = self.mark[order[at]] == marks[left]
        return left[here], order[at[here]]

    def put(self, places: Int64, other: ChangeIndex, at: Int64) -> None:
        """Take what another says of its people `at` for those at `places`."""
        self.day[places] = other.day[at]
        for name, column in self.may.items():
            column[places] = other.may[name][at]

    def updated(self, places: Int64, others: ChangeIndex) -> ChangeIndex:
        """Return what others say of their programmes: of some people as they do, of the rest as this one does."""
        found = ChangeIndex(self.mark, self.day.copy(), {name: self.may[name].copy() for name in others.may})
        found.put(places, others, np.arange(places.size))
        return found

    def to_bytes(self) -> bytes:
        """Return it as a file of Arrow: a bit for each person and programme."""
        import pyarrow as pa

        columns = [pa.array(one) for one in (self.mark, self.day, *self.may.values())]
        table = pa.Table.from_arrays(columns, names=["mark", "day", *self.may])
        sink = pa.BufferOutputStream()
        with pa.ipc.new_file(sink, table.schema) as file:
            file.write_table(table)
        return bytes(sink.getvalue())

    @classmethod
    def of_bytes(cls, content: bytes | memoryview, names: Collection[str]) -> ChangeIndex:
        """Read what `to_bytes` made, of some programmes alone; raises ValueError where it is something else."""
        import pyarrow as pa

        table = pa.ipc.open_file(pa.BufferReader(content)).read_all().combine_chunks()
        mark, day = (np.asarray(table.column(name)) for name in ("mark", "day"))
        return cls(
            mark, day, {name: np.asarray(table.column(name)) for name in table.column_names[2:] if name in names}
        )
