"""Packed rules: a catalogue's clauses of one day as one stream of small integers over a table of distinct leaves.

Unlike the compiled graph (`recommender.rules.rule_lowering`) it keeps the shape of the clauses as far as what is
missing and how somebody stands rest on it; what it leaves out (who said what, and where) nothing is decided by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from recommender.rules.clause import Advisory, All, Any, Clause, Compare, MemberCount, Not
from recommender.rules.member_kernel import ANY_HIGH, ANY_LOW, MANY
from recommender.rules.member_lowering import count_interval, plainest_members
from recommender.rules.programme import KINDS
from recommender.rules.rule_kernel import MEMBERS, REGION
from recommender.rules.rule_lowering import LEAST, MOST

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["FEW", "PackedRules", "packed_rules", "varints"]

OPEN, NOT, ADVISORY, ALL = 0, 1, 2, 3
FEW: Final = 16
"""A conjunction or an alternative of fewer parts is one token, of more it is followed by their number."""
ANY: Final = ALL + FEW + 1
LEAVES: Final = ANY + FEW + 1
"""The token of the leaf that stands most often; the others follow in the order of the table."""
CAPPED, LAPSED = 1 << len(KINDS), 2 << len(KINDS)
"""Of a programme, beside the bits of the kinds of applicant it is for: never yes; its last text is over."""

_HALF: Final = 31
"""How many bits of a set of ages one number of the table holds: a script computes with 32."""

Leaf = tuple[object, ...]


class _Tree(NamedTuple):
    """An operation's token with its parts, or `LEAVES` with a leaf."""

    op: int
    parts: tuple[_Tree, ...] = ()
    leaf: Leaf = ()


_NOTHING_SAID: Final = _Tree(OPEN)


@dataclass(frozen=True)
class PackedRules:
    """What is asked of people.

    Attributes:
        leaves: each a list for JSON: the place of a column and what is asked of it, or -1 and a test of members; the
            one that stands most often first.
        stream: the tokens of all programmes in the catalogue's order.
    """

    leaves: tuple[Leaf, ...]
    stream: bytes


@dataclass(frozen=True)
class _TreeBuilder:
    compiled: Compiled
    regions: Mapping[int, int]
    places: Mapping[str, int] = field(default_factory=dict)
    made: dict[int, _Tree] = field(default_factory=dict)

    def tree(self, clause: Clause) -> _Tree:
        """The tree of a clause; one object is worked out once."""
        known = self.made.get(id(clause))
        if known is None:
            known = self.made[id(clause)] = self._tree(clause)
        return known

    def _tree(self, clause: Clause) -> _Tree:
        if isinstance(clause, Compare):
            return _Tree(LEAVES, leaf=self._compared(clause))
        if isinstance(clause, MemberCount):
            return _Tree(LEAVES, leaf=self._counted(clause))
        if isinstance(clause, (Not, Advisory)):
            return _Tree(NOT if isinstance(clause, Not) else ADVISORY, (self.tree(clause.of),))
        if isinstance(clause, (All, Any)):
            return self._joined(ALL if isinstance(clause, All) else ANY, clause.of)
        return _NOTHING_SAID

    def _joined(self, op: int, of: tuple[Clause, ...]) -> _Tree:
        """The parts, those of parts that join likewise among them; that something is not published is said once."""
        parts: list[_Tree] = []
        for one in of:
            tree = self.tree(one)
            parts += tree.parts if tree.op == op else (tree,)
        told = [part for part in parts if part != _NOTHING_SAID]
        told += [_NOTHING_SAID] if len(told) < len(parts) else []
        return told[0] if len(told) == 1 else _Tree(op, tuple(sorted(told, key=repr)))

    def _compared(self, clause: Compare) -> Leaf:
        test, column = self.compiled.test(clause), self.places[clause.fact]
        if test.kind == REGION:
            return (column, *([self.regions[code] for code in sorted(codes)] for codes in test.regions))
        if test.kind == MEMBERS:
            return (column, test.members & (1 << _HALF) - 1, test.members >> _HALF)
        return (column, *(_bounded(end, LEAST, MOST) for interval in test.intervals for end in interval))

    def _counted(self, clause: MemberCount) -> Leaf:
        home = self.compiled.declaration.household
        assert home is not None, "clauses over members are read only where a household is declared"
        mask, *test = plainest_members(clause, home)
        relations = [place for place in range(len(home.relations)) if mask >> place & 1]
        bounds = [_bounded(end, ANY_LOW, ANY_HIGH) for end in test[3:9]]
        low, high = count_interval(clause)
        due = any(one.of == "due" for one in clause.tests)
        return (-1, relations, *test[:3], *bounds, test[9], low, None if high == MANY else high, int(due))


def _bounded(end: int, least: int, most: int) -> int | None:
    return None if end in (least, most) else end


def packed_rules(compiled: Compiled, places: Mapping[str, int], regions: Mapping[int, int]) -> PackedRules:
    """Return the rules of a day.

    Args:
        compiled: the catalogue as it stands on the day.
        places: the place of each column in the pack, by its name.
        regions: the place of each region in the pack, by its code.
    """
    builder = _TreeBuilder(compiled, regions, places)
    day = compiled.day
    programmes = [
        {k: builder.tree(one.who[kind]) for k, kind in enumerate(KINDS) if kind in one.who}
        if one.valid.holds(day) or one.is_lapsed(day)
        else {}  # no text of it is in force, and none was the last
        for one in compiled.catalogue.programmes
    ]
    counted: Counter[str] = Counter()
    leaves: dict[str, Leaf] = {}
    for trees in programmes:
        for tree in trees.values():
            for leaf in _leaves(tree):
                counted[repr(leaf)] += 1
                leaves[repr(leaf)] = leaf
    order = sorted(leaves, key=lambda name: (-counted[name], name))
    ranks = {name: rank for rank, name in enumerate(order)}
    tokens: list[int] = []
    for one, trees in zip(compiled.catalogue.programmes, programmes, strict=True):
        flags = CAPPED * (not one.verified) + LAPSED * one.is_lapsed(day)
        tokens.append(flags + sum(1 << kind for kind in trees))
        tokens += (token for _, tree in sorted(trees.items()) for token in _tokens(tree, ranks))
    return PackedRules(tuple(leaves[name] for name in order), varints(tokens))


def _leaves(tree: _Tree) -> Iterator[Leaf]:
    if tree.op == LEAVES:
        yield tree.leaf
    for part in tree.parts:
        yield from _leaves(part)


def _tokens(tree: _Tree, ranks: Mapping[str, int]) -> Iterator[int]:
    if tree.op == LEAVES:
        yield LEAVES + ranks[repr(tree.leaf)]
    elif tree.op not in (ALL, ANY):
        yield tree.op
    elif len(tree.parts) < FEW:
        yield tree.op + len(tree.parts)
    else:
        yield from (tree.op + FEW, len(tree.parts))
    for part in tree.parts:
        yield from _tokens(part, ranks)


def varints(numbers: Iterable[int]) -> bytes:
    """Return non-negative integers as bytes of seven bits, the lowest first; the eighth says that more follow.

    >>> varints([5, 300]).hex()
    '05ac02'
    """
    written = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            written.append(rest & 127 | 128)
            rest >>= 7
        written.append(rest)
    return bytes(written)
