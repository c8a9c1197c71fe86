"""Offer arrays: everything about a day's programmes that an offer needs and that does not depend on the person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.country import Currency
from features.snapshot import Occurrence
from features.value import UNKNOWN
from recommender.currency import SCALE, comparable, currencies_of
from recommender.offers.amount_text import ToldAmount, told_amount
from recommender.offers.utility import UtilityWeights
from recommender.rules.estimate import ANYBODY, Estimate
from recommender.rules.payment import GIVES
from recommender.rules.window import NOTHING_KNOWN, ApplicationWindow, window_of
from recommender.rules.working_days import WorkingDays

if TYPE_CHECKING:
    from recommender.messages import Messages
    from recommender.ranking.scorer import Pairs
    from recommender.rules.compiled import Compiled
    from recommender.rules.person import Person
    from recommender.rules.programme import Programme
    from recommender.rules.window_rule import WindowRule
    from recommender.rules.worth import Value
    from recommender.text import Text

__all__ = ["MOST_ORDERED", "OfferArrays", "PersonWindows", "int64", "offer_arrays", "ordered_amount"]

_Rules = tuple["WindowRule", ...]
"""The windows of one programme, without their wording; programmes with the same ones share them."""
MOST_ORDERED: Final = 10**17
"""Above so many won sums are not told apart in an order; ten of them still fit the kernels' integers."""
_MOST_TOLD: Final = 100_000
_A_YEAR: Final = {"month": 12, "quarter": 4, "half_year": 2, "week": 52}
"""How often a period comes in a year; what is given at other times is counted once."""


@dataclass(frozen=True, eq=False)
class PersonWindows:
    """Every programme's window as one person stands to it.

    Attributes:
        closed: whether the last day has passed, bool[P].
        days_left: until it closes or something is lost otherwise, int64[P]; UNKNOWN without a known end.
        personal: the windows that depend on the person, in the order of `OfferArrays.personal_windows`.
    """

    closed: Bool
    days_left: Int64
    personal: tuple[ApplicationWindow, ...]


