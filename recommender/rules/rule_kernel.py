"""Rule kernel: a compiled graph of comparisons evaluated for 64 people at a time, two bits a person and node."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Int8, Int32, Int64, UInt64
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


@njit
def judge_rows(plan: RulePlan, people: RuleRows, answers: Int8) -> None:
    """Fill answers int8[n, P] with the Answer of each programme."""
    nodes = len(plan.atoms) + len(plan.ops)
    certain, possible = np.empty(nodes, np.uint64), np.empty(nodes, np.uint64)
    for first in range(0, len(people.values), BLOCK):
        last = min(first + BLOCK, len(people.values))
        evaluate(plan, people, first, last, certain, possible)
        fill_answers(plan, people.masks[first:last], certain, possible, answers[first:last])


@njit
def fill_answers(plan: RulePlan, masks: Int64, certain: UInt64, possible: UInt64, answers: Int8) -> None:
    """Fill answers int8[n, P] of at most 64 people, who apply as the kinds of masks, from the words of all nodes."""
    programmes, kinds = plan.roots.shape[1], np.empty(plan.roots.shape[0], np.uint64)
    yes, maybe = np.empty(programmes, np.uint64), np.empty(programmes, np.uint64)
    kind_words(masks, kinds)
    for i in range(programmes):
        yes[i], maybe[i] = _programme(plan, i, kinds, certain, possible)
    for person in range(len(answers)):
        shift = np.uint64(person)
        row = answers[person]
        for i in range(programmes):
            row[i] = np.int8((yes[i] >> shift) & np.uint64(1)) + np.int8((maybe[i] >> shift) & np.uint64(1))


@njit
def evaluate(plan: RulePlan, people: RuleRows, first: int, last: int, certain: UInt64, possible: UInt64) -> None:
    """Fill the words of all atoms and nodes for the people from `first` to `last`, at most 64; parts come first."""
    fill_words(plan, people, first, last, certain, possible)
    before = len(plan.atoms)
    ops, starts, parts = plan.ops, plan.starts, plan.parts  # to hand on a whole plan takes longer than to use it
    for i in range(len(ops)):
        certain[before + i], possible[before + i] = node_words(
            ops[i], starts[i], starts[i + 1], parts, certain, possible
        )


@njit
def fill_words(plan: RulePlan, people: RuleRows, first: int, last: int, certain: UInt64, possible: UInt64) -> None:
    """Fill the words of all atoms alone."""
    counts = np.empty((len(plan.tests), last - first, 2), np.int64)
    count_members(plan.tests, plan.closers, people.values, people.members, first, last, counts)
    values, places = people.values[first:last], people.places[first:last]
    atoms, relations = plan.atoms, plan.relations
    for i in range(len(atoms)):
        certain[i], possible[i] = atom_words(
            atoms[i, 0], atoms[i, 1], atoms[i, 2], atoms[i, 3], relations, values, places, counts
        )


@njit
def atom_words(
    kind: int, column: int, low: int, high: int, relations: Int8, values: Int64, places: Int64, counts: Int64
) -> tuple[np.uint64, np.uint64]:
    """Whose answer to an atom is yes, and whose is not no, a bit a person."""
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
    return yes, maybe


@njit
def node_words(
    op: int, first: int, last: int, parts: Int64, certain: UInt64, possible: UInt64
) -> tuple[np.uint64, np.uint64]:
    """Whose answer to a node is yes, and whose is not no, by the words of its parts, from `first` to `last`."""
    yes, maybe = np.uint64(0), np.uint64(0)
    if op == AND:
        yes, maybe = ~yes, ~maybe
        for at in range(first, last):
            yes &= certain[parts[at]]
            maybe &= possible[parts[at]]
    elif op == OR:
        for at in range(first, last):
            yes |= certain[parts[at]]
            maybe |= possible[parts[at]]
    elif op == NOT:
        yes, maybe = ~possible[parts[first]], ~certain[parts[first]]
    else:
        yes, maybe = certain[parts[first]], ~maybe
    return yes, maybe


@njit
def kind_words(masks: Int64, kinds: UInt64) -> None:
    """Fill the words of who is an applicant of each kind."""
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
