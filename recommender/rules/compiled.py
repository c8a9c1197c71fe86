"""Compiled: a catalogue's rules as one shared graph of comparisons, evaluated for 64 people at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float32, Int8, Int32, Int64, UInt64
from features.kernel.jit import njit
from features.value import NONE, UNKNOWN
from recommender.messages import Messages
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Advisory, All, Clause, Compare, NoData, Not, encoded, fact_type
from recommender.rules.programme import KINDS
from recommender.rules.region import Regions
from recommender.rules.rule_text import RuleText
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["Compiled", "compile_catalogue", "plainest"]

LEAST, MOST = NONE + 1, 2**63 - 1
"""The bounds of what an integer column can know."""
_SET_SIZE = 62
_BLOCK = 64
RANGE, MEMBERS, REGION = 0, 1, 2
_AND, _OR, _NOT, _ADVISORY = 0, 1, 2, 3
_NOBODY = -1

Interval = tuple[int, int]
NEVER: Interval = (1, 0)


@dataclass(frozen=True, slots=True)
class Plain:
    """What a comparison asks of a column: to be in an interval, to have a member among bits, to be in all regions."""

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
    ages = (age for age in range(_SET_SIZE) if any(low <= age <= high for low, high in intervals))
    return Plain(MEMBERS, members=sum(1 << age for age in ages))


def _intervals(op: str, operands: tuple[int, ...]) -> tuple[Interval, ...]:
    if op in ("is", "in"):
        return _merged((value, value) for value in operands)
    bound = operands[0]
    low = {"above": bound + 1, "at_least": bound}.get(op, LEAST)
    return ((low, {"below": bound - 1, "at_most": bound}.get(op, MOST)),)


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
class _Graph:
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

    def __post_init__(self) -> None:
        self.no = self.node(_OR, ())
        self.yes = self.node(_AND, ())
        self.unknown = self.node(_ADVISORY, (self.no,))

    def node(self, op: int, parts: tuple[int, ...]) -> int:
        key = (op, parts)
        place = self.nodes.setdefault(key, len(self.keys))
        if place == len(self.keys):
            self.keys.append(key)
        return place

    def atom(self, kind: int, column: int, low: int, high: int) -> int:
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
        if isinstance(clause, NoData):
            return self.unknown
        if isinstance(clause, Not):
            return self._negation(self.clause(clause.of))
        if isinstance(clause, Advisory):
            return self._advisory(self.clause(clause.of))
        parts = [self.clause(part) for part in clause.of]
        return self._joined(_AND if isinstance(clause, All) else _OR, parts)

    def _joined(self, op: int, parts: Iterable[int]) -> int:
        """AND or OR, flattened, sorted, without what cannot matter."""
        neutral, final = (self.yes, self.no) if op == _AND else (self.no, self.yes)
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
        if part >= 0 and self.keys[part][0] == _NOT:
            return self.keys[part][1][0]
        return part if part == self.unknown else self.node(_NOT, (part,))

    def _advisory(self, part: int) -> int:
        trivial = part == self.yes or (part >= 0 and self.keys[part][0] == _ADVISORY)
        return part if trivial else self.node(_ADVISORY, (part,))

    def _compare(self, compare: Compare) -> int:
        column = self.columns.get(compare.fact)
        if column is None:
            return self.unknown
        test = plainest(compare, self.declaration)
        if test.kind == MEMBERS:
            return self.atom(MEMBERS, column, test.members, 0)
        if test.kind == REGION:
            return self._joined(_AND, [self._region(column, codes) for codes in test.regions])
        intervals = test.intervals or (NEVER,)
        return self._joined(_OR, [self.atom(RANGE, column, low, high) for low, high in intervals])

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


@dataclass(frozen=True, eq=False)
class Compiled:
    """A catalogue ready to be judged on one day.

    Attributes:
        catalogue: the programmes, in the order of every answer.
        columns: the snapshot columns it reads, in their order; a fact without a column is unknown of everyone.
        day: the day the rules and the regions are those of.
        working_days: on which days a period can end.
        atoms: int64[A, 4], each comparison as kind, column, low (or bits, or region set), high.
        ops: int64[N], AND, OR, NOT or ADVISORY of the references `parts[starts[i]:starts[i + 1]]`, parts first.
        roots: int32[3, P], the reference judged for each kind of applicant, -1 where the programme is not for it.
        capped: bool[P], programmes that are never YES.
        relations: int8[R, S], how each known region (then: none, unknown) relates to each region set.
        explained_in: the messages for reasons and questions; None where only answers are wanted.
        possible: what unknown comparisons may turn out to be, as far as anybody asked (recommender.rules.missing).
    """

    catalogue: Catalogue
    declaration: Declaration
    regions: Regions
    columns: tuple[str, ...]
    day: int
    atoms: Int64
    ops: Int64
    starts: Int64
    parts: Int64
    roots: Int32
    capped: Bool
    region_columns: Int64
    region_codes: Int64
    relations: Int8
    working_days: WorkingDays = WEEKENDS_ONLY
    explained_in: Messages | None = None
    possible: dict[int, int] = field(default_factory=dict, repr=False)
    _tests: dict[int, tuple[Compare, Plain]] = field(default_factory=dict, repr=False)
    _related: dict[tuple[int, frozenset[int]], int] = field(default_factory=dict, repr=False)

    def answers(self, values: Int64, applicants: Int64 | int = 1) -> Int8:
        """Judge n people: int64[n, F] columns and bit masks of KINDS in, int8[n, P] of Answer out.

        Raises ValueError where the columns are not those compiled for.
        """
        values = np.ascontiguousarray(values, dtype=np.int64)
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise ValueError(f"values {values.shape} do not have the {len(self.columns)} columns compiled for")
        masks = np.broadcast_to(np.asarray(applicants, dtype=np.int64), (len(values),))
        answers = np.empty((len(values), self.roots.shape[1]), dtype=np.int8)
        _judge(
            values, masks, self._places(values), self.relations,
            self.atoms, self.ops, self.starts, self.parts, self.roots, self.capped, answers,
        )  # fmt: skip
        return answers

    def standing(self, code: int) -> bytes:
        """Return what tells a region from others: two of equal bytes are judged alike by every rule of the day."""
        place = int(np.searchsorted(self.region_codes, code))
        known = place < len(self.region_codes) and self.region_codes[place] == code
        return bytes(self.relations[place if known else len(self.region_codes) + 1].tobytes())

    @cached_property
    def columns_read(self) -> tuple[int, ...]:
        """The places of the columns some rule in force reads."""
        kinds, columns = self.atoms[:, 0], self.atoms[:, 1]
        plain = columns[kinds != REGION]
        return tuple(sorted({*plain.tolist(), *self.region_columns.tolist()}))

    def asks(self, column: str) -> tuple[str, ...]:
        """Return the facts a person states for a column to be known: birth_date for age."""
        fact = self.declaration.facts.get(column)
        return (column,) if fact is None else fact.asks

    @cached_property
    def asked_order(self) -> dict[str, int]:
        """The order in which facts are named: the declaration's; receipts have none and come after, by id."""
        return {name: place for place, name in enumerate(self.declaration.facts)}

    def explaining(self, messages: Messages) -> Compiled:
        """Return the same rules, able to explain answers in these messages."""
        return replace(self, explained_in=messages)

    @property
    def messages(self) -> Messages:
        """The messages that explain its answers; raises ValueError where it was compiled without them."""
        if self.explained_in is None:
            raise ValueError("the catalogue was compiled without messages: it answers, but cannot explain")
        return self.explained_in

    @cached_property
    def rule_text(self) -> RuleText:
        """What puts this catalogue's clauses into words; raises ValueError as `messages` does."""
        titles = {programme.id: programme.title for programme in self.catalogue.programmes}
        return RuleText(self.declaration, self.regions, titles, self.messages)

    def test(self, compare: Compare) -> Plain:
        """Return a comparison's plainest form, worked out once for each object."""
        known = self._tests.get(id(compare))
        if known is None:  # the comparison is kept beside its test, so its id stays its own
            known = self._tests[id(compare)] = (compare, plainest(compare, self.declaration))
        return known[1]

    def compare(self, compare: Compare, value: int) -> int:
        """Answer one comparison of one column's value, as `answers` does."""
        if value <= NONE:
            return 1 if value == UNKNOWN else 0
        test = self.test(compare)
        if test.kind == RANGE:
            return 2 if any(low <= value <= high for low, high in test.intervals) else 0
        if test.kind == MEMBERS:
            return 2 if value & test.members else 0
        return min(self._relation(value, codes) for codes in test.regions)

    def _relation(self, code: int, codes: frozenset[int]) -> int:
        key = (code, codes)
        if key not in self._related:
            self._related[key] = self.regions.relation(code, codes, self.day)
        return self._related[key]

    def _places(self, values: Int64) -> Int64:
        """Return the row of `relations` for each person and region column: int64[n, region columns]."""
        codes = self.region_codes
        found = values[:, self.region_columns]
        places = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
        places[codes[places] != found] = len(codes) + 1
        places[found == NONE] = len(codes)
        return places


