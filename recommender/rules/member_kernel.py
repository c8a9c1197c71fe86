"""Member kernel: how many members of each household certainly and possibly meet each test, compiled.

`recommender.rules.member_oracle` says the same in plain Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Int64
from features.kernel.jit import njit
from features.members import BORN, CERTAIN, DISABLED, LIVES, MONTHS, RAISES, RELATION, WHOLE
from features.value import UNKNOWN

if TYPE_CHECKING:
    from features.members import Members

__all__ = [
    "ANY",
    "ANY_HIGH",
    "ANY_LOW",
    "MANY",
    "TEST",
    "MemberRows",
    "count_members",
    "count_of_person",
    "member_rows",
]

TEST = (
    "relations", "lives", "raises", "disabled", "months_low", "months_high", "born_low", "born_high", "nth_low",
    "nth_high", "youngest",
)  # fmt: skip
"""A test as a row: bits of relations, three traits (`ANY`, 0 or 1), four intervals, whether it must be the youngest."""
ANY = -1
ANY_LOW, ANY_HIGH = -(2**61), 2**61
"""The bounds of an interval that is not tested."""
MANY = 2**31
"""How many members a list that is not whole may hold."""
_MASK, _LIVES, _RAISES, _DISABLED, _FROM, _TO, _BORN_FROM, _BORN_TO, _NTH_FROM, _NTH_TO, _YOUNGEST = range(len(TEST))
_NO, _MAYBE, _YES = 0, 1, 2


class MemberRows(NamedTuple):
    """The members of n persons, as `features.members.Members` holds them."""

    offsets: Int64
    cells: Int64
    since: Int64
    months: Int64


def member_rows(members: Members) -> MemberRows:
    """Return members as the kernels read them."""
    return MemberRows(*(np.ascontiguousarray(getattr(members, name)) for name in MemberRows._fields))


@njit
def _within(value: int, low: int, high: int) -> int:
    if low <= ANY_LOW and high >= ANY_HIGH:
        return _YES
    if value == UNKNOWN:
        return _MAYBE
    return _YES if low <= value <= high else _NO


@njit
def _trait(value: int, wanted: int) -> int:
    if wanted == ANY:
        return _YES
    if value == UNKNOWN:
        return _MAYBE
    return _YES if value == wanted else _NO


@njit
def _related(mask: int, member: Int64) -> int:
    """Whether somebody is of one of the relations, and is not somebody listed already."""
    if member[RELATION] == UNKNOWN:
        return _MAYBE
    if (mask >> member[RELATION]) & 1 == 0:
        return _NO
    return _YES if member[CERTAIN] else _MAYBE


@njit
def _whole(mask: int, since: Int64, born: int) -> bool:
    """Whether nobody of these relations is missing who was born on a day or later."""
    whole = True
    for relation in range(len(since)):
        if (mask >> relation) & 1:
            whole &= since[relation] <= born
    return whole


@njit
def _lacks(test: Int64, since: Int64, months: Int64, raised: int) -> bool:
    """Whether somebody may meet the test who is not listed."""
    lacks = False
    for relation in range(len(since)):
        if (test[_MASK] >> relation) & 1 == 0 or (test[_RAISES] == 1 and (raised >> relation) & 1):
            continue
        listed = since[relation] == WHOLE or since[relation] <= test[_BORN_FROM]
        young = test[_TO] < ANY_HIGH and test[_TO] < months[relation]
        lacks |= not (listed or young)
    return lacks


@njit
def _nth(mask: int, members: Int64, one: int, low: int, high: int, whole: bool) -> int:
    """Whether somebody's place in the order of birth lies within an interval."""
    sure, maybe = 1, 1
    for other in range(len(members)):
        related = _related(mask, members[other])
        if other == one or related == _NO:
            continue
        if members[one, BORN] == UNKNOWN or members[other, BORN] == UNKNOWN:
            maybe += 1
        elif other < one:  # they are in the order of birth
            maybe += 1
            sure += related == _YES
    if not whole:
        maybe = MANY
    if low <= sure and maybe <= high:
        return _YES
    return _NO if maybe < low or sure > high else _MAYBE


@njit
def _youngest(mask: int, members: Int64, one: int, since: Int64) -> int:
    """Whether nobody of the relations was born after somebody."""
    born = members[one, BORN]
    answer = _YES if _whole(mask, since, WHOLE if born == UNKNOWN else born) else _MAYBE
    for other in range(len(members)):
        related = _related(mask, members[other])
        if other == one or related == _NO:
            continue
        if born == UNKNOWN or members[other, BORN] == UNKNOWN:
            answer = min(answer, _MAYBE)
        elif members[other, BORN] > born:
            answer = min(answer, _NO if related == _YES else _MAYBE)
    return answer


@njit
def _meets(test: Int64, members: Int64, one: int, since: Int64) -> int:
    """Whether a member meets a test: the least of its parts."""
    member = members[one]
    answer = min(
        _related(test[_MASK], member),
        _trait(member[LIVES], test[_LIVES]),
        _trait(member[RAISES], test[_RAISES]),
        _trait(member[DISABLED], test[_DISABLED]),
        _within(member[MONTHS], test[_FROM], test[_TO]),
        _within(member[BORN], test[_BORN_FROM], test[_BORN_TO]),
    )
    if answer > _NO and (test[_NTH_FROM] > ANY_LOW or test[_NTH_TO] < ANY_HIGH):
        whole = _whole(test[_MASK], since, WHOLE)
        answer = min(answer, _nth(test[_MASK], members, one, test[_NTH_FROM], test[_NTH_TO], whole))
    if answer > _NO and test[_YOUNGEST]:
        answer = min(answer, _youngest(test[_MASK], members, one, since))
    return answer


@njit
def count_members(
    tests: Int64, closers: Int64, values: Int64, rows: MemberRows, first: int, last: int, counts: Int64
) -> None:
    """Fill counts int64[tests, persons, 2]: how many members certainly, and how many possibly, meet each test.

    Args:
        tests: int64[T, 11], see `TEST`.
        closers: int64[C, 3]: a column, the value with which it says that the person raises nobody who is not listed,
            and the bits of the relations it says it of.
        values: int64[n, F], the persons' columns.
        rows: the members of the n persons.
        first: the first person counted.
        last: the person after the last one.
        counts: for each person from `first` on.
    """
    for person in range(first, last):
        raised = 0
        for closer in range(len(closers)):
            if values[person, closers[closer, 0]] == closers[closer, 1]:
                raised |= closers[closer, 2]
        count_of_person(tests, raised, rows, person, counts, person - first)


@njit
def count_of_person(tests: Int64, raised: int, rows: MemberRows, person: int, counts: Int64, at: int) -> None:
    """Fill counts[:, at] for one person, who raises nobody of the relations `raised` who is not listed."""
    members = rows.cells[rows.offsets[person] : rows.offsets[person + 1]]
    since, months = rows.since[person], rows.months[person]
    for t in range(len(tests)):
        sure, maybe = 0, 0
        for one in range(len(members)):
            answer = _meets(tests[t], members, one, since)
            sure += answer == _YES
            maybe += answer != _NO
        if _lacks(tests[t], since, months, raised):
            maybe = MANY
        counts[t, at, 0], counts[t, at, 1] = sure, maybe
