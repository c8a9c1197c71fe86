"""How people and programmes fit, in public tables: how long ago what a programme is offered on was, what rules ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Float64, Int32, Int64
from recommender.ranking.bins import SINCE, Bins, Slot
from recommender.rules.bounds import LEAST, MOST

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.ranking.attributes import ProgrammeAttributes

RECENCY: Final = len(SINCE) + 2
"""Classes of how long ago a life event was that have a weight each; the last is that there was none."""
SHARED, OF_EVENT, OF_PROGRAMME = 1.5, 0.7, 0.7
"""What classes of recency are multiplied by: those of all programmes, of all offered on one event, of each alone."""
ASKED: Final = 0.5
"""What the share of a class that a rule lets through is multiplied by."""
WINDOW: Final = 1.0
"""What the share of a class within the window is multiplied by, and what is beyond."""


@dataclass(frozen=True)
class Fits:
    """What the bins of one slot add of which weight, programme by programme.

    Entry e of programme p (`at[p]` to `at[p + 1]`) reads slot `slot[e]` of a person; a bin of it is row
    `row[e] + bin`, whose `value` the weight `weight` is multiplied by.

    Attributes:
        at: int64[P + 1].
        slot: int32[E], 1 is the first after everybody's.
        row: int64[E], where the slot's rows begin, less its first bin.
        weight: int32[rows].
        value: float64[rows].
        weights: how many weights there are.
    """

    at: Int64
    slot: Int32
    row: Int64
    weight: Int32
    value: Float64
    weights: int

    @classmethod
    def none(cls, programmes: int) -> Fits:
        """Nothing fits."""
        no, at = np.zeros(0, dtype=np.int64), np.zeros(programmes + 1, dtype=np.int64)
        return cls(at, no.astype(np.int32), no, no.astype(np.int32), np.zeros(0), 0)


@dataclass
class _Entries:
    """Entries as they are found, and where weights are: recency, windows, each fact asked for, programmes' recency."""

    bins: Bins
    codes: Int64
    slot: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    weight: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        fading = [at for at, slot in enumerate(self.bins.slots) if slot.fading]
        self.event = {at: RECENCY * (1 + number) for number, at in enumerate(fading)}
        self.window = RECENCY * (1 + len(fading))
        self.asked = self.window + 2
        self.unknown = self.asked + len(self.bins.slots)
        self.own = {code: self.unknown + 1 + RECENCY * at for at, code in enumerate(self.codes.tolist())}
        self.weights = self.unknown + 1 + RECENCY * self.codes.size
        self.starts = self.bins.starts

    def add(self, at: int, weights: list[int], values: list[float]) -> None:
        """Add an entry that reads slot `at`, with a weight and a value for each of its bins."""
        self.slot.append(at + 1)
        self.row.append(len(self.weight) - self.starts[at])
        self.weight += weights
        self.value += values


def fits(bins: Bins, attributes: ProgrammeAttributes, declaration: Declaration, codes: Int64) -> Fits:
    """How every bin fits every programme: days since what it is offered on, and what its rules ask of single facts.

    Args:
        bins: of people.
        attributes: of the catalogue.
        declaration: what columns are.
        codes: int64[I], the programmes with weights of their own for how long ago it was; others have the shared ones.
    """
    rows, ends = _Entries(bins, codes), [0]
    place = {declaration.index(slot.column): at for at, slot in enumerate(bins.slots)}
    for programme in range(len(attributes.ids)):
        _triggered(rows, attributes, programme, place)
        _ask(rows, attributes, programme, place)
        ends.append(len(rows.slot))
    return Fits(
        np.array(ends, dtype=np.int64), np.array(rows.slot, dtype=np.int32), np.array(rows.row, dtype=np.int64),
        np.array(rows.weight, dtype=np.int32), np.array(rows.value, dtype=np.float64), rows.weights,
    )  # fmt: skip


def _triggered(rows: _Entries, attributes: ProgrammeAttributes, programme: int, place: Mapping[int, int]) -> None:
    """Add how long ago what a programme is offered on was, class by class, and whether its window is still open."""
    within, own = attributes.within[programme], rows.own.get(int(attributes.codes[programme]))
    for column in attributes.trigger[attributes.trigger_at[programme] : attributes.trigger_at[programme + 1]].tolist():
        at = place.get(column)
        if at not in rows.event:
            continue
        begins = [(0, SHARED), (rows.event[at], OF_EVENT), *([] if own is None else [(own, OF_PROGRAMME)])]
        for begin, scale in begins:
            rows.add(at, [*range(begin, begin + RECENCY), 0], [*[scale] * RECENCY, 0.0])
        if not np.isnan(within):
            inside = _inside(rows.bins.slots[at], 0, int(within))
            for part, share in enumerate((inside, 1.0 - inside)):
                rows.add(at, [rows.window + part] * (RECENCY + 1), [*(WINDOW * share).tolist(), 0.0, 0.0])


def _ask(rows: _Entries, attributes: ProgrammeAttributes, programme: int, place: Mapping[int, int]) -> None:
    """Add how much of each class is within what the programme's rules ask of one fact, and that it is unknown."""
    asks, met = attributes.asks, dict[int, Float64]()
    for row in range(asks.at[programme], asks.at[programme + 1]):
        at = place.get(int(asks.column[row]))
        if at is not None:
            shared = _inside(rows.bins.slots[at], int(asks.low[row]), int(asks.high[row]))
            met[at] = np.maximum(met.get(at, np.zeros(shared.size)), shared)
    for at, shared in met.items():
        weights = [*[rows.asked + at] * (shared.size + 1), rows.unknown]
        rows.add(at, weights, [*(ASKED * shared).tolist(), 0.0, ASKED])


def _inside(slot: Slot, low: int, high: int) -> Float64:
    """The share of a class within bounds, 0 to 1; a class without end counts as soon as it touches them."""
    if slot.date:
        return np.zeros(slot.classes)  # a rule bounds the day, a class the days since; age says it better
    begins = np.array([LEAST, *slot.cuts], dtype=np.float64)
    ends = np.array([*slot.cuts, MOST], dtype=np.float64)
    shared = np.clip(np.minimum(ends, high + 1.0) - np.maximum(begins, low), 0.0, None)
    endless = (begins == LEAST) | (ends == MOST)
    return np.asarray(np.where(endless, shared > 0, shared / (ends - begins)), dtype=np.float64)
