"""Deadline: when one may apply for a service, from 신청기한 and from what else its row says, or unknown with its words.

A text is read whole: a pattern must account for every character, so what it does not expect makes the window unknown
instead of half read. Elsewhere in a row only what is said of applying is read: a hard limit there wins over 상시.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from recommender.gov24 import delivery
from recommender.gov24.anytime import anytime
from recommender.gov24.dated_span import dated, dated_at_start
from recommender.gov24.event_period import after_what, period, period_in
from recommender.gov24.plain_words import Document, plain
from recommender.gov24.season_text import season
from recommender.published_rows import Row, text_of

__all__ = ["KINDS", "after_what", "of_row", "plain", "windows"]

KINDS = ("open_ended", "dated", "recurring", "relative", "not_needed", "unknown")
_FIELD = "신청기한"
_ELSEWHERE = ("지원대상", "선정기준", "지원내용", "신청방법")
_WAYS = "신청방법"
_LONGEST = 120
"""Texts beyond this many characters tell several things at once."""
_LABEL = re.compile(r"(?:신청|접수|청구|모집)(?:기[한간]|시기|기일)(?:\([^()]*\))?(?:[:\-)]|은|는)")
_LIMITED = re.compile(r"^[^.;:]{0,16}\d{1,3}(?:일|주|개월|달|년)(?:이내|이전|전|내|까지)(?!부터|에|에는)")
"""What an unread line behind a label sets a limit with: beside it nothing else says that one may apply at any time."""
_BRACKETS = re.compile(r"\([^()]*\)")
_HEADINGS = re.compile(r"\[[^\[\]]*\]")


def windows(text: str | None, events: Collection[str]) -> list[Document]:
    """The windows that a text of 신청기한 describes; `events` are the event types a relative window may name.

    Example:
        >>> windows("2026.05.04~2026.05.20", ())
        [{'kind': 'dated', 'from': '2026-05-04', 'until': '2026-05-20', 'text': '2026.05.04~2026.05.20'}]
        >>> windows("출생일로부터 90일 이내", {"life.child_born"})[0]["within"]
        'P90D'
        >>> windows("접수기관 별 상이", ())
        [{'kind': 'unknown', 'text': '접수기관 별 상이'}]
    """
    original = (text or "").strip()
    if not original:
        return [{"kind": "unknown"}]
    return _worded(_read(original, events) or [{"kind": "unknown"}], original)


def of_row(listed: Row, detail: Row, events: Collection[str]) -> list[Document]:
    """The windows of a service: by its own field, or by what stands elsewhere in its row where that sets none."""
    own = windows(text_of(listed, _FIELD) or text_of(detail, _FIELD), events)
    if own[0]["kind"] not in ("open_ended", "unknown"):
        return own
    kept = {key: value for key, value in own[0].items() if key == "text"}
    says = own[0]["kind"] == "unknown" and "신청" in kept.get("text", "")  # in what way, so there is one
    if delivery.names_no_way(listed) and not says:
        return [{"kind": "not_needed"} | kept]
    found = _elsewhere(listed, detail, events)
    return own if found is None else found


class _ApplyingLine(NamedTuple):
    """A line of a row: its field, as written, its plain words, and those behind a label of the time to apply."""

    field: str
    written: str
    words: str
    labelled: str | None


def _elsewhere(listed: Row, detail: Row, events: Collection[str]) -> list[Document] | None:
    """The first period after an event that the row sets for applying, else its first labelled days."""
    lines = list(_lines(listed, detail))
    for line in lines:  # what stands in brackets beside one way of applying is about that way alone
        whole = None if line.labelled is None else period(line.labelled, events)
        found = whole or period_in(_BRACKETS.sub("", line.words) if line.field == _WAYS else line.words, events)
        if found is not None:
            return _worded(found, line.written)
    for line in lines:
        if line.labelled is None:
            continue
        span = dated_at_start(line.labelled)
        found = dated(line.labelled) or ([span] if span is not None else None)
        if found is not None and all("until" in one for one in found):
            return _worded(found, line.written)
        first = line.labelled.partition(",")[0]
        again = season(first) if len(first) <= _LONGEST else None
        if again is not None and len(again) > 1:
            return _worded([again], line.written)
    unread = next((line for line in lines if line.labelled is not None and _LIMITED.search(line.labelled)), None)
    return None if unread is None else [{"kind": "unknown", "text": unread.written}]


def _lines(listed: Row, detail: Row) -> Iterator[_ApplyingLine]:
    """Yield the lines of the fields beside its own that may say when to apply."""
    for field in _ELSEWHERE:
        for line in re.split(r"[\r\n]+", text_of(detail, field) or text_of(listed, field) or ""):
            if written := line.strip():
                words = plain(written)
                label = _LABEL.search(words)
                yield _ApplyingLine(field, written, words, None if label is None else words[label.end() :])


def _read(text: str, events: Collection[str]) -> list[Document] | None:
    words = plain(text)
    if len(words) > _LONGEST:
        return period(words, events) if len(words) <= 2 * _LONGEST else None
    one = anytime(words)
    if one is not None:
        return [one]
    found = dated(words) or period(words, events)
    if found is None:
        lines = [dated(plain(line)) for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(lines):
            return [window for part in lines for window in part or ()]
        parts = [_read(part, events) for part in _HEADINGS.split(words) if part] if _HEADINGS.match(words) else []
        if len(parts) > 1 and all(parts):
            return [window for part in parts for window in part or ()]
        again = season(words)
        found = None if again is None else [again]
    return found


def _worded(found: Sequence[Document], text: str) -> list[Document]:
    """The same windows, each with the words it was read from."""
    return [window | {"text": text} for window in found]
