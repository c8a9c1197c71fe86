"""Events written to files as registries send them: NDJSON, and Parquet with timestamps in UTC."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.canonical_json import canonical_text
from features.log.event import Event
from features.log.files import COLUMNS


def write_ndjson(events: Iterable[Event], path: Path) -> None:
    """Write events one a line."""
    lines = (json.dumps(event.to_document(), ensure_ascii=False, separators=(",", ":")) + "\n" for event in events)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")


def write_parquet(events: Iterable[Event], path: Path, group: int | None = None) -> None:
    """Write events as one table, in row groups of so many."""
    second = pa.timestamp("s", "UTC")
    schema = pa.schema([(name, second if name.endswith("time") else pa.string()) for name in COLUMNS])
    rows = [
        (one.id, one.source, one.subject, one.type, one.time, one.recorded, canonical_text(one.to_document()["data"]))
        for one in events
    ]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in COLUMNS]
    pq.write_table(pa.table(columns, schema=schema), path, row_group_size=group)
