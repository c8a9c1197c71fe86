"""Offer arrays: everything about a day's programmes that an offer needs and that does not depend on the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import Duration, parse_duration
from features.value import UNKNOWN
from recommender.offers.utility import won_a_year
from recommender.rules.window import ApplicationWindow, after_event, always, between, unstated
from recommender.rules.working_days import WorkingDays

if TYPE_CHECKING:
    from features.snapshot import Occurrence
    from recommender.rules.compiled import Compiled
    from recommender.rules.programme import Programme, WindowRule
    from recommender.text import Text

__all__ = ["OfferArrays", "PersonWindows", "int64", "offer_arrays", "window_of"]

_ENDLESS: Final = ("open_ended", "not_needed")


@dataclass(frozen=True)
class _EventWindow:
    """A window that runs from the latest of some events; programmes with the same one share it."""

    kind: str
    after: tuple[str, ...]
    within: Duration


@dataclass(frozen=True, eq=False)
class PersonWindows:
    """Every programme's window as one person stands to it.

    Attributes:
        closed: whether the last day has passed, bool[P].
        days_left: until it closes, int64[P]; UNKNOWN without a known end.
        by_event: the windows that run from events, in the order of `OfferArrays.event_windows`.
    """

    closed: Bool
    days_left: Int64
    by_event: tuple[ApplicationWindow, ...]


@dataclass(frozen=True, eq=False)
class OfferArrays:
    """A compiled catalogue's programmes as an offer reads them; P programmes, in the catalogue's order.

    Attributes:
        day: the day the windows are seen from.
        working_days: on which days a period can end.
        won_a_year: what each comes to in the first year, int64[P]; UNKNOWN where no amount is stated.
        effort_minutes: what applying takes, int64[P]; UNKNOWN likewise.
        id_rank: the place of each programme's id among all ids in order, int64[P].
        windows: the windows of programmes that run from no event; None for those that do.
        closed: whether those windows have closed, bool[P].
        days_left: until those windows close, int64[P].
        event_window: for each programme the place in `event_windows` of the window it has, int64[P], or -1.
        event_windows: the different windows that run from an event.
        grant_set: for each programme the place in `grant_sets` of what receiving it makes true, int64[P], or -1.
        grant_sets: the different sets of columns that some programme's receipt makes true.
        offered_on: for each life event the programmes offered on it, int64[...] ascending.
        ids: the programmes' ids.
        efforts: what applying takes in minutes, None where that is not stated.
        events_of: for each programme the life events it is offered on.
        excludes: what each programme excludes.
        documents: what each programme asks for; equal texts are one object, as equal sets and lists are above.
    """

    day: int
    working_days: WorkingDays
    won_a_year: Int64
    effort_minutes: Int64
    id_rank: Int64
    windows: tuple[ApplicationWindow | None, ...]
    closed: Bool
    days_left: Int64
    event_window: Int64
    event_windows: tuple[_EventWindow, ...]
    grant_set: Int64
    grant_sets: tuple[tuple[int, ...], ...]
    offered_on: Mapping[str, Int64]
    ids: tuple[str, ...]
    efforts: tuple[int | None, ...]
    events_of: tuple[frozenset[str], ...]
    excludes: tuple[frozenset[str], ...]
    documents: tuple[tuple[Text, ...], ...]

    def windows_of(self, occurrences: Iterable[Occurrence]) -> PersonWindows:
        """Return every window as it stands to a person to whom this happened."""
        happened = tuple(occurrences)
        found = tuple(
            after_event(rule.kind, rule.after, rule.within, happened, self.day, self.working_days)
            for rule in self.event_windows
        )
        if not any(window.closes is not None for window in found):
            return PersonWindows(self.closed, self.days_left, found)
        closed = np.array([*(window.is_closed for window in found), False], dtype=np.bool_)
        left = int64([*(window.days_left for window in found), None])
        runs = self.event_window >= 0
        return PersonWindows(
            np.where(runs, closed[self.event_window], self.closed),
            np.where(runs, left[self.event_window], self.days_left),
            found,
        )

    def window(self, programme: int, windows: PersonWindows) -> ApplicationWindow:
        """Return one programme's window as it stands to a person."""
        static = self.windows[programme]
        return windows.by_event[int(self.event_window[programme])] if static is None else static


