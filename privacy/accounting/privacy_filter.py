"""The filter across runs: what everything costs together where each run was chosen by the results of those before it.

PLD and PRV compose mechanisms whose parameters are fixed in advance, and price the inside of one run by that. The runs
of a year are chosen by people who have seen earlier results; to compose privacy losses as such is then no valid rule of
when to stop (arXiv:2602.06756). Two rules are proven, and lose nothing by the choice:

- full-batch Gaussians: the squares of 1 / noise add up (Smith & Thakurta 2022, arXiv:2210.17520);
- anything, at one Renyi order that is fixed in advance (Feldman & Zrnic 2021, arXiv:2008.11193).

Which rule applies is chosen on the way, too, so that each has its own part of delta. Take all that may happen under one
rule, and halt everything else where it would first break that rule: what is left is private by the rule's theorem, at
its part of delta, and has lost nothing that may happen under the rule. Summed over the rules, the parts are delta:
`ALIKE` for what the first run alone decides, which is chosen before any result: full batches after a full batch,
promises after a promise, nothing after anything else, which then costs what it does by itself; of the rest one half for
promised deltas beside other runs, and one half for the `ORDERS`, equally.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final

from privacy.accounting.accountant import INFINITY, composed, round_up
from privacy.accounting.mechanism import Mechanism

ALIKE: Final = Decimal("0.98")
"""The part of delta for runs that are all full-batch Gaussians, or all only promised, or a single run."""
ORDERS: Final = (1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 32.0, 64.0)
MOST: Final = 1_000.0
"""Above this epsilon nothing is promised."""
ROUNDING: Final = 1e-15
"""More than what a difference of two probabilities is rounded by."""
_NORMAL: Final = NormalDist()


def filtered(bag: Mapping[Mechanism, int], delta: Decimal, together: int = 1) -> Decimal:
    """Epsilon at delta of everything that was run on one unit's data, chosen adaptively, each as often as counted.

    Args:
        bag: how often each mechanism was run.
        delta: at which epsilon holds.
        together: how many units are protected as one group (Vadhan 2017, lemma 2.2; exact for Gaussians).

    >>> from privacy.accounting.mechanism import gaussian
    >>> month = gaussian("4.225")
    >>> [filtered({month: 12}, Decimal("0.000001"), together) for together in (1, 2)]
    [Decimal('3.907222'), Decimal('8.678789')]
    """
    ran = {one: count for one, count in bag.items() if count}
    squared = sum(_square(one) * count for one, count in ran.items())
    if squared < math.inf:
        return round_up(_gaussian(math.sqrt(squared) * together, float(delta * ALIKE)))
    if together == 1:
        return _of_any(ran, delta)
    inner = delta
    for _ in range(60):
        epsilon = _of_any(ran, inner)
        if not epsilon.is_finite() or epsilon * together > MOST:
            break
        needed = delta if not epsilon else delta / Decimal(math.expm1(together * epsilon) / math.expm1(epsilon))
        if inner <= needed:
            return epsilon * together
        inner = needed / 2
    return INFINITY


def _of_any(ran: Mapping[Mechanism, int], delta: Decimal) -> Decimal:
    promised = [(one.declared(), count) for one, count in ran.items() if one.kind == "declared"]
    epsilon = sum((promise[0] * count for promise, count in promised), Decimal(0))
    lost = sum((promise[1] * count for promise, count in promised), Decimal(0))
    if len(promised) == len(ran):
        return epsilon if lost <= delta * ALIKE else INFINITY
    if sum(ran.values()) == 1:
        return composed(ran, delta * ALIKE)
    if not delta or lost > delta * (1 - ALIKE) / 2:
        return INFINITY
    part = float(delta * (1 - ALIKE) / (2 * len(ORDERS)))
    spent = math.inf
    for order, *at in zip(ORDERS, *map(_curve, ran), strict=True):  # Canonne et al. 2020, proposition 12
        total = sum(curve * count for curve, count in zip(at, ran.values(), strict=True))
        spent = min(spent, total + math.log1p(-1 / order) - math.log(part * order) / (order - 1))
    return round_up(max(spent, 0.0)) if spent < MOST else INFINITY


def _square(one: Mechanism) -> float:
    """The squared mu of Gaussian differential privacy (Dong et al. 2022) of full batches; infinite for all else."""
    runs = one.gaussian_runs()
    if runs is None or any(rate != 1 for _, rate, _ in runs):
        return math.inf
    return sum(times / sigma**2 for sigma, _, times in runs)


@lru_cache(maxsize=4096)
def _gaussian(mu: float, delta: float) -> float:
    """The least epsilon at which mu-GDP is (epsilon, delta)-private (Balle & Wang 2018, theorem 8), from above."""
    if mu == 0:
        return 0.0
    low, high = 0.0, MOST
    if _beyond(mu, high) > delta:
        return math.inf
    if _beyond(mu, low) <= delta:
        return 0.0
    while high - low > 1e-9 * max(high, 1.0):
        middle = (low + high) / 2
        low, high = (low, middle) if _beyond(mu, middle) <= delta else (middle, high)
    return high


def _beyond(mu: float, epsilon: float) -> float:
    tail = _NORMAL.cdf(-epsilon / mu - mu / 2)
    return _NORMAL.cdf(mu / 2 - epsilon / mu) - (math.exp(epsilon + math.log(tail)) if tail > 0 else 0.0) + ROUNDING


@lru_cache(maxsize=4096)
def _curve(one: Mechanism) -> tuple[float, ...]:
    """The Renyi divergence at each of `ORDERS`: by dp-accounting, or by what a bound on every loss implies."""
    found = None if one.holds("declared") else _by_library(one)
    if found is None:
        loss = _most(one)
        found = tuple(min(loss, order * loss * loss / 2) for order in ORDERS)  # Bun & Steinke 2016, proposition 3.3
    return found


def _by_library(one: Mechanism) -> tuple[float, ...] | None:
    from dp_accounting import rdp

    logging.getLogger("absl").setLevel(logging.ERROR)  # it logs every order that it leaves out of a bound
    accountant: Any = rdp.RdpAccountant(ORDERS)
    event = one.dp_event()
    if not accountant.supports(event):
        return None
    accountant.compose(event)
    return tuple(map(float, accountant._rdp))  # noqa: SLF001 - no public way to the curve; a test holds it to Gaussians'


def _most(one: Mechanism) -> float:
    """The most that the privacy loss can be: what pure differential privacy bounds; infinite where nothing does."""
    if one.kind == "laplace":
        return 1 / float(one["noise"])
    if one.kind == "declared":
        return float(one["epsilon"])
    if one.kind == "poisson":
        inside = _most(one["of"])
        return math.log1p(float(one["probability"]) * math.expm1(inside)) if inside < MOST else math.inf
    if one.kind == "repeated":
        return _most(one["of"]) * float(one["count"])
    return sum(map(_most, one.parts())) if one.kind == "composed" else math.inf
