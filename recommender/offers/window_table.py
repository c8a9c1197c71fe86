"""Window table: every programme's window as many people stand to it, each different one worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Int64
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
        self._met: dict[int, tuple[Int64, Int64]] = {}
        self._fixed = np.array([-1 if one is None else self._coded(one) for one in table.windows], np.int64)
        rules = {rule for rules in table.personal_windows for rule in rules}
        self._events = tuple(sorted({event for rule in rules for event in rule.after}))

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
        rules = self._table.personal_windows[which]
        after = sorted({event for rule in rules for event in rule.after})
        during = sorted({rule.during for rule in rules if rule.during is not None})
        events = [self._events.index(event) for event in after]
        facts = [self._table.states.index(name) for name in during]
        keys = np.hstack((latest[:, events], states[:, facts]))
        met, codes = self._met.get(which, (keys[:0], np.zeros(0, np.int64)))
        like = like_rows(np.vstack((met, keys)))  # those met before are all different, and come first
        new = keys[like.first[len(met) :] - len(met)]
        found = np.array([self._window(rules, after, during, key) for key in new.tolist()], np.int64)
        self._met[which] = np.vstack((met, new)), np.concatenate((codes, found))
        return np.asarray(self._met[which][1][like.of[len(met) :]])

    def _window(self, rules: tuple[WindowRule, ...], after: list[str], during: list[str], days: list[int]) -> int:
        happened = [Occurrence(event, day) for event, day in zip(after, days, strict=False) if day != UNKNOWN]
        states = dict(zip(during, days[len(after) :], strict=True))
        table = self._table
        return self._coded(window_of(rules, happened, table.day, table.working_days, states))
