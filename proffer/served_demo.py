"""`proffer demo --serve`: a service, and the story of a citizen who uses it, each step as a command to paste."""

from __future__ import annotations

import argparse
import signal
import threading

from composition import clock, provenance, reading, terminal
from composition.dev_caller import DevCaller
from composition.served_story import ServedStory, StoryStep
from composition.story_cast import StoryCast
from composition.story_service import StorySecrets, StoryService, story_home
from composition.webhook_inbox import WebhookInbox
from composition.workspace import Workspace


def serve_story(args: argparse.Namespace, demo: Workspace) -> int:
    """Tell the story over the people of a demo; then serve until the process is told to stop.

    Raises:
        Rejected: the service does not start, or does not do what the story tells.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended with this process
    home, keys = story_home(demo), StorySecrets.made()
    cast = StoryCast.of(demo.population / provenance.EVENTS, clock.now())
    inbox, messages = WebhookInbox(dict(keys.verifiers), clock.now), reading.read_messages()
    say = messages.speaking(args.language)
    with inbox.listening() as receiver, StoryService(home, demo, args.port).running(receiver, keys.words) as address:
        story = ServedStory(cast, DevCaller(address, home), inbox, messages, args.language, clock.now)
        steps = []
        for step in story.steps():
            steps.append(step.to_document())
            if not args.json:
                print(_text(len(steps), step), flush=True)
        if args.json:
            terminal.emit({"address": address, "mother": cast.mother, "steps": steps}, as_json=True)
        if not args.no_wait:
            terminal.say(say("served.waits", address=address, home=str(home.path)))
            _wait()
    return terminal.DONE


def _text(number: int, step: StoryStep) -> str:
    columns = min(terminal.columns(), terminal.READABLE)
    head = terminal.wrap(f"{number}. {step.head}", columns)
    command = [f"  $ {line}" if place == 0 else f"    {line}" for place, line in enumerate(step.command.splitlines())]
    return "\n".join([*map(terminal.strong, head), *command, *terminal.wrap(step.answer, columns, "  "), ""])


def _wait() -> None:
    """Wait for the interruption with which such a story ends."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        return
