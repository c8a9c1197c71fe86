"""People as a private run may see them: those who agreed, under pseudonyms, each in their privacy unit."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Int64, UInt64
from features.log.consents import consents
from features.log.households import fixed_households, households, subjects
from features.log.versions import FOREVER
from privacy.request import LegalBasis
from privacy.unit import PrivacyUnit
from training.data.examples import LearningLog, UnitsLeftOut
from training.data.hold_out import HoldOut

if TYPE_CHECKING:
    from features.log.history import History
    from privacy.gate import Admission


MOST_PEOPLE: Final = 16
"""A larger unit adds exactly nothing. Public, and the same for everybody."""


def admitted(
    history: History, admission: Admission, hold_out: HoldOut, unreadable: Collection[str] = (), until: int = FOREVER
) -> LearningLog:
    """The log of those whom a run may learn from or be judged by, each under a pseudonym.

    Households are found among everybody, so that who did not agree still is somebody's relative; then those who did not
    agree to the purpose are left out with all their events, also where these name others. Whoever stays has only rows
    from events of people of their own unit: what is read of one unit never depends on another. A unit that is too
    large, or that holds somebody whose events cannot be read, is left out whole. A unit is held out whole or not at
    all, which is noted while names are still known: else a model would be judged on people whose household taught it.

    Args:
        history: everybody.
        admission: what for, on which ground, in which unit, and what to call a person.
        hold_out: who is held out.
        unreadable: whose events cannot be read.
        until: the UTC second at which the log ends; who withdrew later is left out as well.
    """
    people, run = history.people, admission.run
    assert run is not None, "an exact request sees the log as it is"
    places = history.rows_of(unreadable)
    agreeing = consents(history).agreeing(run.purpose, silent=run.basis is LegalBasis.LAW)
    unit, number = _units(history, admission, agreeing, places[places >= 0])
    large = np.bincount(unit, minlength=len(people))[unit] > MOST_PEOPLE
    lost = np.isin(unit, unit[places[places >= 0]])
    left_out = UnitsLeftOut(_distinct(unit, agreeing & large), _distinct(unit, agreeing & lost & ~large))
    kept = agreeing & ~large & ~lost
    held = hold_out.of_units(people, unit, number, agreeing)
    seen = LearningLog.of(history.within(unit, kept), unit, held, until, left_out)
    return only_those(seen, kept, admission.pseudonym)


def _units(history: History, admission: Admission, agreeing: Bool, unreadable: Int64) -> tuple[Int64, UInt64 | None]:
    """The unit of each person (their own, the household of today, or that of the roll), and its number in the roll."""
    people = history.people
    if admission.run is None or admission.run.unit is PrivacyUnit.PERSON:
        return np.arange(len(people), dtype=np.int64), None
    if admission.roll is None:
        return households(history), None

    def grouping(number: UInt64, fixed: UInt64) -> tuple[UInt64, Bool]:
        found, speaking = fixed_households(history, number, fixed, agreeing, unreadable), subjects(history)
        speaking[unreadable] = True
        return found, speaking & np.isin(found, found[agreeing & speaking])

    number = admission.roll.fixed(people, grouping)
    return np.unique(number, return_inverse=True)[1].astype(np.int64), number


def _distinct(unit: Int64, some: Bool) -> int:
    return int(np.unique(unit[some]).size)


def only_those(log: LearningLog, kept: Bool, pseudonym: Callable[[str], str]) -> LearningLog:
    """The log of some people, in the order of their pseudonyms, which tells nothing."""
    history = log.history
    names = {place: pseudonym(history.people[place]) for place in np.flatnonzero(kept).tolist()}
    chosen = np.array(sorted(names, key=names.__getitem__), dtype=np.int64)
    assert log.unit is not None, "the caller has grouped them"
    assert log.held is not None, "and noted who is held out"
    return LearningLog.of(
        history.of(chosen, [names[place] for place in chosen.tolist()]),
        np.unique(log.unit[chosen], return_inverse=True)[1].astype(np.int64),
        log.held[chosen],
        log.until,
        log.left_out,
    )
