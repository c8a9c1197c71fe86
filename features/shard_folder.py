"""Shard folder: files of rows, one a shard, each whole or not there, with one hash of all that no engine changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from features.problem import Problem, Rejected
from features.row_digest import row_digest
from features.whole_file import replacing, write_whole

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FORMAT", "MANIFEST", "MapShards", "ShardFolder", "Told", "done_or_told", "refuse_told"]

FORMAT: Final = 2
MANIFEST: Final = "shards.json"
"""Every shard with the hash of its rows, and one hash of all: written last."""


Told = Mapping[str, Any]
"""What is told of a shard once it is done: texts, numbers, bytes, and lists and maps of them."""
MapShards = Callable[[Callable[[int], Told], Sequence[int]], Iterator[Told]]
"""Calls a function once or more for each shard and yields what it says, in any order.

The function shares nothing with anybody but files, and does the same however often it is called for a shard.
"""


def done_or_told(work: Callable[[], Told], where: Path) -> Told:
    """Return what work on a shard says, or the problems for which it cannot be done, as `problems`.

    Args:
        work: what is done.
        where: the folder it writes.
    """
    try:
        return work()
    except Rejected as refusal:
        problems = refusal.problems
    except OSError as failure:
        what, remedy = failure.strerror or "cannot be written", "See that it is there and has room, and do it again"
        problems = (Problem((str(failure.filename or where),), "unreadable", what, remedy),)
    return {"problems": [problem.to_document() for problem in problems]}


def refuse_told(told: Told) -> Told:
    """Return what is told of a shard that is done; raises Rejected with the problems of one that is not."""
    if "problems" in told:
        raise Rejected(
            [Problem(tuple(one["path"]), one["code"], one["what"], one["remedy"]) for one in told["problems"]]
        )
    return told


@dataclass(frozen=True)
class ShardFolder:
    """A folder with rows in shards.

    Of each shard `shard-00000.parquet` holds the rows, and then `shard-00000.json` says how many and which: without it,
    or where the rows' file has another size, the shard is done again.

    Attributes:
        path: the folder.
        shards: how many shards there are.
    """

    path: Path
    shards: int

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
