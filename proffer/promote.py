"""`proffer promote`: a challenger becomes champion if, on the same held-out people, it is not worse."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from composition import sources, terminal
from composition.workspace import Workspace
from proffer import options
from proffer.evaluate import chosen, judge, read_scorer

if TYPE_CHECKING:
    from training.data.material import TrainingData
    from training.evaluation.evaluation_report import Report
    from training.runs.promotion import Check

HELP = "make a model the champion if it passes the gate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("challenger", metavar="MODEL", help="name of a model in the home, as `train` reported it")
    sources.add_data(parser, required=True)
    options.add(parser, "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Judge challenger and champion, crown or refuse, and print the figures."""
    home = Workspace(args.home)
    challenger, champion = chosen(home, args.challenger), home.champion()
    material = sources.read_material(args)
    with terminal.working("comparing models"):
        found = compare(material, challenger, champion)
    passed = all(check.passed for check in found)
    if passed:
        home.crown(challenger.name)
    document = {
        "challenger": challenger.name,
        "champion_before": None if champion is None else champion.name,
        "promoted": passed,
        "checks": [check.to_document() for check in found],
    }
    verdict = f"{challenger.name} is now the champion" if passed else f"{challenger.name} was not promoted"
    terminal.emit(document, args.json, "\n".join([*map(str, found), verdict]))
    return terminal.DONE if passed else terminal.FAILED


def compare(material: TrainingData, challenger: Path, champion: Path | None) -> tuple[Check, ...]:
    """Judge both on the same held-out people; the first model of a home is compared with no model at all."""
    from training.runs.promotion import checks

    return checks(_judged(material, challenger), None if champion is None else _judged(material, champion))


def _judged(material: TrainingData, folder: Path) -> Report:
    return judge(material, read_scorer(folder, material.declaration.hash))
