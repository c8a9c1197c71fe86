"""Who belongs to each person at an instant: what is said of members, taken row by row into a list.

`features.kernel.members_oracle` says the same in plain Python.
"""

from __future__ import annotations

import numpy as np

from features.arrays import Int64
from features.declaration.kinship import DOUBTED
from features.kernel.compiled_calendar import add_months, months_between
from features.kernel.jit import njit
from features.kernel.lowering import KernelPlan
from features.log.history import History
from features.log.member_rows import ADD, BEGIN, END, REMOVE
from features.members import (
    BORN,
    CELLS,
    CERTAIN,
    ID,
    LIVES,
    MONTHS,
    OPEN,
    RAISES,
    RELATION,
    WHOLE,
    Members,
    nobody,
)
from features.value import NONE, UNKNOWN

_ACT, _KIN, _DAY, _LIVES = range(4)  # then what else `features.log.member_rows.CELLS` says
_NAME, _GROUP, _OTHER, _WEAK, _GUARDS, _SINGLE, _FOR, _FOR_DAYS = range(6, 14)
_PARENT, _OVER, _STALE, _GONE, _UNTIL = range(CELLS, CELLS + 5)  # what is kept of a member while rows go by
_ALL = CELLS + 5


@njit
def _alike(one: int, other: int) -> bool:
    """Whether two values, either of which may be unknown, can be the same."""
    return one == other or UNKNOWN in (one, other)


@njit
def _claimed(claims: Int64, claimed: int, member: int, group: int) -> bool:
    found = False
    for claim in range(claimed):
        found |= claims[claim, 0] == member and claims[claim, 1] == group
    return found


@njit
def _found(kin: Int64, count: int, claims: Int64, claimed: int, row: Int64, born: int, group: int) -> int:
    """The member whom a row is about, -1 for somebody new."""
    if row[_NAME] != UNKNOWN:
        for one in range(count):
            if kin[one, _GONE] == 0 and kin[one, ID] == row[_NAME]:
                return one
    for one in range(count):
        if kin[one, _GONE] or not _alike(kin[one, RELATION], row[_KIN]):
            continue
        only = row[_SINGLE] != 0 and kin[one, RELATION] == row[_KIN]
        if not _alike(kin[one, ID], row[_NAME]):
            kin[one, _GONE] = int(only)  # another one in their place
            continue
        if only:
            return one
        same = born != UNKNOWN and kin[one, BORN] == born and _alike(kin[one, _PARENT], row[_OTHER])
        if same and not _claimed(claims, claimed, one, group):
            return one
    return -1


@njit
def _doubted(kin: Int64, count: int, claims: Int64, claimed: int, row: Int64, born: int, group: int) -> int:
    """Whether somebody new may be a member known already; one without a date of birth is then in doubt instead."""
    doubted = 0
    for one in range(count):
        if kin[one, _GONE] or not _alike(kin[one, RELATION], row[_KIN]) or not _alike(kin[one, ID], row[_NAME]):
            continue
        if not _alike(kin[one, BORN], born) or not _alike(kin[one, _PARENT], row[_OTHER]):
            continue
        if _claimed(claims, claimed, one, group):
            continue
        if born == UNKNOWN:
            doubted = 1
        else:
            kin[one, CERTAIN] = 0
    return doubted


@njit
def _merge(kin: Int64, one: int, row: Int64, born: int) -> None:
    """Let a row say what it knows of a member."""
    if row[_KIN] != UNKNOWN:
        kin[one, RELATION] = row[_KIN]
    if born != UNKNOWN:
        agree = _alike(kin[one, BORN], born) or row[_GROUP] == NONE or row[_SINGLE] != 0
        kin[one, BORN] = born if agree else UNKNOWN
    for cell in range(3):
        value = row[_LIVES + cell]
        if value != UNKNOWN and (row[_WEAK] == 0 or kin[one, LIVES + cell] == UNKNOWN):
            kin[one, LIVES + cell] = value
    if row[_NAME] != UNKNOWN:
        kin[one, ID] = row[_NAME]
    if row[_OTHER] != UNKNOWN:
        kin[one, _PARENT] = row[_OTHER]
    kin[one, _OVER] |= row[_GUARDS]
    kin[one, _STALE] = 0


