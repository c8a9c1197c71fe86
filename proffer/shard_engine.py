"""Shard engine: the options that say what does the shards of a verb, and the engine that they choose."""

from __future__ import annotations

import argparse
import os
import shutil
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from composition.shards import ENGINES, in_processes, on_spark
from features.problem import Problem, Problems, Rejected

if TYPE_CHECKING:
    from features.shard_folder import MapShards


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    engine = "what does the shards: processes of this machine, or Spark (the extra [spark] and Java 17)"
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help=engine)
    parser.add_argument("--processes", type=int, metavar="P", help="processes to share the work (default: one a core)")
    parser.add_argument("--master", metavar="URL", help="Spark's master, such as local[2] (default: its own settings)")


def check_engine(args: argparse.Namespace, problems: Problems) -> None:
    """Collect what is wrong with the options, or would be left unread."""
    if args.processes is not None and args.processes < 1:
        problems.add(("--processes",), "range", f"{args.processes} is less than 1", "Give how many may share the work")
    for name, engine in (("processes", "local"), ("master", "spark")):
        if getattr(args, name) is not None and args.engine != engine:
            remedy = f"Leave it out, or use --engine {engine}"
            problems.add((f"--{name}",), "forbidden", f"says nothing to the engine {args.engine}", remedy)


def chosen_engine(args: argparse.Namespace, shared: bool = False) -> AbstractContextManager[MapShards]:
    """What calls the function of a shard, for as long as its block.

    Args:
        args: the options.
        shared: whether processes of this machine share what is loaded; see `composition.shards.in_processes`.

    Raises:
        Rejected: Spark is asked for, and there is no Java.
    """
    if args.engine == "spark":
        if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
            what, remedy = "needs Java 17 or later, which is not here", "Install it, or set JAVA_HOME"
            raise Rejected([Problem(("--engine",), "unavailable", what, remedy)])
        return on_spark(args.master)
    return in_processes(args.processes or len(os.sched_getaffinity(0)), shared)
