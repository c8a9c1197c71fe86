"""Member chance: how likely each open count of members is to hold, by public shares of how people answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Float64, Int64
from features.members import WHOLE, Members
from features.value import UNKNOWN
from recommender.rules.member_kernel import MANY, MemberRows, count_members
from recommender.rules.rule_kernel import COUNT

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["ListedShare", "counted_shares"]

_EVEN = 0.5
_RAISES = 2


@dataclass(frozen=True, eq=False)
class ListedShare:
    """What people answer who are asked for a list of members.

    Attributes:
        relations: the bits of the relations it lists.
        counts: int64[tests, answers], how many members of somebody who gave each answer certainly meet each test.
        weights: float64[answers], adding up to 1.
    """

    relations: int
    counts: Int64
    weights: Float64

    @classmethod
    def of(cls, compiled: Compiled, relations: int, members: Members, weights: Float64) -> ListedShare:
        """Return the share of a list, from the members of somebody who gave each answer and said nothing else."""
        nothing = np.full((len(weights), len(compiled.columns)), UNKNOWN, dtype=np.int64)
        return cls(relations, _counts(compiled, nothing, members)[:, :, 0], weights)


def counted_shares(
    compiled: Compiled, known: Int64, members: Members, lists: Sequence[ListedShare], closing: Mapping[int, float]
) -> Float64:
    """Return for each atom how likely it is to hold where it counts members and is open, float64[atoms].

    Args:
        compiled: the rules of the day.
        known: the person's columns, int64[F].
        members: those of the person.
        lists: what people answer who are asked for a list.
        closing: the share of people of whom a column that can close a list does not, by the column.
    """
    plan = compiled.last_known
    found = np.zeros(len(plan.atoms), dtype=np.float64)
    places = np.flatnonzero(plan.atoms[:, 0] == COUNT)
    if not places.size:
        return found
    values, whole = known[None, :], members.since[0] == WHOLE
    listed = _counts(compiled, values, members)
    for place in places.tolist():
        test, low, high = (int(cell) for cell in plan.atoms[place, 1:])
        mask = int(plan.tests[test, 0])
        unlisted = sum(1 << relation for relation in range(len(whole)) if mask >> relation & 1 and not whole[relation])
        others = unlisted
        odds = [float(np.mean(listed[test, 0] >= max(low, 1)))]  # certain, even, or out of the question
        for one in lists:
            if one.relations & unlisted == one.relations & mask and one.relations & mask:
                others &= ~one.relations
                odds.append(float(one.weights @ (one.counts[test] >= max(low, 1))))
        odds.append(_of_others(plan.closers, known, others, int(plan.tests[test, _RAISES]), closing))
        some = 1 - float(np.prod(1 - np.array(odds)))
        found[place] = some if low >= 1 else 1 - some if high < MANY else 1.0
    return found


def _counts(compiled: Compiled, values: Int64, members: Members) -> Int64:
    """Count those listed, as if nobody were missing: int64[tests, persons, 2]."""
    plan = compiled.last_known
    counts = np.empty((len(plan.tests), len(values), 2), dtype=np.int64)
    everybody = np.full_like(members.since, WHOLE)
    rows = MemberRows(members.offsets, members.cells, everybody, members.months)
    count_members(plan.tests, plan.closers, np.ascontiguousarray(values), rows, 0, len(values), counts)
    return counts


def _of_others(closers: Int64, known: Int64, others: int, raises: int, closing: Mapping[int, float]) -> float:
    """How likely somebody is there of the relations that no list of known shares tells of."""
    odds = 0.0
    for column, _, relations in closers.tolist() if raises == 1 else ():
        if others & relations:
            odds = max(odds, _EVEN * (closing.get(column, _EVEN) if known[column] == UNKNOWN else 1.0))
            others &= ~relations
    return max(odds, _EVEN) if others else odds
