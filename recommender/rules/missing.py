"""Missing: which unknown facts could still change the answer to a programme.

An unknown comparison may turn out NO or YES or stay UNKNOWN. Going up the clauses gives each part the answers it can
still take; going down gives it the differences that anybody above would notice. Where every unknown column stands in
one comparison this is exact, and costs one pass; the columns that stand in several are tried value by value.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from features.value import NONE, UNKNOWN
from recommender.rules.clause import (
    Advisory,
    All,
    Answer,
    Any,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    UnreadText,
)
from recommender.rules.compiled import Compiled
from recommender.rules.fact_values import met_by_ages, stated_bounds, turning_points
from recommender.rules.member_lowering import asks_for_members
from recommender.rules.rule_kernel import MEMBERS, RANGE
from recommender.rules.rule_lowering import LEAST, MOST, Plain

if TYPE_CHECKING:
    from features.arrays import Int64
    from features.declaration.declaration import Declaration

__all__ = ["Judged", "judged", "member_judged", "missing"]

TRIED = 4096
"""At most so many combinations of values are tried; beyond, the answer may name a fact too many, never one too few."""

_NO, _UNKNOWN, _YES = 1, 2, 4
_NEVER_NEGATIVE = ("years_since", "months_since", "days_since", "count_of")
_ALL_ANSWERS = _NO | _UNKNOWN | _YES
# What can be distinguished: NO from UNKNOWN, UNKNOWN from YES, NO from YES.
_NO_UNKNOWN, _UNKNOWN_YES, _NO_YES = 1, 2, 4
_EVERYTHING = _NO_UNKNOWN | _UNKNOWN_YES | _NO_YES


class Judged(NamedTuple):
    """A clause with its answer, its parts judged too, and the answers it can still take (bits NO, UNKNOWN, YES).

    `asks` is what a person can state to settle a clause over members; a comparison asks for its column.
    """

    clause: Clause
    answer: int
    parts: tuple[Judged, ...]
    reach: int
    asks: tuple[str, ...] = ()


Person = Mapping[str, int]


def _reached(pick: Callable[[int, int], int]) -> list[list[int]]:
    """Return the table of the answers reached when two sets of answers meet in AND (min) or OR (max)."""
    table = [[0] * (_ALL_ANSWERS + 1) for _ in range(_ALL_ANSWERS + 1)]
    for left, right in itertools.product(range(_ALL_ANSWERS + 1), repeat=2):
        for a, b in itertools.product(range(3), repeat=2):
            if left >> a & 1 and right >> b & 1:
                table[left][right] |= 1 << pick(a, b)
    return table


def _noticed(pick: Callable[[int, int], int]) -> list[list[int]]:
    """Return the table of the differences noticed through a part, from those noticed above and the others' answers."""
    pairs = ((0, 1), (1, 2), (0, 2))
    table = [[0] * (_ALL_ANSWERS + 1) for _ in range(_EVERYTHING + 1)]
    for above, others in itertools.product(range(_EVERYTHING + 1), range(_ALL_ANSWERS + 1)):
        for bit, (a, b) in enumerate(pairs):
            seen = ({pick(a, other), pick(b, other)} for other in range(3) if others >> other & 1)
            if any(above >> i & 1 for two in seen for i, pair in enumerate(pairs) if two == set(pair)):
                table[above][others] |= 1 << bit
    return table


_REACH_AND, _REACH_OR = _reached(min), _reached(max)
_NOTICE_AND, _NOTICE_OR = _noticed(min), _noticed(max)
_SWAPPED = [mask >> 2 & 1 | mask & 2 | (mask & 1) << 2 for mask in range(8)]
_TURNED = [mask & 4 | mask >> 1 & 1 | (mask & 1) << 1 for mask in range(8)]


