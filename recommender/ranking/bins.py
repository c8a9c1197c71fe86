"""Bins: how a person falls into public classes, from the declaration alone; personal data decide no boundary."""

from __future__ import annotations

import itertools
from collections.abc import Container
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int32, Int64
from features.calendar import DAY_SECONDS
from features.kernel.jit import njit
from features.value import NONE, UNKNOWN
from recommender.currency import SCALE, comparable, currencies_of
from recommender.ranking.class_share import share_of

if TYPE_CHECKING:
    from features.country import Currency
    from features.declaration.datatype import DataType
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots


YEARS: Final = (1, 3, 7, 13, 19, 25, 35, 45, 55, 65, 75)
"""Where classes of age begin: school, majority, working life by decades, retirement."""
_MONTHS: Final = (6, 12, 24, 36, 72, 96, 156, 216)
_DAYS: Final = (31, 91, 183, 366, 731, 1827, 3653)
SINCE: Final = (7, 14, 30, 60, 90, 150, 240, 400, 800)
"""Where classes of days since something that happened begin: what it makes people want comes and fades."""
_UNTIL: Final = (0, 91, 366, 1827, 3653)
_PERCENT: Final = (30, 40, 50, 60, 75, 100, 120, 150, 180, 250)
_SUMS: Final = (1, 300_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000, 300_000_000, 1_000_000_000)
_COUNT: Final = (1, 2, 3, 5, 10)
_MONTH, _YEAR = 30, 365
_FEW: Final = 10
"""A bounded integer of at most so many values has a class for each."""


FLAGS: Final = 18
"""So many facts, those that divide people most evenly, are crossed with each other."""
PAIR: Final = 5
"""Bins of a pair: no and no, no and yes, yes and no, yes and yes, and not known."""
_GUESSED: Final = 0.8
"""What evenness counts where no prior is declared."""
_LASTING: Final = ("time_since", "time_until")


@dataclass(frozen=True)
class Slot:
    """One column of a snapshot as classes: those between cuts, then none, then unknown.

    Attributes:
        column: the snapshot's column.
        cuts: where each class but the first begins, in stored integers, ascending; days ago for dates.
        ordered: whether neighbouring classes are alike.
        date: whether the column is a day, read as days ago.
        fading: whether it is days since something that happened.
        share: how common each class is thought to be, in public; none where all are alike.
    """

    column: str
    cuts: tuple[int, ...]
    ordered: bool
    date: bool = False
    fading: bool = False
    share: tuple[float, ...] = ()

    @property
    def classes(self) -> int:
        """How many classes there are between cuts."""
        return len(self.cuts) + 1

    @property
    def size(self) -> int:
        """How many bins there are, none and unknown among them."""
        return self.classes + 2


@dataclass(frozen=True)
class Flag:
    """Whether a slot's class is `begins` or a later one, and how often that is thought to be so."""

    slot: int
    begins: int
    share: float


Pair = tuple[Flag, Flag]
"""Two flags whose product is a column: what is wanted by those of whom both are true, or neither."""


