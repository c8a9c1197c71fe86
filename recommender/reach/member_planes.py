"""Member planes: of whom as many members as a rule asks for meet a test, as bits, counted once for a population."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from features.arrays import Bool, UInt64
from features.kernel.jit import njit
from recommender.reach.reach_kernel import PlaneRows, PlaneRule, count_words, may_hold
from recommender.rules.rule_kernel import COUNT

__all__ = ["MemberPlanes"]

KEPT: Final = 32
"""Tests whose bits are kept, each two bits a person: a rule whose other bounds are moved asks for the same ones."""


@dataclass(eq=False)
class MemberPlanes:
    """The bits of the tests that were asked for last; members are counted person by person, which takes long.

    May be shared by threads.
    """

    _found: dict[bytes, tuple[UInt64, Bool]] = field(default_factory=dict)
    _alone: threading.Lock = field(default_factory=threading.Lock)

    def of(self, rule: PlaneRule, rows: PlaneRows) -> UInt64:
        """Return of whom each comparison of counts is certain and possible, uint64[C, 2, W], in the rule's order.

        Where the rule can hold for nobody of a region, its people are left out.
        """
        atoms = np.flatnonzero(rule.atoms[:, 0] == COUNT).tolist()
        if not atoms:
            return np.zeros((0, 2, 0), np.uint64)
        asked = _regions_of(rule, len(rows.starts) - 1)
        with self._alone:
            return np.stack([self._words(rule, rows, atom, asked) for atom in atoms])

    def _words(self, rule: PlaneRule, rows: PlaneRows, atom: int, asked: Bool) -> UInt64:
        test, low, high = rule.atoms[atom, 1], *rule.atoms[atom, 3:]
        key = rule.tests[test].tobytes() + np.array([low, high]).tobytes()
        nothing = np.zeros((2, len(rows.real)), np.uint64), np.zeros(len(asked), np.bool_)
        words, counted = self._found[key] = self._found.pop(key, nothing)  # the one asked for last stands last
        _count_regions(rule, rows, atom, asked & ~counted, words)
        counted |= asked
        while len(self._found) > KEPT:
            del self._found[next(iter(self._found))]
        return words


@njit
def _regions_of(rule: PlaneRule, regions: int) -> Bool:
    found = np.zeros(regions, np.bool_)
    for region in range(regions):
        found[region] = may_hold(rule, region)
    return found


@njit
def _count_regions(rule: PlaneRule, rows: PlaneRows, atom: int, regions: Bool, words: UInt64) -> None:
    for region in range(len(regions)):
        if regions[region]:
            first, last = rows.starts[region], rows.starts[region + 1]
            count_words(rule, rows, atom, first, last, words[0, first:last], words[1, first:last])
