"""Reading files of events into the log of a home, the good ones in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from composition.workspace import Workspace
    from features.declaration.declaration import Declaration
    from features.log.event_log import Ingested
    from features.log.rows import StoredRows
    from features.problem import Problem


def total_of(files: Sequence[Path]) -> int | None:
    """How many events the files hold, or None where that is known only once they were read."""
    from features.log.files import count_of

    counts = [count_of(path) for path in files]
    return None if None in counts else sum(count or 0 for count in counts)


def ingest(
    home: Workspace,
    files: Sequence[Path],
    declaration: Declaration,
    now: int,
    advance: Callable[[int], object] = lambda _: None,
) -> tuple[Ingested, list[Problem]]:
    """Write the events of files that are new; return what became of them, and the problems of all that were rejected.

    Args:
        home: whose log.
        files: NDJSON or `.parquet`.
        declaration: what may happen.
        now: the UTC second an event is recorded at unless it says otherwise; nothing may be recorded after it.
        advance: takes how many events were written since it was last called.

    Raises:
        Rejected: a file or the log cannot be read at all; nothing is written.
    """
    rejected: list[Problem] = []
    with home.begin().log_to_write() as log:
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
            advance(len(rows))
