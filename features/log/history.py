"""History: everybody's events in columns, in a total order for each person, with corrections and retractions resolved.

Everything computed from the log is read from here. What a column holds of an event is visible at `t` when it happened
before `t`, was recorded before `t`, and was not superseded before `t`; see `features.log.versions.visible`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from features.arrays import Bool, Int32, Int64
from features.calendar import DAY_SECONDS
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import EventType, Selector
from features.log.event import Event
from features.log.member_rows import CELLS, Parties
from features.log.row_encoder import TOLD, RowEncoder
from features.log.row_limits import saying_too_much
from features.log.versions import Acts, Version, actions_among, distinct_events, versions, visible
from features.person_rows import counting, rows_of, told_of
from features.problem import Rejected

APART, SAID, REGISTERED = range(3)
"""How an event that names somebody makes them one unit with its subject: not at all, if they say so too, or at once."""


@dataclass(frozen=True, eq=False)
class Records:
    """Interactions and consents one by one, each version of an event a row, in the order of their people.

    Attributes:
        person: int64[rows], the place of the event's subject in the people of the history.
        kind: int64[rows], the place in `features.log.row_encoder.RECORDED`.
        happened: int64[rows], UTC seconds.
        recorded: int64[rows], UTC seconds: since when this was known.
        superseded: int64[rows], UTC seconds: until when this was held to be so.
        key: int64[rows], the identifier code of the programme or of the purpose.
        position: int64[rows], as declared.
        channel: int64[rows], as declared.
        propensity: int64[rows], in millionths how likely it was to be shown at its place, where that is said.
    """

    person: Int64
    kind: Int64
    happened: Int64
    recorded: Int64
    superseded: Int64
    key: Int64
    position: Int64
    channel: Int64
    propensity: Int64

    def __getitem__(self, rows: Any) -> Records:
        """The rows that `rows` selects."""
        return Records(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def visible(self, t: int) -> Bool:
        """Return which rows are known at the UTC second `t`."""
        return np.asarray(visible(self.happened, self.recorded, self.superseded, t))


@dataclass(frozen=True, eq=False)
class MemberReports:
    """What is said of people's members, in the order in which it counts.

    Attributes:
        offsets: int64[people + 1]; person `i` has the rows `offsets[i]` up to `offsets[i + 1]`.
        moments: int64[rows, 4]: when it happened, since and until when it was held (UTC seconds), and the local day.
        cells: int64[rows, 14], see `features.log.member_rows.CELLS`.
        told: int64[m, 2], as of `History`.
    """

    offsets: Int64
    moments: Int64
    cells: Int64
    told: Int64 = field(default_factory=lambda: np.empty((0, 2), np.int64))

    def of(self, chosen: Int64) -> MemberReports:
        """Return what is said of some people's members."""
        rows, ends = rows_of(self.offsets, chosen)
        told = told_of(self.told, self.offsets, chosen)
        return MemberReports(np.concatenate(([0], ends)).astype(np.int64), self.moments[rows], self.cells[rows], told)

    def within(self, unit: Int64, kept: Bool) -> MemberReports:
        """Return them without those of somebody else's words that do not count, as of `History`."""
        rows, offsets, told = counting(self.told, self.offsets, unit, kept)
        return MemberReports(offsets, self.moments[rows], self.cells[rows], told)

    @cached_property
    def longest(self) -> int:
        """The most rows any person has."""
        return int(np.diff(self.offsets).max(initial=0))


