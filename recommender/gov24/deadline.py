"""Deadline: the free text of 신청기한 read into a window, or left unknown with its words kept.

Texts are read whole: a pattern must account for every character, so what it does not expect makes the window unknown
instead of half read. Dates are days since 1970 written YYYY-MM-DD, both ends included.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

Document = dict[str, Any]

KINDS = ("open_ended", "dated", "recurring", "relative", "not_needed", "unknown")

_CENTURY = 2000
_DECEMBER = 12
_LONGEST_MONTH = 31
_LONGEST = 120
"""Texts beyond this many characters tell several things at once."""


def window(text: str | None, events: Collection[str]) -> Document:
    """The window that a text of 신청기한 describes; `events` are the event types a relative window may name.

    Example:
        >>> window("2026.05.04~2026.05.20", ())
        {'kind': 'dated', 'from': '2026-05-04', 'until': '2026-05-20', 'text': '2026.05.04~2026.05.20'}
        >>> window("출생일로부터 90일 이내", {"life.child_born"})["within"]
        'P90D'
        >>> window("접수기관 별 상이", ())
        {'kind': 'unknown', 'text': '접수기관 별 상이'}
    """
    original = (text or "").strip()
    if not original:
        return {"kind": "unknown"}
    return (_read(plain(original), events) or {"kind": "unknown"}) | {"text": original}


def plain(text: str) -> str:
    """A text without spaces and times of day, with one kind of each bracket, dash and quotation mark.

    Example:
        >>> plain("2026. 5. 1.∼ 5. 31．（예산 소진시）")
        '2026.5.1.~5.31.(예산소진시)'
    """
    folded = unicodedata.normalize("NFKC", text).translate(_FOLDED)
    return "".join(_CLOCK.sub(" ", folded).split())


_CLOCK = re.compile(r"(?<![\d:])\(?(?:\d{1,2}:\d{2}|\d{1,2}시)\)?(?=\s|~|까지|$)")
_FOLDED = str.maketrans("∼〜–—’‘`․ㆍ・", "~~~~'''.··")


def _read(words: str, events: Collection[str]) -> Document | None:
    if len(words) > _LONGEST:
        return None
    if _NOT_NEEDED.fullmatch(words):
        return {"kind": "not_needed"}
    if _is_open_ended(words):
        return {"kind": "open_ended"}
    return _dated(words) or _relative(words, events) or ({"kind": "recurring"} if _recurs(words) else None)


# --- not needed and open-ended -------------------------------------------------------------------------------------

_NOTE = r"(?:\([^()]*\))?"
_NOT_NEEDED = re.compile(
    r"(?:개인|별도의?|온라인)?(?:신청|접수)?(?:절차)?(?:가|이|은|는)?(?:불필요|필요없음|필요하지않음)" + _NOTE +
    r"|(?:개인|별도의?|온라인)?(?:신청|접수)(?:절차)?(?:가|이|은|는)?없음" + _NOTE +
    r"|(?:신청(?:절차)?없이)?(?:자동|직권)(?:지급|지원|적용|감면|처리)" + _NOTE
)  # fmt: skip
_ALWAYS = r"(?:(?:매년)?(?:상시|수시|연중|년중|항시|언제든지|언제나)(?:상시|수시|무휴)?)"
_DOING = r"(?:신청|접수|모집|운영|가능|지원|이용|발급|예약|받음|함|,)*"
_FUNDS = (
    r"(?:(?:선착순)?,?(?:할인|사업|지원|배정|당해|해당)?(?:예산|사업비|재원|기금|물량|신청대상|모집인원|정원)(?:이|의)?"
    r"(?:범위)?(?:내|소진|마감|충족)(?:에서|시|될때|전)?(?:까지|마감|종료)*)"
)
_OPEN_ENDED = re.compile(
    rf"{_FUNDS}?,?{_ALWAYS}{_DOING}{_FUNDS}?{_DOING}(?P<note>(?:\([^()]*\))*)|{_FUNDS}{_DOING}{_NOTE}"
)
_DATE_LIKE = re.compile(r"\d{4}[.년\-/]|\d{1,2}월")


def _is_open_ended(words: str) -> bool:
    match = _OPEN_ENDED.fullmatch(words)
    return match is not None and not _DATE_LIKE.search(match["note"] or "")


# --- dated ---------------------------------------------------------------------------------------------------------

_WEEKDAY = re.compile(r"\((?:월|화|수|목|금|토|일)(?:요일)?\)")
_LABEL = re.compile(r"(?:신청|접수|모집)?(?:기간|기한):?|\S{0,12}학기:")
_UNTIL_FUNDS_END = re.compile(_FUNDS)
_LATEST = re.compile(rf"\({_FUNDS}(?:조기)?(?:마감|종료)?(?:가능)?\)")
_TAIL = re.compile(r"(?:까지|신청|접수|가능|\.)*$")
_YEAR = r"(?:(?P<year>20\d\d|'\d\d|\d\d(?=[.\-/]\d{1,2}[.\-/]\d))(?:년|[.\-/]))"
_EIGHT = re.compile(r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_DAY = re.compile(_YEAR + r"?(?P<month>\d{1,2})(?:월|[.\-/])(?P<day>\d{1,2})(?:일|\.)?")
_MONTH = re.compile(_YEAR.replace(r"|\d\d(?=[.\-/]\d{1,2}[.\-/]\d)", "") + r"(?P<month>\d{1,2})(?:월|\.)?")
_BARE_MONTH = re.compile(r"(?P<month>\d{1,2})월")
_BARE = re.compile(r"(?P<number>\d{1,2})(?:일|\.)?")
_WHOLE_YEAR = re.compile(r"(?P<year>20\d\d)년?(?:도)?(?:연중|년중)")


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a range as written: a day, or a whole month where no day is given."""

    year: int | None
    month: int
    day: int | None


