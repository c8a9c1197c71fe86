"""People as known at an instant: the columns of many, and all that is known of one, from the log or from facts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features import frames
from features.arrays import Int64
from features.calendar import DAY_SECONDS
from features.declaration.datatype import DataType
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import STATED, SUBJECT, Fact, Selector
from features.kernel.kernel import compute_all
from features.kernel.lowering import lower
from features.log.consistency import check_statement
from features.log.event import Event
from features.log.history import History, history_of
from features.log.row_encoder import HELD, RECEIVED
from features.log.statement import Receipt, encode_facts
from features.members import BORN, RELATION, Members
from features.members import joined as joined_members
from features.origin import Origin, origins
from features.problem import Problem, Problems, Rejected, Where
from features.value import NONE, UNKNOWN, is_known

if TYPE_CHECKING:
    import pandas as pd

_FACTS: Final = "facts"
STATED_RECEIPT: Final = 2


@dataclass(frozen=True, eq=False)
class Snapshots:
    """People, each as known at one instant.

    Attributes:
        people: who, n of them; one person may be there at many instants.
        t: int64[n], UTC seconds; nothing that happened or was recorded at or after it counts.
        columns: the names of the columns: facts, features, then `receives.<programme>`.
        values: int64[n, columns], with `UNKNOWN` and `NONE`.
        features_hash: the hash of the declaration; whatever is computed from these values carries it.
        declaration: what the columns mean.
        members: who belongs to each of them.
    """

    people: tuple[str, ...]
    t: Int64
    columns: tuple[str, ...]
    values: Int64
    features_hash: str
    declaration: Declaration
    members: Members

    @cached_property
    def _place(self) -> Mapping[str, int]:
        return _places(self.columns)

    def __len__(self) -> int:
        return len(self.people)

    def index(self, name: str) -> int:
        """Return the place of a column; raises KeyError when there is none of that name."""
        return self._place[name]

    def column(self, name: str) -> Int64:
        """Return one column, int64[n]; raises KeyError when there is none of that name."""
        return self.values[:, self._place[name]]

    def row(self, place: int) -> Snapshot:
        """Return one person at one instant."""
        return Snapshot(
            (self.people[place],), self.t[place : place + 1], self.columns, self.values[place : place + 1],
            self.features_hash, self.declaration, self.members[place : place + 1],
        )  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """Return the columns as a DataFrame of nullable types, by person and instant; unknown is NA.

        What is known to be absent (an empty list, an event that never happened) is NA too; `absent` tells it apart.
        """
        kinds = [self._kind(name) for name in self.columns]
        found = [frames.column(self.values[:, place], kind) for place, kind in enumerate(kinds)]
        return frames.table(dict(zip(self.columns, found, strict=True)), self._rows())

    def absent(self) -> pd.DataFrame:
        """Return, by person and instant, which columns are known to be absent, as booleans."""
        known = (self.values == NONE).T
        return frames.table(dict(zip(self.columns, known, strict=True)), self._rows())

    def _rows(self) -> pd.MultiIndex:
        import pandas as pd

        return pd.MultiIndex.from_arrays([list(self.people), frames.seconds(self.t)], names=["person", "t"])

    def _kind(self, name: str) -> DataType:
        declared = name in self.declaration.facts or name in self.declaration.features
        return self.declaration.kind(name) if declared else DataType("boolean")

    def today(self, place: int = 0) -> int:
        """Return the local day as of which a person is known: the day of the last second before `t`."""
        return self.declaration.zone.today(int(self.t[place]))


@lru_cache(maxsize=8)
def _places(columns: tuple[str, ...]) -> Mapping[str, int]:
    """The place of each column; asked of every person, and the same for all of a declaration."""
    return {name: place for place, name in enumerate(columns)}


class Snapshot(Snapshots):
    """One person as known at one instant."""

    @property
    def person(self) -> str:
        """Who."""
        return self.people[0]

    def value(self, name: str) -> int:
        """Return the integer of one column; raises KeyError when there is none of that name."""
        return int(self.values[0, self._place[name]])

    def known(self) -> dict[str, object]:
        """Return every column that is known, as JSON values."""
        named = zip(self.columns, self.values[0].tolist(), strict=True)
        return {name: self._kind(name).decode(value) for name, value in named if value != UNKNOWN}


def snapshots(
    declaration: Declaration, history: History, person_rows: Int64, t: Int64, receives: tuple[Receipt, ...] = ()
) -> Snapshots:
    """Return each person at each instant.

    Args:
        declaration: what to compute.
        history: the events, by person.
        person_rows: int64[n], places in `history.people`; -1 is a person nothing is known of, who has no name.
        t: int64[n], UTC seconds.
        receives: the programmes whose receipt is asked about.

    Raises:
        Rejected: the history was read by another declaration.
    """
    plan = lower(declaration, tuple(receives))
    values, members = compute_all(plan, history, person_rows, t)
    names = (*history.people, "")  # the last, at -1, has no name
    people = tuple(names[row] for row in np.asarray(person_rows).tolist())
    return Snapshots(people, np.asarray(t, np.int64), plan.columns, values, declaration.hash, declaration, members)


def joined(parts: Sequence[Snapshots], order: Int64) -> Snapshots:
    """Return the people of several that have the same columns, one part after the other and then in this order.

    Args:
        parts: one at least.
        order: int64[n], places among all of them.
    """
    first = parts[0]
    if len(parts) == 1 and bool((order == np.arange(len(first))).all()):
        return first
    people = [person for part in parts for person in part.people]
    return Snapshots(
        tuple(people[at] for at in order.tolist()), np.concatenate([part.t for part in parts])[order], first.columns,
        np.concatenate([part.values for part in parts])[order], first.features_hash, first.declaration,
        joined_members([part.members for part in parts])[order],
    )  # fmt: skip


@dataclass(frozen=True)
class Occurrence:
    """Something that happened to a person: the event's type and the local day (days since 1970-01-01)."""

    event: str
    day: int


