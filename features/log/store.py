"""The event log: append-only for corrections, not for erasure, on SQLAlchemy Core (SQLite)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert

from features.log.event import Event
from features.log.history import conflict
from features.problem import Problem

_CHUNK: Final = 10_000
_JSON: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
_ASKED: Final = 400  # keys named in one query, below what every SQLite allows

_Asked = TypeVar("_Asked")

_METADATA: Final = sa.MetaData()
_EVENTS: Final = sa.Table(
    "events",
    _METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("time", sa.BigInteger, nullable=False),
    sa.Column("recorded", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.Column("about", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("source", "id"),
)
_APPEND: Final = str(insert(_EVENTS).on_conflict_do_nothing().compile(dialect=sqlite.dialect()))
_OTHERS: Final = sa.Table(  # the people an event touches besides its subject
    "others",
    _METADATA,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
)
_ACTIONS: Final = sa.Table(  # what each correction and retraction acts on
    "actions",
    _METADATA,
    sa.Column("target_source", sa.Text, primary_key=True),
    sa.Column("target_id", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
)
_FIELDS: Final = ("id", "source", "subject", "type", "time", "recorded", "data", "about")


@dataclass(frozen=True)
class Ingested:
    """What became of events handed to the log.

    Attributes:
        accepted: how many were new.
        duplicates: how many were there already, saying the same.
        conflicts: one problem for each that was there already, saying something else; those were not written.
    """

    accepted: int
    duplicates: int
    conflicts: tuple[Problem, ...] = ()


class EventLog:
    """Every event of a deployment, in one SQLite file.

    Each `append` and each `erase` is one transaction, on disk when the call returns.

    >>> log = EventLog("sqlite://")
    >>> log.append([Event("1", "registry", "ann", "life.moved", 0, 0)])
    Ingested(accepted=1, duplicates=0, conflicts=())
    >>> [event.subject for event in log.events()]
    ['ann']
    >>> log.close()
    """

    def __init__(self, url: str) -> None:
        """Open the log at a SQLAlchemy URL such as `sqlite:///events.db`, making it if it is not there."""
        pool = sa.pool.StaticPool if url in ("sqlite://", "sqlite:///:memory:") else None
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=pool)
        sa.event.listen(self._engine, "connect", _prepared)
        with self._writing() as connection:
            _METADATA.create_all(connection)

    def append(self, events: Iterable[Event]) -> Ingested:
        """Write the events that are new, all of them or (when this raises) none."""
        accepted, duplicates, conflicts = 0, 0, []
        stream = iter(events)
        with self._writing() as connection:
            while chunk := list(islice(stream, _CHUNK)):
                new = _insert(connection, chunk)
                accepted += len(new)
                old = _not_in(chunk, new)
                hashes = _hashes(connection, old)
                differing = [conflict(event) for event in old if hashes[event.key] != event.body_hash]
                duplicates += len(old) - len(differing)
                conflicts += differing
        return Ingested(accepted, duplicates, tuple(conflicts))

    def events(self, people: Sequence[str] | None = None, recorded_before: int | None = None) -> Iterator[Event]:
        """Yield events in the order in which they came, with everything that corrects or retracts them.

        Args:
            people: only events that touch one of them; None for everybody's.
            recorded_before: only what was recorded before this UTC second.
        """
        query = sa.select(*(_EVENTS.c[name] for name in _FIELDS)).order_by(_EVENTS.c.number)
        if recorded_before is not None:
            query = query.where(_EVENTS.c.recorded < recorded_before)
        with self._engine.connect() as connection:
            if people is None:
                yield from map(_event, connection.execution_options(yield_per=_CHUNK).execute(query))
                return
            for numbers in _portions(sorted(_touching(connection, people))):
                yield from map(_event, connection.execute(query.where(_EVENTS.c.number.in_(numbers))))

    def count(self) -> int:
        """How many events there are, corrections and retractions among them; none is read."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(_EVENTS)).scalar_one())

    def people(self) -> tuple[str, ...]:
        """Return everybody an event touches, sorted."""
        subjects, others = sa.select(_EVENTS.c.subject), sa.select(_OTHERS.c.person)
        with self._engine.connect() as connection:
            return tuple(sorted(connection.execute(sa.union(subjects, others)).scalars()))

    def erase(self, person: str) -> int:
        """Physically delete a person's events, and their name from events of others; return how many that were."""
        with self._writing() as connection:
            own = list(connection.execute(sa.select(_EVENTS.c.number).where(_EVENTS.c.subject == person)).scalars())
            others = sa.select(_OTHERS.c.number).where(_OTHERS.c.person == person)
            named = list(connection.execute(others).scalars())
            for number in named:
                _forget(connection, number, person)
            for numbers in _portions(own):
                for table in (_EVENTS, _OTHERS, _ACTIONS):
                    connection.execute(sa.delete(table).where(table.c.number.in_(numbers)))
            connection.execute(sa.delete(_OTHERS).where(_OTHERS.c.person == person))
            return len({*own, *named})

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """One transaction that holds the write lock from its beginning, so that nothing it read can change."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.exec_driver_sql("ROLLBACK")
                raise
            connection.exec_driver_sql("COMMIT")


def _prepared(connection: Any, _record: object) -> None:
    """Wait for another writer rather than fail, and overwrite what is erased."""
    connection.execute("PRAGMA busy_timeout = 30000")
    connection.execute("PRAGMA secure_delete = ON")


def _insert(connection: sa.Connection, events: Sequence[Event]) -> set[tuple[str, str]]:
    """Write what is new of a chunk; return the keys of it."""
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(_EVENTS.c.number), 0))).scalar_one()
    rows = [_written(event, number) for number, event in enumerate(events, last + 1)]
    connection.exec_driver_sql(_APPEND, rows)  # tuples: preparing a dictionary for each takes longer than writing it
    query = sa.select(_EVENTS.c.number).where(_EVENTS.c.number > last)
    written_as = {number: events[number - last - 1] for number in connection.execute(query).scalars()}
    others = [
        {"person": person, "number": number} for number, event in written_as.items() for person in event.people[1:]
    ]  # fmt: skip
    actions = [
        {"target_source": event.target[0], "target_id": event.target[1], "number": number}
        for number, event in written_as.items() if event.target
    ]  # fmt: skip
    for table, written in ((_OTHERS, others), (_ACTIONS, actions)):
        if written:
            connection.execute(sa.insert(table), written)
    return {event.key for event in written_as.values()}


def _not_in(events: Sequence[Event], new: set[tuple[str, str]]) -> list[Event]:
    """The events of a chunk that were not written: those not new, and those that came after one of the same key."""
    left, old = set(new), []
    for event in events:
        if event.key in left:
            left.remove(event.key)
        else:
            old.append(event)
    return old


def _written(event: Event, number: int) -> tuple[object, ...]:
    """The cells of an event, in the order of the table's columns."""
    return (
        number, event.source, event.id, event.subject, event.type, event.time, event.recorded, event.payload,
        _text(event.about), event.body_hash,
    )  # fmt: skip