@njit
def _change(kin: Int64, count: int, row: Int64) -> None:
    """Let a row change the member it names; where it may be any of several, their traits are no longer known."""
    named, candidates = -1, 0
    for one in range(count):
        if kin[one, _GONE]:
            continue
        if row[_NAME] != UNKNOWN and kin[one, ID] == row[_NAME]:
            named = one
        candidates += _may_be(kin, one, row)
    for one in range(count):
        if kin[one, _GONE] or (one != named if named >= 0 else not _may_be(kin, one, row)):
            continue
        sure = named >= 0 or (candidates == 1 and row[_KIN] != UNKNOWN)
        if row[_ACT] == REMOVE:
            if sure or row[_NAME] == UNKNOWN:
                kin[one, _GONE] = 1
            else:
                kin[one, CERTAIN] = 0
            continue
        for cell in range(3):
            value = row[_LIVES + cell]
            if value != UNKNOWN and kin[one, LIVES + cell] != value:
                kin[one, LIVES + cell] = value if sure and value != DOUBTED else UNKNOWN


@njit
def _may_be(kin: Int64, one: int, row: Int64) -> bool:
    """Whether a row that names nobody listed may be about a member."""
    return bool(_alike(kin[one, RELATION], row[_KIN]) and (row[_NAME] == UNKNOWN or kin[one, ID] == UNKNOWN))


@njit
def _mark(kin: Int64, count: int, row: Int64, relations: int) -> None:
    """Begin or end a statement: members of its relations whom it does not name are no longer there."""
    every = row[_KIN] == (1 << relations) - 1
    for one in range(count):
        if row[_ACT] == END:
            kin[one, _GONE] |= kin[one, _STALE]
        elif kin[one, RELATION] == UNKNOWN:
            kin[one, _STALE] = int(every)
            if row[_KIN]:
                kin[one, CERTAIN] = 0
        else:
            kin[one, _STALE] = (row[_KIN] >> kin[one, RELATION]) & 1


@njit
def _emit(kin: Int64, count: int, expected: int, today: int, out: Int64, begin: int) -> int:
    """Write the members who are there, the eldest first and those without a date of birth last."""
    end = begin
    for one in range(count):
        if kin[one, _GONE] or kin[one, _UNTIL] < today:
            continue
        unborn = kin[one, RELATION] != UNKNOWN and (expected >> kin[one, RELATION]) & 1
        if kin[one, BORN] > today and not unborn:
            kin[one, BORN] = UNKNOWN
        place = end
        while place > begin and kin[one, BORN] != UNKNOWN:
            before = out[place - 1, BORN]
            if before != UNKNOWN and before <= kin[one, BORN]:
                break
            for cell in range(CELLS):
                out[place, cell] = out[place - 1, cell]
            place -= 1
        for cell in range(CELLS):
            out[place, cell] = kin[one, cell]
        known = kin[one, BORN] != UNKNOWN and kin[one, BORN] <= today
        out[place, MONTHS] = months_between(kin[one, BORN], today) if known and not unborn else UNKNOWN
        if kin[one, _OVER] and kin[one, RAISES] == 1:
            out[place, RAISES] = UNKNOWN  # two people cannot be each other's guardians
        end += 1
    return end


@njit
def _since(home: Int64, relation: int, today: int) -> int:
    """The day since when events list everybody of a relation who was born then or later."""
    begun: int = home[relation, 0]
    months, days = home[relation, 1], home[relation, 2]
    if begun in (OPEN, WHOLE) or months + days == 0:
        return begun
    return WHOLE if begun <= add_months(today, -months) - days else OPEN


