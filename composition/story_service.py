"""Story service: the home in which the demo tells a story, and the processes that serve it, ended with the story."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import demonstration
from composition.model_registry import NO_MODEL, ModelRegistry
from composition.offer_service import WEBHOOK_KEYS, WEBHOOK_URL
from composition.settings import SHIPPED
from composition.workspace import Workspace
from features.problem import Problem, Rejected

if TYPE_CHECKING:
    from serving.proactive.webhook_signature import Verifier

PATIENCE: Final = 600
"""Seconds until a service that never listens is given up; a busy machine takes long."""
ENDING: Final = 30
MARK: Final = "made-by-demo"
"""The file that says of a home that it was begun for a story, and may be begun anew."""
_LISTENS: Final = re.compile(r"Serving on (http://\S+)")
_SECRET_BYTES: Final = 32
_ROOT: Final = Path(__file__).resolve().parent.parent


def story_home(home: Workspace) -> Workspace:
    """Return a home of its own for a story, begun anew: who is erased in a story is still there in the demo.

    Raises:
        Rejected: it holds people who are not the demo's.
    """
    story = Workspace(home.path / "story")
    if (
        story.on_server or not (story.path / MARK).exists()
    ):  # names that replaced erased ones are no names of the demo's
        demonstration.refuse_real_people(story)
    shutil.rmtree(story.path, ignore_errors=True)
    (story.begin().path / MARK).touch()
    return story


@dataclass(frozen=True)
class StorySecrets:
    """What messages are signed with, made anew for each story, and what its receiver checks them with."""

    words: str
    verifiers: Mapping[str, Verifier]

    @classmethod
    def made(cls) -> StorySecrets:
        """Return fresh keys: a shared secret, and a key of which the receiver has the public half."""
        from serving.proactive.webhook_signature import PRIVATE, SHARED, Verifier, parse_keys

        shared, private = (
            prefix + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode() for prefix in (SHARED, PRIVATE)
        )
        (public,) = parse_keys(private, WEBHOOK_KEYS).public
        return cls(f"{shared} {private}", {"v1": Verifier.of([shared]), "v1a": Verifier.of([public])})

    def __repr__(self) -> str:
        """Never the keys themselves."""
        return "StorySecrets()"


@dataclass(frozen=True)
class StoryService:
    """Runs `proffer serve` and `proffer offers` over the home of a story.

    Attributes:
        home: of the story.
        demo: whose champion orders.
        port: where the service listens; 0 for any free one.
    """

    home: Workspace
    demo: Workspace
    port: int

    @contextmanager
    def running(self, receiver: str, keys: str) -> Iterator[str]:
        """Start both and end them with the block; gives the address once the service answers.

        Args:
            receiver: the address to which offers are sent.
            keys: what they are signed with; only the sender has them, in its environment.

        Raises:
            Rejected: one of them ended.
        """
        receives = {WEBHOOK_URL: receiver, WEBHOOK_KEYS: keys}
        with ExitStack() as ending:
            serving = ending.enter_context(self._process("serve", ("--port", str(self.port)), {}))
            sending = ending.enter_context(self._process("offers", (), receives))
            yield self._address((serving, sending))

    @contextmanager
    def _process(self, verb: str, words: Sequence[str], beside: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        model = ModelRegistry(self.demo).champion()
        command = [
            sys.executable, "-m", "proffer", verb, "--dev", "--home", str(self.home.path), *words,
            "--country", str(self._country()), "--model", NO_MODEL if model is None else str(model),
        ]  # fmt: skip
        paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "PYTHONPATH": paths, "PYTHONUNBUFFERED": "1", **beside}
        with self._log(verb).open("wb") as said:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, verb: str) -> Path:
        return self.home.path / f"{verb}.log"

    def _country(self) -> Path:
        """The shipped country without quiet hours: a story is told at any hour of the day."""
        folder = self.home.path / "country"
        if not folder.exists():
            folder.mkdir()
            for part in SHIPPED.folder.iterdir():
                if part != SHIPPED.contact:
                    (folder / part.name).symlink_to(part)
            lines = SHIPPED.contact.read_text(encoding="utf-8").splitlines(keepends=True)
            kept = (line for line in lines if not line.startswith("quiet:"))
            (folder / SHIPPED.contact.name).write_text("".join(kept), encoding="utf-8")
        return folder

    def _address(self, processes: Sequence[subprocess.Popen[bytes]]) -> str:
        """Wait until the service listens, which it does once it has answered itself."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            said = self._log("serve").read_text(encoding="utf-8", errors="replace")
            if found := _LISTENS.search(said):
                return found[1]
            for verb, process in zip(("serve", "offers"), processes, strict=True):
                if process.poll() is not None:
                    raise self._ended(verb)
            time.sleep(0.1)
        raise self._ended("serve")

    def _ended(self, verb: str) -> Rejected:
        lines = self._log(verb).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        last = lines[-1] if lines else "it said nothing"
        remedy = f"Read {self._log(verb)}; --port chooses another port"
        return Rejected([Problem((f"proffer {verb}",), "unavailable", f"did not start: {last}", remedy)])
