"""`proffer evaluate`: how well a model ranks people it never learned from, beside its baselines and the truth."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import sources, terminal
from composition.workspace import Workspace, read_artefact
from features.problem import Problem, Rejected
from features.whole_file import write_whole
from proffer import options

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.data.material import TrainingData
    from training.evaluation.evaluation_report import Report

HELP = "report how well a model ranks, beside its baselines"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--cold-start",
        type=int,
        default=0,
        metavar="N",
        help="programmes to try as new, each by learning once more without it (default: 0)",
    )
    sources.add_data(parser, required=True)
    options.add(parser, "catalogue", "declaration", "model")


def run(args: argparse.Namespace) -> int:
    """Judge the model, leave report and pictures in the home, and print."""
    if args.cold_start < 0:
        raise Rejected(
            [Problem(("--cold-start",), "range", f"{args.cold_start} is below 0", "Give how many programmes to try")]
        )
    home = Workspace(args.home)
    folder = chosen(home, args.model)
    material = sources.read_material(args)
    model = read_scorer(folder, material.declaration.hash)
    with terminal.working("evaluating"):
        report = judge(material, model, args.cold_start, reference=True)
    document = {"model": str(folder), **report.to_document()}
    left = leave(report, document, home.folder(home.reports) / folder.name)
    document["files"] = [str(path) for path in left]
    text = "\n".join([f"model {folder}", "", figures_told(report), "", *map(str, left)])
    terminal.emit(document, args.json, text)
    return terminal.DONE


def chosen(home: Workspace, model: str | None) -> Path:
    """The artefact folder that `--model` means, which has to be one.

    Raises:
        Rejected: there is none: none was promoted, or `none` was asked for.
    """
    folder = home.model(model)
    if folder is None:
        there = ", ".join(home.model_names()) or "none yet; run `proffer train`"
        raise Rejected(
            [Problem(("--model",), "missing", "names no model, and none was promoted", f"Choose one of: {there}")]
        )
    return folder


def read_scorer(folder: Path, declaration_hash: str) -> Model:
    """The ranker in an artefact folder, of whatever kind, checked against the declaration in use."""
    from recommender.ranking.model import read_model

    return read_model(read_artefact(folder), declaration_hash)


def judge(material: TrainingData, model: Model, cold_start: int = 0, *, reference: bool = False) -> Report:
    """Report on a model beside baselines; `reference` sets LightGBM beside one that is learned in another way.

    Raises:
        Rejected: exact figures about these rows are not admitted, or only lightgbm can be learned without a programme.
    """
    from training.evaluation.evaluation_report import RANKER
    from training.rankers.forest_ranker import ForestSettings
    from training.runs.exact_run import evaluate

    name = ranker_of(model)
    if cold_start and name != RANKER:
        what = f"learns the model once more without a programme, which is not offered for {name}"
        raise Rejected([Problem(("--cold-start",), "forbidden", what, "Leave it out, or evaluate a lightgbm model")])
    settings = ForestSettings(**model.manifest["settings"]) if name == RANKER else ForestSettings()
    return evaluate(material, model, settings, cold_start, ranker=name, reference=reference and name != RANKER)


def ranker_of(model: Model) -> str:
    """What a model's order is called in reports: lightgbm, private or student."""
    from training.evaluation.evaluation_report import PRIVATE, RANKER, STUDENT

    if "teacher" in model.manifest:
        return STUDENT
    return PRIVATE if model.manifest["kind"] == "bilinear" else RANKER


def leave(report: Report, document: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write the report and its pictures, each whole or not at all; returns their paths."""
    from training.evaluation.pictures import reliability_picture, standing_picture

    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "report.json": json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n",
        "reliability.png": reliability_picture(report.observed.reliability),
    }
    if report.means:
        files["ndcg.png"] = standing_picture(report.means)
    for name, content in files.items():
        write_whole(folder / name, content)
    return [folder / name for name in files]


def figures_told(report: Report) -> str:
    """A report as people read it."""
    parts = []
    if report.means:
        rows = [(name, f"{value:.4f}") for name, value in sorted(report.means.items(), key=lambda row: row[1])]
        parts.append(terminal.table(["order", "NDCG@5"], rows, right=[1]))
        gap = "none to close" if report.gap_closed is None else f"{report.gap_closed:.1%}"
        parts.append(f"gap from popularity to the best reachable, closed: {gap}")
    else:
        parts.append("no truth beside the data: no NDCG, only what people did")
    seen = report.observed
    parts.append(
        f"held-out log-loss {seen.log_loss:.5f} (always the mean: {seen.base_log_loss:.5f}), "
        f"calibration error {seen.reliability.error:.5f}"
    )
    return "\n\n".join([*parts, *_groups(report), *_cold(report)])


def _groups(report: Report) -> list[str]:
    if not report.groups:
        return []
    heads = ["group", "people", "popularity", "ranker", "reachable", "gap closed"]
    rows = [
        (
            group["group"], group["people"], *(f"{group['ndcg@5'][name]:.4f}" for name in heads_of(group)),
            "" if group["gap_closed"] is None else f"{group['gap_closed']:.0%}",
        )
        for group in report.groups
    ]  # fmt: skip
    return [terminal.table(heads, rows, right=[1, 2, 3, 4, 5])]


def heads_of(group: Mapping[str, Any]) -> list[str]:
    """The orders a group compares, from the floor to the ceiling."""
    return ["popularity", *(name for name in group["ndcg@5"] if name not in ("popularity", "reachable")), "reachable"]


def _cold(report: Report) -> list[str]:
    if not report.cold_starts:
        return []
    rows = [
        (tried.programme, tried.lists, f"{tried.trained:.4f}", f"{tried.withheld:.4f}", f"{tried.kept:.1%}")
        for tried in report.cold_starts
    ]
    heads = ["tried as new", "lists", "trained", "withheld", "kept"]
    return [terminal.table(heads, rows, right=[1, 2, 3, 4])]