@dataclass(frozen=True, eq=False)
class Known:
    """All that is known of one person at one instant.

    Attributes:
        snapshot: the columns, one row.
        occurrences: what happened to the person, each type and local day once, the earliest first.
        holdings: the identifier codes of the programmes the person receives or has applied for.
        dates: the days of each list of dates that is known whole, the earliest first, by the fact's name.
        history: the events it is known from, None where facts were stated.
        traced: from which event facts are known, where not all that the history tells may be said, or there is none;
            None to ask the history.
    """

    snapshot: Snapshot
    occurrences: tuple[Occurrence, ...] = ()
    holdings: frozenset[int] = frozenset()
    dates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    history: History | None = field(default=None, repr=False)
    traced: Mapping[str, Origin] | None = None

    @cached_property
    def origins(self) -> Mapping[str, Origin]:
        """From which event each fact is known, since when and until when."""
        if self.traced is not None or self.history is None:
            return self.traced or {}
        one = self.snapshot
        values = dict(zip(one.columns, one.values[0].tolist(), strict=True))
        return origins(one.declaration, self.history, one.person, int(one.t[0]), values.__getitem__)


def known(declaration: Declaration, history: History, who: str, t: int, receives: tuple[Receipt, ...] = ()) -> Known:
    """Return what the history makes known of a person.

    A part in an event counts as an occurrence where it is the part its type gives the subject: a birth happens to the
    parent who may claim, not to the child. Where only the dates of a list are known, the latest one counts as the event
    that adds its own day to the list.

    Args:
        declaration: what to compute.
        history: the events of people.
        who: the person; nothing but what time alone tells is known of one whom the history does not name.
        t: a UTC second; only what happened and was recorded before it counts.
        receives: the programmes whose receipt is asked about.

    Raises:
        Rejected: the history was read by another declaration.
    """
    return known_of(declaration, history, [who], t, receives)[0]


