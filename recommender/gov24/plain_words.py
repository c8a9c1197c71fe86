"""Plain words: a deadline's text without spaces, weekdays and times of day, with one kind of each bracket and dash."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

__all__ = ["FUNDS", "Document", "plain"]

Document = dict[str, Any]

_CLOCK = re.compile(
    r"(?<![\d:])\(?(?:오전|오후)?\s*(?:\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}시(?:\s*\d{1,2}분)?)(?:까지(?=\s*\)))?\)?(?=\s|~|까지|\)|,|$)"
)
_HOURS = re.compile(r"\(\s*\d{1,2}:\d{2}\s*~\s*\d{1,2}:\d{2}\s*\)")
_FOLDED = str.maketrans("∼～〜–—’‘`․ㆍ・‧∙•", "~~~~~'''.·····")
_DATE = r"(?:20\d\d|'?\d\d)[.\-/년]\s*\d{1,2}(?:[.\-/월]\s*\d{1,2})?[.일]?(?:\s*\([월화수목금토일]\))?"
_HYPHEN = re.compile(
    rf"(?P<first>{_DATE})(?:\s+-\s*|\s*-\s+|-(?=(?:20\d\d|'\d\d)[./]))(?=\d|')|(?<=20\d{{6}})\s*-\s*(?=20\d{{6}})"
)
_WEEKDAY = re.compile(r"\((?:월|화|수|목|금|토|일)(?:요일)?\)")

FUNDS: Final = (
    r"(?:(?:선착순)?,?(?:할인|사업|지원|배정|당해|해당)?(?:예산|사업비|재원|기금|물량|신청대상|모집인원|정원)(?:액)?(?:이|의)?"
    r"(?:범위)?(?:내|소진|마감|충족|충원)(?:에서|시|될때|전)?(?:까지|마감|종료)*(?:사업종료)?)"
)
"""Until the money, the goods or the places are used up."""


def plain(text: str) -> str:
    """A text without spaces, weekdays and times of day, with one kind of each bracket, dash and quotation mark.

    Example:
        >>> plain("2026. 5. 1.∼ 5. 31．（예산 소진시）")
        '2026.5.1.~5.31.(예산소진시)'
        >>> plain("2026.3.2. 오전 9시 - 2026.3.27.(금) 18:00")
        '2026.3.2.~2026.3.27.'
    """
    folded = unicodedata.normalize("NFKC", text.translate(_FOLDED)).translate(_FOLDED)
    folded = _CLOCK.sub(" ", _WEEKDAY.sub("", _HOURS.sub("", folded)))
    return "".join(_HYPHEN.sub(lambda found: f"{found['first'] or ''}~", folded).split())
