"""The oracle: clauses judged one by one, recursively, exactly as they read; what the compiled form must equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.calendar import parse_duration
from features.declaration.datatype import OLDEST_AGE
from features.value import NONE, UNKNOWN
from recommender.rules.clause import (
    WITHIN,
    Advisory,
    All,
    Answer,
    Clause,
    Compare,
    MemberCount,
    NoData,
    Not,
    UnreadText,
    encoded,
    fact_type,
)
from recommender.rules.elapsed import clauses_on
from recommender.rules.member_oracle import MembersAsked
from recommender.rules.programme import KINDS, Programme
from recommender.rules.region import Regions
from recommender.rules.working_days import WEEKENDS_ONLY, WorkingDays

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.members import Members

__all__ = ["Oracle", "holds"]


def holds(op: str, value: int, operands: tuple[int, ...]) -> bool:
    """Tell whether one comparison of known integers holds.

    >>> holds("at_most", 34, (34,)), holds("below", 34, (34,)), holds("in", 2, (1, 2))
    (True, False, True)
    """
    if op in ("is", "in"):
        return value in operands
    bound = operands[0]
    return {
        "below": value < bound,
        "above": value > bound,
        "at_most": value <= bound,
        "at_least": value >= bound,
    }[op]


@dataclass(frozen=True)
class Oracle:
    """Judges in strong Kleene logic on one day; `value` gives the integer a person's column holds, by name.

    `members` are those of the one person judged; without them nothing is known of the household.
    """

    declaration: Declaration
    regions: Regions
    day: int
    working_days: WorkingDays = WEEKENDS_ONLY
    members: Members | None = None

    def programme(self, programme: Programme, value: Callable[[str], int], applicant: int) -> Answer:
        """Answer a programme for an applicant (bit mask of KINDS): the OR over the kinds both share, none being NO."""
        shared = [programme.who[kind] for i, kind in enumerate(KINDS) if applicant >> i & 1 and kind in programme.who]
        last = programme.valid.last
        if not programme.valid.holds(self.day):  # what follows the last text is not known, unless it is over for good
            known = not shared or programme.ended or last is None or self.day <= last
            return Answer.NO if known else Answer.UNKNOWN
        answer = max((self.clause(clause, value) for clause in shared), default=Answer.NO)
        return answer if programme.verified else min(answer, Answer.UNKNOWN)

    def clause(self, clause: Clause, value: Callable[[str], int]) -> Answer:
        """Answer one clause."""
        if isinstance(clause, Compare):
            return self.compare(clause, value(clause.fact))
        if isinstance(clause, MemberCount):
            if self.members is None or self.declaration.household is None:
                return Answer.UNKNOWN
            dated = clauses_on({"": clause}, self.day, self.working_days)[""]
            assert isinstance(dated, MemberCount)
            return MembersAsked(self.declaration, self.members, self.day, value).answer(dated)
        if isinstance(clause, (NoData, UnreadText)):
            return Answer.UNKNOWN
        if isinstance(clause, Not):
            return Answer(Answer.YES - self.clause(clause.of, value))
        if isinstance(clause, Advisory):
            return max(self.clause(clause.of, value), Answer.UNKNOWN)
        answers = [self.clause(part, value) for part in clause.of]
        return min(answers, default=Answer.YES) if isinstance(clause, All) else max(answers, default=Answer.NO)

    def compare(self, compare: Compare, value: int) -> Answer:
        """Answer one comparison of a column's value."""
        if value in (UNKNOWN, NONE):
            return Answer.UNKNOWN if value == UNKNOWN else Answer.NO
        lengths = [parse_duration(operand) for op, operand in compare.tests if op == WITHIN]
        if any(self.working_days.last_day(value, length) < self.day for length in lengths):
            return Answer.NO
        tests = encoded(compare, self.declaration)
        kind = fact_type(compare.fact, self.declaration)
        if kind == "region":
            return Answer(min(self.regions.relation(value, operands, self.day) for _, operands in tests))
        members = [age for age in range(OLDEST_AGE + 1) if value >> age & 1] if kind == "ages" else [value]
        met = any(all(holds(op, member, operands) for op, operands in tests) for member in members)
        return Answer.YES if met else Answer.NO
