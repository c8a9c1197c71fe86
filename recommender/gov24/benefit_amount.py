"""Benefit amount: the sums that a gov24 row says are given, each as a payment with its place in the text.

Budgets, own shares, fees, prices, limits on income, assets or rent and the shares of those who finance a sum are no
sums that are given, and are left out. What cannot be told is left open: how often is then `unknown`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from recommender.gov24 import amount_words as words
from recommender.gov24.money import Sum, sums

Document = dict[str, Any]

TITLE: Final = "서비스명"
FIELDS: Final = ("지원내용", "지원대상", "선정기준")
"""Where sums stand: what is given, and for whom, where a line of that says how much."""
SUMMARY: Final = "서비스목적요약"
"""Where they stand if nowhere else."""
READ: Final = (TITLE, *FIELDS, SUMMARY)
"""The fields that are read."""
_MOST: Final = 100
"""A line with more sums is a table without its rows, and none of them is read."""
_NEAR: Final = 300
"""So many letters of a heading may say what the sums below it are."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the row says of the service beside the text: what it gives, to which kinds of users, and its name."""

    forms: Collection[str]
    kinds: Sequence[str]
    title: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A sum in its line: the words around it."""

    won: Sum
    line: str
    before: str
    after: str
    label: str
    between: str


def value(
    row: Mapping[str, str | None],
    forms: Collection[str],
    kinds: Sequence[str] = ("개인",),
    fields: Sequence[str] = FIELDS,
) -> Document:
    """What a service is worth: every sum that is given, or none with the words kept.

    Args:
        row: the fields of FIELDS, and TITLE, which tells what a sum is for where the text does not.
        forms: what it gives, as programmes call it.
        kinds: the kinds of users, in the publisher's words.
        fields: the names of the fields, first that of what is given; another publisher has its own.

    Example:
        >>> read = lambda words: value({"지원내용": words}, ["cash"], ["개인"])["parts"][0]
        >>> {key: read("보훈예우수당 매월 15만원 지급")[key] for key in ("amount", "period")}
        {'amount': 150000, 'period': 'month'}
        >>> read("최대 60만원 지원")["at_most"], read("첫째 30만원 지급")["nth"]
        (600000, 1)
    """
    given = (row.get(fields[0]) or "").strip()
    service = _Told(forms, kinds, row.get(TITLE) or "")
    parts = [part for field in fields for part in _parts(field, row.get(field) or "", field == fields[0], service)]
    parts = parts or list(_parts(SUMMARY, row.get(SUMMARY) or "", True, service))
    kept: Document = {"currency": "KRW"} | ({"text": given} if given else {})
    if not parts:
        return kept | {"amount": None}
    together = len(parts) == 1 or all("nth" in part for part in parts)
    return kept | {"parts": parts} | ({} if together else {"adds": False})


def _parts(field: str, text: str, given: bool, service: _Told) -> Iterator[Document]:
    """Yield each payment that one field states, once; `given` where the field tells what is given."""
    seen: set[tuple[object, ...]] = set()
    for found in _found(text, given, service):
        period, per = _period(found, service), _per(found, service)
        nth = words.NTH.search(found.before) if per == "child" else None
        part: Document = _sum(found) | {"period": period}
        if period == "day" and (week := words.DAYS_A_WEEK.search(found.line)):
            part["days_a_week"] = int(week[1])
        if per != "person":
            part["per"] = per
        if nth is not None:
            part["nth"] = _place(nth)
        key = (*sorted((name, str(value)) for name, value in part.items()),)
        if key not in seen:
            seen.add(key)
            yield part | {"source": {"field": field, "from": found.won.start, "to": found.won.end}}


def _found(text: str, given: bool, service: _Told) -> Iterator[_Found]:
    """Yield the sums of a field that are given, each with its line."""
    heading, start = "", 0
    for line in text.splitlines(keepends=True):
        here = [Sum(one.won, one.start + start, one.end + start, one.lower) for one in sums(line)]
        here = here if len(here) <= _MOST else []
        bounds = [start, *(edge for one in here for edge in (one.start, one.end)), start + len(line)]
        parts = _adding_up(here, text)
        for i, one in enumerate(here):
            before, between = text[bounds[2 * i] : one.start], text[one.end : bounds[2 * i + 3]]
            whole, after = text[start : one.start], text[one.end : start + len(line)]
            found = _Found(one, line.strip(), before, after, f"{heading} {whole}", between)
            stated = given or words.STATED.search(whole) or words.STATED_ABOVE.search(heading)
            if stated and i not in parts and not _set_aside(found, service):
                yield found
        if not here and line.strip():
            heading = line.strip()[-_NEAR:]
        start += len(line)


def _adding_up(here: Sequence[Sum], text: str) -> frozenset[int]:
    """Which sums of a line are only the parts, in the bracket behind it, that add up to another sum."""
    for i, one in enumerate(here):
        rest = here[i + 1 :]
        for count in range(len(rest), 1, -1):
            bracket = "(" in text[one.end : rest[0].start] and ")" not in text[one.end : rest[count - 1].start]
            if bracket and sum(part.won for part in rest[:count]) == one.won:
                return frozenset(range(i + 1, i + 1 + count))
    return frozenset()


def _set_aside(found: _Found, service: _Told) -> bool:
    """Whether a sum is not given: an own share, a fee, a budget, a limit, or what another sum is a part of."""
    before, rest, line, forms = found.before.rstrip(" "), found.after, found.line, service.forms
    if set(forms) == {"facility"}:
        return True  # prices of entry
    loan = "loan" in forms and "이자" not in f"{found.label}{line}" and re.search(r"[대융][출자]\s?한도", found.label)
    if words.CONDITION_AFTER.search(rest) or words.UNDER_AFTER.search(rest) or words.BASE_AFTER.search(rest):
        return True
    if words.DIVIDED_AFTER.search(rest) or (words.RENT.search(before) and words.LET_AFTER.search(rest)):
        return True
    if words.FORMERLY.search(line) or words.TOTAL.search(before) or words.MANY_AFTER.search(rest):
        return True
    if words.SHARED_AFTER.search(rest) or words.AVERAGE.search(before):
        return True
    if words.PREMIUM.search(before) and words.PREMIUM_LIMIT.search(rest):
        return True
    if words.LOCAL_MONEY.search(service.title) and words.BOUGHT.search(line):
        return True
    if words.BUDGET.search(found.label) or words.FINANCED.search(before) or words.OWN_AFTER.search(rest):
        return True
    if words.GIVEN_AFTER.search(rest) or loan:
        return False
    told = bool(words.GIVEN.search(line))
    bare = _sum(found).keys() != {"at_most"}
    unlikely = bare and not words.GIVEN_IN.intersection(forms) and not words.GIVEN.search(found.label)
    costs = bool(words.UNIT_COST.search(before) or words.FEE_LINE.search(found.label))
    return bool(words.OTHERS.search(before)) or (not told and (costs or unlikely))


def _sum(found: _Found) -> Document:
    won, before = found.won, found.before
    if won.lower is not None:
        return {"from": won.lower, "at_most": won.won}
    if words.LIMIT.search(found.label) or words.MOST_BEFORE.search(before) or words.MOST_AFTER.search(found.after):
        return {"at_most": won.won}
    if words.LEAST_BEFORE.search(before) or words.LEAST_AFTER.search(found.after):
        return {"from": won.won}
    return {"amount": won.won}


def _period(found: _Found, service: _Told) -> str:
    """How often: said right before or after the sum, else in its line, else by what it is for."""
    before = words.JOINED.sub("", found.before)
    near = [period for period, pattern in words.PER_BEFORE if pattern.search(before) or pattern.search(found.before)]
    near += [period for period, pattern in words.PER_AFTER if pattern.search(found.after)]
    if near:
        return near[0]
    if words.ONCE.search(found.line):
        return "once"
    said = [one for one, told in words.SOMEWHERE if told.search(found.label) or told.search(found.between)]
    if said:
        return said[0]
    if set(service.forms) == {"insurance"} or words.COVER.search(service.title):
        return "time"
    return "once" if words.ONCE_THING.search(found.label) or words.ONCE_THING.search(service.title) else "unknown"


def _per(found: _Found, service: _Told) -> str:
    """For each of what: the word nearest before the sum, else what the title and the kinds of users tell."""
    if words.UNIT_OF.search(found.before) or words.UNIT_AFTER.search(found.after):
        return "other"
    told = [per for per, said in words.TITLES if said.search(service.title)]
    if set(service.kinds) == {"가구"} and not words.PERSON.search(found.label):
        return "household"
    for text in (found.before, found.label):
        last = [(match.end(), -place) for place, (_, said) in enumerate(words.EACH) for match in said.finditer(text)]
        if last:
            each = words.EACH[-max(last)[1]][0]
            return "child" if each == "person" and told[:1] == ["child"] else each
    if "개인" not in service.kinds and service.kinds:
        return "household" if "가구" in service.kinds else "business"
    return told[0] if told else "person"


def _place(nth: re.Match[str]) -> object:
    word = nth["word"]
    place = words.ORDER.get(word) or int(word[0])
    return {"from": place} if nth["more"] else place
