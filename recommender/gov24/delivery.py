"""Delivery: how one comes by a service: it arrives by itself, or somebody must apply, and in which ways."""

from __future__ import annotations

import re

from recommender.gov24.documents import Papers
from recommender.published_rows import Row, text_of
from recommender.published_text import readable, word_of

AUTO_GRANT = "auto_grant"
OFFER = "offer"
MODES = (AUTO_GRANT, OFFER)

SEPARATOR = "||"
_NOT_NEEDED = "신청불필요"


_BY_ITSELF = re.compile(
    r"(?:신청|접수)\s*(?:절차)?\s*(?:없이|없음|불필요|불요|불가)|별도\s*(?:의\s*)?신청[^\n]{0,12}(?:없|불|않|아님)|미신청"
    r"|신청에\s*의한[^\n]{0,12}아님|신청\s*불(?:필요|요|가)|일괄\s*신청|(?:직권|자동)\s*(?:으로|적으로)?\s*신청"
)
_ACTS = re.compile(
    r"(?<!미)신청|접수|제출|방문|내방|예약|가입(?!자)|청구|회원(?!자)|이용\s*시"
    r"|추천[^\n]{0,20}(?:심의|선발|선정)|(?:학교|단체|협회|체육회)[^\n]{0,10}추천"
)
_OFFICIALS_ACT = re.compile(r"직권|일괄|자동\s*(?:지급|지원)|명단|추출")
_CLAIM = re.compile(r"(?:신청|청구|신고|동의)서|가입\s*시")
INSURED = re.compile(r"(?:안전|[시군구도]민|상해)\s*보험")
"""The title of an insurance that somebody has by living in a place."""
_COME_BY_THEMSELVES = frozenset({"현금", "현물", "이용권", "현금(장학금)", "현금(보험)"})


def mode(listed: Row, detail: Row) -> str:
    """`auto_grant` where nobody has to apply or to come, `offer` otherwise.

    The list must name no way of applying, and neither the details nor the papers may tell of one. What one comes for (a
    treatment, a course, a room), a fee that one does not pay on the spot, and an insurance whose money is claimed never
    arrive by themselves.

    Example:
        >>> mode({"신청방법": "신청불필요", "지원유형": "현금"}, {"신청방법": "○ 직권 지급"})
        'auto_grant'
        >>> mode({"신청방법": "신청불필요", "지원유형": "현금"}, {"구비서류": "보험금 청구서"})
        'offer'
        >>> mode({"신청방법": "신청불필요||방문신청", "지원유형": "현금"}, {})
        'offer'
    """
    forms = {word_of(form) for form in (text_of(listed, "지원유형") or "").split(SEPARATOR)}
    if not names_no_way(listed) or not forms <= _COME_BY_THEMSELVES:
        return OFFER
    said = text_of(detail, "신청방법") or ""
    told = _BY_ITSELF.sub("", said)
    claimed = _CLAIM.search(text_of(detail, "구비서류") or "") and not _OFFICIALS_ACT.search(said)
    by_hand = _ACTS.search(told) and not _OFFICIALS_ACT.search(said)
    insured = INSURED.search(text_of(listed, "서비스명") or "")
    return OFFER if claimed or by_hand or insured else AUTO_GRANT


def ways(row: Row) -> tuple[str, ...]:
    """The ways of applying that the list names, in its order.

    Example:
        >>> ways({"신청방법": "기타 온라인신청||방문신청"})
        ('기타 온라인신청', '방문신청')
    """
    return tuple(way.strip() for way in (text_of(row, "신청방법") or "").split(SEPARATOR) if way.strip())


def names_no_way(row: Row) -> bool:
    """Whether the list says that nobody has to apply, and names no way of applying beside it."""
    return tuple(map(word_of, ways(row))) == (_NOT_NEEDED,)


def how(listed: Row, detail: Row, papers: Papers) -> str | None:
    """How to apply in the publisher's words: the ways, the details, the address, and what is said about papers."""
    parts = [
        ", ".join(ways(listed)),
        readable(text_of(detail, "신청방법") or ""),
        text_of(detail, "온라인신청사이트URL") or "",
        *papers.told,
    ]
    return "\n".join(dict.fromkeys(part for part in parts if part)) or None
