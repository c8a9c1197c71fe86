"""Window table: every programme's window as many people stand to it, each different one worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Int64
from features.kernel.like_rows import like_rows
from features.snapshot import Occurrence
from features.value import UNKNOWN
from recommender.offers.offer_arrays import OfferArrays
from recommender.rules.window import ApplicationWindow, window_of

if TYPE_CHECKING:
    from features.person_events import PersonEvents
    from recommender.rules.window_rule import WindowRule

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
        self._met: dict[tuple[int, bytes], int] = {}
        self._fixed = np.array([-1 if one is None else self._coded(one) for one in table.windows], np.int64)
        rules = {rule for rules in table.personal_windows for rule in rules}
        self._events = tuple(sorted({event for rule in rules for event in rule.after}))

    def _coded(self, window: ApplicationWindow) -> int:
        if window not in self._code:
            self._code[window] = len(self.windows)
            self.windows.append(window)
        return self._code[window]

    def of_people(self, events: PersonEvents) -> Int64:
        """Return the place in `windows` of each window that depends on the person, to each of n: int64[n, windows]."""
        latest = events.latest_days(self._events)
        named = [events.known.column(name) for name in self._table.states]
        states = np.array(named, np.int64).reshape(len(named), len(latest)).T
        found = np.empty((len(latest), len(self._table.personal_windows)), np.int64)
        for i in range(found.shape[1]):
            found[:, i] = self._of(i, latest, states)
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
        rules = self._table.personal_windows[which]
        after = sorted({event for rule in rules for event in rule.after})
        during = sorted({rule.during for rule in rules if rule.during is not None})
        events = [self._events.index(event) for event in after]
        facts = [self._table.states.index(name) for name in during]
        keys = np.hstack((latest[:, events], states[:, facts]))
        like = like_rows(keys)
        return np.array([self._window(which, rules, after, during, key) for key in keys[like.first]], np.int64)[like.of]

    def _window(
        self, which: int, rules: tuple[WindowRule, ...], after: list[str], during: list[str], key: Int64
    ) -> int:
        known = which, key.tobytes()
        if known not in self._met:
            days = key.tolist()
            happened = [Occurrence(event, day) for event, day in zip(after, days, strict=False) if day != UNKNOWN]
            states = dict(zip(during, days[len(after) :], strict=True))
            table = self._table
            self._met[known] = self._coded(window_of(rules, happened, table.day, table.working_days, states))
        return self._met[known]
