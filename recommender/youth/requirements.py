"""Requirements: the coded fields and texts of a policy as clauses, nothing dropped.

Ages, the region, being married and an upper limit of income exclude. Nobody has measured how often the coded lists
(work, school, special groups) exclude somebody rightly, so these never do. What no fact knows is `no_data`. Further
conditions are read as gov24's texts are; what was not read of them, and every other text, is `unread_text`, with its
words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

from features.value import region_text
from recommender.gov24.axes import NO_DATA, RESTRICTED, UNRESTRICTED, AxisReading, either, lives_in
from recommender.published_rows import Row, text_of
from recommender.reading.age_figure import OLDEST
from recommender.reading.criteria import CriteriaReader
from recommender.reading.logic import EVERYONE
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.clause import clause_document
from recommender.rules.region import Regions, region_number
from recommender.youth import policy_codes
from recommender.youth.policy_codes import Document

AXES = ("region", "age", "marriage", "income", *policy_codes.REQUIREMENTS)
CONDITIONS = "addAplyQlfcCndCn"
TEXTS = (CONDITIONS, "ptcpPrpTrgtCn", "earnEtcCn", "srngMthdCn")
"""Further conditions, whom the policy excludes, other limits of income, and how it chooses among applicants."""

NO_UPPER_AGE = 99
"""An upper bound from here on stands for none."""
_NATIONWIDE_CODES, _NATIONWIDE_PROVINCES = 100, 10
"""A list of so many codes in so many provinces is the nation's: one province has at most 47, the nation over 189."""
_MAN_WON = 10_000
_WON_FROM = 1_000_000
"""A sum below is in units of 10,000 won, as the API writes them; rows that were filled in with whole won exist."""
_NUMBER, _CODE = re.compile(r"[0-9]{1,12}"), re.compile(r"[0-9]+")
_LARGEST_PAY = 10**11
"""No yearly pay in won is above; such a limit is a slip of the pen, and the fact of pay does not hold it."""
_NOTHING = re.compile(
    r"[\s\-–·○□ㅇ.:]*(?:(?:해당\s*(?:사항)?\s*)?없음|제한\s*없음|상관\s*없음|무관|해당없음|없\s*음)?[\s.]*|\\N"
)
_PERCENT = re.compile(r"(?:기준\s*)?중위\s*소득\s*(?:의\s*)?(?P<percent>\d{1,3})\s*%\s*이하")
_OTHERS_INCOME = re.compile(r"원가구|부모|본가|배우자|초과|이상")
_NOT_ONLY_OWN_AGE = re.compile(
    r"부부|배우자|중\s*1\s*명|세[^\n]{0,20}(?:또는|이거나|혹은)|(?:또는|이거나|혹은)[^\n]{0,20}세|자녀가?\s*있"
)


def readings(row: Row, regions: Regions, facts: Collection[str]) -> dict[str, AxisReading]:
    """What a row says on each of AXES; `facts` are those declared, and a clause on any other is `no_data`."""
    found = {
        "region": region(row, regions),
        "age": age(row),
        "marriage": marriage(row),
        "income": income(row),
        **{field: listed(row, field) for field in policy_codes.REQUIREMENTS},
    }
    for axis, reading in found.items():
        if missing := sorted(name for name in _facts(reading.clause) if name not in facts):
            found[axis] = _no_data(f"{axis}: {', '.join(missing)}")
    return found


def who(row: Row, read: Mapping[str, AxisReading], vocabulary: GroupVocabulary, places: Sequence[str]) -> Document:
    """What a policy demands of a citizen: its axes, then its texts; `places` are what its region is called."""
    said = [one.clause for one in read.values() if one.clause is not None]
    return {"all": [*said, *conditions(row, vocabulary, places), *texts(row)]}


def conditions(row: Row, vocabulary: GroupVocabulary, places: Sequence[str]) -> Iterator[Document]:
    """The further conditions: read whole or in part by the reader of texts, line by line where no group is known."""
    words = row.get(CONDITIONS)
    if not isinstance(words, str) or all(_NOTHING.fullmatch(line.strip()) for line in words.splitlines()):
        return
    if not vocabulary.groups:
        yield from _lines(CONDITIONS, words)
        return
    asked = CriteriaReader(vocabulary, places).read(CONDITIONS, words).clause
    if asked != EVERYONE:
        yield clause_document(asked)


