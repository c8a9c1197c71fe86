"""Person arrays: what offers rest on of people who are known one by one, as arrays over all of them.

Of several people each different case is worked out once, by tables that answer as the code for one person does.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from features.members import joined
from features.snapshot import Snapshots
from recommender.offers.amount_table import amount_table
from recommender.offers.grant_opening import grant_opening
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.utility import unlocked
from recommender.rules.chance import chances
from recommender.rules.chance_table import chance_table

if TYPE_CHECKING:
    from recommender.ranking.scorer import Pairs
    from recommender.rules.compiled import Compiled
    from recommender.rules.person import Person

__all__ = ["PairSums", "StackedPeople"]


class PairSums(NamedTuple):
    """What offers come to in the first year.

    Attributes:
        ordered: int64[m], the sums by which they are ordered: for everybody alike, or worked out for the person.
        told: int64[m, 4], as of `AmountTable.amounts`; None where they are worked out when they are told.
    """

    ordered: Int64
    told: Int64 | None


@dataclass(frozen=True, eq=False)
class StackedPeople:
    """People by their columns: a `recommender.offers.amount_table.CountedPeople`.

    Attributes:
        people: n of them.
        known: their columns and members.
        applicants: int64[n], bit masks of KINDS.
        compiled: the rules of the day.
        numbers: the cases of sums that they are, as far as a table found them; grows.
    """

    people: Sequence[Person]
    known: Snapshots
    applicants: Int64
    compiled: Compiled
    numbers: dict[tuple[object, ...], Int64] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, people: Sequence[Person], compiled: Compiled) -> StackedPeople:
        """Stack people; raises ValueError where a snapshot has other columns than were compiled for."""
        applicants = np.array([person.applicant for person in people], dtype=np.int64)
        return cls(people, _stacked(people, compiled), applicants, compiled)

    def person(self, at: int, compiled: Compiled, whole: bool) -> Person:  # noqa: ARG002
        """Return one of them, of whom all is known anyway."""
        return self.people[at]

    def held(self) -> Bool:
        """Whether they receive each programme, bool[n, P]."""
        index = self.compiled.catalogue.index
        held = np.zeros((len(self.people), len(index)), dtype=np.bool_)
        for i, person in enumerate(self.people):
            if person.held:
                held[i, [index[name] for name in person.held if name in index]] = True
        return held

    def chances(self, answers: Int8) -> Float64:
        """How likely they are to meet each programme that the rules leave open, float64[n, P]."""
        compiled, known = self.compiled, self.known
        if len(self.people) > 1:
            rows = compiled.rows(known.values, self.applicants, known.members)
            return chance_table(compiled).chances(rows, known.members, answers)
        applicant = int(self.applicants[0])
        return chances(compiled, known.values[0], applicant, answers[0], known.members)[None, :]

    def sums(self, pairs: Pairs, children: Int64 | None) -> PairSums:
        """What each offer comes to in the first year."""
        table, compiled = offer_arrays(self.compiled), self.compiled
        amounts, chosen = table.usual[pairs.programme], table.depending(self.known.values, pairs)
        if len(self.people) > 1 and bool((self.known.t == self.known.t[0]).all()):  # of one second there is one table
            told = amount_table(compiled, self.people[0].t).amounts(self, pairs.person, pairs.programme)
            amounts[chosen] = told[chosen, 2]
            return PairSums(amounts, told)
        starts = np.searchsorted(pairs.person[chosen], np.arange(len(self.people) + 1))
        for i, (begin, end) in enumerate(itertools.pairwise(starts.tolist())):
            mine, own = chosen[begin:end], None if children is None else children[i : i + 1]
            if mine.size:
                person = self.people[i]
                amounts[mine] = amount_table(compiled, person.t).of_person(person, pairs.programme[mine], own)[:, 2]
        return PairSums(amounts, None)

    def opened(self, answers: Int8, pairs: Pairs) -> Int64:
        """How many other programmes each offer opens, int64[m]; a set of grants is tried once for a person."""
        table, compiled, known = offer_arrays(self.compiled), self.compiled, self.known
        if len(self.people) > 1:
            return grant_opening(compiled).opened(known, self.applicants, pairs)
        sets, opened = table.grant_set[pairs.programme], np.zeros(len(pairs), dtype=np.int64)
        granting = np.flatnonzero(sets >= 0)
        if granting.size:
            used, which = np.unique(sets[granting], return_inverse=True)
            applicant, grants = int(self.applicants[0]), [table.grant_sets[one] for one in used.tolist()]

            def answers_for(rows: Int64) -> Int8:
                return compiled.answers(rows, applicant, known.members[np.zeros(len(rows), np.int64)])

            opened[granting] = unlocked(answers_for, known.values[0], answers[0], grants)[which]
        return opened


def _stacked(people: Sequence[Person], compiled: Compiled) -> Snapshots:
    rows = [person.snapshot for person in people]
    if any(tuple(row.columns) != compiled.columns for row in rows):
        raise ValueError("a snapshot has other columns than the catalogue was compiled for: compile for its columns")
    first = rows[0]
    if len(rows) == 1:
        return first
    t, values = np.concatenate([row.t for row in rows]), np.concatenate([row.values for row in rows])
    names = tuple(name for row in rows for name in row.people)
    members = joined([row.members for row in rows])
    return Snapshots(names, t, first.columns, values, first.features_hash, first.declaration, members)
