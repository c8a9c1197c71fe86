"""Bound change: bounds that no counted programme has, as often as a further real programme would bring a new one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from data.growth.rule_mix import RuleMix

__all__ = ["BoundChange"]

BOUNDS: Final = ("at_least", "above", "at_most", "below")


class BoundChange:
    """Draws comparisons and sums as they were counted, or between two that were.

    The share of draws that have to be new is Turing's estimate of what was never seen: the share of what was seen once
    (Good 1953). New bounds lie between neighbouring ones, so ages stay ages and incomes incomes.
    """

    def __init__(self, mix: RuleMix) -> None:
        """Work out from a mix how often each fact's comparisons, and sums, are new, and between what they lie."""
        self.mix = mix
        facts: dict[str, dict[str, int]] = {}
        for written, count in mix.outcomes("fact").items():
            facts.setdefault(str(json.loads(written)["fact"]), {})[written] = count
        self._fresh = {name: _unseen(counts) for name, counts in facts.items()}
        self._known = {
            (name, bound): sorted({one[bound] for one in map(json.loads, counts) if type(one.get(bound)) is int})
            for name, counts in facts.items()
            for bound in BOUNDS
        }
        sums = {key: mix.outcomes("sum", key) for key in mix.counts.get("sum", {})}
        self._fresh |= {key: _unseen(counts) for key, counts in sums.items()}
        self._sums = {key: sorted(map(int, counts)) for key, counts in sums.items()}

    def comparison(self, rng: np.random.Generator, category: str) -> dict[str, Any]:
        """Draw a comparison of a fact as programmes of a category make."""
        drawn: dict[str, Any] = json.loads(self.mix.draw(rng, "fact", category))
        bounds = [bound for bound in BOUNDS if type(drawn.get(bound)) is int]
        if not bounds or rng.random() >= self._fresh[drawn["fact"]]:
            return drawn
        moved = drawn | {bound: _between(rng, self._known[drawn["fact"], bound], drawn[bound]) for bound in bounds}
        low, high = (
            min((moved[one] for one in pair if one in moved), default=None) for pair in (BOUNDS[:2], BOUNDS[2:])
        )
        return moved if low is None or high is None or low < high else drawn

    def amount(self, rng: np.random.Generator, key: str) -> int:
        """Draw a sum of money: an amount, or the bound of one."""
        drawn = int(self.mix.draw(rng, "sum", key))
        if rng.random() >= self._fresh[key]:
            return drawn
        found = _between(rng, self._sums[key], drawn)
        unit: int = 10 ** max(len(str(found)) - 2, 0)  # published sums have two digits that are not nought
        return max(found // unit * unit, 1)


def _unseen(counts: Mapping[str, int]) -> float:
    return sum(count == 1 for count in counts.values()) / sum(counts.values())


def _between(rng: np.random.Generator, known: list[int], value: int) -> int:
    """Draw a number between the neighbours of one that is known, or the number itself where there is none."""
    place = known.index(value)
    low, high = known[max(place - 1, 0)], known[min(place + 1, len(known) - 1)]
    return int(rng.integers(low + 1, high)) if low + 1 < high else value