@dataclass(frozen=True, eq=False)
class History:
    """The rows of many people.

    Attributes:
        people: sorted; person `i` has the rows `offsets[i]` up to `offsets[i + 1]`.
        offsets: int64[people + 1].
        happened: int64[rows], UTC seconds.
        recorded: int64[rows], UTC seconds: since when this was known.
        superseded: int64[rows], UTC seconds: until when this was held to be so.
        local: int64[rows], wall-clock seconds of `happened` in the declared zone.
        signal: int32[rows], the place in `signals`.
        value: int64[rows].
        signals: what the rows may carry.
        features_hash: the declaration they were read by.
        records: interactions and consents, one by one.
        related: int64[pairs, 3], the subject of an event, another person any version of it is about, and whether that
            makes them one unit: one of `APART`, `SAID`, `REGISTERED`.
        reports: what is said of people's members.
        told: int64[m, 2], the rows that are part of an event of somebody else, ascending, and its subject.
        kept: what was worked out of these rows and is asked for again; grows.
    """

    people: tuple[str, ...]
    offsets: Int64
    happened: Int64
    recorded: Int64
    superseded: Int64
    local: Int64
    signal: Int32
    value: Int64
    signals: tuple[Selector, ...]
    features_hash: str
    records: Records
    related: Int64
    reports: MemberReports
    told: Int64 = field(default_factory=lambda: np.empty((0, 2), np.int64))
    kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {person: place for place, person in enumerate(self.people)}

    def rows_of(self, people: Iterable[str]) -> Int64:
        """Return the place of each person, -1 for one nothing is known of."""
        return np.array([self._place.get(person, -1) for person in people], np.int64)

    def visible(self, person: str, t: int) -> Int64:
        """Return the rows of one person that are known at the UTC second `t`, in order: int64[m]."""
        place = self._place.get(person, -1)
        begin, end = (int(self.offsets[place]), int(self.offsets[place + 1])) if place >= 0 else (0, 0)
        part = slice(begin, end)
        return begin + np.flatnonzero(visible(self.happened[part], self.recorded[part], self.superseded[part], t))

    def begun(self, person: str, t: int) -> bool:
        """Return whether anything about a person was recorded before `t`, also if it is no longer held."""
        place = self._place.get(person, -1)
        part = slice(self.offsets[place], self.offsets[place + 1]) if place >= 0 else slice(0)
        return bool(np.any((self.happened[part] < t) & (self.recorded[part] < t)))

    @cached_property
    def longest(self) -> int:
        """The most rows any person has."""
        return int(np.diff(self.offsets).max(initial=0))

    def of(self, chosen: Int64, names: Sequence[str]) -> History:
        """Return the history of some people under other names.

        Args:
            chosen: int64[m], places in `people`, each once.
            names: m names, in the same order.
        """
        rows, ends = rows_of(self.offsets, chosen)
        place = np.full(len(self.people), -1, np.int64)
        place[chosen] = np.arange(chosen.size)
        records = replace(self.records, person=place[self.records.person])
        related = np.column_stack((place[self.related[:, :2]], self.related[:, 2:]))
        return replace(
            self,
            people=tuple(names),
            offsets=np.concatenate(([0], ends)).astype(np.int64),
            records=records[np.flatnonzero(records.person >= 0)],
            related=related[(related[:, :2] >= 0).all(axis=1)],
            reports=self.reports.of(chosen),
            told=told_of(self.told, self.offsets, chosen),
            **{name: getattr(self, name)[rows] for name in _COLUMNS},
        )

    def within(self, unit: Int64, kept: Bool) -> History:
        """Return the history in which nobody has a row from an event of somebody of another unit, or not kept.

        Args:
            unit: int64[people], which unit each is in.
            kept: bool[people], whose events count for others.
        """
        rows, offsets, told = counting(self.told, self.offsets, unit, kept)
        columns = {name: getattr(self, name)[rows] for name in _COLUMNS}
        return replace(self, offsets=offsets, told=told, reports=self.reports.within(unit, kept), **columns)


_COLUMNS: Final = ("happened", "recorded", "superseded", "local", "signal", "value")


def history_of(events: Iterable[Event], declaration: Declaration, unreadable: set[str] | None = None) -> History:
    """Return the history of events in any order, each given any number of times.

    Args:
        events: what happened.
        declaration: what may happen.
        unreadable: takes the people whose events cannot be read, of whom anything may then be missing; each subject's
            ids are then their own.

    Raises:
        Rejected: without `unreadable`, two events have the same source and id and say different things, or a person has
            too many rows (`features.log.row_limits`).
    """
    unique = distinct_events(events, unreadable)
    actions = actions_among(unique)
    table = ItemTable(RowEncoder(declaration))
    people = {person for event in unique for person in event.people}
    for rank, event in enumerate(_ranked(unique)):
        table.add_all(event, actions, rank, unreadable)
    return table.history(tuple(sorted(people)), unreadable)


