"""Published text: what an open API sends as text, freed of how it was transported, so that all readers see the same."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping

from features.unicode_form import composed

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"<(?:br\s*/?|/?(?:p|div|li|ul|ol|tr|table|tbody|h[1-6])(?:\s[^<>]*)?)>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|font|a|sup|sub|td|th|img|o:p)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LINE_END = re.compile(r"\r\n?|\|\|")
_UNSEEN = re.compile("[\N{ZERO WIDTH SPACE}\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}]")
_TIMES_ENCODED = 3
_DOTS = dict.fromkeys(map(ord, "ㆍ․‧∙•・⋅"), "·")


def decoded(text: str) -> str:
    r"""A text in Unicode's form C with its entities decoded and its HTML tags gone; line ends stay as they are.

    An entity needs its semicolon, as in HTML's attributes: the query of an address keeps `&copy=1`. Words in angle
    brackets that are no HTML tag are a publisher's heading and stay.

    Example:
        >>> decoded("아동 &amp;amp; 청소년&#44; 2026.3.2&#126;3.27"), decoded("신청서<br>&lt;공통&gt; <b>통장</b>")
        ('아동 & 청소년, 2026.3.2~3.27', '신청서\n<공통> 통장')
        >>> decoded("https://a.kr/b?key=1&amp;copy=2&lt=3")
        'https://a.kr/b?key=1&copy=2&lt=3'
    """
    if "&" in text:
        for _ in range(_TIMES_ENCODED):  # what was encoded twice is decoded twice
            text, found = _ENTITY.subn(lambda entity: html.unescape(entity[0]), text)
            if not found:
                break
    if "<" in text:
        text = _TAG.sub("", _BREAK.sub("\n", text))
    return composed(text)


def decoded_row(row: Mapping[str, object]) -> dict[str, object]:
    """A row of an open API with every text in it, and every name, decoded."""
    return {composed(key): decoded(value) if isinstance(value, str) else value for key, value in row.items()}


def readable(text: str) -> str:
    r"""A decoded text as people read it: one kind of line end, no empty line, single spaces.

    Example:
        >>> readable("국방부/02-748-6832||국방부/02-748-6833"), readable("○ 방문 신청\r\n\r\n  - 시군구 ")
        ('국방부/02-748-6832\n국방부/02-748-6833', '○ 방문 신청\n- 시군구')
    """
    lines = (" ".join(_UNSEEN.sub("", line).split()) for line in _LINE_END.sub("\n", text).split("\n"))
    return "\n".join(line for line in lines if line)


def word_of(text: str) -> str:
    """A word of a fixed vocabulary however it was typed: wide letters narrow, one kind of middle dot, no spaces.

    Example:
        >>> word_of("현금（장학금）"), word_of("보육・ 교육"), word_of("기타 온라인신청")
        ('현금(장학금)', '보육·교육', '기타온라인신청')
    """
    return "".join(unicodedata.normalize("NFKC", text).translate(_DOTS).split())
