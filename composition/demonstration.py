"""Demonstration: the stages of the main job on synthetic people, which `proffer demo` runs one after another."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from composition import budgets, champion_gate, clock, ingestion, provenance, reading, story
from composition.engines import EngineSettings, RankingSettings, build_engine
from composition.model_registry import ModelRegistry
from composition.sources import CATALOGUE, TrainingSource, read_training_data
from composition.workspace import DATABASE_URL, Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from pathlib import Path

    from composition.champion_gate import GateAnswer
    from training.data.material import TrainingData
    from training.progress import Progress
    from training.runs.exact_run import ExactRunResult
    from training.runs.training_run import TrainingRun

MONTHS: Final = 36
_SYNTHETIC = re.compile(r"[ck]\d{7}")  # how synthetic people are called

Ingested = tuple[dict[str, int], tuple[Problem, ...]]
"""Counts, and problems: an exception cannot be sent from another process."""


def refuse_real_people(workspace: Workspace) -> None:
    """See that the log of the home, if there is one, is that of an earlier demo.

    Raises:
        Rejected: the log holds people who are not synthetic, or is in a database that others may use.
    """
    if workspace.on_server:
        what = "names the log's database, and the demo puts synthetic people into a log of its own"
        raise Rejected([Problem((DATABASE_URL,), "forbidden", what, "Unset it for the demo")])
    if not workspace.has_events:
        return
    with workspace.log() as log:
        real = sum(_SYNTHETIC.fullmatch(person) is None for person in log.people())
    if real:
        what = f"holds a log with {real} people who are not the demo's"
        raise Rejected(
            [Problem((str(workspace.path),), "conflict", what, "Choose another --home, where the demo may begin a log")]
        )


def synthesise_people(workspace: Workspace, citizens: int, seed: int, advance: Callable[[int], object]) -> None:
    """Make synthetic people as `proffer synth` does; a log of other synthetic people than these is begun again."""
    people = workspace.begin().population
    before = provenance.Stamp.read(people).document
    _synthesise(people, citizens, seed, advance)
    provenance.remember(people)
    if workspace.erasures.erase_people_again():
        what = "would hold synthetic people again who were erased here"
        raise Rejected([Problem((str(workspace.path),), "conflict", what, "Choose another --home for the demo")])
    if before != provenance.Stamp.read(people).document:
        for part in workspace.path.glob("events.db*"):
            part.unlink()


def _synthesise(people: Path, citizens: int, seed: int, advance: Callable[[int], object]) -> None:
    from data.synthetic.stamp import PopulationOrder
    from data.synthetic.world import synthesise

    order = PopulationOrder(seed, citizens, MONTHS)
    synthesise(order, reading.read_definitions(), people, processes=os.cpu_count() or 1, progress=advance)


def open_budget(workspace: Workspace) -> None:
    """Leave the budget of synthetic people in the home, so that `train --ranker private` can spend from it."""
    try:
        from privacy.account import SyntheticAccount

        account = budgets.synthetic_account(workspace, reading.read_declaration())
    except ModuleNotFoundError:  # installed without what private training needs
        return
    if isinstance(account, SyntheticAccount):
        account.opened()


def ingest_people(workspace: Workspace) -> Ingested:
    """Read the synthetic events into the log, as `proffer ingest` does; runs in a process of its own."""
    try:
        declaration, stamp = reading.read_declaration(), _stamp(workspace)
        end = declaration.zone.end_of_day(datetime.date.fromisoformat(stamp["end"]))
        events = workspace.population / provenance.EVENTS
        done, rejected = ingestion.ingest(workspace, [events], declaration, max(end, clock.now()))
    except Rejected as refusal:
        return {}, refusal.problems
    return {"accepted": done.accepted, "duplicates": done.duplicates}, (*rejected, *done.conflicts)


def ingested(future: Future[Ingested]) -> dict[str, int]:
    """What the other process counted.

    Raises:
        Rejected: the log holds other events under the same names, or the events cannot be read.
    """
    counts, problems = future.result()
    if problems:
        raise Rejected(problems)
    return counts


def training_data(workspace: Workspace, progress: Progress) -> TrainingData:
    """What training and evaluation read: the gate over the synthetic events, and the truth apart."""
    return read_training_data(TrainingSource(workspace, workspace.population), progress)


def train(data: TrainingData, seed: int, progress: Progress) -> TrainingRun[ExactRunResult]:
    """Train as `proffer train` does."""
    from training.rankers.forest_ranker import ForestSettings
    from training.runs import exact_run

    return exact_run.train(data, ForestSettings(seed=seed), progress=progress)


def promote(data: TrainingData, run: TrainingRun[ExactRunResult], model: Path, workspace: Workspace) -> GateAnswer:
    """Promote as `proffer promote` does, with the report of the run where nothing stands before."""
    found = champion_gate.answered(data, workspace, model, report=run.report)
    registry = ModelRegistry(workspace)
    (registry.promote if found.passed else registry.refuse)(model.name)
    return found


def one_story(workspace: Workspace) -> dict[str, Any]:
    """One person's life, through the same engine that `proffer recommend` asks."""
    stamp, people = _stamp(workspace), workspace.population
    engine = build_engine(EngineSettings(catalogue=people / CATALOGUE, ranking=RankingSettings(workspace)))
    until = datetime.date.fromisoformat(stamp["end"])
    before = datetime.date.fromisoformat(stamp["start"]) - datetime.timedelta(1)
    since = engine.declaration.zone.end_of_day(before)
    person = story.protagonist(people / provenance.EVENTS, since)
    with workspace.log() as log:
        events = list(log.events([person]))
    return story.tell(engine, events, person, since, until)


def _stamp(workspace: Workspace) -> Any:
    document = provenance.Stamp.read(workspace.population).document
    assert document is not None, "synthesise has just written it"
    return document
