"""The model registry of a home: its folder of artefacts and the file that names the champion.

The folder is the truth: nothing reads a model, a metric or the champion from anywhere else. MLflow is a mirror: every
run is written to it for people to compare, and deleting it changes no answer.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import clock
from composition.workspace import Workspace
from features import strict_json
from features.problem import Problem, Rejected
from features.whole_file import write_whole

if TYPE_CHECKING:
    from recommender.ranking.model import Model
    from training.runs.training_run import TrainingRun

MANIFEST: Final = "manifest.json"
NO_MODEL: Final = "none"
"""`--model none`: rank by the rules alone."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True)
class ModelRegistry:
    """The models of one workspace."""

    workspace: Workspace

    def names(self) -> tuple[str, ...]:
        """The names of the models, sorted."""
        return tuple(sorted(found.parent.name for found in self.workspace.models.glob(f"*/{MANIFEST}")))

    def by_artefact(self) -> dict[str, dict[str, Any]]:
        """The name of each readable model and whether it serves, by the sha256 that a ledger calls it by."""
        found: dict[str, dict[str, Any]] = {}
        used = self.aliases().get("champion")
        for name in self.names():
            with contextlib.suppress(OSError, strict_json.MalformedError):
                document = strict_json.parse((self.workspace.models / name / MANIFEST).read_bytes())
                if isinstance(document, dict) and isinstance(document.get("artefact"), str):
                    found[document["artefact"]] = {"name": name, "serves": name == used}
        return found

    def files(self, name: str) -> list[Path]:
        """The files of the artefact of the model called `name`: its manifest and those that it lists.

        Raises:
            Rejected: there is no such model, or it is not whole.
        """
        self._check_there(name)
        return [self.workspace.models / name / file for file in read_artefact(self.workspace.models / name)]

    def champion(self) -> Path | None:
        """The artefact folder of the promoted model, or None when none was promoted.

        Raises:
            Rejected: the champion file names a model that does not exist.
        """
        return self._marked(self.workspace.champion_file, "Run `proffer promote`")

    def promote(self, name: str) -> None:
        """Make the model called `name` the champion, in one atomic step.

        Raises:
            Rejected: there is no such model.
        """
        self._check_there(name)
        self.workspace.begin()
        now = self.aliases().get("champion", name)
        if now != name:
            write_whole(self.workspace.champions_before, "".join(f"{one}\n" for one in (*self._before(), now)).encode())
        self._crown(name)

    def refuse(self, name: str) -> None:
        """Remember that the gate refused the model called `name` beside this champion.

        Raises:
            Rejected: there is no such model.
        """
        self._check_there(name)
        if name != self.aliases().get("champion"):
            write_whole(self.workspace.begin().challenger_file, f"{name}\n".encode())

    def aliases(self) -> dict[str, str]:
        """The names that the home's own files give to champion, challenger and shadow; only of those there are."""
        kept = self.workspace.champion_file, self.workspace.challenger_file, self.workspace.shadow_file
        return {file.name: file.read_text(encoding="utf-8").strip() for file in kept if file.exists()}

    def shadow(self) -> Path | None:
        """The artefact folder of the model that scores beside the champion and serves nobody; None where there is none.

        Raises:
            Rejected: the file names a model that does not exist.
        """
        return self._marked(self.workspace.shadow_file, "Run `proffer promote MODEL --shadow`")

    def cast_shadow(self, name: str) -> None:
        """Let the model called `name` score beside the champion.

        Raises:
            Rejected: there is no such model, or it is the champion.
        """
        champion = self.champion()
        if champion is not None and champion.name == name:
            what = "is the champion, and cannot be compared with itself"
            raise Rejected([Problem((name,), "conflict", what, "Name another model")])
        self._check_there(name)
        write_whole(self.workspace.begin().shadow_file, f"{name}\n".encode())

    def roll_back(self) -> Path:
        """Make the champion before this one the champion again; called again, the one before that.

        Raises:
            Rejected: no champion was replaced, or the one before is not there any more.
        """
        before = self._before()
        if not before or not self._has(before[-1]):
            what = f"is not there any more: {before[-1]}" if before else "no champion was replaced in this home"
            remedy = "Promote a model that is there"
            raise Rejected([Problem((str(self.workspace.champions_before),), "missing", what, remedy)])
        self._crown(before[-1])
        write_whole(self.workspace.champions_before, "".join(f"{one}\n" for one in before[:-1]).encode())
        return self.workspace.models / before[-1]

    def find(self, chosen: str | None) -> Path | None:
        """The artefact folder that `--model` means: a path, a model's name, `none`, or (absent) the champion.

        Raises:
            Rejected: there is no artefact at the path and no model of that name.
        """
        if chosen is None:
            return self.champion()
        if chosen == NO_MODEL:
            return None
        for artefact in (Path(chosen), self.workspace.models / chosen):
            if (artefact / MANIFEST).is_file():
                return artefact
        what = f"there is no model {chosen!r}, in {self.workspace.models} or as a folder with a {MANIFEST}"
        raise Rejected([Problem(("--model",), "missing", what, self._choice())])

    def require(self, chosen: str | None) -> Path:
        """As `find`, for verbs that need a model.

        Raises:
            Rejected: no model was promoted and none is named, or `none` is.
        """
        if chosen == NO_MODEL:
            what = "this verb works with the scores of a model, and `none` names no model"
            raise Rejected([Problem(("--model",), "invalid", what, self._choice())])
        folder = self.find(chosen)
        if folder is None:
            raise Rejected([Problem((str(self.workspace.path),), "missing", "has no champion model", self._choice())])
        return folder

    def _choice(self) -> str:
        """What to do where no model was found."""
        there = self.names()
        if not there:
            return "Run `proffer train`, then `proffer promote`"
        return f"Give --model one of: {', '.join(there)}; or run `proffer promote`"

    def keep(self, run: TrainingRun[Any], name: str, tell: Callable[[str], object]) -> Path:
        """Write a run's artefact into the folder, and mirror the run in MLflow, whose run id names the folder.

        Where MLflow takes nothing, as on a disk that is full, `tell` is given why, and the artefact is kept without it:
        what was paid for cannot be drawn a second time.

        Raises:
            Rejected: the run would track a name that is not on the allow-list; it leaves no artefact.
        """
        from training.tracking import METRICS, RELEASED, NotTracked, check_names

        allowed = METRICS if run.provenance.allows_exact_metrics else RELEASED
        check_names(run.params(), [*run.metrics(), *run.by_step], allowed)
        self.workspace.folder(self.workspace.models)
        made: list[str] = []
        # MLflow makes its database without a lock of its own, so two first runs would make it twice.
        with self.workspace.alone("models", wait=True):
            try:
                self._mirrored(run, name, allowed, made)
            except NotTracked as failure:
                tell(str(failure))
            if not made:
                made.append(self._written(run, secrets.token_hex(16)))
        return self.workspace.models / made[0]

    def _mirrored(self, run: TrainingRun[Any], name: str, allowed: Collection[str], made: list[str]) -> None:
        """Mirror a run in MLflow, and write its artefact, whose name goes into `made` once it is there."""
        from training.tracking import Store, tracked

        store = Store(self.workspace.mlflow_uri, self.workspace.mlflow_files)
        with tracked(store, name, allowed) as mirrored:
            mirrored.params(run.params())
            mirrored.metrics(run.metrics())
            mirrored.steps(run.by_step)
            made.append(self._written(run, mirrored.id))
            for path in sorted((self.workspace.models / mirrored.id).iterdir()):
                mirrored.file(path)

    def _written(self, run: TrainingRun[Any], name: str) -> str:
        from training.artefact import write

        write(self.workspace.models / name, run.files(name, clock.timestamp()))
        return name

    def _crown(self, name: str) -> None:
        """Write who is the champion, who is no shadow of itself, and beside whom nobody was refused yet."""
        write_whole(self.workspace.champion_file, f"{name}\n".encode())
        self.workspace.challenger_file.unlink(missing_ok=True)
        if self.aliases().get("shadow") == name:
            self.workspace.shadow_file.unlink()

    def _before(self) -> list[str]:
        """The champions that were replaced, the latest last."""
        file = self.workspace.champions_before
        if not file.exists():
            return []
        names = file.read_text(encoding="utf-8").split("\n")
        return [name for name in names if name]

    def _marked(self, mark: Path, remedy: str) -> Path | None:
        """The artefact folder of the model that a file names; None where there is no file."""
        if not mark.exists():
            return None
        name = mark.read_text(encoding="utf-8").strip()
        if not self._has(name):
            raise Rejected([Problem((str(mark),), "unknown", f"names a model that is not there: {name!r}", remedy)])
        return self.workspace.models / name

    def _check_there(self, name: str) -> None:
        """Raise Rejected where there is no model of this name."""
        if not self._has(name):
            there = ", ".join(self.names()) or "none yet"
            what, remedy = f"has no model {name!r}", f"Choose one of: {there}"
            raise Rejected([Problem((str(self.workspace.models),), "unknown", what, remedy)])

    def _has(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and (self.workspace.models / name / MANIFEST).is_file()


def load_model(folder: Path, features_hash: str) -> Model:
    """The ranker in an artefact folder, of whatever kind.

    Raises:
        Rejected: it is damaged, or was trained on other features than those of the declaration in use.
    """
    from recommender.ranking.model import read_model  # only verbs that use a model load it

    return read_model(read_artefact(folder), features_hash)


def read_artefact(folder: Path) -> Mapping[str, bytes]:
    """Read an artefact folder into memory: the manifest and exactly the files it lists, by name.

    Checksums are checked where the bytes are turned into a model, so bytes from elsewhere are checked too.

    Raises:
        Rejected: the manifest is missing or unreadable, or a file it lists is missing, or lies outside the folder.
    """
    manifest = folder / MANIFEST
    try:
        document = strict_json.parse(manifest.read_bytes())
    except (OSError, strict_json.MalformedError) as failure:
        raise Rejected(
            [Problem((str(manifest),), "invalid", f"is not a manifest: {failure}", "Train the model again")]
        ) from failure
    files = document.get("files") if isinstance(document, dict) else None
    if not isinstance(files, dict):
        raise Rejected(
            [Problem((str(manifest),), "invalid", "is not a manifest: it lists no files", "Train the model again")]
        )
    names = sorted(files)
    problems = [
        Problem((str(manifest), "files"), "invalid", f"{name!r} is not a file of this folder", "Train the model again")
        for name in names
        if not _NAME.fullmatch(name) or not (folder / name).is_file()
    ]
    if problems:
        raise Rejected(problems)
    return {name: (folder / name).read_bytes() for name in (MANIFEST, *names)}