@njit
def _members(
    offsets: Int64, moments: Int64, cells: Int64, home: Int64, rows: Int64, times: Int64, days: Int64,
    longest: int, out: Int64, ended: Int64, since: Int64, months: Int64,
) -> None:  # fmt: skip
    kin, claims = np.empty((longest + 1, _ALL), np.int64), np.empty((longest + 1, 2), np.int64)
    relations, written = since.shape[1], 0
    listed = np.empty((relations, 2), np.int64)
    expected = 0
    for relation in range(relations):
        expected |= home[relation, 3] << relation
    for query in range(len(rows)):
        at, today = times[query], days[query]
        count = claimed = statement = whole = 0
        begin = offsets[rows[query]] if rows[query] >= 0 else 0
        end = offsets[rows[query] + 1] if rows[query] >= 0 else 0
        for place in range(begin, end):
            if moments[place, 0] >= at:
                break
            if moments[place, 1] >= at or moments[place, 2] < at:
                continue
            row, day = cells[place], moments[place, 3]
            act = row[_ACT]
            if act in (BEGIN, END):
                statement += act == BEGIN
                whole |= row[_KIN]
                _mark(kin, count, row, relations)
            elif act != ADD:
                _change(kin, count, row)
            else:
                born = day if row[_DAY] == NONE else row[_DAY]
                group = -statement if row[_GROUP] == NONE else row[_GROUP]
                one = _found(kin, count, claims, claimed, row, born, group)
                if one < 0:
                    one = count
                    for cell in range(_ALL):
                        kin[one, cell] = UNKNOWN if cell <= ID or cell == _PARENT else 0
                    kin[one, CERTAIN] = 1 - _doubted(kin, count, claims, claimed, row, born, group)
                    count += 1
                _merge(kin, one, row, born)
                kin[one, _UNTIL] = OPEN
                if row[_FOR] + row[_FOR_DAYS] > 0:
                    kin[one, _UNTIL] = add_months(day, row[_FOR]) + row[_FOR_DAYS]
                claims[claimed, 0], claims[claimed, 1] = one, group
                claimed += 1
        written = _emit(kin, count, expected, today, out, written)
        ended[query + 1] = written
        if query == 0 or today != days[query - 1]:
            for relation in range(relations):
                begun = _since(home, relation, today)
                listed[relation, 0], listed[relation, 1] = begun, OPEN
                if begun != WHOLE:
                    listed[relation, 1] = months_between(begun, today) if begun <= today else -1
        for relation in range(relations):
            stated = (whole >> relation) & 1
            since[query, relation] = WHOLE if stated else listed[relation, 0]
            months[query, relation] = OPEN if stated else listed[relation, 1]


@njit
def view(dates: Int64, mask: int, kin: Int64, since: Int64) -> tuple[int, int, int]:
    """Fill a list with the dates of birth of some members.

    Returns how many, whether these are all (0 or 1), and whether somebody in doubt makes all of it unknown (0 or 1).
    """
    count, whole, doubt = 0, 1, 0
    for relation in range(len(since)):
        if (mask >> relation) & 1 and since[relation] != WHOLE:
            whole = 0
    for one in range(len(kin)):
        relation = kin[one, RELATION]
        if relation != UNKNOWN and (mask >> relation) & 1 == 0:
            continue
        if relation == UNKNOWN or kin[one, CERTAIN] == 0 or kin[one, BORN] == UNKNOWN:
            doubt = 1
        else:
            dates[count] = kin[one, BORN]
            count += 1
    return count, whole, doubt


def members_of(plan: KernelPlan, history: History, rows: Int64, times: Int64, days: Int64) -> Members:
    """Return the members of each person at each instant.

    Args:
        plan: the declaration, lowered.
        history: the rows of many people.
        rows: int64[n], places in `history.people`; -1 is a person nothing is known of.
        times: int64[n], UTC seconds; only what happened and was recorded before counts.
        days: int64[n], the local day of each instant.
    """
    reports, relations = history.reports, len(plan.home)
    if relations == 0:
        return nobody(len(rows), 0)
    sizes = np.append(np.diff(reports.offsets), 0)[rows]
    out, ended = np.empty((int(sizes.sum()) + 1, CELLS), np.int64), np.zeros(len(rows) + 1, np.int64)
    since, months = np.empty((len(rows), relations), np.int64), np.empty((len(rows), relations), np.int64)
    _members(
        reports.offsets, reports.moments, reports.cells, plan.home, rows, times, days, reports.longest,
        out, ended, since, months,
    )  # fmt: skip
    return Members(ended, out[: ended[-1]], since, months)
