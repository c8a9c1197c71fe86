"""`proffer unmet`: after which events of their lives people found no programme, by event and by province."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading, terminal
from composition.reading import Definitions
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer.table_making import TableKind, add_table_arguments, find_contradictions, make_table, write_exact

if TYPE_CHECKING:
    from proffer.table_making import Release
    from recommender.reach.unmet_need import NeedTable
    from training.data.material import TrainingData

_KINDS: Final = ("nothing", "open", "available")
_MAKE: Final = "Make one: proffer unmet --make-table --epsilon E"
_MOST_DAYS: Final = 3660


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add = parser.add_argument
    add("--event", metavar="E", default="", help="also by province, for one event, such as life.job_lost")
    add(
        "--days", type=int, default=365, metavar="N", help="for so many days before the day events count (default: 365)"
    )
    table = "show the newest table with noise that was made in the home"
    add_table_arguments(parser, table, "make that table of the log's people, at the price of --epsilon")


def run(args: argparse.Namespace) -> int:
    """Count, write the exact counts where a file is named, and show what may be shown; or make the table."""
    _refuse_contradictions(args)
    return make_table(args, _kind(args)) if args.make_table else _count(args)


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
        write_exact(args.out, exact)
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


def _kind(args: argparse.Namespace) -> TableKind:
    """The table of what people found after each event."""

    def prepared(data: TrainingData) -> tuple[int, Release]:
        from features.calendar import date_of
        from recommender.reach.unmet_need import NeedRules, need_layout
        from training.runs.need_release import release_need

        day = date_of(data.declaration.zone.today(data.end))
        layout = need_layout(data.declaration, data.regions, day, args.days)
        working_days = reading.read_working_days(country=args.country)
        rules = NeedRules(data.declaration, data.catalogue, data.regions, working_days)
        return layout.size, lambda material, request, *kept: release_need(material, request, layout, rules, *kept)

    return TableKind("unmet", "counting what people found, with noise", "show it: proffer unmet --table", prepared)


def _refuse_contradictions(args: argparse.Namespace) -> None:
    problems = Problems()
    find_contradictions(args, problems)
    if args.make_table and (args.events or args.out or args.event):
        what = "contradicts --events, --out and --event"
        problems.add(("--make-table",), "conflict", what, "Leave them out: the table is of the log, and of every event")
    if not 1 <= args.days <= _MOST_DAYS:
        problems.add(("--days",), "range", f"{args.days} is not from 1 to {_MOST_DAYS}", "Give it, such as 365")
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
