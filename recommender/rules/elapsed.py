"""Elapsed: "not longer ago than" and "the age reached this year" on one day, as comparisons with days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from features.calendar import DAY_SECONDS, Duration, date_of, parse_duration
from recommender.rules.clause import WITHIN, Advisory, All, Any, Clause, Compare, MemberCount, MemberTest, Not, Operand

if TYPE_CHECKING:
    from recommender.rules.working_days import WorkingDays

__all__ = ["clauses_on", "first_that_counts"]


def first_that_counts(length: Duration, today: int, working: WorkingDays) -> int:
    """Return the earliest day from which a period of this length is not over today, as the country counts.

    >>> from recommender.rules.working_days import WorkingDays
    >>> first_that_counts(Duration(days=30), 20_000, WorkingDays(weekend=frozenset())) - 20_000
    -30
    """
    day = length.back_from(today * DAY_SECONDS) // DAY_SECONDS
    while working.last_day(day, length) < today:
        day += 1
    while working.last_day(day - 1, length) >= today:
        day -= 1
    return day


def clauses_on(
    who: Mapping[str, Clause], today: int, working: WorkingDays, made: dict[int, Clause] | None = None
) -> Mapping[str, Clause]:
    """Return the same clauses with `within` and `turns` as comparisons with days; the same object without any.

    `made` holds what was made of clauses before, by identity, and grows; who keeps it keeps the clauses.
    """
    made = {} if made is None else made
    found = {kind: _on(clause, today, working, made) for kind, clause in who.items()}
    return found if any(found[kind] is not who[kind] for kind in who) else who


def _on(clause: Clause, today: int, working: WorkingDays, made: dict[int, Clause]) -> Clause:
    if id(clause) not in made:
        made[id(clause)] = _dated(clause, today, working, made)
    return made[id(clause)]


def _dated(clause: Clause, today: int, working: WorkingDays, made: dict[int, Clause]) -> Clause:
    if isinstance(clause, (All, Any)):
        parts = tuple([_on(part, today, working, made) for part in clause.of])
        same = all(one is other for one, other in zip(parts, clause.of, strict=True))
        return clause if same else replace(clause, of=parts)
    if isinstance(clause, (Not, Advisory)):
        part = _on(clause.of, today, working, made)
        return clause if part is clause.of else replace(clause, of=part)
    if isinstance(clause, MemberCount):
        dated = tuple([one for test in clause.tests for one in _member_tests(test, today, working)])
        return clause if dated == clause.tests else replace(clause, tests=dated)
    if not isinstance(clause, Compare) or all(op != WITHIN for op, _ in clause.tests):
        return clause
    tests = [_test(op, operand, today, working) for op, operand in clause.tests]
    return replace(clause, op=tests[0][0], operand=tests[0][1], also=tuple(tests[1:]))


def _member_tests(test: MemberTest, today: int, working: WorkingDays) -> tuple[MemberTest, ...]:
    if test.of == "turns":
        return _born_in(test, date_of(today).year - int(test.operand))
    if test.op != WITHIN:
        return (test,)
    op, operand = _test(test.op, str(test.operand), today, working)
    return (replace(test, op=op, operand=str(operand)),)


def _born_in(test: MemberTest, year: int) -> tuple[MemberTest, ...]:
    """The age reached in the calendar year as the days of birth of those who reach it: `year` is that of the bound."""
    first = {"is": year, "at_most": year, "below": year + 1}.get(test.op)
    last = {"is": year, "at_least": year, "above": year - 1}.get(test.op)
    days = (("at_least", first, "01-01"), ("at_most", last, "12-31"))
    return tuple(MemberTest("born", op, f"{bound}-{day}") for op, bound, day in days if bound is not None)


def _test(op: str, operand: Operand, today: int, working: WorkingDays) -> tuple[str, Operand]:
    if op != WITHIN:
        return op, operand
    return "at_least", date_of(first_that_counts(parse_duration(operand), today, working)).isoformat()
