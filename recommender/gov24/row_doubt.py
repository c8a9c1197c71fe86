"""Row doubt: what a row says beside whom it is for that keeps its words from a yes: quotas, a choice, papers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

from recommender.gov24 import documents
from recommender.gov24.paper_names import PROXY
from recommender.published_rows import Row, text_of
from recommender.reading.field_text import FieldText
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.clause import NoData, compares

__all__ = ["row_doubts"]

WAYS: Final = "신청방법"
_LISTED: Final = ("지원대상", "선정기준", "지원내용", "신청기한")
_DETAILED: Final = (WAYS, documents.BRING)
_QUOTA: Final = re.compile(
    r"선착순|예산\s*(?:의|액)?\s*(?:조기\s*)?(?:소진|범위|한도|사정|상황|여건|내(?:에서)?(?:\s|$))|(?:재고|물량|수량|기금|재원|배정량|쿠폰|상품권?)\s*(?:조기\s*)?소진"
    r"|조기\s*(?:마감|종료|소진)|소진\s*(?:시|될|되)|(?:모집|선발|계획|정원|선정|참여|지원)\s*(?:인원|정원|규모)\s*[:：(]?\s*(?:총|약|연간?)?\s*\d"
    r"|정원\s*[:：(]?\s*\d|(?:모집|선발|선정)\s*[:：(]?\s*(?:총|약)?\s*\d+\s*(?:명|가구|세대|농가|팀)"
    r"|사업량\s*[:：]?\s*(?:총|약)?\s*\d|(?:연간?|총|매월|매년)\s*\d[\d,]*\s*(?:명|가구|세대)"
    r"|\d\s*(?:명|가구|세대|농가|팀|개소)\s*(?:한정|모집|선발|선정|선착|규모)|(?:수량|인원)\s*한정|한정\s*(?:수량|인원)"
)
_LIMITED_NUMBER: Final = "정원·예산의 한도"
"""There may be none left: who meets the conditions need not get it."""
_CHOICE: Final = re.compile(
    r"추첨|선발|(?<!진료비\s)(?<!자격\s)(?<!자격)(?<!적격)심사(?!평가원)|심의|면접|공모(?!전)|경진|추천|우선\s*순위|우선\s*(?:선정|선발)|고득점|배점|서류\s*평가|평가\s*(?:를\s*거쳐|후|결과)"
    r"|(?:신청|희망|모집|인원|대상)[가-힣]{0,3}\s*(?:많|초과|과다)|(?:소득|점수|고령|연장자)[가-힣]{0,3}\s*순"
)
_CHOSEN: Final = "심사·선발"
"""Who meets the conditions may be passed over for others."""
_CHOSEN_TITLE: Final = re.compile(r"장학|공모|경진|콘테스트|선발|포상|시상")
_OCCASION: Final = re.compile(
    r"이사(?:비|비용|지원|\s|$)|이자|대출|융자|보증금|중개보수|중개수수료|소송|(?<!장비)수리(?!센터)|장제|화장\s?장려|(?<!건강)(?<!요양)보험료"
)
_USE: Final = "이용의 계기"
"""What is given for a move, a debt, a lawsuit, a contract or an insurance that nobody's facts tell of."""


def row_doubts(
    listed: Row, detail: Row, spoken: Collection[str], vocabulary: GroupVocabulary, fees: bool = False
) -> list[NoData]:
    """Return what keeps a row whose words were read from a yes, each with the words that say so.

    `spoken` are the facts that its words ask: a paper that proves one of them asks nothing more. Where `fees` are
    listed, whom somebody recommends is one of those who pay less.
    """
    fields = [FieldText.of(name, text_of(listed, name) or "") for name in _LISTED]
    fields += [FieldText.of(name, text_of(detail, name) or "") for name in _DETAILED]
    title = FieldText.of("서비스명", text_of(listed, "서비스명") or "")
    doubts = [_first(_QUOTA, fields, _LIMITED_NUMBER), _first(_CHOICE, [] if fees else fields[:5], _CHOSEN)]
    doubts += [_first(_CHOSEN_TITLE, [title], _CHOSEN), _first(_OCCASION, [title], _USE)]
    for paper in _papers(detail):
        doubts.append(_of_paper(paper, spoken, vocabulary))
    return [one for one in dict.fromkeys(doubts) if one is not None]


