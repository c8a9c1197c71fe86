"""Target text: what the words of a row ask of a person (지원대상, 선정기준, and whom 지원내용 is for)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from recommender.gov24.delivery import INSURED
from recommender.gov24.row_doubt import WAYS, row_doubts
from recommender.gov24.stated_target import stated_targets
from recommender.published_rows import Row, text_of
from recommender.reading.criteria import Criteria, CriteriaReader, Unread
from recommender.reading.field_text import FieldText
from recommender.reading.logic import all_of, any_of, softened
from recommender.reading.other_help import other_help, told_in
from recommender.reading.place_name import own_places
from recommender.reading.target_group import GroupVocabulary
from recommender.reading.title_demand import title_demand
from recommender.rules.clause import Clause, NoData, compares

__all__ = ["BASIS", "TARGET", "TargetText", "target_text"]

TARGET, BASIS, CONTENT, TITLE, PURPOSE = "지원대상", "선정기준", "지원내용", "서비스명", "서비스목적요약"
_FEES: Final = re.compile(r"감면|할인|면제|경감|(?:료|요금|관람|입장)\s*무료")
_NOT_ITS_PEOPLE: Final = re.compile(
    r"정착|육성|교육|양성|예비|희망|체험|박물관|공원|시설|센터|대회|축제|행사|화폐|상품권|인식|캠페인|홍보"
)
"""A title with such a word names people whom the service is about, or what they may become, not who may have it."""
_IN_COMPANY, _COMPANY = re.compile(r"\((?:단체|그룹)"), "단체 이용"
"""A title in whose bracket stands that it is for people who come together."""
_RARE_USE: Final = re.compile(
    r"화장\s?시설|장사|봉안|추모|장례|묘지|영락|특허|상표|출원|자동차|주차|통행료|승강기|이자"
)
_USE: Final = "이용의 계기"
"""What costs less is used by those alone who have a death, a patent, a car or a debt: nobody's facts say so."""
_ACCIDENT: Final = "보험 사고"
"""Everybody who lives there is insured; money needs an accident, which nobody's facts tell."""
_OTHER_DAY: Final = re.compile(
    r"(?:출생|출산|입양|분만|전입|사망|혼인)(?:신고)?일?(?:등록일)?(?:및[가-힣]{2,6})?(?:을|를|이|일)?(?:현재|기준|당시|시점|전부터|이전부터|전후)"
    r"|(?:출생|출산|입양|분만)(?:신고)?일?\d+(?:개월|년|일)(?:전|이전)"
)
_ON_THAT_DAY: Final = "다른 날을 기준으로 한 요건"
"""What held on the day of a birth, a registration or a move is not what holds on the day asked."""
_HOME_TOGETHER: Final = re.compile(
    r"동일(?:한)?세대|같은세대|부모(?:가)?모두|부모둘다|함께거주|함께살|동거(?!주)|세대를같이|실제거주"
)
_TOGETHER: Final = "함께 사는지"
"""Who lives with whom, and whether both parents meet a demand, is asked by words that the reader has no clause for."""
_FOR_PEOPLE: Final = re.compile(
    r"(?:주민|시민|구민|군민|도민|국민|학생|어르신|노인|아동|청소년|청년|소비자|장애인|환자|가정|가구)(?:들)?(?:에게|께|(?:을|를)?\s?대상)"
)
"""Whom a service for bodies serves, as its purpose says."""
_MEANS_TEST: Final = re.compile(
    r"\d[\d,]*\s?(?:[십백천]?\s?[만억]|천)?\s?원\s?(?:미만|이하)(?:인|의)?\s?(?:세대|가구|가정|납부|지역가입|사람|자(?![가-힣]))"
)
_PUBLIC_PREMIUM: Final = re.compile(r"(?:국민건강|장기요양|고용|산재|연금|지역)보험료")
_MEANS, _PREMIUMS = "금액 기준", "건강보험료"
"""What 지원내용 says of who pays or has little, and what only those who pay premiums can be helped with."""
_FEAT: Final = re.compile(r"성적|우수|모범|특기|입상|표창|효행|선행|공로|수상자(?!전거)|재능")
_DEATH: Final = re.compile(r"사망|위로금|유족|유가족|조의|장례|추모|미망인|상속")
_LEFT_OPEN: Final = (
    (TITLE, _FEAT, "심사와 성적"),
    (TITLE, _DEATH, "가족의 사망"),
    (TITLE, _IN_COMPANY, _COMPANY),
    (TITLE, INSURED, _ACCIDENT),
    (TITLE, _PUBLIC_PREMIUM, _PREMIUMS),
    (CONTENT, _MEANS_TEST, _MEANS),
    (TARGET, _OTHER_DAY, _ON_THAT_DAY),
    (TARGET, _HOME_TOGETHER, _TOGETHER),
)
"""What keeps a text that was read whole from a yes: where it is said, in which words, and what is then not known."""
_SAME: Final = re.compile(r"지원대상(?:과|에)?(?:동일|같음)\.?|상동|해당없음|없음|-")


