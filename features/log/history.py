"""Events as columnar rows, person by person in a total order, with corrections and retractions resolved.

A row is one signal of one event in one person's segment. It is visible at `t` when it happened before `t`, was
recorded before `t`, and was not superseded before `t`: `happened < t and recorded < t <= superseded`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from features.arrays import Int32, Int64
from features.declaration.datatype import DataType
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import RETRACTED, STATED, EventType, Selector
from features.log.event import RECEIVES, Event, amend, encode_facts
from features.problem import Problem, Rejected
from features.value import NONE, UNKNOWN, identifier_code

FOREVER: Final = 2**63 - 1
MOST_ROWS: Final = 2**22
"""The most rows of one person; a sum of fields within 2**40 then stays within 2**62."""

RECEIVED: Final = Selector(STATED, None, "receives")
"""Stated receipts: a programme's code where it is received, the code's complement (below 0) where it is not."""

HELD: Final = {"benefit.granted": 1, "benefit.applied": 1, "benefit.ended": 0, "benefit.refused": 0}
"""What an event of a programme says about holding it, or having applied for it."""


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

    @cached_property
    def _place(self) -> dict[str, int]:
        return {person: place for place, person in enumerate(self.people)}

    def rows_of(self, people: Iterable[str]) -> Int64:
        """Return the place of each person, -1 for one nothing is known of."""
        return np.array([self._place.get(person, -1) for person in people], np.int64)

    @cached_property
    def longest(self) -> int:
        """The most rows any person has."""
        return int(np.diff(self.offsets).max(initial=0))


@lru_cache(maxsize=8)
def signals_of(declaration: Declaration) -> tuple[Selector, ...]:
    """Return everything the declared columns listen to, then stated facts and receipts, each once."""
    heard: list[Selector] = []
    for fact in declaration.facts.values():
        heard += [state.signal for state in fact.states] + list(fact.adds)
    for feature in declaration.features.values():
        heard += feature.signals
    for name in HELD:
        if "programme" in (declaration.events[name].fields if name in declaration.events else ()):
            heard.append(Selector(name, None, "programme"))
    heard += [Selector(STATED, None, fact.name) for fact in declaration.facts.values() if fact.stated]
    return tuple(dict.fromkeys([*heard, RECEIVED]))


class RowEncoder:
    """Turns the payload of one event, as one person's part in it, into (signal, value) rows."""

    def __init__(self, declaration: Declaration) -> None:
        """Sort what is listened to by event type."""
        self.declaration = declaration
        self.signals = signals_of(declaration)
        self._stated = {signal.field: place for place, signal in enumerate(self.signals) if signal.event == STATED}
        self._heard: dict[str, list[tuple[int, Selector]]] = {}
        for place, signal in enumerate(self.signals):
            self._heard.setdefault(signal.event, []).append((place, signal))
        self._known: dict[object, int] = {}
        self.payloads: list[tuple[tuple[int, int], ...]] = [()]

    def code(self, event_type: str, role: str, data: Mapping[str, object]) -> int:
        """Return the place in `payloads` of the rows this makes, in signal order; equal payloads are read once."""
        if event_type not in self._heard:
            return 0
        if event_type == STATED:  # hardly any two people state the same
            return self._listed(self._rows(event_type, role, data))
        key = (event_type, role, tuple(sorted(data.items())))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._listed(self._rows(event_type, role, data))
        return known

    def _listed(self, rows: tuple[tuple[int, int], ...]) -> int:
        self.payloads.append(rows)
        return len(self.payloads) - 1

    def _rows(self, event_type: str, role: str, data: Mapping[str, object]) -> tuple[tuple[int, int], ...]:
        if event_type == STATED:
            return tuple(sorted(self._statement(data), key=lambda row: row[0]))
        fields = self.declaration.events[event_type].fields
        found = []
        for place, signal in self._heard[event_type]:
            if signal.role in (None, role):
                value = _signal_value(signal, fields, data)
                if value is not None:
                    found.append((place, value))
        return tuple(found)

    def _statement(self, data: Mapping[str, object]) -> Iterator[tuple[int, int]]:
        """A list begins with a row of none, which empties it; receipts are sorted by the programme's code."""
        receipts = []
        for name, codes in encode_facts(data, self.declaration, FOREVER).items():
            if name.startswith(RECEIVES):
                code = identifier_code(name.removeprefix(RECEIVES))
                receipts.append(code if codes[0] else ~code)
                continue
            if self.declaration.facts[name].type == "dates":
                yield self._stated[name], NONE
            for code in codes:
                yield self._stated[name], code
        yield from ((self._stated[RECEIVED.field], code) for code in sorted(receipts))


