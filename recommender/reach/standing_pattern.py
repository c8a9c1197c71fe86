"""Standing pattern: people whose answer is open, told apart by all that their standing can depend on.

How somebody stands to a programme whose answer is open (likely, or depends) follows from what each comparison answers
and which facts are not known, so that one person of each pattern stands for all of it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from features.arrays import Int64, UInt64
from features.kernel.jit import njit
from recommender.reach.reach_kernel import BLOCK, PlaneRows, PlaneRule, evaluate_words, lowest, may_hold, standing_for
from recommender.rules.rule_kernel import REGION

__all__ = ["Patterns", "find_patterns"]

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_STEP: Final = np.uint64(0xBF58476D1CE4E5B9)


class Patterns(NamedTuple):
    """Patterns while they are found, in a table of K places.

    Attributes:
        hashes: uint64[K], 0 where there is none; two of k patterns are taken for one with probability below k^2 / 2^64.
        person: int64[K], the position of somebody of each.
        regions: int64[K, R], how many there are.
        groups: int64[K, G], how many of them belong to each group.
        found: int64[1], how many patterns there are.
    """

    hashes: UInt64
    person: Int64
    regions: Int64
    groups: Int64
    found: Int64


@njit
def find_patterns(rule: PlaneRule, rows: PlaneRows, patterns: Patterns) -> bool:
    """Count the people whose answer is open by their pattern; false where there are more than half as many as fit."""
    nodes = len(rule.atoms) + len(rule.ops)
    certain, possible = np.empty((nodes, BLOCK), np.uint64), np.empty((nodes, BLOCK), np.uint64)
    for region in range(len(rows.starts) - 1):
        if not may_hold(rule, region):
            continue
        for first in range(rows.starts[region], rows.starts[region + 1], BLOCK):
            last = min(first + BLOCK, rows.starts[region + 1])
            evaluate_words(rule, rows, region, first, last, certain, possible)
            for word in range(first, last):
                sure = np.uint64(0) if rule.capped else certain[rule.root, word - first]
                left = possible[rule.root, word - first] & ~sure & rows.real[word]
                while left:
                    bit = np.uint64(lowest(left))
                    value = pattern_of(rule, rows, region, word, word - first, bit, certain, possible)
                    alike = left & alike_with(rule, rows, word, word - first, bit, certain, possible)
                    keep(patterns, value, alike, word, region, rows)
                    left &= ~alike
                    if 2 * patterns.found[0] > len(patterns.hashes):  # a full table has no place to stop at
                        return False
    return True


@njit
def pattern_of(
    rule: PlaneRule,
    rows: PlaneRows,
    region: int,
    word: int,
    place: int,
    bit: np.uint64,
    certain: UInt64,
    possible: UInt64,
) -> np.uint64:
    """The hash of a person's pattern: every comparison's answer, where a region is open that region, and `told`."""
    value, one = np.uint64(1), np.uint64(1)
    for atom in range(len(rule.atoms)):
        yes, maybe = (certain[atom, place] >> bit) & one, (possible[atom, place] >> bit) & one
        value = mixed(value, yes + maybe)
        if rule.atoms[atom, 0] == REGION and yes != maybe:
            value = mixed(value, np.uint64(region + 3))
    for plane in rule.told:
        value = mixed(value, (rows.words[plane, word] >> bit) & one)
    return value | one  # none is nought


@njit
def alike_with(
    rule: PlaneRule, rows: PlaneRows, word: int, place: int, bit: np.uint64, certain: UInt64, possible: UInt64
) -> np.uint64:
    """The people of a word who have the pattern of one of them, as bits."""
    one, alike = np.uint64(1), ~np.uint64(0)
    for atom in range(len(rule.atoms)):
        yes, maybe = certain[atom, place], possible[atom, place]
        alike &= yes if (yes >> bit) & one else ~yes
        alike &= maybe if (maybe >> bit) & one else ~maybe
    for plane in rule.told:
        told = rows.words[plane, word]
        alike &= told if (told >> bit) & one else ~told
    return alike


@njit
def mixed(value: np.uint64, more: np.uint64) -> np.uint64:
    """A hash with something more in it (the steps of splitmix64)."""
    found = (value ^ more) + _MIX
    found = (found ^ (found >> np.uint64(30))) * _STEP
    return found ^ (found >> np.uint64(27))


@njit
def keep(patterns: Patterns, value: np.uint64, people: np.uint64, word: int, region: int, rows: PlaneRows) -> None:
    """Count people of a word by their pattern, which is new where no place holds it."""
    size = len(patterns.hashes)
    at = np.int64(value % np.uint64(size))
    while patterns.hashes[at] not in (np.uint64(0), value):
        at = (at + 1) % size
    if patterns.hashes[at] == 0:
        patterns.hashes[at], patterns.person[at] = value, 64 * word + lowest(people)
        patterns.found[0] += 1
    patterns.regions[at, region] += standing_for(people, word, rows.weights)
    for group in range(len(rows.groups)):
        patterns.groups[at, group] += standing_for(people & rows.groups[group, 0, word], word, rows.weights)
