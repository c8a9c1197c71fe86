"""Amount words: the Korean words around a sum of money that tell whether, how often and for whom it is given."""

from __future__ import annotations

import re
from typing import Final

STATED: Final = re.compile(r"지원\s?(?:금액|액|내용|한도|규모)|지급\s?(?:금액|액)|장려금|수당액|보장\s?내용")
STATED_ABOVE: Final = re.compile(r"수당\s?[:：]")
"""In the line above one that says how much."""
DIVIDED_AFTER: Final = re.compile(r"^\s?/\s?(?:km|㎞|[\d,.]+\s?(?:ha|명|대|㎡|농가|개소|가구|호|톤|포))")
"""A budget over all it is for, or what works cost a length."""
RENT: Final = re.compile(r"(?:월세|임대료|월\s?임대료)\s?(?:월\s?)?$")
LET_AFTER: Final = re.compile(r"^\s?(?:의\s?)?(?:공공|매입|행복)?\s?(?:임대|주택)")
"""A home that is let at a price."""
MOST_BEFORE: Final = re.compile(
    r"(?:최대|최고|최다|상한액?|한도액?|한도\s?금액)\s?(?:는|은|가)?\s?[:：(]?\s?"
    r"(?:(?:1인당?|인당|개인별|1?가구당|세대당|연간?|년간?|월|매월|매년|회당|1회당?|건당|학기당|분기당|총|각각?|\d{1,12}인|"
    r"\d{1,12}회|업체당|점포당|\d{1,12}개?사당?|농가당|마리당|두당)\s?)*[:：(]?\s?$"
)
MOST_AFTER: Final = re.compile(
    r"^\s?(?:\)|/[월연년회인]+)?\s?(?:정도\s?)?(?:이내|한도|까지|범위|내에서|내(?=[\s,.)]|$)|이하|상한|내외\s?한도|\(?(?:한도|상한)|\(?최대\))"
)
LIMIT: Final = re.compile(r"(?:[대융지][출자원]\s?한도|상한)(?:액|금액)?\s?(?:[:：][^,]*|\d{1,12}일\s?기준\s?)$")
LEAST_BEFORE: Final = re.compile(r"(?:최소|최저|하한액?)\s?(?:\d{1,12}일\s?기준)?\s?(?:월|연|1인당|인당)?\s?$")
LEAST_AFTER: Final = re.compile(r"^\s?(?:이상|부터)(?!\s?(?:차등|시\s))")

