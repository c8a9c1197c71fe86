"""The database of a deployment, SQLite or PostgreSQL: reading without a lock, and writing in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from features.log.kept_engine import DRIVERS, ENGINES, WRITES, made_engine
from features.log.migrations import EVENT_LOG
from features.log.schema import TableSchema
from features.problem import Code, Problem, Rejected
from features.whole_file import OWNER_ONLY

_WAIT_SECONDS: Final = 30
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
        # one in memory is as long as its one connection, which nobody else is given
        self._engine = made_engine(self._url, patience) if self.in_memory else ENGINES.of(self._url, patience)

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
            connection = connection.execution_options(**{WRITES: True})
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
        """Close the connections that nobody uses; otherwise they are kept for whoever opens the database next."""
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
    if parsed.drivername not in {*DRIVERS, *DRIVERS.values()}:
        raise Rejected([Problem((where,), "invalid", "is neither SQLite nor PostgreSQL", remedy)])
    return parsed


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
