"""People as known at an instant: the columns of many, of one, and of one who only stated facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from features.arrays import Int64
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import STATED, Selector
from features.kernel.kernel import compute
from features.kernel.lowering import lower
from features.log.event import Event, encode_facts
from features.log.history import HELD, RECEIVED, History, history_of
from features.problem import Problem, Rejected, Where
from features.value import UNKNOWN

_FACTS: Final = "facts"


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
    """

    people: tuple[str, ...]
    t: Int64
    columns: tuple[str, ...]
    values: Int64
    features_hash: str
    declaration: Declaration

    @cached_property
    def _place(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.columns)}

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
            self.features_hash, self.declaration,
        )  # fmt: skip

    def today(self, place: int = 0) -> int:
        """Return the local day as of which a person is known: the day of the last second before `t`."""
        return self.declaration.zone.today(int(self.t[place]))


class Snapshot(Snapshots):
    """One person as known at one instant."""

    @property
    def person(self) -> str:
        """Who."""
        return self.people[0]

    def value(self, name: str) -> int:
        """Return the integer of one column; raises KeyError when there is none of that name."""
        return int(self.column(name)[0])

    def known(self) -> dict[str, object]:
        """Return every column that is known, as JSON values."""
        named = zip(self.columns, self.values[0].tolist(), strict=True)
        return {name: self._json(name, value) for name, value in named if value != UNKNOWN}

    def _json(self, name: str, value: int) -> object:
        declared = name in self.declaration.facts or name in self.declaration.features
        return self.declaration.kind(name).decode(value) if declared else bool(value)


def snapshots(
    declaration: Declaration, segments: History, person_rows: Int64, t: Int64, receives: tuple[str, ...] = ()
) -> Snapshots:
    """Return each person at each instant.

    Args:
        declaration: what to compute.
        segments: the events, by person.
        person_rows: int64[n], places in `segments.people`; -1 is somebody nothing is known of, and who has no name.
        t: int64[n], UTC seconds.
        receives: the programmes whose receipt is asked about.

    Raises:
        Rejected: the segments were read by another declaration.
    """
    plan = lower(declaration, tuple(receives))
    values = compute(plan, segments, person_rows, t)
    names = (*segments.people, "")  # the last, at -1, is nobody's
    people = tuple(names[row] for row in np.asarray(person_rows).tolist())
    return Snapshots(people, np.asarray(t, np.int64), plan.columns, values, declaration.hash, declaration)


def from_facts(
    declaration: Declaration,
    facts: object,
    t: int,
    receives: tuple[str, ...] = (),
    person: str = "",
    where: Where = (_FACTS,),
) -> Snapshot:
    """Return somebody of whom nothing is known but the facts stated at `t`; what was not stated is unknown.

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
    if not isinstance(facts, Mapping):
        remedy = 'Write one object of facts, like {"birth_date": "1990-05-01"}'
        raise Rejected([Problem(where, "invalid", "is not a JSON object", remedy)])
    encode_facts(facts, declaration, declaration.zone.today(t), where)
    if declaration.zone.today(t) < declaration.epoch:
        raise Rejected(
            [Problem(where, "range", "are stated before the epoch of the declaration", "Choose a later day")]
        )
    statement = Event("facts", "facts", person, STATED, t - 1, t - 1, dict(facts))
    plan = lower(declaration, tuple(receives), complete=False)
    at = np.array([t], np.int64)
    values = compute(plan, history_of([statement], declaration), np.zeros(1, np.int64), at)
    return Snapshot((person,), at, plan.columns, values, declaration.hash, declaration)


def held(segments: History, person_rows: Int64, t: Int64) -> tuple[Int64, Int64]:
    """Return the programmes each person holds or has applied for at each instant, as far as is known.

    Args:
        segments: the events, by person.
        person_rows: int64[n], places in `segments.people`, -1 for somebody nothing is known of.
        t: int64[n], UTC seconds.

    Returns:
        offsets int64[n + 1] and the identifier codes int64[offsets[n]], in order, each once a person.
    """
    meaning = np.array([_holding(signal) for signal in segments.signals], np.int64)
    rows = np.flatnonzero(meaning[segments.signal] >= 0)  # few of all rows speak of holding
    owner = np.searchsorted(segments.offsets, rows, side="right") - 1
    starts = np.searchsorted(owner, np.arange(len(segments.people) + 1))
    found = [
        _held(segments, rows[starts[person] : starts[person + 1]], meaning, at) if person >= 0 else []
        for person, at in zip(np.asarray(person_rows).tolist(), np.asarray(t).tolist(), strict=True)
    ]
    offsets = np.cumsum([0, *map(len, found)]).astype(np.int64)
    return offsets, np.array([code for codes in found for code in codes], np.int64)


def _holding(signal: Selector) -> int:
    """1 where a signal gives a programme, 0 where it takes it away, 2 for a stated receipt, -1 for all others."""
    if signal == RECEIVED:
        return 2
    return HELD.get(signal.event, -1) if signal == Selector(signal.event, None, "programme") else -1


def _held(segments: History, rows: Int64, meaning: Int64, at: int) -> list[int]:
    visible = rows[
        (segments.happened[rows] < at) & (segments.recorded[rows] < at) & (at <= segments.superseded[rows])
    ]  # fmt: skip
    holding: dict[int, bool] = {}
    for code, says in zip(segments.value[visible].tolist(), meaning[segments.signal[visible]].tolist(), strict=True):
        if code == UNKNOWN:
            continue
        holding[max(code, ~code)] = code >= 0 if says == 2 else bool(says)
    return sorted(code for code, held_now in holding.items() if held_now)
