"""Money: the sums of won in Korean text, each with its place; a range is two of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

__all__ = ["Sum", "sums"]

_LARGEST: Final = 10**13
"""The largest sum that is read, in won; more is a slip of the pen or the budget of a nation."""
_NUMBER: Final = r"\d[\d,]{0,19}(?![\d,])(?:\.\d{1,15}(?!\d))?"
_UNIT: Final = r"(?:[십백천]\s?)?[만억]|[십백천]"
_LARGE: Final = rf"{_NUMBER}\s?(?:{_UNIT})(?:\s?(?:{_NUMBER})\s?(?:{_UNIT})){{0,5}}(?:\s?\d[\d,]{{0,19}}(?=\s?원))?"
_WON: Final = r"원(?!칙|인|가(?!구)|산|격|천|장|생|내|외|료|금)"
_NO_COUNTER: Final = (
    r"(?!\s?(?:명|인(?![당 ])|톤|개(?!월)|건|호|세|㎡|평|주|"
    r"마리|두|본|kg|불|달러|유로|회|가구|㎾|포|그루|권|점|여\s?명|시간|년|월|일|배|부))"
)
_FOLLOWS: Final = r"(?=\s*(?:$|[^가-힣\d\s.]|\s|씩|지원|지급|한도|이내|까지|범위|상당|을|를|이하|정도))"
_SUM: Final = re.compile(
    rf"(?<![\d,.])(?:(?:{_LARGE}|{_NUMBER})\s?{_WON}|{_NUMBER}\s?(?:(?:[십백천]\s?)?[만억])(?!\s?{_WON}){_NO_COUNTER}{_FOLLOWS})"
)
_LOWER: Final = re.compile(rf"(?<![\d,.])({_LARGE}|{_NUMBER})\s?원?\s?(?:~|-|–|∼|～)\s?$")
_PIECES: Final = re.compile(rf"({_NUMBER})|([십백천만억])")
_SMALL: Final = {"십": 10, "백": 100, "천": 1000}
_BIG: Final = {"만": 10**4, "억": 10**8}


_TAKEN_OFF: Final = re.compile(r"(?:[△▲−]|(?:^|[\s:(])[-–])$")
"""Signs right before a sum that is taken off; a dash without a blank may be a minus, so it is no bullet there."""


class Sum(NamedTuple):
    """A sum of whole won, the place of its first character and that after its last, and whether it ends a range."""

    won: int
    start: int
    end: int
    lower: int | None = None


def sums(text: str) -> Iterator[Sum]:
    """Yield every sum of won in a text, in its order; `lower` is the least sum of a range that it ends.

    A range written backwards and a sum that is taken off are none.

    >>> [(one.won, one.lower) for one in sums("월 3만 5천원, 2천5백만원, 200천원, 10~20만원, 1억 5천만 원, 54.6만원")]
    [(35000, None), (25000000, None), (200000, None), (200000, 100000), (150000000, None), (546000, None)]
    >>> [one.won for one in sums("10만 명에게 만 19세까지 5만원씩, 375억 지원")]
    [50000, 37500000000]
    """
    last: Sum | None = None
    for found in _SUM.finditer(text):
        won = _won(found.group())
        if won is None:
            continue
        before = _LOWER.search(text, max(0, found.start() - 24), found.start())
        lower = None if before is None else _lower(before.group(1), found.group(), won)
        start = found.start() if before is None or lower is None else before.start()
        backwards = (
            before is not None and lower is None and last is not None and last.end > before.start() >= last.start
        )
        if last is not None and last.start < start and not backwards:
            yield last
        off = lower is None and _TAKEN_OFF.search(text, max(0, found.start() - 2), found.start())
        last = None if backwards or off else Sum(won, start, found.end(), lower)
    if last is not None:
        yield last


def _lower(written: str, upper: str, most: int) -> int | None:
    """The least sum of a range: a bare small number has the unit of the other."""
    least = _won(written)
    if least is not None and written[-1:].isdigit() and least < 1000:
        unit = "".join(piece for _, piece in _PIECES.findall(upper) if piece) or ""
        least = _won(written + unit)
    return least if least is not None and 0 < least < most else None


def _won(words: str) -> int | None:
    """Whole won of a written sum, None where a fraction of a won is left or nothing.

    >>> _won("1억 5천만원"), _won("2천5백만원"), _won("1.5백만 원"), _won("3만 5천 원")
    (150000000, 25000000, 1500000, 35000)
    """
    total, section, number = Fraction(0), Fraction(0), Fraction(0)
    for digits, unit in _PIECES.findall(words):
        if digits:
            number = Fraction(digits.replace(",", ""))
        elif unit in _SMALL:
            section, number = section + (number or 1) * _SMALL[unit], Fraction(0)
        else:
            total, section, number = total + ((section + number) or 1) * _BIG[unit], Fraction(0), Fraction(0)
    total += section + number
    return int(total) if total.denominator == 1 and 0 < total <= _LARGEST else None
