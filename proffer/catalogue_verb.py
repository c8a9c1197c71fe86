"""`proffer catalogue`: import programmes from an open API's files, fetch those files, check or compare catalogues."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import clock, reading, terminal
from composition.reading import Definitions
from features.problem import Problem, Problems, Rejected, Where
from proffer import growth_verbs, law_verb, options, pack_verb

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.published_rows import Imported
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions
    from recommender.rules.staleness import Stale

_FETCHED = ("gov24",)
_FILES = ("list", "detail", "conditions")


run = options.run_subverb


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the sub-verbs and their options."""
    options.add_subverbs(parser, SUBVERBS)


def _import_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("source", choices=list(_IMPORTERS), help="gov24, or youth (온통청년)")
    lists = "JSON of serviceList (gov24) or getPlcy (youth, any number of pages)"
    parser.add_argument("--list", type=Path, required=True, nargs="+", metavar="F", help=lists)
    for name, operation in (("detail", "serviceDetail"), ("conditions", "supportConditions")):
        parser.add_argument(f"--{name}", type=Path, metavar="F", help=f"JSON of {operation} (gov24)")
    parser.add_argument("--out", type=Path, required=True, metavar="OUT.jsonl", help="where the programmes go")
    parser.add_argument("--report", type=Path, metavar="R.json", help="where the report goes")
    _stale_arguments(parser)
    options.add(parser, "country", "declaration", "as-of")


def _fetch_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "The key is read from PROFFER_GOV24_KEY. An interrupted run is continued by the same command."
    parser.add_argument("source", choices=_FETCHED)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the three JSON files go")
    parser.add_argument("--per-page", type=int, default=1000, metavar="N", help="rows a request (default, most: 1000)")
    parser.add_argument("--base-url", metavar="URL", help="the API's address (default: the public one)")


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder of YAML files, one YAML file, or JSON lines")
    for name, metavar in (("facts", "F.json"), ("events", "E.ndjson")):
        told = f"{name} whose receipts must be of programmes of this catalogue; may be given several times"
        parser.add_argument(f"--{name}", type=Path, action="append", default=[], metavar=metavar, help=told)
    _stale_arguments(parser)
    options.add(parser, "country", "declaration", "as-of")


def _stale_arguments(parser: argparse.ArgumentParser) -> None:
    told = "a source not looked at, or a row not changed, for longer is named (default: P1Y)"
    parser.add_argument("--stale-after", default="P1Y", metavar="DURATION", help=told)


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    for name in ("old", "new"):
        parser.add_argument(name, type=Path, metavar=name.upper(), help="a catalogue, as for check")
    law_verb.add_arguments(parser)
    options.add(parser, "language", "country", "declaration", "as-of")


# --- import --------------------------------------------------------------------------------------------------------


def import_rows(args: argparse.Namespace) -> int:
    """Write the programmes that an API's files describe, and report what could be read and what was rejected.

    Raises:
        Rejected: a file cannot be read or is not the API's, or the declaration cannot say what the rows say; nothing
            has been written.
    """
    from features.whole_file import write_whole
    from recommender.rules.catalogue import catalogue  # sees that its reader takes every programme
    from recommender.rules.staleness import CAUSES

    _check_folders(args.out, args.report)
    declaration = reading.read_declaration(args.declaration, country=args.country)
    regions = reading.read_regions(country=args.country)
    imported = _IMPORTERS[args.source](args, declaration, regions)
    with terminal.working("checking programmes"):
        documents = [(programme["id"], programme) for programme in imported.programmes]
        found = _stale(catalogue(documents, declaration, regions), args, declaration)
    imported.report["stale"] = {cause: sum(one.cause == cause for one in found) for cause in CAUSES}
    lines = [json.dumps(document, ensure_ascii=False) + "\n" for document in imported.programmes]
    write_whole(args.out, "".join(lines).encode())
    if args.report is not None:
        write_whole(args.report, json.dumps(imported.report, ensure_ascii=False, indent=2).encode() + b"\n")
    for rejection in imported.rejected:
        terminal.say(f"rejected {rejection.id}: {rejection.reason}")
    terminal.emit(imported.report, args.json, lambda: _told(imported.report, args.out))
    return terminal.FAILED if imported.rejected else terminal.DONE


def import_gov24(args: argparse.Namespace, declaration: Declaration, regions: Regions) -> Imported:
    """Read the three files of gov24's open API.

    Raises:
        Rejected: a file is not named, cannot be read, or is not the API's.
    """
    from composition.target_groups import read_vocabulary
    from recommender.gov24.importer import ImportTables, import_services
    from recommender.gov24.service_rows import rows_of

    problems = Problems()
    for name in _FILES[1:]:
        if getattr(args, name) is None:
            what = "is missing: gov24 publishes its conditions apart from its list"
            problems.add((f"--{name}",), "missing", what, f"Name the JSON of the API with --{name} F")
    if len(args.list) > 1:
        problems.add(("--list",), "invalid", "names several files", "Name the one JSON file of serviceList")
    problems.raise_any()
    listed, details, conditions = _rows([*args.list, args.detail, args.conditions], rows_of)
    vocabulary = read_vocabulary(declaration, country=args.country)
    tables = ImportTables(regions, declaration.events, vocabulary)
    with terminal.bar(len(listed), "reading services") as advance:
        return import_services(listed, details, conditions, tables, advance)


