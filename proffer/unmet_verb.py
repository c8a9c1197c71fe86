"""`proffer unmet`: after which events of their lives people found no programme, by event and by province."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading, terminal
from composition.budgets import run_request
from composition.reading import Definitions
from composition.sources import TrainingSource, read_training_data
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from proffer import options, train_private

if TYPE_CHECKING:
    from recommender.reach.unmet_need import NeedTable
    from training.runs.reach_release import PaidCounts

_KINDS: Final = ("nothing", "open", "available")
_PAID: Final = ("epsilon", "delta", "population", "units", "dry_run")
_MAKE: Final = "Make one: proffer unmet --make-table --epsilon E"
_MOST_DAYS: Final = 3660


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add = parser.add_argument
    add("--event", metavar="E", default="", help="also by province, for one event, such as life.job_lost")
    add(
        "--days", type=int, default=365, metavar="N", help="for so many days before the day events count (default: 365)"
    )
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    add("--events", type=Path, nargs="+", metavar="F", help=files)
    out = "where exact counts go, for the operator alone; what is shown leaves out small counts"
    add("--out", type=Path, metavar="FILE.json", help=out)
    table = "show the newest table with noise that was made in the home; nothing is read of anybody, or spent"
    add("--table", action="store_true", help=table)
    add("--make-table", action="store_true", help="make that table of the log's people, at the price of --epsilon")
    add("--epsilon", metavar="E", help="with --make-table: what it may spend per unit")
    train_private.add_terms(parser)
    add("--dry-run", action="store_true", help="with --make-table: print what it would cost and leave")
    parser.set_defaults(evaluate=None)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Count, write the exact counts where a file is named, and show what may be shown; or make the table."""
    _refuse_contradictions(args)
    return _make_table(args) if args.make_table else _count(args)


def _count(args: argparse.Namespace) -> int:
    from recommender.reach.need_document import need_document

    definitions = reading.read_definitions(args.declaration, args.catalogue, country=args.country)
    declaration, _, regions = definitions
    if args.event and args.event not in declaration.events:
        raise Rejected([Problem(("--event",), "unknown", "is no declared event", "Name one of events.yaml")])
    table = _table(args, definitions)
    if args.out is not None:
        every = [need_document(table, declaration, regions, one, few=1) for one in table.layout.events]
        exact = {**need_document(table, declaration, regions, few=1), "by_event": {
            event: one["provinces"] for event, one in zip(table.layout.events, every, strict=True)}}  # fmt: skip
        write_whole(args.out, json.dumps(exact, ensure_ascii=False, indent=2).encode() + b"\n", mode=OWNER_ONLY)
    shown = need_document(table, declaration, regions, args.event)
    terminal.emit(shown, args.json, lambda: _text(shown, declaration.country.shown))
    return terminal.DONE


def _table(args: argparse.Namespace, definitions: Definitions) -> NeedTable:
    """What is shown: the counts of events, exactly, or the newest table."""
    from composition.noised_tables import newest_need
    from composition.reach_columns import ReachOrder
    from composition.reach_service import exact_need
    from composition.sweeping import whole_history

    workspace = Workspace(args.home)
    if args.table:
        table = newest_need(workspace)
        if table is None:
            raise Rejected([Problem((str(workspace.path),), "missing", "holds no table of unmet need", _MAKE)])
        return table
    day = reading.as_of(args.as_of, clock.now, definitions.declaration.zone.name)
    order = ReachOrder(definitions, day, args.events, args.declaration, args.country)
    with terminal.working("counting what people found"):
        return exact_need(order, whole_history(args.events, workspace, definitions), args.days)


def _make_table(args: argparse.Namespace) -> int:
    """Price the table, or make it, and print what it is."""
    from features.calendar import date_of
    from privacy.learning.noise import secure
    from recommender.reach.unmet_need import NeedRules, need_layout
    from training.runs.need_release import release_need

    train_private.require_libraries("--make-table")
    workspace = Workspace(args.home)
    terms = train_private.terms_of(args)
    source = TrainingSource(workspace, None, args.declaration, args.catalogue, terms, args.country, args.as_of)
    data = read_training_data(source)
    request = run_request(data, terms, workspace)
    day = date_of(data.declaration.zone.today(data.end))
    layout = need_layout(data.declaration, data.regions, day, args.days)
    if args.dry_run:
        return train_private.price_release(args, data, request)
    rules = NeedRules(data.declaration, data.catalogue, data.regions, reading.read_working_days(country=args.country))
    with workspace.alone("unmet"), terminal.working("counting what people found, with noise"):
        made = release_need(data, request, layout, rules, secure(), workspace.folder(workspace.reach_tables))
    told = {**_made(made), **train_private.stated(request)}
    text = f"{layout.size:,} cells, each with noise of {told['deviation']:.1f} people; spent as {made.spend_id}"
    terminal.emit(told, args.json, f"{text}\nshow it: proffer unmet --table")
    return terminal.DONE


def _made(made: PaidCounts) -> dict[str, Any]:
    """What was released, as documents say it."""
    from features.calendar import date_of
    from training.runs.need_release import read_need

    table = read_need(made.content)
    return {
        "spend": made.spend_id, "table": str(made.kept), "as_of": date_of(table.layout.day).isoformat(),
        "cells": table.layout.size, "epsilon": f"{made.spend.epsilon:f}", "delta": f"{made.spend.delta:f}",
        "deviation": table.deviation,
    }  # fmt: skip


def _refuse_contradictions(args: argparse.Namespace) -> None:
    problems = Problems()
    if args.table and (args.make_table or args.events or args.out or args.as_of):
        what = "contradicts --make-table, --events, --out and --as-of"
        problems.add(("--table",), "conflict", what, "Leave them out: the table says whom it counts and when")
    if args.make_table and (args.events or args.out or args.event):
        what = "contradicts --events, --out and --event"
        problems.add(("--make-table",), "conflict", what, "Leave them out: the table is of the log, and of every event")
    if args.make_table and args.epsilon is None:
        problems.add(("--epsilon",), "missing", "is missing: the table has a price", "Give it, such as 0.5")
    if not 1 <= args.days <= _MOST_DAYS:
        problems.add(("--days",), "range", f"{args.days} is not from 1 to {_MOST_DAYS}", "Give it, such as 365")
    paid = [f"--{name.replace('_', '-')}" for name in _PAID if getattr(args, name) and not args.make_table]
    if paid:
        problems.add((paid[0],), "conflict", "spends nothing without --make-table", f"Leave out {', '.join(paid)}")
    problems.raise_any()


def _text(told: Mapping[str, Any], language: str) -> str:
    """The counts as tables, each with its standard error where it has one; what is left out is a dash."""
    lines = [f"the {told['days']} days up to {told['as_of']}"]
    for key, head in (("events", "event"), ("provinces", "province")):
        rows = []
        for one in told.get(key, ()):
            wide = one.get("standard_error")
            around = "" if wide is None else f" ±{wide:,}"
            figures = ("-" if one[kind] is None else f"{one[kind]:,}{around}" for kind in _KINDS)
            rows.append((one["name"].get(language) or one.get("event") or "not known", *figures))
        if rows:
            heads = (head, *_KINDS)
            lines += ["", terminal.table(heads, rows, right=range(1, len(heads)))]
    return "\n".join([*lines, "- is left out: the count is too small"])
