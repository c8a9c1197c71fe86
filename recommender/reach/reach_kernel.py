"""Reach kernel: a compiled rule counted over planes of bits, region by region, 64 people at a time.

The members of a set of words are the people of the set; what a clause answers is two sets, those of whom it is certain
and those of whom it is possible (`rule_kernel`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int8, Int64, UInt64
from features.kernel.jit import njit
from recommender.rules.member_kernel import MemberRows, count_of_person
from recommender.rules.rule_kernel import ADVISORY, AND, MEMBERS, NOT, RANGE, REGION

__all__ = ["BLOCK", "PlaneRows", "PlaneRule", "ReachTally", "count_rule"]

BLOCK: Final = 256
"""Words at a time: what the answers to some twenty comparisons take stays in the processor's cache."""
_ONE: Final = np.uint64(1)
_NOBODY: Final = np.uint64(0)
_EVERYBODY: Final = ~np.uint64(0)


class PlaneRule(NamedTuple):
    """A rule over planes.

    Attributes:
        atoms: int64[A, 5]: kind, first plane of the column, how many follow, and the least and greatest place of the
            values asked for (of a set of ages: the ages, and nothing; of members: the test is the second, its place in
            `counted` the third, and then the counts).
        ops, starts, parts: the operations, as in `RulePlan`.
        root: the reference that is judged.
        capped: whether nobody's answer is yes.
        within: int8[A, regions], what a comparison of regions answers there; of others nothing.
        tests: int64[T, 11], what is asked of single members.
        told: int64[m], planes by which people differ to whom the rule answers alike.
        counted: uint64[C, 2, W], of whom each comparison of counts is certain and possible (`member_planes`).
    """

    atoms: Int64
    ops: Int64
    starts: Int64
    parts: Int64
    root: int
    capped: bool
    within: Int8
    tests: Int64
    told: Int64
    counted: UInt64


class PlaneRows(NamedTuple):
    """People by position, 64 a word; those of one region stand together.

    Attributes:
        words: uint64[planes, W], as `FactPlanes` has them.
        real: uint64[W], which positions are somebody's.
        starts: int64[R + 1], the first word of each region.
        groups: uint64[G, 2, W], who certainly and who possibly belongs to each group.
        members: who belongs to each person.
        raised: int64[positions], the relations of which nobody is raised who is not listed, as bits.
        weights: int64[positions], for how many people each stands; empty where each is one.
    """

    words: UInt64
    real: UInt64
    starts: Int64
    groups: UInt64
    members: MemberRows
    raised: Int64
    weights: Int64


class ReachTally(NamedTuple):
    """What is counted: int64[R, 2] and int64[G, 2] of those certain and those possible."""

    regions: Int64
    groups: Int64


@njit
def count_rule(rule: PlaneRule, rows: PlaneRows, tally: ReachTally) -> None:
    """Count, by region and by group, of whom a rule is certain and of whom it is possible."""
    nodes = len(rule.atoms) + len(rule.ops)
    certain, possible = np.empty((nodes, BLOCK), np.uint64), np.empty((nodes, BLOCK), np.uint64)
    for region in range(len(rows.starts) - 1):
        if not may_hold(rule, region):
            continue
        for first in range(rows.starts[region], rows.starts[region + 1], BLOCK):
            last = min(first + BLOCK, rows.starts[region + 1])
            evaluate_words(rule, rows, region, first, last, certain, possible)
            _count(rule, rows, region, first, last, certain[rule.root], possible[rule.root], tally)


@njit
def _count(
    rule: PlaneRule, rows: PlaneRows, region: int, first: int, last: int, yes: UInt64, maybe: UInt64, tally: ReachTally
) -> None:
    for word in range(first, last):
        sure = _NOBODY if rule.capped else yes[word - first] & rows.real[word]
        open_to = maybe[word - first] & rows.real[word]
        tally.regions[region, 0] += standing_for(sure, word, rows.weights)
        tally.regions[region, 1] += standing_for(open_to, word, rows.weights)
        if open_to:
            for group in range(len(rows.groups)):
                inside = rows.groups[group, 0, word]
                tally.groups[group, 0] += standing_for(sure & inside, word, rows.weights)
                tally.groups[group, 1] += standing_for(open_to & inside, word, rows.weights)


