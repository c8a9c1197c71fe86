"""`proffer retrain`: the whole loop once, for a timer: the rows, training, evaluation, the gate, promotion.

What a run was asked and which stages are done stands in a file of the home, so that a run that was ended at any point
goes on from there, and reserves nothing twice.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from composition import budgets, clock, terminal
from composition.learning_shards import SHARD, LearningShards
from composition.run_file import RunFile, paid_in
from composition.sources import TrainingSource, folder_to_learn_from, read_training_data
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from features.value import identifier_code
from proffer import options, train_exact, train_private
from proffer.retraining_stages import STAGES, Retraining
from proffer.shard_engine import chosen_engine

if TYPE_CHECKING:
    from training.runs.year_plan import YearPlan

RUNS: Final = 12
_ASKED: Final = (
    "ranker", "objective", "seed", "epsilon", "compare", "delta", "population", "purpose", "basis", "unit", "units",
    "data", "hold-out", "catalogue", "declaration", "country",
)  # fmt: skip
"""The options that decide what is learned and spent: a run goes on only where they are as they were."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    add = parser.add_argument
    add("--ranker", choices=("lightgbm", "private"), default="lightgbm", help="what learns (default: lightgbm)")
    add("--objective", choices=train_exact.OBJECTIVES, default="auto", help="as in `train` (default: auto)")
    add("--seed", type=int, default=0, metavar="S", help="of everything drawn at random (default: 0)")
    spent = f"private: what training may spend per unit in one run (default: {train_private.EPSILON})"
    add("--epsilon", metavar="E", help=spent)
    compared = "private: what one noised comparison with the champion may spend on top (default: as --epsilon)"
    add("--compare", metavar="E", help=compared)
    many = f"private: how many runs a year have to fit into the budget, those of this year among them (default: {RUNS})"
    add("--runs", type=int, default=RUNS, metavar="N", help=many)
    train_private.add_terms(parser)
    train_private.add_shards(parser)
    add("--dry-run", action="store_true", help="print what would be done, and what the year would cost; do nothing")
    add("--abandon", action="store_true", help="end a run that has not ended; what it reserved stays spent")
    parser.set_defaults(evaluate=None)
    options.add_data(parser, required=False)
    options.add_hold_out(parser)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Begin a run, or go on with one that was ended, and print what came of it."""
    problems = Problems()
    if args.runs < 1:
        problems.add(("--runs",), "range", f"{args.runs} is less than 1", "Give how many a year")
    train_exact.check_seed(args.seed, problems)
    train_private.forbid_terms(args, ("epsilon", "compare", "delta", "units", "shards"), problems)
    train_private.check_sharding(args, problems, again=True)
    problems.raise_any()
    workspace = Workspace(args.home)
    terms = train_private.terms_of(args) if args.ranker == "private" else None
    if terms is not None:
        train_private.require_libraries("--ranker private")
    with workspace.alone("retrain"):
        file = RunFile.unfinished(workspace)
        if args.abandon:
            return _abandon(args, file)
        source = TrainingSource(
            workspace, folder_to_learn_from(workspace, args.data), args.declaration, args.catalogue, terms,
            args.country, args.as_of, args.hold_out,
        )  # fmt: skip
        if args.shards is None or args.dry_run:
            return _go_on(args, source, file)
        own = args.shards / f"retrain-{identifier_code(str(workspace.path.resolve()))}"
        with chosen_engine(args) as mapped:
            return _go_on(args, replace(source, shards=LearningShards(own, mapped, args.shard or SHARD)), file)


def _abandon(args: argparse.Namespace, file: RunFile | None) -> int:
    if file is None:
        raise Rejected([Problem(("--abandon",), "missing", "no run is open in this home", "Leave it out")])
    file.ended("abandoned")
    text = f"{file.name} has ended; what it reserved stays spent (`proffer privacy spends`)"
    terminal.emit({"run": file.name, "ended": "abandoned"}, args.json, text)
    return terminal.DONE


def _go_on(args: argparse.Namespace, source: TrainingSource, file: RunFile | None) -> int:
    asked, resumed = _asked(args), file is not None
    # the last day that has ended in every zone: nothing is added to it while a run goes on
    ended = datetime.fromtimestamp(clock.now(), UTC) - timedelta(days=1, hours=12)
    as_of = args.as_of or ended.date().isoformat()
    if file is not None:
        file.check_asked(asked)
        as_of = str(file.document["as_of"])
    source = replace(source, as_of=as_of)
    with terminal.working("reading training data") as progress:
        data = read_training_data(source, progress)
        retraining = Retraining(source, data, asked)
        plan = _plan(args, retraining, as_of) if file is None and source.terms is not None else None
    if args.dry_run:
        return _dry(args, asked, file, plan)
    if file is None:
        file = RunFile.begun(source.workspace, asked, as_of, None if plan is None else plan.to_document())
    with terminal.working("retraining") as progress:
        file = retraining.through(file, terminal.steps(args.json, progress))
    return _told(args, file, resumed=resumed)


def _asked(args: argparse.Namespace) -> dict[str, Any]:
    """What decides what is learned and spent, as a run's file keeps it."""
    told = {name: getattr(args, name.replace("-", "_")) for name in _ASKED}
    told |= {"data": args.data and args.data.resolve(), "country": args.country.folder}
    if args.ranker == "private":
        told |= {"epsilon": args.epsilon or train_private.EPSILON, "delta": args.delta or train_private.DELTA}
        told["compare"] = args.compare or told["epsilon"]
    return {name: one if one is None or isinstance(one, int) else str(one) for name, one in told.items()}


def _plan(args: argparse.Namespace, retraining: Retraining, as_of: str) -> YearPlan:
    """What the year's runs that are still to come cost, this one among them."""
    from training.runs.year_plan import year_plan

    source = retraining.source
    assert source.terms is not None, "only paid runs have a plan"
    to_come = max(args.runs - paid_in(source.workspace, as_of[:4]), 1)
    request = budgets.run_request(retraining.data, source.terms, source.workspace)
    return year_plan(retraining.data, request, Decimal(str(retraining.asked["compare"])), to_come)


def _dry(args: argparse.Namespace, asked: dict[str, Any], file: RunFile | None, plan: YearPlan | None) -> int:
    open_run = None if file is None else file.name
    done = [] if file is None else [name for name in STAGES if file.stage(name) is not None]
    price = None if plan is None else plan.to_document()
    document = {"open_run": open_run, "done": done, "to_do": [one for one in STAGES if one not in done], "plan": price}
    terminal.emit({**document, "asked": asked}, args.json)
    return terminal.DONE


def _told(args: argparse.Namespace, file: RunFile, *, resumed: bool) -> int:
    document = {**file.document, "file": str(file.path), "resumed": resumed}
    lines = [f"run {file.name}{', gone on with' if resumed else ''}: {document['ended']}", *document["why"]]
    if document["plan"] is not None:
        plan = document["plan"]
        lines.append(
            f"{plan['runs']} runs of this year were planned with it: {plan['remaining']} would remain of {plan['left']}"
        )
    terminal.emit(document, args.json, "\n".join([*map(str, lines), str(file.path)]))
    return terminal.DONE if document["ended"] == "promoted" else terminal.FAILED
