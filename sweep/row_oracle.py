"""Row oracle: the rows of single people, each worked out alone by the code that answers one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.calendar import date_of
from recommender.changes.offer_change import OFFERED, WITHDRAWN, OfferChange
from recommender.offers.batch import recommend
from sweep.pair_difference import CHANGED, SAME

if TYPE_CHECKING:
    from features.log.history import History
    from recommender.changes.offer_state import OfferState
    from recommender.messages import Messages
    from recommender.rules.compiled import Compiled
    from sweep.population_sweep import PopulationSweep

__all__ = ["RowOracle"]

Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class RowOracle:
    """What a sweep should have written of each person.

    Attributes:
        sweep: the sweep, over the people asked about.
        rules: those of its last day, which explain what they say.
    """

    sweep: PopulationSweep
    rules: Compiled

    @classmethod
    def of(cls, sweep: PopulationSweep, messages: Messages) -> RowOracle:
        """Return that of a sweep, in whose rules messages are put."""
        return cls(sweep, sweep.after.explaining(messages))

    def over(self, history: History) -> RowOracle:
        """Return that of the same sweep of other people."""
        return RowOracle(self.sweep.over(history), self.rules)

    def rows(self, place: int) -> list[Row]:
        """Return a person's rows, by the place in the history, as `pair_difference.schema` has them."""
        sweep, one = self.sweep, np.array([place], np.int64)
        name, found = sweep.calendar.history.people[place], {}
        for _, change in sweep.changes(one):
            if change.kinds:
                found[change.programme] = (name, change.programme, *_told(change))
        if sweep.first is None:
            return [found[programme] for programme in sorted(found)]
        return self._ranked(name, place, found) if sweep.concerned(one).size else []

    def _ranked(self, name: str, place: int, changed: dict[str, Row]) -> list[Row]:
        """The rows with the places in the person's list; without an earlier day of the first alone."""
        sweep, person = self.sweep, self.sweep.calendar.person(place, self.sweep.as_of, self.rules)
        shown = recommend(self.rules, person, sweep.ranker, sweep.first).shown
        order = {one.programme.id: (one.rank, one.utility.steps) for one in shown}
        states = sweep.calendar.states(place, sweep.as_of)
        kept = sorted(order.keys() if sweep.since is None else order.keys() | changed.keys())
        return [
            (*(changed.get(one) or (name, one, SAME, "", *_standing(states[one]))), *order.get(one, (None, None)))
            for one in kept
        ]


def _told(change: OfferChange) -> Row:
    first = change.kinds[0]
    headline = first if first in (OFFERED, WITHDRAWN) else CHANGED
    standing = ("no", *[None] * 5) if change.after is None else _standing(change.after)
    return (headline, " ".join(change.kinds), *standing)


def _standing(state: OfferState) -> Row:
    days = (None if day is None else date_of(day) for day in (state.window.opens, state.window.closes))
    return (state.answer.name.lower(), state.window.state, *days, *(state.amount or (None, None)))
