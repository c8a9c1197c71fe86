"""Member oracle: a person's members counted one by one, exactly as a clause reads; what the kernel must equal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.calendar import completed_months, completed_years
from features.declaration.datatype import DataType
from features.members import BORN, CERTAIN, DISABLED, LIVES, MONTHS, RAISES, RELATION, WHOLE
from features.value import UNKNOWN
from recommender.rules.clause import Answer, MemberCount, MemberTest

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.members import Members

__all__ = ["MembersAsked"]

_TRAITS = {"lives_with": LIVES, "raises": RAISES, "disabled": DISABLED}


@dataclass(frozen=True)
class MembersAsked:
    """The members of one person on one day, asked by clauses; `value` gives the integer of a column, by name."""

    declaration: Declaration
    members: Members
    day: int
    value: Callable[[str], int]

    def answer(self, clause: MemberCount) -> Answer:
        """Answer a clause: it holds if every number that there can be of such members is one it accepts."""
        rows = self.members.cells.tolist()
        relations = self._relations(clause)
        answers = [self._meets(clause, relations, rows, place) for place in range(len(rows))]
        sure = sum(answer == Answer.YES for answer in answers)
        maybe = sum(answer != Answer.NO for answer in answers)
        most = max([2, maybe, *(bound + 2 for _, bound in clause.count)]) if self._lacks(clause, relations) else maybe
        accepted = {all(_holds(op, number, bound) for op, bound in clause.count) for number in range(sure, most + 1)}
        return Answer.UNKNOWN if len(accepted) > 1 else Answer.YES if True in accepted else Answer.NO

    def _relations(self, clause: MemberCount) -> tuple[str, ...]:
        assert self.declaration.household is not None
        return clause.relations or self.declaration.household.born

    def _places(self, relations: Sequence[str]) -> list[int]:
        assert self.declaration.household is not None
        return [self.declaration.household.place(name) for name in relations]

    def _related(self, relations: Sequence[str], row: Sequence[int]) -> Answer:
        if row[RELATION] != UNKNOWN and row[RELATION] not in self._places(relations):
            return Answer.NO
        return Answer.YES if row[RELATION] != UNKNOWN and row[CERTAIN] else Answer.UNKNOWN

    def _meets(
        self, clause: MemberCount, relations: Sequence[str], rows: Sequence[Sequence[int]], place: int
    ) -> Answer:
        answers = [self._related(relations, rows[place])]
        for test in clause.tests:
            if test.of == "nth":
                continue
            answers.append(
                self._is_youngest(relations, rows, place)
                if test.of == "youngest"
                else _tested(test, rows[place], self.day)
            )
        ranks = [test for test in clause.tests if test.of == "nth"]
        if ranks:
            answers.append(self._ranked(ranks, relations, rows, place))
        return min(answers)

    def _ranked(
        self, tests: Sequence[MemberTest], relations: Sequence[str], rows: Sequence[Sequence[int]], place: int
    ) -> Answer:
        """Whether every place in the order of birth that a member can have is one that the tests accept."""
        sure, maybe = 1, 1
        for other, row in enumerate(rows):
            related = self._related(relations, row)
            if other == place or related == Answer.NO:
                continue
            known = UNKNOWN not in (row[BORN], rows[place][BORN])
            before = (row[BORN], other) < (rows[place][BORN], place)
            maybe += not known or before
            sure += known and before and related == Answer.YES
        whole = all(self.members.since[0, one] == WHOLE for one in self._places(relations))
        most = maybe if whole else max([maybe, *(int(test.operand) + 2 for test in tests)])
        accepted = {all(_holds(test.op, rank, int(test.operand)) for test in tests) for rank in range(sure, most + 1)}
        return Answer.UNKNOWN if len(accepted) > 1 else Answer.YES if True in accepted else Answer.NO

    def _is_youngest(self, relations: Sequence[str], rows: Sequence[Sequence[int]], place: int) -> Answer:
        born = rows[place][BORN]
        listed = WHOLE if born == UNKNOWN else born
        answers = [Answer.YES]
        if any(self.members.since[0, one] > listed for one in self._places(relations)):
            answers.append(Answer.UNKNOWN)
        for other, row in enumerate(rows):
            related = self._related(relations, row)
            if other == place or related == Answer.NO:
                continue
            if UNKNOWN in (born, row[BORN]):
                answers.append(Answer.UNKNOWN)
            elif row[BORN] > born:
                answers.append(Answer.NO if related == Answer.YES else Answer.UNKNOWN)
        return min(answers)

    def _lacks(self, clause: MemberCount, relations: Sequence[str]) -> bool:
        """Whether somebody may meet the tests who is not listed: not born before a list began to be whole."""
        home = self.declaration.household
        assert home is not None
        raised = MemberTest("raises", "is", True) in clause.tests
        closed = {
            name
            for closing in home.closings
            if raised and self.value(closing.fact) == closing.value
            for name in closing.relations
        }
        return any(not self._listed(clause, home.place(name)) for name in relations if name not in closed)

    def _listed(self, clause: MemberCount, place: int) -> bool:
        """Whether everybody of a relation who can meet the tests is listed: all such were born since it was whole."""
        since = int(self.members.since[0, place])
        return since == WHOLE or any(_too_old(test, since, self.day) for test in clause.tests)


def _too_old(test: MemberTest, since: int, day: int) -> bool:
    """Whether a test fails for everybody born before a day, because it fails for those born on it as too old."""
    if test.of in ("born", "due"):
        bound = DataType("date").encode(test.operand) + (test.op == "above")
        return test.op in ("is", "above", "at_least") and bound >= since
    if test.of not in ("months", "age") or since > day:
        return False
    age = completed_months(since, day) if test.of == "months" else completed_years(since, day)
    bound = int(test.operand)
    return age >= bound if test.op == "below" else test.op in ("is", "at_most") and age > bound


def _tested(test: MemberTest, row: Sequence[int], day: int) -> Answer:
    if test.of in _TRAITS:
        value = row[_TRAITS[test.of]]
        return Answer.UNKNOWN if value == UNKNOWN else Answer.YES if value == int(test.operand) else Answer.NO
    if test.of in ("born", "due"):
        value, bound = row[BORN], DataType("date").encode(test.operand)
    else:
        months = row[MONTHS]
        value = months if months == UNKNOWN or test.of == "months" else completed_years(row[BORN], day)
        bound = int(test.operand)
    if value == UNKNOWN:
        return Answer.UNKNOWN
    return Answer.YES if _holds(test.op, value, bound) else Answer.NO


def _holds(op: str, value: int, bound: int) -> bool:
    return {
        "is": value == bound,
        "below": value < bound,
        "above": value > bound,
        "at_most": value <= bound,
        "at_least": value >= bound,
    }[op]
