"""Event period: texts that let one apply for so long after something has happened."""

from __future__ import annotations

import re
from collections.abc import Collection

from recommender.gov24.plain_words import Document

__all__ = ["after_what", "period", "period_in"]

_ALSO = r"(?:\((?:[^()]*)\))?"
_EVENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"출(?:생|산)(?:및|또는|·|\(|/)입양(?:신고)?\)?", ("life.child_born", "life.child_adopted")),
    (r"(?:출산|분만)(?:또는)?[(·]?유[·,]?(?:산[·,]?)?사산\)?", ("life.child_born", "life.pregnancy_ended")),
    (r"(?:분만예정일[,·]?)?(?:출(?:생|산)|분만)", ("life.child_born",)),
    (r"입양(?:신고)?", ("life.child_adopted",)),
    (r"임신확인", ("life.pregnancy_registered",)),
    (r"(?:혼인(?:신고)?|결혼)", ("life.married",)),
    (r"이혼(?:신고)?", ("life.divorced",)),
    (r"사망", ("life.relative_died",)),
    (r"전입(?:신고)?", ("life.moved",)),
    (r"(?:실직|실업|이직)", ("life.job_lost",)),
    (r"취업", ("life.job_started",)),
    (r"육아휴직(?:시작|개시)", ("life.parental_leave_started",)),
    (r"육아휴직(?:종료|만료|이?끝난)", ("life.parental_leave_ended",)),
    (r"(?:창업|개업)", ("life.business_opened",)),
    (r"폐업(?:신고)?", ("life.business_closed",)),
    (r"장애인?등록", ("life.disability_registered",)),
    (r"입학", ("life.school_entered",)),
    (r"졸업", ("life.school_left",)),
    (r"주택(?:취득|매입)", ("life.home_bought",)),
    (r"(?:재해|재난)(?:발생)?", ("life.disaster_struck",)),
)
_WHOSE = r"(?:지원)?(?:대상)?(?:신생아|영아|출생아|자녀|아기|아동|주민등록|본인|유공자)?(?:의|가)?"
_FROM = r"(?:을|를|이)?(?:한|된)?(?:날|일|때|후|이후)" + _ALSO + r"(?:을|를)?(?:로|으로)?(?:부터|기준으로|기준|이후)?"
_MONTH_END = r"(?P<anchor>(?:이|가)?속한?(?:달|월)의?(?:말일|말)(?:로)?부터)"
_LENGTH = r"(?:만)?(?P<count>\d{1,3})(?P<unit>일|주|개월|달|년)(?:(?P<more>\d{1,2})(?P<of>개월|달|일))?(?:간)?"
_LIMIT = r"(?:이내|내|까지|안)(?:에|로)?"
_ENDING = r"(?:신청|접수|청구)?(?:가능|필요|할것|해야함|하여야함|한경우)?\.?"
_INCLUDED = r"(?P<counted>일?을?포함(?:하여|해|한)?)"
_PASSED = r"(?:이|을)?(?:경과|지난|초과)(?:한|된|하여|후)?(?:날|후)?(?:부터|이후)?~?"
_WAIT = rf"(?P<wait>\d{{1,3}})(?P<wait_unit>일|개월|년){_PASSED}"
_BODY = rf"(?:{_FROM}{_MONTH_END}?|{_INCLUDED})(?:{_WAIT})?{_LENGTH}{_LIMIT}"
_WHOLE = re.compile(_WHOSE + r"(?P<body>.*?)" + _ENDING)
_KNOWN = [(re.compile(rf"{event}{_BODY}"), names) for event, names in _EVENTS]
_OCCASION = re.compile(
    r"(?P<what>[가-힣·]{2,16}?)(?:한|된|받은)?(?:날|일|후|이후)"
    + _ALSO
    + rf"(?:을|를)?(?:로|으로)?(?:부터|기준으로|기준|이후)?{_LENGTH}{_LIMIT}"
)
_LEARNT = re.compile(rf"(?P<what>[가-힣·]{{2,40}}?(?:것|사실)을안)날(?:로)?부터{_LENGTH}{_LIMIT}")
"""From when somebody learns of a decision about them."""
_NO_OCCASION = re.compile(
    r"부터|확인|경과|학기|공고|모집|신청|접수|기준|결정|선정|통보|통지|발급|게시|현재|거주|지급|계약(?=일기준)"
)
_OPENING = re.compile(r"(?:\(?상시(?:신청)?\)?,?|신청기[한간]:?)")
_BEFORE = re.compile(r".*(?:부터|~)(?=(?:분만예정일|출산|출생|분만))")
_NOT_PASSED = re.compile(
    rf"(?:영아|아동|자녀|출생아|신생아)?의?(?:출생일|생년월일)(?:이|로부터|부터|기준)?{_LENGTH}(?:이|을)?(?:지나지|경과하지|넘지)"
)
_AROUND = re.compile(
    r"(?P<what>[가-힣]{2,8}일)(?:을|를)?(?:기준(?:으로)?)?전[·,]?후(?P<count>\d{1,3})일(?:이내|내|까지)?"
)
"""So many days before and after a day, such as the day on which a child is due."""
_NOTICE = re.compile(rf"(?:사업|모집)?공고(?:일|후)?(?:로)?부터{_LENGTH}(?:간|이내|내|까지)?(?:신청|접수)?")
_UNITS = {"일": "D", "개월": "M", "달": "M", "년": "Y"}
_WEEK = 7


