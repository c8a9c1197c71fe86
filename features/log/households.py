"""Households: the people whom events bring together, by the word of a registry or of both, today or when first seen."""

from __future__ import annotations

from typing import Final

import numpy as np

from features.arrays import Bool, Int64, UInt64
from features.log.history import APART, REGISTERED, History


def households(history: History) -> Int64:
    """Return the household of each person: int64[people], the place of its first member.

    Two people are one household where a registry's event (`registries` of the declaration) has one as its subject and
    names the other in a role that relates, or where each of the two has such an event of whatever source: nobody is put
    into the household of others by the word of one of them. Households of whoever was brought together are one. Every
    version of an event counts, also one that was corrected or retracted later, because features of an earlier instant
    read it; a version that somebody else corrected is a registry's only where the correction is too.

    A household without whom the log is read is gone with all its events, and no other is larger or smaller for it.
    """
    return _heads(len(history.people), _joined(history.related))


NOT_YET: Final = 0
"""The household of whoever nothing was ever learned from."""
_NONE: Final = np.iinfo(np.uint64).max


def fixed_households(history: History, number: UInt64, fixed: UInt64, agreeing: Bool, unreadable: Int64) -> UInt64:
    """Return the number of the household of each person, where those learned from before stay in the household of then.

    Everybody else who is the subject of an event is free. Free people whom events bring together, one of whom agrees,
    join the household of the lowest number among those that events bring them together with, or are a new one, of the
    lowest number among their own. Free people none of whom agrees wait until one does, and who is only named by others
    waits until there is an event of their own: neither brings anybody together. So all that was ever in one household
    can be left out, and each other one is the same in every run (docs/privacy.md says why).

    Args:
        history: everybody.
        number: uint64[people], a number of each person that is theirs for ever, above 0.
        fixed: uint64[people], the household in which each was learned from before, `NOT_YET` for nobody yet.
        agreeing: bool[people], who may be learned from now.
        unreadable: int64[m], the places of people whose own events cannot be read.
    """
    speaking = subjects(history)
    speaking[unreadable] = True
    pairs, free = _joined(history.related), speaking & (fixed == NOT_YET)
    group = _heads(len(free), pairs[free[pairs].all(axis=1)])
    across = np.concatenate((pairs, pairs[:, ::-1]))
    across = across[free[across[:, 0]] & (fixed[across[:, 1]] != NOT_YET)]
    joined, begun = np.full(len(free), _NONE, np.uint64), np.full(len(free), _NONE, np.uint64)
    np.minimum.at(joined, group[across[:, 0]], fixed[across[:, 1]])
    np.minimum.at(begun, group, number)
    taken = np.zeros(len(free), np.bool_)
    np.logical_or.at(taken, group, agreeing & free)
    found = np.where(taken & (joined != _NONE), joined, begun)[group]
    return np.where(fixed == NOT_YET, found, fixed)


def subjects(history: History) -> Bool:
    """Return who is the subject of an event: bool[people]. Others are only named in what is said of somebody else."""
    found = np.zeros(len(history.people), np.bool_)
    found[history.records.person] = found[history.related[:, 0]] = True
    for part in (history, history.reports):
        own = np.ones(int(part.offsets[-1]), np.bool_)
        own[part.told[:, 0]] = False
        found |= np.diff(np.concatenate(([0], np.cumsum(own)))[part.offsets]) > 0
    return found


def _heads(people: int, pairs: Int64) -> Int64:
    """The first of those whom pairs bring together, of each: int64[people]."""
    head = list(range(people))
    for one, other in pairs.tolist():
        low, high = sorted((_head(head, one), _head(head, other)))
        head[high] = low
    return np.array([_head(head, place) for place in range(people)], dtype=np.int64)


def _joined(related: Int64) -> Int64:
    """The pairs of people who are one household at once."""
    sure = related[related[:, 2] == REGISTERED, :2]
    said = np.unique(related[related[:, 2] != APART, :2], axis=0)
    both = np.unique(np.concatenate((said, said[:, ::-1])), axis=0, return_counts=True)
    return np.unique(np.concatenate((sure, both[0][both[1] > 1])), axis=0)


def _head(head: list[int], place: int) -> int:
    while head[place] != place:
        head[place] = head[head[place]]
        place = head[place]
    return place
