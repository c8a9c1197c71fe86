"""Documents: the papers a service asks for: those to bring, those a proxy brings, and those officials look up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from recommender.gov24.paper_names import PROXY, Named, is_vague, named
from recommender.published_rows import Row, text_of

BRING = "구비서류"
LOOKED_UP = "공무원확인구비서류"
CONSENTED = "본인확인필요구비서류"


@dataclass(frozen=True, slots=True)
class Papers:
    """What to bring (or, for some, to let officials look up on consent), and what officials look up anyway.

    Attributes:
        bring: one entry a paper; alternatives ("A 또는 B") are one entry.
        looked_up: what officials look up.
        by_proxy: what somebody brings besides who applies for another.
        notes: sentences among the papers, which are none.
    """

    bring: tuple[str, ...] = ()
    looked_up: tuple[str, ...] = ()
    by_proxy: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What is said of papers beside those to bring, a line each: those of a proxy, those looked up, sentences."""
        lines = (
            ("대리인이 더 내는 서류", ", ".join(self.by_proxy)),
            ("공무원이 확인하는 서류", ", ".join(self.looked_up)),
            ("서류 안내", " / ".join(self.notes)),
        )
        return tuple(f"{label}: {words}" for label, words in lines if words)


def papers(detail: Row) -> Papers:
    """The papers in a row of serviceDetail, each once, in the order written.

    Example:
        >>> papers({"구비서류": "- 신청서 1부||- 통장사본, 신분증", "공무원확인구비서류": "주민등록등본"})
        Papers(bring=('신청서', '통장사본', '신분증'), looked_up=('주민등록등본',), by_proxy=(), notes=())
    """
    found = [listed_papers(text_of(detail, key) or "") for key in (BRING, CONSENTED)]
    official = listed_papers(text_of(detail, LOOKED_UP) or "")
    return Papers(
        _once(*(one.bring for one in found)),
        _once(found[0].looked_up, found[1].looked_up, official.bring, official.looked_up),
        _once(*(one.by_proxy for one in found)),
        _once(*(one.notes for one in found)),
    )


def listed_papers(text: str) -> Papers:
    r"""The papers that a text lists, by its lines, bullets and headings.

    Example:
        >>> listed_papers("○ 공통서류\n - 신분증\n○ 대리 신청 시\n - 위임장\n※ 공고문을 확인하시기 바랍니다.")
        Papers(bring=('신분증',), looked_up=(), by_proxy=('위임장',), notes=())
    """
    lines = list(_lines(text))
    papers = _Sections()
    for place, line in enumerate(lines):
        after = next((one for one in lines[place + 1 :] if not one.note), None)
        papers.add(line, after is not None and after.rank > line.rank and not line.note)
    return Papers(**{name: tuple(dict.fromkeys(found)) for name, found in papers.found.items()})