OTHERS: Final = re.compile(
    r"(?:사업비|예산|자부담금?|자기\s?부담금?|본인\s?부담금?|부담금|부담액|소득금?액?|재산|매출액?|보증금액?|전세금|"
    r"이용료|이용요금|사용료|대관료|입장료|관람료|참가비|체험료|요금|판매가|정가|시가|가격|과세표준|납부액?|납입액?|저축액?|"
    r"적립금?|구매\s?한도|보유\s?한도|구매액?|구입액?|결제\s?금액|사용금액|수수료|대출\s?한도|융자\s?한도|대출금|대출액|"
    r"월급|급여액|만기금액?|임금|연봉|보수|기준액|공시가격|[시군구도국]비)\s?(?:은|는|이|가|의|으로)?\s?(?:[:：]|\((?!\s?(?:월|연|각)?\s?최대))?\s?"
    r"(?:(?:총|약|월|연|연간|1인당|1인|회당|1회|최대|최저|각|금|개인|합산|가구)\s?)*[:：]?\s?$"
)
"""What a sum is said to be, right before it, that is not given."""
CONDITION_AFTER: Final = re.compile(
    r"^\s?일\s?(?:경우|때)|^\)?\s?(?:이하|이상|미만|초과)\s?(?:인|의|이?고|이며|인\s|자(?=[\s,.)])|가구|가정|주택|전세|거주|구매|결제|구입|이용|사용|"
    r"납부|대출|소비|사업장|매출|물건|시\b|근로|소득|구간|\)?\s?(?:주택|가구|자\b|인\s))"
)
UNDER_AFTER: Final = re.compile(r"^\s?(?:미만|초과|을\s?초과|이\s?넘)")
BASE_AFTER: Final = re.compile(r"^\s?(?:의|중|에\s?대한|에서|당)\s?\d|^\s?(?:짜리|권(?!\s)|상당의\s?(?:부담|비용))")
OWN_AFTER: Final = re.compile(
    r"^\s?(?:을|를)?\s?(?:씩\s?)?(?:\d{1,12}\s?(?:개월|년|회)(?:간|동안)?\s?)?(?:저축|적립|납입|불입)|^\s?(?:을|를)?\s?(?:본인|자부담|자기|부담|납부|납입|내면|저축|적립|예치|소득\s?공제|공제|차감|제외|추가\s?부담)"
)
FINANCED: Final = re.compile(r"(?:국비|도비|시비|군비|구비|지방비|교육청|자비)\s?(?:\d{1,12}%?)?\s?[:：]?\s?$")
FORMERLY: Final = re.compile(r"당초|변경\s?전|기존\s?:")
FEE_LINE: Final = re.compile(
    r"대여\s?(?:기간|비용|료)|이용\s?요금|이용료|입장료|관람료|사용료\s?[:：]|대관료|주차\s?요금|기본\s?요금|요금제?\s?[:：]|수강료\s?[:：]|참가비|"
    r"체험비\s?[:：]|(?<!지원)(?<!지원 )단가|가격\s?[:：]|요금\s?[:：]|월\s?임대료|임대\s?보증금|"
    r"자부담\s?[:：]|사\s?업\s?비\s?[:：]|예\s?산\s?액?\s?[:：]|"
    r"[융선지사][자발원업]\s?규모|총\s?사업비|ex\)|예\)|예시|보조\s?비율|지원\s?비율|소득\s?기준|재산\s?기준"
)
BUDGET: Final = re.compile(r"사\s?업\s?비\s?[:：]|예\s?산\s?액?\s?[:：]|[융선지사][자발원업]\s?규모|ex\)|예\)|예시")
GIVEN_AFTER: Final = re.compile(
    r"^\s?(?:\)\s?)?(?:이내|이하|한도|까지|범위|씩|상당)?\s?(?:내|에서|의|로|을|를|안)?\s?(?:실비\s?)?(?:감면|지원|할인|면제|보조|지급|환급)"
)
TOTAL: Final = re.compile(r"[=＝]\s?$")
SHARED_AFTER: Final = re.compile(r"^\s?(?:/[^\s(]{1,4})?\s?[(,]?\s?(?:국비|보조|융자)\s?\d{1,12}\s?%")
"""A price of which only a share is given."""
PREMIUM: Final = re.compile(r"보험료[^원]*$")
PREMIUM_LIMIT: Final = re.compile(r"^\s?\)?\s?(?:이하|미만|초과)")
AVERAGE: Final = re.compile(r"평균\s?(?:약\s?)?$")
LOCAL_MONEY: Final = re.compile(r"지역\s?화폐|사랑\s?상품권|페이\)?$")
BOUGHT: Final = re.compile(r"인센티브|캐시백|충전|구매|구입|할인")
"""Local money that one buys at a discount: its limits are no sums that are given."""
MANY_AFTER: Final = re.compile(r"^\s?[×xX*]\s?\d{1,12}\s?(?:명|개소|가구|농가)")
GIVEN: Final = re.compile(r"지원|지급|감면|할인|면제|보조|수당|장려금|축하금|위로금|급여|환급|제공|보상")
UNIT_COST: Final = re.compile(
    r"(?:\d{1,12}\s?(?:공|개소?|㎡|m2|㎥|평|박스|포|m|kg|톤|본|주|대|ha|세트|식|동)\s?당|(?:ha|㎡|평|톤|kg|개소?|대|동|포|주|본)\s?당)\s?(?:최대|약)?\s?$"
)
UNIT_AFTER: Final = re.compile(r"^\s?/\s?(?:두|마리|ha|㎡|평|톤|kg|개소?|대|동|포|주|본|군|수|팩)")

