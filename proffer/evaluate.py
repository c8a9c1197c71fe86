"""`proffer evaluate`: how well a model ranks people it never learned from, beside its baselines and the truth."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import model_aliases, reading, terminal
from composition.model_registry import ModelRegistry, load_model
from composition.reports import mirror_report, write_boosts, write_page, write_report
from composition.sources import TrainingSource, check_folder, folder_to_learn_from, read_training_data
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer import options, train_exact

if TYPE_CHECKING:
    from training.data.material import TrainingData
    from training.evaluation.evaluation_report import Report
    from training.evaluation.shadow_difference import ShadowDifference

_NO_GROUPS: Final = Problem(
    ("--boosts",), "missing", "the declaration names no groups of people", "Add groups.yaml (docs/evaluation.md)"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument(
        "--cold-start",
        type=int,
        default=0,
        metavar="N",
        help="programmes to try as new, each by learning once more without it (default: 0)",
    )
    tuned = "set LightGBM tuned for each programme, and one over all as classes, beside it"
    parser.add_argument("--tuned", action="store_true", help=tuned)
    with_any = "of LightGBM (default: 2); what it learns is the same with any"
    parser.add_argument("--threads", type=int, default=2, metavar="N", help=with_any)
    page = "write a page and JSON with every figure there, with leak controls and example lists"
    parser.add_argument("--report", type=Path, metavar="DIR", help=page)
    boosts = "close the gaps between declared groups in what is recommended; written as a file of weights"
    parser.add_argument("--boosts", type=Path, metavar="W.yaml", help=boosts)
    options.add_data(parser, required=False)
    options.add_hold_out(parser)
    options.add(parser, "country", "catalogue", "declaration", "model", "as-of")


@dataclass(frozen=True)
class EvaluateSettings:
    """What to judge, on what, how many programmes to try as new, and on how many threads."""

    source: TrainingSource
    model: str | None
    cold_start: int
    tuned: bool
    threads: int
    page: Path | None
    boosts: Path | None

    @classmethod
    def of(cls, args: argparse.Namespace) -> EvaluateSettings:
        """Read the options.

        Raises:
            Rejected: a number is out of range.
        """
        problems = Problems()
        if args.cold_start < 0:
            problems.add(("--cold-start",), "range", f"{args.cold_start} is below 0", "Give how many programmes to try")
        train_exact.check_threads(args.threads, problems)
        problems.raise_any()
        workspace = Workspace(args.home)
        source = TrainingSource(
            workspace, folder_to_learn_from(workspace, args.data), args.declaration, args.catalogue, None, args.country,
            args.as_of, args.hold_out,
        )  # fmt: skip
        return cls(source, args.model, args.cold_start, args.tuned, args.threads, args.report, args.boosts)


def run(args: argparse.Namespace) -> int:
    """Judge the model, leave report and pictures in the home, and print."""
    from proffer.report_tables import correction_text, report_text
    from training.evaluation.judgement import Withholding, evaluate_model
    from training.evaluation.served_order import served_boosts, served_correction

    settings = EvaluateSettings.of(args)
    workspace = settings.source.workspace
    folder = _both_there(settings)
    with terminal.working("evaluating") as progress:
        data = read_training_data(settings.source, progress)
        if settings.boosts is not None and not data.groups:
            raise Rejected([_NO_GROUPS])
        model = load_model(folder, data.declaration.hash)
        once_more = Withholding(
            settings.cold_start, tuned_threads=settings.threads if settings.tuned else 0, threads=settings.threads,
            full=settings.page is not None,
        )  # fmt: skip
        report = evaluate_model(data, model, once_more, reference=True, progress=progress)
        corrected = None
        if settings.boosts is not None and report.rows is not None:
            progress("closing the gaps between groups")
            corrected = served_correction(data, report.rows, model)
    files = write_report(report, folder, workspace)
    if settings.page is not None:
        files += write_page(report, folder, settings.page, args.country)
    untaken, left = mirror_report(files, folder, workspace), [str(path) for path in files]
    if settings.boosts is not None and corrected is not None:
        left.append(str(write_boosts(served_boosts(corrected), settings.boosts)))
    beside = _shadows(data, report, folder, workspace)
    shown = data.declaration.country.shown
    say = reading.read_messages(country=args.country).speaking(shown)
    more = [] if corrected is None else [correction_text(corrected, data.groups, say, shown), ""]
    aliases = model_aliases.compared(workspace)
    aliases = replace(aliases, problems=(*untaken, *aliases.problems))
    more += [*map(str, beside), *aliases.lines()]
    text = "\n".join([f"model {folder}", "", report_text(report, say), "", *more, *left])
    shadow = [one.to_document() for one in beside]
    document = {
        "model": str(folder), **report.to_document(), "shadow": shadow[0] if shadow else None, "files": left,
        "mlflow": aliases.to_document(), **({} if corrected is None else {"served": corrected.to_document()}),
    }  # fmt: skip
    terminal.emit(document, args.json, text)
    return terminal.DONE


def _both_there(settings: EvaluateSettings) -> Path:
    """The model's folder; raises Rejected with what is wrong with the model and with the rows, at once."""
    problems = Problems()
    with problems.gathered():
        folder = ModelRegistry(settings.source.workspace).require(settings.model)
    with problems.gathered():
        check_folder(settings.source.folder)
    problems.raise_any()
    return folder


def _shadows(data: TrainingData, report: Report, folder: Path, workspace: Workspace) -> list[ShadowDifference]:
    """What would change if the home's shadow ordered in place of this model; nothing where there is no other."""
    from training.evaluation.shadow_difference import shadow_difference

    shadow, rows = ModelRegistry(workspace).shadow(), report.rows
    if shadow is None or rows is None or shadow.resolve() == folder.resolve():
        return []
    other = load_model(shadow, data.declaration.hash)
    return [shadow_difference(data, rows.some, rows.scores[report.ranker], other, shadow.name)]