class ItemTable:
    """What was held of events, as each person's part in them, before it is sorted into a history."""

    def __init__(self, encoder: RowEncoder, people: Iterable[str] | None = None) -> None:
        """Begin with nothing; `people` are those whose parts count, None for everybody."""
        self.encoder, self._registries = encoder, frozenset(encoder.declaration.registries)
        self._counting = None if people is None else frozenset(people)
        self.person: list[str] = []
        self.numbers: list[tuple[int, int, int, int, int, bool]] = []
        self.related: list[tuple[str, str, int]] = []

    def of_one(self, person: str, events: Sequence[Event]) -> None:
        """Add one person's part in events, each of which is there once; nobody else's part counts.

        Raises:
            Rejected: an event cannot be read.
        """
        self._counting, actions = frozenset((person,)), actions_among(events)
        for rank, event in enumerate(_ranked(events)):
            self.add_all(event, actions, rank, None)

    def add_all(self, event: Event, actions: Acts, rank: int, unreadable: set[str] | None) -> None:
        """Add every version of an event that acts on none; see `add`, and `history_of` for `unreadable`.

        Raises:
            Rejected: it cannot be read, and nothing takes its subject.
        """
        if event.target is not None:
            return
        try:
            for version in versions(event, actions, self.encoder.declaration):
                self.add(version, rank)
        except Rejected:
            if unreadable is None:
                raise
            unreadable.add(event.subject)

    def add(self, version: Version, rank: int) -> None:
        """Add one version; `rank` orders events that happened in the same second."""
        event = version.event
        if event is None:
            return
        event_type: EventType | None = self.encoder.declaration.events.get(event.type)
        parts, household = event.parts(event_type), event.type in self.encoder.household
        apart = event_type.apart if event_type else ()
        joins = REGISTERED if version.sources and version.sources <= self._registries else SAID
        for person, role in parts:
            if self._counting is not None and person not in self._counting:
                continue
            others = tuple(part for part in parts if part[0] != person) if household else ()
            parties = Parties(event.source, event.subject, others) if household else None
            code, own = self.encoder.code(event.type, role, event.data, parties), person == event.subject
            self.person.append(person)
            self.numbers.append((event.time, version.since, version.until, code, rank, own))
            if not own:
                self.related.append((event.subject, person, APART if role in apart else joins))

    def items(self, people: Iterable[str]) -> Items:
        """Return what was added in columns, each person by their place among `people`."""
        place = {person: number for number, person in enumerate(people)}
        persons = np.array([place[name] for name in self.person], np.int64)
        numbers = np.array(self.numbers, np.int64).reshape(-1, 6)
        happened, since, until, code, rank, own = (np.ascontiguousarray(numbers[:, column]) for column in range(6))
        pairs = [(place[one], place[other], joins) for one, other, joins in self.related]
        related = np.array(pairs, np.int64).reshape(-1, 3)
        return Items(persons, happened, since, until, code, (rank,), own > 0, related)

    def history(self, people: tuple[str, ...], unreadable: set[str] | None = None) -> History:
        """Return the history of these people."""
        return assembled(people, self.items(people), self.encoder, unreadable)


def _ranked(events: Iterable[Event]) -> list[Event]:
    """Events in the order that counts for those that happened in the same second."""
    return sorted(events, key=lambda event: (event.recorded, event.source, event.id, event.subject))


@dataclass(frozen=True, eq=False)
class Items:
    """What was held of events, as each person's part in them, in columns of one length.

    Attributes:
        person: the place in the list of people.
        happened: UTC seconds.
        since: UTC seconds from which on it was held.
        until: UTC seconds up to which it was held.
        code: which payload.
        ties: what orders a person's items of one second, the most significant last.
        own: whether the person is the event's subject.
        related: int64[pairs, 3] as of `History`, in the order of the items that are not their subject's own.
    """

    person: Int64
    happened: Int64
    since: Int64
    until: Int64
    code: Int64
    ties: tuple[Int64, ...]
    own: Bool
    related: Int64 = field(default_factory=lambda: np.empty((0, 3), np.int64))

    @cached_property
    def author(self) -> Int64:
        """The subject of the event that each item comes from, by place."""
        author = self.person.copy()
        author[~self.own] = self.related[:, 0]
        return author

    def told(self, rows: Int64) -> Int64:
        """Return which rows, given the item each comes from, are of events of others, and of whom: int64[m, 2]."""
        foreign = np.flatnonzero(~self.own[rows])
        return np.stack((foreign, self.author[rows[foreign]]), axis=1)