def _first(asked: re.Pattern[str], fields: Collection[FieldText], reason: str) -> NoData | None:
    """Return the first line of some fields in which a pattern is found, quoted."""
    for text in fields:
        found = asked.search(text.plain)
        if found is not None:
            return NoData(reason, source=text.source(*text.lines(*found.span())))
    return None


# --- papers --------------------------------------------------------------------------------------------------------

_PROVES: Final = "서류로 확인하는 요건"
_FOR_SOME: Final = re.compile(
    r"해당\s*(?:자|시|하는|되는|사항|서류)|경우|필요\s*시|[가-힣]\s시(?:\s|[:)]|$)|감면|면제|우대|가점|추가|외국인|배우자|미성년"
    r"|법정\s*대리|가맹|환전|\([^()]{0,16}(?:기관|단체|법인|기업|업체|회원|시설|사업주)\)$"
)
"""A paper that only some bring."""
_OF_SOME: Final = re.compile(
    r"\n[^\n:：]{0,14}(?:감면|할인|면제|추가\s*(?:제출\s*)?서류|해당자|우대|가점|대상(?:자)?별|유형별)"
)
"""A heading over papers that only some bring."""
_ANYBODYS: Final = re.compile(r"신분증|주민등록|등본|초본|가족관계|통장|신청서|동의서|서약서|여권|운전면허")
"""Papers that everybody has; where such a one is enough, no other is asked."""
_OR: Final = re.compile(r"또는|혹은|중\s*(?:택|하나|1|한)|택\s*1|등(?:\s|\)|$)|/")
_PROOFS: Final = (
    (r"임신\s*(?:확인|진단|사실)|산모\s?수첩|임신출산|출산\s*예정", "pregnant gave_birth_or_adopted"),
    (
        r"출생\s*(?:증명|신고|사실)",
        "gave_birth_or_adopted youngest_child_months child_ages pregnant children_count",
    ),
    (r"입양", "gave_birth_or_adopted"),
    (
        r"재직|경력\s*증명|고용보험|근로\s?계약|급여\s*명세|자격득실|근로자",
        "worker employment_insured job_seeker on_parental_leave lost_job_involuntarily in_business",
    ),
    (r"재학|재적|학생증|휴학", "elementary_student middle_student high_student university_student school_child"),
    (r"졸업", "worker job_seeker elementary_student middle_student high_student university_student"),
    (r"성적\s*증명|생활기록부|입학|합격|수상|입상", ""),
    (r"농업경영체|농업\s*경영\s*정보", "farm_registered"),
    (r"농지\s*(?:대장|원부)|경작|영농", "farmer farm_registered"),
    (r"축산업|가축\s*사육", "livestock_farmer"),
    (r"어업\s*(?:허가|신고|면허)|어선", "fisher"),
    (r"사업자\s*(?:등록|단위)", "in_business sme institution founding welfare_facility org_primary"),
    (
        r"진단서|소견서|처방전|진료\s*기록|의무\s*기록|장애\s*정도",
        "ill cognitive_decline disabled severely_disabled infertility_diagnosed care_graded pregnant mobility_limited",
    ),
    (r"임대차|전세\s*계약|월세", "renter no_home home_owner"),
    (r"등기(?:부|사항)|건축물\s*대장", "home_owner no_home institution"),
    (
        r"건강\s?보험료|소득\s*금액|소득\s*(?:증명|확인|증빙)|원천징수|과세\s*증명|재산세|건강보험\s*자격",
        "income_percent recognised_income_percent near_poverty basic_livelihood_recipient worker single_parent",
    ),
    (r"납세\s*증명|완납\s*증명|납세\s*완납", ""),
    (r"추천서|추천장|[사창]업\s*계획서|자기\s*소개서|포트폴리오|학업\s*계획서|제안서", ""),
    (r"자격증(?!명)|수료증|이수증|면허증|등록필증", ""),
    (r"자동차\s*등록|차량\s*등록", ""),
    (r"보험\s*증권|대출|융자|부채", ""),
    (r"이직\s*확인|실업|구직\s*(?:등록|신청)", "job_seeker lost_job_involuntarily unemployment_benefit worker"),
    (r"사망\s*(?:진단|사실|확인)|제적", "bereaved_lately heir_of_deceased merit_family"),
    (r"보호\s*종료|시설\s*(?:입소|퇴소|재원|아동)|위탁", "left_care in_care"),
    (r"병적|복무|전역|입영", "serving_soldier military_discharged military_family_honour"),
    (r"예술\s*활동\s*증명", "artist"),
    (r"청첩장|예식장", "married expecting"),
    (r"장기\s*요양", "care_graded"),
    (r"복지\s?카드", "disabled severely_disabled disabled_in_household veteran"),
)
_PROVEN: Final = tuple((re.compile(words), frozenset(facts.split())) for words, facts in _PROOFS)
"""By what a paper is called: the facts of which it proves one; none where no fact tells."""
_PAPER: Final = re.compile(
    r"(?:증명서?|확인서|확인원|등록증|증명원|진단서|소견서|추천서|계획서|인정서|수첩|카드|증빙(?:서류|자료)?|증)"
    r"(?=[을를이가은는과와의로및]|등|사본|지참|제출|첨부|필요|제시|구비|소지|확인|[^가-힣]|$)"
)
_BY_ID: Final = frozenset(
    (
        *("age", "sex", "child_ages", "children_count", "youngest_child_months", "citizen_of_korea"),
        *("minor_caretaker", "married", "household_size"),
    )
)
"""What every identity card or register of the family shows."""


