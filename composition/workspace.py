"""The home: the folder where one deployment keeps its event log, models, keys and MLflow files.

events.db      the event log (SQLite), unless PROFFER_DATABASE_URL names another database
models/NAME/   one artefact each: manifest.json and the files it lists
champion       the name of the model that `recommend`, `score` and `serve` use
ledger/        the privacy ledger and its keys
population/    the people who do not exist whom `demo` made
stamps         checksums of the stamps of people who were made here, or of whom some were made again
keys/          secrets of the service, readable by their owner only
mlflow.db      MLflow's tracking store, and mlflow/ its files
reports/       what `evaluate` and `demo` leave to read
cache/         YAML files parsed before; safe to delete
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from features.problem import Problem, Rejected
from features.whole_file import write_whole

if TYPE_CHECKING:
    from composition.document_cache import DocumentCache
    from features.log.database import Database
    from features.log.event_log import EventLog

MANIFEST = "manifest.json"
DATABASE_URL = "PROFFER_DATABASE_URL"  # from the environment alone: it may hold a password
NOBODY = "none"  # `--model none`: rank by the rules alone
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_PRIVATE_FOLDER = 0o700  # the log holds personal data


@dataclass(frozen=True)
class Workspace:
    """The paths of one home; nothing is made on disk before something is written."""

    path: Path

    @property
    def on_server(self) -> bool:
        """Whether the event log is in the database that the environment names, and not in a file of this home."""
        return bool(os.environ.get(DATABASE_URL))

    @property
    def database(self) -> Database:
        """The database of the event log, not opened yet: the server that the environment names, or a file here.

        Raises:
            Rejected: the environment holds no URL of a database that can be used.
        """
        from features.log.database import Database  # SQLAlchemy is loaded only by who reads or writes events

        if self.on_server:
            return Database(os.environ[DATABASE_URL], DATABASE_URL)
        path = self.path.resolve() / "events.db"
        return Database(f"sqlite:///{path}", str(path))

    @property
    def cache(self) -> DocumentCache:
        """Documents parsed before, kept for the sake of speed alone."""
        from composition.document_cache import DocumentCache

        return DocumentCache(self.path / "cache")

    @property
    def has_events(self) -> bool:
        """Whether an event log was ever begun here."""
        if not self.on_server:
            return (self.path / "events.db").exists()
        with contextlib.closing(self.database) as database:
            return database.revision() is not None

    @contextmanager
    def log(self) -> Iterator[EventLog]:
        """The event log as it is at one instant, to be read; it is begun if it is not there."""
        from features.log.event_log import EventLog

        with contextlib.closing(self.database) as database:
            database.prepare()
            with database.reading() as connection:
                yield EventLog(connection)

    @contextmanager
    def log_to_write(self) -> Iterator[EventLog]:
        """The event log, to be written: what was written is kept when the block ends, and not when it raises."""
        from features.log.event_log import EventLog

        with contextlib.closing(self.database) as database:
            database.prepare()
            with database.writing() as connection:
                yield EventLog(connection)

    @property
    def models(self) -> Path:
        """The folder of artefacts."""
        return self.path / "models"

    @property
    def reports(self) -> Path:
        """The folder of reports and pictures."""
        return self.path / "reports"

    @property
    def keys(self) -> Path:
        """The folder of secrets."""
        return self.path / "keys"

    @property
    def ledger(self) -> Path:
        """The folder of the privacy ledger."""
        return self.path / "ledger"

    @property
    def population(self) -> Path:
        """The folder of the people who do not exist whom `demo` made."""
        return self.path / "population"

    @property
    def stamps(self) -> Path:
        """The file of stamps that need not be doubted."""
        return self.path / "stamps"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow tracking URI."""
        return f"sqlite:///{self.path.resolve() / 'mlflow.db'}"

    @property
    def mlflow_files(self) -> Path:
        """Where MLflow keeps the files of its runs."""
        return self.path.resolve() / "mlflow"

    def begin(self) -> Workspace:
        """Make the folder, for its owner only, if it is not there yet; call it before the first write."""
        if not self.path.is_dir():
            self.path.mkdir(mode=_PRIVATE_FOLDER, parents=True)
        return self

    def folder(self, path: Path) -> Path:
        """Make one of the home's own folders, for its owner only, and return it."""
        self.begin()
        path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        return path

    def champion(self) -> Path | None:
        """The artefact folder of the promoted model, or None when none was promoted.

        Raises:
            Rejected: the champion file names a model that is not there.
        """
        mark = self.path / "champion"
        if not mark.exists():
            return None
        name = mark.read_text(encoding="utf-8").strip()
        artefact = self.models / name
        if not _NAME.fullmatch(name) or not (artefact / MANIFEST).is_file():
            raise Rejected(
                [
                    Problem(
                        (str(mark),), "unknown", f"names a model that is not there: {name!r}", "Run `proffer promote`"
                    )
                ]
            )
        return artefact

    def crown(self, name: str) -> None:
        """Make the model called `name` the champion, in one atomic step.

        Raises:
            Rejected: there is no such model in this home.
        """
        if not _NAME.fullmatch(name) or not (self.models / name / MANIFEST).is_file():
            there = ", ".join(self.model_names()) or "none yet"
            raise Rejected(
                [Problem((str(self.models),), "unknown", f"has no model {name!r}", f"Choose one of: {there}")]
            )
        write_whole(self.begin().path / "champion", f"{name}\n".encode())

    def model_names(self) -> tuple[str, ...]:
        """The names of the models in this home, sorted."""
        return tuple(sorted(found.parent.name for found in self.models.glob(f"*/{MANIFEST}")))

    def model(self, chosen: str | None) -> Path | None:
        """The artefact folder that `--model` means: a path, a model's name, `none`, or (absent) the champion.

        Raises:
            Rejected: there is no artefact at the path and no model of that name.
        """
        if chosen is None:
            return self.champion()
        if chosen == NOBODY:
            return None
        for artefact in (Path(chosen), self.models / chosen):
            if (artefact / MANIFEST).is_file():
                return artefact
        raise Rejected(
            [
                Problem(
                    (chosen,), "missing", f"holds no model: there is no {MANIFEST}", "Give the folder `train` reported"
                )
            ]
        )


def read_artefact(folder: Path) -> Mapping[str, bytes]:
    """Read an artefact folder into memory: the manifest and exactly the files it lists, by name.

    Checksums are checked by whoever turns the bytes into a model, so bytes from elsewhere are checked too.

    Raises:
        Rejected: the manifest is missing or unreadable, or a file it lists is missing, or lies outside the folder.
    """
    manifest = folder / MANIFEST
    try:
        names = sorted(json.loads(manifest.read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise Rejected(
            [Problem((str(manifest),), "invalid", f"is not a manifest ({failure})", "Train the model again")]
        ) from failure
    problems = [
        Problem((str(manifest), "files"), "invalid", f"{name!r} is not a file of this folder", "Train the model again")
        for name in names
        if not _NAME.fullmatch(name) or not (folder / name).is_file()
    ]
    if problems:
        raise Rejected(problems)
    return {name: (folder / name).read_bytes() for name in (MANIFEST, *names)}
