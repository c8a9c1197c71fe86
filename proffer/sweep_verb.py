"""`proffer sweep`: what everybody may be offered on a day, or what changed for whom since an earlier day."""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading, terminal
from composition.engines import RankingSettings
from composition.model_registry import NO_MODEL, ModelRegistry
from composition.reports import write_sweep_page
from composition.shard_check import ShardCheck, oracle_of
from composition.sweeping import ShardSweep, SweepFiles, SweepSettings, foreseen_by, swept_by, whole_history
from composition.workspace import Workspace
from features import canonical_json
from features.problem import Problem, Problems, Rejected
from features.shard_folder import refuse_told
from features.whole_file import write_whole
from proffer import options
from proffer.shard_engine import add_engine, check_engine, chosen_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from features.arrays import Int64
    from features.country import Country
    from features.log.history import History
    from features.log.people_folder import PeopleFolder
    from features.shard_folder import MapShards
    from recommender.rules.catalogue import Catalogue

SUMMARY: Final = "summary.json"
PEOPLE: Final = "people"
"""Where the people of events stand while they are swept; it is removed at the end."""
SHARD: Final = 4_096
"""People of events in a shard: what is done again after a stop. A folder of people says its own."""
KINDS: Final = ("offered", "changed", "withdrawn", "closing")
MOST: Final = 15
"""So many programmes are printed; `summary.json` has all."""
SOON_DAYS: Final = 14
AHEAD: Final = range(1, 367)
"""So many days may be looked ahead."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    whom = parser.add_mutually_exclusive_group()
    files = "event files, NDJSON or Parquet (default: the log in the home)"
    whom.add_argument("--events", type=Path, nargs="+", metavar="F", help=files)
    columns = "a folder of people in columns, which `proffer population` makes"
    whom.add_argument("--people", type=Path, metavar="DIR", help=columns)
    since = "only what changed since the end of this day: new events, ages, periods, lapses, windows, texts"
    parser.add_argument("--since", metavar="DAY", help=since)
    before = "with --since: the catalogue as it was on that day (default: the same catalogue)"
    parser.add_argument("--catalogue-before", type=Path, metavar="PATH", help=before)
    earlier = (
        "with --since: the folder of the sweep of that day, made with --ahead: who cannot have changed is not read"
    )
    parser.add_argument("--earlier", type=Path, metavar="DIR", help=earlier)
    ahead = "with --people: leave for the next sweep who can change, and when, up to so many days after this one"
    parser.add_argument("--ahead", type=int, metavar="DAYS", help=ahead)
    out = "the folder to write; one in which a sweep stopped is taken up"
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=out)
    first = "rank the first N offers of each person, as the service does; without --since only these are written"
    parser.add_argument("--first", type=int, metavar="N", help=first)
    weights = "with --first: weights of the utility (default: docs/api.md)"
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help=weights)
    check = "when all is done, work out N people alone, drawn by --seed, half of them among those with a household, "
    check += "something that lapses or an open window of their own, and count whose rows differ"
    parser.add_argument("--check", type=int, metavar="N", help=check)
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="what draws the people of --check (0)")
    add_engine(parser)
    options.add(parser, "country", "catalogue", "declaration", "model", "as-of")


def run(args: argparse.Namespace) -> int:
    """Sweep shard by shard what is not there yet, and count."""
    from sweep.sweep_folder import SweepFolder

    _refuse_unread(args)
    for read in (swept_by, foreseen_by, oracle_of):
        read.cache_clear()  # an earlier sweep of this process may have read other files of the same names
    swept = _Asked(args)
    shards = len(swept.parts if swept.folder is None else swept.folder.files)
    folder = SweepFolder.begin(args.out, swept.order, shards)
    missing = folder.missing()
    work = ShardSweep(swept.files, str(swept.order["catalogue"]), swept.people(missing), args.out, folder.shards)
    with chosen_engine(args, shared=True) as mapped:
        if args.engine == "local" and (missing or args.check):
            work.ready()
        problems = _swept(mapped, work, missing)
        document = _counted(swept, folder.finish(), problems)
        if args.check is not None and not problems:
            document["check"] = _check(mapped, ShardCheck(work, args.check, args.seed))
    _write(swept, document)
    return terminal.FAILED if problems or document.get("check", {}).get("differ") else terminal.DONE


def _swept(mapped: MapShards, work: ShardSweep, missing: Sequence[int]) -> list[Mapping[str, Any]]:
    """Sweep what is not there yet, and return the problems for which some of it is still not there."""
    problems: list[Mapping[str, Any]] = []
    with terminal.bar(len(missing), "sweeping", unit="shard") as advance:
        for told in mapped(work, missing):
            problems += told.get("problems", ())
            advance(1)
    return problems


def _counted(swept: _Asked, said: Sequence[Mapping[str, Any]], problems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The summary of what is said of each shard."""
    from sweep.shard_tally import added

    counts = {"people": 0, "swept": 0, "changes": {}, "programmes": {}, **added(one["counts"] for one in said)}
    closing = sum(one["closing"] for one in counts["programmes"].values())
    told = {name: swept.order[name] for name in ("as_of", "since")}
    if swept.args.earlier is not None:
        told["earlier"] = {"folder": str(swept.args.earlier), "unused": foreseen_by(swept.files).unused}
    return {**told, "out": str(swept.args.out), "closing": closing, **counts, "problems": problems}


