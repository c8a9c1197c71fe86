"""Events of files as rows of the log: read by columns where nothing is wrong, all others one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import compress, islice
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import numpy as np

from features.arrays import Bool, Int64
from features.canonical_json import canonical_text
from features.declaration.declaration import Declaration
from features.log.event import Event
from features.log.files import (
    BATCH,
    COLUMNS,
    attempt,
    documents,
    from_row,
    open_parquet,
    opened,
    seconds_of,
    unreadable,
)
from features.log.plain_rows import APART, TEXTS, EventColumns, PayloadCheck, indices_of, plain_rows
from features.log.rows import StoredRows, cells_of
from features.problem import Problem, Rejected
from features.unicode_form import composed, composed_column

_REMEMBERED: Final = 2**18  # payloads whose check is remembered

_NO_DATA: Final = msgspec.Raw(b"")

_OneByOne = Callable[[Int64], Iterator[Event | Rejected]]


def read_rows(
    path: Path, declaration: Declaration, rejected: list[Problem], *, now: int | None = None
) -> Iterator[StoredRows]:
    """Yield the events of a file as the log stores them, tens of thousands at a time, in the order of the file.

    What is yielded is, bit for bit, `features.log.rows.stored(sift(read_events(...), rejected))`.

    Args:
        path: `.parquet`, or NDJSON under any other name.
        declaration: what may happen.
        rejected: takes the problems of all events that cannot be used, which are left out.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.

    Raises:
        Rejected: the file cannot be read at all.
    """
    batches = _parquet_batches if path.suffix == ".parquet" else _line_batches
    payloads = _PayloadTexts(declaration)
    for columns, one_by_one in batches(path, declaration, now):
        plain, codes = plain_rows(columns, declaration, now, payloads.code)
        yield _stored(columns, plain, codes, payloads.texts, one_by_one, rejected)
        payloads.forget()


class _PayloadTexts:
    """The canonical text of each distinct payload, checked once."""

    def __init__(self, declaration: Declaration) -> None:
        self._check = PayloadCheck(declaration)
        self.texts: list[str] = []
        self._known: dict[tuple[str, str], tuple[int, int]] = {}

    def code(self, event_type: str, text: str) -> tuple[int, int]:
        """The place of a payload in `texts`, and the latest day it counts time since; see `plain_rows`."""
        known = self._known.get((event_type, text))
        if known is None:
            data, latest = self._check.checked(event_type, text)
            known = APART, 0
            if data is not None:
                known = len(self.texts), latest
                self.texts.append(canonical_text(data))
            self._known[event_type, text] = known
        return known

    def forget(self) -> None:
        """Begin again where too much is remembered."""
        if len(self._known) > _REMEMBERED:
            self.texts, self._known = [], {}


def _stored(
    columns: EventColumns, plain: Bool, codes: Int64, texts: Sequence[str], one_by_one: _OneByOne,
    rejected: list[Problem],
) -> StoredRows:  # fmt: skip
    cells = _cells_by_columns(columns, codes, texts)
    others, targets = {}, {}
    apart = np.flatnonzero(~plain)
    lost: list[int] = []
    for row, event in zip(apart.tolist(), one_by_one(apart), strict=True):
        if isinstance(event, Rejected):
            rejected.extend(event.problems)
            lost.append(row)
            continue
        if len(event.people) > 1:
            others[row - len(lost)] = event.people[1:]
        if event.target:
            targets[row - len(lost)] = event.target
        for column, value in zip(cells, cells_of(event), strict=True):
            column[row] = value
    if lost:
        kept = np.ones(len(plain), np.bool_)
        kept[lost] = False
        cells = [list(compress(column, kept.tolist())) for column in cells]
    return StoredRows(cells, others, targets)


def _cells_by_columns(columns: EventColumns, codes: Int64, texts: Sequence[str]) -> list[list[Any]]:
    """The columns of `CELLS`, which mean nothing where an event is not plain; `Event.body_hash` says what is hashed.

    Nothing that the garbage collector would visit is made for each row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    text, known, wide = columns.text, [*texts, ""], pa.large_string()
    places = np.where(codes == APART, len(texts), codes)
    times = pa.array(columns.time).cast(wide)
    said = (text["subject"].cast(wide), text["type"].cast(wide), times, pa.array(known, wide).take(pa.array(places)))
    empty, apart = pa.scalar("", wide), pa.scalar("\n", wide)
    bodies = pc.binary_join_element_wise(*said, empty, apart, null_handling="replace").cast(pa.large_binary())
    ids, subjects = (text[name].to_numpy(zero_copy_only=False).tolist() for name in ("id", "subject"))
    return [
        _repeating(text["source"]), ids, subjects, _repeating(text["type"]), columns.time.tolist(),
        columns.recorded.tolist(), np.array(known, object)[places].tolist(), [""] * len(codes),
        [sha256(body).hexdigest() for body in bodies.to_numpy(zero_copy_only=False).tolist()],
    ]  # fmt: skip


