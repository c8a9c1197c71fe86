"""Paper names: one line of a list of papers cut into the papers it names, each as an office calls it.

Commas part papers, but not the halves of one name ("국세, 지방세 완납증명서"), nor what a closing "등 … 증빙서류" or
"중 1부" makes alternatives of one another: these stay one entry. What is no paper (a sentence, a phone number, a way of
applying) is told apart, and so is what only somebody brings who comes for another.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PROXY = re.compile(r"(?<!법정)(?<!법정\s)대리\s*(?:인|자|신청|수령|접수|발급|제출|방문|시)|위임(?:장|받)")
_PAPER = re.compile(
    r"(?:(?<![부순])서|(?<![인검])증|확인증|(?:사|등|초|원|정|역)본|(?<![목대발투])표|서류|자료|사진|도면|통장|계좌|카드|내역|대장|증빙|양식|처방전|면허|도장|현황|이력"
    r"|등기|결과|진단|파일|포트폴리오|번호|도안|작품|문서|공문|목록|대본|명의|리스트|동의|인감|수첩|견적|사업자등록|영수증\s*첨부"
    r"|(?:졸업|표창|임명|청첩|소견|추천|위임|위촉|초청|수료|합격|면허|상|인)장"
    r"|(?:증명|확인|사실|경력|납세|이수|등록|재직|급여|소득|신고|내역|청구|진술|신청|계산)원"
    r"|(?:장|명|원|등기|출석|기록|대)부|(?:여|이용|상품)권|(?:배치|설계|평면|지적|약|위치|지)도|(?:통|용|일|설문|고|검사)지|사본\s*등|등록부|정보|실적|명단|정관|회칙|규약|약관|자격|사진첩|앱|어플|비자)$"
)
_VAGUE = re.compile(r"(?:서류|자료|증빙|서류\s*목록)$")
_SENTENCE = re.compile(
    r"(?:다|요|함|됨|임|음|기|바람|요망|참조|참고|확인|문의|가능|불가|불필요|안내|상담|기재|입력|접속|방문|신청|예약|전화|이상|이내"
    r"|경우|따름|상이|구비|준비|자|인|가족|포로|가구|세대|가정)$"
)
_BEFORE_BRACKET = re.compile(r"\s*(?:지참|제출|첨부|제시)\s*(?=[(\[])")
_WHOLE_SENTENCE = re.compile(
    r"(?:[니하된]다|(?:해야|하여야|조치|가능|인정|제외|갈음)\s*함|됨|[하인되]므로|(?:확인|문의|상담)\s*필요|에만\s*활용)\.?$"
)
_TAIL = re.compile(
    r"\s*(?:을|를)?\s*(?:모두\s*)?(?:각각\s*)?(?:제출|지참|첨부|필요|필수|작성|구비|제시|소지|동봉|발급|확인)$"
)
_COPIES = re.compile(
    r"(?<!중)(?<!중\s)(?<!택)(?<!택\s)\s*(?:당사자별\s*)?(?:각\s?)?(?<!\d)\d{1,3}\s?(?:부|통|매|장)씩?(?=\s*(?:\.?$|[(\[<→]))\.?"
)
_FORM = re.compile(r"\s*[(\[<]\s*(?:별지|별첨|붙임|서식|양식|첨부|필수|공통|원본|소정\s*양식)[^()\[\]<>]*[)\]>]")
_BRACKET = re.compile(r"\s*[(\[（［]([^()\[\]（）［］]*)[)\]）］]")
_ALTERNATIVES = re.compile(
    r"중\s*(?:택\s*\d|\d|하나|한|해당|어느|선택)|택\s*[1일]|(?:등|과\s*같은)\s+\S[^,]*(?:증빙|증명|입증|인증|확인)[^,]*$"
)
_ONE_OF = re.compile(r"(?:서|증|본|명)\s*(?:등\s*)?중\s*(?:택\s*)?(?:\d\s*(?:부|종|개|가지)?|하나|1)(?:\s*이상)?$")
_TOLD = re.compile(r"\s*[(\[][^()\[\]]{12,}(?:요청|바람|요망|참조|참고|문의|합니다|바랍니다|주세요)\.?[)\]]")
_OWN = re.compile(r"(?:신청서|청구서|동의서|서약서|신분증|통장\s*사본|위임장)$")
_OPEN_END = re.compile(
    r"\s*등\s*(?:의\s*)?(?:기타|관련|그\s*밖|필요|제반|구비|각종|추가|해당)\s*(?:필요|관련|증빙|구비|제출)?\s*(?:서류|자료)?\s*(?:일체)?$"
)
_SLASH = re.compile(r"\s+/\s*|/\s+")
_REST = re.compile(r"\s*(?:및|와|과)\s*(?:기타\s*)?(?:관련|구비|부속|제반|필요)\s*서류\s*(?:일체)?$")
_NOTHING = re.compile(
    r".{0,12}?(?:해당\s*(?:사항\s*)?없음|없음|불필요|해당\s*없슴|불요)\.?|[-.\s]*"
    r"|(?:기타|관련|그\s*밖의?|추가|필요)\s*(?:추가|관련|필요|증빙|구비)?\s*(?:서류|자료)\s*(?:일체|등)?"
)
_CONTACT = re.compile(r"☎|https?://|www\.|\d{2,4}-\d{3,4}|홈페이지|공고문|누리집")
_SHOWN = re.compile(r"(.{1,30}(?:신청서|청구서))\s*등\s")
_APPLICANT = re.compile(r"(?:신청[인자]|본인)$")
_BROUGHT = re.compile(r"\s*(?:포함|첨부|지참|제출|추가)$")
_WHO = re.compile(r"(?:대리|위임)\s*(?:인|자|신청인?|수령|방문)?(?:\s*신청)?(?:\s*(?:시|인\s*경우|의?\s*경우))?")
_LONGEST = 150
"""Longer pieces are running text, not the name of a paper."""


class Named(NamedTuple):
    """What a line names: papers, papers that only a proxy brings, and what is neither."""

    papers: tuple[str, ...] = ()
    by_proxy: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def named(line: str, condition: str = "") -> Named:
    """The papers in one line without its bullet; `condition` says for whom they are, where a label before them did.

    Example:
        >>> named("신분증(주민등록증, 여권), 통장사본 1부").papers
        ('신분증(주민등록증, 여권)', '통장사본')
        >>> named("국세, 지방세 완납증명서").papers, named("자격증, 재직증명서 등 자격 입증 서류").papers
        (('국세, 지방세 완납증명서',), ('자격증, 재직증명서 등 자격 입증 서류',))
        >>> named("신청서(대리인 신청 시 위임장 첨부)")
        Named(papers=('신청서',), by_proxy=('위임장',), other=())
    """
    papers: list[str] = []
    proxy: list[str] = []
    other: list[str] = []
    if _WHOLE_SENTENCE.search(_outside(line)):
        return Named(other=(line,))
    for piece in _joined(_split(line)):
        own, theirs = _without_proxy(piece)
        proxy += theirs
        name = _name(own)
        if not name or _NOTHING.fullmatch(name):
            continue
        if condition and _OWN.search(_outside(name)):
            papers.append(name)
            continue
        if PROXY.search(_outside(name)):
            proxy.append(name)
        elif is_paper(name):
            papers.append(f"{name}({condition})" if condition else name)
        elif shown := _SHOWN.match(name):
            papers.append(shown[1])
        else:
            other.append(own)
    return Named(tuple(papers), tuple(proxy), tuple(other))


def is_paper(name: str) -> bool:
    """Whether words can be the name of a paper: not too long, no sentence, no address to ask at."""
    bare = re.sub(r"\s*등$", "", _outside(name)).strip().rstrip(".")
    if _ONE_OF.search(bare):
        return True
    if not bare or len(name) > _LONGEST or _CONTACT.search(_outside(name)):
        return False
    return _PAPER.search(bare) is not None or not (_SENTENCE.search(bare) or len(bare) > _SHORT)


_SHORT = 12
"""Up to this many letters a word that no list knows is taken for a paper's name."""


