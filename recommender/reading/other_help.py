"""Other help: where a text says that something is not given together with other help."""

from __future__ import annotations

import re
from typing import Final

from recommender.reading.field_text import FieldText
from recommender.rules.clause import NoData

__all__ = ["OTHER_HELP", "other_help", "told_in"]

OTHER_HELP: Final = "다른 지원과의 중복"
"""The reason of such a clause: whether somebody receives other help is not known here."""

_HELP: Final = r"(?:지원|수혜|지급|수급|혜택|수령|신청|적용|참여|할인|감면|수당|급여|사업|서비스)"
_TOGETHER: Final = re.compile(
    rf"중복(?:\s|되|하|{_HELP}|은|이|을|으로|의|대상|자|시|및|편중|여부|받을|수|없|[·,/])*?"
    r"(?:불가|안\s*됨|제외|금지|않|없음|배제|제한)"
    rf"|(?:동시|이중)\s*{_HELP}?\s*(?:불가|금지|제외)"
    r"|택\s?[1일]|중\s*(?:하나|1개)만\s*(?:선택|신청|지원|적용)"
    r"|기\s?(?:수혜|지원|수급|참여)자?[^\n]{0,12}(?:제외|불가|배제)|기\s?(?:수혜자|수급자)"
    r"|유사\s?(?:서비스|사업|급여|지원)[^\n]{0,20}(?:제외|불가|미\s?수혜|미\s?이용|받지|이용하지)"
    r"|(?:미\s?수혜자|미\s?수급자)"
    rf"|{_HELP}[을를]?\s*받(?:고\s*있는|은|는|고\s*있을)[^\n]{{0,24}}(?:제외|불가)"
    rf"|(?:다른|타)\s*(?:법|법령|법률|사업|제도)[^\n]{{0,40}}{_HELP}[^\n]{{0,20}}(?:제외|불가)"
    r"|(?:급여|수당|연금)\s*(?:수급자|수급권자|대상자)[^\n)]{0,40}제외"
    r"|특례[^\n]{0,12}(?:제외|불가)"
)
_OWN_TIERS: Final = re.compile(r"중복\s*(?:할인|감면)|감면\s*사유|유리한\s*(?:하나|것)|혜택이\s*많은")
"""Words on the alternatives of one and the same service, which exclude no other help."""


def other_help(text: FieldText) -> NoData | None:
    """Return a clause that quotes where a text excludes other help, None where it does not.

    >>> other_help(FieldText.of("지원내용", "월 10만원 (보훈명예수당과 중복지급 불가)")).source.span
    (16, 23)
    """
    found = _TOGETHER.search(text.plain)
    if found is None or _OWN_TIERS.search(text.plain, max(0, found.start() - 20), found.end() + 20):
        return None
    return NoData(OTHER_HELP, source=text.source(found.start(), found.end()))


def told_in(text: FieldText, clause: NoData) -> str:
    """Return the line of a text that a clause on other help was read from: it may name that help."""
    start, end = text.lines(*((clause.source and clause.source.span) or (0, 0)))
    return text.plain[start:end]
