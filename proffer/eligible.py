"""`proffer eligible`: one facts file judged against every programme, with reasons and what to ask next."""

from __future__ import annotations

import argparse

from composition import clock, reading, terminal
from composition.engines import EngineSettings, build_engine, lean_imports, person_of_file
from composition.workspace import Workspace
from proffer import options

HELP = "judge one person against every programme: yes, likely, depends or no, with reasons"
ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--facts", required=True, metavar="F.json", help="facts about the person; - reads standard input"
    )
    parser.add_argument("--all", action="store_true", help="print all but the no, not only the first of them")
    options.add(parser, "language", "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Judge the person and print the verdicts."""
    from proffer.verdict_text import not_asked, screen_of, verdicts_text
    from recommender.offers.other_applicant import unasked_kinds
    from recommender.standing import verdict_json

    with lean_imports(args.catalogue):
        engine = build_engine(
            EngineSettings(args.declaration, args.catalogue, cache=Workspace(args.home).cache, country=args.country)
        )
        language = options.language_of(args, engine.declaration.country)
        day = reading.as_of(args.as_of, clock.now, engine.declaration.zone.name)
        person = person_of_file(engine, args.facts, day)
        verdicts, asks = list(engine.verdicts(person, day)), engine.asks(person, day)
        others = unasked_kinds(engine.compiled(day), person.applicant)
        document = {
            "as_of": day.isoformat(),
            "verdicts": [verdict_json(verdict) for verdict in verdicts],
            "ask_next": [ask.to_json() for ask in asks],
            "not_asked": others,
        }
        rows, screen = None if args.all else ROWS, screen_of(engine, day, language)

        def text() -> str:
            return "\n".join([verdicts_text(day, verdicts, asks, screen, rows), *not_asked(others, screen)])

        terminal.emit(document, args.json, text)
    return terminal.DONE
