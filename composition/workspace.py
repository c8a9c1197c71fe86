"""The workspace (`--home`): the folder where one deployment keeps its event log, models, keys and MLflow files.

events.db      the event log and the service's records (SQLite), unless PROFFER_DATABASE_URL names another database
models/NAME/   one artefact each: manifest.json and the files it lists
champions-before  the names of the champions before, the latest last, for `promote --rollback`
shadow         the name of the model that scores beside the champion and serves nobody
challenger     the name of the model that the gate refused last beside this champion
retraining/    a file for each run of `retrain`: what it was asked, and which stages are done
champion       the name of the model that `recommend`, `score` and `serve` use (composition/model_registry.py)
ledger/        the privacy ledger and its keys
population/    the synthetic people that `demo` made
story/         the home of the story that `demo --serve` tells, begun anew each time
keys/          secrets of the service, readable by their owner only
signed-out/    hashes of sessions of pages that were left, for two days
erased         the tombstones of erased people (composition/erasures.py)
mlflow.db      MLflow's tracking store, and mlflow/ its files: a copy of what models/ holds, read by people only
reach/         everybody's facts as columns of bits; reach-tables/ tables with noise that the ledger priced
reports/       what `evaluate` and `demo` leave to read
cache/         YAML files parsed and catalogues checked before; safe to delete
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from composition.erasures import Erasures
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY

if TYPE_CHECKING:
    from composition.document_cache import DocumentCache
    from features.log.database import Database
    from features.log.event_log import EventLog
    from serving.records.erasure import ErasedRows
    from serving.records.store import ServiceStore

DATABASE_URL = "PROFFER_DATABASE_URL"  # from the environment alone: it may hold a password
_PRIVATE_FOLDER = 0o700  # the log holds personal data
_OF_OTHERS = 0o077
_MARKS = frozenset(
    {"events.db", "keys", "erased", "ledger", "models", "champion", "stamps", "stops.yaml", "population"}
)
"""What a folder holds that was used as a home before."""


@dataclass(frozen=True)
class Workspace:
    """The paths of one home; nothing is made on disk before something is written."""

    path: Path
    patience: int | None = None
    """The seconds to wait for another process that writes to the event log; None for what is usual."""

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
        from features.log.database import Database  # SQLAlchemy is loaded only to read or write events

        if self.on_server:
            database = Database(os.environ[DATABASE_URL], DATABASE_URL, self.patience)
            if database.in_memory:
                what, remedy = "names a database in memory, which ends with the command", "Name a file or a server"
                raise Rejected([Problem((DATABASE_URL,), "invalid", what, remedy)])
            return database
        path = self.path.resolve() / "events.db"
        return Database(f"sqlite:///{path}", str(path), self.patience)

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
        return self.database.revision() is not None

    @contextmanager
    def log(self) -> Iterator[EventLog]:
        """The event log as it is at one instant, to be read; it is begun if it is not there."""
        from features.log.event_log import EventLog
        from features.log.migrations import EVENT_LOG
        from features.log.opening import opened

        self._close_to_others()
        with opened(self.database, (EVENT_LOG,), self.erasures) as found:
            yield EventLog(*found)

    @contextmanager
    def log_to_write(self) -> Iterator[EventLog]:
        """The event log, to be written: what was written is kept when the block ends, and not when it raises."""
        from features.log.event_log import EventLog
        from features.log.migrations import EVENT_LOG
        from features.log.opening import opened

        self.begin().sweep()
        with opened(self.database, (EVENT_LOG,), self.erasures, writes=True) as found:
            yield EventLog(*found)

    @contextmanager
    def store(self) -> Iterator[ServiceStore]:
        """The event log and what the service keeps beside it, as they are at one instant; begun if not there."""
        from serving.records import store  # loaded only where the service's own tables are read

        self._close_to_others()
        with store.reading(self.database, self.erasures) as opened:
            yield opened

    @contextmanager
    def store_to_write(self) -> Iterator[ServiceStore]:
        """The same, to be written: what was written is kept when the block ends, and not when it raises."""
        from serving.records import store

        self.begin().sweep()
        with store.writing(self.database, self.erasures) as opened:
            yield opened

    def knows(self, citizen: str) -> bool:
        """Whether anything is kept about a person."""
        if not self.has_events:
            return False
        from serving.records import erasure

        with self.store() as store:
            return erasure.knows(store, citizen) or citizen in self.erasures.people.named()

    def erase(self, citizen: str) -> ErasedRows:
        """Erase everything that the home keeps about a person: events, records, and both in backups made here.

        Raises:
            Rejected: the database cannot be written.
        """
        from features.log.database import Database
        from serving.records import store

        database = self.database
        store.begin(database)
        done = self.erasures.erase(database, citizen)
        for copy in self.path.glob("events.db.schema-*"):
            with contextlib.closing(Database(f"sqlite:///{copy}", str(copy), self.patience)) as older:
                self.erasures.erase_copy(older, citizen)
        shutil.rmtree(self.reach, ignore_errors=True)  # it holds everybody's facts, and is made again when asked for
        return done

    def sweep(self) -> None:
        """Remove plain copies of the log that an earlier version left here when it was killed while it read them."""
        for left in self.path.glob(".log.*"):
            shutil.rmtree(left, ignore_errors=True)

    @property
    def reach(self) -> Path:
        """The folder of everybody's facts as columns of bits, over which rules are counted."""
        return self.path / "reach"

    @property
    def reach_tables(self) -> Path:
        """The folder of noised tables, each released and paid for once."""
        return self.path / "reach-tables"

    @property
    def erasures(self) -> Erasures:
        """Who was erased here."""
        return Erasures(self.path)

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
        """The folder of the synthetic people that `demo` made."""
        return self.path / "population"

    @property
    def mlflow_uri(self) -> str:
        """The MLflow tracking URI."""
        return f"sqlite:///{self.path.resolve() / 'mlflow.db'}"

    @property
    def mlflow_files(self) -> Path:
        """Where MLflow keeps the files of its runs."""
        return self.path.resolve() / "mlflow"

    @property
    def champion_file(self) -> Path:
        """The file that names the promoted model."""
        return self.path / "champion"

    @property
    def shadow_file(self) -> Path:
        """The file that names the model that scores beside the champion."""
        return self.path / "shadow"

    @property
    def challenger_file(self) -> Path:
        """The file that names the model that the gate refused last beside this champion."""
        return self.path / "challenger"

    @property
    def retraining(self) -> Path:
        """The folder of the runs of `retrain`."""
        return self.path / "retraining"

    @property
    def champions_before(self) -> Path:
        """The file that names the models that were promoted before it, the latest last."""
        return self.path / "champions-before"

    @contextmanager
    def alone(self, task: str, *, wait: bool = False) -> Iterator[None]:
        """Hold this home's lock for a task, such as `demo`; the system gives it back however the process ends.

        Args:
            task: names the lock; tasks of other names do not hinder each other.
            wait: wait for another process instead of refusing.

        Raises:
            Rejected: another process holds it.
        """
        from features.whole_file import locked

        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked(self.begin().path / f".{task}.lock", wait=wait))
            except BlockingIOError:
                what = f"another `proffer {task}` is writing to this home"
                remedy = "Wait until it is done, or choose another --home"
                raise Rejected([Problem((str(self.path),), "unavailable", what, remedy)]) from None
            yield

    def begin(self) -> Workspace:
        """Make the folder, for its owner only, if it is not there yet; call it before the first write.

        Raises:
            Rejected: it is there, open to other users, and not a home that can be closed to them.
        """
        if not self.path.is_dir():
            self.path.mkdir(mode=_PRIVATE_FOLDER, parents=True)
        self._close_to_others()
        return self

    def _close_to_others(self) -> None:
        """Take away what others may do in a home that was made otherwise, saying so; leave every other folder alone."""
        if not self.path.is_dir() or not self.path.stat().st_mode & _OF_OTHERS:
            return
        held = {one.name for one in self.path.iterdir()}
        what, remedy = "can be read by other users of this machine", "Choose a folder of its own, which is made for you"
        if held and held.isdisjoint(_MARKS):
            raise Rejected([Problem((str(self.path),), "refused", f"{what}, and is no home", remedy)])
        try:
            self.path.chmod(_PRIVATE_FOLDER)
            for file in self.path.glob("events.db*"):
                file.chmod(OWNER_ONLY)
        except OSError:
            raise Rejected([Problem((str(self.path),), "refused", f"{what}, and cannot be closed", remedy)]) from None
        sys.stderr.write(f"{self.path}: other users could read this home; it is for its owner only now (mode 0700)\n")

    def folder(self, path: Path) -> Path:
        """Make one of the home's own folders, for its owner only, and return it."""
        self.begin()
        path.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        return path
