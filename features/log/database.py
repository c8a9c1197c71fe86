"""The database of a deployment, SQLite or PostgreSQL: reading without a lock, and writing in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.log.migrations import EVENT_LOG
from features.log.schema import TableSchema
from features.problem import Code, Problem, Rejected
from features.whole_file import OWNER_ONLY

_WRITES: Final = "writes"
_DRIVERS: Final = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
_WRITER: Final = 7_766_337  # the advisory lock of PostgreSQL that one writer at a time holds
_WAIT_SECONDS: Final = 30
_CACHE_KIB: Final = 262_144
_MIGRATE: Final = "Run `proffer migrate`, which makes a backup first"


class Database:
    """One database, through one engine.

    Several writes share one commit when they use one connection of `writing`: all of them are on disk when the block
    ends, or (when it raises) none. One writer at a time holds a database, so that what it has read cannot change
    before it commits, and numbers rise in the order of commits. A reader sees one state of the database throughout its
    block and takes no lock that a writer needs in order to write; in SQLite a writer's commit waits until readers are
    done.

    >>> database = Database("sqlite://")
    >>> database.prepare()
    >>> with database.writing() as connection:
    ...     _ = connection.execute(sa.text("INSERT INTO others VALUES ('ann', 1)"))
    >>> with database.reading() as connection:
    ...     connection.execute(sa.text("SELECT person FROM others")).scalars().all()
    ['ann']
    >>> database.close()
    """

    def __init__(self, url: str, where: str = "the database", patience: int | None = None) -> None:
        """Take a SQLAlchemy URL; nothing is opened yet.

        Args:
            url: `sqlite:///PATH`, or `postgresql://USER:PASSWORD@HOST/NAME` (version 15 or newer).
            where: what problems call the database; the URL, which may hold a password, is never shown.
            patience: the seconds to wait for another writer; None for 30.

        Raises:
            Rejected: the URL is malformed, or names another kind of database.
            ModuleNotFoundError: its driver, psycopg, is not installed.
        """
        self.where = where
        self._url = _parsed(url, where)
        patience = _WAIT_SECONDS if patience is None else patience
        if self.in_memory:  # as long as its one connection, which nobody else is given
            self._engine = _engine(self._url, patience, sa.pool.StaticPool)
        else:
            self._engine = _shared_engine(self._url, patience)

    @property
    def in_memory(self) -> bool:
        """Whether it ends with the process."""
        return self._url.get_backend_name() == "sqlite" and self.file is None

    @property
    def file(self) -> Path | None:
        """The file of a SQLite database; None for one in memory or on a server."""
        kept = self._url.get_backend_name() == "sqlite" and self._url.database not in (None, "", ":memory:")
        return Path(str(self._url.database)) if kept else None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the database and changes nothing."""
        with self._refusing(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A connection whose writes are one transaction, which holds the database's only writing place throughout."""
        with self._refusing(), self._engine.connect() as connection:
            connection = connection.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection

    def prepare(self, *schemas: TableSchema) -> None:
        """Begin tables where there are none, and see that those that are there have the newest schema.

        Args:
            schemas: of which tables; without any, those of the event log.

        Raises:
            Rejected: tables are of an older schema, which `proffer migrate` changes, or of a newer one.
        """
        for schema in schemas or (EVENT_LOG,):
            revision = self.revision(schema)
            if revision is None:
                with self.writing() as connection:
                    schema.upgrade(connection)
            elif revision < schema.head:
                what = f"contains {schema.what} of schema {revision}, and this version reads {schema.head}"
                raise Rejected([Problem((self.where,), "invalid", what, _MIGRATE)])

    def revision(self, schema: TableSchema = EVENT_LOG) -> str | None:
        """Return the revision of some tables, None where they were not begun.

        Raises:
            Rejected: the schema is newer than this version.
        """
        with self.reading() as connection:
            found = schema.revision_of(connection)
        if found is not None and found > schema.head:
            what = f"contains {schema.what} of schema {found}, which is newer than this version"
            raise Rejected(
                [Problem((self.where,), "invalid", what, "Install the version of Proffer that made it, or a later one")]
            )
        return found

    def back_up(self, copy: Path) -> None:
        """Copy a SQLite database, as it is at one instant, into a new file that only its owner may read."""
        assert self.file is not None
        copy.touch(mode=OWNER_ONLY, exist_ok=False)
        try:
            with (
                self._refusing(),
                closing(sqlite3.connect(self.file)) as source,
                closing(sqlite3.connect(copy)) as kept,
            ):
                source.backup(kept)
        except BaseException:
            copy.unlink()
            raise

    def scrub(self) -> None:
        """Give up what was deleted: in a file nothing of it is left, on a server its place is free for other rows.

        A server keeps bytes of deleted rows in its files until they are overwritten, or until `VACUUM FULL`.
        """
        with self._refusing(), closing(self._engine.raw_connection()) as raw:
            driver: Any = raw.driver_connection
            if self._url.get_backend_name() == "sqlite":
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return
            driver.autocommit = True  # no transaction may hold it
            driver.execute("VACUUM")
            driver.autocommit = False

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _refusing(self) -> Iterator[None]:
        """Turn what stops a database into a problem without the statement, its values or the URL."""
        try:
            yield
        except sa.exc.DBAPIError as failure:
            problem = _problem(failure.orig, self.where)
            if problem is None:
                raise
            raise Rejected([problem]) from None
        except sqlite3.Error as failure:
            problem = _problem(failure, self.where)
            if problem is None:
                raise
            raise Rejected([problem]) from None


def _parsed(url: str, where: str) -> sa.URL:
    remedy = "Give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise Rejected([Problem((where,), "invalid", "is not the URL of a database", remedy)]) from None
    if parsed.drivername not in {*_DRIVERS, *_DRIVERS.values()}:
        raise Rejected([Problem((where,), "invalid", "is neither SQLite nor PostgreSQL", remedy)])
    return parsed


def _engine(url: sa.URL, patience: int, pool: type[sa.pool.Pool] | None = None) -> sa.Engine:
    kind = url.get_backend_name()
    engine = sa.create_engine(url.set(drivername=_DRIVERS[kind]), poolclass=pool, hide_parameters=True)
    if kind == "sqlite":
        sa.event.listen(engine, "do_connect", partial(_made, url.database))
        sa.event.listen(engine, "connect", partial(_connected, patience=patience))
    sa.event.listen(engine, "begin", partial(_BEGIN[kind], patience=patience))
    return engine


_shared_engine: Final = lru_cache(maxsize=8)(_engine)
"""A service opens its database for every request: the statements that were compiled once are kept, no connection is."""


def _made(database: str | None, *_told: object) -> None:
    """Make a file that is not there for its owner only, before SQLite makes it for whomever the umask lets read it."""
    if database and database != ":memory:":
        with suppress(OSError):  # that it is there, or cannot be made, SQLite says itself
            Path(database).touch(mode=OWNER_ONLY, exist_ok=False)


def _connected(connection: Any, _record: object, *, patience: int) -> None:
    """Let SQLAlchemy say where a transaction begins, wait for another writer, and overwrite what is erased.

    Changed pages stay in memory up to the size of the cache: until they do not fit, or are committed, readers go on.
    """
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {patience * 1000}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute("PRAGMA secure_delete = ON")


def _writes(connection: sa.Connection) -> bool:
    return bool(connection.get_execution_options().get(_WRITES))


def _begin_sqlite(connection: sa.Connection, **_patience: int) -> None:
    writes = _writes(connection)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: sa.Connection, *, patience: int) -> None:
    if not _writes(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1000 * patience, 1)}")  # milliseconds; 0 means for ever
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


