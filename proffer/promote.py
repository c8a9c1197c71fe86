"""`proffer promote`: a challenger becomes champion if, on the same held-out people, it is not worse.

On people who may be real, where a figure costs: if one noised release can tell that it is better.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import terminal
from composition.budgets import run_request
from composition.model_registry import ModelRegistry, load_model, read_artefact
from composition.sources import TrainingSource, folder_to_learn_from, read_training_data
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import options, train_private
from proffer.comparison_text import comparison_document, comparison_text
from proffer.train_exact import price_document

if TYPE_CHECKING:
    from training.data.material import TrainingData
    from training.runs.private_promotion import Contender

_PAID = ("delta", "population", "units", "dry_run")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    named = "name of a model in the home, as `train` reported it"
    parser.add_argument("challenger", metavar="MODEL", nargs="?", help=named)
    back = "make the champion before this one the champion again; nothing is judged, and MODEL is left out"
    parser.add_argument("--rollback", action="store_true", help=back)
    spent = (
        "what one noised comparison may spend per unit, on people who may be real (default: an exact one, of others)"
    )
    parser.add_argument("--epsilon", metavar="E", help=spent)
    train_private.add_terms(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what it would cost and leave; compare nothing")
    fewer = "let it take over though it learned from less than half as many people as the champion"
    parser.add_argument("--fewer-people", action="store_true", help=fewer)
    parser.set_defaults(evaluate=None)
    options.add_data(parser, required=False)
    options.add_hold_out(parser)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Judge challenger and champion, promote or refuse, and print the figures."""
    workspace = Workspace(args.home)
    if args.rollback or args.challenger is None:
        return _roll_back(args, ModelRegistry(workspace))
    terms = None if args.epsilon is None else train_private.terms_of(args)
    if terms is None:
        _refuse_unpaid(args)
    else:
        train_private.require_libraries("--epsilon")
    folder = folder_to_learn_from(workspace, args.data)
    source = TrainingSource(
        workspace, folder, args.declaration, args.catalogue, terms, args.country, args.as_of, args.hold_out
    )
    ModelRegistry(workspace).require(args.challenger)
    return _exact(args, source) if terms is None else _noised(args, source)


def _roll_back(args: argparse.Namespace, registry: ModelRegistry) -> int:
    """Take the champion before this one again; one or the other of MODEL and --rollback has to be given."""
    if args.rollback == (args.challenger is not None):
        what = "is given beside --rollback" if args.rollback else "is missing"
        raise Rejected([Problem(("MODEL",), "conflict", what, "Give either the name of a model or --rollback")])
    with registry.workspace.alone("promote"):
        left, again = registry.champion(), registry.roll_back()
    document = {"champion_before": None if left is None else left.name, "champion": again.name}
    terminal.emit(document, args.json, f"{again.name} is the champion again")
    return terminal.DONE


def _refuse_unpaid(args: argparse.Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in _PAID if getattr(args, name)]
    if given:
        what, remedy = "is missing: without it nothing is spent", f"Give it, or leave out {', '.join(given)}"
        raise Rejected([Problem(("--epsilon",), "missing", what, remedy)])


def _exact(args: argparse.Namespace, source: TrainingSource) -> int:
    from training.artefact import REPORT
    from training.runs import promotion

    registry = ModelRegistry(source.workspace)
    challenger, champion = registry.require(args.challenger), registry.champion()
    with terminal.working("comparing models") as progress:
        data = read_training_data(source, progress)
        before = None if champion is None else load_model(champion, data.declaration.hash)
        checks = promotion.compare(data, load_model(challenger, data.declaration.hash), before)
    if champion is not None and not args.fewer_people:
        checks += promotion.far_fewer(*(json.loads(read_artefact(one)[REPORT]) for one in (challenger, champion)))
    passed = all(check.passed for check in checks)
    if passed:
        registry.promote(challenger.name)
    document = _promoted(challenger, champion, passed=passed) | {"checks": [check.to_document() for check in checks]}
    terminal.emit(document, args.json, "\n".join([*map(str, checks), _verdict(challenger, passed=passed)]))
    return terminal.DONE if passed else terminal.FAILED


def _noised(args: argparse.Namespace, source: TrainingSource) -> int:
    from privacy.learning.noise import secure
    from training.runs import private_promotion

    workspace, registry = source.workspace, ModelRegistry(source.workspace)
    assert source.terms is not None, "the verb read them"
    with terminal.working("reading held-out people") as progress:
        data = read_training_data(source, progress)
    request = run_request(data, source.terms, workspace)
    if args.dry_run:
        return _price(args, data, request)
    with workspace.alone("promote"), terminal.working("comparing models") as progress:
        challenger, champion = registry.require(args.challenger), registry.champion()
        contenders = _contender(challenger, data), None if champion is None else _contender(champion, data)
        kept = workspace.folder(workspace.reports)
        found = private_promotion.compare(data, request, contenders, secure(), kept, progress)
        passed = found.comparison.outcome == "better"
        if passed:
            registry.promote(challenger.name)
    document = _promoted(challenger, champion, passed=passed) | comparison_document(found, request)
    terminal.emit(document, args.json, lambda: f"{comparison_text(document)}\n{_verdict(challenger, passed=passed)}")
    return terminal.DONE if passed else terminal.FAILED


def _price(args: argparse.Namespace, data: TrainingData, request: Any) -> int:
    from privacy.accounting.amount import text_of
    from training.runs import private_promotion

    with terminal.working("pricing"):
        price = private_promotion.price(data, request)
    left = None if price.left is None else text_of(price.left)
    document = {**price_document(price), "left": left, **train_private.stated(request)}
    terminal.emit(document, args.json, lambda: train_private.price_text(document))
    return terminal.DONE


def _contender(folder: Path, data: TrainingData) -> Contender:
    from training.artefact import MANIFEST, REPORT, model_digest
    from training.runs.private_promotion import Contender

    files = read_artefact(folder)
    learned = {name: content for name, content in files.items() if name not in (MANIFEST, REPORT)}
    return Contender(folder.name, load_model(folder, data.declaration.hash), model_digest(learned))


def _promoted(challenger: Path, champion: Path | None, *, passed: bool) -> dict[str, Any]:
    before = None if champion is None else champion.name
    return {"challenger": challenger.name, "champion_before": before, "promoted": passed}


def _verdict(challenger: Path, *, passed: bool) -> str:
    return f"{challenger.name} is now the champion" if passed else f"{challenger.name} was not promoted"
