"""What a mechanism costs: PLD and RDP by dp-accounting, PRV by Opacus, each rounded up and held against the other.

The central-limit (GDP) accountant does not exist here: it understates the cost of training by a tenth.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from importlib import metadata
from typing import Any, Final

from features.problem import Problem, Rejected, Where
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import Mechanism, exact, gaussian_sgd

PLACES: Final = Decimal("1e-6")
AGREEMENT: Final = Decimal("0.011")
"""The most that PRV's upper end may be above PLD: its own stated error of .01, and a tenth of it for rounding."""
INFINITY: Final = Decimal("Infinity")
MOST_PRICED: Final = Decimal(2_000)
"""Above this epsilon the grid of a privacy loss distribution no longer fits in memory."""
MOST_CALIBRATED: Final = Decimal(30)
"""Above this epsilon PRV's error exceeds `AGREEMENT` or its computation fails."""
MOST_SAMPLED: Final = Decimal(100)
"""By RDP, which is at most about twice PLD: a sampled training above it is beyond PRV, and takes minutes to find so."""
DRIFT: Final = Decimal("0.0001")
"""How far a figure computed on another machine, with other versions of numpy and scipy, may be from one on record."""


def _version(library: str) -> str | None:
    try:
        return f"{library} {metadata.version(library)}"
    except metadata.PackageNotFoundError:
        return None


VERSIONS: Final[Mapping[str, str | None]] = {"pld": _version("dp-accounting"), "prv": _version("opacus")}
"""The libraries that price, by accountant, each with its version; None where it is not installed.

They are read when the module loads, so that no append waits for the files of another package.
"""


class Unpriceable(Rejected):
    """An accountant cannot compute a price: the noise, the sampling rate or delta is beyond its numerical range."""


class Disagreement(Rejected):
    """Two accountants that should agree on the price of a mechanism do not."""


@dataclass(frozen=True)
class AccountedPrice:
    """What one mechanism costs at one delta, by each accountant that can tell; None where it cannot.

    Attributes:
        pld: by privacy loss distributions (Google's dp-accounting); the figure that composes.
        prv: by privacy random variables (Opacus), its upper end.
        rdp: by Renyi divergence (dp-accounting); valid for all but loose.
        delta: at which they hold.
    """

    pld: Decimal | None
    prv: Decimal | None
    rdp: Decimal | None
    delta: Decimal

    @property
    def epsilon(self) -> Decimal:
        """What may be claimed: the larger of PLD and PRV, and RDP where neither can tell."""
        tight = [price for price in (self.pld, self.prv) if price is not None]
        return max(tight) if tight else (self.rdp if self.rdp is not None else INFINITY)

    def to_document(self) -> dict[str, str | None]:
        """As entries write it.

        Raises:
            ValueError: it is infinite, which no entry can hold.
        """
        parts = {"pld": self.pld, "prv": self.prv, "rdp": self.rdp}
        if not self.epsilon.is_finite():
            raise ValueError("an infinite price cannot be written down")
        return {name: None if part is None or not part.is_finite() else text_of(part) for name, part in parts.items()}

    @classmethod
    def from_document(cls, document: Mapping[str, str | None], delta: Decimal) -> AccountedPrice:
        """The inverse of `to_document`."""
        parts = {name: None if text is None else Decimal(text) for name, text in document.items()}
        return cls(parts["pld"], parts["prv"], parts["rdp"], delta)


def round_up(epsilon: float) -> Decimal:
    """An epsilon as a decimal of six places, never below the float.

    >>> round_up(0.1234561), round_up(float("inf"))
    (Decimal('0.123457'), Decimal('Infinity'))
    """
    if math.isnan(epsilon) or math.isinf(epsilon):
        return INFINITY
    return Decimal(epsilon).quantize(PLACES, ROUND_CEILING)