class _Sections:
    """Papers while the lines of a text are read: which list they go to, and whether they are a choice of one."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = {"bring": [], "looked_up": [], "by_proxy": [], "notes": []}
        self._section, self._until = "bring", -1
        self._choice, self._chosen = -1, False

    def add(self, line: _Bulleted, below: bool) -> None:
        """Read one line; `below` says whether lines of a lower rank follow it."""
        if line.rank <= self._until:
            self._section, self._until = "bring", -1
        if line.rank <= self._choice:
            self._choice = -1
        opened, condition, rest = _opened(line.words, below)
        if opened is not None and not (opened == "bring" and condition):
            self._section, self._until = opened, line.rank if below else -1
        if line.note and not PROXY.search(line.words):
            return
        found = named(rest, condition) if self._section != "notes" else Named(other=(line.words,))
        self._keep(self.found["by_proxy" if opened == "by_proxy" else self._section], found.papers)
        self.found["by_proxy"] += found.by_proxy
        self.found["notes"] += found.other
        if below and _CHOICE.search(line.words):
            self._choice, self._chosen = line.rank, bool(found.papers)

    def _keep(self, papers: list[str], found: tuple[str, ...]) -> None:
        """Add papers; below a heading such as "2개 중 택 1" they are alternatives, hence one entry."""
        if self._choice >= 0 and self._chosen and found and papers:
            papers[-1] += f" 또는 {', '.join(found)}"
        else:
            papers += found
            self._chosen = self._chosen or (self._choice >= 0 and bool(found))


def _once(*lists: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for names in lists for one in names))


# --- lines ---------------------------------------------------------------------------------------------------------


class _Bulleted(NamedTuple):
    """A line without its bullet; bullets rank by the order in which they first appear."""

    rank: int
    words: str
    note: bool


_BULLET = re.compile(
    r"^(?P<bullet>(?:[\s>○●◦ㅇ❍❏□■▪▫▶▷►☞◎◇◆·ㆍ∙•\-–—―‐‑❑ο⚬◌〇]|[oO](?=\s)|(?<!\d)\d{1,2}[.)](?!\d)|[①-⑳]|\(\d{1,2}\)|[가-하][.)](?=\s?\S))+)"
)
_INLINE = re.compile(r"\s+(?=(?:\d{1,2}[.)](?!\d)|[①-⑳])\s*[가-힣(\[])|\s+(?=[○❍□■▶◦]\s*[가-힣(\[])")
_TITLE = re.compile(r"[<\[［【〔(《〈][^<>()\[\]［］【】〔〕《》〈〉]*[>\]］】〕)》〉]")
_ADVICE = re.compile(r"안내|유의|주의|참고|비고")
_NOTE = ("※", "*", "☞", "★", "＊")
_UNFINISHED = re.compile(r"(?:,|및|또는|의|별|한|는|을|를|위한)$")
_CONTINUED = re.compile(r"^(?:또는|및|혹은)\s")


def _lines(text: str) -> Iterator[_Bulleted]:
    """The lines of a text; what a line end or an open bracket only interrupts is one line, and titles are left out."""
    ranks: dict[str, int] = {}
    for raw in _whole(re.split(r"[\r\n]+|\|\|", text)):
        for part in _INLINE.split(raw.strip()):
            note = part.startswith(_NOTE)
            match = _BULLET.match(part)
            words = part[match.end() if match else 0 :].lstrip("※*☞★＊ ").strip()
            kind = re.sub(r"\d+|[①-⑳]|[가-하](?=[.)])", "1", "".join((match["bullet"] if match else "").split()))
            rank = len(ranks) + 1 if note else ranks.setdefault(kind, len(ranks))
            if words and (not _TITLE.fullmatch(words) or PROXY.search(words) or _ADVICE.search(words)):
                yield _Bulleted(rank, words, note)


def _whole(lines: list[str]) -> Iterator[str]:
    held = ""
    for line in lines:
        bare = line.strip()
        if (
            held
            and bare
            and (held.count("(") > held.count(")") or _UNFINISHED.search(held) or _CONTINUED.match(bare))
            and not _BULLET.match(bare)
        ):
            held = f"{held} {bare}"
            continue
        if held:
            yield held
        held = bare
    if held:
        yield held


# --- headings and labels -------------------------------------------------------------------------------------------

_AFTER_WHEN = re.compile(r"(?:시|경우)(?:에는|에|는)?\s+(?=\S)")
_PROCEDURE = re.compile(r"(?:신\s*청|접\s*수|제\s*출)\s*(?:방\s*법|처|기\s*간|기\s*한|시\s*기)|문의처?|유의\s*사항")
_CHOICE = re.compile(r"택\s*1|택일|중\s*(?:1|하나|한\s*가지|어느)")
_LOOKED_UP = re.compile(r"미제출|제출\s*불필요|공무원\s*확인|담당자?\s*확인|행정정보\s*공동이용(?!.*동의)")
_SECTION = re.compile(
    r"(?:신청(?:인|자)?이?|민원인이?|본인|개인)?\s*(?:(?:공통|필수|선택|기타|추가|개별|제출|구비|첨부|필요|신청|지원|증빙|방문|온라인|선택|신규)\s*(?:시)?\s*"
    r"(?:신청\s*)?(?:제출|구비|필수|필요)?(?:해야\s*하는)?\s*)+(?:서류|자료)?(?:\s*목록)?|공통(?:사항)?|(?:방문|온라인|우편|인터넷)\s*(?:신청|접수)?|본인\s*(?:신청|방문)?\s*시?"
    r"|대상|내용|서류"
)
_LABEL = re.compile(r"\s*(?::|：|→|⇒|=)\s*")
_LEADING = re.compile(r"^[(\[<［【〔]([^()\[\]<>［］【】〔〕]{1,20})[)\]>］】〕]\s*(?=\S)")
_EVERYBODY = re.compile(r"공통|필수|서식|별지|붙임|양식|서류|신청인|신청자|본인|제출|방문|온라인|\d")


def _opened(words: str, below: bool) -> tuple[str | None, str, str]:
    """Which list a line opens (None: none), for whom its papers are, and the words that are left to name papers."""
    leading = _LEADING.match(words)
    if leading is None:
        return _labelled(words, below)
    section, rest = _section(leading[1]), words[leading.end() :]
    if section == "bring" and not _EVERYBODY.search(leading[1]):
        return None, leading[1], rest
    opened, condition, rest = _opened(rest, below)
    return (section if section != "bring" else opened), condition, rest


def _labelled(words: str, below: bool) -> tuple[str | None, str, str]:
    """The same of a line that begins with no bracket: a title, a heading, or a label with a colon or an arrow."""
    if _TITLE.fullmatch(words):
        return ("notes" if _ADVICE.search(words) else _section(words)), "", ""
    parts = _LABEL.split(words, maxsplit=1)
    head, rest = parts[0].strip(), parts[1].strip() if len(parts) > 1 else ""
    if _PROCEDURE.fullmatch(head):
        return "notes", "", rest
    if _section(head) != "bring" and (rest or below or is_vague(head)):
        named_after = _AFTER_WHEN.search(head)  # "대리 신청 시 위임장" has no colon
        return _section(head), "", rest or (head[named_after.end() :] if named_after else "")
    bare = re.sub(r"[(\[][^()\[\]]*[)\]]", "", head).strip()
    if _SECTION.fullmatch(bare):
        return "bring", "", rest
    if below and is_vague(head) and not rest:
        return "bring", "", ""
    if len(parts) > 1:
        if not is_vague(head):
            return None, "", f"{head}({rest})"
        return "bring", head if len(head) <= 20 else "", rest
    return None, "", words


def _section(words: str) -> str:
    if _LOOKED_UP.search(words):
        return "looked_up"
    return "by_proxy" if PROXY.search(re.sub(r"\([^()]*\)", "", words)) else "bring"
