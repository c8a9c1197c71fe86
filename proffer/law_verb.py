"""`proffer catalogue diff --people`: whom a changed law touches, and who must be judged again for which months."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import clock, reading, terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from composition.reading import Definitions
    from recommender.rules.catalogue import Catalogue


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes beside the two catalogues."""
    people = "also say whom the change touches, among the people of the log or of --events"
    parser.add_argument("--people", action="store_true", help=people)
    files = "with --people: event files, NDJSON or Parquet (default: the log in the home)"
    parser.add_argument("--events", type=Path, nargs="+", metavar="F", help=files)
    out = "with --people: where it goes who must be judged again for which months, for the operator alone"
    parser.add_argument("--out", type=Path, metavar="FILE.ndjson", help=out)


def touched(args: argparse.Namespace, old: Catalogue, definitions: Definitions) -> dict[str, Any]:
    """Whom the change touches, without small counts; names go to the file that is named.

    Raises:
        Rejected: the events cannot be read, or tell of nobody, or a law reaches back too far.
    """
    from composition.law_change import law_change
    from composition.reach_columns import ReachOrder
    from recommender.reach.small_cells import FEW

    day = reading.as_of(args.as_of, clock.now, definitions.declaration.zone.name)
    order = ReachOrder(definitions, day, args.events, args.declaration, args.country)
    with terminal.working("judging everybody by both catalogues"):
        found = law_change(order, old, Workspace(args.home))
    if args.out is not None:
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found.rows())
        write_whole(args.out, "".join(lines).encode(), mode=OWNER_ONLY)
    return {"people": found.to_document(FEW)}


def check(args: argparse.Namespace) -> None:
    """Refuse options that mean nothing without --people."""
    given = [f"--{name}" for name in ("events", "out") if getattr(args, name) and not args.people]
    if given:
        what, remedy = "says nothing without --people", f"Give --people, or leave out {', '.join(given)}"
        raise Rejected([Problem((given[0],), "conflict", what, remedy)])


def text(told: Mapping[str, Any]) -> str:
    """The counts as tables; what is left out is a dash."""
    if not told:
        return ""
    from recommender.changes.rule_difference import KINDS

    people = told["people"]
    lines = ["", "", f"of {people['people']:,} people as of {people['as_of']}:"]
    rows = [(one["id"], *_cells(one, KINDS), one["again_since"] or "") for one in people["programmes"]]
    heads = ("programme", *KINDS, "judge again since")
    lines += [terminal.table(heads, rows, right=range(1, 1 + len(KINDS)))] if rows else ["nobody is touched"]
    for one in people["programmes"]:
        if one["months"]:
            months = [(month["month"], *_cells(month, KINDS)) for month in one["months"]]
            lines += ["", one["id"], terminal.table(("month", *KINDS), months, right=range(1, 1 + len(KINDS)))]
    return "\n".join(lines)


def _cells(row: Mapping[str, Any], kinds: Sequence[str]) -> list[str]:
    return ["-" if row[kind] is None else f"{row[kind]:,}" for kind in kinds]