def compile_catalogue(
    catalogue: Catalogue,
    columns: tuple[str, ...],
    declaration: Declaration,
    regions: Regions,
    day: int,
    working_days: WorkingDays = WEEKENDS_ONLY,
) -> Compiled:
    """Compile a catalogue for snapshots with these columns, as rules and regions stand on `day` (since 1970-01-01).

    It answers; to explain, it needs messages (`Compiled.explaining`).
    """
    graph = _Graph({name: i for i, name in enumerate(columns)}, declaration)
    roots = np.full((len(KINDS), len(catalogue)), _NOBODY, dtype=np.int64)
    references = {
        (k, i): graph.clause(programme.who[kind])
        for i, programme in enumerate(catalogue.programmes)
        if programme.valid.holds(day)
        for k, kind in enumerate(KINDS)
        if kind in programme.who
    }
    for (k, i), reference in references.items():
        roots[k, i] = graph.final(reference)
    starts, parts = graph.arguments()
    codes = np.array(sorted(regions.by_code) or [0], dtype=np.int64)
    return Compiled(
        catalogue=catalogue,
        declaration=declaration,
        regions=regions,
        columns=columns,
        day=day,
        atoms=np.array(list(graph.atoms), dtype=np.int64).reshape(-1, 4),
        ops=np.array([op for op, _ in graph.keys], dtype=np.int64),
        starts=starts,
        parts=parts,
        roots=roots.astype(np.int32),
        capped=np.array([not programme.verified for programme in catalogue.programmes], dtype=np.bool_),
        region_columns=np.array(list(graph.region_columns), dtype=np.int64),
        region_codes=codes,
        relations=_relations(regions, codes, list(graph.region_sets), day),
        working_days=working_days,
    )


