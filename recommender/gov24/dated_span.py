"""Dated span: texts that give the first and the last day of a window, or several of them; days are YYYY-MM-DD."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from recommender.gov24.anytime import lasts_while_funded
from recommender.gov24.plain_words import FUNDS, Document

__all__ = ["dated", "dated_at_start"]

_CENTURY = 2000
_DECEMBER = 12
_LONGEST_MONTH = 31

_LABEL = re.compile(
    r"(?:신청|접수|모집)?(?:기간|기한):?|\S{0,12}학기:|(?:제)?\d차(?:\([^()\d]*\))?:?|[상하]반기:?(?=\D*20)"
)
_ENDLESS = re.compile(rf"{FUNDS}|상시|계속|수시|(?:제한|기한)없음")
_LATEST = re.compile(rf"\({FUNDS}(?:조기)?(?:마감|종료)?(?:가능)?\)|[,\s]{FUNDS}(?:조기)?(?:마감|종료)?(?:가능)?$")
_HARMLESS_NOTE = re.compile(
    r"\((?!.*(?:상이|공고|참[고조]|문의|확인|별도|추후|미정|상시|수시))[^()\d]*\)$|(?:\(?(?:예정|변동가능)\)?)$"
)
_TAIL = re.compile(r"(?:까지|신청|접수|모집|가능|중|\.)*$")
_YEAR = r"(?:(?P<year>20\d\d|'\d\d|\d\d(?=[.\-/]\d{1,2}[.\-/]\d))(?:년|[.\-/]))"
_EIGHT = re.compile(r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_DAY = re.compile(_YEAR + r"?(?P<month>\d{1,2})(?:월|[.\-/])(?P<day>\d{1,2})(?:일|\.)?")
_MONTH = re.compile(_YEAR.replace(r"|\d\d(?=[.\-/]\d{1,2}[.\-/]\d)", "") + r"(?P<month>\d{1,2})(?:월|\.)?")
_BARE_MONTH = re.compile(r"(?P<month>\d{1,2})월")
_BARE = re.compile(r"(?P<number>\d{1,2})(?:일|\.)?")
_WHOLE_YEAR = re.compile(r"(?P<year>20\d\d)년?(?:도)?(?:연중|년중)")
_SEVERAL = re.compile(r"[/;]|,(?=(?:제)?\d차|20\d\d|하반기)|(?<=[.일)])(?=(?:제)?\d차|하반기:?20)")
_HALF = re.compile(r"(?P<year>20\d\d)년?(?P<half>[상하])반기")
_LISTED = re.compile(r"(?P<year>20\d\d)[년.](?P<months>\d{1,2}월(?:\([상하]반기\))?(?:,\d{1,2}월(?:\([상하]반기\))?)+)")
_LONGEST_START = 48
_RUNS_ON = re.compile(r"[~\d./'(]|부터")


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a range as written: a day, or a whole month where no day is given."""

    year: int | None
    month: int
    day: int | None


def dated(words: str) -> list[Document] | None:
    """The windows of plain words that give days, and nothing else; None where they have no single reading.

    Example:
        >>> dated("2026.5.4~20")
        [{'kind': 'dated', 'from': '2026-05-04', 'until': '2026-05-20'}]
        >>> [one["from"] for one in dated("1차:2026.1.1.~1.31./2차:2026.7.1.~7.31.")]
        ['2026-01-01', '2026-07-01']
        >>> dated("2026.5.20~2026.5.4")
    """
    one = _one(words)
    if one is not None:
        return [one]
    listed = _LISTED.fullmatch(words)
    if listed is not None:
        year, months = int(listed["year"]), [int(month) for month in re.findall(r"\d+", listed["months"])]
        spans = [_range(_End(year, month, None), _End(year, month, None)) for month in months]
        return [span for span in spans if span is not None] if all(spans) else None
    parts = [part for part in _SEVERAL.split(words) if part]
    found = [_one(part) for part in parts]
    if len(parts) > 1 and all(span is not None and "until" in span for span in found):
        return [span for span in found if span is not None]
    return None


def dated_at_start(words: str) -> Document | None:
    """The window with both ends that words begin with, whatever follows it as long as it is no more of a date."""
    for end in range(min(len(words), _LONGEST_START), 7, -1):
        rest = words[end:]
        if rest and _RUNS_ON.match(rest):
            continue
        found = _one(words[:end])
        if found is not None and {"from", "until"} <= set(found):
            return None if re.search(r"20\d\d[.년]|\d{1,2}월|~", rest) else found
    return None


def _one(words: str) -> Document | None:
    funds = lasts_while_funded(words)
    words = _LATEST.sub("", words)
    words = _HARMLESS_NOTE.sub("", words)
    label = _LABEL.match(words)
    words = words[label.end() :] if label else words
    span = _span(words)
    return None if span is None else span | funds


def _span(words: str) -> Document | None:
    whole = _WHOLE_YEAR.fullmatch(words)
    if whole:
        return _range(_End(int(whole["year"]), 1, 1), _End(int(whole["year"]), _DECEMBER, 31))
    half = _HALF.fullmatch(words)
    if half:
        year, month = int(half["year"]), 1 if half["half"] == "상" else 7
        return _range(_End(year, month, None), _End(year, month + 5, None))
    if words.endswith("까지") and not re.search("~|부터", words):
        words = "~" + words
    first, tilde, last = words.partition("부터" if "부터" in words and "~" not in words else "~")
    if tilde and not first:
        end = _end(last)
        whole_month = re.search(r"월(?:까지)?$", last)
        known = end is not None and end.year is not None and (end.day is not None or whole_month)
        return _range(None, end) if known else None
    start = _end(first)
    if start is None or start.year is None:
        return None
    if not tilde:  # a month by itself: "2025. 7."
        return _range(start, start) if start.day is None else None
    if not last or _ENDLESS.fullmatch(last):
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
            year = match["year"]
            full = None if year is None else int(year) if len(year) == 4 else _CENTURY + int(year[-2:])
            return _End(full, int(match["month"]), day)
    month = _BARE_MONTH.fullmatch(words)
    if start is None or not (month or _BARE.fullmatch(words)):
        return None
    if month or start.day is None:
        return _End(None, int(re.sub(r"\D", "", words)), None)
    return _End(start.year, start.month, int(re.sub(r"\D", "", words)))


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
