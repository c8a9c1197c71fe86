"""Expectation: how far a private run got where it was measured, by people times epsilon; see docs/epsilon.md."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import numpy as np

MEASURED: Final = ((10_000, 0.07), (30_000, 0.25), (100_000, 0.46), (300_000, 0.60), (1_000_000, 0.64))
"""People at epsilon 1, and the share of the way from popularity to reachable: `proffer bench private`, one fit each."""


def expected_share(units: int, epsilon: Decimal) -> float | None:
    """The share of the way from popularity to reachable, read between what was measured; None below all of it.

    What counts is units times epsilon, as in the plans; beyond the last point nothing more is expected.

    >>> expected_share(100_000, Decimal(1)), expected_share(1_000, Decimal(2))
    (0.46, None)
    >>> expected_share(100_000, Decimal("0.25")), expected_share(10**8, Decimal(1))
    (0.22, 0.64)
    """
    signal = float(units * epsilon)
    if signal < MEASURED[0][0]:
        return None
    people, shares = zip(*MEASURED, strict=True)
    return round(float(np.interp(np.log(signal), np.log(people), shares)), 2)
