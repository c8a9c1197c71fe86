"""Documents: the papers a service asks for, split into those to bring and those officials look up themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from recommender.gov24.service_rows import Row, text_of

BRING = "구비서류"
LOOKED_UP = "공무원확인구비서류"
CONSENTED = "본인확인필요구비서류"


@dataclass(frozen=True, slots=True)
class Papers:
    """What to bring (or, for some, to let officials look up on consent), and what officials look up anyway."""

    bring: tuple[str, ...]
    looked_up: tuple[str, ...]


def papers(detail: Row) -> Papers:
    """The papers in a row of serviceDetail, each once, in the order written.

    Example:
        >>> papers({"구비서류": "- 신청서 1부||- 통장사본, 신분증", "공무원확인구비서류": "주민등록등본"})
        Papers(bring=('신청서', '통장사본', '신분증'), looked_up=('주민등록등본',))
    """
    bring: list[str] = []
    looked_up: list[str] = []
    for key, usual in ((BRING, bring), (CONSENTED, bring), (LOOKED_UP, looked_up)):
        into = usual
        for line in _lines(text_of(detail, key) or ""):
            heading, rest = _heading(line)
            if heading is not None:
                into = looked_up if heading and usual is bring else usual
            into += _items(rest)
    return Papers(tuple(dict.fromkeys(bring)), tuple(dict.fromkeys(looked_up)))


_BULLET = re.compile(r"^(?:[\s○●◦ㅇ❍❏□■▪▫▶▷►☞◎◇◆·ㆍ∙•*\-–—―]|[oO](?=\s)|\d{1,2}[.)](?!\d)|[①-⑳]|[가-하][.)]\s)+")
_TITLE = re.compile(r"[<\[［【〔(][^<>\[\]［］【】〔〕]*[>\]］】〕]")
_NOTE = ("※", "*", "☞", "★")
_SECTION = re.compile(
    r"(?P<looked_up>[^:,]*(?:미제출|제출\s*불필요|공무원\s*확인)[^:,]*)"
    r"|(?:신청(?:인|자)?이?)?\s*제출(?:해야\s*하는)?\s*서류|구비\s*서류|공통"
)
_NOTHING = re.compile(r".{0,12}?(?:해당\s*(?:사항\s*)?없음|없음|불필요|해당\s*없슴)\.?|-|\.")
_COPIES = re.compile(r"(?:각\s?)?(?<!\d)\d{1,3}\s?[부통매]\.?$")
_LONGEST = 150
"""Longer pieces are running text, not the name of a paper."""


def _lines(text: str) -> Iterator[str]:
    """The lines of a text without their bullets; footnotes and titles in brackets are left out."""
    for line in re.split(r"[\r\n]+|\|\|", text):
        if not line.strip().startswith(_NOTE):
            bare = _BULLET.sub("", line.strip()).strip()
            if bare and not _TITLE.fullmatch(bare):
                yield bare


def _heading(line: str) -> tuple[bool | None, str]:
    """Whether a line opens the section of papers officials look up (None: it opens none), and what else it says."""
    head, colon, rest = line.partition(":")
    match = _SECTION.fullmatch(head.strip())
    if match is None:
        return None, line
    return match["looked_up"] is not None, rest.strip() if colon else ""


def _items(text: str) -> list[str]:
    """The papers named in one line: its parts between commas, unless it is running text.

    Example:
        >>> _items("신분증(주민등록증, 여권), 통장사본 1부"), _items("해당없음")
        (['신분증(주민등록증, 여권)', '통장사본'], [])
    """
    pieces = [_COPIES.sub("", piece.strip()).rstrip() for piece in _split(text)]
    return [piece for piece in pieces if piece and len(piece) <= _LONGEST and not _NOTHING.fullmatch(piece)]


def _split(text: str) -> list[str]:
    """A text cut at its commas outside brackets."""
    pieces, depth = [""], 0
    for letter in text:
        depth = max(0, depth + (letter in "([（［「") - (letter in ")]）］」"))
        if letter in ",，、" and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces
