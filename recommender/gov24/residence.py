"""Residence: whether a service asks people to live in its agency's region, by its own words and by what it is.

A municipality's benefits are for those who live there, also where their text is silent. A car park, a camp site or a
museum asks none of its visitors where they live, whoever runs it; a corporation or foundation of a province may ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from recommender.published_rows import Row, text_of

ASKED = "asked"
DOUBTFUL = "doubtful"
NOT_ASKED = "not_asked"
STATES = (ASKED, DOUBTFUL, NOT_ASKED)

_BODIES = ("지방공기업", "지방출자_출연기관")
_SCHOOLS = "교육청"
_LIVES = re.compile(r"거주|주민|주소|체류지|전입|[구군시도]민(?![가-힣]{2})")
_HERE = re.compile(r"관내|[시군구도]\s?내(?![가-힣])|우리\s?[시군구]|지역\s?(?:주민|내)")
_ELSEWHERE = re.compile(
    r"(?:전\s?국민|전\s?국|내[ㆍ·]?외국인)\s*누구나|\(전\s?국민\)|관광객|방문객|여행객|외지인"
    r"|거주지?\s*(?:와|에)?\s*(?:상관|관계|제한)\s*없"
)
_EVERYBODY = re.compile(r"누구나")
_NOT_YET = re.compile(r"귀[농촌][^\n]{0,12}(?:희망|예정)|(?:전입|이주)\s*(?:예정|희망)|도시민|타\s?지역\s*거주자")
_WORKS = r"(?:재학|재원|재직|직장|근무|소재|생활권|사업장|활동)"
_STAYS = r"(?:거주|주소|주민|[구군시도]민)"
_OTHERWISE = re.compile(
    rf"{_STAYS}[^\n]{{0,25}}(?:또는|이나|거나|혹은)[^\n]{{0,25}}{_WORKS}|{_STAYS}\s*\(\s*{_WORKS}"
    rf"|{_WORKS}[^\n]{{0,15}}(?:또는|이나|거나|혹은|[,·])[^\n]{{0,15}}{_STAYS}"
)
_VISITED = re.compile(
    r"이용\s?(?:요금|료)|입장료|관람료|사용료|수강료|요금\s*(?:감면|할인)|프로그램\s*할인|주차|캠핑|야영|휴양림|투어|도서관"
    r"|박물관|미술관|수영장|체육시설|체육센터|공연|전시|축제|공공자전거|장사시설|화장시설|봉안"
)
_BILL = re.compile(r"수도|하수|쓰레기|가스|전기|난방")
_FACILITY = "시설이용"
_STATEMENT = re.compile(r"(?:^|\n)\s*(?:[○●◦ㅇ❍□■▪▫▶◎◇◆·ㆍ∙•\-–]|[oO](?=\s)|\d{1,2}[.)](?!\d)|[①-⑳]|[가-하][.)]\s)")


def asked(row: Row, names: Iterable[str]) -> str:
    """Whether a row of serviceList asks for residence: it does, it may, or it does not.

    Args:
        row: the row of serviceList of an agency that is not nationwide.
        names: what the agency's region is called.

    Example:
        >>> asked({"서비스명": "공영주차장 요금감면", "지원대상": "장애인", "소관기관유형": "지방공기업"}, ["송파"])
        'not_asked'
        >>> asked({"서비스명": "출산장려금", "지원대상": "출산 가정", "소관기관유형": "시군구"}, ["마포"])
        'asked'
    """
    words = "\n".join(part for part in (text_of(row, "지원대상"), text_of(row, "선정기준")) if part)
    lives, here = _LIVES.search(words) is not None, _HERE.search(words) is not None
    if _ELSEWHERE.search(words) or (_EVERYBODY.search(words) and not (lives or here)):
        return NOT_ASKED
    name, form = text_of(row, "서비스명") or "", text_of(row, "지원유형")
    if not _BILL.search(name) and (_VISITED.search(name) or form == _FACILITY):
        said = [one for one in _STATEMENT.split(words) if one.strip()]
        if not (lives or here):
            return NOT_ASKED
        # A list may name residents beside others: then residence is asked of some only.
        return ASKED if all(_LIVES.search(one) or _HERE.search(one) for one in said) else DOUBTFUL
    if _OTHERWISE.search(words) or _NOT_YET.search(words):
        return DOUBTFUL
    agency = text_of(row, "소관기관유형")
    if agency == _SCHOOLS:  # it speaks of its schools
        return ASKED if lives else DOUBTFUL
    if agency in _BODIES:
        return ASKED if here or (lives and any(name in words for name in names)) else DOUBTFUL
    return ASKED