def judged(clause: Clause, compiled: Compiled, person: Person, known: dict[int, Judged] | None = None) -> Judged:
    """Judge a clause and each of its parts for a person.

    Args:
        clause: what to judge.
        compiled: what it is judged against.
        person: the person's integers by column name; absent is unknown.
        known: clauses judged for this person before, by identity; grows. Who keeps it keeps the clauses. It holds those
            over members (`member_judged`); without them nothing is known of the household.
    """
    known = {} if known is None else known
    found = known.get(id(clause))
    if found is None:
        found = known[id(clause)] = _judged(clause, compiled, person, known)
    return found


def _judged(clause: Clause, compiled: Compiled, person: Person, known: dict[int, Judged]) -> Judged:
    if isinstance(clause, Compare):
        value = person.get(clause.fact, UNKNOWN)
        answer = compiled.compare(clause, value)
        return Judged(clause, answer, (), 1 << answer if answer != 1 else _UNKNOWN | _possible(clause, compiled))
    if isinstance(clause, MemberCount):
        return Judged(clause, Answer.UNKNOWN, (), _ALL_ANSWERS, _asks_of(clause, compiled, person))
    if isinstance(clause, (NoData, UnreadText)):
        return Judged(clause, Answer.UNKNOWN, (), _UNKNOWN)
    of = clause.of if isinstance(clause.of, tuple) else (clause.of,)
    return _composed(clause, tuple([judged(part, compiled, person, known) for part in of]))


def member_judged(clause: MemberCount, counts: Int64, compiled: Compiled, person: Person) -> Judged:
    """Judge a clause over members for a person, by `Compiled.member_counts` of theirs."""
    answer = compiled.counts_answer(clause, counts)
    if answer is None or answer == Answer.UNKNOWN:
        return Judged(clause, Answer.UNKNOWN, (), _ALL_ANSWERS, _asks_of(clause, compiled, person))
    return Judged(clause, answer, (), 1 << answer)


def _asks_of(clause: MemberCount, compiled: Compiled, person: Person) -> tuple[str, ...]:
    return asks_for_members(clause, compiled.declaration, lambda fact: person.get(fact, UNKNOWN) == UNKNOWN)


def _composed(clause: Clause, parts: tuple[Judged, ...]) -> Judged:
    if isinstance(clause, Not):
        return Judged(clause, 2 - parts[0].answer, parts, _SWAPPED[parts[0].reach])
    if isinstance(clause, Advisory):
        return Judged(clause, max(parts[0].answer, 1), parts, _REACH_OR[parts[0].reach][_UNKNOWN])
    conjunction = isinstance(clause, All)
    answer, table = (2, _REACH_AND) if conjunction else (0, _REACH_OR)
    reach = 1 << answer
    for part in parts:
        reach = table[reach][part.reach]
        answer = min(answer, part.answer) if conjunction else max(answer, part.answer)
    return Judged(clause, answer, parts, reach)


def _possible(compare: Compare, compiled: Compiled) -> int:
    """Return the answers (bits NO and YES) that some value of an unknown fact gives."""
    known = compiled.possible.get(id(compare))
    if known is None:  # compiled keeps the comparison beside its test, so its id stays its own
        known = compiled.possible[id(compare)] = _worked_out(compare, compiled)
    return known


def _worked_out(compare: Compare, compiled: Compiled) -> int:
    test = compiled.test(compare)
    if test.kind == MEMBERS:
        return _NO | _YES if test.members else _NO
    if test.kind != RANGE:
        return _NO | _YES
    answers = {compiled.compare(compare, value) for value in _points(compare.fact, [test], compiled)}
    return sum(1 << answer for answer in answers)


def _points(fact: str, tests: Sequence[Plain], compiled: Compiled) -> list[int]:
    """Return values of a column that between them meet and miss the tests in every way there is."""
    low, high, none = _bounds(fact, compiled.declaration)
    return sorted(turning_points(tests, low, high)) + [NONE] * none


def _bounds(name: str, declaration: Declaration) -> tuple[int, int, bool]:
    """Return the least and the greatest value of a fact, and whether there may be none."""
    stated, fact = stated_bounds(name, declaration), declaration.facts.get(name)
    if stated is not None:
        return *stated, fact is not None and fact.type == "dates"
    assert fact is not None
    assert fact.derived is not None
    low = 0 if fact.derived.op in _NEVER_NEGATIVE else LEAST
    return low, MOST, fact.derived.op != "count_of" and declaration.facts[fact.derived.of].type == "dates"


