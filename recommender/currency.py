"""Currency: the currencies a programme may state, and what makes sums in different ones comparable in an order."""

from __future__ import annotations

from typing import Final

from features.country import Currency

__all__ = ["CURRENCIES", "comparable", "currency_of"]


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
"""The currencies a programme may state; decimals after ISO 4217. Another country adds its own line."""


def currency_of(code: str, own: Currency) -> Currency:
    """Return a currency by its code: the country's own, else one that is known, else one of two decimals."""
    return own if code == own.code else CURRENCIES.get(code, Currency(code, 2))


def comparable(amount: int, currency: str, to: str) -> int | None:
    """Return a sum of one currency as one of another that buys as many days of minimum wage; for an order only.

    None where one of them is not known.

    >>> comparable(8_414, "EUR", "KRW"), comparable(5, "KRW", "KRW"), comparable(5, "XXX", "KRW")
    (82560, 5, None)
    """
    if currency == to:
        return amount
    if currency not in CURRENCIES or to not in CURRENCIES:
        return None
    return amount * CURRENCIES[to].wage_day // CURRENCIES[currency].wage_day
