"""Compiled: a catalogue's rules ready to be judged on one day, for one person or many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Int8, Int64
from features.members import Members, nobody
from features.value import NONE, UNKNOWN
from recommender.messages import Messages
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Clause, Compare, MemberCount, compares, members_counted
from recommender.rules.elapsed import clauses_on
from recommender.rules.judged import JudgedPeople, judged
from recommender.rules.member_kernel import MemberRows, count_members, member_rows
from recommender.rules.member_lowering import closers_of, count_interval
from recommender.rules.programme import KINDS
from recommender.rules.region import Regions
from recommender.rules.rule_kernel import (
    COUNT,
    MEMBERS,
    RANGE,
    REGION,
    RulePlan,
    RuleRows,
    judge_rows,
)
from recommender.rules.rule_lowering import Plain, RuleGraph, plainest, relations_of
from recommender.rules.rule_text import RuleText
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["Compiled", "compile_catalogue"]

_NOT_FOR = -1
"""Where a programme is not for a kind of applicant."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A catalogue ready to be judged on one day.

    Attributes:
        catalogue: the programmes, in the order of every answer, by their texts of the day.
        columns: the snapshot columns it reads, in their order; a fact without a column is unknown of everyone.
        day: the day the rules and the regions are those of.
        working_days: on which days a period can end.
        plan: the rules as arrays:
            atoms: int64[A, 4], each comparison as kind, column, low (or bits, or region set), high;
            ops: int64[N], AND, OR, NOT or ADVISORY of the references `parts[starts[i]:starts[i + 1]]`, parts first;
            roots: int32[3, P], the reference judged for each kind of applicant, -1 where the programme is not for it;
            capped: bool[P], programmes that are never YES;
            relations: int8[R, S], how each known region (then: none, unknown) lies in each region set;
            tests: int64[T, 11], what is asked of single members of a household;
            closers: int64[C, 3], the columns that say that a person raises nobody who is not listed.
        last_known: the same rules, with those of the last text where it is over; then they are never YES.
        region_columns: the columns that hold regions.
        region_codes: the codes of the rows of `relations`, ascending.
        counted: the clauses over members by their identity, each with the place of its test.
        explained_in: the messages for reasons and questions; None where only answers are wanted.
        possible: what unknown comparisons may turn out to be, as far as anybody asked (recommender.rules.missing).
        ways: how the values of a column answer several comparisons together, likewise.
        explained: verdicts that were explained before, by all that they rest on (recommender.rules.verdict); grows.
        later: by days to come, the places of the programmes that go by another text then, and those compiled, likewise.
    """

    catalogue: Catalogue
    declaration: Declaration
    regions: Regions
    columns: tuple[str, ...]
    day: int
    plan: RulePlan
    last_known: RulePlan
    region_columns: Int64
    region_codes: Int64
    working_days: WorkingDays = WEEKENDS_ONLY
    counted: Mapping[int, tuple[MemberCount, int]] = field(default_factory=dict, repr=False)
    explained_in: Messages | None = None
    possible: dict[int, int] = field(default_factory=dict, repr=False)
    ways: dict[tuple[int, ...], list[tuple[int, ...]]] = field(default_factory=dict, repr=False)
    later: dict[int, tuple[tuple[int, ...], Compiled | None]] = field(default_factory=dict, repr=False)
    explained: dict[tuple[object, ...], Any] = field(default_factory=dict, init=False, repr=False)
    _tested: dict[int, tuple[tuple[Compare, ...], tuple[MemberCount, ...]]] = field(
        default_factory=dict, init=False, repr=False
    )
    _tests: dict[int, tuple[Compare, Plain]] = field(default_factory=dict, repr=False)
    _related: dict[tuple[int, frozenset[int]], int] = field(default_factory=dict, repr=False)

    def answers(self, values: Int64, applicants: Int64 | int = 1, members: Members | None = None) -> Int8:
        """Judge n people: int64[n, F] columns, bit masks of KINDS and members in, int8[n, P] of Answer out.

        Without members nothing is known of anybody's household. Raises ValueError where the columns are not those
        compiled for, or the members are of others.
        """
        return self._judged(self.plan, values, applicants, members)

    def offerable(self, values: Int64, applicants: Int64 | int = 1, members: Members | None = None) -> Int8:
        """Judge n people as `answers` does, but NO also where the last text known, now over, says so.

        What follows a text that is over is unknown of everybody, but worth telling only to those whom it was for.
        """
        return self._judged(self.last_known, values, applicants, members)

    def judged(self, values: Int64, applicants: Int64 | int = 1, members: Members | None = None) -> JudgedPeople:
        """Return at most 64 people with every rule worked out on them; raises ValueError as `answers` does."""
        return judged(self.plan, self.rows(values, applicants, members))

    def _judged(self, plan: RulePlan, values: Int64, applicants: Int64 | int, members: Members | None) -> Int8:
        people = self.rows(values, applicants, members)
        answers = np.empty((len(people.values), plan.roots.shape[1]), dtype=np.int8)
        judge_rows(plan, people, answers)
        return answers

    def rows(self, values: Int64, applicants: Int64 | int, members: Members | None = None) -> RuleRows:
        """Return people as the kernels read them; raises ValueError as `answers` does."""
        values = np.ascontiguousarray(values, dtype=np.int64)
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise ValueError(f"values {values.shape} do not have the {len(self.columns)} columns compiled for")
        masks = np.broadcast_to(np.asarray(applicants, dtype=np.int64), (len(values),)).copy()  # may be written, as all
        return RuleRows(values, masks, self._places(values), self._members(members, len(values)))

    def _members(self, members: Members | None, persons: int) -> MemberRows:
        home = self.declaration.household if len(self.plan.tests) else None  # nobody is counted: no lists of relations
        known = nobody(persons, len(home.relations) if home else 0) if members is None else members
        if len(known) != persons:
            raise ValueError(f"there are the members of {len(known)} persons for {persons}")
        return member_rows(known)

    def member_counts(self, values: Int64, members: Members) -> Int64:
        """Count the members of one person, int64[F] columns, who certainly and possibly meet each test: int64[T, 2]."""
        counts = np.empty((len(self.plan.tests), 1, 2), dtype=np.int64)
        if len(counts):
            count_members(self.plan.tests, self.plan.closers, values[None, :], self._members(members, 1), 0, 1, counts)
        return counts[:, 0]

    def counts_answer(self, clause: MemberCount, counts: Int64) -> int | None:
        """Answer a clause over members by what `member_counts` gives; None where no rule in force has it."""
        if id(clause) not in self.counted:
            return None
        (low, high), (sure, most) = count_interval(clause), counts[self.counted[id(clause)][1]].tolist()
        return int(low <= sure and most <= high) + int(low <= most and sure <= high)

    def told_apart(self, code: int) -> bytes:
        """Return what tells a region from others: two of equal bytes are judged alike by every rule of the day."""
        place = int(np.searchsorted(self.region_codes, code))
        known = place < len(self.region_codes) and self.region_codes[place] == code
        return bytes(self.plan.relations[place if known else len(self.region_codes) + 1].tobytes())

    @cached_property
    def columns_read(self) -> tuple[int, ...]:
        """The places of the columns that some rule reads, in force or the last one known."""
        kinds, columns = self.plan.atoms[:, 0], self.plan.atoms[:, 1]
        plain = columns[(kinds != REGION) & (kinds != COUNT)]
        return tuple(sorted({*plain.tolist(), *self.region_columns.tolist(), *self._columns_of_members}))

    @property
    def _columns_of_members(self) -> Iterator[int]:
        """The places of the columns that say who a person's members are, or that nobody else is one."""
        counted = int(np.bitwise_or.reduce(self.plan.tests[:, 0], initial=0))
        home = self.declaration.household
        for place, name in enumerate(self.columns):
            fact = self.declaration.facts.get(name)
            if home and fact and fact.members and home.mask(fact.members) & counted:
                yield place
        yield from (column for column, _, mask in self.plan.closers.tolist() if mask & counted)

    def tested(self, place: int) -> tuple[tuple[Compare, ...], tuple[MemberCount, ...]]:
        """Return the comparisons of a programme's rules, and what of them counts members of a household; each once."""
        if place not in self._tested:
            clauses = tuple(self.catalogue.programmes[place].who.values())
            compared = {id(one): one for clause in clauses for one in compares(clause)}
            counting = {id(one): one for clause in clauses for one in members_counted(clause)}
            self._tested[place] = tuple(compared.values()), tuple(counting.values())
        return self._tested[place]

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


