"""Rule kernel: a compiled graph of comparisons evaluated for 64 people at a time, two bits a person and node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int8, Int32, Int64, UInt64
from features.kernel.jit import njit
from features.value import UNKNOWN
from recommender.rules.member_kernel import MemberRows, count_members

RANGE, MEMBERS, REGION, COUNT = 0, 1, 2, 3
"""What an atom asks: of a column to lie in an interval, to share a bit, to be a region that lies in a set; of members
to be so many."""
AND, OR, NOT, ADVISORY = 0, 1, 2, 3
BLOCK = 64


class RulePlan(NamedTuple):
    """A catalogue's rules on one day as arrays; see `recommender.rules.compiled.Compiled` for each of them."""

    relations: Int8
    atoms: Int64
    ops: Int64
    starts: Int64
    parts: Int64
    roots: Int32
    capped: Bool
    tests: Int64
    closers: Int64


class RuleRows(NamedTuple):
    """n people: columns int64[n, F], masks of KINDS int64[n], rows of `relations` int64[n, regions], and members."""

    values: Int64
    masks: Int64
    places: Int64
    members: MemberRows


class WantedProgrammes(NamedTuple):
    """Some programmes: their places int64[m], and what each counts float64[m]."""

    places: Int64
    weights: Float64


@njit
def judge_rows(plan: RulePlan, people: RuleRows, answers: Int8) -> None:
    """Fill answers int8[n, P] with the Answer of each programme."""
    nodes = len(plan.atoms) + len(plan.ops)
    certain, possible = np.empty(nodes, np.uint64), np.empty(nodes, np.uint64)
    programmes, kinds = plan.roots.shape[1], np.empty(plan.roots.shape[0], np.uint64)
    yes, maybe = np.empty(programmes, np.uint64), np.empty(programmes, np.uint64)
    every = np.ones(nodes + len(plan.tests), np.bool_)
    for first in range(0, len(people.values), BLOCK):
        last = min(first + BLOCK, len(people.values))
        evaluate(plan, people, first, last, every, certain, possible)
        _kinds(people.masks[first:last], kinds)
        for i in range(programmes):
            yes[i], maybe[i] = _programme(plan, i, kinds, certain, possible)
        for person in range(first, last):
            shift = np.uint64(person - first)
            row = answers[person]
            for i in range(programmes):
                row[i] = np.int8((yes[i] >> shift) & np.uint64(1)) + np.int8((maybe[i] >> shift) & np.uint64(1))


@njit
def sum_settled(plan: RulePlan, people: RuleRows, wanted: WantedProgrammes, counts: Int64, sums: Float64) -> None:
    """Add to counts int64[n] and sums float64[n] the wanted programmes that are answered yes or no for each person."""
    nodes = len(plan.atoms) + len(plan.ops)
    certain, possible = np.empty(nodes, np.uint64), np.empty(nodes, np.uint64)
    kinds, needed = np.empty(plan.roots.shape[0], np.uint64), np.empty(nodes + len(plan.tests), np.bool_)
    _needed(plan, wanted.places, needed)
    for first in range(0, len(people.values), BLOCK):
        last = min(first + BLOCK, len(people.values))
        evaluate(plan, people, first, last, needed, certain, possible)
        _kinds(people.masks[first:last], kinds)
        for k in range(len(wanted.places)):
            yes, maybe = _programme(plan, wanted.places[k], kinds, certain, possible)
            settled = yes | ~maybe
            if settled == np.uint64(0):  # most wait for what nobody here tells
                continue
            for person in range(first, last):
                if (settled >> np.uint64(person - first)) & np.uint64(1):
                    counts[person] += 1
                    sums[person] += wanted.weights[k]


@njit
def sum_of_blocks(plan: RulePlan, people: RuleRows, starts: Int64, wanted: WantedProgrammes, sums: Float64) -> None:
    """Fill sums float64[b], for each block of 64 people the weights of what is settled for them, added up.

    Block b wants the programmes from `starts[b]` to `starts[b + 1]`. One call for all blocks: what a call from Python
    costs is more than what a block does.
    """
    nodes = len(plan.atoms) + len(plan.ops)
    certain, possible = np.empty(nodes, np.uint64), np.empty(nodes, np.uint64)
    kinds, needed = np.empty(plan.roots.shape[0], np.uint64), np.empty(nodes + len(plan.tests), np.bool_)
    for block in range(len(sums)):
        first = block * BLOCK
        _needed(plan, wanted.places[starts[block] : starts[block + 1]], needed)
        evaluate(plan, people, first, first + BLOCK, needed, certain, possible)
        _kinds(people.masks[first : first + BLOCK], kinds)
        sums[block] = 0.0
        for k in range(starts[block], starts[block + 1]):
            yes, maybe = _programme(plan, wanted.places[k], kinds, certain, possible)
            sums[block] += wanted.weights[k] * _bits(yes | ~maybe)


