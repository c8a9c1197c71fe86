"""`proffer train --ranker private`: a differentially private run, paid for from a population's budget."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import reading, terminal
from composition.budgets import PURPOSE, PrivateTerms, run_request
from composition.learning_shards import SHARD, LearningShards, check_shards
from composition.model_registry import ModelRegistry
from composition.shards import ENGINES
from composition.sources import TrainingSource, read_training_data
from features.problem import Problem, Problems, Rejected
from privacy.data_provenance import DataKind
from privacy.request import LegalBasis
from privacy.unit import PrivacyUnit
from proffer import options
from proffer.shard_engine import add_engine, check_engine, chosen_engine
from proffer.train_exact import price_document, run_document, spend_text

if TYPE_CHECKING:
    from privacy.request import RunRequest
    from training.data.material import TrainingData
    from training.runs.private_run import PrivateRunResult
    from training.runs.training_run import TrainingRun

EPSILON, DELTA = "1", "0.000001"
AUTO = "auto"
LEARNERS = (AUTO, "bilinear", "network")
_NEEDED = ("cryptography", "dp_accounting", "opacus", "rfc8785")


def add_terms(parser: argparse.ArgumentParser) -> None:
    """Add whose budget pays, for what and for whom; `--epsilon`, whose default differs, is the verb's own."""
    add = parser.add_argument
    add("--delta", metavar="D", help=f"private: the probability with which epsilon may fail (default: {DELTA})")
    add("--population", metavar="P", help="whose budget is spent (default: the only one there is)")
    add("--purpose", default=PURPOSE, help=f"what people consented to (default: {PURPOSE})")
    add("--requester", default="not stated", help="who asks, for the auditor")
    options.add_asked(parser)
    basis = "use those who consented, or by law all but those who withdrew (default: consent)"
    add("--basis", choices=("consent", "law"), default="consent", help=basis)
    add("--unit", choices=("person", "household"), help="what the budget protects (default: its unit)")
    units = "how many units there are, if that is public (default: a noised count)"
    add("--units", type=int, metavar="N", help=units)


def add_shards(parser: argparse.ArgumentParser) -> None:
    """Add where rows are made and summed in shards, and by whom."""
    folder = "private: make and sum rows in shards of whole units in this folder, which all processes and nodes see"
    parser.add_argument("--shards", type=Path, metavar="DIR", help=folder)
    size = f"with --shards: people in each, about (default: {SHARD})"
    parser.add_argument("--shard", type=int, metavar="N", help=size)
    add_engine(parser)


def check_sharding(args: argparse.Namespace, problems: Problems, *, again: bool = False) -> None:
    """Collect what is wrong with shards, or would be left unread.

    Args:
        args: the options.
        problems: collects.
        again: whether one folder serves run after run, each in a place of its own: it may hold something.
    """
    check_engine(args, problems)
    if args.shard is not None and args.shard < 1:
        problems.add(("--shard",), "range", f"{args.shard} is less than 1", "Give how many people are in a shard")
    if args.shards is not None:
        with problems.gathered():
            if not (again and args.shards.is_dir()):
                check_shards(args.shards)
        return
    given = {
        "shard": args.shard,
        "engine": args.engine != ENGINES[0],
        "processes": args.processes,
        "master": args.master,
    }
    for name in (f"--{name}" for name, value in given.items() if value):
        problems.add((name,), "forbidden", "says nothing where all rows are held at once", "Give --shards DIR too")


def forbid_terms(args: argparse.Namespace, names: Sequence[str], problems: Problems) -> None:
    """Refuse, of these options, those that another ranker than the private one could not keep."""
    given = [f"--{name}" for name in names if getattr(args, name) is not None]
    if args.ranker != "private" and given:
        what = f"cannot be kept by {args.ranker}, which has no private training"
        problems.add((", ".join(given),), "forbidden", what, "Leave them out, or use --ranker private")


