"""`proffer eligible`: one facts file judged against every programme, with reasons and what to ask next."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import reading, terminal
from composition.workspace import Workspace
from features.kernel import jit
from proffer import options

if TYPE_CHECKING:
    from recommender.engine import Engine
    from recommender.rules.programme import Programme
    from recommender.rules.question import Ask
    from recommender.rules.verdict import Verdict

HELP = "judge one person against every programme: yes, no or unknown, with reasons"
ROWS = 20
SMALL = 300_000
"""Bytes of a catalogue file for which reading the rules as Python is quicker than loading a compiler."""
_TITLE, _REASON = 40, 56


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--facts", required=True, metavar="F.json", help="facts about the person; - reads standard input"
    )
    parser.add_argument("--language", choices=("ko", "en"), default="en", help="language of the text (default: en)")
    parser.add_argument("--all", action="store_true", help="print every yes and unknown, not only the first of them")
    options.add(parser, "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Judge the person and print the verdicts."""
    with lean(args.catalogue):
        return _run(args)


@contextlib.contextmanager
def lean(catalogue: Path | None) -> Iterator[None]:
    """Load no compiler for one person and a catalogue of some hundred rules; a large one is worth it, but not scipy.

    Numba's linear algebra loads scipy and its coverage hook loads coverage, which nobody here compiles; where numba
    is there already, so are they.
    """
    if catalogue is None or (catalogue.is_file() and catalogue.stat().st_size < SMALL) or catalogue.is_dir():
        jit.interpret()
    hidden = [] if "numba" in sys.modules else [name for name in ("coverage", "scipy") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is how an import is told to fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def _run(args: argparse.Namespace) -> int:
    desk = desk_of(args)
    day = reading.as_of(args.as_of, time.time, desk.declaration.zone.name)
    stated = reading.read_facts(args.facts)
    person = desk.from_facts(stated.facts, stated.applicant, day, (Path(args.facts).name,))
    verdicts = list(desk.verdicts(person, day))
    asks = desk.asks(person, day)
    document = {
        "as_of": day.isoformat(),
        "verdicts": [verdict.to_json() for verdict in verdicts],
        "ask_next": [ask.to_json() for ask in asks],
    }
    rows = None if args.all else ROWS
    terminal.emit(document, args.json, lambda: _told(day, verdicts, asks, args.language, rows))
    return terminal.DONE


def desk_of(args: argparse.Namespace) -> Engine:
    """The desk over what `--declaration` and `--catalogue` name; it orders by the rules alone."""
    from recommender.engine import Engine  # what it loads is loaded only once there is something to judge

    cache = Workspace(args.home).cache
    declaration = reading.read_declaration(args.declaration, cache)
    regions = reading.read_regions(cache=cache)
    catalogue = reading.read_catalogue(args.catalogue, declaration, regions, cache)
    return Engine(declaration, catalogue, regions, reading.read_messages(cache=cache))


def _told(day: date, verdicts: Sequence[Verdict], asks: Sequence[Ask], language: str, rows: int | None) -> str:
    groups: dict[str, list[Verdict]] = {"yes": [], "unknown": [], "no": []}
    for verdict in verdicts:
        groups[verdict.answer.name.lower()].append(verdict)
    counts = ", ".join(f"{len(found)} {answer}" for answer, found in groups.items())
    parts = [f"As of {day.isoformat()}, of {len(verdicts)} programmes: {counts}."]
    parts += _group("YES: the conditions are met", groups["yes"], language, rows, _source)
    parts += _group("UNKNOWN: something is still missing", groups["unknown"], language, rows, _missing)
    parts += questions(asks, language)
    return "\n".join(parts)


def _group(head: str, verdicts: Sequence[Verdict], language: str, rows: int | None, last: Any) -> list[str]:
    if not verdicts:
        return []
    table = [[one.programme.id, titled(one.programme, language), last(one, language)] for one in verdicts[:rows]]
    lines = ["", head, terminal.table(["programme", "title", "because"], table)]
    left = len(verdicts) - len(table)
    return [*lines, f"... and {left} more (--all prints them, --json has them all)"] if left else lines


def titled(programme: Programme, language: str) -> str:
    """A programme's title, short enough for a table."""
    return terminal.clip(programme.title.in_language(language), _TITLE)


def _source(verdict: Verdict, language: str) -> str:
    text = verdict.because[0].text if verdict.because else None
    return "" if text is None else terminal.clip(text.in_language(language), _REASON)


def _missing(verdict: Verdict, language: str) -> str:
    if verdict.missing:
        return terminal.clip("needs " + ", ".join(verdict.missing), _REASON)
    return _source(verdict, language)


def questions(asks: Sequence[Ask], language: str) -> list[str]:
    """The questions to ask next, one a line."""
    if not asks:
        return []
    lines = [f"  {ask.question.get(language, ask.fact)}  ({ask.fact})" for ask in asks]
    return ["", "Ask next:", *lines]
