"""Currency: the currencies a programme may state, and what makes sums in different ones comparable in an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from features.country import Currency

__all__ = ["CURRENCIES", "SCALE", "comparable", "currencies_of", "currency_of"]


CURRENCIES: Final = {
    one.code: one
    for one in (
        Currency("KRW", 0, 82_560),  # 10,320 won an hour (2026), 8 hours
        Currency("EUR", 2, 8_414),  # SMIC of 12.02 euros an hour (2026), 7 hours
        Currency("JPY", 0, 8_968),  # 1,121 yen an hour (2025, mean of the prefectures), 8 hours
        Currency("USD", 2, 5_800),  # 7.25 dollars an hour (federal), 8 hours
        Currency("GBP", 2, 9_768),  # 12.21 pounds an hour (2025), 8 hours
    )
}
"""The currencies a programme of any country may state; decimals after ISO 4217."""

SCALE: Final = "KRW"
"""The currency that the weights of an order and the classes of sums are stated in; others are compared with it."""


def currency_of(code: str, own: Currency) -> Currency:
    """Return a currency by its code: the country's own, else one that is known, else one of two decimals."""
    return own if code == own.code else CURRENCIES.get(code, Currency(code, 2))


@cache
def currencies_of(own: Currency) -> Mapping[str, Currency]:
    """Return the currencies that a programme of one country may state: its own and those that are known anyway."""
    known = CURRENCIES.get(own.code)
    wage_day = own.wage_day or (known.wage_day if known else 0)
    return {own.code: replace(own, wage_day=wage_day)} | {
        code: one for code, one in CURRENCIES.items() if code != own.code
    }


def comparable(amount: int, currency: str, to: str, known: Mapping[str, Currency] = CURRENCIES) -> int | None:
    """Return a sum of one currency as one of another that buys as many days of minimum wage; for an order only.

    None where the minimum wage of one of them is not known.

    >>> comparable(8_414, "EUR", "KRW"), comparable(5, "KRW", "KRW"), comparable(5, "XXX", "KRW")
    (82560, 5, None)
    """
    if currency == to:
        return amount
    days = [known[code].wage_day if code in known else 0 for code in (currency, to)]
    return amount * days[1] // days[0] if all(days) else None
