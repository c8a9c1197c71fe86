"""`proffer train`: a gated, tracked training run that leaves a model in the home."""

from __future__ import annotations

import argparse
import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from composition import sources, terminal
from composition.workspace import Workspace
from features.problem import Problem, Problems, Rejected
from proffer import options

if TYPE_CHECKING:
    from privacy.request import QuotedPrice, RunRequest
    from training.data.material import TrainingData
    from training.rankers.forest_ranker import ForestSettings
    from training.runs.exact_run import ExactRunResult
    from training.runs.private_run import PrivateRunResult
    from training.runs.student_run import StudentRunResult

HELP = "train a ranker on gated rows, tracked in MLflow"
RANKERS = ("lightgbm", "private", "student")
OBJECTIVES = ("pointwise", "lambdarank", "auto")
EPSILON, DELTA = "1", "0.000001"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--ranker", choices=RANKERS, default="lightgbm", help="what learns (default: lightgbm)")
    parser.add_argument(
        "--objective",
        choices=OBJECTIVES,
        default="pointwise",
        help="of lightgbm; auto learns both and keeps what orders validation people better (default: pointwise)",
    )
    parser.add_argument("--epsilon", metavar="E", help=f"private: what the run may spend per unit (default: {EPSILON})")
    parser.add_argument("--delta", metavar="D", help=f"private: the chance that epsilon fails (default: {DELTA})")
    parser.add_argument(
        "--evaluate", metavar="E", help="private: on top, for noised figures about held-out people (default: none)"
    )
    sources.add_budget(parser)
    parser.add_argument("--teacher", metavar="MODEL", help="student: the private model whose scores it learns")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of everything drawn by chance (default: 0)")
    parser.add_argument("--dry-run", action="store_true", help="print rows, price and what would remain; learn nothing")
    sources.add_data(parser, required=False)
    options.add(parser, "catalogue", "declaration")


def run(args: argparse.Namespace) -> int:
    """Price, train, keep the model and print what it does and cost."""
    asked = Amounts.read(args)
    args.data = sources.chosen(args)
    _refuse_impossible(args)
    material = sources.read_material(args)
    if args.ranker == "private":
        return _private(material, asked, args)
    if args.ranker == "student":
        return _student(material, args)
    return _exact(material, args)


@dataclass(frozen=True)
class Amounts:
    """What may be spent, as it was asked for."""

    epsilon: Decimal
    delta: Decimal
    evaluate: Decimal | None

    @classmethod
    def read(cls, args: argparse.Namespace) -> Amounts:
        """Read the three amounts.

        Raises:
            Rejected: all that is wrong with them, at once.
        """
        if args.ranker != "private":
            return cls(Decimal(0), Decimal(0), None)
        from privacy.accounting.accountant import refuse_beyond_range
        from privacy.accounting.amount import read_delta, read_epsilon

        problems, found = Problems(), dict[str, Decimal]()
        given = {
            name: EPSILON if getattr(args, name) is None else getattr(args, name) for name in ("epsilon", "evaluate")
        }
        for name, text in given.items():
            with problems.gathered():
                found[name] = read_epsilon(text, (f"--{name}",))
                refuse_beyond_range(found[name], (f"--{name}",))
        with problems.gathered():
            found["delta"] = read_delta(
                DELTA if args.delta is None else args.delta, max(args.units or 0, 0), ("--delta",)
            )
        if args.units is not None and args.units < 1:
            problems.add(
                ("--units",),
                "range",
                f"{args.units} is less than 1",
                "Give how many units there are, if that is public",
            )
        problems.raise_any()
        return cls(found["epsilon"], found["delta"], found["evaluate"] if args.evaluate is not None else None)


def _refuse_impossible(args: argparse.Namespace) -> None:
    problems = Problems()
    private = [name for name in ("epsilon", "delta", "evaluate", "units") if getattr(args, name) is not None]
    if args.ranker != "private" and private:
        what = f"cannot be kept by {args.ranker}, which has no private training"
        problems.add(
            (", ".join((f"--{name}" for name in private)),),
            "forbidden",
            what,
            "Leave them out, or use --ranker private",
        )
    if args.data is None and args.ranker != "private":
        what = f"is missing, and the home's log is not stamped synthetic, so {args.ranker} may not learn from it"
        problems.add(("--data",), "missing", what, "Give a folder that `proffer synth` wrote")
    if (args.ranker == "student") != (args.teacher is not None):
        what = "is missing: a student learns from somebody" if args.ranker == "student" else "is for students"
        problems.add(("--teacher",), "missing", what, "Use --ranker student --teacher MODEL")
    problems.raise_any()


