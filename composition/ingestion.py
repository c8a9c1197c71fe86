"""Reading files of events into the log of a home, the good ones in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from composition import terminal

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from features.declaration.declaration import Declaration
    from features.log.event_log import Ingested
    from features.log.rows import StoredRows
    from features.problem import Problem


def ingest(
    home: Workspace, files: Sequence[Path], declaration: Declaration, now: int
) -> tuple[Ingested, list[Problem]]:
    """Write the events of files that are new; return what became of them, and the problems of all that were rejected.

    Args:
        home: whose log.
        files: NDJSON or `.parquet`.
        declaration: what may happen.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.

    Raises:
        Rejected: a file or the log cannot be read at all; nothing is written.
    """
    from features.log.files import count_of

    counts = [count_of(path) for path in files]
    total = None if None in counts else sum(count or 0 for count in counts)
    rejected: list[Problem] = []
    with terminal.bar(total, "reading", " events") as advance, home.begin().log_to_write() as log:
        done = log.append_rows(_rows(files, declaration, now, rejected, advance))
    return done, rejected


def _rows(
    files: Sequence[Path], declaration: Declaration, now: int, rejected: list[Problem],
    advance: Callable[[int], object],
) -> Iterator[StoredRows]:  # fmt: skip
    from features.log.bulk import read_rows

    for path in files:
        for rows in read_rows(path, declaration, rejected, now=now):
            yield rows
            advance(len(rows.cells))
