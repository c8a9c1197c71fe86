"""Window reader: the windows of a programme read from its document, every problem in them gathered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from features.calendar import parse_duration
from features.mapping import MappingReader, nearest
from recommender.rules.window_rule import ANCHORS, COUNTS, WINDOWS, MonthDay, WindowRule
from recommender.text import text_at

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["read_events", "read_windows"]

_UNSTATED: Final = WindowRule("unknown")
_MONTHS: Final = 12
_LONGEST_MONTH: Final = 31
_LENGTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MONTH_DAY: Final = re.compile(r"(\d{1,2})-(\d{1,2})")
_MONTH_DAY_REMEDY: Final = 'Write the month and the day as "05-31"'


def read_windows(fields: MappingReader, declaration: Declaration) -> tuple[WindowRule, ...]:
    """Read what stands under `window`: one mapping, or a list of them; without any, one that is unknown."""
    value = fields.take("window")
    if value is None:
        return (_UNSTATED,)
    if isinstance(value, Mapping):
        return (_window(fields.below(value, "window"), declaration),)
    if not isinstance(value, (list, tuple)) or not value:
        fields.wrong("window", "invalid", f"{value!r} is no window", "Write a mapping, or a list of mappings")
        return (_UNSTATED,)
    readers = [fields.below(one, "window", i) for i, one in enumerate(value)]
    windows = tuple(_window(inner, declaration) for inner in readers)
    for i, window in enumerate(windows):
        if window in windows[:i]:
            fields.wrong(("window", i), "duplicate", "is the same window again", "Remove it")
    return windows


def _window(inner: MappingReader, declaration: Declaration) -> WindowRule:
    kind = inner.choice("kind", WINDOWS)
    anchor = str(inner.take("from")) if inner.take("from") in ANCHORS else None
    opens, closes = None if anchor is not None else inner.day("from"), inner.day("until")
    after, during = read_events(inner, "after", declaration), _during(inner, declaration)
    lengths = {key: _duration(inner, key) for key in ("within", "opens_before", "opens_after", "retroactive")}
    months, days, yearly = _months(inner), _days(inner), _yearly(inner)
    implied = "relative" if after or during else "recurring" if months or days or yearly else "unknown"
    window = WindowRule(
        kind or ("dated" if implied == "unknown" and (opens or closes) is not None else implied),
        opens, closes, after, lengths["within"], text_at(inner, "text"), during, anchor,
        inner.choice("count_from", COUNTS), lengths["opens_before"], lengths["opens_after"], lengths["retroactive"],
        months, days, yearly, inner.boolean("while_funds_last", False), inner.string("occasion"),
    )  # fmt: skip
    _check(window, inner)
    inner.close()
    return window


def _check(window: WindowRule, inner: MappingReader) -> None:
    """Collect what a window lacks, and what makes it one that never opens."""
    runs = (inner.has("after") or inner.has("occasion")) and inner.has("within")
    if window.kind == "relative" and not (window.during or runs):
        remedy = "Add after: EVENT and within: DURATION, or while: FACT"
        inner.wrong((), "missing", "a relative window needs an event and a duration", remedy)
    if window.kind == "dated" and not inner.has("from") and not inner.has("until"):
        inner.wrong((), "missing", "a dated window needs a date", "Add from: and until:")
    if window.opens is not None and window.closes is not None and window.closes < window.opens:
        inner.wrong("until", "conflict", "is before from", "Give a last day that is not before the first")
    if window.recurs and window.kind != "recurring":
        inner.wrong("kind", "conflict", f"is {window.kind}, yet names days of a year", "Write kind: recurring")
    if window.anchor is not None and not window.after and window.opens_before is None:
        inner.wrong("from", "conflict", f"is {window.anchor} of no event", "Add after: EVENT, or write a date")
    if window.retroactive is not None and not window.after:
        inner.wrong("retroactive", "missing", "counts from no event", "Add after: EVENT")
    if window.retroactive is not None and window.within is not None:
        within, back = parse_duration(window.within), parse_duration(window.retroactive)
        if 28 * back.months + back.days > 31 * within.months + within.days:
            what = f"is longer than within, {window.within}: nobody may claim so late"
            inner.wrong("retroactive", "conflict", what, "Correct one of the two")
    _check_that_it_opens(window, inner)


def _check_that_it_opens(window: WindowRule, inner: MappingReader) -> None:
    if window.days is not None and window.months:
        first = window.days[0]
        short = [month for month in window.months if _LENGTHS[month - 1] < first != _LONGEST_MONTH]
        if len(short) == len(window.months):
            inner.wrong("days", "conflict", "never opens: its months have no such day", "Name a day they have")


def _during(inner: MappingReader, declaration: Declaration) -> str | None:
    name = inner.string("while")
    if name is None:
        return None
    fact = declaration.facts.get(name)
    if fact is None or fact.type != "boolean":
        what = f"{name!r} is not a declared boolean fact{nearest(name, declaration.facts)}"
        inner.wrong("while", "unknown", what, "Name the fact that is true as long as one may apply")
        return None
    return name


def _duration(inner: MappingReader, key: str) -> str | None:
    text = inner.string(key)
    if text is not None:
        before = len(inner.problems.found)
        with inner.problems.gathered():
            parse_duration(text, inner.at(key))
        if len(inner.problems.found) > before:
            return None
    return text


def _months(inner: MappingReader) -> tuple[int, ...]:
    value = inner.take("months")
    listed = [] if value is None else value if isinstance(value, (list, tuple)) else [value]
    good = [one for one in listed if isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= _MONTHS]
    if len(good) < len(listed) or (value is not None and not listed):
        inner.wrong("months", "range", f"{value!r} are not months", "List months from 1 to 12, such as [3, 9]")
        return ()
    return tuple(sorted(set(good)))


def _days(inner: MappingReader) -> tuple[int, int] | None:
    days = inner.reader("days")
    if days is None:
        return None
    first, last = days.integer("from", 1), days.integer("until", 1)
    days.close()
    first, last = 1 if first is None else first, _LONGEST_MONTH if last is None else last
    if not first <= last <= _LONGEST_MONTH:
        what = f"from {first} until {last} are not days of a month"
        inner.wrong("days", "range", what, "Write from: and until:, from 1 to 31, the first before the last")
        return None
    return first, last


def _yearly(inner: MappingReader) -> tuple[MonthDay, MonthDay] | None:
    ends = inner.reader("yearly")
    if ends is None:
        return None
    for key in ("from", "until"):
        ends.required(key)
    first, last = _month_day(ends, "from"), _month_day(ends, "until")
    ends.close()
    return None if first is None or last is None else (first, last)


def _month_day(ends: MappingReader, key: str) -> MonthDay | None:
    text = ends.string(key)
    match = _MONTH_DAY.fullmatch(text) if text is not None else None
    if match is None:
        if text is not None:
            ends.wrong(key, "invalid", f"{text!r} is not a day of a year", _MONTH_DAY_REMEDY)
        return None
    month, day = int(match[1]), int(match[2])
    if not (1 <= month <= _MONTHS and 1 <= day <= _LENGTHS[month - 1]):
        ends.wrong(key, "range", f"{text!r} is a day that no year has", _MONTH_DAY_REMEDY)
        return None
    return month, day


def read_events(fields: MappingReader, key: str, declaration: Declaration) -> tuple[str, ...]:
    """Read one event type, or a list of them; what the declaration does not declare is a problem."""
    value = fields.take(key)
    names = [value] if isinstance(value, str) else value
    if names is None:
        return ()
    if not isinstance(names, (list, tuple)) or not names:
        fields.wrong(key, "unknown", f"{value!r} is not an event type", "Name one of events.yaml, or list several")
        return ()
    for name in names:
        if name not in declaration.events:
            what = f"{name!r} is not a declared event{nearest(name, declaration.events)}"
            fields.wrong(key, "unknown", what, "Declare it in events.yaml or name one that is declared there")
    return tuple(str(name) for name in names)
