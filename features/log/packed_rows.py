"""Packed rows: what is recorded of each person as bytes of their own with a mark of them, so that few are read alone.

The file is Arrow's, mapped into memory: of people who are not asked for nothing but the marks is read.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Int64, UInt64
from features.log.member_rows import CELLS
from features.person_rows import rows_of
from features.whole_file import replacing

if TYPE_CHECKING:
    import pyarrow

    from features.log.history import History

__all__ = ["COLUMNS", "PackedRows", "RowColumns"]

COLUMNS: Final = ("happened", "recorded", "superseded", "signal", "value")
"""Of what rows consist, as columns of a history."""
_LEVEL: Final = 1
"""Of zlib: a higher one takes twice the time to write and saves a sixth."""


class RowColumns(NamedTuple):
    """The rows of some people.

    Attributes:
        people: their names.
        offsets: int64[people + 1], as of `History`.
        rows: under each of `COLUMNS` as it is in a history.
        reports: int64[people + 1], as of `MemberReports.offsets`.
        said: int64[reports, c]: moments and cells of what is said of members.
    """

    people: tuple[str, ...]
    offsets: Int64
    rows: dict[str, Any]
    reports: Int64
    said: Int64


@dataclass(frozen=True, eq=False)
class PackedRows:
    """The people of one file, in its order.

    Attributes:
        table: `person`, `mark` and `rows` of each, in one piece. The rows are how many there are, then one column after
            the other, then what is said of members, all as 64 bits (the lowest byte first), compressed by zlib.
    """

    table: pyarrow.Table

    @classmethod
    def of(cls, history: History) -> PackedRows:
        """Pack the rows of everybody."""
        import pyarrow as pa

        flat, ends = _flat(history)
        content = memoryview(flat.astype("<i8").tobytes())
        parts = [content[8 * begin : 8 * end] for begin, end in pairwise([0, *ends])]
        marks = [_mark(person, part) for person, part in zip(history.people, parts, strict=True)]
        columns = {
            "person": pa.array(history.people, pa.string()),
            "mark": pa.array(np.frombuffer(b"".join(marks), "<u8")),
            "rows": pa.array([zlib.compress(part, _LEVEL) for part in parts], pa.large_binary()),
        }
        return cls(pa.table(columns))

    @classmethod
    def open(cls, path: Path) -> PackedRows:
        """Map a file into memory.

        Raises:
            OSError: it is not there.
            ValueError: it is not such a file.
        """
        import pyarrow as pa

        with pa.ipc.open_file(pa.memory_map(str(path))) as file:
            table = file.read_all()
        table.validate(full=True)
        return cls(table.select(["person", "mark", "rows"]))

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        import pyarrow as pa

        with replacing(path, durable=True) as unfinished, pa.ipc.new_file(str(unfinished), self.table.schema) as file:
            file.write_table(self.table, max_chunksize=max(self.table.num_rows, 1))

    @cached_property
    def marks(self) -> UInt64:
        """Of each person what tells name and rows from others: 64 bits of BLAKE2b."""
        return np.asarray(self.table["mark"], np.uint64)

    @property
    def digest(self) -> str:
        """The SHA-256 of the marks: which people these are."""
        return hashlib.sha256(self.marks.astype("<u8").tobytes()).hexdigest()

    def rows(self, places: Int64) -> RowColumns:
        """Return the rows of some people, by their places.

        Raises:
            ValueError: somebody's are not those of the mark.
        """
        people = tuple(self.table["person"].take(places).to_pylist())
        try:
            parts = [zlib.decompress(part) for part in self._parts(places)]
        except zlib.error as failure:
            raise ValueError(str(failure)) from None
        marks = b"".join(_mark(person, part) for person, part in zip(people, parts, strict=True))
        if not np.array_equal(np.frombuffer(marks, "<u8"), self.marks[places]):
            raise ValueError("the rows of somebody are not those of their mark")
        return _columns(people, parts)

    def _parts(self, places: Int64) -> list[memoryview]:
        """The compressed rows of some people, as they stand in the file."""
        if not places.size:
            return []
        rows = self.table["rows"].chunk(0)  # in one piece, as it is written
        _, ends, content = rows.buffers()
        at = np.frombuffer(ends, np.int64)[rows.offset + places]
        until = np.frombuffer(ends, np.int64)[rows.offset + places + 1]
        whole = memoryview(content or b"")
        return [whole[begin:end] for begin, end in zip(at.tolist(), until.tolist(), strict=True)]


def _mark(person: str, content: bytes | memoryview) -> bytes:
    digest = hashlib.blake2b(person.encode() + b"\0", digest_size=8)
    digest.update(content)
    return digest.digest()


def _flat(history: History) -> tuple[Int64, list[int]]:
    """What is packed of everybody one after the other, and where each person's ends."""
    counts, reports = np.diff(history.offsets), history.reports
    said = np.hstack((reports.moments, reports.cells))
    width = said.shape[1]
    sizes = 1 + len(COLUMNS) * counts + width * np.diff(reports.offsets)
    begins = np.cumsum(sizes) - sizes
    found = np.empty(int(sizes.sum()), np.int64)
    found[begins] = counts
    for place, name in enumerate(COLUMNS):
        found[_slots(begins + 1 + place * counts, counts)] = getattr(history, name)
    found[_slots(begins + 1 + len(COLUMNS) * counts, width * np.diff(reports.offsets))] = said.reshape(-1)
    return found, (begins + sizes).tolist()


def _columns(people: tuple[str, ...], parts: list[bytes]) -> RowColumns:
    """The reverse of `_flat`."""
    flat = np.frombuffer(b"".join(parts), "<i8").astype(np.int64, copy=False)
    sizes = np.array([len(part) // 8 for part in parts], np.int64)
    begins, width = np.cumsum(sizes) - sizes, 4 + len(CELLS)
    counts = flat[begins]
    rest = sizes - 1 - len(COLUMNS) * counts
    at, step = _slots(begins + 1, counts), np.repeat(counts, counts)
    rows = {name: flat[at + place * step] for place, name in enumerate(COLUMNS)}
    rows["signal"] = rows["signal"].astype(np.int32)
    offsets, reports = (np.append(0, np.cumsum(one)).astype(np.int64) for one in (counts, rest // width))
    said = flat[_slots(begins + sizes - rest, rest)].reshape(-1, width)
    return RowColumns(people, offsets, rows, reports, said)


def _slots(begins: Int64, sizes: Int64) -> Int64:
    """Return the places of slices of a flat array, one after the other."""
    return rows_of(np.column_stack((begins, begins + sizes)).reshape(-1), 2 * np.arange(begins.size))[0]
