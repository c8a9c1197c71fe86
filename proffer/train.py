"""`proffer train`: a gated, tracked training run that leaves a model in the home; one module for each ranker."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Protocol

from composition.sources import TrainingSource, folder_to_learn_from
from composition.workspace import Workspace
from features.problem import Problems
from proffer import options, train_exact, train_private, train_student


class RankerModule(Protocol):
    """A module of one ranker."""

    @property
    def run(self) -> Callable[[argparse.Namespace, TrainingSource], int]:
        """Price or train, and print."""
        ...


RANKERS: Mapping[str, RankerModule] = {"lightgbm": train_exact, "private": train_private, "student": train_student}
_PRIVATE = ("epsilon", "delta", "evaluate", "units", "learner", "shards")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    epsilon = train_private.EPSILON
    add = parser.add_argument
    add("--ranker", choices=RANKERS, default="lightgbm", help="what learns (default: lightgbm)")
    add(
        "--objective",
        choices=train_exact.OBJECTIVES,
        default="pointwise",
        help="of lightgbm; auto tries both and popularity on earlier rows and keeps what orders later lists of other "
        "people best (default: pointwise)",
    )
    add("--epsilon", metavar="E", help=f"private: what the run may spend per unit (default: {epsilon})")
    add("--evaluate", metavar="E", help="private: on top, for noised metrics of held-out people (default: none)")
    train_private.add_terms(parser)
    add(
        "--learner",
        choices=train_private.LEARNERS,
        help="private: weights of public classes (bilinear), or one hidden layer by Opacus (network, which orders "
        "worse from few people) (default: auto, which is bilinear)",
    )
    add("--teacher", metavar="MODEL", help="student: the private model whose scores it learns")
    add("--seed", type=int, default=0, metavar="S", help="of everything drawn at random (default: 0)")
    add("--dry-run", action="store_true", help="print rows, price and what would remain; learn nothing")
    tuned = "of lightgbm: set LightGBM tuned for each programme, and one over all as classes, beside it in the report"
    add("--tuned", action="store_true", help=tuned)
    add("--threads", type=int, default=2, metavar="N", help="of lightgbm (default: 2); the model is the same with any")
    train_private.add_shards(parser)
    options.add_data(parser, required=False)
    options.add_hold_out(parser)
    options.add(parser, "country", "catalogue", "declaration", "as-of")


def run(args: argparse.Namespace) -> int:
    """Price, train, keep the model and print its metrics and what it spent."""
    workspace = Workspace(args.home)
    terms = train_private.terms_of(args) if args.ranker == "private" else None
    folder = folder_to_learn_from(workspace, args.data)
    _refuse_impossible(args, has_folder=folder is not None)
    source = TrainingSource(
        workspace, folder, args.declaration, args.catalogue, terms, args.country, args.as_of, args.hold_out
    )
    return RANKERS[args.ranker].run(args, source)


def _refuse_impossible(args: argparse.Namespace, *, has_folder: bool) -> None:
    problems = Problems()
    train_exact.check_seed(args.seed, problems)
    train_exact.check_threads(args.threads, problems)
    train_private.forbid_terms(args, _PRIVATE, problems)
    train_private.check_sharding(args, problems)
    if not has_folder and args.ranker == "student":
        what = "is missing, and a student learns from synthetic people only"
        problems.add(("--data",), "missing", what, "Give a folder that `proffer synth` wrote")
    if not has_folder and args.ranker == "lightgbm" and not Workspace(args.home).has_events:
        what = "is missing, and the home holds no event log"
        problems.add(("--data",), "missing", what, "Give a folder of events, such as `proffer synth` writes")
    if (args.ranker == "student") != (args.teacher is not None):
        what = "is missing: a student needs a model to learn from" if args.ranker == "student" else "is for students"
        problems.add(("--teacher",), "conflict", what, "Use --ranker student --teacher MODEL")
    problems.raise_any()
