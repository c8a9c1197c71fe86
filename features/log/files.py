"""Events as files: NDJSON, one CloudEvent a line, and Parquet; and the fast way from Parquet to segments.

Parquet columns: `id source subject type time recordedtime data`; times are RFC 3339 texts or timestamps (UTC), `data`
is JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from features import strict_json
from features.arrays import Array, Bool, Int64
from features.calendar import DAY_SECONDS
from features.canonical_json import canonical_text
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import CORRECTED, RETRACTED, STATED, SUBJECT
from features.log.event import Event, parse_time, rfc3339
from features.log.event_parser import parse_event
from features.log.history import History, Items, ItemTable, assembled, history_of
from features.log.row_encoder import RowEncoder
from features.log.statement import encode_facts
from features.log.versions import FOREVER, actions_among, distinct_events, versions
from features.problem import Problem, Rejected, Where
from features.whole_file import replacing

COLUMNS: Final = ("id", "source", "subject", "type", "time", "recordedtime", "data")
_BATCH: Final = 65_536
_LONGEST_KEY: Final = 64
_UNITS: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def read_events(path: Path, declaration: Declaration, *, now: int | None = None) -> Iterator[Event | Rejected]:
    """Yield each event of a file as it is read, or, in its place, why it was rejected; see `sift`.

    Args:
        path: `.parquet`, or NDJSON under any other name.
        declaration: what may happen.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.

    Raises:
        Rejected: the file cannot be read at all.
    """
    if path.suffix == ".parquet":
        yield from _parquet_events(path, declaration, now)
        return
    with _opened(path) as lines:
        yield from parse_lines(lines, declaration, now=now, source=path.name)


def parse_lines(
    lines: Iterable[bytes], declaration: Declaration, *, now: int | None = None, source: str = "events"
) -> Iterator[Event | Rejected]:
    """Yield the event of each line, or why it was rejected, naming the line; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _attempt(line, declaration, now, (f"{source}:{number}",))


def sift(found: Iterable[Event | Rejected], rejected: list[Problem]) -> Iterator[Event]:
    """Yield the events among what was found and put the problems of all others into `rejected`."""
    for one in found:
        if isinstance(one, Rejected):
            rejected.extend(one.problems)
        else:
            yield one


def write_ndjson(events: Iterable[Event], path: Path) -> None:
    """Write events one a line; the file appears only when it is whole."""
    with replacing(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="\n") as file:
        for event in events:
            file.write(json.dumps(event.to_document(), ensure_ascii=False, separators=(",", ":")) + "\n")


def write_parquet(events: Iterable[Event], path: Path) -> None:
    """Write events as Parquet with timestamps in UTC; the file appears only when it is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    second = pa.timestamp("s", "UTC")
    schema = pa.schema([(name, second if name.endswith("time") else pa.string()) for name in COLUMNS])
    with replacing(path) as unfinished, pq.ParquetWriter(unfinished, schema) as writer:
        for batch in _batches(events):
            rows = [_row(event) for event in batch]
            writer.write_table(pa.table([list(column) for column in zip(*rows, strict=True)], schema=schema))


def read_segments(
    paths: Path | Sequence[Path],
    declaration: Declaration,
    *,
    now: int | None = None,
    rejected: list[Problem] | None = None,
) -> History:
    """Return the events of files as segments; Parquet is read by columns, each distinct payload once.

    Args:
        paths: one file or several.
        declaration: what may happen.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.
        rejected: takes the problems of rows that cannot be used, which are then left out.

    Raises:
        Rejected: a file cannot be read, two events of one id conflict, or (without `rejected`) a row cannot be used.
    """
    problems: list[Problem] = [] if rejected is None else rejected
    files = [paths] if isinstance(paths, Path) else list(paths)
    if all(path.suffix == ".parquet" for path in files):
        found = _Columns(files, declaration, now).segments(problems)
    else:
        streams = (read_events(path, declaration, now=now) for path in files)
        found = history_of((event for stream in streams for event in sift(stream, problems)), declaration)
    if problems and rejected is None:
        raise Rejected(problems)
    return found


def last_recorded(path: Path) -> int:
    """Return the UTC second of the last event recorded in a Parquet file; the other columns are not read.

    Raises:
        Rejected: the file cannot be read, a time is not one, or there is no event.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _parquet(path).read(columns=["recordedtime"])["recordedtime"].combine_chunks()
    seconds, readable = _seconds(column)
    written = pc.unique(column.filter(pa.array(~readable))).to_pylist()
    times = [
        int(seconds[readable].max(initial=-FOREVER)),
        *(parse_time(text, (path.name, "recordedtime")) for text in written),
    ]
    if max(times) == -FOREVER:
        raise Rejected([Problem((str(path),), "missing", "has no events", "Give a file with at least one event")])
    return max(times)


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error.strerror or "cannot be opened") from None


