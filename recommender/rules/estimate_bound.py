"""Estimate bound: a sum that no estimate of a value passes, whoever it is for, so that most need not be worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.calendar import parse_duration
from recommender.rules.estimate import MONTHS

if TYPE_CHECKING:
    from recommender.rules.payment import Payment
    from recommender.rules.worth import Value

__all__ = ["MANY_CHILDREN", "estimate_bound"]

MANY_CHILDREN: Final = 6
"""The bound holds for people who have no more children than these."""
_MOST_WEEKS: Final = 53
_SHORTEST_MONTH: Final = 28


def estimate_bound(value: Value) -> int | None:
    """Return what the middle of no estimate of a value passes, in minor units; None where there is no such sum."""
    sums = [_payment_bound(one, _back_months(value)) for one in value.payments]
    known = [one for one in sums if one is not None]
    return sum(known) if len(known) == len(sums) else None


def _payment_bound(payment: Payment, back: int) -> int | None:
    """What one payment comes to at most, to whom it is given most often; None for a share without a limit."""
    if payment.percent is not None and isinstance(payment.base, str) and payment.high is None:
        return None
    each = payment.high if payment.high is not None else payment.low or 0
    times = {"month": MONTHS + back, "week": _MOST_WEEKS, "day": 7 * _MOST_WEEKS}.get(payment.period, MONTHS)
    return max(each, payment.low or 0) * max(times, payment.times or 1) * MANY_CHILDREN


def _back_months(value: Value) -> int:
    """How many months at most are paid back, where a claim soon after a birth is paid from the birth on."""
    if value.back is None or value.back.retroactive is None:
        return 0
    length = parse_duration(value.back.retroactive)
    return length.months + length.days // _SHORTEST_MONTH + 2
