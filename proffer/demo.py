"""`proffer demo`: the main job end to end on synthetic people, ending with one person's story."""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import demonstration, reading, terminal
from composition.model_registry import ModelRegistry
from composition.reports import write_report
from composition.workspace import Workspace
from proffer import synth

if TYPE_CHECKING:
    from training.evaluation.evaluation_report import Report

CITIZENS, SEED = 20_000, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    parser.add_argument("--citizens", type=int, default=CITIZENS, metavar="N", help=f"people (default: {CITIZENS})")
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"which world (default: {SEED})")
    parser.add_argument("--language", choices=("ko", "en"), default="en", help="of the story (default: en)")


@dataclass
class DemoStages:
    """Reports which stage runs, and keeps how long each took, in whole seconds."""

    seconds: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, line: str) -> Iterator[None]:
        """Run one stage."""
        terminal.say(f"[{len(self.seconds) + 1}/6] {line}")
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began)


def run(args: argparse.Namespace) -> int:
    """Run every stage, then print the figures and the story."""
    synth.check_numbers(citizens=args.citizens, seed=args.seed).raise_any()
    workspace = Workspace(args.home)
    with workspace.alone("demo"):
        return _demonstrate(args, workspace)


def _demonstrate(args: argparse.Namespace, workspace: Workspace) -> int:
    stages = DemoStages()
    demonstration.refuse_real_people(workspace)
    months = demonstration.MONTHS
    with stages.stage("synth", f"making {args.citizens:,} synthetic people, {months} months of their lives"):
        with terminal.bar(args.citizens, "living", " people") as advance:
            demonstration.synthesise_people(workspace, args.citizens, args.seed, advance)
        demonstration.open_budget(workspace)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:  # the log is not what training reads
        reading_events = beside.submit(demonstration.ingest_people, workspace)
        with stages.stage("train", "learning the order from what they were shown and applied for"):
            with terminal.working("training") as progress:
                data = demonstration.training_data(workspace, progress)
                trained = demonstration.train(data, args.seed % 2**31, terminal.steps(False, progress, "      "))
            with terminal.working("keeping the run"):
                model = ModelRegistry(workspace).keep(trained, f"lightgbm {trained.result.chosen.objective}")
        ingest = "reading their events into the log, begun during training"
        with stages.stage("ingest", ingest), terminal.working("reading"):
            counts = demonstration.ingested(reading_events)
    report = trained.report
    assert report is not None, "an exact run always has a report"
    with stages.stage("evaluate", "judging it on people it never learned from, beside its baselines and the truth"):
        pictures = [str(path) for path in write_report(report, model, workspace)]
    with stages.stage("promote", "making it the champion if it passes the gate"):
        checks = demonstration.promote(data, trained, model, workspace)
        for check in checks:
            terminal.say(f"      {check}")
    with stages.stage("story", "one person's story"):
        story = demonstration.one_story(workspace)
    document = {
        "metrics": {"ndcg@5": report.means},
        "gap_closed": report.gap_closed,
        "ingested": counts,
        "model": str(model),
        "promoted": all(check.passed for check in checks),
        "pictures": pictures,
        "seconds": stages.seconds,
        "story": story,
    }
    terminal.emit(document, args.json, lambda: _text(document, report, args))
    return terminal.DONE


def _text(document: dict[str, Any], report: Report, args: argparse.Namespace) -> str:
    """The metrics, where the pictures are, the story, and what to try next."""
    from proffer.report_tables import report_text
    from proffer.story_text import story_text

    pictures = "\n".join(f"  {path}" for path in document["pictures"])
    home = "" if str(args.home) == ".proffer" else f" --home {args.home}"
    story = document["story"]
    messages = reading.read_messages()
    say = messages.speaking(args.language)
    ask = f"proffer recommend --citizen {story['person']} --as-of {story['until']}{home}"
    serve = f"proffer serve --dev{home}"
    return "\n".join(
        [
            "",
            report_text(report),
            "",
            f"The report and its pictures:\n{pictures}",
            "",
            story_text(story, args.language, messages),
            "",
            say("story.ask_yourself", command=f"{activation()}{ask}"),
            say("story.in_a_browser", command=f"{activation()}{serve}", address="http://127.0.0.1:8000/"),
        ]
    )


def activation() -> str:
    """What a shell needs before it finds `proffer`: nothing, or to activate the environment of this process."""
    if shutil.which("proffer") is not None:
        return ""
    environment = Path(sys.prefix)
    here = environment.relative_to(Path.cwd()) if environment.is_relative_to(Path.cwd()) else environment
    return f". {here}/bin/activate; "
