"""Households: the people whom events bring together, by the word of a registry or of both."""

from __future__ import annotations

import numpy as np

from features.arrays import Int64
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
    head = list(range(len(history.people)))
    for one, other in _joined(history.related).tolist():
        low, high = sorted((_head(head, one), _head(head, other)))
        head[high] = low
    return np.array([_head(head, place) for place in range(len(head))], dtype=np.int64)


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
