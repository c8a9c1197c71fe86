"""Fact values: the values a fact may have, and every way in which they answer several comparisons of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from features.declaration.datatype import OLDEST_AGE
from recommender.rules.clause import RECEIVES
from recommender.rules.rule_lowering import LEAST, MOST, Plain

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.interval import Interval

__all__ = ["met_by_ages", "stated_bounds", "turning_points"]


def stated_bounds(name: str, declaration: Declaration) -> Interval | None:
    """Return the least and the greatest value of a receipt or a fact that people state; None of a derived one."""
    fact = None if name.startswith(RECEIVES) else declaration.facts[name]
    if fact is None or fact.type == "boolean":
        return 0, 1
    if fact.type == "enum":
        return 0, len(fact.values) - 1
    if fact.derived is not None:
        return None
    return LEAST if fact.low is None else fact.low, MOST if fact.high is None else fact.high


def turning_points(tests: Sequence[Plain], low: int, high: int) -> set[int]:
    """Return values from `low` to `high` that between them meet and miss the tests in every way there is.

    >>> from recommender.rules.rule_kernel import RANGE
    >>> sorted(turning_points([Plain(RANGE, ((19, 34),))], 0, 150))
    [0, 18, 19, 34, 35, 150]
    """
    ends = (value for test in tests for a, b in test.intervals for value in (a - 1, a, b, b + 1))
    return {low, high, *(value for value in ends if low <= value <= high)}


def met_by_ages(tests: Sequence[Plain]) -> set[tuple[bool, ...]]:
    """Return which tests sets of ages meet, the empty one too: those that single ages meet, together in any way.

    >>> from recommender.rules.rule_kernel import MEMBERS
    >>> sorted(met_by_ages([Plain(MEMBERS, members=0b1), Plain(MEMBERS, members=0b11)]))
    [(False, False), (False, True), (True, True)]
    """
    ways = {(False,) * len(tests)}
    for age in range(OLDEST_AGE + 1):
        met = [bool(test.members >> age & 1) for test in tests]
        ways |= {tuple(one or hit for one, hit in zip(way, met, strict=True)) for way in ways}
    return ways
