"""Row limits: how much may be said of one person, and by one: who says too much is left out, nobody they say it of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from features.arrays import Bool, Int64
from features.problem import Problem, Rejected

MOST_ROWS: Final = 2**22
"""The most rows of one person; a sum of fields within 2**40 then stays within 2**62."""
MOST_SAID: Final = 2**18
"""The most of them from events of one subject, where who cannot be read is left out: what sixteen people of one unit
add to one of them is then within `MOST_ROWS`."""


def saying_too_much(
    people: Sequence[str], person: Int64, author: Int64, rows: Int64, unreadable: set[str] | None
) -> Bool:
    """Return whose events say too much of one person, bool[people], and add them to those who cannot be read.

    What is read of one person must not depend on what others say of them. So that nobody is left out because somebody
    else names them in very many events, too much said of one person counts against its author.

    Args:
        people: everybody.
        person: int64[items], whom each item is about.
        author: int64[items], the subject of the event that it comes from.
        rows: int64[items], how many rows it has.
        unreadable: takes whose events say too much of one person; None where nobody may.

    Raises:
        Rejected: a person has over `MOST_ROWS` rows, and `unreadable` is None.
    """
    counts, over = np.bincount(person, weights=rows, minlength=len(people)), np.zeros(len(people), np.bool_)
    if unreadable is None:
        if counts.max(initial=0) > MOST_ROWS:
            what = f"one person has {counts.max():.0f} rows, over {MOST_ROWS}"
            raise Rejected([Problem(("events",), "range", what, "Check the source: no life has so many events")])
    elif (counts > MOST_SAID).any():
        many = np.flatnonzero(counts[person] > MOST_SAID)
        pairs, place = np.unique(np.stack((author[many], person[many])), axis=1, return_inverse=True)
        over[pairs[0][np.bincount(place.ravel(), weights=rows[many]) > MOST_SAID]] = True
        unreadable.update(people[at] for at in np.flatnonzero(over).tolist())
    return over
