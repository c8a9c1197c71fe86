"""People as a private run may see them: those who agreed, under pseudonyms, each in their privacy unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool
from features.log.consents import consents
from features.log.households import households
from privacy.request import LegalBasis
from privacy.unit import PrivacyUnit
from training.data.examples import LearningLog, held_out

if TYPE_CHECKING:
    from features.log.history import History
    from privacy.request import RunRequest


def admitted(history: History, run: RunRequest, pseudonym: Callable[[str], str], every: int) -> LearningLog:
    """The log of those whom a run may learn from or be judged by, each under a pseudonym.

    Households are found among everybody, so that who did not agree still is somebody's relative; then those who did not
    agree to the purpose are left out with all their events. Who is held out is noted while names are still known.

    Args:
        history: everybody.
        run: what for, on which ground, and in which unit.
        pseudonym: what to call a person.
        every: one person in so many is held out.
    """
    people = history.people
    unit = households(history) if run.unit is PrivacyUnit.HOUSEHOLD else np.arange(len(people))
    agreeing = consents(history).agreeing(run.purpose, silent=run.basis is LegalBasis.LAW)
    return only_those(LearningLog(history, unit, held_out(people, every)), agreeing, pseudonym)


def only_those(log: LearningLog, kept: Bool, pseudonym: Callable[[str], str]) -> LearningLog:
    """The log of some people, in the order of their pseudonyms, which tells nothing."""
    names = {place: pseudonym(log.history.people[place]) for place in np.flatnonzero(kept).tolist()}
    chosen = np.array(sorted(names, key=names.__getitem__), dtype=np.int64)
    assert log.unit is not None, "the caller has grouped them"
    assert log.held is not None, "and noted who is held out"
    return LearningLog(
        log.history.of(chosen, [names[place] for place in chosen.tolist()]),
        np.unique(log.unit[chosen], return_inverse=True)[1].astype(np.int64),
        log.held[chosen],
    )
