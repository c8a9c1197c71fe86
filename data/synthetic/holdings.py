"""What the people of a block have applied for and hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Bool, Int64

NEVER = 2**62


@dataclass
class Holdings:
    """What the people of a block have applied for and hold: seconds by person and programme, `NEVER` where not.

    `applied`, `granted` and `ended` are the last of their kind; from `free` on one may apply again.
    """

    applied: Int64
    free: Int64
    granted: Int64
    ended: Int64

    @staticmethod
    def none(people: int, programmes: int) -> Holdings:
        """No person holds anything."""
        return Holdings(*(np.full((people, programmes), NEVER) for _ in range(4)))

    def receives(self, person: Int64, t: Int64, programmes: Int64) -> Int64:
        """What the log shows before t of receiving some programmes (1 receives, 0 did, -1 nothing): m x receipts."""
        at = np.ix_(person, programmes) if len(programmes) else (np.zeros((len(person), 0), np.int64),) * 2
        granted, ended = self.granted[at], self.ended[at]
        over = (ended < t[:, None]) & (ended > granted)
        before = np.where(ended < t[:, None], 0, -1)  # granted again, but not yet
        return np.where(granted < t[:, None], np.where(over, 0, 1), before)

    def busy(self, person: Int64, t: Int64) -> Bool:
        """Whether the person has applied for a programme that has not ended: m x P."""
        applied, free = self.applied[person], self.free[person]
        return np.asarray((applied < t[:, None]) & ~(free < t[:, None]), np.bool_)

    def apply(self, person: Int64, programme: Int64, t: Int64) -> None:
        """Somebody applies; whatever ended before does not matter any more for applying again."""
        self.applied[person, programme], self.free[person, programme] = t, NEVER

    def grant(self, person: Int64, programme: Int64, t: Int64) -> None:
        """Somebody is granted a programme, perhaps not for the first time; it lasts until it `ended` later."""
        self.granted[person, programme] = t

    def end(self, person: Int64, programme: Int64, t: Int64) -> None:
        """A receipt ends, and one may apply again."""
        self.ended[person, programme] = self.free[person, programme] = t
