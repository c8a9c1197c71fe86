"""What happened, as columns: the life events of one block of people, and the facts that changed with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.synthetic.kinds import TYPE
from data.synthetic.months import Months
from features.arrays import Bool, Int64


@dataclass(frozen=True)
class LifeEvents:
    """Life events: `value` is the number in the payload (a region, a grade), `other` the spouse or second parent.

    `kind` numbers the event types (`kinds.TYPE`), `person` and `other` are rows of the block (-1: none), `when` is in
    UTC seconds, `child` numbers the children born or adopted in the block from 0 (-1: none).
    """

    kind: Int64
    person: Int64
    when: Int64
    value: Int64
    other: Int64
    child: Int64

    def __len__(self) -> int:
        """How many events."""
        return len(self.kind)

    def take(self, rows: Int64 | Bool) -> LifeEvents:
        """Some of the events."""
        return LifeEvents(*(getattr(self, name)[rows] for name in LifeEvents.__dataclass_fields__))

    def of(self, *types: str) -> LifeEvents:
        """The events of some types."""
        return self.take(np.isin(self.kind, [TYPE[name] for name in types]))


@dataclass(frozen=True)
class RestatedFacts:
    """Facts a registry states again about some people: each fact's value by row, `UNKNOWN` where it says nothing."""

    source: str
    person: Int64
    when: Int64
    facts: Mapping[str, Int64]


@dataclass(frozen=True)
class ResidentState:
    """How every citizen of a block stands at one moment, as the registers could tell: what take-up is drawn from."""

    alive: Bool
    region: Int64
    work: Int64
    seeking: Bool
    size: Int64
    toddlers: Int64
    minors: Int64
    owner: Bool
    married: Bool
    disabled: Bool
    cared_for: Bool
    farmer: Bool
    student: Bool
    business: Bool


@dataclass(frozen=True)
class Course:
    """The lives of one block: what happened (from a year before the log), what was restated, and how people stood.

    `facts` and `children` (days of birth, n x slots) are true at the first second of the log; `standings` holds the
    first day of each logged month and the day after the last.
    """

    months: Months
    events: LifeEvents
    restated: tuple[RestatedFacts, ...]
    born: Int64
    female: Bool
    died: Int64
    facts: Mapping[str, Int64]
    children: Int64
    standings: tuple[ResidentState, ...]

    def __len__(self) -> int:
        """How many citizens."""
        return len(self.born)


@dataclass
class EventCollector:
    """Collects what happens, month by month."""

    parts: list[tuple[Int64, ...]] = field(default_factory=list)
    restated: list[RestatedFacts] = field(default_factory=list)
    children: int = 0

    def add(
        self,
        kind: str,
        person: Int64,
        when: Int64,
        value: Int64 | Bool | int = 0,
        other: Int64 | int = -1,
        child: Int64 | int = -1,
    ) -> None:
        """Enter one event of a type for each person."""
        if len(person) == 0:
            return
        columns = (TYPE[kind], person, when, value, other, child)
        full = (c.astype(np.int64) if isinstance(c, np.ndarray) else np.full(len(person), c, np.int64) for c in columns)
        self.parts.append(tuple(full))

    def children_numbers(self, count: int) -> Int64:
        """Numbers for so many newborn children."""
        first, self.children = self.children, self.children + count
        return np.arange(first, first + count)

    def happenings(self) -> LifeEvents:
        """Everything entered, ordered by time."""
        empty = (np.zeros(0, np.int64),) * 6
        columns = [np.concatenate(column) for column in zip(empty, *self.parts, strict=True)]
        order = np.lexsort((columns[0], columns[1], columns[2]))
        return LifeEvents(*(column[order] for column in columns))