def region(row: Row, regions: Regions) -> AxisReading:
    """Where one must live: `zipCd` lists codes of municipalities; all of a province are the province."""
    codes = _codes(row, "zipCd")
    if not codes:
        national = text_of(row, "pvsnInstGroupCd") == policy_codes.NATIONAL
        return AxisReading(UNRESTRICTED) if national else _no_data("정책 거주지역", "region")
    if len(codes) >= _NATIONWIDE_CODES and len({code[:2] for code in codes}) >= _NATIONWIDE_PROVINCES:
        return AxisReading(UNRESTRICTED)
    numbers = {code: region_number(code) if _CODE.fullmatch(code) else None for code in codes}
    known = sorted({number for number in numbers.values() if number is not None and regions.known(number)})
    unknown = sorted(code for code, number in numbers.items() if number not in known)
    places = [region_text(code) for code in _whole(known, regions)]
    inside: list[Document] = []
    if places:
        inside.append(lives_in(places))
    if unknown:
        inside.append({"no_data": f"zipCd {', '.join(unknown)}"})
    state = RESTRICTED if places else NO_DATA
    return AxisReading(state, either(inside) | {"axis": "region"})


def _whole(codes: list[int], regions: Regions) -> list[int]:
    """Codes with every region whose parts are all among them in the place of its parts."""
    chosen = set(codes)
    for above in sorted({one.within for one in regions.by_code.values() if one.within is not None}, reverse=True):
        parts = {code for code, one in regions.by_code.items() if one.within == above and not one.successors}
        if parts and parts <= chosen:
            chosen = (chosen - parts) | {above}
    return sorted(chosen)


def age(row: Row) -> AxisReading:
    """Completed years: 0 is no bound, 0 to 0 says nothing; `sprtTrgtAgeLmtYn` stands with either and is not read."""
    low, high = _number(row, "sprtTrgtMinAge"), _number(row, "sprtTrgtMaxAge")
    if low is None or high is None or max(low, high) > OLDEST or not (low or high):
        return _no_data("지원 대상 연령", "age")
    if low and high and high < low:
        return _no_data(f"지원 대상 연령 {low}세 ~ {high}세", "age")
    bounds: Document = {"at_least": low} if low else {}
    if high and high < NO_UPPER_AGE:
        bounds["at_most"] = high
    if not bounds:
        return AxisReading(UNRESTRICTED)
    own = {"fact": "age"} | bounds
    whose = f"{text_of(row, TEXTS[0]) or ''}\n{text_of(row, 'plcyNm') or ''}"
    clause = {"advisory": own} if _NOT_ONLY_OWN_AGE.search(whose) else own
    return AxisReading(RESTRICTED, clause | {"axis": "age"})


def marriage(row: Row) -> AxisReading:
    """Whether one must be married or must not be."""
    code = text_of(row, "mrgSttsCd")
    if code in (None, policy_codes.ANY_MARRIAGE):
        return AxisReading(UNRESTRICTED)
    if code not in policy_codes.MARRIED:
        return _no_data(f"mrgSttsCd {code}")
    return AxisReading(RESTRICTED, {"fact": "married", "is": policy_codes.MARRIED[str(code)]})