def is_vague(name: str) -> bool:
    """Whether a name says only that it is papers: over a list of papers it is the list's heading."""
    return _VAGUE.search(bare(name)) is not None or not _PAPER.search(bare(name))


def bare(piece: str) -> str:
    """The name in a piece without what stands in brackets and a closing "등"."""
    return re.sub(r"\s*등$", "", _outside(_name(piece))).strip().rstrip(")]")


def _outside(name: str) -> str:
    """A name without what stands in brackets."""
    return _BRACKET.sub("", name)


def _split(text: str) -> list[str]:
    """A text cut at its commas, and at slashes between spaces, outside brackets."""
    pieces, depth = [""], 0
    for letter in _SLASH.sub(",", text):
        depth = max(0, depth + (letter in "([（［「<") - (letter in ")]）］」>"))
        if letter in ",，、;" and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    return [piece.strip() for piece in pieces]


def _joined(pieces: list[str]) -> list[str]:
    """Pieces of one name, and alternatives of one another, put together again."""
    whole: list[str] = []
    for place, piece in enumerate(pieces):
        before = whole[-1] if whole else ""
        if _ALTERNATIVES.search(_outside(piece)) and place:
            first = next((i for i, one in enumerate(whole) if not _OWN.search(_outside(_name(one)))), len(whole))
            whole[first:] = [", ".join([*whole[first:], piece])]
        elif before and bare(before) and not (_PAPER.search(bare(before)) or _SENTENCE.search(bare(before))):
            whole[-1] = f"{before}, {piece}"
        else:
            whole.append(piece)
    return whole


def _name(piece: str) -> str:
    """A piece without the number of copies, the form's number, and words that say to bring it."""
    name = _FORM.sub("", _TOLD.sub("", piece.strip(" \t·-–‐‑:=.*★☆>")))
    name = _BEFORE_BRACKET.sub("", _COPIES.sub("", name)).strip()
    name = _REST.sub("", _OPEN_END.sub("", name))
    shorter = _TAIL.sub("", name)
    return " ".join((shorter if _PAPER.search(_outside(shorter).strip()) else name).split())


def _without_proxy(piece: str) -> tuple[str, list[str]]:
    """A piece without a bracket about proxies, and the papers that such a bracket names."""
    theirs: list[str] = []
    for bracket in _BRACKET.finditer(piece):
        words = bracket[1]
        if not PROXY.search(words):
            continue
        if PROXY.search(piece[: bracket.start()]):
            return piece, []  # "위임장(대리신청 시)": the paper itself is a proxy's
        if _APPLICANT.search(piece[: bracket.start()]):
            piece = piece.replace(bracket[0], "")
            continue
        if _WHO.fullmatch(words.strip()):
            return "", [_name(piece)]
        _, _, papers = words.rpartition(" 시") if " 시" in words else words.rpartition("경우")
        theirs += [
            _name(one.strip(" :,에는은"))
            for one in _split(papers or words)
            if _PAPER.search(_name(_BROUGHT.sub("", one.strip())))
        ]
        piece = piece.replace(bracket[0], "")
    return piece, [_BROUGHT.sub("", one) for one in theirs]
