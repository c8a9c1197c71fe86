"""Households: the people whom events bring together."""

from __future__ import annotations

import numpy as np

from features.arrays import Int64
from features.log.history import History


def households(history: History) -> Int64:
    """Return the household of each person: int64[people], the place of its first member.

    Everybody whom the events bring together, directly or through others, is one household. Every version of an event
    counts, also one that was corrected or retracted later, because features of an earlier instant read it: removing a
    household with all its events changes no feature of anybody outside of it.
    """
    head = list(range(len(history.people)))
    for one, other in np.unique(history.related, axis=0).tolist():
        low, high = sorted((_head(head, one), _head(head, other)))
        head[high] = low
    return np.array([_head(head, place) for place in range(len(head))], dtype=np.int64)


def _head(head: list[int], place: int) -> int:
    while head[place] != place:
        head[place] = head[head[place]]
        place = head[place]
    return place
