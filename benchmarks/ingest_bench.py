"""Events from files into an empty SQLite log, checked and committed, beside plain insertions of the same rows.

The files are those of synthetic people, once as Parquet and once as NDJSON. The peers read the Parquet file and insert
its columns without any check and without a hash: `sqlite3` by executemany into the same tables, pandas by to_sql into
a table without indexes. What counts is CPU time, the best of several rounds, everybody in turn.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from composition import clock, reading
from features.declaration.declaration import Declaration
from features.log.bulk import read_rows
from features.log.database import Database
from features.log.event_log import EventLog

NAME: Final = "ingest"
_CELLS: Final = "source, id, subject, type, time, recorded, data"
_COLUMNS: Final = ("source", "id", "subject", "type", "time", "recordedtime", "data")
_INSERT: Final = f"INSERT OR IGNORE INTO events ({_CELLS}, about, hash) VALUES (?, ?, ?, ?, ?, ?, ?, '', '')"  # noqa: S608  # names only

_Contender = Callable[[Path], Path]


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(
    citizens: int = 8_000, rounds: int = 3, progress: Callable[[str], None] = lambda _: None
) -> Mapping[str, object]:
    """Return the document of `proffer bench ingest`: events a CPU second, and whether all kept the same events."""
    declaration = reading.read_declaration()
    with tempfile.TemporaryDirectory() as folder:
        progress(f"making the events of {citizens:,} people")
        people = Path(folder) / "people"
        _make(people, citizens, declaration)
        contenders: dict[str, _Contender] = {
            "parquet": lambda home: _proffer(home, people / "events.parquet", declaration),
            "ndjson": lambda home: _proffer(home, people / "events.ndjson", declaration),
            "sqlite3": lambda home: _sqlite3(home, people / "events.parquet"),
            "pandas": lambda home: _pandas(home, people / "events.parquet"),
        }
        seconds = dict.fromkeys(contenders, float("inf"))
        logs: dict[str, Path] = {}
        for turn in range(rounds):
            for name, contender in contenders.items():
                progress(f"round {turn + 1} of {rounds}: {name}")
                home = Path(tempfile.mkdtemp(dir=folder))
                begun = time.process_time()
                logs[name] = contender(home)
                seconds[name] = min(seconds[name], time.process_time() - begun)
        return _document(seconds, logs)


def _document(seconds: Mapping[str, float], logs: Mapping[str, Path]) -> Mapping[str, object]:
    whole = {name: _rows(logs[name], "*") for name in ("parquet", "ndjson")}
    shared = {name: _rows(logs[name], _CELLS.removesuffix(", data")) for name in logs}
    events = len(whole["parquet"])
    speed = {name: events / taken for name, taken in seconds.items()}
    peers = {name: speed[name] for name in ("sqlite3", "pandas")}
    return {
        "name": NAME,
        "work": f"{events:,} events from Parquet into an empty SQLite log, checked and committed",
        "unit": "events a CPU second",
        "ours": speed["parquet"],
        "peers": peers,
        "ratio": {name: speed["parquet"] / figure for name, figure in peers.items()},
        "equal_results": whole["parquet"] == whole["ndjson"]
        and all(set(rows) == set(shared["parquet"]) for rows in shared.values()),
        "ndjson": speed["ndjson"],
    }


def _make(out: Path, citizens: int, declaration: Declaration) -> None:
    from data.synthetic.stamp import PopulationOrder
    from data.synthetic.world import synthesise

    regions = reading.read_regions()
    catalogue = reading.read_catalogue(None, declaration, regions)
    synthesise(PopulationOrder(1, citizens, 12), (declaration, catalogue, regions), out, ndjson=True)


def _proffer(home: Path, file: Path, declaration: Declaration) -> Path:
    path = home / "events.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.prepare()
        with database.writing() as connection:
            EventLog(connection).append_rows(read_rows(file, declaration, [], now=clock.now()))
    return path


def _sqlite3(home: Path, file: Path) -> Path:
    import pyarrow.parquet

    path = home / "events.db"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.prepare()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA cache_size = -262144")
        for batch in pyarrow.parquet.ParquetFile(file).iter_batches(columns=list(_COLUMNS)):
            connection.executemany(_INSERT, zip(*(_plain(batch.column(name)) for name in _COLUMNS), strict=True))
        connection.commit()
    return path


def _plain(column: Any) -> list[Any]:
    """A column of Arrow as Python values, times as UTC seconds."""
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("s", column.type.tz), safe=False).cast(pa.int64())
    found: list[Any] = column.to_numpy(zero_copy_only=False).tolist()
    return found


def _pandas(home: Path, file: Path) -> Path:
    import pandas as pd

    path = home / "events.db"
    frame = pd.read_parquet(file, columns=list(_COLUMNS)).rename(columns={"recordedtime": "recorded"})
    for name in ("time", "recorded"):
        frame[name] = frame[name].astype("datetime64[s, UTC]").astype("int64")
    with closing(sqlite3.connect(path)) as connection:
        frame.to_sql("events", connection, index=False)
        connection.commit()
    return path


def _rows(path: Path, columns: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT {columns} FROM events ORDER BY rowid").fetchall()  # noqa: S608  # names only
