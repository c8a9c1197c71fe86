"""`proffer promote`: a challenger becomes champion if, on the same held-out people, it is not worse."""

from __future__ import annotations

import argparse

from composition import terminal
from composition.model_registry import ModelRegistry, load_model
from composition.sources import TrainingSource, read_training_data
from composition.workspace import Workspace
from proffer import options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("challenger", metavar="MODEL", help="name of a model in the home, as `train` reported it")
    options.add_data(parser, required=True)
    options.add(parser, "country", "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Judge challenger and champion, promote or refuse, and print the figures."""
    from training.runs import promotion

    source = TrainingSource(Workspace(args.home), args.data, args.declaration, args.catalogue, country=args.country)
    registry = ModelRegistry(source.workspace)
    challenger, champion = registry.require(args.challenger), registry.champion()
    with terminal.working("comparing models") as progress:
        data = read_training_data(source, progress)
        before = None if champion is None else load_model(champion, data.declaration.hash)
        checks = promotion.compare(data, load_model(challenger, data.declaration.hash), before)
    passed = all(check.passed for check in checks)
    if passed:
        registry.promote(challenger.name)
    document = {
        "challenger": challenger.name,
        "champion_before": None if champion is None else champion.name,
        "promoted": passed,
        "checks": [check.to_document() for check in checks],
    }
    verdict = f"{challenger.name} is now the champion" if passed else f"{challenger.name} was not promoted"
    terminal.emit(document, args.json, "\n".join([*map(str, checks), verdict]))
    return terminal.DONE if passed else terminal.FAILED
