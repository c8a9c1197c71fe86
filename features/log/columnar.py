"""Parquet read by columns into a history: plain rows by arithmetic, all others one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from features.arrays import Array, Bool, Int64
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import SUBJECT
from features.log.event import Event
from features.log.files import COLUMNS, documents, from_row, open_parquet, read_events, seconds_of, sift
from features.log.history import History, Items, ItemTable, assembled, history_of
from features.log.plain_rows import APART, EventColumns, PayloadCheck, indices_of, plain_rows
from features.log.row_encoder import RowEncoder
from features.log.versions import FOREVER, Acts, actions_among, distinct_events
from features.problem import Problem, Rejected
from features.unicode_form import composed_column

_LONGEST_KEY: Final = 64


def read_segments(
    paths: Path | Sequence[Path],
    declaration: Declaration,
    *,
    now: int | None = None,
    rejected: list[Problem] | None = None,
    unreadable: set[str] | None = None,
) -> History:
    """Return the events of files as segments; Parquet is read by columns, each distinct payload once.

    Args:
        paths: one file or several.
        declaration: what may happen.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.
        rejected: takes the problems of rows that cannot be used, which are then left out.
        unreadable: takes the people whose rows cannot be used, see `features.log.history.history_of`; nothing else is
            then said of them.

    Raises:
        Rejected: a file cannot be read, two events of one id conflict, or (without `rejected`) a row cannot be used.
    """
    problems: list[Problem] = [] if rejected is None or unreadable is not None else rejected
    files = [paths] if isinstance(paths, Path) else list(paths)
    if all(path.suffix == ".parquet" for path in files):
        tables = (FileEvents(path.name, 0, open_parquet(path).read(columns=list(COLUMNS))) for path in files)
        found = history_of_tables(tables, RowEncoder(declaration), now, problems, unreadable)
    else:
        streams = (read_events(path, declaration, now=now) for path in files)
        found = history_of((event for stream in streams for event in sift(stream, problems)), declaration)
    if problems and rejected is None and unreadable is None:
        raise Rejected(problems)
    return found


class FileEvents(NamedTuple):
    """Rows of a Parquet file: its name, how many rows of it stand before them, and the rows as an Arrow table."""

    file: str
    before: int
    rows: Any


def history_of_tables(
    tables: Iterable[FileEvents], encoder: RowEncoder, now: int | None, problems: list[Problem],
    unreadable: set[str] | None = None,
) -> History:  # fmt: skip
    """Return the events of tables as segments; arguments as of `read_segments`, the tables given one by one.

    Raises:
        Rejected: two events of one id conflict.
    """
    import pyarrow

    people, items = _Columns(list(tables), encoder, now).items(problems, unreadable)
    # the text of the files is gone by now: it is larger than what is made of it
    pyarrow.default_memory_pool().release_unused()
    return assembled(people, items, encoder, unreadable)


def _joined(parts: Sequence[tuple[Int64, Bool]]) -> tuple[Int64, Bool]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _sort_keys(text: Any) -> tuple[Array, ...]:
    """Integers that order texts as Python does, the most significant last; columns that are all alike are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(text) == 0:
        return ()
    width = max(pc.max(pc.binary_length(text)).as_py() or 0, 1)
    if width > _LONGEST_KEY:
        return (np.asarray(pc.rank(text, tiebreaker="dense").to_numpy(zero_copy_only=False), np.int64),)
    width += -width % 8
    large = text.cast(pa.large_string())
    ends = np.frombuffer(large.buffers()[1], np.int64)[large.offset : large.offset + len(large) + 1]
    letters = np.frombuffer(large.buffers()[2], np.uint8)[ends[0] : ends[-1]]
    padded = np.zeros((len(large), width), np.uint8)
    padded[np.arange(width) < np.diff(ends)[:, None]] = letters
    words = padded.view(">u8").astype(np.uint64)
    return tuple(words[:, place] for place in reversed(range(width // 8)) if np.ptp(words[:, place]))


class _Columns:
    """Parquet files read by columns: plain rows by arithmetic, all others one by one.

    A row is plain when its event touches nobody but the subject, corrects nothing, is neither corrected nor repeated,
    and has nothing wrong with it.
    """

    def __init__(self, parts: Sequence[FileEvents], encoder: RowEncoder, now: int | None) -> None:
        import pyarrow as pa

        self.declaration, self.encoder, self.now = encoder.declaration, encoder, now
        tables = [part.rows for part in parts]
        self.places = [(f"{part.file}: row", part.before + 1) for part in parts]
        self.ends = np.cumsum([len(table) for table in tables])
        plain = [name for name in COLUMNS if not name.endswith("time")]
        table = pa.concat_tables(
            [pa.table([composed_column(table[name]) for name in plain], plain) for table in tables]
        )
        self.text = {name: table[name].combine_chunks() for name in plain}
        self.time, timed = _joined([seconds_of(table["time"].combine_chunks()) for table in tables])
        self.recorded, stamped = _joined([seconds_of(table["recordedtime"].combine_chunks()) for table in tables])
        self.columns = EventColumns(self.text, self.time, self.recorded, timed & stamped)
        self.tables = tables
        self.check = PayloadCheck(self.declaration)

    def items(self, problems: list[Problem], unreadable: set[str] | None = None) -> tuple[tuple[str, ...], Items]:
        """Whom the rows touch, and what they say."""
        plain, codes = plain_rows(self.columns, self.declaration, self.now, self._code)
        plain &= ~self._repeated()
        apart = distinct_events(self._read(np.flatnonzero(~plain), problems, unreadable), unreadable)
        actions = actions_among(apart)
        if actions:  # what they act on cannot be read by columns
            acted = self._acted_on(actions) & plain
            plain &= ~acted
            apart += [one for one in self._one_by_one(np.flatnonzero(acted)) if isinstance(one, Event)]
        table, order = ItemTable(self.encoder), []
        for event in apart:
            before = len(table.person)
            table.add_all(event, actions, 0, unreadable)
            order += [event] * (len(table.person) - before)
        return self._together(np.flatnonzero(plain), codes, apart, table, order)

    def _read(self, rows: Int64, problems: list[Problem], unreadable: set[str] | None) -> Iterator[Event]:
        """Rows one by one, those left out that cannot be used; a row without a subject is nobody's."""
        subjects = self.text["subject"]
        for row, one in zip(rows.tolist(), self._one_by_one(rows), strict=True):
            if not isinstance(one, Rejected):
                yield one
                continue
            problems += one.problems
            if unreadable is not None and subjects[row].is_valid:
                unreadable.add(subjects[row].as_py())

    def _repeated(self) -> Bool:
        """Rows whose id is not theirs alone."""
        import pyarrow.compute as pc

        ids = self.text["id"]
        counts = pc.value_counts(ids)
        again = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if len(again) == 0:
            return np.zeros(len(ids), bool)
        return np.asarray(pc.is_in(ids, again).to_numpy(zero_copy_only=False), bool)

    def _code(self, event_type: str, text: str) -> tuple[int, int]:
        """The code of a payload, and the latest day it counts time since."""
        data, latest = self.check.checked(event_type, text)
        if data is None or event_type in self.encoder.household:  # who reports a member tells it from others
            return APART, 0
        declared = self.declaration.events.get(event_type)
        return self.encoder.code(event_type, declared.subject if declared else SUBJECT, data), latest

    def _one_by_one(self, rows: Int64) -> Iterator[Event | Rejected]:
        begin = 0
        for table, (place, first), end in zip(self.tables, self.places, self.ends.tolist(), strict=True):
            chosen = rows[(rows >= begin) & (rows < end)] - begin
            for number, row in zip(chosen.tolist(), documents(table.take(chosen)), strict=True):
                yield from_row(row, self.declaration, self.now, (f"{place} {number + first}",))
            begin = end

    def _acted_on(self, actions: Acts) -> Bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pa.array(sorted({key[1] for key in actions}), pa.string())
        return np.asarray(pc.is_in(self.text["id"], ids).to_numpy(zero_copy_only=False), bool)

    def _together(
        self, rows: Int64, codes: Int64, apart: Sequence[Event], table: ItemTable, order: Sequence[Event]
    ) -> tuple[tuple[str, ...], Items]:
        """What plain rows say and what those say that were read one by one."""
        import pyarrow as pa

        subjects = self.text["subject"].take(rows).dictionary_encode()
        names = subjects.dictionary.to_pylist()
        people = tuple(sorted({*names, *(person for event in apart for person in event.people)}))
        place = {person: number for number, person in enumerate(people)}
        added = table.items(people)
        sources = pa.concat_arrays(
            [self.text["source"].take(rows), pa.array([event.source for event in order], pa.string())]
        )
        ids = pa.concat_arrays([self.text["id"].take(rows), pa.array([event.id for event in order], pa.string())])
        recorded = np.concatenate((self.recorded[rows], np.array([event.recorded for event in order], np.int64)))
        return people, Items(
            np.concatenate((np.array([place[name] for name in names], np.int64)[indices_of(subjects)], added.person)),
            np.concatenate((self.time[rows], added.happened)),
            np.concatenate((self.recorded[rows], added.since)),
            np.concatenate((np.full(len(rows), FOREVER), added.until)),
            np.concatenate((codes[rows], added.code)),
            (*_sort_keys(ids), *_sort_keys(sources), recorded),
            np.concatenate((np.ones(len(rows), np.bool_), added.own)),
            added.related,
        )  # fmt: skip
