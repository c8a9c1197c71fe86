"""Sweep folder: the files of one sweep, each whole or not there, so that a sweep that stopped is taken up again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from features.problem import Problem, Rejected
from features.whole_file import replacing, write_whole
from sweep.pair_difference import schema
from sweep.population_sweep import PopulationSweep

if TYPE_CHECKING:
    import pyarrow

    from features.log.history import History

__all__ = ["ORDER", "SHARD", "SweepFolder", "fingerprint"]

FORMAT: Final = 1
ORDER: Final = "sweep.json"
"""What is swept: written first, so that a folder never mixes two sweeps."""
SHARD: Final = 4_096
"""People at a time: what bounds memory and what is done again after a stop."""


def fingerprint(history: History) -> str:
    """Return what tells the rows of a history from others: a SHA-256 over its people and columns."""
    digest = hashlib.sha256()
    for person in history.people:
        digest.update(person.encode() + b"\0")
    for name in ("offsets", "happened", "recorded", "superseded", "signal", "value"):
        digest.update(np.ascontiguousarray(getattr(history, name)).tobytes())
    digest.update(np.ascontiguousarray(history.reports.moments).tobytes())
    digest.update(np.ascontiguousarray(history.reports.cells).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class SweepFolder:
    """A folder with one sweep: `sweep.json` says which, `shard-00000.parquet` and so on hold its rows.

    Attributes:
        path: the folder.
        people: how many people are swept.
    """

    path: Path
    people: int

    @classmethod
    def begin(cls, path: Path, order: Mapping[str, object], people: int) -> SweepFolder:
        """Begin a sweep in an empty folder, or take up one that was begun with the same order.

        Raises:
            Rejected: the folder holds another sweep, or something else.
            OSError: it cannot be written.
        """
        document = {"format": FORMAT, "people": people, "shard": SHARD, **order}
        path.mkdir(parents=True, exist_ok=True)
        file = path / ORDER
        if file.is_file():
            _same(file, document)
        elif any(path.iterdir()):
            what, remedy = "holds other files, and no sweep", "Name an empty folder, or one that is not there yet"
            raise Rejected([Problem((str(path),), "conflict", what, remedy)])
        else:
            write_whole(file, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
        return cls(path, people)

    @property
    def shards(self) -> int:
        """How many shards there are."""
        return -(-self.people // SHARD)

    def file(self, shard: int) -> Path:
        """Return where the rows of a shard stand."""
        return self.path / f"shard-{shard:05d}.parquet"

    def missing(self) -> list[int]:
        """Return the shards that are not there yet, or cannot be read."""
        return [shard for shard in range(self.shards) if not _readable(self.file(shard))]

    def write(self, shard: int, sweep: PopulationSweep) -> int:
        """Sweep one shard and write its rows, whole; returns how many."""
        import pyarrow.parquet

        first = shard * SHARD
        table = sweep.table(np.arange(first, min(first + SHARD, self.people), dtype=np.int64))
        with replacing(self.file(shard)) as unfinished:
            pyarrow.parquet.write_table(table, unfinished)
        return int(table.num_rows)

    def tables(self) -> Iterator[pyarrow.Table]:
        """Yield the rows shard by shard."""
        import pyarrow.parquet

        for shard in range(self.shards):
            yield pyarrow.parquet.read_table(self.file(shard), schema=schema())


def _same(file: Path, document: Mapping[str, object]) -> None:
    """Refuse a folder that was begun with another order, and say in what it differs."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        held = None
    if not isinstance(held, dict) or held != document:
        told = [name for name, value in document.items() if not isinstance(held, dict) or held.get(name) != value]
        what = f"holds another sweep: {', '.join(told)} differ"
        raise Rejected([Problem((str(file.parent),), "conflict", what, "Name another folder, or delete this one")])


def _readable(file: Path) -> bool:
    import pyarrow
    import pyarrow.parquet

    if not file.is_file():
        return False
    try:
        return bool(pyarrow.parquet.read_schema(file).equals(schema()))
    except (pyarrow.ArrowException, OSError):
        return False
