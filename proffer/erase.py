"""`proffer erase`: everything that the home keeps about one person is deleted, and stays away."""

from __future__ import annotations

import argparse

from composition import terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.unicode_form import composed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("citizen", metavar="CITIZEN", help="the id of the person, as it stands in events")


def run(args: argparse.Namespace) -> int:
    """Erase, and say what was deleted."""
    home, citizen = Workspace(args.home), composed(args.citizen)
    if not home.knows(citizen):
        what = "nothing is known here under this id"
        raise Rejected([Problem(("CITIZEN",), "unknown", what, "Check the id and --home")])
    done = home.erase(citizen)
    document = {"events": done.events, "records": done.records}
    terminal.emit(document, args.json, lambda: _text(document["events"], done.records))
    return terminal.DONE


def _text(events: object, records: dict[str, int]) -> str:
    lines = [f"events deleted, or with another name in place of this one: {events}"]
    lines += [f"rows deleted from {table}: {count}" for table, count in records.items()]
    lines += [
        "a keyed tombstone keeps the person away: from what is ingested again, and from a database that is restored",
        "not reached: backups kept elsewhere, until one is restored here, and what a model already learned",
    ]
    return "\n".join(lines)
