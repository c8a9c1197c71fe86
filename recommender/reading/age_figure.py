"""Age figure: an age or a span of ages as texts write it, and whose age it may be."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from recommender.rules.clause import Any, Clause, Compare

__all__ = ["CHILDS_AGE", "OLDEST", "WrittenAges", "age_at", "age_clause"]

OLDEST: Final = 130
"""No age is above."""
CHILDS_AGE: Final = 18
"""Up to this upper bound an age may be the applicant's own or a child's."""
YOUNG_FROM, YOUNG_TO = 15, 24
"""So may one that begins below the first and ends up to the second."""

_N: Final = r"(?:만|연|연령|나이)?(?P<{0}>\d{{1,3}})"
_LOW, _HIGH = _N.format("low"), _N.format("high")
_UP: Final = r"(?P<up>이상|부터|초과)"
_DOWN: Final = r"(?P<down>이하|미만|까지|이내)"
_AGES: Final = (
    re.compile(rf"{_LOW}(?:(?P<months>개월)|세|살)?{_UP}?(?:[~-]|에서|부터){_HIGH}(?:세|살){_DOWN}?(?:까지)?의?"),
    re.compile(rf"{_LOW}(?:세|살){_UP}(?:이고|하고|이면서|,|에서|부터|~|-)?{_HIGH}(?:세|살){_DOWN}"),
    re.compile(rf"{_LOW}(?:세|살)(?:{_UP}|{_DOWN})의?"),
    re.compile(rf"{_LOW}(?:세|살)(?!대)의?"),
)
_NOT_AGE: Final = re.compile(r"\d세(?:대|환자)")


class WrittenAges(NamedTuple):
    """Ages in completed years, both included; None is without bound. `end` is where the words end.

    A span that nobody's age can lie in (60 to 40, 200 and over) is not `sound`: it is a slip of the pen.
    """

    low: int | None
    high: int | None
    end: int

    @property
    def sound(self) -> bool:
        """Whether somebody can be of such an age."""
        low, high = self.low or 0, OLDEST if self.high is None else self.high
        return low <= high <= OLDEST


def age_at(text: str, at: int) -> WrittenAges | None:
    """Return the ages written at a place of a statement without blanks, None where there are none.

    >>> age_at("만18세이상~40세미만", 0)
    WrittenAges(low=18, high=39, end=12)
    """
    if _NOT_AGE.match(text, at):
        return None
    found = next((match for pattern in _AGES if (match := pattern.match(text, at))), None)
    return None if found is None else _span(found)


def _span(found: re.Match[str]) -> WrittenAges:
    said = found.groupdict()
    first = int(said["low"]) // (12 if said.get("months") else 1)
    up, down = said.get("up"), said.get("down")
    low: int | None = first
    high = int(said["high"]) if said.get("high") else None
    if high is None and up is None:
        low, high = (None if down else first), first
    if low is not None and up == "초과":
        low += 1
    if high is not None and down == "미만":
        high -= 1
    return WrittenAges(low, high, found.end())


def age_clause(low: int | None, high: int | None) -> Clause:
    """Return what an age from `low` to `high` asks: of the applicant or, where both are young, of them or a child."""
    own = _within("age", low, high)
    young = low is not None and low < YOUNG_FROM and high is not None and high <= YOUNG_TO
    if not young and (high is None or high > CHILDS_AGE):
        return own
    return Any((own, _within("child_ages", low, high)))


def _within(fact: str, low: int | None, high: int | None) -> Clause:
    if low is None or high is None:
        return Compare(fact, "at_most" if low is None else "at_least", (high if low is None else low) or 0)
    return Compare(fact, "at_least", low, (("at_most", high),))