def assembled(
    people: tuple[str, ...], items: Items, encoder: RowEncoder, unreadable: set[str] | None = None
) -> History:
    """Return items in any order as a history, each item as the rows of its payload.

    Raises:
        Rejected: as of `features.log.row_limits.saying_too_much`.
    """
    ordered = np.lexsort((*items.ties, items.happened, items.person))
    sizes = np.array([len(rows) for rows in encoder.payloads], np.int64)
    over = saying_too_much(people, items.person, items.author, sizes[items.code], unreadable)
    ordered = ordered[~over[items.author[ordered]]] if over.any() else ordered
    order = ordered[sizes[items.code[ordered]] > 0]
    happened, code = items.happened[order], items.code[order]
    starts = np.cumsum(sizes) - sizes
    repeated = np.repeat(np.arange(len(order)), sizes[code])
    ends = np.cumsum(sizes[code])
    place = np.arange(len(repeated)) + np.repeat(starts[code] - ends + sizes[code], sizes[code])
    rows = np.array([row for rows in encoder.payloads for row in rows], np.int64).reshape(-1, 2)
    counts = np.bincount(items.person[order], weights=sizes[code], minlength=len(people)).astype(np.int64)
    zone = encoder.declaration.zone
    return History(
        people, np.concatenate(([0], np.cumsum(counts))).astype(np.int64), happened[repeated],
        items.since[order][repeated], items.until[order][repeated], zone.local_seconds(happened)[repeated],
        rows[place, 0].astype(np.int32), rows[place, 1], encoder.signals, encoder.declaration.hash,
        _records(items, ordered, encoder), items.related, _reports(people, items, ordered, encoder),
        items.told(order[repeated]),
    )  # fmt: skip


def _reports(people: tuple[str, ...], items: Items, ordered: Int64, encoder: RowEncoder) -> MemberReports:
    """What ordered items say of members, each item as the rows of its payload."""
    sizes = np.zeros(len(encoder.payloads), np.int64)
    sizes[list(encoder.members)] = [len(rows) for rows in encoder.members.values()]
    starts = np.zeros(len(encoder.payloads), np.int64)
    starts[list(encoder.members)] = np.cumsum([0, *(len(rows) for rows in encoder.members.values())])[:-1]
    chosen = ordered[sizes[items.code[ordered]] > 0]
    code = items.code[chosen]
    repeated = np.repeat(chosen, sizes[code])
    ends = np.cumsum(sizes[code])
    place = np.arange(len(repeated)) + np.repeat(starts[code] - ends + sizes[code], sizes[code])
    table = np.array([row for rows in encoder.members.values() for row in rows], np.int64).reshape(-1, len(CELLS))
    happened = items.happened[repeated]
    days = np.asarray(encoder.declaration.zone.local_seconds(happened)) // DAY_SECONDS
    counts = np.bincount(items.person[repeated], minlength=len(people))
    return MemberReports(
        np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        np.stack((happened, items.since[repeated], items.until[repeated], days), axis=1), table[place],
        items.told(repeated),
    )  # fmt: skip


def _records(items: Items, ordered: Int64, encoder: RowEncoder) -> Records:
    """The interactions and consents among ordered items, those of their subjects only."""
    which = np.full(len(encoder.payloads), -1, np.int64)
    which[list(encoder.records)] = np.arange(len(encoder.records))
    found = which[items.code[ordered]]
    rows = (found >= 0) & items.own[ordered]
    told = np.array(list(encoder.records.values()), np.int64).reshape(-1, 2 + len(TOLD))
    chosen, table = ordered[rows], told[found[rows]]
    moments = (each[chosen] for each in (items.happened, items.since, items.until))
    return Records(items.person[chosen], table[:, 0], *moments, *table[:, 1:].T)
