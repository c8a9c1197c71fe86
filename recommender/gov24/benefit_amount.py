"""Amount: the sum of money in the text of 지원내용, where it has exactly one reading.

A sum counts only if it is the only one in the text, is said to be given, is no ceiling, range, price, share or loan,
and says how often it is given. Everything else has no amount, and its words are kept.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction
from typing import Any

Document = dict[str, Any]

GIVEN_IN = frozenset({"cash", "voucher", "scholarship"})
"""Only these forms hand over a sum; a loan, a discount or an insurance names sums that are not paid out."""

_UNITS = {"억": 10**8, "천만": 10**7, "백만": 10**6, "십만": 10**5, "만": 10**4, "천": 10**3, "백": 100, "": 1}
_NUMBER, _UNIT = r"(?<![\d,.])\d[\d,]*+(?:\.\d++)?+", r"(?:억|천만|백만|십만|만|천|백)"
_WON = r"원(?!칙|인|가|산|격|천|장|생|내|외)"
_SUM = rf"(?:(?:{_NUMBER}\s*{_UNIT}\s*){{1,6}}(?:{_NUMBER}\s*)?|{_NUMBER}\s*)"
_MONEY = re.compile(rf"{_SUM}{_WON}|{_NUMBER}\s*(?:억|천만|백만|만)(?![가-힣\d])")
_PIECES = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(억|천만|백만|십만|만|천|백)?")
_NO_SINGLE_READING = re.compile(
    r"최대|최고|최소|최저|이내|한도|까지|이하|이상|초과|미만|내외|상한|하한|범위|차등|상당|이용료|수강료|요금|가격|단가|정가"
    r"|판매가|자부담|본인부담|부담금|소득|재산|보증금|매출|융자|대출|감면|할인|면제|공제|납부|납입|저축|적립|예산|사업비|규모"
    r"|총|약\s*\d"
    r"|[~∼%％/]|선정|(?<!예)우수(?!리)|등급|순위|경우|또는|추가"
    r"|(?:ha|㏊|㎡|평|마리|두|회|건|시간|개소|동|kg|톤|포|그루|(?<!세)대|권|과목|일)\s*당(?![가-힣])"
)
_AGE_OR_STAY = re.compile(r"\d+\s*(?:세|개월|년)\s*(?:이상|이하|미만|초과)")
"""Limits on a person's age or stay; the same words beside a sum would make it a range."""
_GIVEN = re.compile(
    r"지급|지원|수당|장려금|축하금|위로금|격려금|급여|연금|장학금|바우처|이용권|포인트|상품권|생활비|양육비"
)
_ONCE = re.compile(
    r"일시금|일시불|일시\s*지급|생애\s*1회|최초\s*1회|1회\s*한|1회에\s*한|1회\s*지급|1회\)|1회\s*\d|1회\s*$|\(1회"
)
_NEAR = 20
"""How many characters before a sum can say how often it is given."""
_AGAIN = re.compile(r"매월|매달|매년|매\s*분기|매\s*학기|매주")
_BEFORE = {
    "month": re.compile(r"(?:매월|매달|월|월\s*정액)\s*(?:각|정액)?\s*$"),
    "year": re.compile(r"(?:매년|연간|연|년|1년|연\s*1회)\s*$"),
    "half_year": re.compile(r"(?:학기당|매\s*학기|학기별)\s*$"),
    "quarter": re.compile(r"(?:분기당|매\s*분기|분기별)\s*$"),
}


def value(text: str | None, forms: Collection[str]) -> Document:
    """What a service is worth: whole won and how often, or null with the words kept.

    Example:
        >>> value("보훈예우수당 매월 15만원 지급", ["cash"])["amount"], value("최대 60만원 지원", ["cash"])["amount"]
        (150000, None)
        >>> value("만 65세 이상에게 월 10만원을 지급", ["cash"])["period"]
        'month'
        >>> value("첫째 30만원, 둘째 50만원 지급", ["cash"])["amount"] is None
        True
    """
    words = (text or "").strip()
    if not words:
        return {"amount": None, "currency": "KRW"}
    kept = {"text": words}
    found = _single(words) if GIVEN_IN.intersection(forms) else None
    if found is None:
        return {"amount": None, "currency": "KRW"} | kept
    return {"amount": found[0], "currency": "KRW", "period": found[1]} | kept


def _single(words: str) -> tuple[int, str] | None:
    matches = list(_MONEY.finditer(words))
    if len(matches) != 1:
        return None
    start, end = matches[0].span()
    line_start = words.rfind("\n", 0, start) + 1
    line_end = words.find("\n", end) if "\n" in words[end:] else len(words)
    line = words[line_start:line_end]
    if _NO_SINGLE_READING.search(_AGE_OR_STAY.sub(" ", line)) or not _GIVEN.search(line):
        return None
    won, period = _won(matches[0].group()), _period(words[max(line_start, start - _NEAR) : start], line)
    return None if won is None or period is None else (won, period)


def _won(words: str) -> int | None:
    """Whole won, None where a fraction of a won is left.

    Example:
        >>> _won("1억 5천만원"), _won("200천원"), _won("1.5만원"), _won("3만 5천 원")
        (150000000, 200000, 15000, 35000)
    """
    total = sum(
        (Fraction(number.replace(",", "")) * _UNITS[unit] for number, unit in _PIECES.findall(words)), Fraction(0)
    )
    return int(total) if total.denominator == 1 and total > 0 else None


def _period(before: str, line: str) -> str | None:
    """How often a sum is given, from the words before it or a word for once in its line; None where not one is said."""
    said = [period for period, pattern in _BEFORE.items() if pattern.search(before)]
    if _ONCE.search(line):
        said += ["once"] * (1 + bool(_AGAIN.search(line)))
    return said[0] if len(said) == 1 else None