def known_of(
    declaration: Declaration, history: History, people: Sequence[str], t: int, receives: tuple[Receipt, ...] = ()
) -> list[Known]:
    """Return what the history makes known of each of some people at one instant, as `known` does of one."""
    rows = snapshots(declaration, history, history.rows_of(people), np.full(len(people), t, np.int64), receives)
    return [replace(_known(history, rows.row(place)), history=history) for place in range(len(people))]


def _known(history: History, snapshot: Snapshot) -> Known:
    rows = history.visible(snapshot.person, int(snapshot.t[0]))
    happened = {*_happened(history, rows, snapshot.declaration), *_latest_of_lists(snapshot)}
    occurrences = tuple(sorted(happened, key=lambda one: (one.day, one.event)))
    return Known(snapshot, occurrences, _held(history, rows), dict(_lists(history, rows, snapshot)))


def _lists(history: History, rows: Int64, snapshot: Snapshot) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each list of dates with its days, where as many are known as its count says."""
    facts = snapshot.declaration.facts
    for name, counted in counted_lists(snapshot.declaration).items():
        count = snapshot.value(counted)
        if is_known(count):
            days = _born(snapshot, facts[name]) or _listed(history, rows, name, facts[name].adds)
            if len(days) == count:
                yield name, tuple(sorted(days))


@lru_cache(maxsize=8)
def counted_lists(declaration: Declaration) -> Mapping[str, str]:
    """Return for each list of dates that is counted, by its name, the fact that says how many there are."""
    derived = {name: fact.derived for name, fact in declaration.facts.items() if fact.derived is not None}
    return {one.of: name for name, one in derived.items() if one.op == "count_of"}


def _born(snapshot: Snapshot, fact: Fact) -> list[int]:
    """The days on which the members were born whom a list holds."""
    home, cells = snapshot.declaration.household, snapshot.members.cells
    places = [home.place(name) for name in fact.members] if home else []
    return [int(day) for day in cells[np.isin(cells[:, RELATION], places), BORN]]


def _listed(history: History, rows: Int64, name: str, adds: tuple[Selector, ...]) -> list[int]:
    """The days of a list: a statement empties it and fills it anew, events add to it."""
    days: list[int] = []
    local = history.local[rows] // DAY_SECONDS
    for place, value, day in zip(
        history.signal[rows].tolist(), history.value[rows].tolist(), local.tolist(), strict=True
    ):
        heard = history.signals[place]
        if heard == Selector(STATED, None, name):
            days = [] if value == NONE else [*days, value]
        elif heard in adds:
            days.append(value if heard.field else day)
    return days


def _happened(history: History, rows: Int64, declaration: Declaration) -> Iterator[Occurrence]:
    events = _by_signal(history, own_events, declaration)
    days = history.local[rows] // DAY_SECONDS
    own = {(events[signal], day) for signal, day in zip(history.signal[rows].tolist(), days.tolist(), strict=True)}
    yield from (Occurrence(event, day) for event, day in own if event)


def own_events(signals: tuple[Selector, ...], declaration: Declaration) -> tuple[str, ...]:
    """Return of each signal the event that it says happened to the person, empty where it says none."""
    return tuple(
        heard.event if heard.event != STATED and heard.role in own_parts(declaration, heard.event) else ""
        for heard in signals
    )


def own_parts(declaration: Declaration, event: str) -> tuple[str | None, ...]:
    """Under which roles an event is one's own; where its subject has no name, everybody in it is meant."""
    subject = declaration.events[event].subject
    return (None, subject) if subject == SUBJECT else (subject,)


def _latest_of_lists(snapshot: Snapshot) -> Iterator[Occurrence]:
    for name, events in listed_events(snapshot.declaration).items():
        latest = snapshot.value(name)
        if is_known(latest) and latest <= snapshot.today():
            yield from (Occurrence(event, latest) for event in events)