def _unreadable(path: Path, why: str) -> Rejected:
    return Rejected([Problem((str(path),), "unreadable", f"cannot be read: {why}", "Give NDJSON or Parquet events")])


def _attempt(line: object, declaration: Declaration, now: int | None, where: Where) -> Event | Rejected:
    """Parse one line, or one document that is parsed already."""
    try:
        document = strict_json.parse(line) if isinstance(line, bytes | str) else line
    except strict_json.MalformedError as failure:
        return Rejected([Problem(where, "invalid", str(failure), "Write one whole JSON object a line, in UTF-8")])
    try:
        return parse_event(document, declaration, now=now, where=where)
    except Rejected as rejected:
        return rejected


def _row(event: Event) -> tuple[object, ...]:
    data = canonical_text(event.to_document()["data"])
    return (event.id, event.source, event.subject, event.type, event.time, event.recorded, data)


def _batches(events: Iterable[Event]) -> Iterator[list[Event]]:
    batch: list[Event] = []
    for event in events:
        batch.append(event)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _parquet_events(path: Path, declaration: Declaration, now: int | None) -> Iterator[Event | Rejected]:
    number = 0
    for batch in _parquet(path).iter_batches(_BATCH, columns=list(COLUMNS)):
        for row in _documents(batch):
            number += 1
            yield _from_row(row, declaration, now, (f"{path.name}: row {number}",))


def _parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, type(error).__name__) from None
    missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
    if missing:
        raise _unreadable(path, f"it has no column {', '.join(missing)}")
    for name in COLUMNS:
        kind = file.schema_arrow.field(name).type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or _dictionary_of_text(kind)
        if not text and not (name.endswith("time") and pa.types.is_timestamp(kind)):
            raise _unreadable(path, f"column {name} is {kind}")
    return file


def _dictionary_of_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))


def _documents(batch: Any) -> Iterator[dict[str, object]]:
    """The rows of a table as CloudEvents whose data is still text."""
    columns = {name: _texts(batch.column(name)) for name in COLUMNS}
    for values in zip(*columns.values(), strict=True):
        yield {name: value for name, value in zip(columns, values, strict=True) if value is not None}


def _texts(column: Any) -> list[object]:
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type):
        return list(column.to_pylist())
    seconds, valid = _seconds(column)
    return [rfc3339(second) if known else None for second, known in zip(seconds.tolist(), valid.tolist(), strict=True)]


def _from_row(row: Mapping[str, object], declaration: Declaration, now: int | None, where: Where) -> Event | Rejected:
    try:
        data = strict_json.parse(str(row.get("data", "{}")).encode())
    except strict_json.MalformedError as failure:
        what, remedy = str(failure), "Write the payload as one JSON object"
        return Rejected([Problem((*where, "data"), "invalid", what, remedy)])
    return _attempt({**row, "data": data}, declaration, now, where)