def _check(mapped: MapShards, check: ShardCheck) -> dict[str, int]:
    """Work people out alone where shards are done, and count whose rows differ; raises Rejected where some cannot."""
    counts, shards = {"people": 0, "intricate": 0, "differ": 0}, check.shards()
    with terminal.bar(len(shards), "checking", unit="shard") as advance:
        for told in mapped(check, shards):
            for name in counts:
                counts[name] += refuse_told(told)[name]
            advance(1)
    return {"seed": check.seed, **counts}


def _write(swept: _Asked, document: Mapping[str, Any]) -> None:
    """Write what was counted, as JSON and as a page, and say it."""
    args, definitions = swept.args, swept.settings.definitions
    write_whole(args.out / SUMMARY, json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n")
    if not document["problems"] and args.people is None:
        shutil.rmtree(args.out / PEOPLE, ignore_errors=True)
    write_sweep_page(document, definitions, args.out, args.country)
    terminal.emit(document, args.json, lambda: _text(document, definitions.catalogue, definitions.declaration.country))


def _refuse_unread(args: argparse.Namespace) -> None:
    """Refuse options that would be left unread; raises Rejected with each."""
    problems = Problems()
    check_engine(args, problems)
    if args.first is not None and args.first < 1:
        problems.add(("--first",), "range", f"{args.first} is less than 1", "Give how many offers of each are ranked")
    if args.seed < 0:
        problems.add(("--seed",), "range", f"cannot be {args.seed}", "Give a number from 0 on")
    if args.check is not None and args.check < 1:
        problems.add(("--check",), "range", f"{args.check} is less than 1", "Give how many people are drawn")
    if args.ahead is not None and args.ahead not in AHEAD:
        remedy = f"Give a number from {AHEAD[0]} to {AHEAD[-1]}"
        problems.add(("--ahead",), "range", f"{args.ahead} days are not looked ahead", remedy)
    for name in ("earlier", "ahead") if args.people is None else ():
        if getattr(args, name) is not None:
            problems.add((f"--{name}",), "forbidden", "is for a folder of people alone", "Give --people DIR too")
    for name in ("model", "weights") if args.first is None else ():
        if getattr(args, name) is not None:
            problems.add((f"--{name}",), "forbidden", "says nothing where no offer is ranked", "Give --first N too")
    problems.raise_any()


@dataclass(frozen=True)
class _Asked:
    """The sweep that is asked for."""

    args: argparse.Namespace

    @cached_property
    def files(self) -> SweepFiles:
        """The files that say which."""
        args = self.args
        declaration = reading.read_declaration(args.declaration, country=args.country)
        day = reading.as_of(args.as_of, clock.now, declaration.zone.name)
        since = None if args.since is None else reading.day(args.since, ("--since",))
        if args.catalogue_before is not None and since is None:
            what, remedy = "says what held before a day, and no day is given", "Give --since DAY too"
            raise Rejected([Problem(("--catalogue-before",), "missing", what, remedy)])
        if args.earlier is not None and since is None:
            what, remedy = "is of an earlier day, and none is given", "Give --since DAY too"
            raise Rejected([Problem(("--earlier",), "missing", what, remedy)])
        return SweepFiles(
            day, since, args.catalogue, args.catalogue_before, args.declaration, args.country, args.first, self.ranking,
            args.home, args.earlier, args.ahead,
        )  # fmt: skip

    @cached_property
    def ranking(self) -> RankingSettings | None:
        """What orders offers, the model by its folder, so that it stays the same; None where none is ranked."""
        if self.args.first is None:
            return None
        workspace = Workspace(self.args.home)
        folder = ModelRegistry(workspace).find(self.args.model)
        return RankingSettings(workspace, NO_MODEL if folder is None else str(folder.resolve()), self.args.weights)

    @cached_property
    def settings(self) -> SweepSettings:
        """What the files hold."""
        return swept_by(self.files)[0]

    @cached_property
    def folder(self) -> PeopleFolder | None:
        """The folder of people; None where events are named, or the log is swept."""
        from features.log.people_folder import PeopleFolder

        if self.args.people is None:
            return None
        found = PeopleFolder.open(self.args.people)
        if not found.apart and (self.args.earlier is not None or self.args.ahead is not None):
            what, remedy = "has no rows of single people", "Make it again with `proffer population --apart`"
            raise Rejected([Problem((str(self.args.people),), "missing", what, remedy)])
        return found

    @cached_property
    def history(self) -> History:
        """The people of events."""
        with terminal.working("reading events"):
            return whole_history(self.args.events, Workspace(self.args.home), self.settings.definitions)

    @cached_property
    def parts(self) -> Sequence[Int64]:
        """The people of each shard of events, by their places."""
        from features.log.people_folder import household_parts

        return household_parts(self.history, SHARD)

    def people(self, missing: Sequence[int]) -> Path:
        """Return the folder of people; those of events are written first, where some are still to be read."""
        from features.log.people_folder import PeopleFolder, some_of

        if self.folder is not None:
            return Path(self.args.people)
        if missing or self.args.check:
            PeopleFolder.write(self.args.out / PEOPLE, (some_of(self.history, part) for part in self.parts))
        return Path(self.args.out) / PEOPLE

    @cached_property
    def order(self) -> dict[str, object]:
        """What tells this sweep from others; raises Rejected where it cannot be made."""
        from features.log.people_folder import fingerprint

        declaration, catalogue, _ = self.settings.definitions
        before, ranker = swept_by(self.files)[1].before, self.settings.ranker
        ranked: dict[str, object] = {}
        if ranker is not None:
            boosts = None if ranker.correction is None else canonical_json.fingerprint(ranker.correction)
            ranked = {"first": self.files.first, "model": ranker.fingerprint}
            ranked |= {"weights": asdict(ranker.weights), "boosts": boosts}
        foresight = foreseen_by(self.files)
        if foresight.outlook is not None:
            from features.calendar import date_of

            until = date_of(foresight.outlook.until)
            ranked |= {"until": until.isoformat(), "rules": foresight.rules}
        return {
            "as_of": self.files.as_of.isoformat(),
            "since": None if self.files.since is None else self.files.since.isoformat(),
            "catalogue": catalogue.hash,
            "catalogue_before": None if before is None else before.catalogue.hash,
            "declaration": declaration.hash,
            "events": fingerprint(self.history) if self.folder is None else self.folder.fingerprint,
            **ranked,
        }


def _of_earlier(document: Mapping[str, Any]) -> Iterator[str]:
    """Of how many people rows were read, where an earlier sweep was named, or why of all of them."""
    if "earlier" in document:
        unused, read = document["earlier"]["unused"], document.get("read")
        if unused is not None:
            yield f"everybody was read: of {document['earlier']['folder']}, {unused}"
        elif read is not None:
            people = read["news"] + read["days"]
            yield f"{people} people were read: {read['news']} with news, {read['days']} by the calendar"


def _text(document: Mapping[str, Any], catalogue: Catalogue, country: Country) -> str:
    """The counts, and the programmes that most changed, by their titles."""
    of_day = "" if document["since"] is None else f" since {document['since']}"
    changes = ", ".join(f"{count} {kind}" for kind, count in document["changes"].items()) or "no change"
    heads = (
        *(f"{problem['where']} {problem['what']}. {problem['remedy']}" for problem in document["problems"]),
        f"{document['swept']} people as of {document['as_of']}{of_day}: {changes}, of {document['people']} people",
        f"{document['closing']} offers close within {SOON_DAYS} days",
        *_of_earlier(document),
        *(f"{check['differ']} of {check['people']} people who were drawn have other rows alone"
          for check in [document.get("check")] if check),
    )  # fmt: skip
    most = sorted(document["programmes"].items(), key=lambda one: (-sum(one[1].values()), one[0]))[:MOST]
    rows = [
        (catalogue.by_id[name].title.in_language(country.shown) if name in catalogue.by_id else name,
         *(counts.get(kind, 0) for kind in KINDS))
        for name, counts in most
    ]  # fmt: skip
    listed = terminal.table(("programme", *KINDS), rows, right=range(1, len(KINDS) + 1))
    files = f"rows: {document['out']}/shard-*.parquet", f"page: {document['out']}/index.html"
    return "\n".join((*heads, "", listed, "", *files) if rows else heads)
