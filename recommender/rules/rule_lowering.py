"""Rule lowering: a catalogue's clauses as one shared graph of comparisons, and how regions lie in sets of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Float32, Int8, Int64
from features.declaration.datatype import OLDEST_AGE
from features.value import NONE
from recommender.rules.clause import (
    Advisory,
    All,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    UnreadText,
    encoded,
    fact_type,
)
from recommender.rules.interval import Interval, interval_of
from recommender.rules.member_kernel import MANY, TEST
from recommender.rules.member_lowering import MemberRow, count_interval, plainest_members
from recommender.rules.region import Regions
from recommender.rules.rule_kernel import ADVISORY, AND, COUNT, MEMBERS, NOT, OR, RANGE, REGION

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["LEAST", "MOST", "Plain", "RuleGraph", "plainest", "relations_of"]

LEAST, MOST = NONE + 1, 2**63 - 1
"""The bounds of what an integer column can know."""

NEVER: Interval = (1, 0)


@dataclass(frozen=True, slots=True)
class Plain:
    """What a comparison asks of a column: to lie in an interval, to have a member among bits, to lie in all regions."""

    kind: int
    intervals: tuple[Interval, ...] = ()
    members: int = 0
    regions: tuple[frozenset[int], ...] = ()


def plainest(compare: Compare, declaration: Declaration) -> Plain:
    """Return a comparison in its plainest form."""
    tests = encoded(compare, declaration)
    kind = fact_type(compare.fact, declaration)
    if kind == "region":
        return Plain(REGION, regions=tuple(frozenset(operands) for _, operands in tests))
    intervals: tuple[Interval, ...] = ((LEAST, MOST),)
    for op, operands in tests:
        intervals = _both(intervals, _intervals(op, operands))
    if kind != "ages":
        return Plain(RANGE, intervals)
    ages = (age for age in range(OLDEST_AGE + 1) if any(low <= age <= high for low, high in intervals))
    return Plain(MEMBERS, members=sum(1 << age for age in ages))


def _intervals(op: str, operands: tuple[int, ...]) -> tuple[Interval, ...]:
    if op in ("is", "in"):
        return _merged((value, value) for value in operands)
    return (interval_of(op, operands[0], LEAST, MOST),)


def _merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _both(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    crossed = ((max(a, c), min(b, d)) for a, b in left for c, d in right)
    return tuple(sorted(interval for interval in crossed if interval[0] <= interval[1]))


@dataclass
class RuleGraph:
    """The graph while it grows: equal atoms and equal nodes are kept once, trivial ones folded away.

    An atom's reference is -1 - its place, a node's its place.
    """

    columns: dict[str, int]
    declaration: Declaration
    atoms: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    nodes: dict[tuple[int, tuple[int, ...]], int] = field(default_factory=dict)
    region_columns: dict[int, int] = field(default_factory=dict)
    region_sets: dict[frozenset[int], int] = field(default_factory=dict)
    keys: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    done: dict[int, int] = field(default_factory=dict)
    tests: dict[MemberRow, int] = field(default_factory=dict)
    counted: dict[int, tuple[MemberCount, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.no = self.node(OR, ())
        self.yes = self.node(AND, ())
        self.unknown = self.node(ADVISORY, (self.no,))

    def node(self, op: int, parts: tuple[int, ...]) -> int:
        """Return the place of an operation on references, added if it is new."""
        key = (op, parts)
        place = self.nodes.setdefault(key, len(self.keys))
        if place == len(self.keys):
            self.keys.append(key)
        return place

    def atom(self, kind: int, column: int, low: int, high: int) -> int:
        """Return the reference of a comparison of one column, added if it is new."""
        return -1 - self.atoms.setdefault((kind, column, low, high), len(self.atoms))

    def clause(self, clause: Clause) -> int:
        """Return the reference of a clause; one object is compiled once (a catalogue's reader shares equal clauses)."""
        known = self.done.get(id(clause))
        if known is None:
            known = self.done[id(clause)] = self._clause(clause)
        return known

    def _clause(self, clause: Clause) -> int:
        if isinstance(clause, Compare):
            return self._compare(clause)
        if isinstance(clause, MemberCount):
            return self._count(clause)
        if isinstance(clause, (NoData, UnreadText)):
            return self.unknown
        if isinstance(clause, Not):
            return self._negation(self.clause(clause.of))
        if isinstance(clause, Advisory):
            return self._advisory(self.clause(clause.of))
        parts = [self.clause(part) for part in clause.of]
        return self._joined(AND if isinstance(clause, All) else OR, parts)

    def _joined(self, op: int, parts: Iterable[int]) -> int:
        """AND or OR, flattened, sorted, without what cannot matter."""
        neutral, final = (self.yes, self.no) if op == AND else (self.no, self.yes)
        flat: set[int] = set()
        for part in parts:
            flat.update(self.keys[part][1] if part >= 0 and self.keys[part][0] == op else (part,))
        flat.discard(neutral)
        if final in flat:
            return final
        return flat.pop() if len(flat) == 1 else self.node(op, tuple(sorted(flat)))

    def _negation(self, part: int) -> int:
        if part in (self.yes, self.no):
            return self.no if part == self.yes else self.yes
        if part >= 0 and self.keys[part][0] == NOT:
            return self.keys[part][1][0]
        return part if part == self.unknown else self.node(NOT, (part,))

    def _advisory(self, part: int) -> int:
        trivial = part == self.yes or (part >= 0 and self.keys[part][0] == ADVISORY)
        return part if trivial else self.node(ADVISORY, (part,))

    def _compare(self, compare: Compare) -> int:
        column = self.columns.get(compare.fact)
        if column is None:
            return self.unknown
        test = plainest(compare, self.declaration)
        if test.kind == MEMBERS:
            return self.atom(MEMBERS, column, test.members, 0)
        if test.kind == REGION:
            return self._joined(AND, [self._region(column, codes) for codes in test.regions])
        intervals = test.intervals or (NEVER,)
        return self._joined(OR, [self.atom(RANGE, column, low, high) for low, high in intervals])

    def _count(self, clause: MemberCount) -> int:
        home = self.declaration.household
        if home is None:
            return self.unknown
        place = self.tests.setdefault(plainest_members(clause, home), len(self.tests))
        self.counted[id(clause)] = clause, place  # the clause is kept, so its id stays its own
        low, high = count_interval(clause)
        return self.yes if (low, high) == (0, MANY) else self.atom(COUNT, place, low, high)

    def member_tests(self) -> Int64:
        """Return what is asked of single members: int64[T, 11]."""
        return np.array(list(self.tests), dtype=np.int64).reshape(-1, len(TEST))

    def _region(self, column: int, codes: frozenset[int]) -> int:
        place = self.region_columns.setdefault(column, len(self.region_columns))
        return self.atom(REGION, place, self.region_sets.setdefault(codes, len(self.region_sets)), 0)

    def final(self, reference: int) -> int:
        """Return a reference as the arrays count: atoms first, then nodes."""
        return -1 - reference if reference < 0 else len(self.atoms) + reference

    def arguments(self) -> tuple[Int64, Int64]:
        """Return where each node's parts start, int64[N + 1], and all parts one after the other."""
        starts = np.zeros(len(self.keys) + 1, dtype=np.int64)
        np.cumsum([len(parts) for _, parts in self.keys], out=starts[1:])
        parts = [self.final(part) for _, parts in self.keys for part in parts]
        return starts, np.array(parts, dtype=np.int64)


def relations_of(regions: Regions, codes: Int64, sets: list[frozenset[int]], day: int) -> Int8:
    """How each code lies in each set, as Regions.relation; then a row for people with no region and one for unknown."""
    theirs = [regions.leaves(int(code), day) for code in codes]
    covers = [{code: regions.leaves(code, day) for code in wanted} for wanted in sets]
    order = {leaf: i for i, leaf in enumerate(sorted(frozenset().union(*theirs)))}
    certain: list[frozenset[int]] = [
        frozenset().union(*(leaves for code, leaves in cover.items() if not regions.vague(code, day)))
        for cover in covers
    ]
    people = _membership(theirs, order)
    table = np.ones((len(codes) + 2, max(len(sets), 1)), dtype=np.int8)
    inside = people @ _membership(certain, order).T == people.sum(axis=1)[:, None]
    apart = people @ _membership([frozenset().union(*cover.values()) for cover in covers], order).T < 1
    covered = np.array([bool(cover) and all(cover.values()) for cover in covers], dtype=np.bool_)
    itself = np.array([[int(code) in wanted for wanted in sets] for code in codes], dtype=np.bool_)
    known = people.sum(axis=1, keepdims=True) > 0
    table[: len(codes), : len(sets)] = np.where(
        known & (inside | itself.reshape(inside.shape)), 2, np.where(known & apart & covered, 0, 1)
    )
    table[len(codes)] = 0
    return table


def _membership(sets: list[frozenset[int]], order: dict[int, int]) -> Float32:
    table = np.zeros((len(sets), len(order)), dtype=np.float32)
    for row, members in enumerate(sets):
        table[row, [order[member] for member in members if member in order]] = 1
    return table