@dataclass(frozen=True)
class Bins:
    """All slots; bin 0 is everybody's, those of slot k begin at `starts[k]`, then come those of pairs.

    >>> slots = (Slot("age", (19, 65), ordered=True), Slot("worker", (1,), ordered=False))
    >>> Bins(slots).starts, Bins(slots).size
    ((1, 6), 10)
    """

    slots: tuple[Slot, ...]
    pairs: tuple[Pair, ...] = ()

    @classmethod
    def of(cls, declaration: Declaration) -> Bins:
        """The bins of every column that may be used for ranking and says who somebody is.

        Counts of what happened and how long something has been so are left out, and so is a day from which another fact
        is computed: each further column costs noise, and these say what others say.
        """
        told = {fact.derived.of for fact in declaration.facts.values() if fact.derived is not None}
        found = (slot_of(name, declaration) for name in declaration.columns if _ranks(name, declaration))
        slots = tuple(slot for slot in found if slot is not None and not (slot.date and slot.column in told))
        return cls(slots, paired(slots, declaration.facts))

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """The first bin of each slot, then of each pair."""
        ends = np.cumsum([1, *(slot.size for slot in self.slots), *(PAIR for _ in self.pairs)])
        return tuple(int(end) for end in ends[:-1])

    @property
    def size(self) -> int:
        """How many bins there are in all."""
        return 1 + sum(slot.size for slot in self.slots) + PAIR * len(self.pairs)

    def of_people(self, people: Snapshots) -> Int32:
        """Everybody's bins: int32[n, 1 + slots + pairs], the first column everybody's own."""
        today = people.declaration.zone.local_seconds(people.t - 1) // DAY_SECONDS
        out = np.zeros((len(people), 1 + len(self.slots)), dtype=np.int32)
        columns = np.array([people.index(slot.column) for slot in self.slots], dtype=np.int64)
        _fill_bins(people.values, np.asarray(today), columns, self._classes, self.cuts, out)
        return self.with_pairs(out)

    @cached_property
    def unknown(self) -> Int32:
        """The bins of somebody of whom nothing is known: int32[1 + slots + pairs]."""
        nothing = [start + slot.classes + 1 for slot, start in zip(self.slots, self.starts, strict=False)]
        return np.asarray(self.with_pairs(np.array([[0, *nothing]], dtype=np.int32))[0])

    @cached_property
    def _classes(self) -> Int64:
        """Of each slot its first bin, whether it is a day, where its cuts begin and end, int64[slots, 4]."""
        ends = np.cumsum([0, *(len(slot.cuts) for slot in self.slots)]).tolist()
        told = [
            (start, slot.date, *span)
            for slot, start, span in zip(self.slots, self.starts, itertools.pairwise(ends), strict=False)
        ]
        return np.array(told, dtype=np.int64).reshape(-1, 4)

    @cached_property
    def cuts(self) -> Int64:
        """The cuts of every slot, one slot after the other."""
        return np.array([cut for slot in self.slots for cut in slot.cuts], dtype=np.int64)

    def with_pairs(self, bins: Int32) -> Int32:
        """The bins of slots, int32[n, 1 + slots], and beside them those of pairs."""
        found = np.empty((bins.shape[0], bins.shape[1] + len(self.pairs)), dtype=np.int32)
        _fill_pairs(bins, self._flags, np.array(self.starts[len(self.slots) :], dtype=np.int32), found)
        return found

    @cached_property
    def _flags(self) -> Int32:
        """Of each pair's first flag, then second: its column, where it begins, and where what is not known does."""
        starts = self.starts
        told = [
            (1 + flag.slot, starts[flag.slot] + flag.begins, starts[flag.slot] + self.slots[flag.slot].classes)
            for pair in self.pairs for flag in pair
        ]  # fmt: skip
        return np.array(told, dtype=np.int32).reshape(-1, 2, 3).transpose(1, 2, 0)


@njit
def _fill_bins(values: Int64, today: Int64, columns: Int64, classes: Int64, cuts: Int64, bins: Int32) -> None:
    for person in range(len(values)):
        for slot in range(len(columns)):
            start, dated, first, last = classes[slot, 0], classes[slot, 1], classes[slot, 2], classes[slot, 3]
            value, found = values[person, columns[slot]], last - first + 1  # none: the class after those between cuts
            if value == UNKNOWN:
                found += 1
            elif value != NONE:
                read, found = today[person] - value if dated else value, 0
                while first + found < last and cuts[first + found] <= read:
                    found += 1
            bins[person, slot + 1] = start + found


@njit
def _fill_pairs(bins: Int32, flags: Int32, starts: Int32, out: Int32) -> None:
    """Fill out with the bins of slots, and those of pairs by both flags; the last where one is unknown."""
    slots = bins.shape[1]
    for person in range(len(bins)):
        out[person, :slots] = bins[person]
        for pair in range(len(starts)):
            which, known = 0, True
            for flag in range(2):
                found = bins[person, flags[flag, 0, pair]]
                which += which + (found >= flags[flag, 1, pair])
                known &= found < flags[flag, 2, pair]
            out[person, slots + pair] = starts[pair] + (which if known else PAIR - 1)


