"""Reach population: everybody on one day, sorted by where they live, made of snapshots without holding them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int64, UInt64
from features.members import Members, joined, nobody
from recommender.reach.fact_planes import WORD, FactPlanes, values_seen
from recommender.reach.member_planes import MemberPlanes
from recommender.reach.reach_kernel import PlaneRows
from recommender.rules.clause import Answer
from recommender.rules.member_kernel import member_rows
from recommender.rules.member_lowering import closers_of
from recommender.rules.people_group import PeopleGroup, membership

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.region import Regions

__all__ = ["REGION", "ReachPopulation", "populated"]

REGION: Final = "region"
"""The fact that says where somebody lives."""
_SETS: Final = "ages"

Shards = Callable[[], Iterator["Snapshots"]]
"""Everybody, some at a time, in the same order whenever it is called."""


@dataclass(frozen=True, eq=False)
class ReachPopulation:
    """Everybody on one day.

    Attributes:
        day: the day, since 1970-01-01.
        declaration: what the columns mean.
        planes: the columns.
        places: int64[R], the value of `region` of each block of people.
        people: int64[R], how many there are in each.
        groups: the groups told apart.
        sizes: int64[G], how many belong to each.
        rows: the same as the kernels read it.
        members: who belongs to each person, by position.
        counted: of whom members were counted.
    """

    day: int
    declaration: Declaration
    planes: FactPlanes
    places: Int64
    people: Int64
    groups: tuple[PeopleGroup, ...]
    sizes: Int64
    rows: PlaneRows
    members: Members
    counted: MemberPlanes = field(default_factory=MemberPlanes)

    def __len__(self) -> int:
        """Return how many people there are."""
        return int(self.people.sum())


def populated(
    shards: Shards, groups: tuple[PeopleGroup, ...], declaration: Declaration, regions: Regions, day: int
) -> ReachPopulation:
    """Turn everybody into planes: one pass finds which values occur and where people live, another writes the bits."""
    layout, places, counts, columns = _laid_out(shards, declaration)
    words = -(-counts // WORD)
    starts = np.concatenate(([0], np.cumsum(words))).astype(np.int64)
    planes = layout.holding(np.zeros((layout.planes, int(starts[-1])), np.uint64))
    real = np.zeros(int(starts[-1]), np.uint64)
    told = np.zeros((len(groups), 2, int(starts[-1])), np.uint64)
    free, kept = starts[:-1] * WORD, list[tuple[Int64, Members]]()
    for people in shards():
        positions = _positions(people.column(REGION), places, free)
        planes.fill(people.values, positions)
        np.bitwise_or.at(real, positions // WORD, _bits(positions))
        if groups:
            _tell_apart(told, membership(groups, people, regions, day), positions)
        kept.append((positions, people.members))
    members = _placed(kept, int(starts[-1]) * WORD, declaration)
    raised = _raised(planes, declaration, columns, int(starts[-1]) * WORD)
    sizes = np.array([int(np.bitwise_count(one[0]).sum()) for one in told], np.int64)
    each = np.zeros(0, np.int64)
    rows = PlaneRows(planes.words, real, starts, told, member_rows(members), raised, each)
    return ReachPopulation(day, declaration, planes, places, counts, groups, sizes, rows, members)


def _laid_out(shards: Shards, declaration: Declaration) -> tuple[FactPlanes, Int64, Int64, tuple[str, ...]]:
    """Find what values occur: the layout, the regions with how many live there, and the names of the columns."""
    seen: list[Int64] = []
    living: dict[int, int] = {}
    columns: tuple[str, ...] = ()
    sets: list[bool] = []
    for people in shards():
        columns = people.columns
        if not seen:
            sets = [name in declaration.facts and declaration.facts[name].type == _SETS for name in columns]
            seen = [np.empty(0, np.int64) for _ in columns]
        seen = values_seen(people.values, seen, sets)
        for place, count in zip(*np.unique(people.column(REGION), return_counts=True), strict=True):
            living[int(place)] = living.get(int(place), 0) + int(count)
    places = np.array(sorted(living), np.int64)
    named = [name for name, is_set in zip(columns, sets, strict=True) if is_set]
    counts = np.array([living[place] for place in places.tolist()], np.int64)
    return FactPlanes.laid_out(columns, named, seen), places, counts, columns


def _positions(own: Int64, places: Int64, free: Int64) -> Int64:
    """Give each person the next position of their region, and note in `free` that it is taken."""
    block = np.searchsorted(places, own)
    order = np.argsort(block, kind="stable")
    sizes = np.bincount(block, minlength=len(places))
    nth = np.empty(len(own), np.int64)
    nth[order] = np.arange(len(own)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    positions = free[block] + nth
    free += sizes
    return positions


def _bits(positions: Int64) -> UInt64:
    return np.uint64(1) << (positions % WORD).astype(np.uint64)


def _tell_apart(told: UInt64, answers: np.ndarray, positions: Int64) -> None:
    for group in range(len(told)):
        for which, least in enumerate((Answer.YES, Answer.UNKNOWN)):
            inside = positions[answers[:, group] >= least]
            np.bitwise_or.at(told[group, which], inside // WORD, _bits(inside))


def _placed(kept: Sequence[tuple[Int64, Members]], positions: int, declaration: Declaration) -> Members:
    """The members of everybody by position; of a position that nobody has nothing is known."""
    home = declaration.household
    empty = nobody(1, len(home.relations) if home else 0)
    everybody = joined([empty, *(members for _, members in kept)])
    where = np.zeros(positions, np.int64)
    where[np.concatenate([at for at, _ in kept])] = 1 + np.arange(len(everybody) - 1)
    return everybody[where]


def _raised(planes: FactPlanes, declaration: Declaration, columns: Sequence[str], positions: int) -> Int64:
    """Of which relations each person raises nobody who is not listed, as bits."""
    found = np.zeros(positions, np.int64)
    for place, value, mask in closers_of(declaration, {name: at for at, name in enumerate(columns)}):
        column = planes.columns[columns[place]]
        codes = np.searchsorted(column.values, value)
        if codes < len(column.values) and column.values[codes] == value:
            holds = ~planes.words[column.first]
            for bit in range(column.bits):
                plane = planes.words[column.first + 1 + bit]
                holds = holds & (plane if (int(codes) >> (column.bits - 1 - bit)) & 1 else ~plane)
            found[np.unpackbits(holds.view(np.uint8), bitorder="little").astype(np.bool_)] |= mask
    return found