@lru_cache(maxsize=8)
def listed_events(declaration: Declaration) -> Mapping[str, tuple[str, ...]]:
    """Return for each list of dates, by its name, the events that add their own day to it."""
    dated = {name: fact for name, fact in declaration.facts.items() if fact.type == "dates"}
    return {name: tuple(one.event for one in fact.adds if one.field is None) for name, fact in dated.items()}


def _by_signal(history: History, told: Callable[..., object], *of: object) -> Any:
    """What is told of the signals of a history, worked out once for all of its people."""
    if told not in history.kept:
        history.kept[told] = told(history.signals, *of)
    return history.kept[told]


def _held(history: History, rows: Int64) -> frozenset[int]:
    """The programmes that the last visible row about each says are held."""
    meaning = _by_signal(history, receipt_meanings)
    rows = rows[meaning[history.signal[rows]] >= 0]
    holding: dict[int, bool] = {}
    for code, says in zip(history.value[rows].tolist(), meaning[history.signal[rows]].tolist(), strict=True):
        if code != UNKNOWN:
            holding[max(code, ~code)] = code >= 0 if says == STATED_RECEIPT else bool(says)
    return frozenset(code for code, held in holding.items() if held)


def receipt_meanings(signals: tuple[Selector, ...]) -> Int64:
    """Of each signal: 1 where it gives a programme, 0 where it takes it away, 2 for a stated receipt, -1 otherwise."""
    told = [HELD.get(one.event, -1) if one == Selector(one.event, None, "programme") else -1 for one in signals]
    return np.array([STATED_RECEIPT if one == RECEIVED else says for one, says in zip(signals, told, strict=True)])


def known_from_facts(
    declaration: Declaration, facts: object, t: int, receives: tuple[Receipt, ...] = (), where: Where = (_FACTS,)
) -> Known:
    """Return a person of whom nothing is known but the facts stated at `t`; see `from_facts`."""
    statement = _statement(declaration, facts, t, "", where)
    return _known(statement, _snapshot_of(declaration, statement, t, receives))


def from_facts(
    declaration: Declaration,
    facts: object,
    t: int,
    receives: tuple[Receipt, ...] = (),
    person: str = "",
    where: Where = (_FACTS,),
) -> Snapshot:
    """Return a person of whom nothing is known but the facts stated at `t`; what was not stated is unknown.

    Args:
        declaration: what may be stated.
        facts: a mapping of JSON values by the fact's name, and receipts by `receives.<programme>`.
        t: a UTC second, such as `declaration.zone.end_of_day(date)`.
        receives: the programmes whose receipt is asked about.
        person: a name for them.
        where: where the facts are, such as in a file of this name, for problems.

    Raises:
        Rejected: with every fact that is not declared, cannot be stated, or has a value it cannot take.
    """
    return _snapshot_of(declaration, _statement(declaration, facts, t, person, where), t, receives)


def _statement(declaration: Declaration, facts: object, t: int, person: str, where: Where) -> History:
    """The history of a person who stated facts just before `t`."""
    if not isinstance(facts, Mapping):
        remedy = 'Write one object of facts, like {"birth_date": "1990-05-01"}'
        raise Rejected([Problem(where, "invalid", "is not a JSON object", remedy)])
    encode_facts(facts, declaration, declaration.zone.today(t), where)
    problems = Problems()
    check_statement(declaration, facts, (person, declaration.zone.today(t)), where, problems)
    problems.raise_any()
    if declaration.zone.today(t) < declaration.epoch:
        raise Rejected(
            [Problem(where, "range", "are stated before the epoch of the declaration", "Choose a later day")]
        )
    statement = Event("facts", "facts", person, STATED, t - 1, t - 1, dict(facts))
    return history_of([statement], declaration)


def _snapshot_of(declaration: Declaration, statement: History, t: int, receives: tuple[Receipt, ...]) -> Snapshot:
    plan, at = lower(declaration, tuple(receives), complete=False), np.array([t], np.int64)
    values, members = compute_all(plan, statement, np.zeros(1, np.int64), at)
    return Snapshot(statement.people, at, plan.columns, values, declaration.hash, declaration, members)
