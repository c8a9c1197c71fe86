"""Outlook: when something can change for people after a sweep with no new event, up to a day, as far as is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Int64, UInt64
from features.calendar import date_of
from features.snapshot import snapshots
from recommender.changes.turning_days import turning_days
from recommender.rules.clause import Answer
from sweep.change_index import ChangeIndex
from sweep.population_sweep import BLOCK

if TYPE_CHECKING:
    from recommender.rules.compiled import Compiled
    from sweep.population_sweep import PopulationSweep

__all__ = ["Outlook"]


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a sweep can say of the days after it.

    A programme that turns concerns whom its rules do not exclude before or after. Of people for whom no day of their
    own comes before, the facts of the sweep's day are enough to say that of the rules of a later day.

    Attributes:
        until: the last day that is looked at.
        rules: of the programmes that turn until then, those of the sweep's day and of each day on which some turn.
    """

    until: int
    rules: tuple[Compiled, ...]

    @property
    def names(self) -> frozenset[str]:
        """The programmes that turn by themselves."""
        return frozenset(one.id for rules in self.rules for one in rules.catalogue.programmes)

    def index(self, sweep: PopulationSweep, places: Int64, marks: UInt64) -> ChangeIndex:
        """Return the index of people of a sweep, by their places, in that order; `marks` are theirs."""
        zone, history = sweep.after.declaration.zone, sweep.calendar.history
        own = turning_days(sweep.calendar.turning, history, zone, places, sweep.as_of, self.until)
        day = np.full(marks.size, self.until + 1, np.int32)
        np.minimum.at(day, own.person, own.day.astype(np.int32))
        found = ChangeIndex(marks, day, {name: np.zeros(marks.size, np.bool_) for name in sorted(self.names)})
        for first in range(0, places.size, BLOCK) if self.rules else ():
            part = slice(first, first + BLOCK)
            self._judge(sweep, places[part], {name: column[part] for name, column in found.may.items()})
        return found

    def _judge(self, sweep: PopulationSweep, places: Int64, may: Mapping[str, Bool]) -> None:
        """Say of some people which programmes that turn do not exclude them."""
        declaration, receipts = sweep.after.declaration, sweep.after.catalogue.receipts
        t = np.full(places.size, declaration.zone.end_of_day(date_of(sweep.as_of)), np.int64)
        known = snapshots(declaration, sweep.calendar.history, places, t, receipts)
        for rules in self.rules:
            open_to = rules.offerable(known.values, sweep.calendar.applicant, known.members) != Answer.NO
            for one, column in zip(rules.catalogue.programmes, open_to.T, strict=True):
                may[one.id][:] |= column
