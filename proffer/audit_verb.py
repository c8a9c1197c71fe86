"""`proffer privacy audit`: the private ranker trained with canaries among synthetic people, and what could be seen."""

from __future__ import annotations

import argparse
import os
import tempfile
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import ledger_files, terminal
from composition.workspace import Workspace
from features.problem import Problems

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism
    from privacy.learning.audit import Claim, Evidence
    from training.data.material import TrainingData
    from training.rankers.schedules import TrainingPlan
    from training.runs.canaries import Trial

LINE = "train the private ranker with canaries, and fail if more can be seen than is claimed"
FEWEST, MOST = 100, 5000
CITIZENS, MONTHS, SEED = 1500, 12, 1
"""Who is made up where no folder is given: enough that canaries are among others."""
UNITS: Final = 100_000
"""How many units the audited run is planned for; the plan's noise and steps are those of a city, whoever is there."""
_WIDTH, _COLUMNS = 40, 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the sub-verb takes."""
    people = "a folder that `proffer synth` wrote (default: a few people made up for the audit)"
    parser.add_argument("--data", type=Path, metavar="DIR", help=people)
    parser.add_argument("--epsilon", default="1", metavar="E", help="what is claimed of the run (default: 1)")
    parser.add_argument("--delta", default="0.000001", metavar="D", help="at which it is claimed (default: 0.000001)")
    parser.add_argument(
        "--units", type=int, default=UNITS, metavar="N", help=f"how many the run is planned for (default: {UNITS})"
    )
    parser.add_argument("--canaries", type=int, default=1000, metavar="R", help="how many canaries (default: 1000)")
    parser.add_argument("--record", action="store_true", help="write what was seen into the home's ledger, as an entry")


def run(args: argparse.Namespace) -> int:
    """Train once with canaries, print the claim beside what was seen; exit 1 when the claim is refuted."""
    claim = _claim(args)
    ledger = ledger_files.open_ledger(args.home) if args.record else None
    from privacy.ledger.terms import EntryType
    from training.rankers.schedules import plan

    with _material(args) as material:
        with terminal.working("planning"):
            chosen = plan(args.units, claim.epsilon, claim.delta, len(material.catalogue.programmes))
        trial = _tried(material, chosen, claim, args.canaries)
    if ledger is not None:
        ledger.noted(EntryType.AUDIT, _entry(trial, chosen.mechanism()))
    document = {"run": chosen.to_document(), **trial.to_document(), "meaning": meaning(trial)}
    terminal.emit(document, args.json, lambda: _text(trial))
    return terminal.FAILED if trial.refuted else terminal.DONE


def _claim(args: argparse.Namespace) -> Claim:
    """What the options claim; all that is wrong with them at once."""
    from privacy.accounting.amount import read_delta, read_epsilon
    from privacy.learning.audit import Claim

    problems = Problems()
    if args.units < 1:
        problems.add(("--units",), "range", f"cannot be {args.units}", "Give how many units the run is planned for")
    with problems.gathered():
        read_epsilon(args.epsilon, ("--epsilon",))
    with problems.gathered():
        read_delta(args.delta, max(args.units, args.canaries if args.record else 0, 0), ("--delta",))
    if not FEWEST <= args.canaries <= MOST:
        problems.add(("--canaries",), "range", f"cannot be {args.canaries}", f"Give a number from {FEWEST} to {MOST}")
    problems.raise_any()
    return Claim(read_epsilon(args.epsilon), read_delta(args.delta, args.units))


@contextmanager
def _material(args: argparse.Namespace) -> Iterator[TrainingData]:
    """The people canaries are put among: those of a folder, or some made up for the while."""
    from composition import provenance
    from composition.sources import TrainingSource, read_training_data

    if args.data is not None:
        with terminal.working("reading training data") as progress:
            data = read_training_data(TrainingSource(Workspace(args.home), args.data), progress)
        yield data
        return
    with tempfile.TemporaryDirectory(prefix="proffer-audit-") as scratch:
        workspace = Workspace(Path(scratch))
        _make_up(workspace.population)
        provenance.remember(workspace.population)
        yield read_training_data(TrainingSource(workspace, workspace.population))


def _make_up(folder: Path) -> None:
    from composition import reading
    from data.synthetic.stamp import PopulationOrder
    from data.synthetic.world import synthesise

    order, definitions = PopulationOrder(SEED, CITIZENS, MONTHS), reading.read_definitions()
    with terminal.bar(CITIZENS, "living", "people") as advance:
        synthesise(order, definitions, folder, processes=os.cpu_count() or 1, progress=advance)


def _tried(material: TrainingData, chosen: TrainingPlan, claim: Claim, canaries: int) -> Trial:
    from privacy.learning.noise import secure
    from training.runs.canaries import among_people

    with terminal.bar(chosen.schedule.steps, "training with canaries", "step") as advance:
        return among_people(material, chosen, claim, secure(), canaries, lambda: advance(1))


def _entry(trial: Trial, mechanism: Mechanism) -> dict[str, Any]:
    """What a ledger says of an audit."""
    from privacy.accounting.amount import text_of

    def seen(one: Evidence) -> dict[str, Any]:
        return {"correct": one.correct, "guesses": one.guesses, "lower": text_of(one.lower)}

    claim, steps = trial.steps.claim, trial.steps
    said = {"canaries": steps.canaries, "confidence": str(steps.confidence), "mechanism": mechanism.to_document()}
    stated = {"delta": text_of(claim.delta), "epsilon": text_of(claim.epsilon)}
    return {**said, **stated, "model": seen(trial.model), "steps": seen(steps)}


def meaning(trial: Trial) -> str:
    """What was found, in words, for deciding whether to believe the claim."""
    seen = max(trial.steps, trial.model, key=lambda one: one.lower)
    sure = f"{seen.confidence:.0%}"
    found = (
        f"Each of {seen.canaries} made-up people was put among the others or left out by the toss of a coin. An "
        f"observer of the training guessed {seen.correct} of {seen.guesses} of them right, where chance gets half."
    )
    if trial.refuted:
        return f"{found} That is more than the claim allows, at {sure} confidence: the claim is false. Do not release."
    return (
        f"{found} A run that keeps its claim may show that much, so nothing speaks against it. This looks for bugs: "
        f"noise, clipping or sampling that are not what is accounted. It proves nothing; the claim is the accountants'."
    )


def _text(trial: Trial) -> str:
    from privacy.accounting.amount import text_of

    claim = trial.steps.claim
    most = float(trial.steps.to_document()["most_that_could_be_shown"])
    scale = max(float(claim.epsilon), most)
    sure = f"{trial.steps.confidence:.0%}"
    rows = [
        ("claimed: at most", float(claim.epsilon), f"at delta {text_of(claim.delta)}"),
        ("seen in the steps: at least", float(trial.steps.lower), _right(trial.steps)),
        ("seen in the model: at least", float(trial.model.lower), _right(trial.model)),
        ("could have been shown", most, "had every guess been right"),
    ]
    lines = [[what, f"{epsilon:.3f}", "#" * round(_WIDTH * epsilon / scale), how] for what, epsilon, how in rows]
    verdict = "REFUTED" if trial.refuted else "not refuted"
    head = f"{trial.steps.canaries} canaries among {trial.units} others; epsilon, {sure} sure:"
    drawn = "\n".join(terminal.table(["", "", "", ""], lines, [1]).splitlines()[2:])
    words = textwrap.fill(f"The claim is {verdict}. {meaning(trial)}", _COLUMNS)
    return f"{head}\n{drawn}\n\n{words}"


def _right(evidence: Evidence) -> str:
    return f"{evidence.correct} of {evidence.guesses} guesses right"