def _repeating(column: Any) -> list[str]:
    """An Arrow column with few distinct texts as a list, null as the first of them."""
    coded = column.dictionary_encode()
    distinct = np.array(coded.dictionary.to_pylist() or [""], object)
    found: list[str] = distinct[indices_of(coded)].tolist()
    return found


def _columns(text: Mapping[str, Any], time: Any, recorded: Any, now: int | None) -> EventColumns:
    """Columns whose times are Arrow columns; what does not say when it was recorded is stamped now."""
    (happened, timed), (stamped, known) = seconds_of(time), seconds_of(recorded)
    if now is not None:
        absent = np.asarray(recorded.is_null().to_numpy(zero_copy_only=False), bool)
        stamped, known = np.where(absent, now, stamped), known | absent
    return EventColumns(text, happened, stamped, timed & known)


def _parquet_batches(path: Path, declaration: Declaration, now: int | None) -> Iterator[tuple[EventColumns, _OneByOne]]:
    import pyarrow as pa

    before = 0
    for batch in open_parquet(path).iter_batches(BATCH, columns=list(COLUMNS)):
        _check_text(batch, path)
        text = {name: composed_column(batch.column(name)) for name in TEXTS}

        def one_by_one(rows: Int64, batch: Any = batch, before: int = before) -> Iterator[Event | Rejected]:
            found = zip((before + rows + 1).tolist(), documents(batch.take(pa.array(rows))), strict=True)
            for number, document in found:
                yield from_row(document, declaration, now, (f"{path.name}: row {number}",))

        yield _columns(text, batch.column("time"), batch.column("recordedtime"), now), one_by_one
        before += len(batch)


def _check_text(batch: Any, path: Path) -> None:
    import pyarrow as pa

    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        raise unreadable(path, "it holds text that is not UTF-8") from None


class _Line(msgspec.Struct, gc=False):
    """A CloudEvent with nothing unusual in it; `data` is not parsed yet."""

    id: str
    source: str
    subject: str
    type: str
    time: str
    recordedtime: str = ""
    specversion: Literal["1.0", ""] = ""
    datacontenttype: Literal["application/json", ""] = ""
    data: msgspec.Raw = _NO_DATA


_LineTexts = tuple[str | None, ...]
_UNUSUAL: Final[_LineTexts] = (None,) * 7


def _line_batches(path: Path, declaration: Declaration, now: int | None) -> Iterator[tuple[EventColumns, _OneByOne]]:
    import pyarrow as pa

    decode = msgspec.json.Decoder(_Line).decode
    with opened(path) as file:
        lines = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        while chunk := list(islice(lines, BATCH)):
            rows = zip(*(_texts_of(line, decode) for _, line in chunk), strict=True)
            columns = {name: pa.array(column, pa.string()) for name, column in zip(COLUMNS, rows, strict=True)}

            def one_by_one(rows: Int64, chunk: Sequence[tuple[int, bytes]] = chunk) -> Iterator[Event | Rejected]:
                for number, line in (chunk[row] for row in rows.tolist()):
                    yield attempt(line, declaration, now, (f"{path.name}:{number}",))

            text = {name: columns[name] for name in TEXTS}
            yield _columns(text, columns["time"], columns["recordedtime"], now), one_by_one


def _texts_of(line: bytes, decode: Callable[[bytes], _Line]) -> _LineTexts:
    """The texts of a line by `COLUMNS`; all null for one that must be read strictly, by itself.

    Every name and every value but the data's is a text without escapes, so that quotes outside the data can be counted:
    more of them than the known names and their values have mean another name, or one that stands twice.
    """
    try:
        if not line.isascii():
            line = composed(line.decode()).encode()
        event = decode(line)
        data = bytes(event.data)
        payload = data.decode()
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _UNUSUAL
    optional = (event.recordedtime, event.specversion, event.datacontenttype)
    quotes = 4 * (5 + sum(map(bool, optional))) + 2 * bool(data)
    if line.count(b'"') - data.count(b'"') != quotes or line.count(b"\\") != data.count(b"\\"):
        return _UNUSUAL
    return event.id, event.source, event.subject, event.type, event.time, event.recordedtime or None, payload or "{}"