# --- a fit without noise ---------------------------------------------------------------------------------------------


def _exact(material: TrainingData, args: argparse.Namespace) -> int:
    from training.rankers.forest_ranker import ForestSettings

    settings = ForestSettings(seed=args.seed, objective="pointwise" if args.objective == "auto" else args.objective)
    return _priced(material, settings, args) if args.dry_run else _trained(material, settings, args)


def _priced(material: TrainingData, settings: ForestSettings, args: argparse.Namespace) -> int:
    from training.runs.exact_run import price

    found = price(material, settings)
    text = f"{found.rows} {found.kind.value} rows; spend {_spent(found.spend.to_document())}; nothing was learned"
    terminal.emit(price_document(found), args.json, text)
    return terminal.DONE


def price_document(found: QuotedPrice) -> dict[str, Any]:
    """What `train --dry-run --json` prints."""
    from privacy.accounting.amount import text_of

    spend = found.spend.to_document()
    remaining = None if found.remaining is None else {**spend, "epsilon": text_of(found.remaining)}
    return {
        "rows": found.rows, "data_kind": found.kind.value, "spend": spend, "remaining": remaining,
    }  # fmt: skip


def _trained(material: TrainingData, settings: ForestSettings, args: argparse.Namespace) -> int:
    from training.runs.exact_run import train

    home = Workspace(args.home)
    with terminal.working("training"):
        taught = train(material, settings, compare=args.objective == "auto", tell=_teller(args))
    with terminal.working("keeping the run"):
        folder = keep(taught, home)
    document = describe(taught, folder)
    terminal.emit(document, args.json, lambda: _told(document, taught))
    return terminal.DONE


