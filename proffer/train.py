"""`proffer train`: a gated, tracked training run that leaves a model in the home."""

from __future__ import annotations

import argparse
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.problem import Problem, Rejected
from proffer import console, dataset, options
from proffer.home import Home

if TYPE_CHECKING:
    from training.material import Material
    from training.pipeline import Taught
    from training.ranker import Settings

HELP = "train a ranker on gated rows, tracked in MLflow"
OBJECTIVES = ("pointwise", "lambdarank", "auto")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--ranker", choices=("lightgbm", "private"), default="lightgbm", help="what learns (default: lightgbm)"
    )
    parser.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default="pointwise",
        help="of lightgbm; auto learns both and keeps what orders validation people better (default: pointwise)",
    )
    parser.add_argument("--epsilon", metavar="E", help="privacy to spend on each person (private ranker)")
    parser.add_argument("--delta", metavar="D", help="the chance that the promise of epsilon fails (private ranker)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything drawn by chance (default: 0)")
    parser.add_argument("--dry-run", action="store_true", help="print rows, price and what would remain; learn nothing")
    dataset.add_data(parser, required=False)
    options.add(parser, "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Price, train, keep the model and print what it does and cost."""
    _refuse_impossible(args)
    from training.ranker import Settings

    material = dataset.read_material(args)
    settings = Settings(seed=args.seed, objective="pointwise" if args.objective == "auto" else args.objective)
    if args.dry_run:
        return _priced(material, settings, args)
    return _trained(material, settings, args)


def _refuse_impossible(args: argparse.Namespace) -> None:
    problems = []
    if args.ranker == "private":
        what = "is not available in this version"
        problems.append(Problem("--ranker private", what, "Use --ranker lightgbm on what `proffer synth` writes"))
    elif args.data is None:
        what = "is missing, and the home's log is not stamped synthetic, so lightgbm may not learn from it"
        problems.append(Problem("--data", what, "Give a folder that `proffer synth` wrote"))
    if args.ranker == "lightgbm" and (args.epsilon is not None or args.delta is not None):
        what = "cannot be kept by lightgbm, which has no private training: its spend is infinite"
        problems.append(Problem("--epsilon, --delta", what, "Leave them out"))
    if problems:
        raise Rejected(problems)


def _priced(material: Material, settings: Settings, args: argparse.Namespace) -> int:
    from training.pipeline import price

    found = price(material, settings)
    remaining = None if found.remaining is None else found.remaining.to_document()
    document = {
        "rows": found.rows, "data_kind": found.kind.value, "spend": found.spend.to_document(), "remaining": remaining,
    }  # fmt: skip
    text = f"{found.rows} {found.kind.value} rows; spend {_spent(found.spend.to_document())}; nothing was learned"
    console.emit(document, args.json, text)
    return console.DONE


def _trained(material: Material, settings: Settings, args: argparse.Namespace) -> int:
    from training.pipeline import train

    home = Home(args.home)
    with console.working("training"):
        taught = train(material, settings, compare=args.objective == "auto", tell=_teller(args))
    with console.working("keeping the run"):
        folder = keep(taught, home)
    document = describe(taught, folder)
    console.emit(document, args.json, lambda: _told(document, taught))
    return console.DONE


def _teller(args: argparse.Namespace) -> Callable[[str], None]:
    return (lambda _: None) if args.json else console.say


def keep(taught: Taught, home: Home) -> Path:
    """Track a run in the home's MLflow and leave its artefact in the home's models; returns the folder."""
    from training.artefact import write
    from training.tracking import Store, tracked

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    models = home.folder(home.models)
    with tracked(Store(home.mlflow_uri, home.mlflow_files), f"lightgbm {taught.settings.objective}") as run:
        folder = models / run.id
        write(folder, taught.files(run.id, now))
        run.settings(taught.told())
        run.metrics(taught.figures())
        for path in sorted(folder.iterdir()):
            run.file(path)
    return folder


def describe(taught: Taught, folder: Path) -> dict[str, Any]:
    """What `train --json` prints."""
    return {
        "run_id": folder.name,
        "model": str(folder),
        "ranker": "lightgbm",
        "objective": taught.settings.objective,
        "data_kind": taught.kind.value,
        "spend": taught.spend.to_document(),
        "metrics": taught.figures(),
    }


def _told(document: dict[str, Any], taught: Taught) -> str:
    from proffer.evaluate import figures_told

    return "\n".join(
        [
            f"run {document['run_id']}, {document['objective']}, spend {_spent(document['spend'])}",
            f"model {document['model']}",
            "",
            figures_told(taught.report),
        ]
    )


def _spent(spend: dict[str, str]) -> str:
    return f"epsilon {spend['epsilon']}, delta {spend['delta']} per person"
