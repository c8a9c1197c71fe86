"""Season text: what comes round every year, month or term, with its months or days where a text says so."""

from __future__ import annotations

import re

from recommender.gov24.anytime import lasts_while_funded
from recommender.gov24.plain_words import Document

__all__ = ["season"]

_EVERY = re.compile(
    r"매년|매월|매주|매학기|매분기|매학년도?|해마다|격년|연도별|분기별|반기별|학기별|연간|[연년]\d회|짝수달|홀수달"
)
_AT_ANY_TIME = re.compile(r"상시|수시|연중|년중|제한없|20\d\d|이내|부터\d+(?:일|개월|년)")
_NO_DAY = re.compile(r"\d{5}|(?<!\d)(?:2[1-9]|[3-9]\d)\d\d[.\-/년]|(?<!\d)(?:00?|1[3-9]|[2-9]\d|\d{3,})월")
"""A year or a month that does not come round, or never comes: a slip of the pen, or "without end"."""
_TOLD_THEN = re.compile(r"(?:신청|접수|모집)(?:시기|기간|기한|일정)?(?:을|를)?(?:알림|안내|공지|통보)")
"""In that month somebody is told when to apply, which is not said."""
_SEASON = (
    r"\d{1,2}월(?:\d{1,2}일)?|\d{1,2}\.\d{1,2}\.?|(?:상·?,?하|상|하)반기|[연년][초말]|[춘하추동]계"
    r"|설날?|추석|명절"
)
_MONTH_SPAN = r"\d{1,2}(?=[~,·\-]\d{1,2}월)"
_FILLER = (
    r"신청|접수|모집|공고|공모|예정|예상|기간|기한|시기|사업|공급|변동|가능|당월|당월|당해|해당|당년|차년|차기|전년|익년|매년|년?도|연도"
    r"|정기|반기|사업?대상자|참[조고]|공고문"
    r"|초순|중순|하순|상순|초|중|말|경|까지|부터|이후|각|\d회|내|시|전|당|은|는|의|에|및|또는|로|으로|[~,·:/()\-.\d일]"
)
_SEASONAL = re.compile(rf"(?>{_SEASON}|{_MONTH_SPAN}|{_FILLER})++")  # atomic: a text is cut in one way only
_NAMES_SEASON = re.compile(_SEASON)

_VAGUE = re.compile(
    r"[초말경순]|이후|[월일]까지|(?<!\d)월|변동|상이|별도|참[조고]|공고|알림|갱신|전월|당월|반기(?![(:\d])"
)
"""Words beside which a month is no first and last day."""
_MONTH = r"(?:1[0-2]|0?[1-9])"
_MONTHS = re.compile(
    rf"(?<![\d.])(?P<first>{_MONTH})(?:월?(?P<to>[~\-])(?P<last>{_MONTH}))?(?=월|[,·]\s*{_MONTH}(?:[,·~]|월))"
)
_DAYS_OF_MONTH = re.compile(
    r"(?:매월|매달|(?P<half>짝수|홀수)달)(?:(?P<first>\d{1,2})일?[~\-])?(?P<last>\d{1,2})일(?:까지)?"
)
_YEARLY = re.compile(
    rf"(?P<m1>{_MONTH})(?:월|\.)(?P<d1>\d{{1,2}})(?:일|\.)?(?:부터|~)(?:신청년도)?(?:(?P<m2>{_MONTH})(?:월|\.))?(?P<d2>\d{{1,2}})(?:일|\.)?"
)
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def season(words: str) -> Document | None:
    """The recurring window of plain words that name something that comes round, and nothing else they could mean.

    Example:
        >>> season("매년5월1일~5월31일")
        {'kind': 'recurring', 'yearly': {'from': '05-01', 'until': '05-31'}}
        >>> season("정기(3월,9월)신청"), season("매월20일까지")
        ({'kind': 'recurring', 'months': [3, 9]}, {'kind': 'recurring', 'days': {'from': 1, 'until': 20}})
        >>> season("매년초"), season("언젠가")
        ({'kind': 'recurring'}, None)
    """
    if _AT_ANY_TIME.search(words) or _TOLD_THEN.search(words) or _NO_DAY.search(words):
        return None
    if not (_EVERY.search(words) or (_NAMES_SEASON.search(words) and _SEASONAL.fullmatch(words))):
        return None
    return {"kind": "recurring"} | _when(words) | lasts_while_funded(words)


def _when(words: str) -> Document:
    monthly = _DAYS_OF_MONTH.search(words)
    if monthly is not None:
        return _days(monthly)
    yearly = _YEARLY.search(words)
    if yearly is not None:
        return _year_days(yearly)
    if _VAGUE.search(words):
        return {}
    months: list[int] = []
    for match in _MONTHS.finditer(words):
        first, last = int(match["first"]), int(match["last"] or match["first"])
        months += range(first, last + 1) if first <= last else (*range(first, 13), *range(1, last + 1))
    return {"months": sorted(set(months))} if months else {}


def _days(match: re.Match[str]) -> Document:
    first, last = int(match["first"] or 1), int(match["last"])
    if not 1 <= first <= last <= _LENGTHS[0]:
        return {}
    half = {"짝수": 2, "홀수": 1}.get(match["half"] or "")
    months = {} if half is None else {"months": list(range(half, 13, 2))}
    return {"days": {"from": first, "until": last}} | months


def _year_days(match: re.Match[str]) -> Document:
    ends = [(int(match["m1"]), int(match["d1"])), (int(match["m2"] or match["m1"]), int(match["d2"]))]
    if not all(1 <= day <= _LENGTHS[month - 1] for month, day in ends):
        return {}
    first, last = (f"{month:02}-{day:02}" for month, day in ends)
    return {"yearly": {"from": first, "until": last}}