def _dated(words: str) -> Document | None:
    words = _LATEST.sub("", _WEEKDAY.sub("", words))
    label = _LABEL.match(words)
    words = words[label.end() :] if label else words
    whole = _WHOLE_YEAR.fullmatch(words)
    if whole:
        return _range(_End(int(whole["year"]), 1, 1), _End(int(whole["year"]), _DECEMBER, 31))
    if words.endswith("까지") and not re.search("~|부터", words):
        end = _end(words)
        return _range(None, end) if end is not None and end.year is not None and end.day is not None else None
    first, tilde, last = words.partition("부터" if "부터" in words and "~" not in words else "~")
    start = _end(first)
    if start is None or start.year is None:
        return None
    if not tilde:  # a month by itself: "2025. 7."
        return _range(start, start) if start.day is None else None
    if not last or _UNTIL_FUNDS_END.fullmatch(last):
        return _range(start, None)
    end = _end(last, start)
    return None if end is None else _range(start, end)


def _end(words: str, start: _End | None = None) -> _End | None:
    """One end of a range; what the second leaves out (its year, a month) it has from the first."""
    words = _TAIL.sub("", words)
    for pattern in (_EIGHT, _DAY, _MONTH):
        match = pattern.fullmatch(words)
        if match:
            day = int(match["day"]) if pattern is not _MONTH else None
            return _End(_full_year(match["year"]), int(match["month"]), day)
    month = _BARE_MONTH.fullmatch(words)
    if start is None or not (month or _BARE.fullmatch(words)):
        return None
    if month or start.day is None:
        return _End(None, int(re.sub(r"\D", "", words)), None)
    return _End(start.year, start.month, int(re.sub(r"\D", "", words)))


def _full_year(year: str | None) -> int | None:
    if year is None:
        return None
    return int(year) if len(year) == 4 else _CENTURY + int(year[-2:])


def _range(start: _End | None, end: _End | None) -> Document | None:
    """The days from the first of `start` to the last of `end`; None where there are none, or in no such order."""
    try:
        opens = None if start is None else datetime.date(start.year or 0, start.month, start.day or 1)
        closes = None if end is None else _last_day(end, opens)
    except ValueError:
        return None
    if opens is not None and closes is not None and closes < opens:
        return None
    days = {"from": opens, "until": closes}
    return {"kind": "dated"} | {key: day.isoformat() for key, day in days.items() if day is not None}


