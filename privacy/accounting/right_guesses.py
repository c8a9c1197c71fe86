"""Right guesses: which epsilon a run cannot be below, where so many guesses on who took part were right."""

from __future__ import annotations

import math
from decimal import ROUND_FLOOR, Decimal
from typing import Final

CONFIDENCE: Final = 0.95
SHARES: Final = (1.0, 0.5, 0.2, 0.1)
"""Which shares of the canaries are guessed; the rest is abstained from. All are tried, and the confidence is shared."""
MOST_CANARIES: Final = 10_000
"""With more, a bound is not worked out again: what that takes grows with them, and nobody runs so many."""

_PLACES: Final = Decimal("0.001")
_HALVINGS: Final = 30


def p_value(canaries: int, guesses: int, correct: int, epsilon: float, delta: float) -> float:
    """The greatest probability of so many right guesses, for any observer, if a run is (epsilon, delta)-private.

    Steinke, Nasr & Jagielski 2023 (arXiv:2305.08846), theorem 5.2: pure privacy answers truthfully with probability
    e^epsilon / (1 + e^epsilon) at most; delta adds at most alpha for each of the 2 `canaries` neighbours.

    >>> round(p_value(100, 100, 81, 1.0, 0.0), 3)
    0.044
    """
    from scipy.special import bdtrc

    truthful = 1 / (1 + math.exp(-epsilon))
    above = float(bdtrc(correct - 1, guesses, truthful)) if correct else 1.0
    return min(1.0, above + 2 * canaries * delta * _alpha(guesses, correct, truthful)) if delta else above


def _alpha(guesses: int, correct: int, truthful: float) -> float:
    """The largest mean of the i probabilities just below `correct`: what delta can move from there."""
    import numpy as np
    from scipy.special import gammaln, xlog1py, xlogy

    right = np.arange(correct - 1, -1, -1)
    ways = gammaln(guesses + 1) - gammaln(right + 1) - gammaln(guesses - right + 1)
    below = np.exp(ways + xlogy(right, truthful) + xlog1py(guesses - right, -truthful)).cumsum()
    return float((below / np.arange(1, correct + 1)).max(initial=0.0))


def lower_bound(canaries: int, guesses: int, correct: int, delta: float = 0.0, confidence: float = CONFIDENCE) -> float:
    """The epsilon below which a run's is not, at a confidence, if so many guesses on its canaries were right.

    By halving: what is returned is always refuted, so it never says too much (arXiv:2305.08846, appendix D).

    >>> round(lower_bound(100, 100, 100), 2), lower_bound(100, 100, 50)
    (3.49, 0.0)
    """
    if not 0 <= correct <= guesses <= canaries:
        raise ValueError(f"{correct} right of {guesses} guesses on {canaries} canaries cannot be")
    doubt, low, high = 1 - confidence, 0.0, 1.0
    while p_value(canaries, guesses, correct, high, delta) < doubt:
        low, high = high, high * 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if p_value(canaries, guesses, correct, middle, delta) < doubt:
            low = middle
        else:
            high = middle
    return low


def rounded(bound: float) -> Decimal:
    """A bound as a decimal of three places, never above the float."""
    return Decimal(bound).quantize(_PLACES, ROUND_FLOOR)


def shared(confidence: float) -> float:
    """The confidence of each share's bound, with which all of them hold together at `confidence` (Bonferroni)."""
    return 1 - (1 - confidence) / len(SHARES)
