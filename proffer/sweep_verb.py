"""`proffer sweep`: what everybody may be offered on a day, or what changed for whom since an earlier day."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading, terminal
from composition.sweeping import SweepSettings, population_sweep, whole_history
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.whole_file import write_whole
from proffer import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from features.country import Country
    from recommender.rules.catalogue import Catalogue
    from sweep.population_sweep import PopulationSweep

SUMMARY: Final = "summary.json"
KINDS: Final = ("offered", "changed", "withdrawn", "closing")
MOST: Final = 15
"""So many programmes are printed; `summary.json` has all."""
SOON_DAYS: Final = 14


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    parser.add_argument("--events", type=Path, nargs="+", metavar="F", help=files)
    since = "only what changed since the end of this day: new events, ages, periods, lapses, windows, texts"
    parser.add_argument("--since", metavar="DAY", help=since)
    before = "with --since: the catalogue as it was on that day (default: the same catalogue)"
    parser.add_argument("--catalogue-before", type=Path, metavar="PATH", help=before)
    out = "the folder to write; one in which a sweep stopped is taken up"
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=out)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Sweep shard by shard what is not there yet, and count."""
    from sweep.sweep_folder import SweepFolder
    from sweep.sweep_summary import summary

    definitions = reading.read_definitions(args.declaration, args.catalogue, country=args.country)
    day = reading.as_of(args.as_of, clock.now, definitions.declaration.zone.name)
    since = None if args.since is None else reading.day(args.since, ("--since",))
    if args.catalogue_before is not None and since is None:
        what, remedy = "says what held before a day, and no day is given", "Give --since DAY too"
        raise Rejected([Problem(("--catalogue-before",), "missing", what, remedy)])
    settings = SweepSettings(definitions, day, since, args.catalogue_before, args.country)
    with terminal.working("reading events"):
        history = whole_history(args.events, Workspace(args.home), definitions)
    sweep = population_sweep(settings, history)
    order = _order(settings, sweep)
    folder = SweepFolder.begin(args.out, order, len(history.people))
    for shard in terminal.progress(folder.missing(), "sweeping", unit="shard"):
        folder.write(shard, sweep)
    told = {"as_of": order["as_of"], "since": order["since"], "out": str(args.out), "swept": len(history.people)}
    document = {**told, **summary(folder.tables(), day)}
    write_whole(args.out / SUMMARY, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
    terminal.emit(document, args.json, lambda: _text(document, definitions.catalogue, definitions.declaration.country))
    return terminal.DONE


def _order(settings: SweepSettings, sweep: PopulationSweep) -> dict[str, object]:
    """What tells this sweep from others."""
    from sweep.sweep_folder import fingerprint

    before = sweep.before
    return {
        "as_of": settings.as_of.isoformat(),
        "since": None if settings.since is None else settings.since.isoformat(),
        "catalogue": settings.definitions.catalogue.hash,
        "catalogue_before": None if before is None else before.catalogue.hash,
        "declaration": settings.definitions.declaration.hash,
        "events": fingerprint(sweep.calendar.history),
    }


def _text(document: Mapping[str, Any], catalogue: Catalogue, country: Country) -> str:
    """The counts, and the programmes that most changed, by their titles."""
    of_day = "" if document["since"] is None else f" since {document['since']}"
    changes = ", ".join(f"{count} {kind}" for kind, count in document["changes"].items()) or "no change"
    heads = (
        f"{document['swept']} people as of {document['as_of']}{of_day}: {changes}, of {document['people']} people",
        f"{document['closing']} offers close within {SOON_DAYS} days",
    )
    most = sorted(document["programmes"].items(), key=lambda one: (-sum(one[1].values()), one[0]))[:MOST]
    rows = [
        (catalogue.by_id[name].title.in_language(country.shown) if name in catalogue.by_id else name,
         *(counts.get(kind, 0) for kind in KINDS))
        for name, counts in most
    ]  # fmt: skip
    listed = terminal.table(("programme", *KINDS), rows, right=range(1, len(KINDS) + 1))
    return "\n".join((*heads, "", listed, "", f"rows: {document['out']}/shard-*.parquet")) if rows else "\n".join(heads)