@njit
def _bits(word: np.uint64) -> np.int64:
    """Count the bits that are set, by halves (Warren, Hacker's Delight, 5-1)."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    for shift in (8, 16, 32):  # added rather than multiplied: uncompiled, numpy warns where a product overflows
        word += word >> np.uint64(shift)
    return np.int64(word & np.uint64(0x7F))


@njit
def _needed(plan: RulePlan, places: Int64, needed: Bool) -> None:
    """Fill needed bool[atoms, nodes and tests]: whether some programmes rest on it; parts stand before the whole."""
    before, nodes = len(plan.atoms), len(plan.atoms) + len(plan.ops)
    needed[:] = False
    for place in places:
        for root in plan.roots[:, place]:
            if root >= 0:
                needed[root] = True
    for i in range(len(plan.ops) - 1, -1, -1):
        if needed[before + i]:
            for part in plan.parts[plan.starts[i] : plan.starts[i + 1]]:
                needed[part] = True
    for i in range(before):
        if needed[i] and plan.atoms[i, 0] == COUNT:
            needed[nodes + plan.atoms[i, 1]] = True


@njit
def evaluate(
    plan: RulePlan, people: RuleRows, first: int, last: int, needed: Bool, certain: UInt64, possible: UInt64
) -> None:
    """Fill the words of the atoms and nodes that are needed for the people from `first` to `last`."""
    counts, asked = np.empty((len(plan.tests), last - first, 2), np.int64), needed[len(plan.atoms) + len(plan.ops) :]
    count_members(plan.tests, asked, plan.closers, people.values, people.members, first, last, counts)
    values, places = people.values[first:last], people.places[first:last]
    _atoms(plan, values, places, counts, needed, certain, possible)
    _nodes(plan, needed, certain, possible)


@njit
def _atoms(
    plan: RulePlan, values: Int64, places: Int64, counts: Int64, needed: Bool, certain: UInt64, possible: UInt64
) -> None:
    atoms, relations = plan.atoms, plan.relations
    for i in range(len(atoms)):
        if not needed[i]:
            continue
        kind, column, low, high = atoms[i, 0], atoms[i, 1], atoms[i, 2], atoms[i, 3]
        yes = np.uint64(0)
        maybe = np.uint64(0)
        if kind == RANGE:  # by far the most, so without a branch inside
            for person in range(len(values)):
                value = values[person, column]
                holds = np.uint64((low <= value) & (value <= high))
                yes |= holds << np.uint64(person)
                maybe |= (holds | np.uint64(value == UNKNOWN)) << np.uint64(person)
        elif kind == COUNT:
            for person in range(len(values)):
                sure, most = counts[column, person, 0], counts[column, person, 1]
                yes |= np.uint64((low <= sure) & (most <= high)) << np.uint64(person)
                maybe |= np.uint64((low <= most) & (sure <= high)) << np.uint64(person)
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
def _nodes(plan: RulePlan, needed: Bool, certain: UInt64, possible: UInt64) -> None:
    before, ops, starts, parts = len(plan.atoms), plan.ops, plan.starts, plan.parts
    for i in range(len(ops)):
        if not needed[before + i]:
            continue
        op, yes, maybe = ops[i], np.uint64(0), np.uint64(0)
        if op == AND:
            yes, maybe = ~yes, ~maybe
            for part in parts[starts[i] : starts[i + 1]]:
                yes &= certain[part]
                maybe &= possible[part]
        elif op == OR:
            for part in parts[starts[i] : starts[i + 1]]:
                yes |= certain[part]
                maybe |= possible[part]
        elif op == NOT:
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
def _programme(plan: RulePlan, i: int, kinds: UInt64, certain: UInt64, possible: UInt64) -> tuple[np.uint64, np.uint64]:
    """Who is answered yes by programme i, and who is not answered no."""
    yes, maybe = np.uint64(0), np.uint64(0)
    for k in range(len(kinds)):
        root = plan.roots[k, i]
        if root >= 0:
            yes |= certain[root] & kinds[k]
            maybe |= possible[root] & kinds[k]
    return np.uint64(0) if plan.capped[i] else yes, maybe
