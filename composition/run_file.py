"""Run file: one run of `proffer retrain`, what it was asked, which stages are done and what each left."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock, reading
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole

if TYPE_CHECKING:
    from composition.workspace import Workspace

FORMAT: Final = "proffer-retrain-1"
_ABANDON: Final = "Give what it was asked, or end it: `proffer retrain --abandon`"


@dataclass(frozen=True)
class RunFile:
    """A run, as its file says; each change is on the disk before it is acted on.

    Attributes:
        path: the file, named after the run.
        document: what it says.
    """

    path: Path
    document: Mapping[str, Any]

    @classmethod
    def unfinished(cls, workspace: Workspace) -> RunFile | None:
        """The run that has not ended; None where all have.

        Raises:
            Rejected: a file is unreadable.
        """
        found = [one for one in runs_of(workspace) if one.document["ended"] is None]
        return found[-1] if found else None

    @classmethod
    def begun(
        cls, workspace: Workspace, asked: Mapping[str, Any], as_of: str, plan: Mapping[str, Any] | None
    ) -> RunFile:
        """Begin a run.

        Args:
            workspace: its home.
            asked: the options that decide what is learned and spent.
            as_of: the day at whose end the log ends for all of its stages.
            plan: the year's, of a run that costs people's privacy.
        """
        name = f"{as_of}-{secrets.token_hex(4)}"
        document: dict[str, Any] = {
            "format": FORMAT, "run": name, "began": clock.timestamp(), "as_of": as_of, "asked": dict(asked),
            "plan": plan, "stages": {}, "ended": None, "why": [],
        }  # fmt: skip
        return cls(workspace.folder(workspace.retraining) / f"{name}.json", document).written()

    @property
    def name(self) -> str:
        """What its spends in the ledger are called."""
        return str(self.document["run"])

    def stage(self, name: str) -> Mapping[str, Any] | None:
        """What a stage left; None where it is not done."""
        found: Mapping[str, Any] | None = self.document["stages"].get(name)
        return found

    def done(self, stage: str, left: Mapping[str, Any]) -> RunFile:
        """Note that a stage is done, and what it left."""
        stages = {**self.document["stages"], stage: {"at": clock.timestamp(), **left}}
        return replace(self, document={**self.document, "stages": stages}).written()

    def without(self, stage: str) -> RunFile:
        """Forget that a stage was done: what it was decided on has changed."""
        stages = {name: left for name, left in self.document["stages"].items() if name != stage}
        return replace(self, document={**self.document, "stages": stages}).written()

    def ended(self, outcome: str, why: tuple[str, ...] = ()) -> RunFile:
        """End it, for good."""
        document = {**self.document, "ended": outcome, "ended_at": clock.timestamp(), "why": list(why)}
        return replace(self, document=document).written()

    def check_asked(self, asked: Mapping[str, Any]) -> None:
        """Refuse to go on with a run that was asked otherwise; raises Rejected with every option that differs."""
        before = self.document["asked"]
        told = f"{self.name}, which has not ended, has"
        found = [
            Problem((f"--{name}",), "conflict", f"is {given!r}, and {told} {before.get(name)!r}", _ABANDON)
            for name, given in asked.items()
            if given != before.get(name)
        ]
        if found:
            raise Rejected(found)

    def written(self) -> RunFile:
        """The same, once it is on the disk."""
        content = json.dumps(self.document, ensure_ascii=False, indent=2, allow_nan=False).encode() + b"\n"
        write_whole(self.path, content, mode=OWNER_ONLY)
        return self


def runs_of(workspace: Workspace) -> list[RunFile]:
    """Every run of a home, in the order of their days.

    Raises:
        Rejected: a file is unreadable, or is no run.
    """
    found = []
    for path in workspace.retraining.glob("2*.json"):
        document = reading.read_json(path)
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise Rejected([Problem((str(path),), "invalid", f"is no {FORMAT}", "Move it out of the folder")])
        found.append(RunFile(path, document))
    return sorted(found, key=lambda one: str(one.document["began"]))


def paid_in(workspace: Workspace, year: str) -> int:
    """How many runs that cost people's privacy were begun for days of a year, which a plan has paid for."""
    paid = [one.document for one in runs_of(workspace) if one.document["plan"] is not None]
    return sum(str(one["as_of"]).startswith(f"{year}-") for one in paid)
