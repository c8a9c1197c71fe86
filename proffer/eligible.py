"""`proffer eligible`: one facts file judged against every programme, with reasons and what to ask next."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from composition import clock, reading, terminal
from composition.engines import EngineSettings, build_engine, lean_imports, person_of_file
from composition.workspace import Workspace
from proffer import options

if TYPE_CHECKING:
    from datetime import date

    from proffer.verdict_text import Screen
    from recommender.engine import Engine
    from recommender.messages import Messages
    from recommender.rules.look_ahead import Ahead
    from recommender.rules.question_form import Question
    from recommender.rules.verdict import Verdict

ROWS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--facts", required=True, metavar="F.json", help="facts about the person; - reads standard input"
    )
    parser.add_argument("--all", action="store_true", help="print all of each list, not only the first of it")
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--no", action="store_true", help="list the programmes the rules exclude, each with why not")
    one.add_argument("--programme", metavar="ID|TITLE", help="explain one programme whole, by its id or its title")
    options.add(parser, "why", "language", "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Judge the person and print the verdicts."""
    from features.calendar import day_of
    from proffer.programme_text import named_programme
    from proffer.verdict_text import screen_of
    from recommender.offers.other_applicant import unasked_kinds

    with lean_imports(args.catalogue):
        engine = build_engine(
            EngineSettings(args.declaration, args.catalogue, cache=Workspace(args.home).cache, country=args.country)
        )
        language = options.language_of(args, engine.declaration.country)
        day = reading.as_of(args.as_of, clock.now, engine.declaration.zone.name)
        person = person_of_file(engine, args.facts, day)
        named = None if args.programme is None else named_programme(args.programme, engine.catalogue.by_id)
        verdicts = [one for one in engine.verdicts(person, day) if named in (None, one.programme.id)]
        asks = engine.asks(person, day)
        others = unasked_kinds(engine.compiled(day), person.applicant)
        document = {
            "as_of": day.isoformat(),
            "verdicts": _rows(verdicts, engine.ahead(person, day), day_of(day), engine.messages),
            "ask_next": [ask.to_json() for ask in asks],
            "not_asked": others,
        }
        screen = screen_of(engine, day, language, args.why)
        terminal.emit(document, args.json, lambda: _text(args, engine, day, Judgement(verdicts, asks, others), screen))
    return terminal.DONE


class Judgement(NamedTuple):
    """What is shown: verdicts, what to ask next, and how many programmes are for applicants not asked as."""

    verdicts: Sequence[Verdict]
    asks: Sequence[Question]
    others: Mapping[str, int]


def _text(args: argparse.Namespace, engine: Engine, day: date, found: Judgement, screen: Screen) -> str:
    from proffer.programme_text import programme_text
    from proffer.verdict_text import not_asked, refusals_text, verdicts_text
    from recommender.rules.question_form import question_of
    from recommender.text import Text

    rows = None if args.all else ROWS
    if args.programme is not None:
        (verdict,) = found.verdicts
        asked = [Text.of(question_of(fact, engine.compiled(day))) for fact in verdict.missing]
        return programme_text(verdict, [screen.read(one) for one in asked], screen)
    if args.no:
        return refusals_text(day, found.verdicts, screen, rows)
    said = verdicts_text(day, found.verdicts, found.asks, screen, rows)
    return "\n".join([said, *not_asked(found.others, screen)])


def _rows(verdicts: Sequence[Verdict], soon: Sequence[Ahead], today: int, messages: Messages) -> list[dict[str, Any]]:
    """The verdicts as JSON, each no with the day on which a birthday will change it, where that is soon."""
    from recommender.standing import verdict_json

    coming = {one.programme.id: {"upcoming": one.to_json(today, messages)} for one in soon}
    return [verdict_json(one) | coming.get(one.programme.id, {}) for one in verdicts]
