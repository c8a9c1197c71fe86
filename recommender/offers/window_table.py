"""Window table: every programme's window as many people stand to it, each different one worked out once."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Int64
from features.kernel.like_rows import MetRows
from features.snapshot import Occurrence
from features.value import UNKNOWN
from recommender.offers.offer_arrays import OfferArrays
from recommender.rules.window import ApplicationWindow, window_by, window_that_counts

if TYPE_CHECKING:
    from features.person_events import PersonEvents

__all__ = ["WindowTable"]


class WindowTable:
    """The windows of one day.

    What a personal window is depends on the latest day of each event it runs from and on the facts while which it is
    open; people of whom these agree share it.

    Attributes:
        windows: the different windows met so far, in the order of the codes that `codes` gives; grows.
    """

    def __init__(self, table: OfferArrays) -> None:
        self.windows: list[ApplicationWindow] = []
        self._table, self._code = table, dict[ApplicationWindow, int]()
        self._met: dict[int, tuple[MetRows, array[int]]] = {}
        self._said: dict[tuple[int, ...], ApplicationWindow] = {}
        self._fixed = np.array([-1 if one is None else self._coded(one) for one in table.windows], np.int64)
        rules = {rule for rules in table.personal_windows for rule in rules}
        self._events = tuple(sorted({event for rule in rules for event in rule.after}))
        event = {name: at for at, name in enumerate(self._events)}
        state = {name: at for at, name in enumerate(table.states, len(event))}
        self._reads = [
            [(tuple(event[name] for name in rule.after), state.get(rule.during or "")) for rule in rules]
            for rules in table.personal_windows
        ]
        """Of each rule the columns that it reads: those of days of events, and that of a state or None."""

    def _coded(self, window: ApplicationWindow) -> int:
        if window not in self._code:
            self._code[window] = len(self.windows)
            self.windows.append(window)
        return self._code[window]

    def of_people(self, events: PersonEvents, needed: Bool) -> Int64:
        """Return the place in `windows` of each window that depends on the person, to each of n: int64[n, windows].

        Args:
            events: n people.
            needed: bool[n, windows], those that are worked out; the place of the others is -1.
        """
        latest = events.latest_days(self._events)
        named = [events.known.column(name) for name in self._table.states]
        states = np.array(named, np.int64).reshape(len(named), len(latest)).T
        found = np.full(needed.shape, -1, np.int64)
        for i in np.flatnonzero(needed.any(axis=0)).tolist():
            rows = np.flatnonzero(needed[:, i])
            found[rows, i] = self._of(i, latest[rows], states[rows])
        return found

    def codes(self, of_people: Int64, person: Int64, programme: Int64) -> Int64:
        """Return the place in `windows` of what each programme's window is to each person, pair by pair: int64[m].

        Args:
            of_people: of n people, as `of_people` returns it.
            person: int64[m], places among them.
            programme: int64[m], places in the catalogue.
        """
        found = self._fixed[programme]
        own = np.flatnonzero(found < 0)
        found[own] = of_people[person[own], self._table.personal_window[programme[own]]]
        return found

    def _of(self, which: int, latest: Int64, states: Int64) -> Int64:
        """The codes of one personal window, by the latest days of events and the states of some people."""
        reads = self._reads[which]
        columns = sorted({one for events, during in reads for one in (*events, during) if one is not None})
        met, codes = self._met.setdefault(which, (MetRows(len(columns)), array("q")))
        numbers = met.numbers(np.hstack((latest, states))[:, columns])
        new = (met[number].tolist() for number in range(len(codes), len(met)))
        codes.extend([self._window(which, dict(zip(columns, key, strict=True))) for key in new])
        return np.array(codes, np.int64)[numbers]

    def _window(self, which: int, days: dict[int, int]) -> int:
        """The code of a window; what each of its rules says is worked out once for what that rule reads."""
        found, table = [], self._table
        for place, (events, during) in enumerate(self._reads[which]):
            case = which, place, *(days[one] for one in (*events, during) if one is not None)
            if case not in self._said:
                rule = table.personal_windows[which][place]
                happened = [Occurrence(self._events[one], days[one]) for one in events if days[one] != UNKNOWN]
                states = {} if rule.during is None or during is None else {rule.during: days[during]}
                self._said[case] = window_by(rule, happened, table.day, table.working_days, states)
            found.append(self._said[case])
        return self._coded(window_that_counts(found))
