"""Events read from files one by one: NDJSON, one CloudEvent a line, and Parquet.

Parquet columns: `id source subject type time recordedtime data`; times are RFC 3339 texts or timestamps (UTC), `data`
is JSON text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from features import strict_json
from features.arrays import Bool, Int64
from features.declaration.declaration import Declaration
from features.log.event import CALENDAR, Event, rfc3339
from features.log.event_parser import parse_event
from features.problem import Problem, Rejected, Where
from features.unicode_form import composed_column

COLUMNS: Final = ("id", "source", "subject", "type", "time", "recordedtime", "data")
BATCH: Final = 65_536
_PLAIN_TIME: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-](0\d|1[0-4]):[0-5]\d)$"
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
    with opened(path) as lines:
        yield from parse_lines(lines, declaration, now=now, source=path.name)


def parse_lines(
    lines: Iterable[bytes], declaration: Declaration, *, now: int | None = None, source: str = "events"
) -> Iterator[Event | Rejected]:
    """Yield the event of each line, or why it was rejected, naming the line; empty lines are passed over."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield attempt(line, declaration, now, (f"{source}:{number}",))


def sift(found: Iterable[Event | Rejected], rejected: list[Problem]) -> Iterator[Event]:
    """Yield the events among what was found and put the problems of all others into `rejected`."""
    for one in found:
        if isinstance(one, Rejected):
            rejected.extend(one.problems)
        else:
            yield one


def count_of(path: Path) -> int | None:
    """Return how many events a Parquet file has, None for NDJSON, which says nothing about it.

    Raises:
        Rejected: the file cannot be read at all.
    """
    if path.suffix == ".parquet":
        with open_parquet(path) as file:
            return int(file.metadata.num_rows)
    opened(path).close()
    return None


def opened(path: Path) -> Any:
    """Open a file of lines."""
    try:
        return path.open("rb")
    except OSError as error:
        raise unreadable(path, error.strerror or "cannot be opened") from None


def unreadable(path: Path, why: str) -> Rejected:
    """Return the refusal of a file that cannot be read at all."""
    return Rejected([Problem((str(path),), "unreadable", f"cannot be read: {why}", "Give NDJSON or Parquet events")])


def attempt(line: object, declaration: Declaration, now: int | None, where: Where) -> Event | Rejected:
    """Return the event of one line, or of one document that is parsed already, or why there is none."""
    try:
        document = strict_json.parse(line) if isinstance(line, bytes | str) else line
    except strict_json.MalformedError as failure:
        return Rejected([Problem(where, "invalid", str(failure), "Write one whole JSON object a line, in UTF-8")])
    try:
        return parse_event(document, declaration, now=now, where=where)
    except Rejected as rejected:
        return rejected


def _parquet_events(path: Path, declaration: Declaration, now: int | None) -> Iterator[Event | Rejected]:
    number = 0
    for batch in open_parquet(path).iter_batches(BATCH, columns=list(COLUMNS)):
        for row in documents(batch):
            number += 1
            yield from_row(row, declaration, now, (f"{path.name}: row {number}",))


def open_parquet(path: Path) -> Any:
    """Open a Parquet file that has the columns of events."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowException) as error:
        raise unreadable(path, getattr(error, "strerror", None) or "it is no Parquet file, or a part of one") from None
    missing = [name for name in COLUMNS if name not in file.schema_arrow.names]
    if missing:
        raise unreadable(path, f"it has no column {', '.join(missing)}")
    for name in COLUMNS:
        kind = file.schema_arrow.field(name).type
        text = pa.types.is_string(kind) or pa.types.is_large_string(kind) or _dictionary_of_text(kind)
        if not text and not (name.endswith("time") and pa.types.is_timestamp(kind)):
            raise unreadable(path, f"column {name} is {kind}")
    return file


def _dictionary_of_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type))


def documents(batch: Any) -> Iterator[dict[str, object]]:
    """Yield the rows of an Arrow table as CloudEvents whose data is still text."""
    columns = {name: _texts(batch.column(name)) for name in COLUMNS}
    for values in zip(*columns.values(), strict=True):
        yield {name: value for name, value in zip(columns, values, strict=True) if value is not None}


def _texts(column: Any) -> list[object]:
    import pyarrow as pa

    if not pa.types.is_timestamp(column.type):
        return list(composed_column(column).to_pylist())
    seconds, valid = seconds_of(column)
    return [
        (rfc3339(second) if second in CALENDAR else f"{second} seconds after 1970") if known else None
        for second, known in zip(seconds.tolist(), valid.tolist(), strict=True)
    ]


def from_row(row: Mapping[str, object], declaration: Declaration, now: int | None, where: Where) -> Event | Rejected:
    """Return the event of one row of `documents`, or why there is none."""
    try:
        data = strict_json.parse(str(row.get("data", "{}")).encode())
    except strict_json.MalformedError as failure:
        what, remedy = str(failure), "Write the payload as one JSON object"
        return Rejected([Problem((*where, "data"), "invalid", what, remedy)])
    return attempt({**row, "data": data}, declaration, now, where)


def seconds_of(column: Any) -> tuple[Int64, Bool]:
    """Return the UTC seconds of an Arrow column of times, and which of them could be read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_timestamp(column.type):
        text = column.cast(pa.string())
        plain = pc.match_substring_regex(text, _PLAIN_TIME)
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