def price(mechanism: Mechanism, delta: Decimal, *, second: bool = True) -> AccountedPrice:
    """Price one mechanism at one delta.

    Args:
        mechanism: what is to be done.
        delta: at which epsilon is asked for; above 0, but for declared mechanisms.
        second: also ask Opacus (loads torch); an auditor, who has no torch, says no.

    Raises:
        Disagreement: PRV is below PLD, or more than 0.011 above it.
        Rejected: it would take too long (`Mechanism.check_priceable`).
    """
    mechanism.check_priceable()
    if mechanism.kind == "declared":
        epsilon, least = mechanism.declared()
        return AccountedPrice(epsilon if least <= delta else INFINITY, None, None, delta)
    loose = rdp(mechanism, delta)
    sampled = second and mechanism.holds("poisson") and mechanism.gaussian_runs() is not None
    most = MOST_SAMPLED if sampled else MOST_PRICED
    if loose is not None and loose.is_finite() and loose > most:
        what = f"this mechanism costs up to epsilon {loose}, above {most}, the most that can be priced"
        raise Unpriceable([Problem(("price",), "range", what, "Use more noise, a larger delta or fewer steps")])
    found = AccountedPrice(pld(mechanism, delta), prv(mechanism, delta) if second else None, loose, delta)
    check_agreement(found)
    return found


def check_agreement(price: AccountedPrice) -> None:
    """Refuse a price on which PRV and PLD do not agree; where PRV cannot tell, RDP, which is loose, may not be below.

    Raises:
        Disagreement: not 0 <= PRV - PLD <= 0.011, or without PRV, RDP more than 0.011 below PLD.
    """
    if price.pld is None:
        return
    if price.prv is None:
        if price.rdp is not None and price.rdp < price.pld - AGREEMENT:
            what = f"RDP, an upper bound, says {price.rdp} and PLD says {price.pld}"
            raise Disagreement([Problem(("price",), "conflict", what, "Nothing was spent. Report this mechanism")])
        return
    gap = price.prv - price.pld
    if not 0 <= gap <= AGREEMENT:
        what = f"PRV says {price.prv} and PLD says {price.pld}: {gap} is not within 0 and {AGREEMENT}"
        remedy = "Nothing was spent. Check sigma, sampling rate and steps; report it if they are right"
        raise Disagreement([Problem(("price",), "conflict", what, remedy)])


@lru_cache(maxsize=1024)
def pld(mechanism: Mechanism, delta: Decimal) -> Decimal | None:
    """Epsilon by privacy loss distributions, or None where they cannot express the mechanism."""
    return _pld(((mechanism, 1),), delta) if _pld_knows(mechanism) else None


@lru_cache(maxsize=1024)
def rdp(mechanism: Mechanism, delta: Decimal) -> Decimal | None:
    """Epsilon by Renyi divergence, or None where it cannot express the mechanism."""
    return _rdp(((mechanism, 1),), delta)


@lru_cache(maxsize=256)
def prv(mechanism: Mechanism, delta: Decimal) -> Decimal | None:
    """The upper end of Opacus' PRV estimate, or None where the mechanism is not Poisson-sampled Gaussian training.

    Raises:
        Rejected: Opacus is not installed.
    """
    runs = mechanism.gaussian_runs()
    if runs is None:
        return None
    try:
        from opacus.accountants import PRVAccountant  # loads torch
    except ModuleNotFoundError as absent:
        what = f"{absent.name} is not installed; the second accountant needs it"
        remedy = "Nothing was spent. Run make setup-private, or pip install '.[private]'"
        raise Rejected([Problem(("price",), "unavailable", what, remedy)]) from absent

    accountant = PRVAccountant()
    accountant.history = list(runs)
    with warnings.catch_warnings():
        # Opacus bounds the domain of its convolution by RDP, and warns where that bound is loose: the domain is then
        # larger than it need be, and the result as exact. The logarithm of 0 it takes besides is one it then masks.
        warnings.filterwarnings("ignore", "Optimal order is the", UserWarning)
        warnings.filterwarnings("ignore", "divide by zero encountered in log", RuntimeWarning)
        with _computing("PRV", delta):
            return round_up(float(accountant.get_epsilon(float(delta), eps_error=0.01)))


@contextmanager
def _computing(accountant: str, delta: Decimal) -> Iterator[None]:
    """Turn a numerical failure inside an accountant's library into a refusal."""
    try:
        yield
    except Rejected:
        raise
    except (ArithmeticError, IndexError, MemoryError, RuntimeError, ValueError) as failure:
        what = f"{accountant} cannot price this mechanism at delta {text_of(delta)} ({failure})"
        remedy = "Nothing was spent. Use more noise (a smaller epsilon), a larger delta or fewer steps"
        raise Unpriceable([Problem(("price",), "range", what, remedy)]) from failure