def _seconds(column: Any) -> tuple[Int64, Bool]:
    """UTC seconds of a column of times, and which of them could be read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(column.type):
        text = column.cast(pa.string())
        plain = pc.match_substring_regex(text, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        column = _timestamps(pc.if_else(plain, text, None))
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    ticks = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    return ticks // _UNITS[column.type.unit], np.asarray(valid, bool)


def _timestamps(text: Any) -> Any:
    """Texts as timestamps, null where there is no such day or hour."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return text.cast(pa.timestamp("s", "UTC"))
    except pa.ArrowInvalid:
        form = "%Y-%m-%dT%H:%M:%SZ"
        found = pc.strptime(text, form, "s", error_is_null=True)  # which takes 30 February for 1 March
        return pc.if_else(pc.equal(pc.strftime(found, form), text), found, None)


def _joined(parts: Sequence[tuple[Int64, Bool]]) -> tuple[Int64, Bool]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _indices(coded: Any) -> Int64:
    """The place of each value in the dictionary, 0 for null."""
    return np.asarray(coded.indices.fill_null(0).to_numpy(zero_copy_only=False), np.int64)


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

    def __init__(self, paths: Sequence[Path], declaration: Declaration, now: int | None) -> None:
        import pyarrow as pa

        self.declaration, self.now = declaration, now
        tables = [_parquet(path).read(columns=list(COLUMNS)) for path in paths]
        self.places = [f"{path.name}: row" for path in paths]
        self.ends = np.cumsum([len(table) for table in tables])
        plain = [(name, pa.string()) for name in COLUMNS if not name.endswith("time")]
        parts = [
            pa.table([table[name].cast(kind) for name, kind in plain], [name for name, _ in plain]) for table in tables
        ]
        table = pa.concat_tables(parts)
        self.text = {name: table[name].combine_chunks() for name, _ in plain}
        self.time, self.timed = _joined([_seconds(table["time"].combine_chunks()) for table in tables])
        self.recorded, stamped = _joined([_seconds(table["recordedtime"].combine_chunks()) for table in tables])
        self.tables, self.readable = tables, self.timed & stamped
        self.encoder = RowEncoder(declaration)
        self.past = {fact.name for fact in declaration.facts.values() if fact.past}

    def segments(self, problems: list[Problem]) -> History:
        plain, codes = self._plain()
        apart = distinct_events(sift(self._one_by_one(np.flatnonzero(~plain)), problems))
        actions = actions_among(apart)
        if actions:  # what they act on cannot be read by columns
            acted = self._acted_on(actions) & plain
            plain &= ~acted
            apart += [one for one in self._one_by_one(np.flatnonzero(acted)) if isinstance(one, Event)]
        table, order = ItemTable(self.encoder), []
        for event in apart:
            for version in versions(event, actions, self.declaration) if event.target is None else ():
                before = len(table.person)
                table.add(version, 0)
                order += [event] * (len(table.person) - before)
        return self._assembled(np.flatnonzero(plain), codes, apart, table, order)

    def _plain(self) -> tuple[Bool, Int64]:
        """Which rows are plain, and every plain row's payload code."""
        import pyarrow.compute as pc

        plain = self.readable & (self.time <= self.recorded)
        plain &= self.declaration.zone.local_seconds(self.time) >= self.declaration.epoch * DAY_SECONDS
        if self.now is not None:
            plain &= self.recorded <= self.now
        for name in ("id", "source", "subject"):
            text = self.text[name]
            length = pc.utf8_length(text)
            good = pc.and_(pc.utf8_is_printable(text), pc.and_(pc.greater(length, 0), pc.less_equal(length, 400)))
            plain &= good.fill_null(False).to_numpy(zero_copy_only=False)
        plain &= ~self._repeated()
        kinds, datas = self.text["type"].dictionary_encode(), self.text["data"].dictionary_encode()
        plain &= pc.and_(kinds.is_valid(), datas.is_valid()).to_numpy(zero_copy_only=False)
        pairs = _indices(kinds) * max(len(datas.dictionary), 1) + _indices(datas)
        distinct, which = np.unique(pairs, return_inverse=True)
        kind_names, texts = kinds.dictionary.to_pylist(), datas.dictionary.to_pylist()
        each = [self._payload(kind_names[pair // len(texts)], texts[pair % len(texts)]) for pair in distinct.tolist()]
        found = np.array(each, np.int64).reshape(-1, 2)[which]
        today = self.declaration.zone.local_seconds(self.time) // DAY_SECONDS
        return plain & (found[:, 0] >= 0) & (found[:, 1] <= today), np.ascontiguousarray(found[:, 0])

    def _repeated(self) -> Bool:
        """Rows whose id is not theirs alone."""
        import pyarrow.compute as pc

        ids = self.text["id"]
        counts = pc.value_counts(ids)
        again = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
        if len(again) == 0:
            return np.zeros(len(ids), bool)
        return np.asarray(pc.is_in(ids, again).to_numpy(zero_copy_only=False), bool)

    def _payload(self, event_type: str, text: str) -> tuple[int, int]:
        """The code of a payload, -1 for one that must be read row by row, and the latest day it counts time since."""
        if event_type in (CORRECTED, RETRACTED) or '"about"' in text:
            return -1, 0
        if event_type == STATED:
            return self._statement(text)
        names = dict.fromkeys(("id", "source", "subject"), "any")
        second = rfc3339((self.declaration.epoch + 2) * DAY_SECONDS)
        row = {**names, "type": event_type, "time": second, "recordedtime": second, "data": text}
        event = _from_row(row, self.declaration, None, ())
        if isinstance(event, Rejected):
            return -1, 0
        return self.encoder.code(event_type, self.declaration.events[event_type].subject, event.data), -FOREVER

    def _statement(self, text: str) -> tuple[int, int]:
        try:
            facts = strict_json.parse(text.encode())
            if not isinstance(facts, Mapping):
                return -1, 0
            encoded = encode_facts(facts, self.declaration, FOREVER)
        except ValueError:  # not JSON, or (Rejected) not facts
            return -1, 0
        past = [day for name, days in encoded.items() if name in self.past for day in days]
        return self.encoder.code(STATED, SUBJECT, facts), max(past, default=-FOREVER)

    def _one_by_one(self, rows: Int64) -> Iterator[Event | Rejected]:
        begin = 0
        for table, place, end in zip(self.tables, self.places, self.ends.tolist(), strict=True):
            chosen = rows[(rows >= begin) & (rows < end)] - begin
            for number, row in zip(chosen.tolist(), _documents(table.take(chosen)), strict=True):
                yield _from_row(row, self.declaration, self.now, (f"{place} {number + 1}",))
            begin = end

    def _acted_on(self, actions: Mapping[tuple[str, str], object]) -> Bool:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids = pa.array(sorted({key[1] for key in actions}), pa.string())
        return np.asarray(pc.is_in(self.text["id"], ids).to_numpy(zero_copy_only=False), bool)

    def _assembled(
        self, rows: Int64, codes: Int64, apart: Sequence[Event], table: ItemTable, order: Sequence[Event]
    ) -> History:
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
        items = Items(
            np.concatenate((np.array([place[name] for name in names], np.int64)[_indices(subjects)], added.person)),
            np.concatenate((self.time[rows], added.happened)),
            np.concatenate((self.recorded[rows], added.since)),
            np.concatenate((np.full(len(rows), FOREVER), added.until)),
            np.concatenate((codes[rows], added.code)),
            (*_sort_keys(ids), *_sort_keys(sources), recorded),
            np.concatenate((np.ones(len(rows), np.bool_), added.own)),
            added.related,
        )  # fmt: skip
        return assembled(people, items, self.encoder)