def _signal_value(signal: Selector, fields: Mapping[str, DataType], data: Mapping[str, object]) -> int | None:
    """Return the value a payload gives a signal, `UNKNOWN` when it does not say, None when the filter leaves it out."""
    if signal.where:
        name, wanted = signal.where
        if name not in data:
            return UNKNOWN
        if fields[name].encode(data[name]) != wanted:
            return None
    if signal.field is None:
        return 1
    return fields[signal.field].encode(data[signal.field]) if signal.field in data else UNKNOWN


@dataclass(frozen=True)
class Version:
    """What was held of an event from one UTC second up to another, None once it was retracted."""

    event: Event | None
    since: int
    until: int


def versions(
    event: Event, actions: Mapping[tuple[str, str], Sequence[Event]], declaration: Declaration
) -> list[Version]:
    """Return what was held of an event over time, as its corrections and retractions became known.

    A correction acts from its own recorded time, on an event of the same subject; a retraction is final unless it is
    itself retracted.
    """
    moments = sorted({max(moment, event.recorded) for moment in _moments(event, actions)} | {event.recorded})
    held = [_held(event, moment, actions, declaration) for moment in moments]
    return [
        Version(body, since, until)
        for body, since, until in zip(held, moments, [*moments[1:], FOREVER], strict=True)
    ]  # fmt: skip


def _moments(event: Event, actions: Mapping[tuple[str, str], Sequence[Event]]) -> Iterator[int]:
    for action in _acting_on(event, actions):
        yield action.recorded
        yield from _moments(action, actions)


def _acting_on(event: Event, actions: Mapping[tuple[str, str], Sequence[Event]]) -> Iterator[Event]:
    for action in actions.get(event.key, ()):
        later = (action.recorded, *action.key) > (event.recorded, *event.key)
        if action.subject == event.subject and (
            event.target is None or later
        ):  # no action acts on itself, even roundabout
            yield action


def _held(
    event: Event, at: int, actions: Mapping[tuple[str, str], Sequence[Event]], declaration: Declaration
) -> Event | None:
    body = event
    for action in _acting_on(event, actions):
        acting = _held(action, at, actions, declaration) if action.recorded <= at else None
        if acting is None or acting.target != event.key:
            continue
        if acting.type == RETRACTED:
            return None
        body = amend(body, acting, declaration)
    return body


def history_of(events: Iterable[Event], declaration: Declaration) -> History:
    """Return the rows of events in any order, each given any number of times.

    Raises:
        Rejected: two events have the same source and id and say different things, or a person has over 2**22 rows.
    """
    unique = distinct_events(events)
    actions = actions_among(unique)
    table = ItemTable(RowEncoder(declaration))
    people = {person for event in unique for person in event.people}
    for rank, event in enumerate(sorted(unique, key=lambda event: (event.recorded, event.source, event.id))):
        if event.target is None:
            for version in versions(event, actions, declaration):
                table.add(version, rank)
    return table.sorted(tuple(sorted(people)), declaration)


def distinct_events(events: Iterable[Event]) -> list[Event]:
    """Return each event once, as it was first recorded; raises `Rejected` with every conflict."""
    found: dict[tuple[str, str], Event] = {}
    conflicts = []
    for event in events:
        earlier = found.setdefault(event.key, event)
        if earlier is event:
            continue
        if earlier.body_hash != event.body_hash:
            conflicts.append(conflict(event.key))
        elif event.recorded < earlier.recorded:
            found[event.key] = event
    if conflicts:
        raise Rejected(conflicts)
    return list(found.values())