PER_BEFORE: Final = (
    ("month", re.compile(r"(?:매월|매달|월별|(?<![0-9개익금당전해세])월)\s?$")),
    ("year", re.compile(r"(?:매년|해마다|연간|연(?=\s?$)|(?<!\d)년간?(?=\s?$)|1년|연\s?1회|년\s?1회|연\s?최대)\s?$")),
    ("half_year", re.compile(r"(?:학기\s?당|매\s?학기|학기별|반기별?|반기당|학기)\s?$")),
    ("quarter", re.compile(r"(?:분기당|매\s?분기|분기별|분기)\s?$")),
    ("week", re.compile(r"(?:매주|주당|주)\s?$")),
    ("day", re.compile(r"(?:(?<!\d)1\s?일\s?당?|매일|일당|(?<![\d요생당])일|하루)\s?$")),
    ("time", re.compile(r"(?:회당|1회당?|건당|매회|\d{1,12}회당|횟수당|1건당?|\d차)\s?$")),
)
PER_AFTER: Final = (
    (
        "month",
        re.compile(
            r"^\s?(?:씩\s?)?[×xX*]\s?\d{1,12}\s?(?:개월|월|달)|^\s?(?:\(|/|씩\s?)?\s?(?:매월|월(?!\s?\d)|1?인/월|월/|"
            r"개월간|매달)"
        ),
    ),
    (
        "year",
        re.compile(r"^\s?(?:\(|/)?\s?(?:연간?(?!\s?\d)|년(?!\s?\d|차)|매년|인/년|1년(?!차|\s?\d)|연\s?1회|년\s?1회)"),
    ),
    ("half_year", re.compile(r"^\s?(?:\(|/)?\s?(?:학기|반기)")),
    ("quarter", re.compile(r"^\s?(?:\(|/)?\s?(?:분기)")),
    ("day", re.compile(r"^\s?(?:\(|/)\s?(?:1?일|하루)")),
    ("time", re.compile(r"^\s?(?:\(|/)\s?(?:1?회|건)(?!\s?(?:한|지급|지원|에))")),
)
JOINED: Final = re.compile(
    r"(?:\s|[:：(,]|최대|최고|최소|한도액?|상한|각각?|정액|총|약|1?인당|1인|개인별|1?가구당|세대당|가구|지원|지급|금액|씩|현금|정도|까지|"
    r"본인|(?:1?\s?명|자녀|아동|신생아|출생아|\d{1,12}명)당?|포인트|최장|급여|상당|에|은|는|을|로|으로|\d{1,12}개월간?|\d{1,12}년간|단가)+$"
)
ONCE: Final = re.compile(
    r"일시금|일시불|일시\s?지급|생애\s?1회|평생\s?1회|최초\s?1회|1회\s?한|1회에\s?한|1회\s?지[급원]|1회\)|1회\s?$|\(1회|1회성|한\s?번"
)
COVER: Final = re.compile(r"(?:안전|시민|군민|구민|도민)\s?보험")
"""Cover of everybody who lives in a place: it pays on each accident."""
ONCE_THING: Final = re.compile(
    r"축하금|위로금|장제비|장례비|조의금|이사비|출산\s?지원금|출산\s?장려금|출산지원|결혼\s?장려|정착\s?지원?금|입학\s?(?:지원|준비|축하)|"
    r"산후\s?조리|자진\s?반납|자립\s?정착금|자립지원금|입양\s?(?:축하|장려)|출산\s?축하|전입\s?(?:지원|장려|축하)|첫만남|졸업|혼수|교복|체육복|"
    r"이주비|건축설계|사망\s?(?:시|위로)|화장\s?(?:장려|지원)|개장|봉안"
)
CHILD: Final = re.compile(
    r"첫째|둘째|셋째|넷째|다섯째|(?:신생아|출생아|아동|자녀|영아|유아|영유아|아이)\s?(?:1\s?[인명]\s?당?|당|에게|[:：])|"
    r"입양\s?(?:아동|축하)(?:\s?1\s?[인명]\s?당)?|쌍둥이|신생아|출생아|다태아|\d자녀"
)
HOUSEHOLD: Final = re.compile(
    r"(?:세대|가구|가정|농가|부부)\s?(?:당|별)|(?:1|\d인)\s?(?:세대|가구|가정|농가|부부)|쌍당|(?:세대|가구|가정)\s?[:：]|"
    r"가구에\s?(?:대한|게)|세대에게"
)
BUSINESS: Final = re.compile(
    r"사업주|사업체|(?:업체|점포|기업|사업장|업소|[개1]사|회사|시설|단체|기관|법인)\s?(?:당|별)|1?사당"
)
PERSON: Final = re.compile(r"1\s?인\s?당|인당|개인\s?(?:당|별)|1\s?명\s?당|명당|1인(?=\s?(?:월|연|최대|매월|\d|$|/))")
UNIT_OF: Final = re.compile(
    r"(?:두|마리|ha|㎡|평|톤|kg|개소|(?<!세)대|동|(?<!점)포|주|본|군|필지|그루)\s?당\s?(?:최대)?\s?$"
)
EACH: Final = (("child", CHILD), ("household", HOUSEHOLD), ("business", BUSINESS), ("person", PERSON))
NTH: Final = re.compile(
    r"(?P<word>첫째|둘째|셋째|넷째|다섯째|여섯째|[1-6]자녀|[1-6]째)\s?(?:아|아이|자녀|출산)?\s?(?P<more>이상|이후|부터)?"
)
ORDER: Final = {"첫째": 1, "둘째": 2, "셋째": 3, "넷째": 4, "다섯째": 5, "여섯째": 6}
DAYS_A_WEEK: Final = re.compile(r"주\s?([1-7])\s?일")
GIVEN_IN: Final = frozenset({"cash", "voucher", "scholarship", "insurance", "loan", "in_kind", "other"})
"""The forms of which a bare sum is taken to be given; of the others it may be a fee."""


SOMEWHERE: Final = (
    ("month", re.compile(r"매월|매달|월별|월\s?정액|개월간")),
    ("half_year", re.compile(r"매\s?학기|학기당|학기별|반기별")),
    ("quarter", re.compile(r"매\s?분기|분기별")),
    ("year", re.compile(r"매년|연간|연\s?1회|년\s?1회|\(1년\)|/년")),
    ("time", re.compile(r"회당|건당|명절|설\s?[,·]\s?추석|급식비|1식|한\s?끼")),
)

TITLES: Final = (
    ("household", re.compile(r"(?:(?<!소녀)가정|가구|세대|부부)(?!\s?(?:위탁|폭력|방문|양육|의학|보육))")),
    ("child", re.compile(r"아동|아이(?!디)|자녀|영유아|양육|유아|신생아|출생|입학|[첫둘셋넷]째")),
)
