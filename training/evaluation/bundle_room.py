"""Bundle room: what a noised comparison of two models sums of every unit, and how much of the noise's room each has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from features.arrays import Float64

MOST_BRIER: Final = 0.25
"""A unit's difference in squared error counts up to this; beyond, it is clipped."""
PARTS: Final = (
    "listed", "rated", "ndcg", "ndcg_squared", "other_ndcg", "brier", "brier_squared", "bias", "bias_squared",
    "above_popular", "above_popular_squared",
)  # fmt: skip
"""What a unit adds: whether it has an answered list, whether a row in first place, then means over its own; the
last two beside a champion only: how much better its NDCG is than that of the same order for everybody."""
GROUP_PARTS: Final = ("listed", "ndcg", "ndcg_squared")
"""What it adds for each declared group: the same of its lists that were shown to members."""
_WEIGHTS: Final = (0.25, 0.25, 1.0, 0.5, 0.25, 0.5, 0.25, 0.5, 0.25, 0.5, 0.25)
"""The difference in NDCG is what has to be told, so it has the most of the noise's room."""
_GROUP_WEIGHTS: Final = (0.5, 1.0, 0.5)
"""All groups together have as much room as one order: more groups cost each other, and not the whole."""


@dataclass(frozen=True)
class BundleRoom:
    """The parts of a bundle about so many groups."""

    groups: int = 0

    @cached_property
    def weights(self) -> Float64:
        """By what each part is multiplied: float64[k], those of all units before those of each group."""
        share = 1 / math.sqrt(max(self.groups, 1))
        return np.array([*_WEIGHTS, *(share * weight for _ in range(self.groups) for weight in _GROUP_WEIGHTS)])

    @property
    def length(self) -> float:
        """How far one unit more or less moves the weighed sums (L2): each part is between -1 and 1."""
        return math.sqrt(float(self.weights @ self.weights))

    def place(self, part: str, group: int | None = None) -> int:
        """Where a part stands; a group's is named by the group's place."""
        if group is None:
            return PARTS.index(part)
        return len(PARTS) + len(GROUP_PARTS) * group + GROUP_PARTS.index(part)

    def reach(self, part: str, group: int | None = None) -> float:
        """The standard deviation of the noise in a part's sum, over the noise multiplier."""
        return self.length / float(self.weights[self.place(part, group)])
