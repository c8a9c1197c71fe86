"""Like verdicts: the verdicts on many people, each different one explained once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Int8, Int64
from features.kernel.like_rows import like_rows
from features.value import NONE, UNKNOWN
from recommender.rules.clause import Answer, Compare, MemberCount
from recommender.rules.member_kernel import count_members
from recommender.rules.rule_kernel import MEMBERS, RANGE
from recommender.rules.verdict import Verdict, Verdicts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from features.snapshot import Snapshots
    from recommender.rules.compiled import Compiled

__all__ = ["like_verdicts"]


def like_verdicts(
    compiled: Compiled, known: Snapshots, applicants: Int64, answers: Int8, person: Int64, programme: Int64
) -> list[Verdict]:
    """Return the verdicts on m pairs, as `Verdicts.explain` of each person tells them.

    Args:
        compiled: the rules of the day, able to explain.
        known: n people.
        applicants: int64[n], bit masks of KINDS.
        answers: int8[n, P] of Answer.
        person: int64[m], places among the people.
        programme: int64[m], places in the catalogue.
    """
    seen, alone = _SeenPeople(compiled, known), dict[int, Verdicts]()
    found: list[Verdict] = [None] * len(person)  # type: ignore[list-item]  # each is filled below
    order = np.argsort(programme, kind="stable")
    ends = np.flatnonzero(np.diff(programme[order])) + 1
    for rows in np.split(order, ends) if order.size else ():
        place, who = int(programme[rows[0]]), person[rows]
        like = like_rows(np.column_stack((answers[who, place], applicants[who], *seen.of(place, who))))
        verdicts = []
        for at in who[like.first].tolist():
            if at not in alone:
                members = known.members[at : at + 1]
                alone[at] = Verdicts(compiled, answers[at], known.values[at], int(applicants[at]), members)
            verdicts.append(alone[at].explain(place))
        for row, which in zip(rows.tolist(), like.of.tolist(), strict=True):
            found[row] = verdicts[which]
    return found


class _SeenPeople:
    """What the rules see of n people: columns of integers, of which equal ones are told the same."""

    def __init__(self, compiled: Compiled, known: Snapshots) -> None:
        self._compiled, self._known = compiled, known
        self._place = {name: i for i, name in enumerate(compiled.columns)}
        self._compared: dict[int, Int64] = {}
        self._answered: dict[int, Int64] = {}
        self._counts: Int64 | None = None
        self._lists: Int64 | None = None

    def of(self, place: int, who: Int64) -> list[Int64]:
        """Return all that the verdicts on a programme rest on, of some people, beside the answers."""
        compared, counting = self._compiled.tested(place)
        columns = [self._answers(one)[who] for one in compared]
        columns += [self._answers_counted(one)[who] for one in counting]
        return [*columns, *self._unlisted()[:, who]] if counting else columns

    def _answers(self, one: Compare) -> Int64:
        """What a comparison answers, int64[n]; the value itself where that leaves it open."""
        if id(one) not in self._compared:
            place = self._place.get(one.fact)
            values = np.full(len(self._known), UNKNOWN) if place is None else self._known.values[:, place]
            answers = self._answers_to(one, values)
            open_ones = answers == Answer.UNKNOWN
            answers[open_ones] = len(Answer) + 1 + values[open_ones]  # no answer; that of UNKNOWN wraps to one place
            self._compared[id(one)] = answers
        return self._compared[id(one)]

    def _answers_to(self, one: Compare, values: Int64) -> Int64:
        test = self._compiled.test(one)
        if test.kind == RANGE:
            holds = np.zeros(len(values), np.bool_)
            for low, high in test.intervals:
                holds |= (values >= low) & (values <= high)
        elif test.kind == MEMBERS:
            holds = (values & test.members) != 0
        else:
            different, which = np.unique(values, return_inverse=True)
            return np.array([self._compiled.compare(one, value) for value in different.tolist()], np.int64)[which]
        answers = 2 * (holds & (values > NONE)).astype(np.int64)
        answers[values == UNKNOWN] = Answer.UNKNOWN
        return answers

    def _answers_counted(self, one: MemberCount) -> Int64:
        """What a clause over members answers, int64[n]."""
        if id(one) not in self._answered:
            counts = self._counted()
            told = [self._compiled.counts_answer(one, counts[:, at]) for at in range(len(self._known))]
            self._answered[id(one)] = np.array([Answer.UNKNOWN if answer is None else answer for answer in told])
        return self._answered[id(one)]

    def _counted(self) -> Int64:
        """How many members certainly and possibly meet each test, int64[T, n, 2]."""
        if self._counts is None:
            plan, known = self._compiled.plan, self._known
            rows = self._compiled.rows(known.values, 1, known.members)
            self._counts = np.empty((len(plan.tests), len(known), 2), np.int64)
            if len(plan.tests):
                count_members(plan.tests, plan.closers, rows.values, rows.members, 0, len(known), self._counts)
        return self._counts

    def _unlisted(self) -> Int64:
        """Which facts that list members or close such a list are not known: what is asked for follows from that."""
        if self._lists is None:
            declaration = self._compiled.declaration
            closing = [one.fact for one in declaration.household.closings] if declaration.household else []
            names: Sequence[str] = [*(name for name, fact in declaration.facts.items() if fact.members), *closing]
            places = sorted({self._place[name] for name in names if name in self._place})
            unlisted: Bool = self._known.values[:, places] == UNKNOWN
            self._lists = unlisted.T.astype(np.int64)
        return self._lists
