"""Question kernel: which open programmes answers would settle, worked out from what the answers alone change.

Supposed people are one person with some columns changed, 64 at a time. What rests on no changed comparison keeps the
person's own word, so a block costs what its answers touch, not what the catalogue holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int32, Int64, UInt64
from features.kernel.jit import njit
from recommender.rules.member_kernel import count_of_person
from recommender.rules.rule_kernel import BLOCK, COUNT, REGION, RulePlan, RuleRows, atom_words, fill_words, node_words

__all__ = ["RuleUses", "SettledSums", "SupposedBlocks", "WantedProgrammes", "settle", "uses_of"]


class RuleUses(NamedTuple):
    """Which nodes rest on each atom and node: those of reference i are `nodes[starts[i]:starts[i + 1]]`, ascending."""

    starts: Int64
    nodes: Int64


class SupposedBlocks(NamedTuple):
    """b blocks of at most 64 supposed people, each some rows of a table.

    Attributes:
        table: the columns and members of r rows, and how their regions lie.
        family: int64[r], equal where two rows have equal members.
        first: int64[b], the first row of each block.
        last: int64[b], the row after its last.
        columns: bool[b, F], the columns in which a block's people are as in the table; in others as the person is.
        lists: bool[b], whether their members are those of the table.
        regions: int64[regions], the columns that hold regions.
        rests: bool[b, U], of which sets of facts programmes are looked at.
    """

    table: RuleRows
    family: Int64
    first: Int64
    last: Int64
    columns: Bool
    lists: Bool
    regions: Int64
    rests: Bool


class WantedProgrammes(NamedTuple):
    """Open programmes: their places int64[m], what each counts float64[m], and its set of facts int64[m]."""

    places: Int64
    weights: Float64
    facts: Int64


class SettledSums(NamedTuple):
    """What is settled, to be filled in.

    Attributes:
        counts: int64[r], how many of the wanted programmes are for each row; none where only totals are wanted.
        sums: float64[r], what these count.
        totals: float64[b], what is settled for each of a block's people, added up, where there are no counts.
    """

    counts: Int64
    sums: Float64
    totals: Float64


class _Words(NamedTuple):
    """The words of each atom and node, places of those that are not the person's own, and nodes to be worked out.

    `needed` tells on which atoms and nodes a wanted programme rests, no other is worked out; `groups` in which of BLOCK
    nodes each some are waiting.
    """

    yes: UInt64
    maybe: UInt64
    changed: Int64
    needed: Bool
    waiting: Bool
    groups: Bool


def uses_of(plan: RulePlan) -> RuleUses:
    """Return which nodes rest on each atom and node of a plan."""
    references = len(plan.atoms) + len(plan.ops)
    order = np.argsort(plan.parts, kind="stable")
    starts = np.zeros(references + 1, dtype=np.int64)
    np.cumsum(np.bincount(plan.parts, minlength=references), out=starts[1:])
    return RuleUses(starts, np.repeat(np.arange(len(plan.ops)), np.diff(plan.starts))[order].astype(np.int64))


@njit
def settle(
    plan: RulePlan,
    uses: RuleUses,
    person: RuleRows,
    blocks: SupposedBlocks,
    wanted: WantedProgrammes,
    found: SettledSums,
) -> None:
    """Find which wanted programmes, all open for the person, are answered yes or no for supposed people.

    Sums are added up in the order of the programmes.
    """
    references, own = len(plan.atoms) + len(plan.ops), person.masks[0]
    own_yes, own_maybe = np.zeros(references, np.uint64), np.zeros(references, np.uint64)
    needed = _needed(plan, own, wanted.places)
    _fill_own(plan, person, needed, own_yes, own_maybe)
    waiting, groups = np.zeros(len(plan.ops), np.bool_), np.zeros(len(plan.ops) // BLOCK + 1, np.bool_)
    words = _Words(own_yes.copy(), own_maybe.copy(), np.empty(references, np.int64), needed, waiting, groups)
    yes, maybe, changed, roots, capped = words.yes, words.maybe, words.changed, plan.roots, plan.capped
    root_starts, rooted = _by_root(roots, own, wanted.places, references)
    touched = np.zeros(len(wanted.places), np.bool_)
    for block in range(len(blocks.first)):
        first, last, rests = blocks.first[block], blocks.last[block], blocks.rests[block]
        many = _suppose(plan, uses, person, blocks, block, words)
        for one in range(many):
            for at in range(root_starts[changed[one]], root_starts[changed[one] + 1]):
                touched[rooted[at]] = rests[wanted.facts[rooted[at]]]
        for k in range(len(touched)):
            if not touched[k]:
                continue
            touched[k] = False
            settled = _settled(roots, capped[wanted.places[k]], wanted.places[k], own, yes, maybe)
            settled &= _first_bits(last - first)
            if settled == np.uint64(0):
                continue
            if len(found.counts) == 0:
                found.totals[block] += wanted.weights[k] * _bits(settled)
                continue
            for row in range(first, last):
                if (settled >> np.uint64(row - first)) & np.uint64(1):
                    found.counts[row] += 1
                    found.sums[row] += wanted.weights[k]
        for one in range(many):
            yes[changed[one]], maybe[changed[one]] = own_yes[changed[one]], own_maybe[changed[one]]


@njit
def _needed(plan: RulePlan, mask: int, places: Int64) -> Bool:
    """On which atoms and nodes some programmes rest, for the kinds of applicant of a mask."""
    atoms, (ops, starts, parts, roots) = len(plan.atoms), (plan.ops, plan.starts, plan.parts, plan.roots)
    needed = np.zeros(atoms + len(ops), np.bool_)
    for place in places:
        for k in range(len(roots)):
            if roots[k, place] >= 0 and (mask >> k) & 1:
                needed[roots[k, place]] = True
    for node in range(len(ops) - 1, -1, -1):
        if needed[atoms + node]:
            for at in range(starts[node], starts[node + 1]):
                needed[parts[at]] = True
    return needed


@njit
def _fill_own(plan: RulePlan, person: RuleRows, needed: Bool, yes: UInt64, maybe: UInt64) -> None:
    """Fill the words of the person alone, as those of 64 people, of all atoms and of the nodes that are needed."""
    fill_words(plan, person, 0, 1, yes, maybe)
    atoms, (ops, starts, parts) = len(plan.atoms), (plan.ops, plan.starts, plan.parts)
    for i in range(atoms):
        yes[i], maybe[i] = _for_all(yes[i]), _for_all(maybe[i])
    for node in range(len(ops)):
        if needed[atoms + node]:
            i = atoms + node
            yes[i], maybe[i] = node_words(ops[node], starts[node], starts[node + 1], parts, yes, maybe)


@njit
def _by_root(roots: Int32, mask: int, places: Int64, references: int) -> tuple[Int64, Int64]:
    """Which of some programmes are judged by each atom or node: those of i are `rooted[starts[i]:starts[i + 1]]`."""
    starts, at = np.zeros(references + 1, np.int64), np.zeros(references, np.int64)
    for place in places:
        for k in range(len(roots)):
            if roots[k, place] >= 0 and (mask >> k) & 1:
                starts[roots[k, place] + 1] += 1
    for i in range(references):
        starts[i + 1] += starts[i]
        at[i] = starts[i]
    rooted = np.empty(starts[references], np.int64)
    for one in range(len(places)):
        for k in range(len(roots)):
            root = roots[k, places[one]]
            if root >= 0 and (mask >> k) & 1:
                rooted[at[root]] = one
                at[root] += 1
    return starts, rooted


@njit
def _suppose(
    plan: RulePlan, uses: RuleUses, person: RuleRows, blocks: SupposedBlocks, block: int, words: _Words
) -> int:
    """Work out the words of all that a block's answers change, and return how many those are."""
    first, last, columns, atoms = blocks.first[block], blocks.last[block], blocks.columns[block], len(plan.atoms)
    values, places, lanes = blocks.table.values[first:last], blocks.table.places[first:last], _first_bits(last - first)
    counts = np.empty((len(plan.tests), last - first, 2), np.int64)
    counted, many = _count(plan, person, blocks, block, counts), 0
    (yes, maybe, changed, needed, waiting, groups), (uses_starts, users) = words, uses
    ops, starts, parts = plan.ops, plan.starts, plan.parts  # to hand on a whole plan takes longer than to use it
    for i in range(atoms):
        kind, column, low, high = plan.atoms[i, 0], plan.atoms[i, 1], plan.atoms[i, 2], plan.atoms[i, 3]
        if counted if kind == COUNT else columns[blocks.regions[column] if kind == REGION else column]:
            certain, possible = atom_words(kind, column, low, high, plan.relations, values, places, counts)
            certain, possible = (certain & lanes) | (yes[i] & ~lanes), (possible & lanes) | (maybe[i] & ~lanes)
            if certain != yes[i] or possible != maybe[i]:
                yes[i], maybe[i], changed[many] = certain, possible, i
                many += 1
                for at in range(uses_starts[i], uses_starts[i + 1]):
                    if needed[atoms + users[at]]:
                        waiting[users[at]] = groups[users[at] // BLOCK] = True
    for group in range(len(groups)):  # parts come first, so what rests on something that changes waits further on
        if not groups[group]:
            continue
        for node in range(group * BLOCK, min(group * BLOCK + BLOCK, len(ops))):
            if not waiting[node]:
                continue
            waiting[node], i = False, atoms + node
            certain, possible = node_words(ops[node], starts[node], starts[node + 1], parts, yes, maybe)
            if certain != yes[i] or possible != maybe[i]:
                yes[i], maybe[i], changed[many] = certain, possible, i
                many += 1
                for at in range(uses_starts[i], uses_starts[i + 1]):
                    if needed[atoms + users[at]]:
                        waiting[users[at]] = groups[users[at] // BLOCK] = True
        groups[group] = False
    return many


@njit
def _count(plan: RulePlan, person: RuleRows, blocks: SupposedBlocks, block: int, counts: Int64) -> bool:
    """Count the members of a block's people, int64[tests, people, 2]; False where they are the person's own counts."""
    closers, columns, first, table = plan.closers, blocks.columns[block], blocks.first[block], blocks.table
    asked = blocks.lists[block]
    for closer in range(len(closers)):
        asked |= columns[closers[closer, 0]]
    if not asked or len(plan.tests) == 0:
        return False
    people = counts.shape[1]
    raised, family = np.zeros(people, np.int64), np.zeros(people, np.int64)
    members = table.members if blocks.lists[block] else person.members
    for one in range(people):
        for closer in range(len(closers)):
            column = closers[closer, 0]
            value = table.values[first + one, column] if columns[column] else person.values[0, column]
            if value == closers[closer, 1]:
                raised[one] |= closers[closer, 2]
        if blocks.lists[block]:
            family[one] = blocks.family[first + one]
        alike = 0
        while family[alike] != family[one] or raised[alike] != raised[one]:
            alike += 1
        if alike < one:
            counts[:, one] = counts[:, alike]
        else:
            count_of_person(plan.tests, raised[one], members, first + one if blocks.lists[block] else 0, counts, one)
    return True


@njit
def _settled(roots: Int32, capped: bool, place: int, mask: int, certain: UInt64, possible: UInt64) -> np.uint64:
    """Who is answered yes or no by a programme."""
    yes, maybe = np.uint64(0), np.uint64(0)
    for k in range(len(roots)):
        root = roots[k, place]
        if root >= 0 and (mask >> k) & 1:
            yes |= certain[root]
            maybe |= possible[root]
    return ~maybe if capped else yes | ~maybe


@njit
def _for_all(word: np.uint64) -> np.uint64:
    """The first person's bit, for 64 people."""
    return ~np.uint64(0) if word & np.uint64(1) else np.uint64(0)


@njit
def _first_bits(many: int) -> np.uint64:
    return ~np.uint64(0) if many == BLOCK else (np.uint64(1) << np.uint64(many)) - np.uint64(1)


@njit
def _bits(word: np.uint64) -> np.int64:
    """Count the bits that are set, by halves (Warren, Hacker's Delight, 5-1)."""
    word -= (word >> np.uint64(1)) & np.uint64(0x5555555555555555)
    word = (word & np.uint64(0x3333333333333333)) + ((word >> np.uint64(2)) & np.uint64(0x3333333333333333))
    word = (word + (word >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    for shift in (8, 16, 32):  # added rather than multiplied: uncompiled, numpy warns where a product overflows
        word += word >> np.uint64(shift)
    return np.int64(word & np.uint64(0x7F))