def terms_of(args: argparse.Namespace) -> PrivateTerms:
    """The terms that the options state.

    Raises:
        Rejected: amounts or numbers are wrong; all of them at once.
    """
    from privacy.accounting.accountant import refuse_beyond_range
    from privacy.accounting.amount import read_delta, read_epsilon

    problems, found = Problems(), dict[str, Decimal]()
    for name in ("epsilon", "evaluate", "compare"):
        with problems.gathered():
            given = getattr(args, name, None)  # no verb has all of them
            found[name] = read_epsilon(EPSILON if given is None else given, (f"--{name}",))
            refuse_beyond_range(found[name], (f"--{name}",))
    with problems.gathered():
        found["delta"] = read_delta(DELTA if args.delta is None else args.delta, max(args.units or 0, 0), ("--delta",))
    if args.units is not None and args.units < 1:
        problems.add(
            ("--units",), "range", f"{args.units} is less than 1", "Give how many units there are, if that is public"
        )
    problems.raise_any()
    return PrivateTerms(
        found["epsilon"], found["delta"], found["evaluate"] if args.evaluate is not None else None, args.population,
        args.purpose, args.requester, LegalBasis(args.basis), PrivacyUnit(args.unit) if args.unit else None,
        args.units or 0, args.reason, args.requester_key, getattr(args, "learner", None) or AUTO,
    )  # fmt: skip


def require_libraries(option: str) -> None:
    """Refuse an option whose libraries are not installed; raises Rejected with the command that installs them."""
    absent = [name for name in _NEEDED if find_spec(name) is None]
    if absent:
        remedy = "Run make setup-private, or pip install '.[private]'"
        raise Rejected([Problem((option,), "unavailable", f"not installed: {', '.join(absent)}", remedy)])


def run(args: argparse.Namespace, source: TrainingSource) -> int:
    """Price or train, and print."""
    require_libraries("--ranker private")
    if args.shards is None or args.dry_run:
        return _run(args, source)
    with chosen_engine(args) as mapped:
        return _run(args, replace(source, shards=LearningShards(args.shards, mapped, args.shard or SHARD)))


def _run(args: argparse.Namespace, source: TrainingSource) -> int:
    terms = source.terms
    assert terms is not None, "the verb read them"
    with terminal.working("reading training data") as progress:
        data = read_training_data(source, progress)
    request = run_request(data, terms, source.workspace)
    return _price(args, data, request, terms) if args.dry_run else _train(args, source, data, request)


def _price(args: argparse.Namespace, data: TrainingData, request: RunRequest, terms: PrivateTerms) -> int:
    from privacy.accounting.amount import text_of
    from training.rankers.expectation import expected_share, measured_in
    from training.runs import private_run

    with terminal.working("pricing"):
        price = private_run.price(data, request, terms.evaluate)
    left = None if price.left is None else text_of(price.left)
    programmes = len(data.catalogue.programmes)
    share = expected_share(request.units, request.epsilon, programmes)
    parts = {"epsilon": text_of(request.epsilon), "evaluate": terms.evaluate and text_of(terms.evaluate)}
    document = {**price_document(price), "left": left, "expected_share": share, **parts, **stated(request)}
    terminal.emit(document, args.json, lambda: _price_text(document, measured_in(programmes)))
    return terminal.DONE


def price_release(args: argparse.Namespace, data: TrainingData, request: RunRequest) -> int:
    """Print what a run of one release, such as a comparison or a table, would cost."""
    from privacy.accounting.amount import text_of
    from training.evaluation.release import bundle_price

    with terminal.working("pricing"):
        price = bundle_price(data, request)
    left = None if price.left is None else text_of(price.left)
    document = {**price_document(price), "left": left, **stated(request)}
    terminal.emit(document, args.json, lambda: price_text(document))
    return terminal.DONE


