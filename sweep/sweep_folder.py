"""Sweep folder: the files of one sweep, each whole or not there, so that a sweep that stopped is taken up again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.problem import Problem, Rejected
from features.whole_file import replacing, write_whole
from sweep.row_digest import row_digest

if TYPE_CHECKING:
    import pyarrow

__all__ = ["MANIFEST", "ORDER", "SweepFolder"]

FORMAT: Final = 2
ORDER: Final = "sweep.json"
"""What is swept: written first, so that a folder never mixes two sweeps."""
MANIFEST: Final = "shards.json"
"""Every shard with the hash of its rows, and one hash of all: written last."""


@dataclass(frozen=True)
class SweepFolder:
    """A folder with one sweep.

    `sweep.json` says which. Of each shard `shard-00000.parquet` holds the rows, and then `shard-00000.json` says how
    many and which: without it, or where the rows' file has another size, the shard is done again.

    Attributes:
        path: the folder.
        shards: how many shards there are.
    """

    path: Path
    shards: int

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

    def file(self, shard: int) -> Path:
        """Return where the rows of a shard stand."""
        return self.path / f"shard-{shard:05d}.parquet"

    def told(self, shard: int) -> dict[str, Any] | None:
        """Return what was said of a shard when it was done; None where it is not there whole."""
        try:
            found = json.loads(self.file(shard).with_suffix(".json").read_text(encoding="utf-8"))
            whole = isinstance(found, dict) and self.file(shard).stat().st_size == found["bytes"]
        except (OSError, ValueError, KeyError):
            return None
        return found if whole else None

    def missing(self) -> list[int]:
        """Return the shards that are not there yet, or not whole."""
        return [shard for shard in range(self.shards) if self.told(shard) is None]

    def write(self, shard: int, table: pyarrow.Table, counts: Mapping[str, Any]) -> dict[str, Any]:
        """Write the rows of a shard, and then what is said of it, which is returned."""
        import pyarrow.parquet

        file = self.file(shard)
        with replacing(file, durable=True) as unfinished:
            pyarrow.parquet.write_table(table, unfinished)
            size = unfinished.stat().st_size
        told = {"shard": shard, "rows": table.num_rows, "bytes": size, "content": row_digest(table), "counts": counts}
        write_whole(file.with_suffix(".json"), json.dumps(told, ensure_ascii=False).encode() + b"\n")
        return told

    def finish(self) -> list[dict[str, Any]]:
        """Write the manifest of what is there, and return what is said of each shard.

        The hash of the whole is there once all shards are.
        """
        told = [one for shard in range(self.shards) if (one := self.told(shard)) is not None]
        listed = [{key: one[key] for key in ("shard", "rows", "content")} for one in told]
        document: dict[str, object] = {"format": FORMAT, "shards": listed}
        if len(told) == self.shards:
            document["content"] = hashlib.sha256("".join(one["content"] for one in told).encode()).hexdigest()
        write_whole(self.path / MANIFEST, json.dumps(document, indent=1).encode() + b"\n")
        return told


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
