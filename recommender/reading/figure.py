"""Figure: ages, incomes, lengths of time and sums as texts write them, each with the clause it asks."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from recommender.reading.age_figure import age_at, age_clause
from recommender.reading.lexeme import LexemeKind
from recommender.rules.clause import All, Any, Clause, Compare, NoData

__all__ = ["Figure", "figure_at"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure found: what it is, where it ends, and what it asks."""

    kind: LexemeKind
    end: int
    clause: Clause | None = None


_INCOME: Final = re.compile(
    r"(?:(?P<recognised>소득인정액|소득평가액)|(?:가구당?|월|총|본인)?소득(?:수준)?"
    r"|건강보험료(?:본인부담금)?(?:합산액)?|가구원소득)?"
    r"(?:이|은|기준|액)?,?(?:건강보험료)?(?:기준)?(?:기준)?중위소득\ue000?(?:의|대비|기준)?"
    r"(?:(?P<percent>\d{1,3})(?:%|퍼센트|프로)|100분의(?P<parts>\d{1,3}))?"
    r"(?P<down>이하|이내|미만|↓|까지|범위내)?(?P<up>초과|이상)?(?P<more>~)?"
)
_OTHER_BOUND: Final = re.compile(
    r"(?:이고|이며|이면서|하고|에서|부터|인자중|[,~-])?(?:기준)?(?:중위소득)?(?:의)?"
    r"(?P<percent>\d{1,3})(?:%|퍼센트|프로)(?:(?P<down>이하|이내|미만|까지)|(?P<up>초과|이상))"
)
"""The other end of a range of incomes, right behind the first."""
_PREMIUM: Final = re.compile(
    r"(?:국민)?(?:건강|장기요양)?보험료(?!지원|감면|납부지원)[^()·]{0,24}?"
    r"(?:이하|미만|하위\d+%|이내|납부자|납부세대|최저보험료|기준)"
)
_WON: Final = re.compile(
    r"\d[\d,.]{0,30}(?:천|백|십)?(?:만|억|백만|천만)?(?:\d[\d,]{0,30}(?:천|백)?만)?원(?:이하|미만|이상|초과|이내)(?:인)?"
)
_SINCE: Final = re.compile(
    r"(?:자녀)?(?:의)?(?:출생|출산|입양|분만|출생신고)일?(?:을|를)?(?:기준)?(?:으로|일)?(?:이전)?부터"
)
_YOUNGER: Final = re.compile(
    r"(?:영아의|자녀의|아동의)?(?:출생|출산)(?:일|한날|신고일)?(?:로부터|부터|이|후|을기준으로)?"
    r"(?P<count>\d{1,2})(?P<unit>개월|년)(?:이|을)?"
    r"(?:(?:지나지|경과하지|경과되지)않[가-힣]*|(?:이내|미만)(?:인|의)?)"
)
_MONTHS_OLD: Final = re.compile(
    r"(?P<born>생후)?만?(?:(?P<low>\d{1,2})개월(?:이상|부터)?(?:~|-|에서)?)?만?(?P<high>\d{1,2})개월(?P<down>이하|미만|이내|까지)(?:의|인)?"
    r"(?P<child>(?=영아|영유아|아동|자녀|아기|유아|신생아|아이))?"
)
_CHILDREN: Final = re.compile(r"(?:미성년|미취학)?자녀(?:를|가|수가|수)?(?P<count>\d)(?:명|인|자녀)?이상")
_COUNT: Final = re.compile(
    r"(?:총|약|선착순|연간)?\d[\d,]{0,30}(?:명(?:내외|이내)?(?!이상|미만|이하)|[가-힣]{1,3}(?:내외|이내))"
)
_DATE: Final = re.compile(
    r"(?:19|20)\d\d(?:년(?:\d{1,2}월(?:\d{1,2}일)?)?|\.\d{1,2}\.(?:\d{1,2}\.?)?)일?"
    r"(?:이후|이전|부터|까지|생|출생자|기준|현재)*"
)
_DURATION: Final = re.compile(
    r"(?:최근|만|과거)?(?P<count>\d{1,3})(?P<unit>년|개월|달|일|주|월)(?:간|동안)?"
    r"(?P<more>이상|이전부터|전부터|전|초과|경과|이내|미만|이하)?(?:의|인|간)?"
)
_DAYS: Final = {"년": 360, "개월": 30, "달": 30, "월": 30, "일": 1, "주": 7}
_LENGTHS: Final = ("이상", "이전부터", "전부터", "초과", "경과")


_AT_THAT_AGE: Final = re.compile(r"이후|이전|전에|후에|되던|때(?!문)|당시|에(?=보호|퇴소|시설|입소|졸업|입국)")
"""An age with such a word is that at which something was, not today's."""
_LIVED: Final = Any((Compare("newly_moved_in", "is", False), NoData("출생일부터 거주")))
"""Who has lived here long has lived here since the birth, as far as facts know."""


def figure_at(text: str, at: int) -> Figure | None:
    """Return the figure that begins at a place of a statement written without blanks, None where there is none.

    >>> figure_at("기준중위소득100분의50이하", 0).clause.tests
    (('at_most', 50),)
    """
    for letters, read in _READERS:
        if text[at] in letters:
            figure = read(text, at)
            if figure is not None:
                return figure
    return None