def _text(value: object) -> str:
    return _JSON.encode(value) if value else ""


def _event(row: sa.Row[Any]) -> Event:
    data = json.loads(row.data) if row.data else {}
    about = tuple((person, role) for person, role in json.loads(row.about)) if row.about else ()
    return Event(row.id, row.source, row.subject, row.type, row.time, row.recorded, data, about)


def _hashes(connection: sa.Connection, events: Sequence[Event]) -> dict[tuple[str, str], str]:
    """What the log holds under the keys of these events."""
    found: dict[tuple[str, str], str] = {}
    key = sa.tuple_(_EVENTS.c.source, _EVENTS.c.id)
    for some in _portions([event.key for event in events]):
        query = sa.select(_EVENTS.c.source, _EVENTS.c.id, _EVENTS.c.hash).where(key.in_(some))
        found.update({(source, name): digest for source, name, digest in connection.execute(query)})
    return found


def _portions(listed: Sequence[_Asked]) -> Iterator[Sequence[_Asked]]:
    for begin in range(0, len(listed), _ASKED):
        yield listed[begin : begin + _ASKED]


def _touching(connection: sa.Connection, people: Sequence[str]) -> set[int]:
    """The events that touch one of these people, and all that acts on them or that they act on, round and round."""
    found: set[int] = set()
    for some in _portions(people):
        for column, table in ((_EVENTS.c.subject, _EVENTS), (_OTHERS.c.person, _OTHERS)):
            found.update(connection.execute(sa.select(table.c.number).where(column.in_(some))).scalars())
    fresh = found
    while fresh:
        fresh = {number for some in _portions(sorted(fresh)) for number in _related(connection, some)} - found
        found |= fresh
    return found


def _related(connection: sa.Connection, numbers: Sequence[int]) -> Iterator[int]:
    same = (_EVENTS.c.source == _ACTIONS.c.target_source) & (_EVENTS.c.id == _ACTIONS.c.target_id)
    acting = sa.select(_ACTIONS.c.number).join(_EVENTS, same).where(_EVENTS.c.number.in_(numbers))
    acted_on = sa.select(_EVENTS.c.number).join(_ACTIONS, same).where(_ACTIONS.c.number.in_(numbers))
    yield from connection.execute(acting).scalars()
    yield from connection.execute(acted_on).scalars()


def _forget(connection: sa.Connection, number: int, person: str) -> None:
    """Take a person out of an event of somebody else; its hash stays, so that sending it again restores nothing."""
    row = connection.execute(sa.select(_EVENTS.c.data, _EVENTS.c.about).where(_EVENTS.c.number == number)).one()
    about = [pair for pair in json.loads(row.about or "[]") if pair[0] != person]
    data = json.loads(row.data or "{}")
    corrected = data.get("data")
    if isinstance(corrected, dict) and "about" in corrected:
        corrected["about"] = [entry for entry in corrected["about"] if entry["person"] != person]
    changed = sa.update(_EVENTS).where(_EVENTS.c.number == number)
    connection.execute(changed.values(data=_text(data), about=_text(about)))
