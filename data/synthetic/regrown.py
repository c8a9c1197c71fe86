"""Regrown people: as many as are wanted, each household drawn again from one that was simulated.

A life keeps its course: which events, statements and members it has, in which order and how long apart. Drawn again for
each household are how long ago everything happened, the districts and the incomes, and for each person the day of
birth. Every shard has a seed of its own, so that no two are alike and any one can be made without the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Int32, Int64
from features.calendar import DAY_SECONDS
from features.declaration.vocabulary import STATED
from features.log.history import REGISTERED, MemberReports, Records
from features.log.households import households
from features.log.member_rows import CELLS
from features.log.versions import FOREVER
from features.person_rows import rows_of
from features.value import NONE

if TYPE_CHECKING:
    from features.declaration.datatype import DataType
    from features.declaration.declaration import Declaration
    from features.log.history import History

__all__ = ["Regrowth"]

_BORN: Final = CELLS.index("born")
_YEARS_APART: Final = 3
"""So many years a day of birth is moved at most, either way."""
_AGO: Final = 180
"""So many days longer ago everything may have happened."""
_INCOME: Final = (60, 160)
"""Incomes and other sums are so many percent of what they were."""


@dataclass(frozen=True, eq=False)
class Regrowth:
    """What people are grown from.

    Attributes:
        base: people who were simulated.
        declaration: what their rows mean.
        seed: the same seed gives the same people.
    """

    base: History
    declaration: Declaration
    seed: int

    def shard(self, number: int, people: int) -> History:
        """Return so many people or a few more, for households stay whole, under names of their own."""
        rng = np.random.default_rng((self.seed, number))
        house = self._drawn(rng, people)
        sizes = np.diff(self._ends)[house]
        chosen = self._order[rows_of(self._ends, house)[0]]
        home = np.repeat(np.arange(house.size), sizes)
        names = tuple(f"n{number:05d}-{place:06d}" for place in range(chosen.size))
        within = np.flatnonzero(home[1:] == home[:-1])
        related = np.stack((within, within + 1, np.full(within.size, REGISTERED)), axis=1)
        moved = _Redrawn(
            rng.integers(0, _AGO, house.size)[home] * DAY_SECONDS,
            rng.integers(0, max(self._districts.size, 1), house.size)[home],
            rng.integers(*_INCOME, house.size)[home],
            rng.integers(-365 * _YEARS_APART, 365 * _YEARS_APART, chosen.size),
        )
        return self._grown(chosen, names, related, moved)

    def _drawn(self, rng: np.random.Generator, people: int) -> Int64:
        """Households drawn until they are so many people."""
        sizes, drawn = np.diff(self._ends), np.empty(0, np.int64)
        while sizes[drawn].sum() < people:
            more = rng.integers(0, sizes.size, 1 + people // int(sizes.mean()))
            drawn = np.concatenate((drawn, more))
        return drawn[: int(np.searchsorted(np.cumsum(sizes[drawn]), people)) + 1]

    @cached_property
    def _order(self) -> Int64:
        """The people of the base, by household."""
        return np.argsort(households(self.base), kind="stable")

    @cached_property
    def _ends(self) -> Int64:
        """Where each household of the base begins among them, and where the last one ends."""
        return np.append(np.flatnonzero(np.diff(households(self.base)[self._order], prepend=-1)), self._order.size)

    def _grown(self, chosen: Int64, names: tuple[str, ...], related: Int64, moved: _Redrawn) -> History:
        base = self.base
        rows, ends = rows_of(base.offsets, chosen)
        person = np.repeat(np.arange(chosen.size), np.diff(base.offsets)[chosen])
        ago, nothing = moved.ago[person], np.empty(0, np.int64)
        happened = base.happened[rows] - ago
        return replace(
            base,
            people=names,
            offsets=np.concatenate(([0], ends)).astype(np.int64),
            happened=happened,
            recorded=base.recorded[rows] - ago,
            superseded=_earlier(base.superseded[rows], ago),
            local=self.declaration.zone.local_seconds(happened),
            signal=base.signal[rows],
            value=self._values(base.signal[rows], base.value[rows], person, moved),
            records=Records(*(nothing for _ in Records.__dataclass_fields__)),
            related=related,
            reports=self._reports(chosen, moved),
            told=np.empty((0, 2), np.int64),
        )

    def _values(self, signal: Int32, value: Int64, person: Int64, moved: _Redrawn) -> Int64:
        """What rows say once days, districts and sums are drawn again; what is not known stays so."""
        found, known = value.copy(), value > NONE
        dated, placed, summed, born = ((known & kinds[signal]) for kinds in self._kinds)
        found[dated] -= moved.ago[person[dated]] // DAY_SECONDS
        found[born] = value[born] + moved.born[person[born]]
        at = np.searchsorted(self._districts, value[placed]) + moved.districts[person[placed]]
        found[placed] = self._districts[at % max(self._districts.size, 1)]
        found[summed] = value[summed] * moved.percent[person[summed]] // 100
        return found

    @cached_property
    def _districts(self) -> Int64:
        """The codes of the districts in which people of the base live, ascending."""
        value, placed = self.base.value, self._kinds[1][self.base.signal]
        return np.unique(value[placed & (value > NONE)])

    @cached_property
    def _kinds(self) -> tuple[Bool, Bool, Bool, Bool]:
        """Which signals carry a day, a district, a sum and the day of the person's birth."""
        home = self.declaration.household
        birth = home.birth if home is not None else ""
        kinds = [self._kind(place) for place in range(len(self.base.signals))]
        born = np.array([one.event == STATED and one.field == birth for one in self.base.signals], np.bool_)
        dated, placed = (np.array([kind is not None and kind.type == name for kind in kinds], np.bool_)
                         for name in ("date", "region"))  # fmt: skip
        money = ("won", "percent")
        summed = [kind is not None and kind.type == "integer" and kind.unit.startswith(money) for kind in kinds]
        return dated & ~born, placed, np.array(summed, np.bool_), born

    def _kind(self, place: int) -> DataType | None:
        """The type of what a signal carries; None where that is only that something happened, or a receipt."""
        heard = self.base.signals[place]
        if heard.field is None:
            return None
        if heard.event == STATED:
            fact = self.declaration.facts.get(heard.field)
            return None if fact is None else fact.kind.member
        return self.declaration.events[heard.event].fields.get(heard.field)

    def _reports(self, chosen: Int64, moved: _Redrawn) -> MemberReports:
        """What is said of members, everything so long ago as the household's events."""
        base = self.base.reports
        rows, ends = rows_of(base.offsets, chosen)
        ago = np.repeat(moved.ago, np.diff(base.offsets)[chosen])
        moments, cells = base.moments[rows], base.cells[rows]
        moments[:, :2] -= ago[:, None]
        moments[:, 2] = _earlier(moments[:, 2], ago)
        moments[:, 3] -= ago // DAY_SECONDS
        known = cells[:, _BORN] > NONE
        cells[known, _BORN] -= ago[known] // DAY_SECONDS
        return MemberReports(np.concatenate(([0], ends)).astype(np.int64), moments, cells)


@dataclass(frozen=True, eq=False)
class _Redrawn:
    """What is drawn again for each person: seconds ago, places of districts, percent of sums, days of birth."""

    ago: Int64
    districts: Int64
    percent: Int64
    born: Int64


def _earlier(until: Int64, ago: Int64) -> Int64:
    """Moments so much earlier; what holds for ever does."""
    return np.where(until == FOREVER, until, until - ago)
