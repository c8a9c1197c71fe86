"""Rows as files: Parquet and NDJSON with the columns of the contract, byte for byte the same for the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq

from data.synthetic import payload
from data.synthetic.event_rows import SOURCES, EventRows
from data.synthetic.kinds import TYPES
from data.synthetic.registry import Names, identifiers

TIME = pa.timestamp("s", "UTC")
EVENTS = pa.schema(
    [("id", pa.string()), ("source", pa.string()), ("subject", pa.string()), ("type", pa.string()), ("time", TIME),
     ("recordedtime", TIME), ("data", pa.string())]
)  # fmt: skip
TRUTH = pa.schema(
    [("person", pa.string()), ("programme", pa.string()), ("probability", pa.float64()), ("reachable", pa.float64()),
     ("unasked", pa.float64()), ("unasked_reachable", pa.float64()), ("eligible", pa.bool_())]
)  # fmt: skip


def events_table(log: EventRows, names: Names) -> pa.Table:
    """The contract's columns."""
    columns = {
        "id": identifiers(log, names),
        "source": pa.array(SOURCES, pa.string()).take(pa.array(log.source)),
        "subject": names.citizens(log.person),
        "type": pa.array(TYPES, pa.string()).take(pa.array(log.kind)),
        "time": pa.array(log.happened).cast(TIME),
        "recordedtime": pa.array(log.recorded).cast(TIME),
        "data": log.data,
    }
    return pa.table(columns, schema=EVENTS)


def lines(table: pa.Table) -> pa.Array:
    """Each row of `events_table` as one CloudEvent in JSON."""
    column = {name: table[name].combine_chunks() for name in table.column_names}
    texts = {name: payload.quoted(column[name]) for name in ("id", "source", "subject", "type")}
    times = {
        name: payload.quoted(payload.rfc3339(column[name].cast(pa.int64()).to_numpy()))
        for name in ("time", "recordedtime")
    }
    version = pa.array(['"1.0"'], pa.string()).take(pa.array([0] * len(table)))
    return payload.json_object({"specversion": version, **texts, **times, "data": column["data"]})


def keep(table: pa.Table, path: Path) -> None:
    """Set a table aside for the writer (Arrow IPC)."""
    with pa.OSFile(str(path), "wb") as file, pyarrow.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def kept(path: Path) -> pa.Table:
    """A table that was set aside, without copying it into memory."""
    with pa.memory_map(str(path)) as file:
        return pyarrow.ipc.open_file(file).read_all()


class Writer:
    """Appends tables to one Parquet file and, if asked, one NDJSON file; each table is a row group."""

    def __init__(self, schema: pa.Schema, parquet: Path, ndjson: Path | None = None) -> None:
        """Open the files."""
        dictionary = [
            one.name for one in schema if one.name not in ("id", "time", "recordedtime") and one.type != pa.float64()
        ]
        self._parquet = pq.ParquetWriter(
            parquet, schema, compression="zstd", compression_level=1, use_dictionary=dictionary, store_schema=False,
            write_statistics=False,
        )  # fmt: skip
        self._ndjson: IO[bytes] | None = ndjson.open("wb") if ndjson else None

    def add(self, table: pa.Table) -> None:
        """Write one table."""
        self._parquet.write_table(table, row_group_size=max(len(table), 1))
        if self._ndjson:
            for batch in table.to_batches(max_chunksize=100_000):
                text = payload.joined([lines(pa.Table.from_batches([batch])), "\n"])
                self._ndjson.write(_bytes(text))

    def close(self) -> None:
        """Finish the files."""
        self._parquet.close()
        if self._ndjson:
            self._ndjson.close()


def _bytes(texts: pa.StringArray) -> bytes:
    """All texts one after the other."""
    if not len(texts):
        return b""
    first, last = (
        int.from_bytes(texts.buffers()[1][4 * i : 4 * i + 4].to_pybytes(), "little") for i in (0, len(texts))
    )
    return bytes(texts.buffers()[2][first:last])


def write_lines(documents: Iterable[str], path: Path) -> None:
    """Write one text a line."""
    path.write_text("".join(f"{document}\n" for document in documents), encoding="utf-8", newline="\n")
