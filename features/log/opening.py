"""Opening: a database is seen to be of this version, and to lack nobody's erasure, in the transaction that reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from features.log.database import Database
from features.log.schema import TableSchema
from features.log.tombstones import ErasureKey, Tombstones


class Guard(Protocol):
    """Sees that a database lacks nobody's erasure."""

    def lists(self, tombstones: Tombstones) -> bool:
        """Whether exactly the tombstones that a database has are listed beside it."""
        ...

    def bring_up(self, database: Database) -> ErasureKey | None:
        """Apply to a database what it lacks, and list what it has; raises Rejected where it cannot."""
        ...

    def key(self) -> ErasureKey | None:
        """The key of tombstones; None where nobody was ever erased."""
        ...


class OpenedTables(NamedTuple):
    """What is read and written through, and the key of tombstones; None where nobody was ever erased."""

    connection: sa.Connection
    key: ErasureKey | None


@contextmanager
def opened(
    database: Database, schemas: Sequence[TableSchema], guard: Guard | None = None, *, writes: bool = False
) -> Iterator[OpenedTables]:
    """Open some tables of a database in one transaction; they are begun where they are not there.

    Args:
        database: which has them, or is to.
        schemas: of which tables.
        guard: asked before anything else is read.
        writes: whether the transaction writes, and is kept when the block ends and not when it raises.

    Raises:
        Rejected: the database cannot be used, or its tables are of another version.
    """
    for made in (False, True):
        with database.writing() if writes else database.reading() as connection:
            newest = made or all(one.is_newest(connection) for one in schemas)
            if made or (newest and (guard is None or guard.lists(Tombstones(connection, None)))):
                yield OpenedTables(connection, None if guard is None else guard.key())
                return
        database.prepare(*schemas)
        if guard is not None:
            guard.bring_up(database)