def _relations(regions: Regions, codes: Int64, sets: list[frozenset[int]], day: int) -> Int8:
    """How each code relates to each set, as Regions.relation; then a row for no region and one for unknown."""
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


@njit
def _judge(
    values: Int64,
    masks: Int64,
    places: Int64,
    relations: Int8,
    atoms: Int64,
    ops: Int64,
    starts: Int64,
    parts: Int64,
    roots: Int32,
    capped: Bool,
    answers: Int8,
) -> None:
    """Fill answers int8[n, P], 64 people at a time: two words a node, who is YES and who is not NO."""
    certain = np.empty(len(atoms) + len(ops), np.uint64)
    possible = np.empty(len(atoms) + len(ops), np.uint64)
    yes = np.empty(roots.shape[1], np.uint64)
    maybe = np.empty(roots.shape[1], np.uint64)
    kinds = np.empty(roots.shape[0], np.uint64)
    for first in range(0, len(values), _BLOCK):
        last = min(first + _BLOCK, len(values))
        _atoms(values[first:last], places[first:last], relations, atoms, certain, possible)
        _nodes(len(atoms), ops, starts, parts, certain, possible)
        _kinds(masks[first:last], kinds)
        _programmes(roots, capped, kinds, certain, possible, yes, maybe)
        for person in range(first, last):
            shift = np.uint64(person - first)
            row = answers[person]
            for i in range(len(yes)):
                row[i] = np.int8((yes[i] >> shift) & np.uint64(1)) + np.int8((maybe[i] >> shift) & np.uint64(1))


@njit
def _atoms(values: Int64, places: Int64, relations: Int8, atoms: Int64, certain: UInt64, possible: UInt64) -> None:
    for i in range(len(atoms)):
        kind, column, low, high = atoms[i, 0], atoms[i, 1], atoms[i, 2], atoms[i, 3]
        yes = np.uint64(0)
        maybe = np.uint64(0)
        if kind == RANGE:  # by far the most, so without a branch inside
            for person in range(len(values)):
                value = values[person, column]
                holds = np.uint64((low <= value) & (value <= high))
                yes |= holds << np.uint64(person)
                maybe |= (holds | np.uint64(value == UNKNOWN)) << np.uint64(person)
        else:
            for person in range(len(values)):
                answer = np.int8(0)
                if kind == REGION:
                    answer = relations[places[person, column], low]
                elif values[person, column] == UNKNOWN:
                    answer = np.int8(1)
                elif values[person, column] > 0 and values[person, column] & low != 0:
                    answer = np.int8(2)
                yes |= np.uint64(answer == 2) << np.uint64(person)
                maybe |= np.uint64(answer != 0) << np.uint64(person)
        certain[i] = yes
        possible[i] = maybe


@njit
def _nodes(before: int, ops: Int64, starts: Int64, parts: Int64, certain: UInt64, possible: UInt64) -> None:
    for i in range(len(ops)):
        op, yes, maybe = ops[i], np.uint64(0), np.uint64(0)
        if op == _AND:
            yes, maybe = ~yes, ~maybe
            for part in parts[starts[i] : starts[i + 1]]:
                yes &= certain[part]
                maybe &= possible[part]
        elif op == _OR:
            for part in parts[starts[i] : starts[i + 1]]:
                yes |= certain[part]
                maybe |= possible[part]
        elif op == _NOT:
            part = parts[starts[i]]
            yes, maybe = ~possible[part], ~certain[part]
        else:
            yes, maybe = certain[parts[starts[i]]], ~maybe
        certain[before + i] = yes
        possible[before + i] = maybe


@njit
def _kinds(masks: Int64, kinds: UInt64) -> None:
    kinds[:] = 0
    for person in range(len(masks)):
        for k in range(len(kinds)):
            kinds[k] |= np.uint64((masks[person] >> k) & 1) << np.uint64(person)


@njit
def _programmes(
    roots: Int32,
    capped: Bool,
    kinds: UInt64,
    certain: UInt64,
    possible: UInt64,
    yes: UInt64,
    maybe: UInt64,
) -> None:
    for i in range(len(yes)):
        holds = np.uint64(0)
        may = np.uint64(0)
        for k in range(len(kinds)):
            if roots[k, i] >= 0:
                holds |= certain[roots[k, i]] & kinds[k]
                may |= possible[roots[k, i]] & kinds[k]
        yes[i] = np.uint64(0) if capped[i] else holds
        maybe[i] = may
