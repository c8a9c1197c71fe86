"""Member lowering: a clause over members as one row of integers, and what a person can state to settle it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from features.declaration.datatype import DataType
from features.declaration.kinship import HOUSEHOLD
from recommender.rules.clause import WITHIN, MemberCount, MemberTest
from recommender.rules.interval import Interval, interval_of
from recommender.rules.member_kernel import ANY, ANY_HIGH, ANY_LOW, MANY

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.declaration.kinship import Household

__all__ = ["asks_for_members", "closers_of", "count_interval", "member_mask", "plainest_members"]

MemberRow = tuple[int, ...]
_DATE: Final = DataType("date")
_LISTED: Final = ("months", "age", "turns", "born", "nth", "youngest")
"""What a short list of dates tells of its members."""


def member_mask(clause: MemberCount, home: Household) -> int:
    """Return the bits of the relations a clause counts: those it names, or all of people who are born."""
    return home.mask(clause.relations or home.born)


def plainest_members(clause: MemberCount, home: Household) -> MemberRow:
    """Return what a clause asks of one member as a row; see `recommender.rules.member_kernel.TEST`."""
    flags = {test.of: int(bool(test.operand)) for test in clause.tests if test.op == "is"}
    months = _interval(clause, "months", int)
    years = _interval(clause, "age", int)
    in_years = (_scaled(years[0], 0), _scaled(years[1], 11))
    born = _both(_interval(clause, "born", _DATE.encode), _interval(clause, "due", _DATE.encode))
    return (
        member_mask(clause, home), flags.get("lives_with", ANY), flags.get("raises", ANY), flags.get("disabled", ANY),
        *_both(months, in_years), *born, *_interval(clause, "nth", int), int("youngest" in flags),
    )  # fmt: skip


def _scaled(years: int, rest: int) -> int:
    return years if years in (ANY_LOW, ANY_HIGH) else 12 * years + rest


def _interval(clause: MemberCount, of: str, encode: Callable[[bool | int | str], int]) -> Interval:
    interval = (ANY_LOW, ANY_HIGH)
    for test in clause.tests:
        if test.of == of and test.op != WITHIN:
            bound = encode(test.operand)
            low, high = interval_of(test.op, bound, ANY_LOW, ANY_HIGH)
            interval = _both(interval, (bound, bound) if test.op == "is" else (low, high))
    return interval


def _both(left: Interval, right: Interval) -> Interval:
    return max(left[0], right[0]), min(left[1], right[1])


def count_interval(clause: MemberCount) -> Interval:
    """Return the least and the greatest number of members with which a clause holds.

    >>> count_interval(MemberCount(("child",), (), (("at_least", 2),)))
    (2, 2147483648)
    """
    interval = (0, MANY)
    for op, bound in clause.count:
        interval = _both(interval, (bound, bound) if op == "is" else interval_of(op, bound, 0, MANY))
    return interval


def closers_of(declaration: Declaration, columns: dict[str, int]) -> list[tuple[int, int, int]]:
    """Return the columns that say that a person raises nobody who is not listed, with the value and the relations."""
    home = declaration.household
    if home is None:
        return []
    known = [one for one in home.closings if one.fact in columns]
    return [(columns[one.fact], one.value, home.mask(one.relations)) for one in known]


def asks_for_members(clause: MemberCount, declaration: Declaration, unknown: Callable[[str], bool]) -> tuple[str, ...]:
    """Return what a person can state to settle a clause: a short list where that is enough, and what closes a list.

    Args:
        clause: what is open.
        declaration: what may be stated.
        unknown: whether a fact of that name is not known of the person.
    """
    home = declaration.household
    if home is None:
        return ()
    relations = clause.relations or home.born
    raised = MemberTest("raises", "is", True) in clause.tests
    closing = [
        one.fact for one in home.closings if raised and unknown(one.fact) and set(one.relations) & set(relations)
    ]
    return (*_lists(clause, relations, declaration, unknown), *dict.fromkeys(closing))


def _lists(
    clause: MemberCount, relations: Sequence[str], declaration: Declaration, unknown: Callable[[str], bool]
) -> tuple[str, ...]:
    home = declaration.household
    assert home is not None
    for fact in declaration.facts.values():
        if not fact.members or not set(relations) <= set(fact.members) or not unknown(fact.name):
            continue
        raises = [home.relations[name].raises for name in fact.members]
        tested = {test.of for test in clause.tests}
        if tested <= {*_LISTED, *(("raises",) if min(raises) >= 0 else ())}:
            return (fact.name,)
    return (HOUSEHOLD,)
