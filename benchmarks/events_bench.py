"""Events over HTTP, acknowledged once on disk, beside a bare insertion of the same rows with the same durability.

A service of one process writes into an empty SQLite log: rollback journal, synchronous FULL, so that each commit is
flushed. Several connections send batches of 100, each as soon as the one before it is acknowledged. The peers insert
the finished rows of the same batches into the same tables without reading JSON and without a check: one commit for
each batch, and one commit for as many batches as there were connections. What counts is seconds of the clock, because
flushing is no work of the processor; the processor's seconds of the service stand beside.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from composition import reading
from features.log.database import Database
from features.log.event_parser import parse_event
from features.log.rows import stored

NAME: Final = "events"
EACH: Final = 100
_HEAD: Final = (
    "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/cloudevents-batch+json\r\n"
    "Content-Length: {}\r\n\r\n"
)
_INSERT: Final = (
    "INSERT OR IGNORE INTO events (source, id, subject, type, time, recorded, data, about, hash) "
    "VALUES (?,?,?,?,?,?,?,?,?)"
)
_KEYS: Final = "SELECT source, id, subject, type, time, data FROM events ORDER BY id"


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(
    batches: int = 1_000, connections: int = 16, progress: Callable[[str], None] = lambda _: None
) -> Mapping[str, object]:
    """Return the document of `proffer bench events`: events a second, and whether all kept the same events."""
    bodies = [_body(number) for number in range(batches)]
    with tempfile.TemporaryDirectory() as folder:
        progress(f"{batches * EACH:,} events over {connections} connections")
        ours = _served(Path(folder) / "served", bodies, connections)
        progress("the same rows, inserted")
        rows = rows_of(bodies)
        single = _inserted(Path(folder) / "single", rows, EACH)
        grouped = _inserted(Path(folder) / "grouped", rows, EACH * connections)
        kept = [kept_in(Path(folder) / name) for name in ("served", "single", "grouped")]
    speed = {name: len(rows) / seconds for name, seconds in (("sqlite3", single), ("sqlite3, grouped", grouped))}
    rate = len(rows) / ours["seconds"]
    return {
        "name": NAME,
        "work": f"{len(rows):,} events in batches of {EACH} over {connections} connections into an empty SQLite log",
        "unit": "events a second, acknowledged when on disk",
        "ours": rate,
        "peers": speed,
        "ratio": {name: rate / figure for name, figure in speed.items()},
        "equal_results": kept[0] == kept[1] == kept[2] and ours["accepted"] == len(rows),
        "details": [_detail(ours, len(rows))],
    }


def _detail(ours: Mapping[str, Any], events: int) -> Mapping[str, object]:
    return {
        "journal": "delete, synchronous full",
        "p50 ms a batch": ours["p50"],
        "p99 ms a batch": ours["p99"],
        "CPU microseconds an event": round(1e6 * ours["cpu"] / events, 1),
    }


def _body(number: int) -> bytes:
    """A batch of people who moved."""
    events = [
        {
            "specversion": "1.0", "id": f"{number:06d}.{place:03d}", "source": "registry/residents",
            "subject": f"c-{(number * EACH + place) % 9_973}", "type": "life.moved",
            "time": "2026-10-30T09:00:00+09:00", "recordedtime": "2026-10-30T09:00:01+09:00",
            "data": {"region": "11440"},
        }
        for place in range(EACH)
    ]  # fmt: skip
    return json.dumps(events).encode()


def _served(home: Path, bodies: Sequence[bytes], connections: int) -> dict[str, Any]:
    with serving(home) as (port, pid):
        asyncio.run(_send(port, [bodies[0]] * connections, connections))  # the log is begun; the rest meets it warm
        before, begun = cpu_seconds(pid), time.monotonic()
        answers, waits = asyncio.run(_send(port, bodies, connections))
        seconds, cpu = time.monotonic() - begun, cpu_seconds(pid) - before
    found = [one["outcome"] for answer in answers for one in json.loads(answer)["results"]]
    waits.sort()
    return {
        "seconds": seconds, "cpu": cpu, "accepted": sum(one in ("accepted", "duplicate") for one in found),
        "p50": round(1000 * waits[len(waits) // 2], 1), "p99": round(1000 * waits[len(waits) * 99 // 100], 1),
    }  # fmt: skip


@contextmanager
def serving(home: Path, *words: str) -> Iterator[tuple[int, int]]:
    """A service in dev mode on a free port of this machine: its port and its process."""
    command = [sys.executable, "-m", "proffer", "serve", "--dev", "--port", "0", "--quota", "0", "--home", str(home)]
    plain = {name: value for name, value in os.environ.items() if name != "PROFFER_DATABASE_URL"}
    process = subprocess.Popen([*command, *words], env=plain, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stderr is not None
    try:
        line = next(line for line in process.stderr if "Serving on" in line)
        next(process.stderr)
        sink = subprocess.Popen(["cat"], stdin=process.stderr, stdout=subprocess.DEVNULL)  # noqa: S607
        process.stderr.close()
        yield int(line.strip().rsplit(":", 1)[1]), process.pid
    finally:
        process.terminate()
        process.wait()
    sink.wait()


def cpu_seconds(pid: int) -> float:
    """The processor's seconds that a process has used, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


async def _send(port: int, bodies: Sequence[bytes], connections: int) -> tuple[list[bytes], list[float]]:
    """Send all bodies over some connections; the answers, and for how long each was waited for."""
    waiting, answers, waits = iter(bodies), list[bytes](), list[float]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for body in waiting:
            begun = time.monotonic()
            writer.write(_HEAD.format(len(body)).encode() + body)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            answers.append(await reader.readexactly(length))
            waits.append(time.monotonic() - begun)
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(answers[-1].decode())
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers, waits


def rows_of(bodies: Sequence[bytes]) -> list[tuple[object, ...]]:
    """The events of all bodies as the log's rows."""
    declaration = reading.read_declaration()
    events = (parse_event(one, declaration) for body in bodies for one in json.loads(body))
    return [row for chunk in stored(events) for row in chunk.cells()]


def _inserted(home: Path, rows: Sequence[tuple[object, ...]], together: int) -> float:
    home.mkdir()
    with closing(Database(f"sqlite:///{home / 'events.db'}")) as database:
        database.prepare()
    with closing(sqlite3.connect(home / "events.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        begun = time.monotonic()
        for first in range(0, len(rows), together):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_INSERT, rows[first : first + together])
            connection.execute("COMMIT")
        return time.monotonic() - begun


def kept_in(home: Path) -> list[tuple[object, ...]]:
    """What a log holds, whoever wrote it."""
    with closing(sqlite3.connect(home / "events.db")) as connection:
        return connection.execute(_KEYS).fetchall()
