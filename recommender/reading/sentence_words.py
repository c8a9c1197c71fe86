"""Sentence words: by which words a statement shows what it does: label, shut out, prefer, or say how several stand."""

from __future__ import annotations

import re
from typing import Final

__all__ = [
    *(
        "ALL",
        "ANY",
        "ASIDE",
        "BENEFIT",
        "BENEFIT_HEADING",
        "BODIES",
        "CHEAPER",
        "BRACKET_LABEL",
        "COMPANION",
        "CRITERION",
        "DEADLINE",
        "DISCRETION",
        "EVERYBODY",
        "EXCLUDED_TAIL",
        "EXCLUSION",
        "GIVEN_TAIL",
        "GLOSS",
        "HEADING",
    ),
    *("LABEL", "MUST", "NARROWS", "NOTE_PROCEDURE", "PRIORITY", "PROCEDURE", "SAME", "SHUT_OUT", "TARGET", "THING"),
    *("BUT", "PAPERS", "POINTS", "PRICED", "RESTRICTS", "TARIFF", "WIDENING"),
]


def _one_of(words: str) -> str:
    return "|".join(words.split())


ANY: Final = re.compile(
    r"어느\s*하나|어느\s*한\s*(?:가지|항목)|중\s*하나|하나\s*이상|하나에\s*해당|1개\s*이상|1가지\s*이상"
    r"|중\s*1\s*(?:가지|개)|한\s*가지|하나를\s*충족|하나의\s*(?:요건|조건)"
)
ALL: Final = re.compile(
    r"(?:모두|동시에|전부|전체)[를을에]?\s*(?:충족|해당|만족|갖춘|갖추|부합)"
    r"|(?:조건|요건|자격|기준|사항)[을를]?\s*(?:모두|동시)|[세네두]\s*가지\s*(?:조건|요건|기준)"
)
LABEL: Final = re.compile(
    r"\s*(?:\((?P<bracket>[^()]{1,14})\)|[<\[](?P<heading>[^<>\[\]]{1,30})[>\]]"
    r"|(?P<plain>[가-힣A-Za-z0-9·,/ ]{1,20}?))\s*:\s*"
)
BRACKET_LABEL: Final = re.compile(r"\s*\((?P<bracket>[^()]{2,14})\)\s*(?=\S)")
HEADING: Final = re.compile(r"\s*[<\[](?P<heading>[^<>\[\]]{1,40})[>\]]\s*")
_OF_WHAT: Final = _one_of(
    """
        세부 주요 지원 신청 이용 사업 지급 선정 교육 서비스 가입 모집 참여 발급 감면 수혜 수급 참가 대여 검진 접종
        장려금 수당 공급 우대
        """
)
TARGET: Final = re.compile(
    rf"(?:{_OF_WHAT})*(?:대상|대상자|자격|자격기준|대상기준)|[가-힣]{{2,6}}참여자|"
    + _one_of(
        """
        신청인 신청자 기준 선정기준 공통 공통자격 공통기준 공통자격기준 지원대상자 대상학생 대상아동 개인
        기본지원대상 기본대상 교육참여자 참여자 참가자 교육생 수강생 수혜자
        """
    )
)
_MEASURES: Final = _one_of(
    """
        연령 나이 소득 거주 거주지 거주기간 주소 주소지 재산 학력 병역 국적 혼인 주택 가구소득 개인소득 성별 자산
        영농경력 성적 경력 신용
        """
)
CRITERION: Final = re.compile(
    rf"[가-힣]{{0,4}}(?:{_MEASURES})(?:기준|요건|조건)?|[가-힣]{{0,6}}(?:요건|조건)|[가-힣]{{2,4}}기준"
)
_THINGS: Final = _one_of("주택 품목 농지 차량 시설 지역 업종 작물 질환 사업 제품 기기 물품 축종")
THING: Final = re.compile(rf"(?:지원|신청|지급)?대상(?:{_THINGS})|기타(?:기준|요건|조건|사항)?")
_STEPS: Final = _one_of(
    """
        내용 금액 방법 기간 일시 시기 장소 물품 형태 규모 횟수 절차 서류 비고 참고 유의사항 유의 접수 예산 운영
        이용료 요금 지급일 지원액 지원금 문의 문의처 목적 한도 시행일 사용처 사용기한 기한 선정방법 제출서류 지원율
        보조율 지급기준 지급시기 지원품목 품목 지원형태 이자율 상환기간 이주비 사업내용 지원단가 처리기한 수강료
        지원방식 신청기간 신청기한 지급방법 주의사항 지원범위 신청처 신청장소 교육기간 예시 사업기간 결과 선정결과
        참여자수당
        """
)
PROCEDURE: Final = re.compile(rf"[가-힣0-9]{{0,5}}(?:지급|지원|사업)?(?:{_STEPS})")
EXCLUSION: Final = re.compile(
    r"제외|불가|제한|지원\s*안\s*함|해당\s*없음|중복|(?:지급|지원)(?:하|되)지\s*(?:않|아니)|미지원|미지급|[할될받을]\s*수\s*없"
    r"|대상이?\s*아[님닌니]|(?:지급|지원)\s*(?:안\s*[함됨]|정지|중지)"
)
SHUT_OUT: Final = re.compile(r"(?:지원)?제외(?:대상|자)?")
PRIORITY: Final = re.compile(r"우선\s*순위|우선\s*(?:지원|선정|선발|대상|배려|이용|고려)|\d\s*순위")
NOTE_PROCEDURE: Final = re.compile(
    r"신청\s*가능|신청\s*불필요|신청$|신청함|문의|제출|지참|구비|소진|종료|상담\s*후|홈페이지|참고|참조|안내|발급|필수"
    r"|^(?!.*(?:에만|만\s|한하|한해|한정)).*(?:하면|후|시|경우(?:에도|에는|도)?)\s[^\n]{0,24}가능\s*[.)]*$"
    r"|제시|증빙|서류|전화|별도\s*신청|자동|유의|변경될\s*수|확인|지급$|지급함|지급됩니다|지원$|바랍니다|예정|선착순|방문"
)
RESTRICTS: Final = re.compile(
    r"에만|(?<=[가-힣])(?<!하지)(?<!다)(?<!미)만\s*(?:$|\s|해당|신청|지원|가능|적용|인정)|에\s*한(?:함|하|해|한|정|합)|한정"
)
"""By which words a line says that only those are meant: "only for", "limited to"."""
ASIDE: Final = re.compile(r"유의사항|주의사항|유의|참고|참고사항|비고|문의|문의처|안내")
"""The label of a note on the procedure."""
POINTS: Final = re.compile(r"다음|아래|이하의|각\s*호")
"""What points to the lines below."""
DISCRETION: Final = re.compile(
    r"(?:그\s*밖|그\s*외|이외|기타|(?<![가-힣])등\s|특별히|필요하다고|필요성이)[^\n]{0,40}(?:인정|판단|심의)(?:하|되|된|한|할|받|을|를|에)"
    r"|장(?:관)?이\s[^\n]{0,16}(?:인정|판단)(?:하는|한)\s*(?:자|사람|분|가구|세대|가정)"
)
"""Whoever an authority takes for eligible besides: the last of a list, or whoever is beside it."""
EVERYBODY: Final = re.compile(
    r"누구나|누구든지|(?:모든|전)\s?(?:시민|군민|구민|도민|주민|국민)|일반\s?(?:시민|군민|구민|도민|주민)"
)
"""A line that says it is for everybody: the lines beside it name whom it is for besides, or first."""
BENEFIT: Final = re.compile(
    r"[가-힣0-9·, ]{0,16}(?:접종|지원금|장려금|지원|수당|검진|검사|보조금|바우처|장학금|감면|할인|상품권)"
)
"""The name of one of several benefits, before whom it is for."""
PRICED: Final = re.compile(r"[가-힣]{0,6}(?:료|비|금)(?:전액)?(?:면제|감면|할인)(?:대상|대상자|자)?")
"""The label of those who pay less for what others have too."""
BODIES: Final = re.compile(r"[가-힣]{0,6}(?:기관|업체)")
"""The label of those who run it."""
_NOT_PERSONS: Final = r"(?:[가-힣A-Za-z0-9·,]*(?<![자인생민정구대동족년신성층부원사맘아녀모들분])\s+)"
BENEFIT_HEADING: Final = re.compile(
    rf"{_NOT_PERSONS}{{0,5}}[가-힣]*(?:지원|사업|서비스|프로그램|감면|할인|면제|수당|지원금)(?:사업)?\s*(?:\([^()가-힣]*\))?[\s:]*"
)
"""A heading that names one of several benefits by words none of which ends like a word for people."""
PAPERS: Final = re.compile(
    r"[^\n]*(?:서류|신분증|증명서|등본|확인서|통장|등록증|카드|증)[^\n]{0,12}(?:지참|제출|제시|첨부|구비)"
    r"(?:\s*(?:필수|필요|요망|바람|할\s*것))?[\s.)]*"
    r"|(?:[가-힣]*(?:확인서|증명서|등본|초본|신분증|신청서|통장사본)\s*(?:\((?:[^()]|\([^()]*\))*\))?[\s,및]*)+"
)
"""A line that only says which papers to bring."""
_PRICE: Final = r"(?:[가-힣]{0,8}(?:료|요금|가격))"
_CUT: Final = r"(?:전액|(?:최대\s*)?\d{1,12}\s*%(?:\s*~\s*\d{1,12}\s*%)?|100분의\s*\d{1,12})"
_LESS: Final = r"(?:감면|할인|면제|경감|감액)"
TARIFF: Final = re.compile(
    rf"(?:(?:[가-힣]+\s+){{0,2}}{_PRICE}\s*)?(?:의\s*)?(?:{_CUT}\s*(?:를|을)?\s*)?{_LESS}(?:\s*대상(?:자)?)?\s*(?:\([^()가-힣]*\))?[\s.:]*"
)
"""A heading that only says how much less something costs: those below it are who pays less."""
GIVEN_TAIL: Final = re.compile(
    rf"(?:에게는?|께)\s*(?P<given>[^,\n]{{0,40}}(?:지원|지급|제공|감면|할인|면제)(?:함|합니다|한다|됩니다)?[\s.)]*)$"
    rf"|(?:의\s*경우|인\s*경우|의|은|는)?\s*(?P<less>(?:수영장\s*|시설\s*)?(?:{_PRICE}(?:의|를|을)?\s*)?{_CUT}(?:를|을)?\s*{_LESS}"
    rf"(?:\s*(?:적용|제공))?[\s.)]*)$|의\s*(?P<fee>[가-힣]{{0,8}}(?:사용료|이용료|수수료|요금)\s*{_LESS}[\s.)]*)$"
)
"""What a statement says at its end of what is given, after whom it is given to."""
BUT: Final = re.compile(r"\s*\(?\s*(?:단|다만)\s*[,:]\s*")
"""How a line begins that adds to the one before."""
DEADLINE: Final = re.compile(
    r"[^\n]{0,40}(?:이내|까지|이전|부터)[^\n가-힣]{0,6}에?\s*(?:신청|접수|청구)(?:\s*(?:가능|함|할\s*것|하여야\s*함|필수|해야\s*함))?[\s.)]*"
)
"""A line that only says until when to apply."""
MUST: Final = re.compile(
    r"(?:것|함|됨|한다|할것|일것|하여야|어야함|필요|요함|않음|아야|어야\s*함|해야\s*함|합니다|있음|없음|초과"
    r"|이상|이하|미만|충족)\s*[.)]*\s*$"
)
CHEAPER: Final = re.compile(
    r"(?:감면|감경|할인|면제|경감)(?:\s*적용)?(?:한다|함|합니다|됩니다|된다|할\s*수\s*있[가-힣]*)\s*[.)]*\s*$"
)
"""A demand in form, but one more case of what costs less."""
SAME: Final = re.compile(
    r"(?:지원\s*대상(?:과|에|자와)?\s*(?:내용|기준)?\s*(?:과|와)?\s*(?:동일|같음|동일함|참조|상동)"
    r"|상동|해당\s*없음|없음|-|\.)\s*\.?"
)
EXCLUDED_TAIL: Final = re.compile(
    r"(?:은|는|을|를|의\s*경우|인\s*경우|경우|대상|대상자|지원)?\s*(?:대상\s*)?(?:에서\s*)?(?:지원\s*)?"
    r"(?:제외(?:함|됨|\s*대상(?:임)?|합니다)?|불가(?:함|능)?|지원하지\s*않음)\s*[.)]*\s*$"
)
NARROWS: Final = re.compile(r"한함|한정|경우|만$|만해당|에한해")
WIDENING: Final = (
    *("등록외국인", "외국인", "휴학생", "보호자", "동반자", "대학원생", "동반", "생활권자", "사실혼", "예비부부"),
    *("거소신고", "재외국민", "결혼이민자", "외국인주민"),
)
"""What a bracket may add without anybody else being meant: "citizens (registered foreigners included)"."""
COMPANION: Final = ("보호자", "동반자", "1인", "1명")
GLOSS: Final = re.compile(
    r"[\d.,~:%/\-'년월일생이후전부터까지출생자기준※·\s]*"
    r"|예산소진시.*|예산범위내.*|.*(?:참조|참고)|[A-Za-z0-9. ]+|.*조례.*|.*법.*제\d{1,12}조.*|선착순|.*생년월일.*"
    r"|이하.*이라한다.*|이하'.*|.*년생.*|주민등록지?기준|주민등록상|신청일기준|.*소진시.*"
    r"|[가-힣0-9·,+/]*(?:등록증|증명서|확인서|서류|등본|초본|신분증|회원증|증서|통지서|소견서|진단서)(?:지참|제시|제출|필요|필수|첨부|확인)?"
)
"""What a bracket says that asks nothing: birth dates beside an age, the law, what something is called below."""
