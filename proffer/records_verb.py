"""`proffer records`: the daily root over what the service said, whether it still holds, and what time is over for."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from composition import clock, reading, record_keeping, terminal
from composition.workspace import Workspace
from proffer import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs."""
    options.add_subverbs(parser, _SUBVERBS)


run = options.run_subverb


def _add_day(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--as-of", metavar="DAY", help="the end of which day (default: yesterday's)")
    options.add(parser, "country")


def _day(args: argparse.Namespace, zone: str) -> date:
    today = reading.as_of(None, clock.now, zone)
    return today - timedelta(days=1) if args.as_of is None else reading.as_of(args.as_of, clock.now, zone)


def _seal(args: argparse.Namespace) -> int:
    zone = reading.read_declaration(country=args.country).zone
    done = record_keeping.seal(Workspace(args.home), _day(args, zone.name), zone, clock.now())
    document = {**vars(done.seal), "in_ledger": done.in_ledger}
    terminal.emit(document, args.json, lambda: _sealed_text(document))
    return terminal.DONE


def _sealed_text(document: Mapping[str, Any]) -> str:
    stated = f"roots stated in the ledger now: {document['in_ledger']}"
    if document["in_ledger"] is None:
        stated = "the home has no ledger: keep this root where nobody can change it"
    return f"{document['day']}: what was decided stands under {document['root']}\n{stated}"


def _verify(args: argparse.Namespace) -> int:
    found, problems = record_keeping.verify(Workspace(args.home))
    rows = [vars(one) for one in found]
    document = {"seals": rows, "problems": [problem.to_document() for problem in problems]}
    lines = [f"{len(found)} days were sealed", *(str(problem) for problem in problems)]
    terminal.emit(document, args.json, "\n".join([*lines, "NOT verified" if problems else "Verified"]))
    return terminal.FAILED if problems else terminal.DONE


def _purge(args: argparse.Namespace) -> int:
    zone, keep = reading.read_declaration(country=args.country).zone, record_keeping.read_retention(args.country)
    day = _day(args, zone.name)
    count = record_keeping.purge(Workspace(args.home), day, zone, keep)
    document = {"deleted": count, "keep": str(keep), "as_of": day.isoformat()}
    terminal.emit(document, args.json, f"decisions deleted that were made over {keep} before {day}: {count}")
    return terminal.DONE


_SUBVERBS: Final[options.Subverbs] = {
    "seal": ("fix what was decided by the end of a day, and state its root in the ledger", _add_day, _seal),
    "verify": ("hold decisions against their roots, and roots against the ledger", lambda _parser: None, _verify),
    "purge": ("delete the decisions whose time is over", _add_day, _purge),
}
