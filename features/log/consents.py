"""Consents: what each person allowed their data to be used for, as the history holds it at an instant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from features.arrays import Bool, Int64
from features.log.history import History
from features.log.row_encoder import CONSENTS, RECORDED
from features.log.versions import FOREVER
from features.value import identifier_code

GIVEN: Final = RECORDED.index(CONSENTS[0])
WITHDRAWN: Final = RECORDED.index(CONSENTS[1])


@dataclass(frozen=True)
class Consents:
    """What people allowed and forbade, one row each time.

    Attributes:
        person: int64, the person's place in the history.
        purpose: int64, the identifier code of the purpose.
        time: int64, UTC seconds from which on it applies.
        withdrawn: bool, whether the consent was withdrawn rather than given.
        people: how many people the history has.
    """

    person: Int64
    purpose: Int64
    time: Int64
    withdrawn: Bool
    people: int
    _agreeing: dict[tuple[str, bool], Bool] = field(default_factory=dict, init=False, repr=False)

    def agreeing(self, purpose: str, silent: bool) -> Bool:
        """Return who agrees to a purpose, by their latest statement: bool[people].

        Of statements of the same second a withdrawal counts.

        Args:
            purpose: what the data is to be used for.
            silent: the answer for people who never made a statement.
        """
        if (purpose, silent) in self._agreeing:
            return self._agreeing[purpose, silent]
        rows = np.flatnonzero(self.purpose == identifier_code(purpose))
        rows = rows[np.lexsort((self.withdrawn[rows], self.time[rows], self.person[rows]))]
        last = rows[np.diff(self.person[rows], append=-1) != 0]
        found = np.full(self.people, silent, np.bool_)
        found[self.person[last]] = ~self.withdrawn[last]
        self._agreeing[purpose, silent] = found
        return found


def consents(history: History, t: int = FOREVER) -> Consents:
    """Return the consents and withdrawals that count at the UTC second `t`; the default is what is held now.

    A consent counts as it is held: corrected, or not at all once it was retracted. A withdrawal counts in every version
    that was ever recorded: to correct or retract one never makes a person's data usable again.
    """
    kept = history.kept.get(("consents", t))
    if isinstance(kept, Consents):
        return kept
    records = history.records
    withdrawn = (records.kind == WITHDRAWN) & (records.happened < t) & (records.recorded < t)
    rows = np.flatnonzero(withdrawn | ((records.kind == GIVEN) & records.visible(t)))
    found = records[rows]
    made = Consents(found.person, found.key, found.happened, found.kind == WITHDRAWN, len(history.people))
    history.kept["consents", t] = made
    return made