@dataclass(frozen=True, eq=False)
class OfferArrays:
    """A compiled catalogue's programmes as an offer reads them; P programmes, in the catalogue's order.

    Attributes:
        day: the day the windows are seen from.
        working_days: on which days a period can end.
        usual: what each comes to in the first year for somebody of whom nothing is known, comparable in won, int64[P];
            UNKNOWN where no amount is stated.
        gives: which of GIVES each is, int64[P].
        read_set: for each programme the place in `reads` of the columns its amount depends on, int64[P], or -1.
        reads: 1 where a set of columns that some programme's amount depends on has a column, float32[F, sets + 1]; the
            last set has none.
        personal: whether what each gives depends on the person, bool[P].
        effort_minutes: what applying takes, int64[P]; UNKNOWN likewise.
        id_rank: the place of each programme's id among all ids in order, int64[P].
        windows: the windows that depend on the day alone; None for programmes with others.
        closed: whether those windows have closed, bool[P].
        days_left: until those windows close or something is lost otherwise, int64[P].
        personal_window: for each programme the place in `personal_windows` of those it has, int64[P], or -1.
        personal_windows: the different windows that run from an event or while a fact is true.
        grant_set: for each programme the place in `grant_sets` of what receiving it makes true, int64[P], or -1.
        grant_sets: the different sets of columns that some programme's receipt makes true.
        offered_on: for each life event the programmes offered on it, int64[...] ascending.
        ids: the programmes' ids.
        efforts: what applying takes in minutes, None where that is not stated.
        events_of: for each programme the life events it is offered on.
        excludes: what each programme cannot be held with.
        documents: what each programme asks for; equal texts are one object, as equal sets and lists are above.
        programmes: what is offered.
        told: what programmes come to that is the same for everybody, in words, by place and second; grows.
        estimates: the same without words.
        met: personal windows that were worked out, by all that each reads; grows.
    """

    day: int
    working_days: WorkingDays
    usual: Int64
    gives: Int64
    read_set: Int64
    reads: Float32
    personal: Bool
    effort_minutes: Int64
    id_rank: Int64
    windows: tuple[ApplicationWindow | None, ...]
    closed: Bool
    days_left: Int64
    personal_window: Int64
    personal_windows: tuple[_Rules, ...]
    grant_set: Int64
    grant_sets: tuple[tuple[int, ...], ...]
    offered_on: Mapping[str, Int64]
    ids: tuple[str, ...]
    efforts: tuple[int | None, ...]
    events_of: tuple[frozenset[str], ...]
    excludes: tuple[frozenset[str], ...]
    documents: tuple[tuple[Text, ...], ...]
    programmes: tuple[Programme, ...]
    told: dict[tuple[int, int], ToldAmount] = field(default_factory=dict)
    estimates: dict[tuple[int, int], Estimate] = field(default_factory=dict)
    met: dict[tuple[object, ...], ApplicationWindow] = field(default_factory=dict)

    @cached_property
    def settling(self) -> Float64:
        """What settling each programme counts when questions are ordered: once, once more for an average amount."""
        stated = self.stated_worth
        return 1 + stated / max(float(stated.mean()), 1.0) if stated.size else stated

    @cached_property
    def stated_worth(self) -> Float64:
        """What each usually comes to, loans, discounts and services by what they count, float64[P]; 0 if unstated."""
        usual, weights = np.where(self.usual == UNKNOWN, 0, self.usual), UtilityWeights()
        counts = np.array([1.0, *(getattr(weights, kind) for kind in GIVES[1:])])
        return np.asarray(usual * counts[self.gives], dtype=np.float64)

    def depending(self, values: Int64, pairs: Pairs) -> Int64:
        """Return the rows of pairs whose amount depends on something that is known of the person, int64[...]."""
        told = ((values != UNKNOWN).astype(np.float32) @ self.reads) > 0  # a product of matrices is the quickest "any"
        return np.flatnonzero(told[pairs.person, self.read_set[pairs.programme]])

    @cached_property
    def states(self) -> tuple[str, ...]:
        """The facts while which some window is open."""
        rules = {rule for rules in self.personal_windows for rule in rules}
        return tuple(sorted({rule.during for rule in rules if rule.during is not None}))

    def windows_of(self, occurrences: Iterable[Occurrence], states: Mapping[str, int] = NOTHING_KNOWN) -> PersonWindows:
        """Return every window as it stands to a person to whom this happened, and of whom `states` hold."""
        latest: dict[str, int] = {}
        for one in occurrences:
            if latest.get(one.event, one.day) <= one.day <= self.day:
                latest[one.event] = one.day
        found = tuple(self._window_of(which, latest, states) for which in range(len(self.personal_windows)))
        if not any(window.pressing is not None or window.is_closed for window in found):
            return PersonWindows(self.closed, self.days_left, found)
        closed = np.array([*(window.is_closed for window in found), False], dtype=np.bool_)
        left = int64([*(window.pressing for window in found), None])
        runs = self.personal_window >= 0
        return PersonWindows(
            np.where(runs, closed[self.personal_window], self.closed),
            np.where(runs, left[self.personal_window], self.days_left),
            found,
        )

    @cached_property
    def offered_places(self) -> Mapping[str, frozenset[int]]:
        """For each life event the places of the programmes offered on it."""
        return {event: frozenset(places.tolist()) for event, places in self.offered_on.items()}

    def _window_of(self, which: int, latest: Mapping[str, int], states: Mapping[str, int]) -> ApplicationWindow:
        """One personal window, by the latest day of each event; it is worked out once for all that it reads."""
        events, during = self._window_reads[which]
        case = which, *[latest.get(name) for name in events], *[states.get(name) for name in during]
        found = self.met.get(case)
        if found is None:
            if len(self.met) > _MOST_TOLD:
                self.met.clear()
            happened = [Occurrence(name, latest[name]) for name in events if name in latest]
            rules = self.personal_windows[which]
            found = self.met[case] = window_of(rules, happened, self.day, self.working_days, states)
        return found

    @cached_property
    def _window_reads(self) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
        """Of each personal window the events that it runs from, and the facts while which it is open."""
        return tuple(
            (
                tuple(sorted({event for rule in rules for event in rule.after})),
                tuple(sorted({rule.during for rule in rules if rule.during is not None})),
            )
            for rules in self.personal_windows
        )

    def window(self, programme: int, windows: PersonWindows) -> ApplicationWindow:
        """Return one programme's window as it stands to a person."""
        static = self.windows[programme]
        return windows.personal[int(self.personal_window[programme])] if static is None else static

    def estimate_of(self, programme: int, person: Person) -> Estimate:
        """What a programme comes to for a person as of their second; where it is the same for all, worked out once."""
        value = self.programmes[programme].value
        if self.personal[programme]:
            return value.amount_of(person, person.t)
        key = programme, person.t
        if key not in self.estimates:
            if len(self.estimates) > _MOST_TOLD:
                self.estimates.clear()
            self.estimates[key] = value.amount_of(ANYBODY, person.t)
        return self.estimates[key]

    def told_to_all(
        self, programme: int, value: Value, t: int, currency: Currency, messages: Messages
    ) -> ToldAmount | None:
        """What a programme comes to from the second `t` on, in words; None where that depends on the person."""
        if self.personal[programme]:
            return None
        if len(self.told) > _MOST_TOLD:
            self.told.clear()
        if (programme, t) not in self.told:
            self.told[programme, t] = told_amount(value.amount_of(ANYBODY, t), currency, messages)
        return self.told[programme, t]