def missing(trees: Sequence[Judged], capped: bool, compiled: Compiled, person: Person) -> tuple[str, ...]:
    """Name the facts a person can state, in the declaration's order, whose value could change the answer.

    Args:
        trees: the judged clause of each kind of applicant that counts; the answer is their OR.
        capped: whether the programme is never YES.
        compiled: what the clauses were judged against.
        person: the person's columns by name.

    Facts derived from one stated fact are taken to vary freely of each other; at worst that names a fact needlessly.
    """
    above = _NOTICE_AND[_EVERYTHING][_UNKNOWN] if capped else _EVERYTHING
    noticed = set(_or_noticed(trees, above))
    if noticed:
        counted = Counter([leaf.fact for leaf in _open(trees)])
        repeated = [fact for fact, times in counted.items() if times > 1]
        if not noticed.isdisjoint(repeated):
            noticed = _tried(trees, above, repeated, compiled, person)
    order = compiled.asked_order
    asked = {name for column in noticed for name in compiled.asks(column)}
    return tuple(sorted(asked, key=lambda name: (order.get(name, len(order)), name)))


def _or_noticed(trees: Sequence[Judged], above: int) -> Iterator[str]:
    yield from _joint_noticed(trees, above, _REACH_OR, _NOTICE_OR, _NO)


def _joint_noticed(
    parts: Sequence[Judged], above: int, reach: list[list[int]], notice: list[list[int]], neutral: int
) -> Iterator[str]:
    """Yield the columns noticed through each part, the other parts taking any answer they can."""
    after = [neutral]
    for part in reversed(parts[1:]):
        after.append(reach[after[-1]][part.reach])
    before = neutral
    for part, others in zip(parts, reversed(after), strict=False):
        yield from _noticed_in(part, notice[above][reach[before][others]])
        before = reach[before][part.reach]


def _noticed_in(node: Judged, above: int) -> Iterator[str]:
    """Yield the columns below a node whose difference is among those noticed above it."""
    clause = node.clause
    if not above or node.reach in (_NO, _YES) or isinstance(clause, (NoData, UnreadText)):
        return
    if isinstance(clause, (Compare, MemberCount)):
        if (above & _NO_UNKNOWN and node.reach & _NO) or (above & _UNKNOWN_YES and node.reach & _YES):
            yield from (clause.fact,) if isinstance(clause, Compare) else node.asks
    elif isinstance(clause, Not):
        yield from _noticed_in(node.parts[0], _TURNED[above])
    elif isinstance(clause, Advisory):
        yield from _noticed_in(node.parts[0], _NOTICE_OR[above][_UNKNOWN])
    elif isinstance(clause, All):
        yield from _joint_noticed(node.parts, above, _REACH_AND, _NOTICE_AND, _YES)
    else:
        yield from _joint_noticed(node.parts, above, _REACH_OR, _NOTICE_OR, _NO)


def _open(trees: Sequence[Judged]) -> Iterator[Compare]:
    """Yield the comparisons that are unknown, as often as they stand there."""
    for node in trees:
        if isinstance(node.clause, Compare):
            if node.answer == Answer.UNKNOWN:
                yield node.clause
        else:
            yield from _open(node.parts)


Case = Mapping[int, int]
"""The answer of each comparison (by identity) of a column for one value of it."""


def _tried(trees: Sequence[Judged], above: int, repeated: list[str], compiled: Compiled, person: Person) -> set[str]:
    """Find what is noticed by trying the values of the columns that several comparisons read."""
    cases = {fact: _cases(fact, trees, compiled, person) for fact in repeated}
    if prod(len(ways) for ways in cases.values()) > TRIED:
        return set(_or_noticed(trees, above))
    found: set[str] = set()
    for chosen in itertools.product(*cases.values()):
        fixed = {leaf: answer for case in chosen for leaf, answer in case.items()}
        found |= set(_or_noticed([_fixed(node, fixed) for node in trees], above)) - set(repeated)
        for fact, case in zip(repeated, chosen, strict=True):
            if fact not in found and _differs(trees, above, fixed, fixed | dict.fromkeys(case, int(Answer.UNKNOWN))):
                found.add(fact)
    return found