def refuse_beyond_range(epsilon: Decimal, where: Where = ("epsilon",)) -> None:
    """Accept only an epsilon for which noise can be found that both accountants price alike.

    Raises:
        Unpriceable: it is above `MOST_CALIBRATED`.
    """
    if epsilon > MOST_CALIBRATED:
        what = f"{text_of(epsilon)} is above {MOST_CALIBRATED}, the most for which training can be priced"
        remedy = "Ask for less: an epsilon above 10 gives hardly any protection"
        raise Unpriceable([Problem(where, "range", what, remedy)])


def _pld_knows(mechanism: Mechanism) -> bool:
    return not (mechanism.holds("repeat_and_select") or mechanism.holds("declared"))


Bag = tuple[tuple[Mechanism, int], ...]  # mechanisms and how often each was run


@lru_cache(maxsize=4096)
def _pld(bag: Bag, delta: Decimal) -> Decimal | None:
    if not bag:
        return Decimal(0)
    from dp_accounting import pld as library

    return _epsilon(library.PLDAccountant(), bag, delta)


@lru_cache(maxsize=4096)
def _rdp(bag: Bag, delta: Decimal) -> Decimal | None:
    if any(mechanism.holds("declared") for mechanism, _ in bag):
        return None
    from dp_accounting import rdp as library

    logging.getLogger("absl").setLevel(logging.ERROR)  # it logs every order that it leaves out of the bound
    return _epsilon(library.RdpAccountant(), bag, delta)


def _epsilon(accountant: Any, bag: Bag, delta: Decimal) -> Decimal | None:
    with _computing("dp-accounting", delta):
        for mechanism, count in bag:
            event = mechanism.dp_event()
            if not accountant.supports(event):
                return None
            accountant.compose(event, count)
        return round_up(float(accountant.get_epsilon(float(delta))))


def composed(bag: Mapping[Mechanism, int], delta: Decimal) -> Decimal:
    """Epsilon at delta of everything that was run on one unit's data, each mechanism as often as counted.

    By PLD. Where a selection is among them, which PLD cannot express, the lesser of two valid bounds: all by RDP, or
    PLD and RDP at half of delta each, added. Declared promises are added on top, their deltas taken from delta first
    (Dwork & Roth 2014, theorem 3.16).

    >>> from privacy.accounting.mechanism import declared
    >>> composed({declared("1"): 12}, Decimal("1e-6"))
    Decimal('12')
    """
    counted = sorted(((one, count) for one, count in bag.items() if count), key=lambda item: item[0].text())
    promised = [(one.declared(), count) for one, count in counted if one.kind == "declared"]
    epsilon = sum((promise[0] * count for promise, count in promised), Decimal(0))
    rest = delta - sum((promise[1] * count for promise, count in promised), Decimal(0))
    known = tuple((one, count) for one, count in counted if one.kind != "declared")
    if not known:
        return epsilon if rest >= 0 else INFINITY
    return epsilon + _known(known, rest) if rest > 0 else INFINITY


def _known(bag: Bag, delta: Decimal) -> Decimal:
    tight = tuple(item for item in bag if _pld_knows(item[0]))
    loose = tuple(item for item in bag if item not in tight)
    if not loose:
        return _or_infinite(_pld(bag, delta))
    apart = _or_infinite(_pld(tight, delta / 2)) + _or_infinite(_rdp(loose, delta / 2))
    return min(_or_infinite(_rdp(bag, delta)), apart)


def _or_infinite(epsilon: Decimal | None) -> Decimal:
    return INFINITY if epsilon is None else epsilon


