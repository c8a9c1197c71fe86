"""People folder: a history in columns as Parquet files of some people each, no household in two, and their list.

One row is one person, so any part of a file can be judged without the rest. The files hold what facts are computed
from; interactions and consents one by one stay in the log (`training.data.log_shards` has the same rows with them).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.declaration.declaration import Declaration
from features.log.history import History, MemberReports, Records
from features.log.households import households
from features.log.member_rows import CELLS
from features.log.packed_rows import COLUMNS, PackedRows, RowColumns
from features.log.row_encoder import TOLD, signals_of
from features.problem import Code, Problem, Rejected
from features.whole_file import replacing, write_whole

if TYPE_CHECKING:
    import pyarrow

__all__ = [
    "LIST",
    "PeopleFile",
    "PeopleFolder",
    "fingerprint",
    "history_of_table",
    "history_table",
    "household_parts",
    "records_of_table",
    "some_of",
    "whole_parts",
]

LIST: Final = "people.json"
"""The list of the files: written last, so that a folder with one is whole."""
FORMAT: Final = 2
_DECLARED: Final = b"proffer.declaration"
_RECORDED: Final = ("kind", "happened", "recorded", "superseded", "key", *TOLD)
_REPORTED: Final = 4 + len(CELLS)
"""Integers of what is said of a member: four moments and the cells."""
_NO_RECORDS: Final = Records(*(np.empty(0, np.int64) for _ in Records.__dataclass_fields__))


@dataclass(frozen=True)
class PeopleFile:
    """One file of the folder: its name, how many people it holds, and the SHA-256 of its bytes.

    Where each person's rows stand apart too, in a file of the same name that ends in `.arrow`, `marks` is its digest.
    """

    file: str
    people: int
    sha256: str
    marks: str | None = None


@dataclass(frozen=True)
class PeopleFolder:
    """A folder of people.

    Attributes:
        path: the folder.
        declaration: the hash of the declaration the history was read by.
        files: what it holds, in order; no person is in two.
    """

    path: Path
    declaration: str
    files: tuple[PeopleFile, ...]

    @classmethod
    def open(cls, path: Path) -> PeopleFolder:
        """Return the folder by its list.

        Raises:
            Rejected: there is no list, or it cannot be read.
        """
        try:
            document = json.loads((path / LIST).read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise ValueError
            return cls(path, document["declaration"], tuple(PeopleFile(**one) for one in document["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            what, remedy = f"has no {LIST} that can be read", "Make the folder with `proffer population`"
            raise Rejected([Problem((str(path),), "unreadable", what, remedy)]) from None

    @classmethod
    def write(
        cls, path: Path, parts: Iterable[History], progress: Callable[[int], object] = lambda _: None,
        apart: bool = False,
    ) -> PeopleFolder:  # fmt: skip
        """Write a folder, a file for each part.

        Args:
            path: the folder; it may be there.
            parts: histories read by one declaration, each person in one of them.
            progress: called with how many more people are written.
            apart: whether each person's rows are written apart too, so that few are read alone.

        Raises:
            OSError: it cannot be written; there is no list then.
        """
        path.mkdir(parents=True, exist_ok=True)
        (path / LIST).unlink(missing_ok=True)
        files, declared = [], ""
        for number, history in enumerate(parts):
            declared = history.features_hash
            files.append(_written(path / f"people-{number:05d}.parquet", history, apart))
            progress(len(history.people))
        document = {"format": FORMAT, "declaration": declared, "files": [asdict(one) for one in files]}
        write_whole(path / LIST, json.dumps(document, indent=1).encode() + b"\n")
        return cls(path, declared, tuple(files))

    @property
    def people(self) -> int:
        """How many people there are."""
        return sum(one.people for one in self.files)

    @property
    def fingerprint(self) -> str:
        """What tells these people from others: a SHA-256 over the hashes of the files."""
        return hashlib.sha256("".join(one.sha256 for one in self.files).encode()).hexdigest()

    def history(self, number: int, declaration: Declaration) -> History:
        """Return the people of one file.

        Raises:
            Rejected: it is not there, is not what was written, or was read by another declaration.
        """
        self._same(declaration)
        one = self.files[number]
        try:
            content = (self.path / one.file).read_bytes()
        except OSError as failure:
            raise _broken(self.path / one.file, "unreadable", failure.strerror or "cannot be read") from None
        if hashlib.sha256(content).hexdigest() != one.sha256:
            raise _broken(self.path / one.file, "damaged", "is not what was written: its SHA-256 differs")
        import pyarrow as pa
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(pa.BufferReader(content), columns=["person", *COLUMNS, "reports"])
        return history_of_table(table, declaration)

    @property
    def apart(self) -> bool:
        """Whether each person's rows stand apart too."""
        return all(one.marks is not None for one in self.files)

    def packed(self, number: int) -> PackedRows:
        """Return the people of one file, whose rows stand apart, without reading them.

        Raises:
            Rejected: the file of rows is not there, or not that of these people.
        """
        path = self._rows_of(number)
        try:
            found = PackedRows.open(path)
        except OSError as failure:
            raise _broken(path, "unreadable", failure.strerror or "cannot be read") from None
        except ValueError:
            raise _broken(path, "damaged", "is not what was written") from None
        if found.digest != self.files[number].marks:
            raise _broken(path, "damaged", "is not what was written: its marks differ")
        return found

    def some(self, number: int, packed: PackedRows, places: Int64, declaration: Declaration) -> History:
        """Return some people of one file, by their places, in that order; only their rows are read.

        Raises:
            Rejected: their rows are not what was written, or were read by another declaration.
        """
        self._same(declaration)
        try:
            return _history(packed.rows(places), declaration)
        except ValueError as failure:
            raise _broken(self._rows_of(number), "damaged", str(failure)) from None

    def _rows_of(self, number: int) -> Path:
        return (self.path / self.files[number].file).with_suffix(".arrow")

    def _same(self, declaration: Declaration) -> None:
        if self.declaration != declaration.hash:
            what, remedy = "was made with another declaration", "Make it again with the one in use"
            raise Rejected([Problem((str(self.path),), "conflict", what, remedy)])