def import_youth(args: argparse.Namespace, declaration: Declaration, regions: Regions) -> Imported:
    """Read the pages of the youth-policy open API.

    Raises:
        Rejected: a file cannot be read or is not the API's.
    """
    from composition.target_groups import read_vocabulary
    from recommender.youth.policy_importer import PolicyTables, import_policies
    from recommender.youth.policy_rows import rows_of

    rows = [row for page in _rows(args.list, rows_of) for row in page]
    vocabulary = read_vocabulary(declaration, country=args.country)
    tables = PolicyTables(regions, declaration.events, declaration.facts, vocabulary)
    with terminal.bar(len(rows), "reading policies") as advance:
        return import_policies(rows, tables, advance)


_IMPORTERS: dict[str, Callable[[argparse.Namespace, Declaration, Regions], Imported]] = {
    "gov24": import_gov24,
    "youth": import_youth,
}


def _check_folders(*paths: Path | None) -> None:
    problems = Problems()
    for path in paths:
        if path is not None and (path.is_dir() or not path.resolve().parent.is_dir()):
            what = "is a folder" if path.is_dir() else "lies in a folder that does not exist"
            problems.add((str(path),), "unreadable", what, "Name a file in a folder that exists")
    problems.raise_any()


def _rows(paths: Sequence[Path], rows_of: Callable[[object, Where], list[object]]) -> list[list[object]]:
    found, problems = [], Problems()
    for path in paths:
        with problems.gathered():
            found.append(rows_of(reading.read_json(path), (path.name,)))
    problems.raise_any()
    return found


def _stale(found: Catalogue, args: argparse.Namespace, declaration: Declaration) -> tuple[Stale, ...]:
    """What time has overtaken by the day asked about, or today."""
    from features.calendar import day_of, parse_duration
    from recommender.rules.staleness import stale

    day = reading.as_of(args.as_of, clock.now, declaration.zone.name)
    return stale(found, day_of(day), parse_duration(args.stale_after, ("--stale-after",)))


_COUNTED = ("windows", "delivery", "regions", "residence", "amounts", "documents", "stale")


def _told(report: dict[str, Any], out: Path) -> str:
    rows = [[axis, *states.values()] for axis, states in report["axes"].items()]
    rejected = f"{len(report['rejected'])} rejected"
    lines = [
        f"{report['imported']} of {report['services']} services imported into {out}, {rejected}",
        "",
        terminal.table(["axis", "unrestricted", "restricted", "no data"], rows, right=(1, 2, 3)),
        "",
        *(f"{name}: {_counts(report[name])}" for name in _COUNTED if name in report),
    ]
    if "texts" in report:
        lines.append(
            "texts: {read_whole} read whole, {unread_sentences} of {sentences} sentences unread".format(
                **report["texts"]
            )
        )
    odd = report.get("regions_to_check")
    if odd:
        lines += ["", "agencies to look at:"]
        lines += [f"  {one['id']}  {one['agency']} {one['name']}  ({one['found']})" for one in odd]
    return "\n".join(lines)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


# --- fetch ---------------------------------------------------------------------------------------------------------


def fetch_gov24(args: argparse.Namespace, sleep: Callable[[float], None] = time.sleep) -> int:
    """Download the three files into a folder; a check that they agree on how many services there are decides the code.

    Raises:
        Rejected: no key, or the API refuses or goes on failing; what was fetched is kept for the next run.
    """
    from composition.gov24_client import BASE_URL, KEY_NAME, Client, Download

    if args.out.exists() and not args.out.is_dir():
        raise Rejected([Problem((str(args.out),), "invalid", "is not a folder", "Name a folder, or one to be made")])
    client = Client(os.environ.get(KEY_NAME, "").strip(), args.base_url or BASE_URL, args.per_page, sleep)
    fetched = Download(client, args.out, _page_told).run()
    agree = len(set(fetched.rows.values())) == 1
    if not agree:
        terminal.say(
            f"the files differ in length ({_counts(dict(fetched.rows))}): fetch again, or import and see where"
        )
    report = {
        "out": str(args.out),
        "rows": dict(fetched.rows),
        "pages_asked": fetched.asked,
        "restarts": fetched.restarts,
        "agree": agree,
    }
    terminal.emit(report, args.json, f"{_counts(dict(fetched.rows))} in {args.out}")
    return terminal.DONE if agree else terminal.FAILED


def _page_told(operation: str, page: int, pages: int) -> None:
    terminal.say(f"{operation}: page {page} of {pages}")


