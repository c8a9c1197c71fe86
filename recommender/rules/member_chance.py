"""Member chance: how likely each open count of members is to hold, by public shares of how people answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Float64, Int64
from features.members import WHOLE, Members
from features.value import UNKNOWN
from recommender.rules.member_kernel import MANY, MemberRows, count_members
from recommender.rules.rule_kernel import COUNT

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled

__all__ = ["ListedShare", "counted_keys", "counted_shares"]

_EVEN = 0.5
_RAISES = 2


@dataclass(frozen=True, eq=False)
class ListedShare:
    """What people answer who are asked for a list of members.

    Attributes:
        relations: the bits of the relations it lists.
        hits: how likely it is that a listed member meets what each atom counts, by the atom's place.
    """

    relations: int
    hits: Mapping[int, float]

    @classmethod
    def of(cls, compiled: Compiled, relations: int, members: Members, weights: Float64) -> ListedShare:
        """Return the share of a list, from the members of somebody who gave each answer and said nothing else.

        The weights of the answers, float64[answers], add up to 1.
        """
        nothing = np.full((len(weights), len(compiled.columns)), UNKNOWN, dtype=np.int64)
        sure = _counts(compiled, nothing, members)[:, :, 0]
        return cls(
            relations, {one.place: float(weights @ (sure[one.test] >= one.least)) for one in _counting(compiled)}
        )


class _Counting(NamedTuple):
    """An atom that counts members: its place, its test, how many it wants, and the relations it is about."""

    place: int
    test: int
    low: int
    high: int
    relations: int
    raises: int

    @property
    def least(self) -> int:
        return max(self.low, 1)


@lru_cache(maxsize=8)
def _counting(compiled: Compiled) -> tuple[_Counting, ...]:
    plan = compiled.last_known
    places = np.flatnonzero(plan.atoms[:, 0] == COUNT)
    tests = plan.atoms[places, 1]
    cells = (places, *plan.atoms[places, 1:].T, plan.tests[tests, 0], plan.tests[tests, _RAISES])
    return tuple([_Counting(*row) for row in zip(*(column.tolist() for column in cells), strict=True)])


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
    found = np.zeros(len(compiled.last_known.atoms), dtype=np.float64)
    counting = _counting(compiled)
    if not counting:
        return found
    closers = [
        (relations, _EVEN * (closing.get(column, _EVEN) if known[column] == UNKNOWN else 1.0))
        for column, _, relations in compiled.last_known.closers.tolist()
    ]
    lacking = sum(1 << relation for relation, since in enumerate(members.since[0].tolist()) if since != WHOLE)
    listed = _counts(compiled, known[None, :], members)[:, 0].tolist()
    for one in counting:
        others = unlisted = one.relations & lacking
        sure, most = listed[one.test]
        missed = 1 - ((sure >= one.least) + (most >= one.least)) / 2  # certain, even, or out of the question
        for share in lists:
            if share.relations & unlisted == share.relations & one.relations and share.relations & one.relations:
                others &= ~share.relations
                missed *= 1 - share.hits[one.place]
        some = 1 - missed * (1 - _of_others(closers if one.raises == 1 else (), others))
        found[one.place] = some if one.low >= 1 else 1 - some if one.high < MANY else 1.0
    return found


def counted_keys(compiled: Compiled, values: Int64, members: Members) -> Int64:
    """Return what `counted_shares` can see of each of n people, int64[n, k]: those of equal rows have equal shares."""
    counting = _counting(compiled)
    if not counting:
        return np.zeros((len(values), 1), dtype=np.int64)
    listed, least = _counts(compiled, values, members), np.array([one.least for one in counting])
    enough = listed[[one.test for one in counting]] >= least[:, None, None]
    bits = np.packbits(
        np.hstack((
            values[:, compiled.last_known.closers[:, 0]] == UNKNOWN,
            members.since != WHOLE,
            enough.transpose(1, 0, 2).reshape(len(values), -1),
        )),
        axis=1,
    )  # fmt: skip
    words = np.zeros((len(values), -(-bits.shape[1] // 8) * 8), dtype=np.uint8)
    words[:, : bits.shape[1]] = bits
    return words.view(np.int64)


def _counts(compiled: Compiled, values: Int64, members: Members) -> Int64:
    """Count those listed, as if nobody were missing: int64[tests, persons, 2]."""
    plan = compiled.last_known
    counts = np.empty((len(plan.tests), len(values), 2), dtype=np.int64)
    everybody = np.full_like(members.since, WHOLE)
    rows = MemberRows(members.offsets, members.cells, everybody, members.months)
    count_members(plan.tests, plan.closers, np.ascontiguousarray(values), rows, 0, len(values), counts)
    return counts


def _of_others(closers: Sequence[tuple[int, float]], others: int) -> float:
    """How likely somebody is there of the relations that no list of known shares tells of."""
    odds = 0.0
    for relations, share in closers:
        if others & relations:
            odds, others = max(odds, share), others & ~relations
    return max(odds, _EVEN) if others else odds