@njit
def standing_for(people: np.uint64, word: int, weights: Int64) -> np.int64:
    """For how many people those stand whose bits are set in a word."""
    if len(weights) == 0:
        return ones(people)
    total, left = np.int64(0), people
    while left:
        total += weights[64 * word + lowest(left)]
        left &= left - _ONE
    return total


@njit
def lowest(word: np.uint64) -> np.int64:
    """The place of the lowest bit that is set in a word, which is not nought."""
    return ones(~word & (word - _ONE))


@njit
def ones(word: np.uint64) -> np.int64:
    """How many bits of a word are set (Warren, Hacker's Delight, 5-1)."""
    value = np.uint64(word)
    value -= (value >> np.uint64(1)) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    value = (value & pairs) + ((value >> np.uint64(2)) & pairs)
    value = (value + (value >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((value * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit
def may_hold(rule: PlaneRule, region: int) -> bool:
    """Whether a rule can be possible for anybody of a region: false only where the region itself decides."""
    atoms, nodes = len(rule.atoms), len(rule.atoms) + len(rule.ops)
    least, most = np.zeros((nodes, 2), np.bool_), np.ones((nodes, 2), np.bool_)
    for atom in range(atoms):
        if rule.atoms[atom, 0] == REGION:
            answer = rule.within[atom, region]
            least[atom, 0] = most[atom, 0] = answer == 2
            least[atom, 1] = most[atom, 1] = answer != 0
    for node in range(len(rule.ops)):
        bounds(rule, node, least, most)
    return bool(most[rule.root, 1])


@njit
def bounds(rule: PlaneRule, node: int, least: Bool, most: Bool) -> None:
    """Work out between what a node's two answers lie, by those of its parts: certain first, possible second."""
    op, at, first, last = rule.ops[node], len(rule.atoms) + node, rule.starts[node], rule.starts[node + 1]
    if op == NOT:
        part = rule.parts[first]
        least[at, 0], least[at, 1] = not most[part, 1], not most[part, 0]
        most[at, 0], most[at, 1] = not least[part, 1], not least[part, 0]
        return
    if op == ADVISORY:
        part = rule.parts[first]
        least[at, 0], most[at, 0] = least[part, 0], most[part, 0]
        least[at, 1] = True
        return
    for which in range(2):
        low, high = op == AND, op == AND
        for one in range(first, last):
            part = rule.parts[one]
            low = (low and least[part, which]) if op == AND else (low or least[part, which])
            high = (high and most[part, which]) if op == AND else (high or most[part, which])
        least[at, which], most[at, which] = low, high


@njit
def evaluate_words(
    rule: PlaneRule, rows: PlaneRows, region: int, first: int, last: int, certain: UInt64, possible: UInt64
) -> None:
    """Fill what every comparison and operation answers to the people of some words of a region."""
    atoms, size = rule.atoms, last - first
    for i in range(len(atoms)):
        kind, plane, bits = atoms[i, 0], atoms[i, 1], atoms[i, 2]
        yes, maybe = certain[i, :size], possible[i, :size]
        if kind == RANGE:
            range_words(rows.words[plane : plane + 1 + bits], first, atoms[i, 3], atoms[i, 4], yes, maybe)
        elif kind == MEMBERS:
            ages_words(rows.words[plane : plane + 1 + bits], first, atoms[i, 3], yes, maybe)
        elif kind == REGION:
            yes[:] = _EVERYBODY if rule.within[i, region] == 2 else _NOBODY
            maybe[:] = _EVERYBODY if rule.within[i, region] != 0 else _NOBODY
        else:
            yes[:], maybe[:] = rule.counted[bits, 0, first:last], rule.counted[bits, 1, first:last]
    for i in range(len(rule.ops)):
        operation_words(rule, i, size, certain, possible)


@njit
def range_words(planes: UInt64, start: int, low: int, high: int, yes: UInt64, maybe: UInt64) -> None:
    """Whose value has a place from `low` to `high`, compared from the lowest bit up, a plane at a time.

    `yes` holds who is at or above `low` by the bits so far, `maybe` who is at or below `high`: a bit takes one
    operation for each, over words side by side, several at a time (O'Neil and Quass 1997, from the other end).
    """
    bits, unknown = len(planes) - 1, planes[0, start : start + len(yes)]
    yes[:] = _EVERYBODY if low <= high else _NOBODY
    maybe[:] = yes
    for bit in range(bits if low <= high else 0):
        own = planes[bits - bit, start : start + len(yes)]
        if (low >> bit) & 1:
            for word in range(len(yes)):
                yes[word] &= own[word]
        else:
            for word in range(len(yes)):
                yes[word] |= own[word]
        if (high >> bit) & 1:
            for word in range(len(maybe)):
                maybe[word] |= ~own[word]
        else:
            for word in range(len(maybe)):
                maybe[word] &= ~own[word]
    for word in range(len(yes)):
        yes[word] &= maybe[word] & ~unknown[word]
        maybe[word] = yes[word] | unknown[word]


@njit
def ages_words(planes: UInt64, start: int, ages: int, yes: UInt64, maybe: UInt64) -> None:
    """Whose set of ages has one of `ages`, a bit an age."""
    bits, unknown = len(planes) - 1, planes[0, start : start + len(yes)]
    yes[:] = _NOBODY
    for age in range(bits):
        if (ages >> age) & 1:
            own = planes[bits - age, start : start + len(yes)]
            for word in range(len(yes)):
                yes[word] |= own[word]
    for word in range(len(yes)):
        maybe[word] = yes[word] | unknown[word]


@njit
def count_words(rule: PlaneRule, rows: PlaneRows, atom: int, first: int, last: int, yes: UInt64, maybe: UInt64) -> None:
    """Of whom as many members as are asked for meet a test, counted person by person."""
    test, low, high = rule.atoms[atom, 1], rule.atoms[atom, 3], rule.atoms[atom, 4]
    counts = np.empty((1, 1, 2), np.int64)
    for word in range(first, last):
        sure, perhaps = _NOBODY, _NOBODY
        for bit in range(64):
            if (rows.real[word] >> np.uint64(bit)) & _ONE:
                person = word * 64 + bit
                count_of_person(rule.tests[test : test + 1], rows.raised[person], rows.members, person, counts, 0)
                least, most = counts[0, 0, 0], counts[0, 0, 1]
                sure |= np.uint64((low <= least) & (most <= high)) << np.uint64(bit)
                perhaps |= np.uint64((low <= most) & (least <= high)) << np.uint64(bit)
        yes[word - first], maybe[word - first] = sure, perhaps


@njit
def operation_words(rule: PlaneRule, node: int, size: int, certain: UInt64, possible: UInt64) -> None:
    """Fill what an operation answers, by the answers of its parts; `rule_kernel.node_words` over many words."""
    at, first, last = len(rule.atoms) + node, rule.starts[node], rule.starts[node + 1]
    op = rule.ops[node]
    yes, maybe = certain[at, :size], possible[at, :size]
    if op == NOT:
        part = rule.parts[first]
        for word in range(size):
            yes[word], maybe[word] = ~possible[part, word], ~certain[part, word]
        return
    if op == ADVISORY:
        part = rule.parts[first]
        for word in range(size):
            yes[word], maybe[word] = certain[part, word], _EVERYBODY
        return
    yes[:] = _EVERYBODY if op == AND else _NOBODY
    maybe[:] = yes
    for one in range(first, last):
        part = rule.parts[one]
        sure, perhaps = certain[part, :size], possible[part, :size]
        if op == AND:
            for word in range(size):
                yes[word] &= sure[word]
                maybe[word] &= perhaps[word]
        else:
            for word in range(size):
                yes[word] |= sure[word]
                maybe[word] |= perhaps[word]
