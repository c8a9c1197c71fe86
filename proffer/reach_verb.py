"""`proffer reach`: how many people a draft rule reaches, by region and by group."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading, terminal
from composition.reading import Definitions
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer.table_making import TableKind, add_table_arguments, find_contradictions, make_table, write_exact

if TYPE_CHECKING:
    from proffer.table_making import Release
    from recommender.reach.census import Census
    from training.data.material import TrainingData

COLUMNS: Final = ("yes", "likely", "depends", "no")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    rule = "a programme, or only what it asks (who)"
    parser.add_argument("rule", type=Path, metavar="RULE.yaml", nargs="?", help=rule)
    parser.add_argument("--by", default="region,group", metavar="BY", help="region, group, or both (default)")
    table = "count over the newest table with noise that was made in the home"
    make = "make that table of the log's people, at the price of --epsilon; RULE.yaml is left out"
    add_table_arguments(parser, table, make)


def run(args: argparse.Namespace) -> int:
    """Count, write the exact counts where a file is named, and show what may be shown; or make the table."""
    _refuse_contradictions(args)
    return make_table(args, _kind(args)) if args.make_table else _count(args)


def _count(args: argparse.Namespace) -> int:
    from features.calendar import date_of
    from recommender.reach.census import CountTerms
    from recommender.reach.draft_rule import doubts, parse_draft
    from recommender.reach.reach_document import document

    definitions = reading.read_definitions(args.declaration, args.catalogue, country=args.country)
    declaration, _, regions = definitions
    rule = parse_draft(reading.read_yaml(args.rule), (args.rule.name,), declaration, regions)
    by, census = _by(args.by), _census(args, definitions)
    working_days = reading.read_working_days(country=args.country)
    terms = CountTerms(regions, working_days, reading.read_messages(country=args.country))
    with terminal.working("counting"):
        found = census.reach(rule, terms)
    day = census.people.day
    head = {"rule": rule.id, "as_of": date_of(day).isoformat(), "doubts": list(doubts(rule, declaration, day))}
    if args.out is not None:
        exact = {**head, **document(found, census.people, regions, by, few=1)}
        write_exact(args.out, exact)
    shown = {**head, **document(found, census.people, regions, by)}
    terminal.emit(shown, args.json, lambda: _text(shown, declaration.country.shown))
    return terminal.DONE


def _census(args: argparse.Namespace, definitions: Definitions) -> Census:
    """The people who are counted: those of events, exactly, or those of the newest table."""
    from composition.noised_tables import MAKE, newest_table, noised_census
    from composition.reach_columns import ReachOrder, reach_columns
    from features.calendar import date_of
    from recommender.reach.census import ExactCensus

    workspace = Workspace(args.home)
    if not args.table:
        day = reading.as_of(args.as_of, clock.now, definitions.declaration.zone.name)
        order = ReachOrder(definitions, day, args.events, args.declaration, args.country)
        return ExactCensus(reach_columns(order, workspace, terminal.steps(args.json)), most=None)
    table = newest_table(workspace)
    if table is None:
        raise Rejected([Problem((str(workspace.path),), "missing", "holds no table with noise", MAKE)])
    return noised_census(ReachOrder(definitions, date_of(table.day), None, args.declaration, args.country), table)


def _kind(args: argparse.Namespace) -> TableKind:
    """The table of cells that the declaration tells apart."""

    def prepared(data: TrainingData) -> tuple[int, Release]:
        from composition.noised_tables import read_layout
        from composition.reach_columns import ReachOrder
        from features.calendar import date_of
        from training.runs.reach_release import release

        day = date_of(data.declaration.zone.today(data.end))
        definitions = Definitions(data.declaration, data.catalogue, data.regions)
        layout = read_layout(ReachOrder(definitions, day, None, args.declaration, args.country))
        return layout.size, lambda material, request, *kept: release(material, request, layout, *kept)

    shown = "count rules over it: proffer reach RULE.yaml --table"
    return TableKind("reach", "counting people by cells, with noise", shown, prepared)


def _refuse_contradictions(args: argparse.Namespace) -> None:
    problems = Problems()
    if args.make_table == (args.rule is not None):
        what = "is given beside --make-table" if args.make_table else "is missing"
        problems.add(("RULE.yaml",), "conflict", what, "Give either a rule or --make-table")
    find_contradictions(args, problems)
    problems.raise_any()


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
            (one["name"].get(language) or one[head] or "not known", *_cells(one), people)
            for one in told.get(key, ())
            for people in ("-" if one["people"] is None else f"{one['people']:,}",)
        ]
        if rows:
            heads = (head, *COLUMNS, "people")
            lines += ["", terminal.table(heads, rows, right=range(1, len(heads)))]
    few = any(row["people"] is None for key in ("regions", "groups") for row in told.get(key, ()))
    lines += [f"- is left out: a count there is below {told['few']}, or would tell one"] if few else []
    return "\n".join(lines)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The counts of a row, with their standard errors where they have some."""
    wide = row.get("standard_error") or {}
    bars = {name: f" ±{wide[name]:,}" if name in wide else "" for name in COLUMNS}
    return tuple("-" if row[name] is None else f"{row[name]:,}{bars[name]}" for name in COLUMNS)