@lru_cache(maxsize=8)
def offer_arrays(compiled: Compiled) -> OfferArrays:
    """Return the arrays of a compiled catalogue, made once for each of them."""
    programmes, own = compiled.catalogue.programmes, compiled.declaration.country.currency
    windows, personal_window, rules = _windows(programmes, compiled.day, compiled.working_days)
    grant_set, grant_sets = _column_sets([one.grants for one in programmes], compiled.columns)
    offered_on, events_of = _offered_on(programmes)
    by_id = sorted(range(len(programmes)), key=lambda i: programmes[i].id)
    rank = np.empty(len(programmes), dtype=np.int64)
    rank[by_id] = np.arange(len(programmes))
    texts: dict[Text, Text] = {}
    lists: dict[tuple[Text, ...], tuple[Text, ...]] = {}
    sets: dict[frozenset[str], frozenset[str]] = {}
    documents = (tuple([texts.setdefault(text, text) for text in one.documents]) for one in programmes)
    nothing = frozenset[str]()
    excludes = (compiled.catalogue.excluding.get(one.id, nothing) for one in programmes)
    usual = int64(_usual_amount(one.value, own) for one in programmes)
    read_set, read_sets = _column_sets([one.value.reads for one in programmes], compiled.columns)
    reads = np.zeros((len(compiled.columns), len(read_sets) + 1), dtype=np.float32)
    for place, columns in enumerate(read_sets):
        reads[list(columns), place] = 1
    return OfferArrays(
        day=compiled.day,
        working_days=compiled.working_days,
        usual=usual,
        gives=np.array([GIVES.index(one.value.given) for one in programmes], dtype=np.int64),
        read_set=read_set,
        reads=reads,
        personal=np.array([bool(one.value.reads) for one in programmes], dtype=np.bool_),
        effort_minutes=int64(one.effort_minutes for one in programmes),
        id_rank=rank,
        windows=windows,
        closed=np.array([window is not None and window.is_closed for window in windows], dtype=np.bool_),
        days_left=int64(None if window is None else window.pressing for window in windows),
        personal_window=personal_window,
        personal_windows=rules,
        grant_set=grant_set,
        grant_sets=grant_sets,
        offered_on=offered_on,
        ids=tuple([one.id for one in programmes]),
        efforts=tuple([one.effort_minutes for one in programmes]),
        events_of=tuple([sets.setdefault(one, one) for one in events_of]),
        excludes=tuple([sets.setdefault(one, one) for one in excludes]),
        documents=tuple([lists.setdefault(one, one) for one in documents]),
        programmes=programmes,
    )


def ordered_amount(found: Estimate, currency: str, own: Currency) -> int | None:
    """Return the sum by which an estimate is ordered: the middle of its range, comparable in won; None without one.

    Sums above `MOST_ORDERED` are ordered as that, whatever the parts of a value add up to.

    >>> ordered_amount(Estimate("gift", 10**30, 10**30, True, ()), "KRW", Currency("KRW", 0)) == MOST_ORDERED
    True
    """
    return None if found.middle is None else _in_won(found.middle, currency, own)


def _in_won(amount: int, currency: str, own: Currency) -> int | None:
    won = comparable(amount, currency, SCALE, currencies_of(own))
    return None if won is None else min(won, MOST_ORDERED)


def _usual_amount(worth: Value, own: Currency) -> int | None:
    """Return what a value comes to for anybody; where that is for each child, or depends on them, as for one."""
    found = ordered_amount(worth.amount_of(ANYBODY, 0), worth.currency, own)
    if found is not None or worth.amount is None:
        return found
    return _in_won(worth.amount * _A_YEAR.get(worth.period, 1), worth.currency, own)


def int64(values: Iterable[int | None]) -> Int64:
    """Return integers as an array with UNKNOWN for None.

    >>> int64([3, None])[0]
    np.int64(3)
    """
    return np.array([UNKNOWN if value is None else value for value in values], dtype=np.int64)


def _windows(
    programmes: tuple[Programme, ...], today: int, working: WorkingDays
) -> tuple[tuple[ApplicationWindow | None, ...], Int64, tuple[_Rules, ...]]:
    windows: list[ApplicationWindow | None] = []
    places: dict[_Rules, int] = {}
    seen: dict[_Rules, ApplicationWindow] = {}
    of = np.full(len(programmes), -1, dtype=np.int64)
    for i, programme in enumerate(programmes):
        rules = tuple([rule.wordless() for rule in programme.windows])
        if any(rule.is_personal for rule in rules):
            of[i] = places.setdefault(rules, len(places))
            windows.append(None)
        else:
            if rules not in seen:
                seen[rules] = window_of(rules, (), today, working)
            windows.append(seen[rules])
    return tuple(windows), of, tuple(places)


def _column_sets(names: Sequence[Iterable[str]], columns: tuple[str, ...]) -> tuple[Int64, tuple[tuple[int, ...], ...]]:
    """Return for each programme the place of its set of columns, -1 for none, and the different sets."""
    place = {name: i for i, name in enumerate(columns)}
    sets: dict[tuple[int, ...], int] = {}
    of = np.full(len(names), -1, dtype=np.int64)
    for i, named in enumerate(names):
        found = tuple(sorted({place[name] for name in named if name in place}))
        if found:
            of[i] = sets.setdefault(found, len(sets))
    return of, tuple(sets)


def _offered_on(programmes: tuple[Programme, ...]) -> tuple[dict[str, Int64], tuple[frozenset[str], ...]]:
    events_of = tuple(frozenset((*one.triggers, *one.window_events)) for one in programmes)
    found: dict[str, list[int]] = {}
    for i, events in enumerate(events_of):
        for event in events:
            found.setdefault(event, []).append(i)
    return {event: np.array(places, dtype=np.int64) for event, places in found.items()}, events_of