@lru_cache(maxsize=8)
def offer_arrays(compiled: Compiled) -> OfferArrays:
    """Return the arrays of a compiled catalogue, made once for each of them."""
    programmes = compiled.catalogue.programmes
    windows, event_window, rules = _windows(programmes, compiled.day, compiled.working_days)
    grant_set, grant_sets = _grants(programmes, compiled.columns)
    offered_on, events_of = _offered_on(programmes)
    by_id = sorted(range(len(programmes)), key=lambda i: programmes[i].id)
    rank = np.empty(len(programmes), dtype=np.int64)
    rank[by_id] = np.arange(len(programmes))
    texts: dict[Text, Text] = {}
    lists: dict[tuple[Text, ...], tuple[Text, ...]] = {}
    sets: dict[frozenset[str], frozenset[str]] = {}
    documents = (tuple([texts.setdefault(text, text) for text in one.documents]) for one in programmes)
    excludes = (frozenset(one.excludes) for one in programmes)
    return OfferArrays(
        day=compiled.day,
        working_days=compiled.working_days,
        won_a_year=int64(won_a_year(one.value.amount, one.value.period) for one in programmes),
        effort_minutes=int64(one.effort_minutes for one in programmes),
        id_rank=rank,
        windows=windows,
        closed=np.array([window is not None and window.is_closed for window in windows], dtype=np.bool_),
        days_left=int64(None if window is None else window.days_left for window in windows),
        event_window=event_window,
        event_windows=rules,
        grant_set=grant_set,
        grant_sets=grant_sets,
        offered_on=offered_on,
        ids=tuple([one.id for one in programmes]),
        efforts=tuple([one.effort_minutes for one in programmes]),
        events_of=tuple([sets.setdefault(one, one) for one in events_of]),
        excludes=tuple([sets.setdefault(one, one) for one in excludes]),
        documents=tuple([lists.setdefault(one, one) for one in documents]),
    )


def int64(values: Iterable[int | None]) -> Int64:
    """Return integers as an array with UNKNOWN for None.

    >>> int64([3, None])[0]
    np.int64(3)
    """
    return np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)


def window_of(
    rule: WindowRule, occurrences: Iterable[Occurrence], today: int, working: WorkingDays
) -> ApplicationWindow:
    """Return from when until when one can apply under a window rule, to whom this happened, seen from `today`."""
    if rule.kind in _ENDLESS:
        return always(rule.kind)
    if rule.after and rule.within is not None:
        return after_event(rule.kind, rule.after, parse_duration(rule.within), occurrences, today, working)
    if rule.opens is not None or rule.closes is not None:
        return between(rule.kind, rule.opens, rule.closes, today, working)
    return unstated(rule.kind)


def _windows(
    programmes: tuple[Programme, ...], today: int, working: WorkingDays
) -> tuple[tuple[ApplicationWindow | None, ...], Int64, tuple[_EventWindow, ...]]:
    windows: list[ApplicationWindow | None] = []
    places: dict[_EventWindow, int] = {}
    of = np.full(len(programmes), -1, dtype=np.int64)
    for i, programme in enumerate(programmes):
        rule = programme.window
        if rule.kind not in _ENDLESS and rule.after and rule.within is not None:
            shared = _EventWindow(rule.kind, rule.after, parse_duration(rule.within))
            of[i] = places.setdefault(shared, len(places))
            windows.append(None)
        else:
            windows.append(window_of(rule, (), today, working))
    return tuple(windows), of, tuple(places)


def _grants(programmes: tuple[Programme, ...], columns: tuple[str, ...]) -> tuple[Int64, tuple[tuple[int, ...], ...]]:
    place = {name: i for i, name in enumerate(columns)}
    sets: dict[tuple[int, ...], int] = {}
    of = np.full(len(programmes), -1, dtype=np.int64)
    for i, programme in enumerate(programmes):
        granted = tuple(sorted({place[name] for name in programme.grants if name in place}))
        if granted:
            of[i] = sets.setdefault(granted, len(sets))
    return of, tuple(sets)


def _offered_on(programmes: tuple[Programme, ...]) -> tuple[dict[str, Int64], tuple[frozenset[str], ...]]:
    events_of = tuple(frozenset((*one.triggers, *one.window.after)) for one in programmes)
    found: dict[str, list[int]] = {}
    for i, events in enumerate(events_of):
        for event in events:
            found.setdefault(event, []).append(i)
    return {event: np.array(places, dtype=np.int64) for event, places in found.items()}, events_of
