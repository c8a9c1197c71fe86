"""Kept engines: one engine for each database of a process, whose connections are used again while it is the same."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.whole_file import OWNER_ONLY

WRITES: Final = "writes"
"""The execution option of a connection whose transaction writes."""
DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
MOST_ENGINES: Final = 8
IDLE: Final = 3
"""So many connections to a database are kept by a process; more are opened where they are needed, and closed."""
_BEYOND: Final = 12
_OLD_SECONDS: Final = 600
_WRITER: Final = 7_766_337  # the advisory lock of PostgreSQL that one writer at a time holds
_READING_KIB: Final = 8_192
_WRITING_KIB: Final = 262_144
_FAILURES: Final = ("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")
_FILE: Final = "file"
_WIDE: Final = "wide"
_Key = tuple[str, int]


class KeptEngines:
    """The engines of a process, by URL and patience; the one that was used longest ago gives way.

    A child of a fork begins anew: what its parent opened it neither uses nor closes, since SQLite's locks and a
    server's sessions are the parent's.
    """

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._engines: dict[_Key, sa.Engine] = {}
        self._lock = threading.Lock()
        self._of_parent: list[object] = []
        os.register_at_fork(after_in_child=self.begin_anew)
        atexit.register(self.close)

    def of(self, url: sa.URL, patience: int) -> sa.Engine:
        """The engine of a database, made where there is none."""
        key = url.render_as_string(hide_password=False), patience
        with self._lock:
            if (found := self._engines.pop(key, None)) is None:
                found = made_engine(url, patience)
            self._engines[key] = found
            left = [self._engines.pop(next(iter(self._engines)))] if len(self._engines) > MOST_ENGINES else []
        for one in left:
            one.dispose()
        return found

    def close(self) -> None:
        """Close every connection that nobody uses."""
        for one in list(self._engines.values()):
            one.dispose()

    def begin_anew(self) -> None:
        """Leave what a parent opened as it is."""
        self._of_parent += [one.pool for one in self._engines.values()]  # to be collected is to be closed
        self._engines, self._lock = {}, threading.Lock()


def made_engine(url: sa.URL, patience: int) -> sa.Engine:
    """An engine of its own, of whose connections at most IDLE are kept; a database in memory is its one connection."""
    kind, file = url.get_backend_name(), url.database not in (None, "", ":memory:")
    given: dict[str, Any] = {"poolclass": sa.pool.StaticPool}
    if kind != "sqlite" or file:
        given = {"pool_size": IDLE, "max_overflow": _BEYOND, "pool_use_lifo": True}
    if kind != "sqlite":  # a server that was restarted is noticed, and no session is held for ever
        given |= {"pool_pre_ping": True, "pool_recycle": _OLD_SECONDS}
    engine = sa.create_engine(url.set(drivername=DRIVERS[kind]), hide_parameters=True, **given)
    if kind == "sqlite":
        sa.event.listen(engine, "connect", partial(_connected, patience=patience))
    if kind == "sqlite" and file:
        opened = OpenedFile(str(url.database))
        sa.event.listen(engine, "do_connect", opened.opening)
        sa.event.listen(engine, "checkout", opened.taken)
        sa.event.listen(engine, "checkin", opened.given_back)
        sa.event.listen(engine, "handle_error", opened.failed)
    sa.event.listen(engine, "begin", partial(_BEGIN[kind], patience=patience))
    return engine


@dataclass
class OpenedFile:
    """The file of connections: each is used again only while its path leads to what it opened and the file serves.

    Attributes:
        path: of the file.
        failures: how often it could not be read or written.
    """

    path: str
    failures: int = 0

    @property
    def identity(self) -> tuple[int, int, int] | None:
        """What the path leads to now, as opened since it failed last; None where that is nothing."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - for each request
        except OSError:
            return None
        return found.st_dev, found.st_ino, self.failures

    def failed(self, context: sa.engine.ExceptionContext) -> None:
        """Have every connection opened anew: SQLite takes a file that could not be written once for read-only."""
        name = str(getattr(context.original_exception, "sqlite_errorname", ""))
        self.failures += name.startswith(_FAILURES)

    def opening(self, _dialect: object, record: Any, *_told: object) -> None:
        """Make a file that is not there for its owner only, before SQLite makes it for whomever the umask lets."""
        with suppress(OSError):  # that it is there, or cannot be made, SQLite says itself
            Path(self.path).touch(mode=OWNER_ONLY, exist_ok=False)
        record.info[_FILE] = self.identity  # before it is opened: one that is put in its place meanwhile is noticed

    def taken(self, _connection: object, record: Any, _proxy: object) -> None:
        """Have the file opened anew where it is gone or another is in its place, as after a restore."""
        if record.info.get(_FILE) != self.identity:
            raise sa.exc.DisconnectionError

    def given_back(self, connection: Any, record: Any) -> None:
        """Let go of what a writer kept in memory."""
        if record.info.pop(_WIDE, False) and connection is not None:
            connection.execute(f"PRAGMA cache_size = -{_READING_KIB}")


def _connected(connection: Any, _record: object, *, patience: int) -> None:
    """Let SQLAlchemy say where a transaction begins, wait for another writer, and overwrite what is erased."""
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {patience * 1000}")
    connection.execute(f"PRAGMA cache_size = -{_READING_KIB}")
    connection.execute("PRAGMA secure_delete = ON")


def _begin_sqlite(connection: sa.Connection, **_patience: int) -> None:
    """Begin to read, or to write.

    Changed pages stay in memory up to the size of the cache: until they do not fit, or are committed, readers go on.
    """
    if not connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN")
        return
    connection.info[_WIDE] = True
    connection.exec_driver_sql(f"PRAGMA cache_size = -{_WRITING_KIB}")
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: sa.Connection, *, patience: int) -> None:
    if not connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1000 * patience, 1)}")  # milliseconds; 0 means for ever
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


_BEGIN: Final[Mapping[str, Callable[..., None]]] = {
    "sqlite": _begin_sqlite,
    "postgresql": _begin_postgresql,
}
ENGINES: Final = KeptEngines()