# --- check ---------------------------------------------------------------------------------------------------------


def check(args: argparse.Namespace) -> int:
    """Say every problem of a catalogue, with file and field; returns 1 if there is one.

    Raises:
        Rejected: the catalogue, or the declaration it is read against, cannot be read at all.
    """
    from features.calendar import day_of
    from proffer.change_text import stale_text
    from recommender.rules.catalogue import Catalogue, catalogue
    from recommender.rules.constant_clause import constant_clauses
    from recommender.rules.contradiction import contradictions
    from recommender.rules.receipt import unknown_receipts
    from recommender.rules.staleness import checked_ahead

    documents = reading.programme_documents(args.path)
    declaration = reading.read_declaration(args.declaration, country=args.country)
    regions = reading.read_regions(country=args.country)
    problems = Problems()
    programmes, overtaken = 0, _stale(Catalogue(()), args, declaration)  # which also refuses a day that is none
    with problems.gathered():
        held = catalogue(documents, declaration, regions)
        programmes, overtaken = len(held), _stale(held, args, declaration)
        places = {str(one["id"]): (where,) for where, one in documents if isinstance(one, dict) and "id" in one}
        problems.found += contradictions(held, declaration, places)
        problems.found += checked_ahead(held, day_of(reading.as_of(None, clock.now, declaration.zone.name)), places)
        told = {problem.path for problem in problems.found}  # what is told with the fact is not told again without
        problems.found += [one for one in constant_clauses(documents, held, declaration) if one.path not in told]
        problems.found += unknown_receipts(_receipts(args, declaration, problems), held)
    for problem in problems.found:
        terminal.say(str(problem))
    for line in stale_text(overtaken):
        terminal.say(line)
    rows = [problem.to_document() for problem in problems.found]
    report = {"documents": len(documents), "programmes": programmes, "problems": rows}
    found = f"{len(rows)} problem{'s' * (len(rows) != 1)} in " if rows else "no problem in "
    report["stale"] = [one.to_document() for one in overtaken]
    terminal.emit(report, args.json, f"{found}{len(documents)} programmes")
    return terminal.FAILED if rows else terminal.DONE


def _receipts(args: argparse.Namespace, declaration: Declaration, problems: Problems) -> list[tuple[Where, str]]:
    """The programmes that the facts and events given name; what cannot be read of them is a problem."""
    from features.log.files import read_events, sift
    from recommender.rules.receipt import receipts_of_events, receipts_of_facts

    named: list[tuple[Where, str]] = []
    for path in args.facts:
        with problems.gathered():
            stated = reading.read_facts(path)
            named += receipts_of_facts(stated.facts, stated.where)
    for path in args.events:
        with problems.gathered():
            named += receipts_of_events(sift(read_events(path, declaration), problems.found), (path.name,))
    return named


# --- diff ----------------------------------------------------------------------------------------------------------


def diff(args: argparse.Namespace) -> int:
    """Say which programmes a new catalogue adds, ends and changes, and by which facts a changed one is decided.

    Raises:
        Rejected: a catalogue, or the declaration it is read against, cannot be read or is wrong.
    """
    from proffer.change_text import change_text
    from recommender.catalogue_change import catalogue_change
    from recommender.rules.rule_text import RuleText

    law_verb.check(args)
    declaration = reading.read_declaration(args.declaration, country=args.country)
    language = options.language_of(args, declaration.country)
    regions, messages = reading.read_regions(country=args.country), reading.read_messages(country=args.country)
    sides, problems = [], Problems()
    for path in (args.old, args.new):
        with problems.gathered():
            found = reading.read_catalogue(path, declaration, regions, country=args.country)
            titles = {one.id: one.title for one in found.programmes}
            sides.append((found, RuleText(declaration, regions, titles, messages)))
    problems.raise_any()
    old, new = sides
    touched = law_verb.touched(args, old[0], Definitions(declaration, new[0], regions)) if args.people else {}
    change = catalogue_change(old, new, messages, declaration.country.currency)
    terminal.emit(
        {**change.to_document(), **touched}, args.json,
        lambda: change_text(change, language, new[1].label, messages) + law_verb.text(touched),
    )  # fmt: skip
    return terminal.DONE


SUBVERBS: options.Subverbs = {
    "import": ("an open API's JSON files into programmes", _import_arguments, import_rows),
    "fetch": ("gov24's JSON files from its open API", _fetch_arguments, fetch_gov24),
    "check": ("validate a catalogue, every problem at once", _check_arguments, check),
    "diff": ("what differs between two catalogues, in words", _diff_arguments, diff),
    "grow": ("programmes that do not exist, by the mix of real ones", growth_verbs.grow_arguments, growth_verbs.grow),
    "mix": ("count what real programmes ask and give, for grow", growth_verbs.mix_arguments, growth_verbs.mix),
    "pack": ("the rules of a day in a small file for browsers and apps", pack_verb.add_arguments, pack_verb.run),
}
