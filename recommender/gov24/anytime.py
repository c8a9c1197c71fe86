"""Anytime: texts that set no deadline, or say that nobody has to apply."""

from __future__ import annotations

import re

from recommender.gov24.plain_words import FUNDS, Document

__all__ = ["anytime", "lasts_while_funded"]

_NOTE = r"(?:\([^()]*\))?"
_NOT_NEEDED = re.compile(
    r"(?:개인|별도의?|온라인)?(?:신청|접수)?(?:절차)?(?:가|이|은|는)?(?:불필요|필요없음|필요하지않음)" + _NOTE +
    r"|(?:개인|별도의?|온라인)?(?:신청|접수)(?:절차)?(?:가|이|은|는)?없음" + _NOTE +
    r"|(?:신청(?:절차)?없이)?(?:자동|직권)(?:지급|지원|적용|감면|처리)" + _NOTE
)  # fmt: skip
_ALWAYS = r"(?:(?:매년)?(?:상시|수시|연중|년중|항시|언제든지|언제나)(?:상시|수시|무휴)?)"
_DOING = r"(?:신청|접수|모집|운영|가능|지원|이용|발급|예약|받음|함|,)*"
_OPEN_ENDED = re.compile(
    rf"{FUNDS}?,?{_ALWAYS}{_DOING}{FUNDS}?{_DOING}(?P<note>(?:\([^()]*\))*)|{FUNDS}{_DOING}{_NOTE}"
    rf"|(?:모집|사업)?공고(?:일|후|시)?(?:부터)?(?:~|-)?{FUNDS}{_DOING}{_NOTE}"
    rf"|(?:신청)?(?:기한|기간)?(?:에)?(?:제한|한도)(?:이)?없음|(?:신청)?기한(?:이)?없음"
)
_DATE_LIKE = re.compile(r"\d{4}[.년\-/]|\d{1,2}월")
_FUNDED = re.compile(FUNDS)


def anytime(words: str) -> Document | None:
    """The window of plain words that set no deadline; None for all others.

    Example:
        >>> anytime("상시신청"), anytime("예산소진시까지"), anytime("신청불필요"), anytime("3월")
        ({'kind': 'open_ended'}, {'kind': 'open_ended', 'while_funds_last': True}, {'kind': 'not_needed'}, None)
    """
    if _NOT_NEEDED.fullmatch(words):
        return {"kind": "not_needed"}
    match = _OPEN_ENDED.fullmatch(words)
    if match is None or _DATE_LIKE.search(match["note"] or ""):
        return None
    return {"kind": "open_ended"} | lasts_while_funded(words)


def lasts_while_funded(words: str) -> Document:
    """What a window says where its words let it end once the money is spent."""
    return {"while_funds_last": True} if _FUNDED.search(words) else {}