def _age(text: str, at: int) -> Figure | None:
    span = age_at(text, at)
    if span is None:
        return None
    if not span.sound:
        return Figure(LexemeKind.UNREAD, span.end)
    if span.low == span.high and _AT_THAT_AGE.match(text, span.end):
        return Figure(LexemeKind.CONDITION, span.end, NoData("그때의 나이"))
    low = None if at and text[at - 1] == "~" else span.low  # up to an age; where the span begins stands before
    return Figure(LexemeKind.AGE, span.end, age_clause(low, span.high))


def _duration(text: str, at: int) -> Figure | None:
    """Read a length: one that is a lower bound asks for months of residence, a part of a month counted as one."""
    found = _DURATION.match(text, at)
    if found is None:
        return None
    months = -(-int(found["count"]) * _DAYS[found["unit"]] // 30)
    clause = Compare("residence_months", "at_least", months) if found["more"] in _LENGTHS and months else None
    return Figure(LexemeKind.DURATION, found.end(), clause)


def _young(text: str, at: int) -> Figure | None:
    found = _YOUNGER.match(text, at)
    if found is None:
        return None
    months = int(found["count"]) * (12 if found["unit"] == "년" else 1)
    return Figure(LexemeKind.CONDITION, found.end(), _up_to("at_most" if "이내" in found[0] else "below", months))


def _up_to(op: str, months: int) -> Clause:
    """Return that the youngest child is so old at most: in the month that begins on the last day it is not known."""
    below = Compare("youngest_child_months", "below", months)
    if op == "below":
        return below
    return Any((below, All((Compare("youngest_child_months", "at_most", months), NoData("날까지 센 나이")))))


def _children(text: str, at: int) -> Figure | None:
    found = _CHILDREN.match(text, at)
    if found is None:
        return None
    several = Compare("children_count", "at_least", int(found["count"]))
    return Figure(LexemeKind.CONDITION, found.end(), All((several, Compare("child_ages", "at_most", 24))))


def _months_old(text: str, at: int) -> Figure | None:
    """Read an age in months: the youngest child's up to the upper bound; whose a lower bound is is not known."""
    found = _MONTHS_OLD.match(text, at)
    if found is None or (found["born"] is None and found["child"] is None):
        return None
    if int(found["low"] or 0) > int(found["high"]):
        return Figure(LexemeKind.UNREAD, found.end())
    op = "below" if found["down"] == "미만" else "at_most"
    young = _up_to(op, int(found["high"]))
    if found["low"] is not None:
        young = All((young, NoData("자녀의 월령")))
    return Figure(LexemeKind.CONDITION, found.end(), young)


def _income(text: str, at: int) -> Figure | None:
    found = _INCOME.match(text, at)
    limit = found and (found["percent"] or found["parts"])
    if found is None or (limit is None and found["down"] is None):
        return None
    if found["more"]:
        return Figure(LexemeKind.UNREAD, found.end())
    fact = "recognised_income_percent" if found["recognised"] else "income_percent"
    ops = {"초과": "above", "이상": "at_least", "미만": "below"}
    op = ops.get(found["up"] or found["down"] or "", "at_most")
    bound = int(limit or 100)
    other = _OTHER_BOUND.match(text, found.end())
    if other is None or bool(found["up"]) == bool(other["up"]):
        return Figure(LexemeKind.CONDITION, found.end(), Compare(fact, op, bound))
    second = ops.get(other["up"] or other["down"] or "", "at_most"), int(other["percent"])
    low, high = (bound, second[1]) if found["up"] else (second[1], bound)
    if low >= high:  # nobody's income lies in such a range: it is a slip of the pen
        return Figure(LexemeKind.UNREAD, other.end())
    return Figure(LexemeKind.CONDITION, other.end(), Compare(fact, op, bound, (second,)))


def _plainly(
    pattern: re.Pattern[str], kind: LexemeKind, clause: Clause | None = None
) -> Callable[[str, int], Figure | None]:
    """Return a reader of figures that all ask the same."""

    def read(text: str, at: int) -> Figure | None:
        found = pattern.match(text, at)
        return None if found is None else Figure(kind, found.end(), clause)

    return read


_DIGITS: Final = "0123456789"
_READERS: Final[tuple[tuple[str, Callable[[str, int], Figure | None]], ...]] = (
    (f"{_DIGITS}생만", _months_old),
    (f"{_DIGITS}총약선연", _plainly(_COUNT, LexemeKind.NEUTRAL)),
    (_DIGITS, _plainly(_DATE, LexemeKind.UNREAD)),
    (f"{_DIGITS}만연나", _age),
    (_DIGITS, _plainly(_WON, LexemeKind.CONDITION, NoData("금액 기준"))),
    (f"{_DIGITS}만최과", _duration),
    ("자미", _children),
    ("소기중가월총본건", _income),
    ("영자아출", _young),
    ("자출입분", _plainly(_SINCE, LexemeKind.CONDITION, _LIVED)),
    ("국건보장", _plainly(_PREMIUM, LexemeKind.CONDITION, NoData("건강보험료"))),
)
"""Each kind of figure with the letters it may begin with, in the order in which they are tried."""
