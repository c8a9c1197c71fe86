"""`proffer demo`: the main job end to end on people who do not exist, ending with one person's story."""

from __future__ import annotations

import argparse
import datetime
import multiprocessing
import os
import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import ingestion, provenance, reading, sources, story, terminal
from composition.workspace import DATABASE_URL, Workspace
from features.problem import Problem, Rejected
from proffer import evaluate, promote, recommend, train

if TYPE_CHECKING:
    from training.data.material import TrainingData
    from training.runs.exact_run import ExactRunResult

HELP = "the main job end to end on people who do not exist, ending with one person's story"
CITIZENS, MONTHS, SEED = 20_000, 36, 1
_SYNTHETIC = re.compile(r"[ck]\d{7}")  # how the people who do not exist are called


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--citizens", type=int, default=CITIZENS, metavar="N", help=f"people (default: {CITIZENS})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"which world (default: {SEED})")
    parser.add_argument("--language", choices=("ko", "en"), default="en", help="of the story (default: en)")


@dataclass
class DemoStages:
    """Tells people which stage runs, and keeps how long each took, in whole seconds."""

    seconds: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, told: str) -> Iterator[None]:
        """Run one stage."""
        terminal.say(f"[{len(self.seconds) + 1}/6] {told}")
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began)


def run(args: argparse.Namespace) -> int:
    """Run every stage, then print the figures and the story."""
    if args.citizens < 1:
        raise Rejected(
            [Problem(("--citizens",), "range", f"{args.citizens} is less than 1", "Give how many people there are")]
        )
    home, stages = Workspace(args.home), DemoStages()
    refuse_real_people(home)
    people = home.begin().population
    with stages.stage("synth", f"making {args.citizens:,} people who do not exist, {MONTHS} months of their lives"):
        synthesise(home, people, args.citizens, args.seed)
        open_budget(home)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:  # the log is not what training reads
        reading_events = beside.submit(ingest_quietly, home, people)
        with stages.stage("train", "learning the order from what they were shown and applied for"):
            material = material_of(people)
            taught, model = learn(material, home, args.seed)
        with stages.stage("ingest", "reading their events into the log, begun while it learned"):
            ingested = awaited(reading_events)
    with stages.stage("evaluate", "judging it on people it never learned from, beside its baselines and the truth"):
        pictures = report(taught, model, home)
    with stages.stage("promote", "making it the champion if it passes the gate"):
        promoted = crown(material, taught, model, home)
    with stages.stage("story", "telling one person's story"):
        told = one_story(home, people, material)
    left = {"ingested": ingested, "model": str(model), "promoted": promoted, "pictures": list(map(str, pictures))}
    document = {**figures(taught), **left, "seconds": stages.seconds, "story": told}
    terminal.emit(document, args.json, lambda: written(document, taught, args))
    return terminal.DONE


def figures(taught: ExactRunResult) -> dict[str, Any]:
    """How well the order it learned does on people it never learned from."""
    return {"metrics": {"ndcg@5": taught.report.means}, "gap_closed": taught.report.gap_closed}


def written(document: dict[str, Any], taught: ExactRunResult, args: argparse.Namespace) -> str:
    """What people read at the end: the figures, where the pictures are, the story, and what to try next."""
    pictures = "\n".join(f"  {path}" for path in document["pictures"])
    home = "" if str(args.home) == ".proffer" else f" --home {args.home}"
    told = document["story"]
    next_step = f"proffer recommend --citizen {told['person']} --as-of {told['until']}{home}"
    return "\n".join(
        [
            "",
            evaluate.figures_told(taught.report),
            "",
            f"The report and its pictures:\n{pictures}",
            "",
            story.written(told, args.language),
            "",
            f"Ask about her yourself: {next_step}",
        ]
    )


def refuse_real_people(home: Workspace) -> None:
    """See that the log of the home, if there is one, is that of an earlier demo.

    Raises:
        Rejected: the log knows somebody who was not synthesised, or is in a database that others may use.
    """
    if home.on_server:
        what = "names the log's database, and the demo puts synthetic people into a log of its own"
        raise Rejected([Problem((DATABASE_URL,), "forbidden", what, "Unset it for the demo")])
    if not home.has_events:
        return
    with home.log() as log:
        real = sum(_SYNTHETIC.fullmatch(person) is None for person in log.people())
    if real:
        what = f"holds a log with {real} people who are not the demo's"
        raise Rejected(
            [Problem((str(home.path),), "conflict", what, "Choose another --home, where the demo may begin a log")]
        )


def synthesise(home: Workspace, people: Path, citizens: int, seed: int) -> None:
    """Make the synthetic people as `proffer synth` does; a log of other synthetic people than these is begun anew."""
    before = stamp_of(people) if (people / sources.STAMP).exists() else None
    _live(people, citizens, seed)
    provenance.remember(home, people)
    if before != stamp_of(people):
        for part in home.path.glob("events.db*"):
            part.unlink()


