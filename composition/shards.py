"""Shards: one function over many shards, here, in several processes, or by Spark; who calls it does not know which."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec

from features.problem import Problem, Rejected
from features.shard_folder import MapShards, Told

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["ENGINES", "in_processes", "map_here", "on_spark"]

ENGINES: Final = ("local", "spark")
GROUPS: Final = 32
"""Shards are given to Spark in at most so many jobs, all at once: each tells of its shards when they are all done."""
_QUIET: Final = {"spark.ui.showConsoleProgress": "false"}
_HERE: Final = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
"""Settings of a master that is this machine: no other machine is listened to."""


def map_here(work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
    """Do one shard after the other in this process."""
    return map(work, shards)


@contextmanager
def in_processes(processes: int, shared: bool = False) -> Iterator[MapShards]:
    """Share shards among so many processes of this machine, which last as long as the block.

    Args:
        processes: how many.
        shared: whether they are forked where the system can, all before the first shard, so that what was loaded and
            worked out before is shared by them until it is written to; not for a process that ran a library's threads.
    """
    forked = shared and sys.platform == "linux"
    context = multiprocessing.get_context("fork" if forked else "spawn")  # spawned, no thread of a library is copied
    with ProcessPoolExecutor(processes, context, _end_with, (os.getpid(),)) as pool:

        def mapped(work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
            gc.freeze()  # a collector would look at all that was loaded, and write to what is shared
            try:
                if min(processes, len(shards)) <= 1:
                    yield from map_here(work, shards)
                    return
                for done in as_completed([pool.submit(work, shard) for shard in shards]):
                    yield done.result()
            finally:
                gc.unfreeze()

        yield mapped


def _end_with(parent: int) -> None:
    """End this process soon after the one that gives it shards: forked ones hold its pipe open for each other."""

    def looked() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=looked, daemon=True).start()


@contextmanager
def on_spark(master: str | None) -> Iterator[MapShards]:
    """Give shards to Spark, each to be done by `mapInArrow` where an executor is free; the session lasts for the block.

    Args:
        master: such as `local[2]`; None for that of the session that `spark-submit` began, or of its settings.

    Raises:
        Rejected: Spark does not start.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    here = _HERE if master is not None and master.startswith("local") else {}
    built = SparkSession.builder.appName("proffer").config(map={**_QUIET, **here})
    try:
        session = (built if master is None else built.master(master)).getOrCreate()
    except (Py4JError, PySparkException) as failure:
        remedy = "Look at what Java said above; Spark 4 needs Java 17 or later"
        raise Rejected([Problem(("--engine",), "unavailable", f"does not start ({_brief(failure)})", remedy)]) from None
    try:
        yield partial(_mapped, session)
    finally:
        session.stop()


def _mapped(session: SparkSession, work: Callable[[int], Told], shards: Sequence[int]) -> Iterator[Told]:
    """Give every shard to Spark as a task of its own, all at once, and yield what is told as groups of them are done.

    A group is as many shards as are done at once, so that something is told before all is done.

    Raises:
        Rejected: a shard fails on every try.
    """
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    def done(some: Sequence[int]) -> list[Told]:
        tasks = session.range(0, len(some), 1, len(some))
        rows = tasks.mapInArrow(_told_by(work, list(some)), "told binary").collect()
        return [msgspec.msgpack.decode(row.told) for row in rows]

    size = max(session.sparkContext.defaultParallelism, -(-len(shards) // GROUPS))
    groups = [shards[first : first + size] for first in range(0, len(shards), size)]
    try:
        with ThreadPoolExecutor(max(len(groups), 1)) as pool:
            for one in as_completed([pool.submit(done, group) for group in groups]):
                yield from one.result()
    except (Py4JError, PySparkException) as failure:
        what, remedy = f"gave a shard up ({_brief(failure)})", "Look at what executors said, and give the command again"
        raise Rejected([Problem(("--engine",), "unavailable", what, remedy)]) from None


def _brief(failure: Exception) -> str:
    """What Spark says, but for the trace of its stack."""
    said = str(failure).strip().splitlines()
    return " ".join(said[:2]) if said else type(failure).__name__


def _told_by(work: Callable[[int], Told], shards: Sequence[int]) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What an executor does with the places of shards that it is given."""

    def done(batches: Iterator[Any]) -> Iterator[Any]:
        import pyarrow as pa

        for batch in batches:
            told = [msgspec.msgpack.encode(work(shards[place])) for place in batch["id"].to_pylist()]
            yield pa.RecordBatch.from_pydict({"told": pa.array(told, pa.binary())})

    return done