def income(row: Row) -> AxisReading:
    """Limits of yearly income, and a percentage of the median where the text on income says nothing else.

    A person whose pay alone is above the limit is above it. Below it, other income decides, which no fact knows.
    """
    code = text_of(row, "earnCndSeCd")
    if code in (None, policy_codes.ANY_INCOME):
        return AxisReading(UNRESTRICTED)
    if code == policy_codes.OTHER_INCOME:
        return _median(text_of(row, "earnEtcCn") or "")
    if code != policy_codes.YEARLY_INCOME:
        return _no_data(f"earnCndSeCd {code}", "income")
    least, most = _number(row, "earnMinAmt"), _number(row, "earnMaxAmt")
    if least is None or most is None:
        return _no_data("연소득", "income")
    low, high = (amount * _MAN_WON if amount < _WON_FROM else amount for amount in (least, most))
    said = f"연소득 {f'{low:,}원 이상 ' if low else ''}{f'{high:,}원 이하' if high else ''}".strip()
    if (not low and not high) or (low and high and high < low) or max(low, high) > _LARGEST_PAY:
        return _no_data(said if low else "연소득", "income")
    clauses: list[Document] = [{"no_data": f"{said} (급여 밖의 소득은 알 수 없음)"}]
    if high:
        clauses.insert(0, {"fact": "annual_pay_won", "at_most": high, "why": said})
    if low:
        clauses.insert(0, {"advisory": {"fact": "annual_pay_won", "at_least": low}})
    return AxisReading(RESTRICTED, {"all": clauses, "axis": "income"})


def _median(words: str) -> AxisReading:
    found = list(_PERCENT.finditer(words))
    if len(found) == 1 and "%" not in words.replace(found[0][0], "") and not _OTHERS_INCOME.search(words):
        clause = {"fact": "income_percent", "at_most": int(found[0]["percent"]), "why": found[0][0], "axis": "income"}
        return AxisReading(RESTRICTED, clause)
    return _no_data("기타 소득 조건", "income")


def listed(row: Row, field: str) -> AxisReading:
    """A list of codes, of which one must apply; it leaves open, and never excludes."""
    subject, nothing, meanings = policy_codes.REQUIREMENTS[field]
    codes = _codes(row, field)
    if not codes or nothing in codes:
        return AxisReading(UNRESTRICTED)
    named = [meanings.get(code, (f"{field} {code}", None)) for code in dict.fromkeys(codes)]
    unknown = [name for name, clause in named if clause is None]
    clauses = [clause for _, clause in named if clause is not None]
    said = f"{subject}: {', '.join(name for name, _ in named)}"
    if not clauses:
        return _no_data(said)
    if unknown:
        clauses.append({"no_data": f"{subject}: {', '.join(unknown)}"})
    return AxisReading(RESTRICTED, {"advisory": either(clauses), "why": said})


def texts(row: Row) -> Iterator[Document]:
    """Every line of the other texts, with its place in its field, as words that nobody read."""
    for field in TEXTS[1:]:
        whole = row.get(field)
        if not isinstance(whole, str):
            continue
        if field == "earnEtcCn" and _PERCENT.fullmatch(whole.strip()) and income(row).state == RESTRICTED:
            continue  # read whole
        yield from _lines(field, whole)


def _lines(field: str, whole: str) -> Iterator[Document]:
    for line in re.finditer(r"[^\r\n]+", whole):
        words = line[0].strip()
        if not _NOTHING.fullmatch(words):
            start = line.start() + line[0].index(words)
            yield {"unread_text": {"field": field, "from": start, "to": start + len(words), "words": words}}


def _facts(clause: object) -> Iterator[str]:
    if isinstance(clause, dict):
        if "fact" in clause:
            yield str(clause["fact"])
        for key in ("all", "any", "advisory"):
            yield from _facts(clause.get(key))
    elif isinstance(clause, list):
        for one in clause:
            yield from _facts(one)


def _no_data(reason: str, axis: str | None = None) -> AxisReading:
    return AxisReading(NO_DATA, {"no_data": reason} | ({} if axis is None else {"axis": axis}))


def _codes(row: Row, key: str) -> list[str]:
    """The codes listed under a key, whatever they are written with; what is no code is listed too."""
    return re.findall(r"[^\s,;/|]+", unicodedata.normalize("NFKC", text_of(row, key) or ""))


def _number(row: Row, key: str) -> int | None:
    """A whole number under a key, written as one or as text; 0 where nothing is written, None where it is no number."""
    value = row.get(key)
    if value is None or (isinstance(value, str) and not value.strip()):
        return 0
    if isinstance(value, str):
        digits = re.sub(r"[,\s]", "", unicodedata.normalize("NFKC", value))
        return int(digits) if _NUMBER.fullmatch(digits) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None