def conflict(key: tuple[str, str]) -> Problem:
    """Return the problem of an event that says something else than one of the same source and id."""
    remedy = "Give the new event its own id, or send event.corrected"
    return Problem((f"event {key[0]} {key[1]}",), "conflict", "is there already with another body", remedy)


def actions_among(events: Iterable[Event]) -> dict[tuple[str, str], list[Event]]:
    """Return the corrections and retractions by the key of what they act on, in the order in which they act."""
    actions: dict[tuple[str, str], list[Event]] = {}
    for event in sorted((one for one in events if one.target), key=lambda one: (one.recorded, *one.key)):
        assert event.target is not None
        actions.setdefault(event.target, []).append(event)
    return actions


class ItemTable:
    """What was held of events, as each person's part in them, before it is sorted into segments."""

    def __init__(self, emission: RowEncoder) -> None:
        """Begin with nothing."""
        self.emission = emission
        self.person: list[str] = []
        self.numbers: list[tuple[int, int, int, int, int]] = []

    def add(self, version: Version, rank: int) -> None:
        """Add one version; `rank` orders events that happened in the same second."""
        event = version.event
        if event is None:
            return
        event_type: EventType | None = self.emission.declaration.events.get(event.type)
        for person, role in event.parts(event_type):
            code = self.emission.code(event.type, role, event.data)
            self.person.append(person)
            self.numbers.append((event.time, version.since, version.until, code, rank))

    def columns(self, people: Iterable[str]) -> tuple[Int64, Int64]:
        """Return each item's place among `people`, and its numbers as int64[items, 5]."""
        place = {person: number for number, person in enumerate(people)}
        persons = np.array([place[name] for name in self.person], np.int64)
        return persons, np.array(self.numbers, np.int64).reshape(-1, 5)

    def sorted(self, people: tuple[str, ...], declaration: Declaration) -> History:
        """Return the segments of these people."""
        person, numbers = self.columns(people)
        happened, since, until, code, rank = (np.ascontiguousarray(numbers[:, column]) for column in range(5))
        items = Items(person, happened, since, until, code, (rank,))
        return sorted_segments(people, items, self.emission.payloads, declaration)


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
    """

    person: Int64
    happened: Int64
    since: Int64
    until: Int64
    code: Int64
    ties: tuple[Int64, ...]


def sorted_segments(
    people: tuple[str, ...], items: Items, payloads: Sequence[Sequence[tuple[int, int]]], declaration: Declaration
) -> History:
    """Return items in any order as segments, each item as the rows of its payload.

    Raises:
        Rejected: a person has over 2**22 rows.
    """
    order = np.lexsort((*items.ties, items.happened, items.person))
    order = order[np.array([bool(rows) for rows in payloads])[items.code[order]]]
    happened, code = items.happened[order], items.code[order]
    sizes = np.array([len(rows) for rows in payloads], np.int64)
    starts = np.cumsum(sizes) - sizes
    repeated = np.repeat(np.arange(len(order)), sizes[code])
    ends = np.cumsum(sizes[code])
    place = np.arange(len(repeated)) + np.repeat(starts[code] - ends + sizes[code], sizes[code])
    rows = np.array([row for rows in payloads for row in rows], np.int64).reshape(-1, 2)
    counts = np.bincount(items.person[order], weights=sizes[code], minlength=len(people)).astype(np.int64)
    _check_sizes(counts)
    return History(
        people, np.concatenate(([0], np.cumsum(counts))).astype(np.int64), happened[repeated],
        items.since[order][repeated], items.until[order][repeated], declaration.zone.local_seconds(happened)[repeated],
        rows[place, 0].astype(np.int32), rows[place, 1], signals_of(declaration), declaration.hash,
    )  # fmt: skip


def _check_sizes(counts: Int64) -> None:
    if counts.max(initial=0) > MOST_ROWS:
        what = f"one person has {counts.max()} rows, over {MOST_ROWS}"
        raise Rejected([Problem(("events",), "range", what, "Check the source: no life has so many events")])