def _last_day(end: _End, opens: datetime.date | None) -> datetime.date:
    year = end.year
    if year is None:  # the first end's year, or the next: "2025. 12. 1. ~ 1. 15." has crossed it
        assert opens is not None, "an end without a year follows one that has it"
        year = opens.year + ((end.month, end.day or _LONGEST_MONTH) < (opens.month, opens.day))
    if end.day is not None:
        return datetime.date(year, end.month, end.day)
    after = datetime.date(year + end.month // _DECEMBER, end.month % _DECEMBER + 1, 1)
    return after - datetime.timedelta(days=1)


# --- relative to an event ------------------------------------------------------------------------------------------

_EVENTS = {
    r"출(?:생|산)": "life.child_born",
    r"입양(?:신고)?": "life.child_adopted",
    r"임신확인": "life.pregnancy_registered",
    r"(?:혼인(?:신고)?|결혼)": "life.married",
    r"이혼(?:신고)?": "life.divorced",
    r"사망": "life.relative_died",
    r"전입(?:신고)?": "life.moved",
    r"(?:실직|실업)": "life.job_lost",
    r"취업": "life.job_started",
    r"육아휴직(?:시작|개시)": "life.parental_leave_started",
    r"육아휴직(?:종료|만료)": "life.parental_leave_ended",
    r"(?:창업|개업)": "life.business_opened",
    r"폐업(?:신고)?": "life.business_closed",
    r"장애인?등록": "life.disability_registered",
    r"입학": "life.school_entered",
    r"졸업": "life.school_left",
    r"주택(?:취득|매입)": "life.home_bought",
    r"(?:재해|재난)(?:발생)?": "life.disaster_struck",
}
_WHOSE = r"(?:지원)?(?:대상)?(?:신생아|영아|출생아|자녀|아기|아동|주민등록)?(?:의|가)?"
_FROM = r"(?:을|를)?한?(?:날|일|후|이후)(?:을|를)?(?:로|으로)?(?:부터|기준으로|기준)?"
_WITHIN = r"(?P<count>\d{1,3})(?P<unit>일|주|개월|달|년)(?:이내|내|까지|안)(?:에)?(?:신청|접수)?(?:가능|필요)?"
_RELATIVE = [(re.compile(_WHOSE + event + _FROM + _WITHIN), name) for event, name in _EVENTS.items()]
_UNITS = {"일": "P{0}D", "개월": "P{0}M", "달": "P{0}M", "년": "P{0}Y"}
_WEEK = 7


def _relative(words: str, events: Collection[str]) -> Document | None:
    for pattern, event in _RELATIVE:
        match = pattern.fullmatch(words)
        if match and event in events and int(match["count"]):
            count = int(match["count"]) * (_WEEK if match["unit"] == "주" else 1)
            within = _UNITS["일" if match["unit"] == "주" else match["unit"]].format(count)
            return {"kind": "relative", "after": event, "within": within}
    return None


# --- recurring -----------------------------------------------------------------------------------------------------

_EVERY = re.compile(r"매년|매월|매주|매학기|매분기|해마다|격년|연도별|분기별|반기별|학기별|연간|[연년]\d회")
_AT_ANY_TIME = re.compile(r"상시|수시|연중|년중|제한없|20\d\d")
_SEASON = (
    r"\d{1,2}월(?:\d{1,2}일)?|\d{1,2}\.\d{1,2}\.?|(?:상·?,?하|상|하)반기|[연년][초말]|[춘하추동]계"
    r"|설날?|추석|명절"
)
_MONTH_SPAN = r"\d{1,2}(?=[~,·\-]\d{1,2}월)"
_FILLER = (
    r"신청|접수|모집|공고|공모|예정|예상|기간|기한|시기|사업|공급|변동|가능|당월|당해|해당|당년|차년|차기|전년|익년|매년|년?도|연도"
    r"|초순|중순|하순|상순|초|중|말|경|까지|부터|이후|각|\d회|내|시|전|당|은|는|의|에|및|또는|로|으로|[~,·:/()\-.\d일]"
)
_SEASONAL = re.compile(rf"(?>{_SEASON}|{_MONTH_SPAN}|{_FILLER})++")  # atomic: a text is cut in one way only
_NAMES_SEASON = re.compile(_SEASON)


def _recurs(words: str) -> bool:
    """Whether a text names something that comes round every year, month or term, and nothing else it could mean."""
    if _AT_ANY_TIME.search(words):
        return False
    return bool(_EVERY.search(words) or (_NAMES_SEASON.search(words) and _SEASONAL.fullmatch(words)))