def _on(catalogue: Catalogue, day: int, working_days: WorkingDays) -> Catalogue:
    """Return the catalogue by its texts of the day, every `within` as a comparison with a day."""
    chosen = catalogue.on(day)
    made: dict[int, Clause] = {}  # programmes share the clauses that are equal
    who = [clauses_on(programme.who, day, working_days, made) for programme in chosen.programmes]
    dated = zip(chosen.programmes, who, strict=True)
    return replace(
        chosen, programmes=tuple([one if one.who is clauses else replace(one, who=clauses) for one, clauses in dated])
    )  # fmt: skip


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
    graph = RuleGraph({name: i for i, name in enumerate(columns)}, declaration)
    catalogue = _on(catalogue, day, working_days)
    lapsed = np.array([programme.is_lapsed(day) for programme in catalogue.programmes], dtype=np.bool_)
    references = {
        (k, i): graph.clause(programme.who[kind])
        for i, programme in enumerate(catalogue.programmes)
        if lapsed[i] or programme.valid.holds(day)
        for k, kind in enumerate(KINDS)
        if kind in programme.who
    }
    roots = np.full((len(KINDS), len(catalogue)), _NOT_FOR, dtype=np.int32)
    for (k, i), reference in references.items():
        roots[k, i] = graph.final(reference)
    unknown = np.where(lapsed & (roots != _NOT_FOR), np.int32(graph.final(graph.unknown)), roots)
    starts, parts = graph.arguments()
    codes = np.array(sorted(regions.by_code) or [0], dtype=np.int64)
    plan = RulePlan(
        relations=relations_of(regions, codes, list(graph.region_sets), day),
        atoms=np.array(list(graph.atoms), dtype=np.int64).reshape(-1, 4),
        ops=np.array([op for op, _ in graph.keys], dtype=np.int64),
        starts=starts,
        parts=parts,
        roots=unknown,
        capped=np.array([not programme.verified for programme in catalogue.programmes], dtype=np.bool_),
        tests=graph.member_tests(),
        closers=np.array(closers_of(declaration, graph.columns), dtype=np.int64).reshape(-1, 3),
    )
    last_known = plan._replace(roots=roots, capped=plan.capped | lapsed) if lapsed.any() else plan
    region_columns = np.array(list(graph.region_columns), dtype=np.int64)
    return Compiled(
        catalogue, declaration, regions, columns, day, plan, last_known, region_columns, codes, working_days,
        graph.counted,
    )  # fmt: skip
