"""Place name: the names under which a text speaks of the place its own agency is in."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["own_places"]

_PROVINCE: Final = re.compile(r"(?:통합)?(?:특별자치시|특별자치도|특별시|광역시)$")
_BODY: Final = re.compile(
    r"교육청|시설관리공단|도시공사|시설공단|도시관리공단|도시관리공사|문화재단|인재육성재단|장학재단|장학회|재단법인|\(재\)|\(주\)|공사|공단|재단"
)
_SHORTEST: Final = 2
_DAILY: Final = {
    "충청북도": "충북",
    "충청남도": "충남",
    "전라북도": "전북",
    "전라남도": "전남",
    "경상북도": "경북",
    "경상남도": "경남",
}


_FORMER: Final = {"전북특별자치도": "전라북도", "강원특별자치도": "강원도", "제주특별자치도": "제주도"}


def own_places(agency: str, *regions: str) -> tuple[str, ...]:
    """Return the names of an agency's place, longest first: in full, in part and as in daily use.

    `regions` names it too.

    >>> own_places("서울특별시 마포구")
    ('서울특별시마포구', '서울특별시', '서울시', '마포구', '서울', '마포')
    """
    words = [word for word in " ".join([_BODY.sub(" ", agency), *regions]).split() if re.search(r"[시군구도]$", word)]
    names: dict[str, None] = {}
    if len(words) > 1:
        names["".join(dict.fromkeys(words))] = None
    for word in words:
        stem = _PROVINCE.sub("", word)
        names |= dict.fromkeys([word, _DAILY.get(word, word), _FORMER.get(word, word)])
        if stem != word:
            names |= dict.fromkeys([stem, stem + ("도" if word.endswith("도") else "시")])
        elif len(word) > _SHORTEST:
            names[word[:-1]] = None
        if word.startswith("전남광주"):
            names |= dict.fromkeys(["전남", "광주", "광주시", "전라남도"])
    return tuple(sorted((name for name in names if len(name) >= _SHORTEST), key=lambda name: -len(name)))
