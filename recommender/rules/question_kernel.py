"""Question kernel: which open programmes answers would settle, worked out from what the answers alone change.

Supposed people are one person with some columns changed, 64 at a time, each with columns of their own. What rests on no
changed comparison keeps the person's own word, so a block costs what its answers touch, not what the catalogue holds.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int64, UInt64
from features.kernel.jit import njit
from recommender.rules.member_kernel import count_of_person
from recommender.rules.open_rules import OpenRules, open_words
from recommender.rules.rule_kernel import BLOCK, COUNT, REGION, RulePlan, RuleRows, atom_words

__all__ = ["SettledSums", "SupposedBlocks", "WantedProgrammes", "bit_words", "settle"]


class SupposedBlocks(NamedTuple):
    """b blocks of at most 64 supposed people, each some rows of a table, a bit of a word each.

    Attributes:
        table: the columns and members of r rows, and how their regions lie.
        family: int64[r], equal where two rows have equal members.
        first: int64[b], the first row of each block.
        last: int64[b], the row after its last.
        columns: uint64[b, F], of whom a column is as in the table; of others it is as the person's is.
        lists: uint64[b], whose members are those of the table.
        regions: int64[regions], the columns that hold regions.
        rests: bool[b, U], of which sets of facts programmes are looked at.
    """

    table: RuleRows
    family: Int64
    first: Int64
    last: Int64
    columns: UInt64
    lists: UInt64
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
    """The words of each atom and node, those that are not the person's own, and nodes to be worked out.

    `groups` tells in which of BLOCK nodes each some are waiting.
    """

    yes: UInt64
    maybe: UInt64
    changed: Int64
    waiting: Bool
    groups: Bool


def bit_words(rows: Bool) -> UInt64:
    """Return bool[r, n] as uint64[b, n], 64 rows a word, the first in its last bit."""
    blocks = -(-len(rows) // BLOCK)
    padded = np.zeros((blocks * BLOCK, rows.shape[1]), dtype=np.uint8)
    padded[: len(rows)] = rows
    bits = np.packbits(padded.reshape(blocks, BLOCK, -1), axis=1, bitorder="little")
    return np.ascontiguousarray(bits.transpose(0, 2, 1)).view("<u8")[:, :, 0].astype(np.uint64)


@njit
def settle(
    plan: RulePlan,
    rules: OpenRules,
    person: RuleRows,
    blocks: SupposedBlocks,
    wanted: WantedProgrammes,
    found: SettledSums,
) -> None:
    """Find which wanted programmes, all open for the person, are answered yes or no for supposed people.

    `rules` are what is left of those of the wanted programmes. Sums are added up in the order of the programmes.
    """
    references, nodes = len(rules.yes), len(rules.ops)
    words = _Words(
        rules.yes.copy(), rules.maybe.copy(), np.empty(references, np.int64),
        np.zeros(nodes, np.bool_), np.zeros(nodes // BLOCK + 1, np.bool_),
    )  # fmt: skip
    (yes, maybe, changed), (own_yes, own_maybe) = (words.yes, words.maybe, words.changed), (rules.yes, rules.maybe)
    root_starts, rooted, roots, capped = rules.root_starts, rules.rooted, rules.roots, plan.capped
    held_yes, held_maybe, weights, facts = rules.held_yes, rules.held_maybe, wanted.weights, wanted.facts
    counts, sums, totals = found
    touched = np.zeros(len(wanted.places), np.bool_)
    for block in range(len(blocks.first)):
        first, last, rests = blocks.first[block], blocks.last[block], blocks.rests[block]
        many = _suppose(plan, rules, person, blocks, block, words)
        for one in range(many):
            for at in range(root_starts[changed[one]], root_starts[changed[one] + 1]):
                touched[rooted[at]] = rests[facts[rooted[at]]]
        for k in range(len(touched)):
            if not touched[k]:
                continue
            touched[k] = False
            settled = _settled(roots[k], held_yes[k], held_maybe[k], capped[wanted.places[k]], yes, maybe)
            settled &= _first_bits(last - first)
            if settled == np.uint64(0):
                continue
            if len(counts) == 0:
                totals[block] += weights[k] * _bits(settled)
                continue
            begin, end = _span(settled)
            for row in range(first + begin, first + end):
                if (settled >> np.uint64(row - first)) & np.uint64(1):
                    counts[row] += 1
                    sums[row] += weights[k]
        for one in range(many):
            yes[changed[one]], maybe[changed[one]] = own_yes[changed[one]], own_maybe[changed[one]]


@njit
def _suppose(
    plan: RulePlan, rules: OpenRules, person: RuleRows, blocks: SupposedBlocks, block: int, words: _Words
) -> int:
    """Work out the words of all that a block's answers change, and return how many those are."""
    first, last, columns, table = blocks.first[block], blocks.last[block], blocks.columns[block], blocks.table
    counts = np.empty((len(plan.tests), last - first, 2), np.int64)
    counted, many = _count(plan, person, blocks, block, counts), 0
    yes, maybe, changed, waiting, groups = words
    use_starts, users, atoms = rules.use_starts, rules.users, len(rules.atoms)
    ops, starts, parts = rules.ops, rules.starts, rules.parts  # to hand on all rules takes longer than to use them
    given_yes, given_maybe, tests, kept = rules.given_yes, rules.given_maybe, plan.atoms, rules.atoms
    relations, values, places, regions = plan.relations, table.values, table.places, blocks.regions
    for i in range(atoms):
        kind, column, low, high = tests[kept[i], 0], tests[kept[i], 1], tests[kept[i], 2], tests[kept[i], 3]
        lanes = counted if kind == COUNT else columns[regions[column] if kind == REGION else column]
        lanes &= _first_bits(last - first)
        if lanes == np.uint64(0):
            continue
        begin, end = _span(lanes)
        certain, possible = atom_words(
            kind, column, low, high, relations, values[first + begin : first + end],
            places[first + begin : first + end], counts[:, begin:end],
        )  # fmt: skip
        certain, possible = certain << np.uint64(begin), possible << np.uint64(begin)
        certain, possible = (certain & lanes) | (yes[i] & ~lanes), (possible & lanes) | (maybe[i] & ~lanes)
        if certain != yes[i] or possible != maybe[i]:
            yes[i], maybe[i], changed[many] = certain, possible, i
            many += 1
            for at in range(use_starts[i], use_starts[i + 1]):
                waiting[users[at]] = groups[users[at] // BLOCK] = True
    for group in range(len(groups)):  # parts come first, so what rests on something that changes waits further on
        if not groups[group]:
            continue
        for node in range(group * BLOCK, min(group * BLOCK + BLOCK, len(waiting))):
            if not waiting[node]:
                continue
            waiting[node], i = False, atoms + node
            given = (given_yes[node], given_maybe[node])
            certain, possible = open_words(ops[node], starts[node], starts[node + 1], parts, given, yes, maybe)
            if certain != yes[i] or possible != maybe[i]:
                yes[i], maybe[i], changed[many] = certain, possible, i
                many += 1
                for at in range(use_starts[i], use_starts[i + 1]):
                    waiting[users[at]] = groups[users[at] // BLOCK] = True
        groups[group] = False
    return many


@njit
def _count(plan: RulePlan, person: RuleRows, blocks: SupposedBlocks, block: int, counts: Int64) -> np.uint64:
    """Count the members of a block's people, int64[tests, people, 2]; return of whom they are not the person's own."""
    closers, columns, first, table = plan.closers, blocks.columns[block], blocks.first[block], blocks.table
    lists, people = blocks.lists[block], counts.shape[1]
    asked: np.uint64 = lists
    for closer in range(len(closers)):
        asked |= columns[closers[closer, 0]]
    if asked == np.uint64(0) or len(plan.tests) == 0:
        return np.uint64(0)
    raised, family = np.zeros(people, np.int64), np.full(people, -1, np.int64)
    for one in range(people):
        bit = np.uint64(one)
        if not (asked >> bit) & np.uint64(1):
            continue
        for closer in range(len(closers)):
            column = closers[closer, 0]
            supposed = (columns[column] >> bit) & np.uint64(1)
            value = table.values[first + one, column] if supposed else person.values[0, column]
            if value == closers[closer, 1]:
                raised[one] |= closers[closer, 2]
        listed = (lists >> bit) & np.uint64(1)
        family[one] = blocks.family[first + one] + 1 if listed else 0
        alike = 0
        while family[alike] != family[one] or raised[alike] != raised[one]:
            alike += 1
        if alike < one:
            counts[:, one] = counts[:, alike]
        elif listed:
            count_of_person(plan.tests, raised[one], table.members, first + one, counts, one)
        else:
            count_of_person(plan.tests, raised[one], person.members, 0, counts, one)
    return asked


@njit
def _settled(
    roots: Int64, yes: np.uint64, maybe: np.uint64, capped: bool, certain: UInt64, possible: UInt64
) -> np.uint64:
    """Who is answered yes or no by a programme of some roots, of which those that nothing changes say two words."""
    for k in range(len(roots)):
        if roots[k] >= 0:
            yes |= certain[roots[k]]
            maybe |= possible[roots[k]]
    return ~maybe if capped else yes | ~maybe


@njit
def _span(word: np.uint64) -> tuple[int, int]:
    """The first bit of a word that is set, and the one after the last."""
    first, last = 0, BLOCK
    while not (word >> np.uint64(first)) & np.uint64(1):
        first += 1
    while not (word >> np.uint64(last - 1)) & np.uint64(1):
        last -= 1
    return first, last


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
