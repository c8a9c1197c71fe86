"""`proffer demo`: the main job end to end on synthetic people, ending with one person's story."""

from __future__ import annotations

import argparse
import multiprocessing
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import demonstration, model_aliases, reading, terminal
from composition.model_registry import ModelRegistry
from composition.provenance import Stamp
from composition.reports import write_report
from composition.workspace import Workspace
from proffer import synth

if TYPE_CHECKING:
    from training.evaluation.evaluation_report import Report
    from training.runs.promotion import Check

CITIZENS, SEED = 20_000, 1
SERVED = 2_000
"""People of a demo that is made only to be served."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this verb."""
    people = f"people (default: {CITIZENS}; {SERVED} where --serve finds no demo in the home)"
    parser.add_argument("--citizens", type=int, metavar="N", help=people)
    parser.add_argument("--seed", type=int, default=SEED, metavar="S", help=f"which world (default: {SEED})")
    parser.add_argument("--language", choices=("ko", "en"), default="en", help="of what is printed (default: en)")
    parser.add_argument("--serve", action="store_true", help="then serve, and tell how a citizen uses the service")
    parser.add_argument("--port", type=int, default=8000, help="with --serve: port, 0 for any free one (default: 8000)")
    parser.add_argument("--no-wait", action="store_true", help="with --serve: end with the story, for scripts")


_STEPS = {
    "reading what people were shown": "ranking.step.reading",
    "comparing ways to learn": "ranking.step.comparing",
    "telling attention from want": "ranking.step.attention",
    "choosing how fast the past fades": "ranking.step.fading",
    "growing trees": "ranking.step.growing",
    "judging held-out people": "ranking.step.judging",
}
"""What training calls its steps, and the message that tells each."""
_ROUND = re.compile(r"growing trees, round (\d+) of at most (\d+) .*")


@dataclass
class DemoStages:
    """Reports which stage runs, and keeps how long each took, in whole seconds."""

    say: Callable[..., str]
    seconds: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, **values: int) -> Iterator[None]:
        """Run one stage."""
        terminal.say(f"[{len(self.seconds) + 1}/6] {self.say(f'ranking.stage.{name}', **values)}")
        began = time.monotonic()
        yield
        self.seconds[name] = round(time.monotonic() - began)

    def steps(self, relabel: Callable[[str], None]) -> Callable[[str], None]:
        """What training reports its steps to: a line for each, but for rounds, which only rename what is shown."""

        def told(step: str) -> None:
            counted = _ROUND.fullmatch(step)
            if counted:
                relabel(self.say("ranking.step.round", done=int(counted[1]), most=int(counted[2])))
                return
            line = self.say(_STEPS[step]) if step in _STEPS else step
            relabel(line)
            terminal.say(f"      {line}")

        return told


def run(args: argparse.Namespace) -> int:
    """Run every stage, then print the figures and the story; or serve what an earlier run, or this one, left."""
    if args.citizens is None:
        args.citizens = SERVED if args.serve else CITIZENS
    synth.check_numbers(citizens=args.citizens, seed=args.seed).raise_any()
    workspace = Workspace(args.home)
    with workspace.alone("demo"):
        if not args.serve:
            document, report = _demonstrated(args, workspace)
            terminal.emit(document, args.json, lambda: _text(document, report, args))
            return terminal.DONE
        if Stamp.read(workspace.population).document is None:
            _demonstrated(args, workspace)
        from proffer.served_demo import serve_story  # a story of events loads what counts days

        return serve_story(args, workspace)


def _demonstrated(args: argparse.Namespace, workspace: Workspace) -> tuple[dict[str, Any], Report]:
    say = reading.read_messages().speaking(args.language)
    stages, months = DemoStages(say), demonstration.MONTHS
    demonstration.refuse_real_people(workspace)
    with stages.stage("synth", citizens=args.citizens, months=months):
        with terminal.bar(args.citizens, say("ranking.bar.living"), say("ranking.bar.people")) as advance:
            demonstration.synthesise_people(workspace, args.citizens, args.seed, advance)
        demonstration.open_budget(workspace)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as beside:  # the log is not what training reads
        reading_events = beside.submit(demonstration.ingest_people, workspace)
        with stages.stage("train"):
            with terminal.working(say("ranking.bar.training")) as relabel:
                data = demonstration.training_data(workspace, stages.steps(relabel))
                trained = demonstration.train(data, args.seed % 2**31, stages.steps(relabel))
            with terminal.working(say("ranking.bar.keeping")):
                model = ModelRegistry(workspace).keep(
                    trained, f"lightgbm {trained.result.chosen.objective}", terminal.say
                )
        with stages.stage("ingest"), terminal.working(say("ranking.bar.reading")):
            counts = demonstration.ingested(reading_events)
    report = trained.report
    assert report is not None, "an exact run always has a report"
    with stages.stage("evaluate"):
        pictures = [str(path) for path in write_report(report, model, workspace)]
    with stages.stage("promote"):
        before = model_aliases.compared(workspace)
        answer = demonstration.promote(data, trained, model, workspace)
        aliases = model_aliases.mirrored(workspace, before)
        for lacking in (one for one in answer.evidence if not one.passed):
            terminal.say(f"      {lacking}")
        for check in answer.checks:
            plain = check.name in ("ndcg@5", "held-out log-loss")  # of the others only what stands in the way
            if plain or not check.passed:
                terminal.say(f"      {check_line(check, say) if plain else check}")
        for line in aliases.lines():
            terminal.say(f"      {line}")
        if ModelRegistry(workspace).champion() is None:
            terminal.say(f"      {say('ranking.by_rules')}")
    with stages.stage("story"):
        story = demonstration.one_story(workspace)
    document = {
        "metrics": {"ndcg@5": report.means},
        "gap_closed": report.gap_closed,
        "ingested": counts,
        "model": str(model),
        "promoted": answer.passed,
        "mlflow": aliases.to_document(),
        "pictures": pictures,
        "seconds": stages.seconds,
        "story": story,
    }
    return document, report


def check_line(check: Check, say: Callable[..., str]) -> str:
    """One comparison with what stood before, on one line."""
    what = "ndcg" if check.higher_is_better else "loss"
    figures = say(f"ranking.check.{what}", ours=f"{check.challenger:.4f}", other=f"{check.other:.4f}")
    return say(f"ranking.check.{'passed' if check.passed else 'failed'}", check=figures)


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
            report_text(report, say),
            "",
            f"{say('ranking.files')}\n{pictures}",
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