def _teller(args: argparse.Namespace) -> Callable[[str], None]:
    """Says what is being done; of many steps, every tenth part."""

    def say(told: str) -> None:
        counted = re.search(r"(\d+) of (\d+)$", told)
        if counted is None or int(counted[1]) % max(int(counted[2]) // 10, 1) == 0:
            terminal.say(told)

    return (lambda _: None) if args.json else say


class Outcome(Protocol):
    """What any run leaves: an artefact, and what may be tracked of it."""

    @property
    def about_nobody(self) -> bool:
        """Whether exact figures may be tracked."""
        ...

    def told(self) -> dict[str, Any]:
        """What the run was told, and what it spent."""
        ...

    def figures(self) -> dict[str, float]:
        """The figures that may be tracked."""
        ...

    def files(self, run_id: str, trained_at: str) -> dict[str, bytes]:
        """The artefact."""
        ...


def keep(taught: Outcome, home: Workspace, name: str = "") -> Path:
    """Track a run in the home's MLflow and leave its artefact in the home's models; returns the folder."""
    from training.artefact import write
    from training.tracking import METRICS, RELEASED, Store, tracked

    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    models = home.folder(home.models)
    told = taught.told()
    called, allowed = name or f"lightgbm {told['objective']}", METRICS if taught.about_nobody else RELEASED
    with tracked(Store(home.mlflow_uri, home.mlflow_files), called, allowed) as run:
        folder = models / run.id
        write(folder, taught.files(run.id, now))
        run.settings(told)
        run.metrics(taught.figures())
        for path in sorted(folder.iterdir()):
            run.file(path)
    return folder


def describe(taught: ExactRunResult, folder: Path) -> dict[str, Any]:
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


def _told(document: dict[str, Any], taught: ExactRunResult) -> str:
    from proffer.evaluate import figures_told

    return "\n".join(
        [
            f"run {document['run_id']}, {document['objective']}, spend {_spent(document['spend'])}",
            f"model {document['model']}",
            "",
            figures_told(taught.report),
        ]
    )


def _spent(spend: dict[str, str], unit: str = "person") -> str:
    return f"epsilon {spend['epsilon']}, delta {spend['delta']} per {unit}"


# --- private ---------------------------------------------------------------------------------------------------------


def _private(material: TrainingData, asked: Amounts, args: argparse.Namespace) -> int:
    _refuse_missing()
    from privacy.accounting.amount import text_of
    from training.runs import private_run

    stated = sources.run_of(args, material, asked.epsilon, asked.delta)
    if args.dry_run:
        with terminal.working("pricing"):
            found = private_run.price(material, stated, asked.evaluate)
        left = None if found.left is None else text_of(found.left)
        document = {**price_document(found), "left": left, **_stated(stated)}
        terminal.emit(document, args.json, lambda: _price_told(document))
        return terminal.DONE
    from privacy.learning.noise import secure

    with terminal.working("training"):
        taught = private_run.train(material, stated, secure(), asked.evaluate, _teller(args))
    with terminal.working("keeping the run"):
        folder = keep(taught, Workspace(args.home), "private")
    document = _private_document(taught, folder, material)
    terminal.emit(document, args.json, lambda: _private_told(document, taught))
    return terminal.DONE


def _refuse_missing() -> None:
    from importlib.util import find_spec

    absent = [name for name in ("cryptography", "dp_accounting", "opacus", "rfc8785") if find_spec(name) is None]
    if absent:
        what = f"not installed: {', '.join(absent)}"
        raise Rejected(
            [
                Problem(
                    ("--ranker private",),
                    "unavailable",
                    what,
                    "Run make setup-private, or pip install .[train,private]",
                )
            ]
        )


def _stated(run: RunRequest) -> dict[str, Any]:
    return {
        "population": run.population, "unit": run.unit.value, "relation": run.relation, "units": run.units or None,
        "purpose": run.purpose, "basis": run.basis.value, "requester": run.requester,
    }  # fmt: skip


def _price_told(document: dict[str, Any]) -> str:
    left, remaining = document["left"], document["remaining"]["epsilon"]
    return (
        f"{document['rows']} {document['data_kind']} rows; population {document['population']}; would spend at most "
        f"{_spent(document['spend'], document['unit'])}\nleft {left}, would remain {remaining}; nothing was learned, "
        "reserved or read"
    )


def _private_document(taught: PrivateRunResult, folder: Path, material: TrainingData) -> dict[str, Any]:
    assert material.gate.account is not None, "the run was admitted"
    return {
        "run_id": folder.name,
        "model": str(folder),
        "ranker": "private",
        "data_kind": taught.kind.value,
        "spend": taught.spend.to_document(),
        **_stated(taught.run),
        "units": taught.units,
        "spend_ids": sorted({one.spend for one in taught.receipts}),
        "plan": taught.plan.to_document(),
        "metrics": taught.figures(),
    }


def _private_told(document: dict[str, Any], taught: PrivateRunResult) -> str:
    from proffer.evaluate import figures_told

    counted = "stated" if taught.run.units else "a noised count"
    head = [
        f"run {document['run_id']}, population {document['population']}, {document['units']} units ({counted})",
        f"spend {_spent(document['spend'], document['unit'])}: {', '.join(document['spend_ids'])}",
        f"model {document['model']}",
        "",
    ]
    return "\n".join([*head, *_figures(taught, figures_told)])


def _figures(taught: PrivateRunResult, told: Callable[[Any], str]) -> Iterator[str]:
    if taught.report is not None:
        yield told(taught.report)
    elif taught.released:
        yield from (f"{name} {value:.4f}" for name, value in taught.released.items())
    else:
        yield "no figures: measuring on real people is a release of its own (--evaluate E)"


# --- a student -------------------------------------------------------------------------------------------------------


def _student(material: TrainingData, args: argparse.Namespace) -> int:
    from proffer.evaluate import chosen, read_scorer
    from training.runs import student_run

    folder = chosen(Workspace(args.home), args.teacher)
    teacher = read_scorer(folder, material.declaration.hash)
    with terminal.working("training"):
        taught = student_run.train(
            material, teacher, folder.name, student_run.StudentSettings(seed=args.seed), _teller(args)
        )
    with terminal.working("keeping the run"):
        kept = keep(taught, Workspace(args.home), "student")
    document = _student_document(taught, kept)
    terminal.emit(document, args.json)
    return terminal.DONE


def _student_document(taught: StudentRunResult, folder: Path) -> dict[str, Any]:
    return {
        "run_id": folder.name,
        "model": str(folder),
        "ranker": "student",
        "data_kind": taught.kind.value,
        "spend": taught.spend.to_document(),
        "teacher": taught.teacher,
        "metrics": taught.figures(),
        "latency_ms": taught.latency,
    }