def open_budget(home: Workspace) -> None:
    """Leave the budget of people who do not exist in the home, so that `train --ranker private` can spend from it."""
    try:
        from privacy.account import SyntheticAccount, synthetic_account
        from privacy.unit import smallest
    except ModuleNotFoundError:  # installed without what private training needs
        return
    found = synthetic_account(home.ledger, lambda: int(time.time()), smallest(reading.read_declaration()))
    if isinstance(found, SyntheticAccount):
        found.opened()


def _live(people: Path, citizens: int, seed: int) -> None:
    from data.synthetic.world import synthesise as live

    declaration, regions = reading.read_declaration(), reading.read_regions()
    catalogue = reading.read_catalogue(None, declaration, regions)
    with terminal.bar(citizens, "living", " people") as advance:
        live(
            seed=seed,
            citizens=citizens,
            months=MONTHS,
            out=people,
            catalogue=catalogue,
            declaration=declaration,
            regions=regions,
            ndjson=False,
            processes=os.cpu_count() or 1,
            progress=advance,
        )


def stamp_of(people: Path) -> dict[str, Any]:
    """What the synthetic people were made from."""
    stamp = reading.read_json(people / sources.STAMP)
    assert isinstance(stamp, dict), "synthesise has just written it"
    return stamp


Ingested = tuple[dict[str, int], tuple[Problem, ...]]


def ingest_quietly(home: Workspace, people: Path) -> Ingested:
    """Ingest in a process of its own, without a bar; return the counts and the problems, as no exception could."""
    terminal.hide_progress()
    try:
        return ingest_into(home, people), ()
    except Rejected as refusal:
        return {}, refusal.problems


def awaited(reading_events: Future[Ingested]) -> dict[str, int]:
    """What the other process counted, or its problems raised."""
    with terminal.working("reading"):
        counts, problems = reading_events.result()
    if problems:
        raise Rejected(problems)
    return counts


def ingest_into(home: Workspace, people: Path) -> dict[str, int]:
    """Read the synthetic events into the log as `proffer ingest` does; returns the counts.

    Raises:
        Rejected: the log holds other events under the same names.
    """
    declaration = reading.read_declaration()
    end = declaration.zone.end_of_day(datetime.date.fromisoformat(stamp_of(people)["end"]))
    done, rejected = ingestion.ingest(home, [people / sources.EVENTS], declaration, max(end, int(time.time())))
    if done.conflicts or rejected:
        raise Rejected([*rejected, *done.conflicts])
    return {"accepted": done.accepted, "duplicates": done.duplicates}


def material_of(people: Path) -> TrainingData:
    """What training and evaluation read: the gate over the synthetic events, and the truth apart."""
    return sources.read_material(argparse.Namespace(data=people, declaration=None, catalogue=None))


def learn(material: TrainingData, home: Workspace, seed: int) -> tuple[ExactRunResult, Path]:
    """Train as `proffer train` does, tracked, and keep the artefact; returns what was learned and where it is."""
    from training.rankers.forest_ranker import ForestSettings
    from training.runs.exact_run import train as fit

    with terminal.working("training"):
        taught = fit(material, ForestSettings(seed=seed), tell=lambda told: terminal.say(f"      {told}"))
    with terminal.working("keeping the run"):
        return taught, train.keep(taught, home)


def report(taught: ExactRunResult, model: Path, home: Workspace) -> list[Path]:
    """Leave the report and the two pictures in the home; returns their paths."""
    document = {"model": str(model), **taught.report.to_document()}
    return evaluate.leave(taught.report, document, home.folder(home.reports) / model.name)


def crown(material: TrainingData, taught: ExactRunResult, model: Path, home: Workspace) -> bool:
    """Promote as `proffer promote` does; the first model of a home is compared with no model at all."""
    from training.runs.promotion import checks

    champion = home.champion()
    found = checks(taught.report, None) if champion is None else promote.compare(material, model, champion)
    for check in found:
        terminal.say(f"      {check}")
    passed = all(check.passed for check in found)
    if passed:
        home.crown(model.name)
    return passed


def one_story(home: Workspace, people: Path, material: TrainingData) -> dict[str, Any]:
    """Walk one person's life through the same desk that `proffer recommend` asks."""
    stamp = stamp_of(people)
    until = datetime.date.fromisoformat(stamp["end"])
    since = material.declaration.zone.end_of_day(datetime.date.fromisoformat(stamp["start"]) - datetime.timedelta(1))
    person = story.heroine(people / sources.EVENTS, since)
    asked = argparse.Namespace(
        declaration=None, catalogue=people / sources.CATALOGUE, model=None, weights=None, home=home.path
    )
    with home.log() as log:
        events = list(log.events([person]))
    return story.tell(recommend.desk_of(asked), events, person, since, until)
