"""`proffer recommend`: the programmes that one person may get, in the order that helps most, with reasons."""

from __future__ import annotations

import argparse
from pathlib import Path

from composition import clock, engines, reading, terminal
from composition.purpose_terms import read_purposes
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from features.unicode_form import composed
from proffer import options

SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from recommender.rules.programme import KINDS

    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--facts", metavar="F.json", help="facts about the person; - reads standard input")
    who.add_argument("--citizen", metavar="ID", help="a person in the event log of the home")
    parser.add_argument("-k", type=int, default=SHOWN, metavar="N", help=f"how many to show (default: {SHOWN})")
    parser.add_argument("--applicant", action="append", choices=KINDS, help="in which role --citizen asks")
    for option, why in (
        ("--asked", "that the person does not know"),
        ("--declined", "that the person would rather not say"),
    ):
        parser.add_argument(option, action="append", default=[], metavar="FACT", help=f"a fact {why}: not asked again")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "why", "language", "country", "catalogue", "declaration", "model", "as-of")


def engine_settings(args: argparse.Namespace) -> engines.EngineSettings:
    """What the options say of the engine; `serve` has the same options."""
    workspace = Workspace(args.home)
    ranking = engines.RankingSettings(workspace, args.model, args.weights)
    return engines.EngineSettings(args.declaration, args.catalogue, ranking, workspace.cache, args.country)


def run(args: argparse.Namespace) -> int:
    """Recommend and print."""
    from proffer.recommendation_text import recommendations_text
    from proffer.verdict_text import screen_of

    if args.k < 1:
        raise Rejected([Problem(("-k",), "range", f"{args.k} is less than 1", "Give how many recommendations to show")])
    with engines.lean_imports(args.catalogue):
        engine = engines.build_engine(engine_settings(args))
        language = options.language_of(args, engine.declaration.country)
        day = reading.as_of(args.as_of, clock.now, engine.declaration.zone.name)
        if args.facts is not None:
            person = engines.person_of_file(engine, args.facts, day)
        else:
            applicant = args.applicant or ["citizen"]
            person = engines.person_of_log(engine, Workspace(args.home), args.citizen, applicant, day)
            purposes = read_purposes(engine.declaration, args.country)
            engine, person, closed = purposes.allowed(engine, person, composed(args.citizen))
            if closed:
                terminal.say(f"not read, because the person withdrew it or never gave it: {', '.join(closed)}")
        person = engine.not_asking(person, {"--asked": args.asked, "--declined": args.declined}, ())
        found = engine.answer(person, day, args.k)
        terminal.emit(
            found.to_json(), args.json, lambda: recommendations_text(found, screen_of(engine, day, language, args.why))
        )
    return terminal.DONE