def calibrate(epsilon: Decimal, delta: Decimal, q: str | float | Decimal, steps: int) -> Decimal:
    """The least noise multiplier (to three places) at which PRV and PLD both price DP-SGD at no more than epsilon.

    Args:
        epsilon: what the run may cost, at `delta`.
        delta: see `entry.read_delta`.
        q: Poisson sampling rate.
        steps: how many.

    Raises:
        Unpriceable: epsilon is above `MOST_CALIBRATED`, or an accountant fails.
        Rejected: no noise up to 10,000 is enough.
        Disagreement: the accountants do not agree about what was found.
    """
    return least_noise(
        lambda noise: gaussian_sgd(noise, q, steps), epsilon, delta,
        _first_guess(float(epsilon), float(delta), float(exact(q)), steps),
    )  # fmt: skip


def least_noise(whole: Callable[[Decimal], Mechanism], epsilon: Decimal, delta: Decimal, guess: Decimal) -> Decimal:
    """The least noise (to three places) at which PRV and PLD both price a mechanism at no more than epsilon.

    Args:
        whole: the mechanism with so much noise; the more, the cheaper.
        epsilon: what it may cost, at `delta`.
        delta: as of `calibrate`.
        guess: about the right noise, where the search begins.

    Raises:
        Rejected: as `calibrate` raises.
    """
    refuse_beyond_range(epsilon)
    near = _near(whole, epsilon - PRV_ABOVE, delta, guess)
    sigma = _least(lambda noise: _or_infinite(prv(whole(noise), delta)) <= epsilon, near)
    price(whole(sigma), delta)  # PLD is quicker and is below PRV: it must agree
    return sigma


FINEST_NOISE: Final = Decimal("0.001")
PRV_ABOVE: Final = Decimal("0.01005")
"""How far PRV's upper end usually is above PLD; only where a search begins depends on it."""
_ROUNDS: Final = 6


def _first_guess(epsilon: float, delta: float, q: float, steps: int) -> Decimal:
    """About the right noise, by the central limit: a place to begin a search, and never a price (it understates)."""
    reach = 2 * math.log(1 / delta)
    mu = math.sqrt(reach + 2 * epsilon) - math.sqrt(reach)
    sigma = 1 / math.sqrt(math.log1p((mu / q) ** 2 / steps))
    return Decimal(min(max(sigma, 0.1), 10_000.0)).quantize(FINEST_NOISE)


def _near(whole: Callable[[Decimal], Mechanism], epsilon: Decimal, delta: Decimal, guess: Decimal) -> Decimal:
    """The noise at which PLD, which is the quicker one, prices a run at about epsilon: by secants on logarithms."""
    wanted = math.log(max(float(epsilon), 1e-6))
    seen: list[tuple[float, float]] = []
    for _ in range(_ROUNDS):
        found = pld(whole(guess), delta)
        if found is None or not found.is_finite() or found <= 0:
            return guess
        seen.append((math.log(float(guess)), math.log(float(found))))
        if abs(seen[-1][1] - wanted) < 1e-5:
            return guess
        guess = Decimal(math.exp(_secant(seen[-2:], wanted))).quantize(FINEST_NOISE, ROUND_CEILING)
        guess = min(max(guess, Decimal("0.1")), Decimal(10_000))
    return guess


def _secant(seen: list[tuple[float, float]], wanted: float) -> float:
    (x, y), slope = seen[-1], -1.0
    if len(seen) == 2 and abs(seen[0][0] - x) > 1e-9:
        slope = min((seen[0][1] - y) / (seen[0][0] - x), -0.05)
    return x + max(min((wanted - y) / slope, 1.0), -1.0)


def _least(affordable: Callable[[Decimal], bool], near: Decimal = Decimal("0.512")) -> Decimal:
    """The least noise that is affordable, looked for in growing strides from one that is near it."""
    stride = FINEST_NOISE
    low, high = near, near
    while low > 0 and affordable(low):
        low, high, stride = max(low - stride, Decimal(0)), low, stride * 2
    if low == near:
        while not affordable(high := low + stride):
            low, stride = high, stride * 2
            if high > 20_000:
                remedy = "Ask for a larger epsilon, or for fewer steps"
                raise Rejected([Problem(("calibrate",), "range", "no noise up to 10,000 is enough", remedy)])
    while high - low > FINEST_NOISE:
        middle = ((low + high) / 2).quantize(FINEST_NOISE)
        low, high = (low, middle) if affordable(middle) else (middle, high)
    return high
