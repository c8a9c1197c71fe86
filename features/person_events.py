"""Events of many people as arrays: the latest day of each kind that happened to them, and the programmes they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import DAY_SECONDS
from features.declaration.vocabulary import STATED
from features.log.versions import visible
from features.person_rows import rows_of
from features.snapshot import STATED_RECEIPT, listed_events, own_parts, receipt_meanings
from features.value import NONE, UNKNOWN

if TYPE_CHECKING:
    from features.log.history import History
    from features.snapshot import Snapshots

__all__ = ["HoldingPairs", "PersonEvents"]


class HoldingPairs(NamedTuple):
    """What people hold: places among them and the programmes' identifier codes, each pair once."""

    person: Int64
    code: Int64


class PersonEvents:
    """The rows of some people that are known at one instant.

    What it says of each is what `features.snapshot.known` says of one person.

    Attributes:
        known: those people, all at the same instant, as columns.
    """

    def __init__(self, history: History, places: Int64, known: Snapshots) -> None:
        """Find the rows; `places` are those of `known`'s people in the history."""
        rows, _ = rows_of(history.offsets, places)
        t = int(known.t[0]) if len(known) else 0
        seen = visible(history.happened[rows], history.recorded[rows], history.superseded[rows], t)
        self.known, self._history = known, history
        self._rows = rows[seen]
        self._person = np.repeat(np.arange(places.size), np.diff(history.offsets)[places])[seen]
        self._signal = history.signal[self._rows]

    def latest_days(self, events: Sequence[str]) -> Int64:
        """Return the latest local day on which each kind of event happened to each: int64[n, events], or UNKNOWN."""
        found = np.full((len(self.known), len(events)), UNKNOWN, np.int64)
        declaration, place = self.known.declaration, {name: i for i, name in enumerate(events)}
        column = np.array([
            place.get(heard.event, -1)
            if heard.event != STATED and heard.role in own_parts(declaration, heard.event) else -1
            for heard in self._history.signals
        ], np.int64)[self._signal]  # fmt: skip
        rows = np.flatnonzero(column >= 0)
        days = self._history.local[self._rows[rows]] // DAY_SECONDS
        np.maximum.at(found, (self._person[rows], column[rows]), days)
        today = self.known.today() if len(self.known) else 0
        for name, added in listed_events(declaration).items():
            latest = self.known.column(name)
            told = np.flatnonzero((latest > NONE) & (latest <= today))
            for event in (one for one in added if one in place):
                np.maximum.at(found[:, place[event]], told, latest[told])
        return found

    def lapsing(self) -> Bool:
        """Return to whom something happened that sets a fact until it lapses, bool[n]."""
        facts, found = self.known.declaration.facts.values(), np.zeros(len(self.known), np.bool_)
        passing = {state.signal for fact in facts for state in fact.states if state.lapse is not None}
        sets = np.array([heard in passing for heard in self._history.signals], np.bool_)
        found[self._person[sets[self._signal]]] = True
        return found

    def holdings(self) -> HoldingPairs:
        """Return what the last row about each programme says is held."""
        meaning = np.array(receipt_meanings(self._history.signals), np.int64)[self._signal]
        rows = np.flatnonzero(meaning >= 0)
        value = self._history.value[self._rows[rows]]
        told = value != UNKNOWN
        rows, value = rows[told], value[told]
        held = np.where(meaning[rows] == STATED_RECEIPT, value >= 0, meaning[rows] > 0)
        person, code = self._person[rows], np.maximum(value, ~value)
        order = np.lexsort((np.arange(rows.size), code, person))
        person, code, held = person[order], code[order], held[order]
        last = np.ones(order.size, np.bool_)
        last[:-1] = (person[1:] != person[:-1]) | (code[1:] != code[:-1])
        kept = np.flatnonzero(last & held)
        return HoldingPairs(person[kept], code[kept])
