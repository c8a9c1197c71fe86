"""`proffer ingest`: events from files into the log of the home, the good ones in one transaction."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from composition import clock, ingestion, reading, terminal
from composition.workspace import Workspace
from features.problem import Problem
from proffer import options

SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CloudEvents: NDJSON, or .parquet")
    options.add(parser, "country", "declaration")


def run(args: argparse.Namespace) -> int:
    """Read every file, keep what is good, and say what is not."""
    declaration = reading.read_declaration(args.declaration, country=args.country)
    home = Workspace(args.home)
    with terminal.bar(ingestion.total_of(args.files), "reading", " events") as advance:
        done, rejected = ingestion.ingest(home, args.files, declaration, clock.now(), advance)
    rejected += done.conflicts
    document = {
        "accepted": done.accepted,
        "duplicates": done.duplicates,
        "rejected": [problem.to_document() for problem in rejected],
    }
    _complain(rejected)
    terminal.emit(document, args.json, f"{done.accepted} accepted, {done.duplicates} duplicates, {_count(rejected)}")
    return terminal.FAILED if rejected else terminal.DONE


def _count(rejected: Sequence[Problem]) -> str:
    reasons = "1 reason" if len(rejected) == 1 else f"{len(rejected)} reasons"
    return f"rejected for {reasons}" if rejected else "none rejected"


def _complain(rejected: Sequence[Problem]) -> None:
    for problem in rejected[:SHOWN]:
        terminal.say(str(problem))
    if len(rejected) > SHOWN:
        terminal.say(f"... and {len(rejected) - SHOWN} more reasons (--json has them all)")