def paired(slots: tuple[Slot, ...], facts: Container[str]) -> tuple[Pair, ...]:
    """Every two of the `FLAGS` facts that are thought to divide people most evenly."""
    flags = [flag for at, slot in enumerate(slots) if slot.column in facts for flag in flag_of(at, slot)]
    even = sorted(flags, key=lambda flag: -flag.share * (1 - flag.share) * (1 if slots[flag.slot].share else _GUESSED))
    return tuple(itertools.combinations(sorted(even[:FLAGS], key=lambda flag: flag.slot), 2))


def flag_of(at: int, slot: Slot) -> list[Flag]:
    """The most even division of a slot's classes in two; none of a choice among many, which has no order.

    >>> flag_of(0, Slot("age", (19, 65), ordered=True, share=(0.2, 0.6, 0.2)))
    [Flag(slot=0, begins=1, share=0.8)]
    """
    if slot.classes < 2 or not (slot.ordered or slot.classes == 2):
        return []
    share = slot.share or (1 / slot.classes,) * slot.classes
    above = [round(sum(share[begins:]), 9) for begins in range(1, slot.classes)]
    best = min(range(len(above)), key=lambda place: round(abs(above[place] - 0.5), 9))
    return [Flag(at, best + 1, above[best])]


def slot_of(name: str, declaration: Declaration) -> Slot | None:
    """The slot of a column, or None where its kind has no public classes (regions, identifiers, sets)."""
    slot = _plain(name, declaration)
    return None if slot is None else replace(slot, share=share_of(name, slot.cuts, declaration))


def _plain(name: str, declaration: Declaration) -> Slot | None:
    kind, feature, fact = declaration.kind(name), declaration.features.get(name), declaration.facts.get(name)
    if fact is not None and fact.bins:
        return Slot(name, fact.bins, ordered=True, date=kind.type == "date")
    if kind.type == "boolean":
        return Slot(name, (1,), ordered=False)
    if kind.type == "enum":
        return Slot(name, tuple(range(1, len(kind.values))), ordered=False)
    if kind.type == "date":
        return Slot(name, tuple(_YEAR * year for year in YEARS), ordered=True, date=True)
    if kind.type != "integer":
        return None
    if feature is not None and feature.op == "time_since" and feature.unit == "days":
        return Slot(name, SINCE, ordered=True, fading=True)
    return Slot(name, tuple(cut * kind.scale for cut in _cuts(name, kind, declaration)), ordered=True)


def _cuts(name: str, kind: DataType, declaration: Declaration) -> tuple[int, ...]:
    if kind.low is not None and kind.high is not None and kind.high - kind.low < _FEW * kind.scale:
        return tuple(range(kind.low // kind.scale + 1, kind.high // kind.scale + 1))
    if kind.unit.startswith("percent"):
        return _PERCENT
    if kind.unit and kind.unit == declaration.country.currency.unit:
        return _sums(declaration.country.currency)
    if kind.unit in _BY_UNIT:
        return _BY_UNIT[kind.unit]
    return _derived(name, declaration)


_BY_UNIT: Final = {"days": _DAYS, "months": _MONTHS, "years": YEARS}


def _sums(own: Currency) -> tuple[int, ...]:
    """Return the classes of sums of a currency, in whole units; none where they cannot be compared."""
    known = currencies_of(own)
    cuts = [comparable(cut, SCALE, own.code, known) for cut in _SUMS]
    return tuple(dict.fromkeys(max(1, cut // 10**own.decimals) for cut in cuts if cut is not None))


def _derived(name: str, declaration: Declaration) -> tuple[int, ...]:
    feature = declaration.features.get(name)
    if feature is not None:
        return _UNTIL if feature.op == "time_until" else _COUNT
    derived = declaration.facts[name].derived
    how = "" if derived is None else derived.op
    return {"years_since": YEARS, "months_since": _MONTHS, "days_since": _DAYS}.get(how, _COUNT)


def _ranks(name: str, declaration: Declaration) -> bool:
    fact = declaration.facts.get(name)
    return declaration.features[name].op in _LASTING if fact is None else "ranking" in fact.purpose
