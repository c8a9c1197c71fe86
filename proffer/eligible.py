"""`proffer eligible`: one facts file judged against every programme, with reasons and what to ask next."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from composition import clock, reading, terminal
from composition.engines import EngineSettings, build_engine, lean_imports, person_of_file
from composition.workspace import Workspace
from features.calendar import day_of
from proffer import options

if TYPE_CHECKING:
    from recommender.messages import Messages
    from recommender.rules.look_ahead import Ahead
    from recommender.rules.verdict import Verdict

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
            "verdicts": _rows(verdicts, engine.ahead(person, day), day_of(day), engine.messages),
            "ask_next": [ask.to_json() for ask in asks],
            "not_asked": others,
        }
        rows, screen = None if args.all else ROWS, screen_of(engine, day, language)
        more = not_asked(others, screen)
        terminal.emit(document, args.json, lambda: "\n".join([verdicts_text(day, verdicts, asks, screen, rows), *more]))
    return terminal.DONE


def _rows(verdicts: Sequence[Verdict], soon: Sequence[Ahead], today: int, messages: Messages) -> list[dict[str, Any]]:
    """The verdicts as JSON, each no with the day on which a birthday will change it, where that is soon."""
    from recommender.standing import verdict_json

    coming = {one.programme.id: {"upcoming": one.to_json(today, messages)} for one in soon}
    return [verdict_json(one) | coming.get(one.programme.id, {}) for one in verdicts]