def _train(args: argparse.Namespace, source: TrainingSource, data: TrainingData, request: RunRequest) -> int:
    from privacy.learning.noise import secure
    from training.runs import private_run

    assert source.terms is not None, "the verb read them"
    try:
        with terminal.working("training") as progress:
            told = terminal.steps(args.json, progress)
            choice = private_run.RunChoice(source.terms.evaluate, source.terms.learner)
            trained = private_run.train(data, request, secure(), choice, told)
    finally:
        if source.shards is not None and data.gate.provenance.kind is not DataKind.SYNTHETIC:
            source.shards.remove()
    with terminal.working("keeping the run"):
        folder = ModelRegistry(source.workspace).keep(trained, "private", terminal.say)
    document = _document(trained, folder)
    say = reading.read_messages(country=args.country).speaking(data.declaration.country.shown)
    terminal.emit(document, args.json, lambda: _text(document, trained, say))
    return terminal.DONE


def stated(request: RunRequest) -> dict[str, Any]:
    """What was asked for, as documents say it."""
    return {
        "population": request.population, "unit": request.unit.value, "relation": request.relation,
        "units": request.units or None, "purpose": request.purpose, "basis": request.basis.value,
        "requester": request.requester,
    }  # fmt: skip


def _price_text(document: dict[str, Any], where: str) -> str:
    kind = document["data_kind"]
    rows = f"{kind} rows, not counted" if document["rows"] is None else f"{document['rows']} {kind} rows"
    share, expected = document["expected_share"], ""
    if document["units"]:
        few = "from so few no order was found to be better than popularity"
        much = few if share is None else f"an order learned so closed about {share:.0%} of the gap above popularity"
        expected = f"\nin {where}, {much} (docs/epsilon.md); here it may be less"
    return f"{rows}; {price_text(document)}{expected}"


def price_text(document: dict[str, Any]) -> str:
    """What something would cost and leave, at the delta that was asked for and at that of the balance."""
    left, remaining, composed = document["left"], document["remaining"]["epsilon"], document["composed"]
    parts = ""
    if document.get("evaluate"):
        parts = f" ({document['epsilon']} to train, {document['evaluate']} for the figures)"
    spent = f"{spend_text(document['spend'], document['unit'])}{parts}"
    return (
        f"population {document['population']}; would spend at most {spent}\n"
        f"the balance is kept at delta {composed['delta']}, where that is epsilon {composed['epsilon']} by itself: "
        f"left {left}, would remain {remaining}; nothing was learned, reserved or read"
    )


def _document(trained: TrainingRun[PrivateRunResult], folder: Path) -> dict[str, Any]:
    result = trained.result
    return {
        **run_document(trained, folder, "private"),
        **stated(result.run),
        "units": result.units,
        "units_left_out": result.left_out_document(),
        "as_of": result.as_of,
        "spend_ids": sorted({one.spend for one in result.receipts}),
        "plan": result.plan.to_document(),
        "metrics": trained.metrics(),
    }


def _text(document: dict[str, Any], trained: TrainingRun[PrivateRunResult], say: Callable[..., str]) -> str:
    left_out = document["units_left_out"]
    counted = "stated" if trained.result.run.units else "a noised count"
    head = [
        f"run {document['run_id']}, population {document['population']}, {document['units']} units ({counted})",
        f"spend {spend_text(document['spend'], document['unit'])}: {', '.join(document['spend_ids'])}",
        f"model {document['model']}",
    ]
    if left_out is not None:
        head.append(
            f"left out: {left_out['large']} units too large, {left_out['unreadable']} unreadable (noised counts)"
        )
    return "\n".join([*head, "", *_metrics(trained, say)])


def _metrics(trained: TrainingRun[PrivateRunResult], say: Callable[..., str]) -> list[str]:
    from proffer.report_tables import report_text

    if trained.report is not None:
        return [report_text(trained.report, say)]
    if trained.released:
        return [f"{name} {value:.4f}" for name, value in trained.released.items()]
    return ["no metrics: measuring on real people is a release of its own (--evaluate E)"]