def period(words: str, events: Collection[str]) -> list[Document] | None:
    """The windows of plain words that are one period after an event, and nothing else.

    Example:
        >>> period("출생일로부터90일이내", {"life.child_born"})
        [{'kind': 'relative', 'after': 'life.child_born', 'within': 'P90D'}]
        >>> period("시술종료후3개월이내", ())
        [{'kind': 'relative', 'occasion': '시술종료', 'within': 'P3M'}]
    """
    words = _OPENING.sub("", words, count=1) if _OPENING.match(words) else words
    notice = _NOTICE.fullmatch(words)
    if notice is not None:
        found = _document(notice, {"occasion": "공고"})
        return None if found is None else [found]
    around = _AROUND.fullmatch(words)
    if around is not None:
        length = f"P{int(around['count'])}D"
        born = around["what"] in ("출산일", "출생일", "분만일") and "life.child_born" in events
        after = {"after": "life.child_born"} if born else {"occasion": around["what"]}
        return [{"kind": "relative", **after, "opens_before": length, "within": length}]
    pregnant = _BEFORE.match(words)
    match = _WHOLE.fullmatch(words[pregnant.end() :] if pregnant else words)
    found = None if match is None else _read(match["body"], events, whole=True)
    if found is None:
        return None
    if pregnant is None:
        return [found]
    begins = "임신" in pregnant[0] and "life.pregnancy_registered" in events
    return [found, {"kind": "relative", "while": "pregnant"} if begins else {"kind": "unknown"}]


def period_in(words: str, events: Collection[str]) -> list[Document] | None:
    """The period after an event that words somewhere set for applying; None where they set none, or it is not clear."""
    passed = _NOT_PASSED.search(words)
    if passed is not None and "신청" in words and "life.child_born" in events:
        within = _duration(passed["count"], passed["unit"], passed["more"], passed["of"])
        return [{"kind": "relative", "after": "life.child_born", "within": within, "count_from": "same_day"}]
    found = _read(words, events, whole=False)
    return None if found is None else [found]


_APPLIES = re.compile(r"(?!.{0,24}(?:거주|주민등록|인자|부부|자격|지원받))[^.;:]{0,24}?(?:신청|접수|청구)(?!일|인)")


def _read(words: str, events: Collection[str], whole: bool) -> Document | None:
    for pattern, names in _KNOWN:
        match = pattern.fullmatch(words) if whole else _applying(pattern, words)
        if match is not None:
            also = ("life.child_adopted",) if "입양" in match[0] else ()
            known = [name for name in dict.fromkeys((*names, *also)) if name in events]
            return _document(
                match, {"after": known[0] if len(known) == 1 else known} if known else {"occasion": match[0]}
            )
    learnt = _LEARNT.fullmatch(words) if whole else None
    if learnt is not None:
        return _document(learnt, {"occasion": learnt["what"]})
    match = _OCCASION.fullmatch(words) if whole else _applying(_OCCASION, words)
    if match is None or _NO_OCCASION.search(match["what"]):
        return None
    return _document(match, {"occasion": match["what"]})


def _applying(pattern: re.Pattern[str], words: str) -> re.Match[str] | None:
    """The first match after which the words speak of applying, or that stands behind a label."""
    for match in pattern.finditer(words):
        labelled = re.search(r"(?:신청|접수|청구)(?:기[한간]|시기)[:)]*[^:]{0,16}$", words[: match.start()])
        if labelled or _APPLIES.match(words[match.end() :]):
            return match
    return None


def _document(match: re.Match[str], after: Document) -> Document | None:
    named = match.groupdict()
    within = _duration(match["count"], match["unit"], match["more"], match["of"])
    if within is None:
        return None
    found: Document = {"kind": "relative"} | after
    if named.get("wait"):
        found["opens_after"] = _duration(named["wait"], named["wait_unit"], None, None)
    found["within"] = within
    if named.get("anchor"):
        found["from"] = "end_of_month"
    return found | ({"count_from": "same_day"} if named.get("counted") else {})


def _duration(count: str, unit: str, more: str | None, of: str | None) -> str | None:
    if not int(count):
        return None
    if unit == "주":
        return f"P{_WEEK * int(count)}D"
    rest = f"{int(more)}{_UNITS[of]}" if more and of else ""
    return f"P{int(count)}{_UNITS[unit]}{rest}"


def after_what(window: Document) -> tuple[str, ...]:
    """The events a window runs from."""
    names = window.get("after", ())
    return (names,) if isinstance(names, str) else tuple(names)
