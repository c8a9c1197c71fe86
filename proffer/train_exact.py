"""`proffer train --ranker lightgbm`: a fit without noise, on synthetic or public rows."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import reading, terminal
from composition.model_registry import ModelRegistry
from composition.sources import TrainingSource, read_training_data
from features.problem import Problems

if TYPE_CHECKING:
    from privacy.request import QuotedPrice
    from training.runs.exact_run import ExactRunResult
    from training.runs.training_run import TrainingRun

OBJECTIVES = ("pointwise", "lambdarank", "auto")
_LAST_SEED = 2**31 - 1


def check_seed(seed: int, problems: Problems) -> None:
    """Refuse a seed that LightGBM, which keeps one in 32 bits, could not keep."""
    if not 0 <= seed <= _LAST_SEED:
        problems.add(("--seed",), "range", f"cannot be {seed}", f"Give a number from 0 to {_LAST_SEED}")


def check_threads(threads: int, problems: Problems) -> None:
    """Refuse to work on no thread."""
    if threads < 1:
        problems.add(("--threads",), "range", f"{threads} is less than 1", "Give how many threads may work")


def run(args: argparse.Namespace, source: TrainingSource) -> int:
    """Price or train, and print."""
    from training.rankers.forest_ranker import ForestSettings
    from training.runs import exact_run

    compare = args.objective == "auto"
    settings = ForestSettings(seed=args.seed, threads=args.threads)
    if not compare:
        settings = replace(settings, objective=args.objective)
    with terminal.working("reading training data") as progress:
        data = read_training_data(source, progress)
    if args.dry_run:
        price = exact_run.price(data, settings)
        spend = spend_text(price.spend.to_document())
        text = f"{price.rows} {price.kind.value} rows; spend {spend}; nothing was learned"
        terminal.emit(price_document(price), args.json, text)
        return terminal.DONE
    with terminal.working("training") as progress:
        told = terminal.steps(args.json, progress)
        trained = exact_run.train(data, settings, compare=compare, tuned=args.tuned, progress=told)
    with terminal.working("keeping the run"):
        folder = ModelRegistry(source.workspace).keep(
            trained, f"lightgbm {trained.result.chosen.objective}", terminal.say
        )
    document = describe(trained, folder)
    for doubt in trained.result.doubts:
        terminal.say(f"note: {doubt}")
    say = reading.read_messages(country=args.country).speaking(data.declaration.country.shown)
    terminal.emit(document, args.json, lambda: _text(document, trained, say))
    return terminal.DONE


def price_document(price: QuotedPrice) -> dict[str, Any]:
    """What `train --dry-run --json` prints."""
    from privacy.accounting.amount import text_of

    spend = price.spend.to_document()
    remaining = None if price.remaining is None else {**spend, "epsilon": text_of(price.remaining)}
    composed = None if price.composed is None else price.composed.to_document()
    if remaining is not None and composed is not None:
        remaining["delta"] = composed["delta"]
    return {
        "rows": price.rows, "data_kind": price.kind.value, "spend": spend, "composed": composed, "remaining": remaining,
    }  # fmt: skip


def run_document(trained: TrainingRun[Any], folder: Path, ranker: str) -> dict[str, Any]:
    """What `train --json` prints of a run by any ranker, but for its metrics."""
    return {
        "run_id": folder.name,
        "model": str(folder),
        "ranker": ranker,
        "data_kind": trained.provenance.data_kind.value,
        "spend": trained.provenance.spend.to_document(),
    }


def describe(trained: TrainingRun[ExactRunResult], folder: Path) -> dict[str, Any]:
    """What `train --json` prints."""
    found = run_document(trained, folder, "lightgbm")
    return {
        **found,
        "objective": trained.result.chosen.objective,
        "metrics": trained.metrics(),
        "doubts": [doubt.to_document() for doubt in trained.result.doubts],
    }


def _text(document: dict[str, Any], trained: TrainingRun[ExactRunResult], say: Callable[..., str]) -> str:
    from proffer.report_tables import report_text

    assert trained.report is not None, "an exact run always has a report"
    head = f"run {document['run_id']}, {document['objective']}, spend {spend_text(document['spend'])}"
    return "\n".join([head, f"model {document['model']}", "", report_text(trained.report, say)])


def spend_text(spend: dict[str, str], unit: str = "person") -> str:
    """A spend on one line."""
    return f"epsilon {spend['epsilon']}, delta {spend['delta']} per {unit}"