def _cases(fact: str, trees: Sequence[Judged], compiled: Compiled, person: Person) -> list[Case]:
    """Return every way in which the values of a column, unknown included, answer the comparisons that read it."""
    leaves = list({id(leaf): leaf for leaf in _open(trees) if leaf.fact == fact}.values())
    names = [id(leaf) for leaf in leaves]
    code = person.get(fact, UNKNOWN)  # a region may be known coarsely; every other column with open comparisons is not
    key = (code, *names)
    ways = compiled.ways.get(key)
    if ways is None:  # compiled keeps each comparison beside its test, so ids stay their own
        ways = compiled.ways[key] = _ways(fact, leaves, code, compiled)
    return [dict(zip(names, way, strict=True)) for way in ways]


def _ways(fact: str, leaves: Sequence[Compare], code: int, compiled: Compiled) -> list[tuple[int, ...]]:
    tests = [compiled.test(leaf) for leaf in leaves]
    if tests[0].kind == MEMBERS:
        ways = {tuple(2 * hit for hit in way) for way in met_by_ages(tests)}
    else:
        values = _points(fact, tests, compiled) if tests[0].kind == RANGE else _places(code, compiled)
        ways = {tuple(compiled.compare(leaf, value) for leaf in leaves) for value in values}
    ways.add((int(Answer.UNKNOWN),) * len(leaves))
    return sorted(ways)


@lru_cache(maxsize=1024)
def _places(code: int, compiled: Compiled) -> tuple[int, ...]:
    """Return the finest regions somebody may live in: those of the coarse code they gave, all where they gave none."""
    codes = list(compiled.regions.by_code) if code == UNKNOWN else [code]
    return tuple(sorted(frozenset().union(*(compiled.regions.leaves(one, compiled.day) for one in codes))))


def _fixed(node: Judged, answers: Case) -> Judged:
    if not node.parts:
        answer = answers.get(id(node.clause))
        return node if answer is None else Judged(node.clause, answer, (), 1 << answer)
    return _composed(node.clause, tuple(_fixed(part, answers) for part in node.parts))


def _differs(trees: Sequence[Judged], above: int, left: Case, right: Case) -> bool:
    """Tell whether the answer can differ between two ways of answering the repeated columns, all else being equal."""
    pairs = frozenset({(0, 0)})
    for node in trees:
        pairs = _met(max, pairs, _pairs(node, left, right))
    seen = {1: _NO_UNKNOWN, 2: _NO_YES, 3: _UNKNOWN_YES}
    return any(a != b and above & seen[a + b] for a, b in pairs)


Pairs = frozenset[tuple[int, int]]


def _pairs(node: Judged, left: Case, right: Case) -> Pairs:
    """Return the answers a node can take on the left and, all else equal, on the right."""
    clause = node.clause
    if not node.parts and not isinstance(clause, (All, Any)):
        if id(clause) in left:
            return frozenset({(left[id(clause)], right[id(clause)])})
        return frozenset((answer, answer) for answer in range(3) if node.reach >> answer & 1)
    parts = [_pairs(part, left, right) for part in node.parts]
    if isinstance(clause, Not):
        return frozenset((2 - a, 2 - b) for a, b in parts[0])
    if isinstance(clause, Advisory):
        return _met(max, parts[0], frozenset({(1, 1)}))
    pick, pairs = (min, frozenset({(2, 2)})) if isinstance(clause, All) else (max, frozenset({(0, 0)}))
    for part in parts:
        pairs = _met(pick, pairs, part)
    return pairs


def _met(pick: Callable[[int, int], int], left: Pairs, right: Pairs) -> Pairs:
    return frozenset((pick(a, c), pick(b, d)) for a, b in left for c, d in right)
