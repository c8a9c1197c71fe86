"""Sweep folder: the files of one sweep, each whole or not there, so that a sweep that stopped is taken up again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from features.problem import Problem, Rejected
from features.shard_folder import FORMAT, ShardFolder
from features.whole_file import write_whole
from sweep.change_index import ChangeIndex

__all__ = ["ORDER", "SweepFolder"]

ORDER: Final = "sweep.json"
"""What is swept: written first, so that a folder never mixes two sweeps."""
_DIGEST: Final = 32
"""So many bytes before an index are its SHA-256."""


@dataclass(frozen=True)
class SweepFolder(ShardFolder):
    """A folder with one sweep; `sweep.json` says which, and beside it are the shards.

    Where the sweep looked ahead, `next-00000.index` says of the people of each shard when something can change.
    """

    @classmethod
    def begin(cls, path: Path, order: Mapping[str, object], shards: int) -> SweepFolder:
        """Begin a sweep in an empty folder, or take up one that was begun with the same order.

        Raises:
            Rejected: the folder holds another sweep, or something else.
            OSError: it cannot be written.
        """
        document = {"format": FORMAT, "shards": shards, **order}
        path.mkdir(parents=True, exist_ok=True)
        file = path / ORDER
        if file.is_file():
            _same(file, document)
        elif any(path.iterdir()):
            what, remedy = "holds other files, and no sweep", "Name an empty folder, or one that is not there yet"
            raise Rejected([Problem((str(path),), "conflict", what, remedy)])
        else:
            write_whole(file, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
        return cls(path, shards)

    @classmethod
    def finished(cls, path: Path) -> SweepFolder:
        """Return the sweep in a folder, all of whose shards are there.

        Raises:
            Rejected: there is none, or it stopped before its end.
        """
        try:
            order = json.loads((path / ORDER).read_text(encoding="utf-8"))
            found = cls(path, int(order["shards"]))
        except (OSError, ValueError, KeyError, TypeError):
            what, remedy = "holds no sweep", "Name the folder that `proffer sweep --out` wrote"
            raise Rejected([Problem((str(path),), "missing", what, remedy)]) from None
        if missing := found.missing():
            what, remedy = f"holds a sweep that lacks {len(missing)} shards", "Give the same command again first"
            raise Rejected([Problem((str(path),), "invalid", what, remedy)])
        return found

    def people(self) -> Iterator[list[str]]:
        """Yield, of each shard, whom it has a row of, each once."""
        import pyarrow.compute
        import pyarrow.parquet

        for shard in range(self.shards):
            table = pyarrow.parquet.read_table(self.file(shard), columns=["person"])
            yield pyarrow.compute.unique(table["person"]).to_pylist()

    def rows(self, shard: int, people: Collection[str]) -> list[tuple[Any, ...]]:
        """Return the rows of some people of a shard, in the order of the file."""
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(self.file(shard), filters=[("person", "in", set(people))])
        return [tuple(row.values()) for row in table.to_pylist()]

    @property
    def order(self) -> dict[str, Any]:
        """What the sweep was begun with."""
        return dict(json.loads((self.path / ORDER).read_text(encoding="utf-8")))

    def leave(self, shard: int, index: ChangeIndex) -> None:
        """Write when something can change for the people of a shard, before its rows."""
        content = index.to_bytes()
        write_whole(self._next(shard), hashlib.sha256(content).digest() + content)

    def left(self, shard: int, names: Collection[str]) -> ChangeIndex | None:
        """Return when something can change for the people of a shard; None where that is not whole.

        Of programmes that turn by themselves those of some names are read.
        """
        try:
            content = memoryview(self._next(shard).read_bytes())
        except OSError:
            return None
        same = content[:_DIGEST] == hashlib.sha256(content[_DIGEST:]).digest()
        return ChangeIndex.of_bytes(content[_DIGEST:], names) if same else None

    def _next(self, shard: int) -> Path:
        return self.path / f"next-{shard:05d}.index"


def _same(file: Path, document: Mapping[str, object]) -> None:
    """Refuse a folder that was begun with another order, and say in what it differs."""
    try:
        held = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        held = None
    held = held if isinstance(held, dict) else {}
    if held != document:
        told = [name for name in {**document, **held} if held.get(name, ...) != document.get(name, ...)]
        what = f"holds another sweep: {', '.join(told)} differ"
        raise Rejected([Problem((str(file.parent),), "conflict", what, "Name another folder, or delete this one")])