_BEGIN: Final[Mapping[str, Callable[..., None]]] = {
    "sqlite": _begin_sqlite,
    "postgresql": _begin_postgresql,
}

_Words = tuple[Code, str, str]

_BUSY: Final[_Words] = (
    "unavailable",
    "another process has been writing for too long",
    "Wait until it is done, and try again",
)
_SQLITE: Final[Mapping[str, _Words]] = {
    "SQLITE_BUSY": _BUSY,
    "SQLITE_FULL": ("unreadable", "the disk is full: nothing was written", "Make room, and try again"),
    "SQLITE_READONLY": ("unreadable", "may not be written", "Check the permissions of the file and its folder"),
    "SQLITE_CANTOPEN": ("unreadable", "cannot be opened", "Check the path and the permissions of its folder"),
    "SQLITE_NOTADB": ("unreadable", "is not a SQLite database", "Check the path"),
    "SQLITE_CORRUPT": ("damaged", "is damaged", "Restore it from a backup"),
    "SQLITE_IOERR": ("unreadable", "cannot be read or written: the disk reports an error", "Check the disk"),
}
_POSTGRESQL: Final[Mapping[str, _Words]] = {
    "55P03": _BUSY,
    "53100": _SQLITE["SQLITE_FULL"],
    "25006": ("unreadable", "may not be written: the server is read-only", "Connect to the primary server"),
    "42501": ("refused", "may not be used by this user", "Grant the user the tables, or all rights in its schema"),
}


def _problem(failure: BaseException | None, where: str) -> Problem | None:
    """What stops a database, in words; None for what only a defect of the programme explains."""
    name = getattr(failure, "sqlite_errorname", None)
    if name is not None:
        found = next((said for code, said in _SQLITE.items() if str(name).startswith(code)), None)
        return Problem((where,), *found) if found else None
    state = str(getattr(failure, "sqlstate", None) or "")
    if state in _POSTGRESQL:
        return Problem((where,), *_POSTGRESQL[state])
    if type(failure).__name__ == "OperationalError" and state[:2] in ("", "08", "28", "3D", "57"):
        remedy = "Check that the server runs, and the address, user and password"
        return Problem((where,), "unavailable", "cannot be reached, or it refused the connection", remedy)
    return None