def _papers(detail: Row) -> Iterator[str]:
    """Yield the papers that everybody brings or lets officials look up, and lines on how to apply that name some.

    What stands behind a heading for some is left out.
    """
    for key in (documents.BRING, documents.CONSENTED, documents.LOOKED_UP):
        found = documents.listed_papers(_OF_SOME.split(text_of(detail, key) or "")[0])
        yield from (*found.bring, *found.looked_up)
    for line in (text_of(detail, WAYS) or "").split("\n"):
        if _PAPER.search(re.sub(r"\s", "", line)) is not None and PROXY.search(line) is None:
            yield line.strip()


def _of_paper(paper: str, spoken: Collection[str], vocabulary: GroupVocabulary) -> NoData | None:
    """Return that a paper proves what no word on whom it is for asks, None where it proves what they ask or nothing."""
    if _FOR_SOME.search(paper) or PROXY.search(paper):
        return None
    name = re.sub(r"\s", "", paper)
    proven = [facts for asked, facts in _PROVEN if asked.search(paper)]
    proven += _groups_in(name, vocabulary) if _PAPER.search(name) else []
    if not proven or (_OR.search(paper) and _ANYBODYS.search(paper)):
        return None
    covered = [not facts.isdisjoint(spoken) for facts in proven]
    if all(covered) or (any(covered) and _OR.search(paper)):
        return None
    return NoData(f"{_PROVES}: {paper}")


def _groups_in(name: str, vocabulary: GroupVocabulary) -> Iterator[frozenset[str]]:
    """Yield the facts of the groups of people that the name of a certificate names."""
    at = 0
    while at < len(name):
        words = vocabulary.by_letter.get(name[at], ())
        known = next((one for one in words if len(one[0]) > 1 and name.startswith(one[0], at)), None)
        if known is not None and not isinstance(known[1], str) and known[1].people:
            facts = frozenset(compare.fact for compare in compares(known[1].clause)) - _BY_ID
            if facts:
                yield facts
        at += 1 if known is None else len(known[0])
