"""How many jobs, homes or businesses a person may have, as the compiled kernel counts them: at least and at most.

What an event names is told apart by its identifier. An event that names nothing begins one more at most, and at least
one is there; it ends any. So one of two that are named is still there when the other ends, two that nobody named may
have been one, and only what began from none, or was stated, is known to be over. `features.kernel.tally_oracle` says
the same in plain Python.
"""

from __future__ import annotations

from typing import Final

from features.arrays import Int64
from features.kernel.jit import njit
from features.value import NONE, REGION_TEXTS, UNKNOWN

MOST_NAMED: Final = 32
"""How many identifiers are told apart; any more count as events that name nothing."""

UNCOUNTED: Final = 2**40
"""At most so many: nobody knows how many there are."""

SURE, LOOSE, ROOM, NAMED, OPEN, ENDED_ON = range(6)
"""The cells before the identifiers.

SURE: how many without a name there are at least. LOOSE: 1 where one began without a name, which may be a named one.
ROOM: how many without a name there are at most. NAMED: how many identifiers follow. OPEN: how many of them are there.
ENDED_ON: the day of the last end.
"""

WIDTH: Final = 6 + 2 * MOST_NAMED
"""The cells of one tally: those above, the identifiers, and for each whether it is there."""

_NEVER: Final = UNKNOWN


@njit
def restart(tally: Int64, value: int) -> None:
    """Begin again from a value: false is none, true at least one, anything else any number."""
    tally[SURE], tally[LOOSE], tally[ROOM] = int(value == 1), 0, 0 if value == 0 else UNCOUNTED
    tally[NAMED], tally[OPEN], tally[ENDED_ON] = 0, 0, _NEVER


@njit
def counted(tally: Int64) -> int:
    """Whether there is one: 1, 0 or unknown."""
    if tally[OPEN] + tally[SURE] + tally[LOOSE] > 0:
        return 1
    return 0 if tally[ROOM] == 0 else UNKNOWN


@njit
def begin(tally: Int64, name: int) -> None:
    """Let one begin: the named one, one without a name (unknown), or perhaps none at all (none)."""
    place = _find(tally, name) if name > NONE else -1
    if place < 0 and (name <= NONE or tally[NAMED] == MOST_NAMED):
        tally[ROOM] = min(tally[ROOM] + 1, UNCOUNTED)
        tally[LOOSE] = max(tally[LOOSE], int(name != NONE))
        return
    if place < 0:
        place = _add(tally, name)
    if tally[6 + MOST_NAMED + place] == 0:
        tally[6 + MOST_NAMED + place] = 1
        tally[OPEN] += 1
        tally[LOOSE] = 0  # what began without a name may be this one


@njit
def end(tally: Int64, name: int, day: int, partly: bool) -> None:
    """Let one end: the named one, or any; with `partly` perhaps one that is not counted."""
    perhaps = partly or name == NONE or tally[ENDED_ON] == day  # two ends on one day may be one
    tally[ENDED_ON] = day
    place = _find(tally, name) if name > NONE else -1
    if place >= 0:
        if tally[6 + MOST_NAMED + place]:
            tally[6 + MOST_NAMED + place] = 0
            tally[OPEN] -= 1
            tally[LOOSE] = 0
        return  # one that has ended is reported again
    tally[LOOSE] = 0
    if name > NONE:  # not one of those that began by name
        tally[SURE] = max(tally[SURE] - 1, 0)
        if not perhaps:
            tally[ROOM] = _one_less(tally[ROOM])
        if tally[NAMED] < MOST_NAMED:
            _add(tally, name)
        return
    most = min(tally[OPEN] + tally[ROOM], UNCOUNTED)
    tally[SURE] = max(tally[OPEN] + tally[SURE] - 1, 0)
    tally[ROOM] = most if perhaps else _one_less(most)
    tally[NAMED], tally[OPEN] = 0, 0


@njit
def _one_less(room: int) -> int:
    return room if room == UNCOUNTED else max(room - 1, 0)


@njit
def _find(tally: Int64, name: int) -> int:
    for place in range(tally[NAMED]):
        if tally[6 + place] == name:
            return place
    return -1


@njit
def _add(tally: Int64, name: int) -> int:
    place: int = tally[NAMED]
    tally[6 + place], tally[6 + MOST_NAMED + place] = name, 0
    tally[NAMED] += 1
    return place


@njit
def moved(before: int, now: int) -> int:
    """Whether one region is another than the one before: 1, 0, or unknown where one may lie in the other.

    A region may lie in the one whose code its own begins with; long numbers that differ in the last digit alone may be
    districts of one city (Korea's 41111 and 41113).
    """
    if now <= NONE or before <= NONE:
        return UNKNOWN
    if now == before:
        return 0
    texts = now >= REGION_TEXTS
    if texts != (before >= REGION_TEXTS):
        return 1
    base = 36 if texts else 10
    small, large = min(now, before) - texts * REGION_TEXTS, max(now, before) - texts * REGION_TEXTS
    if not texts and small // 10 == large // 10 and small >= 10_000:
        return UNKNOWN
    while large > small:
        large //= base
    return UNKNOWN if large == small else 1