@dataclass(frozen=True, slots=True)
class TargetText:
    """What a row's words ask; `whole` where every demand of both fields was read, and then alone may a yes follow.

    `people`: they name people, or everybody, whom or whose needs they are for. `other_help`: the line that says it is
    not given together with other help.
    """

    clause: Clause
    whole: bool
    unread: tuple[Unread, ...] = ()
    sentences: int = 0
    people: bool = False
    other_help: str = ""


def target_text(
    row: Row, places: Sequence[str], vocabulary: GroupVocabulary, detail: Row = MappingProxyType({})
) -> TargetText:
    """Read the words of a row of serviceList; `places` are what the region it is for is called.

    `detail` is its row of serviceDetail: how one applies, and the papers, may ask what its words do not.

    A text that says nothing leaves the answer open: nobody published whom it is for.
    """
    title = text_of(row, TITLE) or ""
    reader = CriteriaReader(
        vocabulary, own_places(text_of(row, "소관기관명") or "", *places), bool(_FEES.search(title))
    )
    words, basis = text_of(row, TARGET) or "", text_of(row, BASIS) or ""
    read = [reader.read(TARGET, words)] if words.strip() else []
    if basis.strip() and _bare(basis) != _bare(words) and not _SAME.fullmatch(_bare(basis)):
        read.append(reader.read(BASIS, basis))
    if not read:
        return TargetText(NoData(TARGET), False)
    whole = all(one.whole for one in read)
    clauses = [one.clause for one in read]
    if whole:
        clauses += _narrowing(row, detail, reader, read)
        asked = [*clauses, *(group.clause for one in read for group in one.groups)]
        spoken = {compare.fact for clause in asked for compare in compares(clause)}
        clauses += row_doubts(row, detail, spoken, vocabulary, reader.fees)
    silent = not any(
        group.kind != "body" and not group.trait and not group.vague for one in read for group in one.groups
    )
    titled = reader.titled(title) if silent and not whole and not _NOT_ITS_PEOPLE.search(title) else None
    if titled is not None:
        clauses.append(titled)
    if not whole and not any(one.unread for one in read):
        clauses.append(NoData(TARGET))  # only labels, priorities and procedures
    fields = (FieldText.of(name, text_of(row, name) or "") for name in (TARGET, BASIS, CONTENT))
    excluded = next(((field, clause) for field in fields if (clause := other_help(field)) is not None), None)
    clauses += [] if excluded is None else [excluded[1]]
    unread = tuple(piece for one in read for piece in one.unread)
    people = bool(words.strip()) and any(group.people and group.kind != "modifier" for group in read[0].groups)
    people |= _FOR_PEOPLE.search(text_of(row, PURPOSE) or "") is not None
    line = "" if excluded is None else told_in(*excluded)
    return TargetText(all_of(clauses), whole, unread, sum(one.sentences for one in read), people, line)


def _narrowing(row: Row, detail: Row, reader: CriteriaReader, read: Sequence[Criteria]) -> list[Clause]:
    """What the title and the line "for: ..." of 지원내용 add: they never exclude, but a yes must meet them too."""
    named = {group.name for one in read for group in one.groups}
    found: list[Clause] = []
    title = _bare(text_of(row, TITLE) or "")
    vague = [one for word, one in reader.vocabulary.vague.items() if word in title and one.name not in named]
    titled = title_demand(text_of(row, TITLE) or "", named, reader.vocabulary, reader.places)
    if titled is not None:
        found.append(softened(titled))
    if vague:
        poor = [group for group in reader.vocabulary.groups.values() if group.and_so_on is not None]
        told = any(group.name in named for group in poor)  # then the title's word means those whom the words list
        found.append(any_of([*(group.clause for group in poor if told), NoData(vague[0].name)]))
    words = _bare(f"{text_of(row, TARGET) or ''} {text_of(row, BASIS) or ''}")
    spoken = {TITLE: title, TARGET: words, CONTENT: text_of(row, CONTENT) or ""}
    found += [NoData(why) for field, asked, why in _LEFT_OPEN if asked.search(spoken[field])]
    if reader.fees and _RARE_USE.search(title):
        found.append(NoData(_USE))
    said = [(row, CONTENT), (detail, WAYS)]
    return found + [
        one for of, key in said for one in stated_targets(FieldText.of(key, text_of(of, key) or ""), reader)
    ]


def _bare(text: str) -> str:
    return re.sub(r"\s", "", text)
