"""Sample shards: the rows that a private run learns from in files of whole units, and sums over them by any engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.problem import Problem, Rejected
from features.row_digest import row_digest
from features.shard_folder import MapShards, ShardFolder, Told, done_or_told, refuse_told
from privacy.learning.step import Total
from training.rankers.bilinear_arrays import Sample, UnitSum

if TYPE_CHECKING:
    import pyarrow

KEPT: Final = 4
"""Shards that a process keeps in memory from one sum to the next."""


def sample_table(sample: Sample) -> pyarrow.Table:
    """Return a sample as a table, one row a list: its unit, the person's bins, and what came of each programme shown.

    Labels are 0 or 1; pyarrow raises where one is not.
    """
    import pyarrow as pa

    def lists(offsets: Int64, values: Any, kind: pyarrow.DataType) -> pyarrow.Array:
        return pa.LargeListArray.from_arrays(pa.array(offsets, pa.int64()), pa.array(values).cast(kind))

    rows, width = sample.list_at, sample.bins.shape[1]
    unit = np.repeat(np.arange(sample.units), np.diff(sample.unit_at))
    each = np.arange(len(sample.bins) + 1) * width
    return pa.table({
        "unit": pa.array(unit, pa.int64()),
        "bins": lists(each, sample.bins.reshape(-1), pa.int32()),
        "programme": lists(rows, sample.programme, pa.int32()),
        "label": lists(rows, sample.label, pa.int8()),
        "cell": lists(rows, sample.cell, pa.int32()),
        "noticed": lists(rows, sample.noticed, pa.int8()),
    })  # fmt: skip


def sample_of_table(table: pyarrow.Table) -> Sample:
    """Return the sample that `sample_table` was made of."""
    flat = {name: table[name].combine_chunks() for name in ("bins", "programme", "label", "cell", "noticed")}
    values = {name: np.asarray(one.flatten()) for name, one in flat.items()}
    unit = table["unit"].to_numpy()
    firsts = np.flatnonzero(np.diff(unit, prepend=-1))
    return Sample(
        unit_at=np.append(firsts, unit.size).astype(np.int64),
        list_at=np.asarray(flat["programme"].offsets).astype(np.int64),
        bins=values["bins"].reshape(unit.size, -1) if unit.size else np.zeros((0, 0), np.int32),
        programme=values["programme"],
        label=values["label"].astype(np.float64),
        cell=values["cell"],
        noticed=values["noticed"].astype(np.float64),
    )


@dataclass(frozen=True)
class ShardSum:
    """What is summed of the units of one shard, wherever it is worked out.

    Attributes:
        work: what is summed.
        folder: the shards.
        content: the digest of the rows of each.
        chosen: int64, the places of the units of each shard that are summed; without it, all.
    """

    work: UnitSum
    folder: ShardFolder
    content: tuple[str, ...]
    chosen: Mapping[int, Int64] | None = None

    def __call__(self, shard: int) -> Told:
        """Return the whole numbers of one shard, without noise: they are for nobody but whoever adds it."""
        return done_or_told(lambda: self._summed(shard), self.folder.path)

    def _summed(self, shard: int) -> Told:
        sample = _read(self.folder.file(shard), self.content[shard])
        units = np.arange(sample.units) if self.chosen is None else self.chosen[shard]
        total = self.work(sample, units)
        return {"shape": list(total.shape), "values": total.values.astype("<i8").tobytes()}


@lru_cache(maxsize=KEPT)
def _read(file: Path, content: str) -> Sample:
    """The sample of one shard; raises Rejected where it is not what was written."""
    import pyarrow as pa
    import pyarrow.parquet

    held = file.read_bytes()
    try:
        table = pyarrow.parquet.read_table(pa.BufferReader(held))
    except pa.ArrowInvalid:
        table = None
    if table is None or row_digest(table) != content:
        what = "is not what was written: its rows differ"
        raise Rejected([Problem((str(file),), "damaged", what, "Train again into another folder")])
    return sample_of_table(table)


@dataclass(frozen=True)
class ShardedSample:
    """Private rows in shards, of which nothing but sums is asked; those of shards add up to that of the whole.

    Attributes:
        folder: the shards.
        content: the digest of the rows of each.
        sizes: how many units each has; private.
        mapped: what calls a function for each.
    """

    folder: ShardFolder
    content: tuple[str, ...]
    sizes: tuple[int, ...]
    mapped: MapShards

    @property
    def units(self) -> int:
        """How many units; private."""
        return sum(self.sizes)

    def summed(self, work: UnitSum, units: Int64) -> Total:
        """What is summed of some of the units, by their places in all shards in order, ascending.

        Raises:
            Rejected: a shard is not there, or is not what was written.
        """
        chosen = None
        if units.size < self.units:
            ends = np.searchsorted(units, np.cumsum([0, *self.sizes]))
            first = np.cumsum([0, *self.sizes])
            chosen = {at: units[ends[at] : ends[at + 1]] - first[at] for at in range(len(self.sizes))}
        total: Total | None = None
        for told in self.mapped(ShardSum(work, self.folder, self.content, chosen), range(len(self.sizes))):
            refuse_told(told)
            depth, width = told["shape"]
            part = Total((depth, width), np.frombuffer(told["values"], "<i8").astype(np.int64))
            total = part if total is None else total
            if part is not total:
                total.merge(part)
        assert total is not None, "there is a shard, if of nobody"
        return total
