"""`proffer promote`: a challenger becomes champion if, on the same held-out people, it is not worse.

On people who may be real, where a figure costs: if one noised release can tell that it is better.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import model_aliases, terminal
from composition.budgets import run_request
from composition.model_registry import ModelRegistry
from composition.sources import TrainingSource, folder_to_learn_from, read_training_data
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from proffer import gate_verdict, options, train_private

if TYPE_CHECKING:
    from composition.model_aliases import ModelAliases

_PAID = ("delta", "population", "units", "dry_run")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    named = "name of a model in the home, as `train` reported it"
    parser.add_argument("challenger", metavar="MODEL", nargs="?", help=named)
    back = "make the champion before this one the champion again; nothing is judged, and MODEL is left out"
    parser.add_argument("--rollback", action="store_true", help=back)
    mirror = "write to MLflow again who is champion, challenger and shadow; nothing is judged, and MODEL is left out"
    parser.add_argument("--mirror", action="store_true", help=mirror)
    shadow = "let it score beside the champion without serving anybody; nothing is judged, `evaluate` says what differs"
    parser.add_argument("--shadow", action="store_true", help=shadow)
    spent = "what one noised comparison may spend per unit, of people who may be real (default: exact, of others)"
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
    if args.rollback or args.mirror or args.challenger is None:
        return _without_model(args, ModelRegistry(workspace))
    terms = None if args.epsilon is None else train_private.terms_of(args)
    if terms is None:
        _refuse_unpaid(args)
    else:
        train_private.require_libraries("--epsilon")
    folder = folder_to_learn_from(workspace, args.data)
    source = TrainingSource(
        workspace, folder, args.declaration, args.catalogue, terms, args.country, args.as_of, args.hold_out
    )
    challenger = ModelRegistry(workspace).require(args.challenger)
    if args.shadow:
        before = model_aliases.compared(workspace)
        ModelRegistry(workspace).cast_shadow(challenger.name)
        return _tell(args, before, {"shadow": challenger.name}, f"{challenger.name} scores beside the champion now")
    return _ask(args, source, challenger)


def _ask(args: argparse.Namespace, source: TrainingSource, challenger: Path) -> int:
    """Ask the gate, and promote where it says so."""
    workspace = source.workspace
    with terminal.working("reading held-out people") as progress:
        data = read_training_data(source, progress)
    if args.dry_run and source.terms is not None:
        return train_private.price_release(args, data, run_request(data, source.terms, workspace))
    with workspace.alone("promote"), terminal.working("comparing models") as progress:
        verdict = gate_verdict.asked(source, data, challenger, fewer=args.fewer_people, progress=progress)
        before, registry = model_aliases.compared(workspace), ModelRegistry(workspace)
        (registry.promote if verdict.passed else registry.refuse)(challenger.name)
    _tell(args, before, verdict.document, verdict.text)
    return terminal.DONE if verdict.passed else terminal.FAILED


def _tell(args: argparse.Namespace, before: ModelAliases, document: dict[str, Any], text: str) -> int:
    """Write the aliases to MLflow, then print what was done and how the two stand; the home is as it is by now.

    Returns:
        1 where nothing but the mirror was asked for and MLflow did not take it, else 0.
    """
    with terminal.working("writing the aliases to MLflow"):
        now = model_aliases.mirrored(Workspace(args.home), before)
    terminal.emit({**document, "mlflow": now.to_document()}, args.json, "\n".join([text, *now.lines()]))
    return terminal.FAILED if args.mirror and (now.problems or now.differs) else terminal.DONE


def _without_model(args: argparse.Namespace, registry: ModelRegistry) -> int:
    """Take the champion before this one again, or only mirror; one of MODEL, --rollback, --mirror has to be given."""
    given = [name for name in ("--rollback", "--mirror") if getattr(args, name[2:])]
    if len(given) + (args.challenger is not None) != 1:
        what = f"is given beside {given[0]}" if args.challenger else f"{' and '.join(given) or 'nothing'} is given"
        raise Rejected([Problem(("MODEL",), "conflict", what, "Give the name of a model, --rollback or --mirror")])
    before = model_aliases.compared(registry.workspace)
    if args.mirror:
        return _tell(args, before, {"aliases": registry.aliases()}, "nothing was judged")
    with registry.workspace.alone("promote"):
        left, again = registry.champion(), registry.roll_back()
    document = {"champion_before": None if left is None else left.name, "champion": again.name}
    return _tell(args, before, document, f"{again.name} is the champion again")


def _refuse_unpaid(args: argparse.Namespace) -> None:
    given = [f"--{name.replace('_', '-')}" for name in _PAID if getattr(args, name)]
    if given:
        what, remedy = "is missing: without it nothing is spent", f"Give it, or leave out {', '.join(given)}"
        raise Rejected([Problem(("--epsilon",), "missing", what, remedy)])