def household_parts(history: History, size: int) -> list[Int64]:
    """Return the places of a history's people in parts of about `size`, by household, no household in two parts."""
    return whole_parts(households(history), size)


def whole_parts(group: Int64, size: int) -> list[Int64]:
    """Return places in parts of about `size`, by the number of the group each is in, no group in two parts."""
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order], append=-1)) + 1
    last = np.flatnonzero(np.diff((ends - 1) // size, append=-1))  # the last household of each part
    return np.split(order, ends[last])[:-1]


def some_of(history: History, places: Int64) -> History:
    """Return the history of some people, by their places, each under their own name."""
    return history.of(places, [history.people[place] for place in places.tolist()])


def fingerprint(history: History) -> str:
    """Return what tells the rows of a history from others: a SHA-256 over its people and columns."""
    digest = hashlib.sha256()
    for person in history.people:
        digest.update(person.encode() + b"\0")
    for name in ("offsets", *COLUMNS):
        digest.update(np.ascontiguousarray(getattr(history, name)).tobytes())
    digest.update(np.ascontiguousarray(history.reports.moments).tobytes())
    digest.update(np.ascontiguousarray(history.reports.cells).tobytes())
    return digest.hexdigest()


def _broken(path: Path, code: Code, what: str) -> Rejected:
    return Rejected([Problem((str(path),), code, what, "Make the folder again, or bring the file back")])


def _written(path: Path, history: History, apart: bool) -> PeopleFile:
    """Write one file, whole or not at all; first its people's rows apart, where they are wanted."""
    import pyarrow.parquet

    packed = PackedRows.of(history) if apart else None
    if packed is not None:
        packed.write(path.with_suffix(".arrow"))
    with replacing(path, durable=True) as unfinished:
        pyarrow.parquet.write_table(history_table(history), unfinished, compression="zstd")
        digest = hashlib.sha256(unfinished.read_bytes()).hexdigest()
    return PeopleFile(path.name, len(history.people), digest, None if packed is None else packed.digest)


def history_table(history: History, *, records: bool = False) -> pyarrow.Table:
    """Return the rows of people as a table, one row a person; interactions and consents too where `records` says so."""
    import pyarrow as pa

    rows = {name: _lists(history.offsets, getattr(history, name)) for name in COLUMNS}
    reports = history.reports
    cells = np.hstack((reports.moments, reports.cells)).reshape(-1)
    columns = {
        "person": pa.array(history.people, pa.string()),
        "household": pa.array(households(history)),
        **rows,
        "reports": _lists(reports.offsets * _REPORTED, cells),
    }
    if records:
        columns["records"] = _lists(*_records(history.records, len(history.people)))
    return pa.table(columns).replace_schema_metadata({_DECLARED: history.features_hash.encode()})


def history_of_table(table: pyarrow.Table, declaration: Declaration) -> History:
    """Return the history that `history_table` was made of, but for who is related to whom."""
    return replace(_history(_read(table), declaration), records=records_of_table(table))


def _records(records: Records, people: int) -> tuple[Int64, Int64]:
    """Where each person's interactions and consents begin, and all of them: int64[people + 1], int64[m]."""
    order = np.argsort(records.person, kind="stable")
    ends = np.cumsum(np.bincount(records.person, minlength=people)) * len(_RECORDED)
    flat = np.stack([getattr(records, name)[order] for name in _RECORDED], axis=1).reshape(-1)
    return np.concatenate(([0], ends)).astype(np.int64), flat


def _lists(offsets: Int64, values: Any) -> pyarrow.Array:
    import pyarrow as pa

    return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pa.array(values))


def _read(table: pyarrow.Table) -> RowColumns:
    """The rows of a file's people."""
    found = {name: _flat(table[name]) for name in (*COLUMNS, "reports")}
    offsets, (ends, reported) = found["happened"][0], found["reports"]
    rows = {name: found[name][1].astype(np.int32 if name == "signal" else np.int64, copy=False) for name in COLUMNS}
    people = tuple(table["person"].to_pylist())
    return RowColumns(people, offsets, rows, ends // _REPORTED, reported.reshape(-1, _REPORTED))


def records_of_table(table: pyarrow.Table) -> Records:
    """Return the interactions and consents of a table, of which no other column is read; none where it has none."""
    if "records" not in table.column_names:
        return _NO_RECORDS
    offsets, flat = _flat(table["records"])
    person = np.repeat(np.arange(table.num_rows), np.diff(offsets) // len(_RECORDED))
    return Records(person, *np.asarray(flat, np.int64).reshape(-1, len(_RECORDED)).T.copy())


def _history(read: RowColumns, declaration: Declaration) -> History:
    """The history of people who were read."""
    return History(
        people=read.people,
        offsets=read.offsets,
        local=declaration.zone.local_seconds(read.rows["happened"]),
        signals=signals_of(declaration),
        features_hash=declaration.hash,
        records=_NO_RECORDS,
        related=np.empty((0, 3), np.int64),
        reports=MemberReports(read.reports, read.said[:, :4].copy(), read.said[:, 4:].copy()),
        **read.rows,
    )


def _flat(column: pyarrow.ChunkedArray) -> tuple[Int64, Any]:
    """The offsets and the values of a column of lists."""
    lists = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    offsets = np.asarray(lists.offsets, np.int64)
    return offsets - offsets[0], np.asarray(lists.values)[offsets[0] : offsets[-1]]
