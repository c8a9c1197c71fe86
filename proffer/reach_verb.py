"""`proffer reach`: how many people a draft rule reaches, by region and by group."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from composition import clock, reading, terminal
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import write_whole
from proffer import options

COLUMNS: Final = ("yes", "likely", "depends", "no")
_OWNER_ONLY: Final = 0o600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("rule", type=Path, metavar="RULE.yaml", help="a programme, or only what it asks (who)")
    parser.add_argument("--by", default="region,group", metavar="BY", help="region, group, or both (default)")
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    parser.add_argument("--events", type=Path, nargs="+", metavar="F", help=files)
    out = "where exact counts go, for the operator alone; what is shown leaves out small counts"
    parser.add_argument("--out", type=Path, metavar="FILE.json", help=out)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Count, write the exact counts where a file is named, and show what may be shown."""
    from composition.reach_columns import ReachOrder, reach_columns
    from features.calendar import day_of
    from recommender.reach.draft_rule import doubts, parse_draft
    from recommender.reach.reach_document import document
    from recommender.reach.rule_reach import compiled_rule, rule_reach

    by = _by(args.by)
    definitions = reading.read_definitions(args.declaration, args.catalogue, country=args.country)
    declaration, _, regions = definitions
    rule = parse_draft(reading.read_yaml(args.rule), (args.rule.name,), declaration, regions)
    day = reading.as_of(args.as_of, clock.now, declaration.zone.name)
    order = ReachOrder(definitions, day, args.events, args.declaration, args.country)
    population = reach_columns(order, Workspace(args.home), terminal.steps(args.json))
    working_days, messages = (
        reading.read_working_days(country=args.country),
        reading.read_messages(country=args.country),
    )
    compiled = compiled_rule(rule, population, regions, working_days)
    with terminal.working("counting"):
        found = rule_reach(compiled, population, messages)
    head = {"rule": rule.id, "as_of": day.isoformat(), "doubts": list(doubts(rule, declaration, day_of(day)))}
    if args.out is not None:
        exact = {**head, **document(found, population, regions, by, few=1)}
        write_whole(args.out, json.dumps(exact, ensure_ascii=False, indent=2).encode() + b"\n", mode=_OWNER_ONLY)
    shown = {**head, **document(found, population, regions, by)}
    terminal.emit(shown, args.json, lambda: _text(shown, declaration.country.shown))
    return terminal.DONE


def _by(words: str) -> tuple[str, ...]:
    """What counts are told apart by."""
    from recommender.reach.reach_document import BY

    chosen = tuple(dict.fromkeys(words.split(",")))
    wrong = [word for word in chosen if word not in BY]
    if wrong:
        what, remedy = f"{wrong[0]!r} tells no people apart", f"Name {' or '.join(BY)}, or both with a comma between"
        raise Rejected([Problem(("--by",), "unknown", what, remedy)])
    return chosen


def _text(told: Mapping[str, Any], language: str) -> str:
    """The counts as tables; what is left out is a dash."""
    total = _cells(told["total"])
    lines = [f"{told['rule']} as of {told['as_of']}: {told['people']:,} people"]
    lines += [f"mind that it {doubt}" for doubt in told["doubts"]]
    lines += ["", terminal.table(COLUMNS, [total], right=range(len(COLUMNS)))]
    for key, head in (("regions", "region"), ("groups", "group")):
        rows = [
            (one["name"].get(language) or one[head] or "not known", *_cells(one), f"{one['people'] or '-'}")
            for one in told.get(key, ())
        ]
        if rows:
            heads = (head, *COLUMNS, "people")
            lines += ["", terminal.table(heads, rows, right=range(1, len(heads)))]
    few = any(row["people"] is None for key in ("regions", "groups") for row in told.get(key, ()))
    lines += [f"- is left out: a count there is below {told['few']}, or would tell one"] if few else []
    return "\n".join(lines)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple("-" if row[name] is None else f"{row[name]:,}" for name in COLUMNS)
