"""`proffer recommend`: what one person is not excluded from, in the order that helps most, with reasons."""

from __future__ import annotations

import argparse
import textwrap
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from composition import reading, terminal
from composition.workspace import Workspace, read_artefact
from features.problem import Problem, Rejected
from proffer import options
from proffer.eligible import lean, questions, titled

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.engine import Engine
    from recommender.offers.batch import Ranker
    from recommender.offers.bundle import Bundle
    from recommender.offers.recommendation import Recommendation, Recommendations
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.person import Person

HELP = "rank what one person is not excluded from, with reasons, bundles and what to ask next"
SHOWN = 10
_WIDTH = 100
_DESCRIBED = (
    "kind", "run_id", "trained_at", "data_kind", "spend", "population", "spend_id", "teacher", "features_hash",
    "catalogue_hash",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    from recommender.rules.programme import KINDS

    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument("--facts", metavar="F.json", help="facts about the person; - reads standard input")
    who.add_argument("--citizen", metavar="ID", help="a person in the event log of the home")
    parser.add_argument("-k", type=int, default=SHOWN, metavar="N", help=f"how many to show (default: {SHOWN})")
    parser.add_argument("--language", choices=("ko", "en"), default="en", help="language of the text (default: en)")
    parser.add_argument("--applicant", action="append", choices=KINDS, help="in which role --citizen asks")
    parser.add_argument("--weights", type=Path, metavar="W.yaml", help="weights of the utility (default: docs/api.md)")
    options.add(parser, "catalogue", "declaration", "model", "as-of")


def run(args: argparse.Namespace) -> int:
    """Recommend and print."""
    if args.k < 1:
        raise Rejected([Problem(("-k",), "range", f"{args.k} is less than 1", "Give how many recommendations to show")])
    with lean(args.catalogue):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    desk = desk_of(args)
    day = reading.as_of(args.as_of, time.time, desk.declaration.zone.name)
    found = desk.answer(_person(args, desk, day), day, args.k)
    terminal.emit(found.to_json(), args.json, lambda: _told(found, args.language))
    return terminal.DONE


def desk_of(args: argparse.Namespace) -> Engine:
    """The desk over what the shared options name, with the home's model unless `--model` says otherwise."""
    from recommender.engine import Engine  # what it loads is loaded only once there is something to judge

    cache = Workspace(args.home).cache
    declaration = reading.read_declaration(args.declaration, cache)
    regions = reading.read_regions(cache=cache)
    catalogue = reading.read_catalogue(args.catalogue, declaration, regions, cache)
    ranker = ranker_of(args, declaration, catalogue)
    return Engine(
        declaration,
        catalogue,
        regions,
        reading.read_messages(cache=cache),
        ranker,
        reading.read_working_days(cache=cache),
    )


def ranker_of(args: argparse.Namespace, declaration: Declaration, catalogue: Catalogue) -> Ranker:
    """The weights and the model, checked against the declaration.

    Raises:
        Rejected: the weights are wrong, or the model is missing, altered, or trained on other features.
    """
    from recommender.offers.batch import Ranker
    from recommender.offers.utility import UtilityWeights, parse_weights

    weights = parse_weights(reading.read_yaml(args.weights), args.weights.name) if args.weights else UtilityWeights()
    folder = Workspace(args.home).model(args.model)
    if folder is None:
        return Ranker(weights)
    from recommender.ranking.model import read_model  # only whoever has a model pays for it

    scorer = read_model(read_artefact(folder), declaration.hash)
    attributes = scorer.attributes(catalogue, declaration)
    model = {"name": folder.name, **{key: scorer.manifest[key] for key in _DESCRIBED if key in scorer.manifest}}
    return Ranker(weights, scorer, attributes, model)


def _person(args: argparse.Namespace, desk: Engine, day: date) -> Person:
    if args.facts is not None:
        stated = reading.read_facts(args.facts)
        return desk.from_facts(stated.facts, stated.applicant, day, (Path(args.facts).name,))
    home = Workspace(args.home)
    nobody = Rejected(
        [Problem(("--citizen",), "unknown", f"there is nobody called {args.citizen!r} in the log", "Ingest first")]
    )
    if not home.has_events:
        raise nobody
    with home.log() as log:
        events = list(log.events([args.citizen]))
    if not events:
        raise nobody
    return desk.from_events(events, args.citizen, args.applicant or ["citizen"], day)


def _told(found: Recommendations, language: str) -> str:
    order = "by the rules and the weights alone" if found.model is None else f"with model {found.model['name']}"
    document = found.to_json()
    parts = [f"As of {document['as_of']}: {found.total} to recommend, in order {order}."]
    for one in found.shown:
        parts += _one(one, language)
    for bundle, written in zip(found.bundles, document["bundles"], strict=True):
        parts += _bundle(bundle, written["title"], language)
    if found.already:
        parts += ["", "Received already: " + ", ".join(titled(one, language) for one in found.already)]
    if found.closed:
        parts += ["", "Window closed: " + ", ".join(titled(one, language) for one, _ in found.closed)]
    return "\n".join([*parts, *questions(found.asks, language)])


def _one(one: Recommendation, language: str) -> list[str]:
    document = one.to_json()
    certainty = "yes" if document["answer"] == "yes" else f"ask: {', '.join(document['missing']) or 'see the agency'}"
    lines = [f"\n{one.rank:>3}. {titled(one.programme, language)}  [{one.programme.id}]  {certainty}"]
    lines += [f"     {_said(part['text'], language)} ({part['contribution']:+.4f})" for part in document["why_rank"]]
    window = document["window"]["text"]
    return [*lines, f"     {terminal.clip(_said(window, language), _WIDTH)}"] if window else lines


def _said(text: Mapping[str, str], language: str) -> str:
    return text.get(language) or next(iter(text.values()), "")


def _bundle(bundle: Bundle, title: Mapping[str, str], language: str) -> list[str]:
    documents = ", ".join(text.in_language(language) for text in bundle.documents) or "none"
    lines = [
        f"\nTogether, after: {_said(title, language) or bundle.event}",
        *(f"     {line}" for line in textwrap.wrap(", ".join(bundle.programmes), _WIDTH, break_on_hyphens=False)),
        f"     documents: {terminal.clip(documents, _WIDTH)}",
        f"     effort: about {bundle.effort_minutes} minutes in all",
    ]
    return lines + [f"     without {one.programme}: not together with {one.excluded_by}" for one in bundle.set_aside]
