"""Table making: the options, refusals and release of a verb that makes a noised table once and then shows it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from composition import terminal
from composition.budgets import run_request
from composition.sources import TrainingSource, read_training_data
from composition.workspace import Workspace
from features.problem import Problems
from features.whole_file import OWNER_ONLY, write_whole
from proffer import options, train_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from training.data.material import TrainingData
    from training.runs.cell_counts import PaidCounts

    Release: TypeAlias = Callable[[TrainingData, RunRequest, Noise, Path], PaidCounts]

_PAID: Final = ("epsilon", "delta", "population", "units", "dry_run")


@dataclass(frozen=True)
class TableKind:
    """A table that a verb makes.

    Attributes:
        name: under which one process at a time makes it.
        doing: what is said while it is made.
        shown: how it is looked at afterwards.
        prepared: finds how many cells there are, and what releases them.
    """

    name: str
    doing: str
    shown: str
    prepared: Callable[[TrainingData], tuple[int, Release]]


def add_table_arguments(parser: argparse.ArgumentParser, table: str, make: str) -> None:
    """Add whom is counted, where exact counts go, and the table's terms.

    Args:
        parser: the verb's.
        table: what `--table` does, before "nothing is read".
        make: what `--make-table` does.
    """
    add = parser.add_argument
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    add("--events", type=Path, nargs="+", metavar="F", help=files)
    out = "where exact counts go, for the operator alone; what is shown leaves out small counts"
    add("--out", type=Path, metavar="FILE.json", help=out)
    add("--table", action="store_true", help=f"{table}; nothing is read of anybody, or spent")
    add("--make-table", action="store_true", help=make)
    add("--epsilon", metavar="E", help="with --make-table: what it may spend per unit")
    train_private.add_terms(parser)
    add("--dry-run", action="store_true", help="with --make-table: print what it would cost and leave")
    parser.set_defaults(evaluate=None)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def find_contradictions(args: argparse.Namespace, problems: Problems) -> None:
    """Find what contradicts a table's options, or is missing beside them."""
    if args.table and (args.make_table or args.events or args.out or args.as_of):
        what = "contradicts --make-table, --events, --out and --as-of"
        problems.add(("--table",), "conflict", what, "Leave them out: the table says whom it counts and when")
    if args.make_table and args.epsilon is None:
        problems.add(("--epsilon",), "missing", "is missing: the table has a price", "Give it, such as 0.5")
    paid = [f"--{name.replace('_', '-')}" for name in _PAID if getattr(args, name) and not args.make_table]
    if paid:
        problems.add((paid[0],), "conflict", "spends nothing without --make-table", f"Leave out {', '.join(paid)}")


def write_exact(out: Path, document: Mapping[str, object]) -> None:
    """Write exact counts where only who runs the verb can read them; raises OSError when that fails."""
    write_whole(out, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n", mode=OWNER_ONLY)


def make_table(args: argparse.Namespace, kind: TableKind) -> int:
    """Price a table, or make it of the log's people, and print what it is.

    Raises:
        Rejected: the gate or the budget does not admit it, or what says which cells there are is wrong.
    """
    from features.calendar import date_of
    from privacy.learning.noise import secure

    train_private.require_libraries("--make-table")
    workspace = Workspace(args.home)
    terms = train_private.terms_of(args)
    source = TrainingSource(workspace, None, args.declaration, args.catalogue, terms, args.country, args.as_of)
    data = read_training_data(source)
    request = run_request(data, terms, workspace)
    cells, release = kind.prepared(data)
    if args.dry_run:
        return train_private.price_release(args, data, request)
    with workspace.alone(kind.name), terminal.working(kind.doing):
        made = release(data, request, secure(), workspace.folder(workspace.reach_tables))
    deviation = json.loads(made.content)["deviation"]
    told = {
        "spend": made.spend_id, "table": str(made.kept),
        "as_of": date_of(data.declaration.zone.today(data.end)).isoformat(), "cells": cells,
        "epsilon": f"{made.spend.epsilon:f}", "delta": f"{made.spend.delta:f}", "deviation": deviation,
        **train_private.stated(request),
    }  # fmt: skip
    text = f"{cells:,} cells, each with noise of {deviation:.1f} people; spent as {made.spend_id}"
    terminal.emit(told, args.json, f"{text}\n{kind.shown}")
    return terminal.DONE
