"""Shards: one function over many shards, here, in several processes, or by Spark; who calls it does not know which."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any, Final

import msgspec

__all__ = ["ENGINES", "MapShards", "Told", "map_here", "map_in_processes", "map_on_spark"]

Told = Mapping[str, Any]
"""What is told of a shard once it is done: a document of JSON."""
MapShards = Callable[[Callable[[int], Told], Sequence[int]], Iterator[Told]]
"""Calls a function once or more for each shard and yields what it says, in any order.

The function shares nothing with anybody but files, and does the same however often it is called for a shard.
"""
ENGINES: Final = ("local", "spark")


def map_here(work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
    """Do one shard after the other in this process."""
    return map(work, shards)


def map_in_processes(processes: int) -> MapShards:
    """Return what shares the shards among so many processes of this machine."""

    def mapped(work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
        if min(processes, len(shards)) <= 1:
            yield from map_here(work, shards)
            return
        context = multiprocessing.get_context("spawn")  # threads of a library are not copied into it
        with ProcessPoolExecutor(min(processes, len(shards)), context) as pool:
            for done in as_completed([pool.submit(work, shard) for shard in shards]):
                yield done.result()

    return mapped


def map_on_spark(master: str | None) -> MapShards:
    """Return what gives the shards to Spark, each to be done by `mapInArrow` where an executor is free.

    Args:
        master: such as `local[2]`; None for that of the session that `spark-submit` began, or of its settings.
    """

    def mapped(work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
        from pyspark.sql import SparkSession

        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        built = SparkSession.builder.appName("proffer")
        session = (built if master is None else built.master(master)).getOrCreate()
        try:
            rows = session.createDataFrame([(shard,) for shard in shards], "shard long").repartition(
                max(len(shards), 1), "shard"
            )
            for row in rows.mapInArrow(_told_by(work), "told string").toLocalIterator(prefetchPartitions=True):
                yield msgspec.json.decode(row.told)
        finally:
            session.stop()

    return mapped


def _told_by(work: Callable[[int], Told]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What an executor does with the shards that it is given."""

    def done(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            told = [msgspec.json.encode(work(shard)).decode() for shard in batch["shard"].to_pylist()]
            yield pa.RecordBatch.from_pydict({"told": pa.array(told, pa.string())})

    return done
