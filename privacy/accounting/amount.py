"""Privacy amounts: epsilon and delta as exact decimals, and the one text of each."""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation
from typing import Final

from features.problem import Problem, Rejected, Where

DECIMAL_PATTERN: Final = r"(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{0,39}[1-9])?"
_DECIMAL = re.compile(DECIMAL_PATTERN)
MOST_EPSILON: Final = Decimal(1_000_000)
FINEST: Final = Decimal("1e-12")
LEAST_DELTA: Final = Decimal("1e-12")
"""Below this delta PRV and PLD no longer agree: no Gaussian training could be priced."""
SMALLEST_DELTA_STEP: Final = Decimal("1e-40")
_WRITTEN: Final = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE
)
_EXACT: Final = Context(prec=60)


def is_decimal(value: object) -> bool:
    """Whether a value is a decimal string in its canonical form: no sign, exponent, leading or trailing zero.

    >>> is_decimal("0.5"), is_decimal(".5"), is_decimal("0.50"), is_decimal("1e-6"), is_decimal(0.5)
    (True, False, False, False, False)
    """
    return isinstance(value, str) and _DECIMAL.fullmatch(value) is not None


def text_of(amount: Decimal) -> str:
    """The one text of a finite decimal: exact, without sign of zero, exponent or trailing zeros.

    >>> text_of(Decimal("1.50")), text_of(Decimal("1e-7")), text_of(Decimal("20")), text_of(Decimal("-0.0"))
    ('1.5', '0.0000001', '20', '0')
    """
    text = format(amount, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def read_epsilon(value: str | int | Decimal, where: Where = ("epsilon",)) -> Decimal:
    """Read a requested epsilon: above 0, at most a million, at most twelve decimal places.

    Raises:
        Rejected: it is 0, negative, not a number, infinite, a float, or has more decimal places.
    """
    amount = read_amount(value, where)
    if not 0 < amount <= MOST_EPSILON:
        raise Rejected([Problem(where, "range", f"{value} is not above 0 and at most {MOST_EPSILON}", _GIVE)])
    if amount != amount.quantize(FINEST):
        raise Rejected(
            [Problem(where, "range", f"{value} has more than twelve decimal places", "Round it up to twelve")]
        )
    return amount


_GIVE = "Give a decimal number such as 1 or 0.5"


def read_delta(value: str | int | Decimal, units: int = 0, where: Where = ("delta",)) -> Decimal:
    """Read a delta: at least 1e-12 and below 1/n, where n (`units`) is the number of units (0: unknown).

    Raises:
        Rejected: it is not (a delta of 1/n would permit publishing a whole record), or has over forty decimal places.
    """
    amount = read_amount(value, where)
    if not 0 < amount < 1:
        raise Rejected([Problem(where, "range", f"{value} is not above 0 and below 1", "Give one such as 0.000001")])
    if amount < LEAST_DELTA:
        what = f"{value} is below {LEAST_DELTA}, the least at which the accountants can price training"
        raise Rejected([Problem(where, "range", what, "Give one such as 0.000001")])
    if amount != amount.quantize(SMALLEST_DELTA_STEP, context=_EXACT):
        raise Rejected([Problem(where, "range", f"{value} has more than forty decimal places", "Round it to forty")])
    if units and amount * units >= 1:
        what = f"{value} is not below 1/n for n = {units}: it would permit publishing a person's whole record"
        raise Rejected([Problem(where, "range", what, f"Give one far below {1 / Decimal(units):.1e}")])
    return amount


def read_amount(value: str | int | Decimal, where: Where) -> Decimal:
    """Read a finite decimal number.

    Raises:
        Rejected: it is none.
    """
    if isinstance(value, (bool, float)):
        raise Rejected([Problem(where, "invalid", f"{value!r} is not an exact amount", "Write it as a decimal string")])
    try:
        if isinstance(value, str) and not _WRITTEN.fullmatch(value):
            raise ValueError  # Decimal takes underscores and the digits of every script
        amount = Decimal(value)
    except (InvalidOperation, ValueError, TypeError):
        raise Rejected([Problem(where, "invalid", f"{value!r} is not a number", _GIVE)]) from None
    if not amount.is_finite():
        raise Rejected([Problem(where, "invalid", f"{value} is not a finite number", _GIVE)])
    return amount
