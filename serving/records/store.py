"""The store of a service: its event log and its own tables in one database, read and written in one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import sqlalchemy as sa

from features.log.database import Database
from features.log.event_log import EventLog
from features.log.migrations import EVENT_LOG
from features.log.opening import Guard, opened
from features.log.tombstones import ErasureKey, Tombstones
from serving.records.migrations import SERVICE

_SCHEMAS: Final = (EVENT_LOG, SERVICE)


@dataclass(frozen=True)
class ServiceStore:
    """One transaction over everything that a service keeps.

    An event, a decision, an offer and an outgoing message written through one store are all on disk when its block
    ends, or (when it raises) none of them.

    >>> database = Database("sqlite://")
    >>> with writing(database) as store:
    ...     sorted(sa.inspect(store.connection).get_table_names())[:2]
    ['actions', 'acts']
    >>> database.close()

    Attributes:
        connection: what the service's tables are read and written through.
        key: the key of tombstones; None where nobody was ever erased.
    """

    connection: sa.Connection
    key: ErasureKey | None = None

    @cached_property
    def log(self) -> EventLog:
        """The event log within the same transaction."""
        return EventLog(self.connection, self.key)

    def erased(self, people: Sequence[str]) -> frozenset[str]:
        """Who of these was erased: nothing about them is written, though it was worked out before they were.

        Raises:
            Rejected: somebody was erased, and the key of tombstones is not there.
        """
        return Tombstones(self.connection, self.key).erased("person", people) if people else frozenset()


def begin(database: Database) -> None:
    """Begin the tables that are not there; raises Rejected where some are of another version."""
    database.prepare(*_SCHEMAS)


@contextmanager
def reading(database: Database, guard: Guard | None = None) -> Iterator[ServiceStore]:
    """The store as it is at one instant; its tables are begun where they are not there.

    Args:
        database: which holds it, or is to.
        guard: asked before anything is read.

    Raises:
        Rejected: the database cannot be read, or its tables are of another version.
    """
    with opened(database, _SCHEMAS, guard) as found:
        yield ServiceStore(*found)


@contextmanager
def writing(database: Database, guard: Guard | None = None) -> Iterator[ServiceStore]:
    """The store, to be written: kept when the block ends, and not when it raises; otherwise as `reading`."""
    with opened(database, _SCHEMAS, guard, writes=True) as found:
        yield ServiceStore(*found)
