"""Erasure: everything kept about a person is deleted, and a keyed tombstone keeps it from coming back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from features.log.rows import KIN, member_text, renamed, stated_in
from features.log.tombstones import ErasureKey, Tombstones
from serving.records.decision_log import DecisionLog
from serving.records.migrations import SERVICE
from serving.records.service_tables import ACTS, REQUESTS
from serving.records.store import ServiceStore

_CITIZEN = "citizen"


@dataclass(frozen=True)
class ErasedRows:
    """What was deleted of a person.

    Attributes:
        events: how many events were the person's own, or named the person and name somebody unknown now.
        records: how many rows of each of the service's tables were deleted, by the table.
    """

    events: int
    records: dict[str, int]


def erase(store: ServiceStore, person: str, key: ErasureKey) -> ErasedRows:
    """Delete a person's events and every row of the service that is about them; leave the tombstones.

    In events of others a fresh name that nothing connects with the person stands in place of theirs.

    Args:
        store: to be written.
        person: the person's id, as it stands in events.
        key: of the tombstones.
    """
    decided = DecisionLog(store.connection).ids_of(person) if SERVICE.revision_of(store.connection) else ()
    gone = [key.digest("person", person), *(key.digest("decision", one) for one in decided)]
    done = erase_rows(store, person, key.alias())
    Tombstones(store.connection, key).write(gone)
    return done


def erase_rows(store: ServiceStore, person: str, alias: str) -> ErasedRows:
    """Delete a person's rows and nothing else: what there is to do in a copy, of whatever schema."""
    records = {}
    for table in _personal_tables(store):
        mine = sa.delete(table).where(table.c.citizen == person)
        if count := store.connection.execute(mine).rowcount:
            records[table.name] = count
    _rename_in_requests(store.connection, person, alias)
    return ErasedRows(store.log.erase(person, alias), records)


def _rename_in_requests(connection: sa.Connection, person: str, alias: str) -> None:
    """Name a person otherwise in what others claim of their household, and in what was done for others."""
    if sa.inspect(connection).has_table(ACTS.name):
        connection.execute(sa.update(ACTS).where(ACTS.c.actor == person).values(actor=alias))
    for id_, body in _claims(connection, member_text(person)):
        if person in stated_in(body):
            changed, _ = renamed(body, "", {person: alias})
            connection.execute(sa.update(REQUESTS).where(REQUESTS.c.id == id_).values(body=changed))


def _claims(connection: sa.Connection, text: str) -> Sequence[tuple[str, str]]:
    """The ids and bodies of the requests in which some text stands, in whichever case."""
    if not sa.inspect(connection).has_table(REQUESTS.name):  # a copy of an older schema
        return ()
    query = sa.select(REQUESTS.c.id, REQUESTS.c.body).where(REQUESTS.c.body.contains(text, autoescape=True))
    return [(id_, body) for id_, body in connection.execute(query)]


def knows(store: ServiceStore, person: str) -> bool:
    """Whether the log, a record or a request is about a person or lists them as a member of a household."""
    tables = _personal_tables(store)
    asked = (sa.select(table.c.citizen).where(table.c.citizen == person).limit(1) for table in tables)
    claims = _claims(store.connection, member_text(person))
    return (
        store.log.names(person)
        or any(store.connection.execute(one).first() for one in asked)
        or any(person in stated_in(body) for _, body in claims)
    )


def apply(store: ServiceStore, digests: frozenset[str], key: ErasureKey) -> int:
    """Erase everybody again whose tombstone is among these, as in a database that was restored from a backup.

    Returns:
        How many people were erased.
    """
    found = [person for person in _everybody(store) if key.digest("person", person) in digests]
    for person in found:
        erase(store, person, key)
    Tombstones(store.connection, key).write(digests)
    return len(found)


def _everybody(store: ServiceStore) -> Iterator[str]:
    """Everybody whom the log, a record or a request names."""
    seen = set(store.log.named())
    seen.update(name for _, body in _claims(store.connection, KIN) for name in stated_in(body))
    for table in _personal_tables(store):
        seen.update(store.connection.execute(sa.select(table.c.citizen).distinct()).scalars())
    yield from sorted(seen)


def _personal_tables(store: ServiceStore) -> list[sa.Table]:
    """Every table of the database that has a column of citizens, whoever declared it."""
    inspected, held = sa.inspect(store.connection), sa.MetaData()
    names = inspected.get_table_names()
    columns = {name: [column["name"] for column in inspected.get_columns(name)] for name in names}
    return [
        sa.Table(name, held, *(sa.Column(column) for column in columns[name]))
        for name in names
        if _CITIZEN in columns[name]
    ]
