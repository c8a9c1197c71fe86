"""The event log over one connection: append-only for corrections, not for erasure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from features.log.event import Event
from features.log.rows import CELLS, CHUNK, KIN, Key, StoredRows, member_text, renamed, stated_in, stored
from features.log.tables import ACTIONS, EVENTS, OTHERS
from features.log.tombstones import ErasureKey, Tombstones
from features.log.touching import connected, portions, touching
from features.log.versions import conflict, erased_subject, foreign_action
from features.problem import Problem

_AT_ONCE: Final = 1_000  # rows made and written at once: so few stay in the processor's cache, and memory is used again
_LAST: Final = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.number), 0))
_FIELDS: Final = ("id", "source", "subject", "type", "time", "recorded", "data", "about")
_READ: Final = (EVENTS.c.number, *(EVENTS.c[name] for name in _FIELDS))
_PEOPLE: Final[sa.BindParameter[str]] = sa.bindparam("people", expanding=True)
_OWN: Final = sa.select(EVENTS.c.subject, *_READ).where(EVENTS.c.subject.in_(_PEOPLE))
_WITH_OTHERS: Final = (
    sa.select(OTHERS.c.person, *_READ)
    .join_from(OTHERS, EVENTS, OTHERS.c.number == EVENTS.c.number)
    .where(OTHERS.c.person.in_(_PEOPLE))
)
_NAMES: Final[sa.BindParameter[str]] = sa.bindparam("names", expanding=True)
_HELD: Final = sa.select(EVENTS.c.id, EVENTS.c.number, EVENTS.c.hash, EVENTS.c.subject).where(
    EVENTS.c.source == sa.bindparam("of"), EVENTS.c.id.in_(_NAMES)
)
_NUMBERED: Final = sa.select(*_READ).where(EVENTS.c.number.in_(sa.bindparam("numbers", expanding=True)))

Outcome = Literal["accepted", "duplicate"] | Problem
"""What became of one event: new, there already saying the same, or a problem for which it was not written."""


def _appending(insert: Any, dialect: sa.Dialect) -> str:
    """An insertion with parameters by position: preparing a dictionary for each row takes longer than writing it."""
    columns: dict[str, sa.BindParameter[object]] = {name: sa.bindparam(name) for name in CELLS}
    return str(insert(EVENTS).values(columns).on_conflict_do_nothing().inline().compile(dialect=dialect))


_APPEND: Final = {
    "sqlite": _appending(sqlite.insert, SQLiteDialect(paramstyle="qmark")),
    "postgresql": _appending(postgresql.insert, PGDialect(paramstyle="format")),  # type: ignore[no-untyped-call]
}


@dataclass(frozen=True)
class Ingested:
    """What became of events handed to the log.

    Attributes:
        accepted: how many were new.
        duplicates: how many were there already, saying the same.
        conflicts: one problem for each that was there already, saying something else, or that corrects or retracts what
            was said of somebody else, or that is about somebody who was erased; those were not written.
    """

    accepted: int
    duplicates: int
    conflicts: tuple[Problem, ...] = ()


class EventLog:
    """Every event of a deployment, read and written within the transaction of one connection.

    >>> from features.log.database import Database
    >>> database = Database("sqlite://")
    >>> database.prepare()
    >>> with database.writing() as connection:
    ...     EventLog(connection).append([Event("1", "registry", "ann", "life.moved", 0, 0)])
    Ingested(accepted=1, duplicates=0, conflicts=())
    >>> with database.reading() as connection:
    ...     [event.subject for event in EventLog(connection).events()]
    ['ann']
    >>> database.close()
    """

    def __init__(self, connection: sa.Connection, key: ErasureKey | None = None) -> None:
        """Take a connection of `Database.reading` or, in order to append or erase, of `Database.writing`.

        `key` is that of the tombstones, None where nobody was ever erased.
        """
        self._connection = connection
        self._tombstones = Tombstones(connection, key)

    def append(self, events: Iterable[Event]) -> Ingested:
        """Write the events that are new."""
        return self.append_rows(stored(events))

    def append_rows(self, chunks: Iterable[StoredRows]) -> Ingested:
        """Write the rows that are new."""
        accepted, duplicates, conflicts = 0, 0, list[Problem]()
        with self._indexing():
            for rows in chunks:
                left = self._appended(rows).values()
                refused = [problem for problem in left if problem is not None]
                accepted += len(rows) - len(left)
                duplicates += len(left) - len(refused)
                conflicts += refused
        return Ingested(accepted, duplicates, tuple(conflicts))

    def append_each(self, events: Sequence[Event]) -> list[Outcome]:
        """Write the events that are new; return what became of each, in their order."""
        outcomes = list[Outcome]()
        with self._indexing():
            for rows in stored(events):
                left = self._appended(rows)
                some: list[Outcome] = ["accepted"] * len(rows)
                for place, problem in left.items():
                    some[place] = "duplicate" if problem is None else problem
                outcomes += some
        return outcomes

    def events(self, people: Sequence[str] | None = None) -> Iterator[Event]:
        """Yield events in the order in which they came, with everything that corrects or retracts them.

        Args:
            people: only events that touch one of them; None for everybody's.
        """
        query = sa.select(*(EVENTS.c[name] for name in _FIELDS)).order_by(EVENTS.c.number)
        if people is None:
            yield from map(_event, self._connection.execute(query, execution_options={"yield_per": CHUNK}))
            return
        for numbers in portions(sorted(set[int]().union(*touching(self._connection, people).values()))):
            yield from map(_event, self._connection.execute(query.where(EVENTS.c.number.in_(numbers))))

    def lives(self, people: Sequence[str]) -> dict[str, list[Event]]:
        """Return the events that touch each of some people, as `events` yields them for one."""
        touched, found = {one: set[int]() for one in people}, dict[int, Event]()
        for some in portions(people):
            for query in (_OWN, _WITH_OTHERS):
                for person, number, *cells in self._connection.execute(query, {"people": some}):
                    touched[person].add(number)
                    if number not in found:
                        found[number] = _event(cells)
        touched = connected(self._connection, touched)
        for chosen in portions(sorted(set[int]().union(*touched.values()).difference(found))):
            for number, *cells in self._connection.execute(_NUMBERED, {"numbers": chosen}):
                found[number] = _event(cells)
        return {one: [found[number] for number in sorted(touched[one])] for one in people}

    def count(self) -> int:
        """How many events there are, corrections and retractions among them; none is read."""
        return int(self._connection.execute(sa.select(sa.func.count()).select_from(EVENTS)).scalar_one())

    def people(self) -> tuple[str, ...]:
        """Return everybody an event touches, sorted."""
        everybody = sa.union(sa.select(EVENTS.c.subject), sa.select(OTHERS.c.person))
        return tuple(sorted(self._connection.execute(everybody).scalars()))

    def named(self) -> frozenset[str]:
        """Return everybody an event touches or lists as a member of a household."""
        lists = sa.select(EVENTS.c.data).where(EVENTS.c.data.contains(KIN, autoescape=True))
        cells = self._connection.execute(lists, execution_options={"yield_per": CHUNK}).scalars()
        return frozenset(self.people()).union(name for cell in cells for name in stated_in(cell))

    def names(self, person: str) -> bool:
        """Whether an event touches somebody or lists them as a member of a household, by exactly this id."""
        return bool(touching(self._connection, [person])[person] or self._listing(person))

    def erase(self, person: str, alias: str) -> int:
        """Physically delete a person's events, and name them otherwise in those of others; return how many that were.

        Args:
            person: who.
            alias: a name that nothing connects with the person; the families of others keep their shape.
        """
        own = self._numbers(sa.select(EVENTS.c.number).where(EVENTS.c.subject == person))
        named = self._numbers(sa.select(OTHERS.c.number).where(OTHERS.c.person == person))
        named += self._listing(person)
        for numbers in portions(own):
            for table in (EVENTS, OTHERS, ACTIONS):
                self._connection.execute(sa.delete(table).where(table.c.number.in_(numbers)))
        for number in set(named).difference(own):
            self._rename(number, {person: alias})
        self._connection.execute(sa.update(OTHERS).where(OTHERS.c.person == person).values(person=alias))
        return len({*own, *named})

    def _listing(self, person: str) -> list[int]:
        """The events that list somebody as a member of a household; no index has them, and LIKE may ignore case."""
        like = EVENTS.c.data.contains(member_text(person), autoescape=True)
        found = self._connection.execute(sa.select(EVENTS.c.number, EVENTS.c.data).where(like))
        return [number for number, cell in found if person in stated_in(cell)]

    def _numbers(self, query: sa.Select[Any]) -> list[int]:
        return [row[0] for row in self._connection.execute(query)]

    def _last(self) -> int:
        """The number of the last event, 0 where there is none."""
        return int(self._connection.execute(_LAST).scalar_one())

    @contextmanager
    def _indexing(self) -> Iterator[None]:
        """Make the indexes of an empty SQLite log once it is filled, which is faster than adding to them row by row.

        On a server this would lock readers out.
        """
        if self._connection.dialect.name != "sqlite" or self._last():
            yield
            return
        for index in EVENTS.indexes:
            index.drop(self._connection)
        yield
        for index in EVENTS.indexes:
            index.create(self._connection)

    def _appended(self, rows: StoredRows) -> dict[int, Problem | None]:
        """Write what is new of a chunk; return the places of all else, each with its problem, None for a duplicate.

        What is about an erased person is refused; where others name one, a fresh name takes the place of that name.
        """
        refused = {place: foreign_action(rows.key(place)) for place in self._foreign(rows)} if rows.targets else {}
        erased = self._tombstones.erased("person", rows.people())
        if erased:
            own = (place for place, subject in enumerate(rows.columns[2]) if subject in erased)
            refused |= {place: erased_subject(rows.key(place)) for place in own}
            rows = rows.renamed({person: self._tombstones.alias() for person in erased})
        if not refused:
            return self._written(rows)
        kept = sorted(set(range(len(rows))).difference(refused))
        left = self._written(rows.without(frozenset(refused)))
        return refused | {kept[place]: problem for place, problem in left.items()}

    def _foreign(self, rows: StoredRows) -> list[int]:
        """The places of what acts on an event of another subject, as far as that event came before or comes beside it.

        What names an event that is not there yet is written, and acts on nothing should its subject be another.
        """
        subjects = {key: subject for key, (_, _, subject) in self._held(set(rows.targets.values())).items()}
        wanted = {key for key in rows.targets.values() if key not in subjects}
        if wanted:
            beside = ((rows.key(place), rows.columns[2][place]) for place in range(len(rows) - 1, -1, -1))
            subjects.update({key: subject for key, subject in beside if key in wanted})
        own = rows.columns[2]
        return [place for place, key in rows.targets.items() if subjects.get(key, own[place]) != own[place]]

    def _written(self, rows: StoredRows) -> dict[int, Problem | None]:
        """Write what is new of a chunk; return the places of the rest, with a problem where they say something else.

        Of events with one key in a chunk the first is written. Only rows whose id stands twice are compared, and all of
        them only where the log held some of their keys before.
        """
        last = self._last()
        count = self._inserted(rows)
        places: Sequence[int] = _repeated(rows.columns[1]) if count < len(rows) else ()
        first = _first(rows, places)
        old: Mapping[Key, tuple[int, str, str]] = {}
        if count < len(rows) - len(places) + len(first):
            places = range(len(rows))
            first = _first(rows, places)
            query = sa.select(EVENTS.c.source, EVENTS.c.id).where(EVENTS.c.number > last)
            new = {(source, name) for source, name in self._connection.execute(query)}
            old = self._held([key for key in first if key not in new])
        self._link(rows, first, old)
        hashes = rows.columns[-1]
        held = {key: hashes[place] for key, place in first.items()}
        held.update({key: digest for key, (_, digest, _) in old.items()})
        left = ((place, key) for place in places if first[key := rows.key(place)] != place or key in old)
        return {place: conflict(key) if held[key] != hashes[place] else None for place, key in left}

    def _inserted(self, rows: StoredRows) -> int:
        """Write the rows whose key the log does not hold, the first of each key; return how many that were."""
        statement = _APPEND[self._connection.dialect.name]
        cells, count = rows.cells(), 0
        while some := list(islice(cells, _AT_ONCE)):
            count += self._connection.exec_driver_sql(statement, some).rowcount
        return count

    def _link(self, rows: StoredRows, first: Mapping[Key, int], old: Container[Key]) -> None:
        """Write whom the new events of a chunk touch and what they act on; the first of each key is the new one."""
        linked = ((rows.key(place), place) for place in {*rows.others, *rows.targets})
        keys = {key: place for key, place in linked if first.get(key, place) == place and key not in old}
        held = self._held(keys)
        others = [
            {"person": person, "number": number}
            for key, (number, _, _) in held.items() for person in rows.others.get(keys[key], ())
        ]  # fmt: skip
        actions = [
            {"target_source": target[0], "target_id": target[1], "number": number}
            for key, (number, _, _) in held.items() if (target := rows.targets.get(keys[key]))
        ]  # fmt: skip
        for table, written in ((OTHERS, others), (ACTIONS, actions)):
            if written:
                self._connection.execute(sa.insert(table), written)

    def _held(self, keys: Iterable[Key]) -> dict[Key, tuple[int, str, str]]:
        """The number, hash and subject under each of these keys, asked by source: no index is used for pairs."""
        by_source: dict[str, list[str]] = {}
        for source, name in keys:
            by_source.setdefault(source, []).append(name)
        found: dict[Key, tuple[int, str, str]] = {}
        for source, names in by_source.items():
            for some in portions(names):
                rows = self._connection.execute(_HELD, {"of": source, "names": some})
                found.update({(source, name): (number, digest, subject) for name, number, digest, subject in rows})
        return found

    def _rename(self, number: int, names: Mapping[str, str]) -> None:
        """Name a person otherwise in an event of somebody else; its hash stays: sending it again restores nothing."""
        query = sa.select(EVENTS.c.data, EVENTS.c.about).where(EVENTS.c.number == number)
        row = self._connection.execute(query).one()
        data, about = renamed(row.data, row.about, names)
        self._connection.execute(sa.update(EVENTS).where(EVENTS.c.number == number).values(data=data, about=about))


def _event(cells: Sequence[Any]) -> Event:
    id_, source, subject, kind, time, recorded, data, about = cells
    parts = tuple([(person, role) for person, role in msgspec.json.decode(about)]) if about else ()
    return Event(id_, source, subject, kind, time, recorded, msgspec.json.decode(data) if data else {}, parts)


def _repeated(ids: Sequence[str]) -> list[int]:
    """The places of ids that stand more than once."""
    again = {name for name, count in Counter(ids).items() if count > 1}
    return [place for place, name in enumerate(ids) if name in again] if again else []


def _first(rows: StoredRows, places: Sequence[int]) -> dict[Key, int]:
    """The first of these places by key."""
    return {rows.key(place): place for place in reversed(places)}
