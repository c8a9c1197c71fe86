"""Expectation: how far the private ranker got where it was measured, by units times epsilon; see docs/epsilon.md."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

from training.rankers.first_release import LARGE

FEW: Final = ((1_923, 0.48), (5_088, 0.52))
"""Units at epsilon 1, and the share of the way from popularity to reachable: the middle of the worlds measured.

Each has 99 programmes, one fit each: households of all named worlds (`proffer bench private --world all --units 3000`,
then 8000).
"""
MANY: Final = ((7_500, 0.01), (15_000, 0.14), (30_000, 0.28), (60_000, 0.34), (120_000, 0.37), (240_000, 0.37))
"""The same where there are 800 programmes: 30,000 people at several epsilons (`proffer bench private --units 100000
--pictures DIR`), one fit each; what counts is people times epsilon."""


def expected_share(units: int, epsilon: Decimal, programmes: int) -> float | None:
    """The share of the way from popularity to reachable, read between what was measured; None below all of it.

    What counts is units times epsilon, as in the plans; beyond the last point nothing more is expected.

    Args:
        units: how many there are said to be.
        epsilon: what a run costs.
        programmes: how many the catalogue has: the plans differ by that.

    >>> expected_share(1_000, Decimal("1.9"), 99) is None, expected_share(10**8, Decimal(1), 99)
    (True, 0.52)
    """
    people, shares = zip(*(FEW if programmes <= LARGE else MANY), strict=True)
    signal = float(units * epsilon)
    return None if signal < people[0] else round(float(np.interp(np.log(signal), np.log(people), shares)), 2)


def measured_in(programmes: int) -> str:
    """Where such runs were measured, in words."""
    return "synthetic worlds of 99 programmes" if programmes <= LARGE else "a synthetic world of 800 programmes"
