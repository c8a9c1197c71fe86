"""Contact year: people lived day by day, and what each way of telling them offers, as much as is known on the day.

Three ways: the country's contact policy, notices of what is popular, and notices by a fixed list of ages and events.
What each tells somebody is judged again by the reference interpreter, for that person on that day.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS, date_of
from features.log.history import History
from features.snapshot import Snapshots, snapshots
from recommender.changes.offer_pairs import OfferPairs, PairJudge, WindowStates
from recommender.changes.offer_state import OfferState
from recommender.contact.contact_decision import ContactSituation, decide
from recommender.contact.contact_policy import ContactPolicy
from recommender.contact.contact_record import SENSITIVE, SENT, Choices, Contact, ContactRecord, PastOffer
from recommender.contact.due_offer import DueOffer, terms_of
from recommender.engine import Engine
from recommender.offers.amount_table import SweptPeople
from recommender.offers.utility import UtilityWeights
from recommender.rules.clause import Answer
from recommender.rules.compiled import Compiled
from recommender.rules.programme import Programme
from recommender.rules.rule_oracle import Oracle
from recommender.rules.window import UPCOMING
from recommender.standing import YES

IN_TIME: Final = 14
"""Days before a window closes until which an offer is in time."""
ROOM, CONTACTS = 3, 2
"""Programmes in a notice, and notices in a month, of the ways that are not the policy's."""
OURS, POPULAR, LISTED = "proffer", "popularity notices", "notices by a fixed list of ages and events"
WAYS: Final = (OURS, POPULAR, LISTED)
_WAITING: Final = ("frequency", "next_message", "incompatible")
_FOREVER: Final = 10**9
_WEIGHTS: Final = UtilityWeights()


@dataclass
class YearPair:
    """A person and a programme with one window: when it was known first, when it ended, and what it brings."""

    known: int
    closes: int
    value: int
    until: int = _FOREVER
    offered: dict[str, int] = field(default_factory=dict)

    @property
    def deadline(self) -> int:
        """The last day on which it is offered in time."""
        return max(self.closes - IN_TIME, self.known + 1)

    @property
    def counts(self) -> bool:
        """Whether it still stood on the last day on which it could be offered in time."""
        return self.until > self.deadline

    def in_time(self, way: str) -> bool:
        """Whether a way of telling people offered it in time."""
        return self.offered.get(way, _FOREVER) <= self.deadline


@dataclass
class YearLife:
    """What one person's year came to, as known so far.

    Attributes:
        states: how the person stands to every programme that is a yes and may be offered, since the last look.
        pairs: by programme and last day of the window.
        unmeasured: programmes that were a yes without a sum or an end within the year.
        sent: by way, the day and the programmes of each notice.
        excluded: by way, how many programmes were told that the rules exclude on the day.
    """

    states: Mapping[str, OfferState] = field(default_factory=dict)
    pairs: dict[tuple[str, int], YearPair] = field(default_factory=dict)
    unmeasured: set[str] = field(default_factory=set)
    sent: dict[str, list[tuple[int, tuple[str, ...]]]] = field(default_factory=lambda: defaultdict(list))
    excluded: Counter[str] = field(default_factory=Counter)

    def look(self, states: Mapping[str, OfferState], day: int, last: int) -> None:
        """Note what is a yes on a day, and which pairs are none any more; `last` is the last day of the year."""
        self.states = states
        for name, one in states.items():
            closes = one.window.closes
            if one.window.state == UPCOMING:
                continue
            if one.amount is None or closes is None or closes > last:
                self.unmeasured.add(name)
            elif (name, closes) not in self.pairs:
                self.pairs[name, closes] = YearPair(day, closes, middle(one.amount))
        for (name, closes), pair in self.pairs.items():
            stands = name in states and states[name].window.closes == closes
            pair.until = _FOREVER if stands else min(pair.until, day)

    def tell(self, way: str, names: Sequence[str], day: int) -> None:
        """Note a notice, and which pairs it offers for the first time."""
        if not names:
            return
        self.sent[way].append((day, tuple(names)))
        for (programme, closes), pair in self.pairs.items():
            if programme in names and pair.known <= day <= closes and day < pair.until:
                pair.offered.setdefault(way, day)

    def told(self, way: str) -> set[str]:
        """The programmes that a way told of so far."""
        return {name for _, names in self.sent[way] for name in names}


class PolicyContacts:
    """The contact policy of the country, day by day, for one person, who applied for the notice and chose a channel."""

    def __init__(self, year: ContactYear, life: YearLife) -> None:
        self._year, self._life = year, life
        names = [*year.policy.purposes, year.policy.consent_to("webhook"), year.policy.consent_to("webhook", SENSITIVE)]
        self._record = ContactRecord(choices=Choices(frozenset(names)))
        self.waits = True
        """Whether the next day may bring a message though nothing changes."""

    def day(self, day: int) -> None:
        """Decide at noon."""
        catalogue, zone = self._year.engine.catalogue, self._year.engine.declaration.zone
        due = [
            _due(catalogue.programmes[catalogue.index[name]], one, day, self._year.sensitive)
            for name, one in self._life.states.items()
        ]
        now = zone.end_of_day(date_of(day)) - DAY_SECONDS // 2
        bars = {name: one.bar for name, one in self._life.states.items()}
        found = decide(self._year.policy, ContactSituation(now, zone, due, bars, self._record))
        self.waits = found.message is not None or any(one.reason in _WAITING for one in found.kept)
        if found.message is None:
            return
        self._life.tell(OURS, [one.programme for one in found.message.offers], day)
        offers = [PastOffer(one.programme, SENT, now, one.terms) for one in found.message.offers]
        contacts = (*self._record.contacts, Contact(now, found.message.urgent))
        self._record = replace(self._record, offers=(*self._record.offers, *offers), contacts=contacts)


class JudgedAgain(NamedTuple):
    """Pairs of a person and a programme that may be offered, judged once more by the reference interpreter."""

    pairs: int
    excluded: int


@dataclass(frozen=True, eq=False)
class ContactYear:
    """People, and everything by which a year of theirs is lived.

    Attributes:
        engine: the rules, without a model.
        policy: the country's.
        history: what is recorded of people.
        looks: for each day the places of those for whom something can have changed.
        first: the first day of the year.
        last: its last.
        popular: all programmes, the most popular first.
        listed: for each day the places of those to whom something on the fixed list happened.
        sensitive: programmes that leave through a channel chosen for them alone.
    """

    engine: Engine
    policy: ContactPolicy
    history: History
    looks: Mapping[int, Int64]
    first: int
    last: int
    popular: Sequence[str]
    listed: Mapping[int, Sequence[int]]
    sensitive: frozenset[str]

    def lived(self, advance: Callable[[int], object] = lambda _: None) -> list[YearLife]:
        """Return everybody's year under each way of telling people; `advance` hears of each day."""
        lives = [YearLife() for _ in self.history.people]
        ours = [PolicyContacts(self, life) for life in lives]
        waiting: set[int] = set()
        for day in range(self.first, self.last + 1):
            advance(day)
            rules = self.engine.compiled(date_of(day))
            waiting |= self._look(rules, day, lives)
            for place in sorted(waiting):
                ours[place].day(day)
            waiting = {place for place in waiting if ours[place].waits}
            self._popular_notices(lives, day)
            self._listed_notices(lives, day)
            self._judge_again(rules, lives, day)
        return lives

    def may_offer(self, day: int, most: int) -> JudgedAgain:
        """Judge what may be offered to everybody on a day once more, of so many pairs at most."""
        rules = self.engine.compiled(date_of(day))
        places = np.arange(len(self.history.people), dtype=np.int64)
        judge, people = self._people(rules, places)
        found = judge.pairs(people, 1)
        rows = np.flatnonzero(found.offerable)[:most]
        oracle = _Interpreter(self, rules, people.known)
        pairs = zip(found.person[rows].tolist(), found.programme[rows].tolist(), strict=True)
        wrong = sum(oracle.answer(person, programme) == Answer.NO for person, programme in pairs)
        return JudgedAgain(rows.size, wrong)

    def _people(self, rules: Compiled, places: Int64) -> tuple[PairJudge, SweptPeople]:
        """The rules of a day, and people as known at its end."""
        t = rules.declaration.zone.end_of_day(date_of(rules.day))
        known = snapshots(rules.declaration, self.history, places, np.full(places.size, t), rules.catalogue.receipts)
        return PairJudge(rules, t, WindowStates()), SweptPeople(self.history, places, known)

    def _look(self, rules: Compiled, day: int, lives: Sequence[YearLife]) -> set[int]:
        """Look at those for whom something can have changed, and return for whom something may be offered."""
        places = self.looks.get(day, np.zeros(0, np.int64))
        if not places.size:
            return set()
        judge, people = self._people(rules, places)
        answers = rules.offerable(people.known.values, 1, people.known.members)
        person, programme = (np.asarray(one, np.int64) for one in np.nonzero(answers == Answer.YES))
        pairs = judge.standing(judge.terms(people, 1), person, programme, answers[person, programme])
        pairs = judge.priced(people, pairs.at(np.flatnonzero(pairs.offerable)))
        for at, states in _by_person(rules, pairs, judge.windows, places.size):
            lives[places[at]].look(states, day, self.last)
        return set(places[np.unique(pairs.person)].tolist())

    def _popular_notices(self, lives: Iterable[YearLife], day: int) -> None:
        """Twice a month, the most popular programmes that nobody was told of yet."""
        if date_of(day).day not in (1, 15):
            return
        for life in lives:
            told = ROOM * len(life.sent[POPULAR])
            life.tell(POPULAR, self.popular[told : told + ROOM], day)

    def _listed_notices(self, lives: Sequence[YearLife], day: int) -> None:
        """On an event or an age of the list, what is a yes and was not told of, what brings most first."""
        month = date_of(day).replace(day=1)
        for life in (lives[place] for place in self.listed.get(day, ())):
            if sum(date_of(at).replace(day=1) == month for at, _ in life.sent[LISTED]) < CONTACTS:
                told = life.told(LISTED)
                sure = [name for name, one in life.states.items() if name not in told and one.window.state != UPCOMING]
                worth = {name: middle(life.states[name].amount or (0, 0)) for name in sure}
                life.tell(LISTED, sorted(sure, key=worth.__getitem__, reverse=True)[:ROOM], day)

    def _judge_again(self, rules: Compiled, lives: Sequence[YearLife], day: int) -> None:
        """Count what was told today that the reference interpreter says the rules exclude."""
        told = [
            (place, way, name)
            for place, life in enumerate(lives)
            for way in WAYS
            if life.sent[way] and life.sent[way][-1][0] == day
            for name in life.sent[way][-1][1]
        ]
        places = np.unique([place for place, *_ in told]).astype(np.int64)
        if places.size:
            oracle = _Interpreter(self, rules, self._people(rules, places)[1].known)
            at = {place: row for row, place in enumerate(places.tolist())}
            for place, way, name in told:
                answer = oracle.answer(at[place], rules.catalogue.index[name])
                lives[place].excluded[way] += answer == Answer.NO


class _Interpreter:
    """The reference interpreter, for people as known on one day."""

    def __init__(self, year: ContactYear, rules: Compiled, known: Snapshots) -> None:
        engine = year.engine
        self._oracle = Oracle(engine.declaration, engine.regions, rules.day, engine.working_days)
        self._texts, self._known = engine.catalogue.on(rules.day).programmes, known
        self._row, self._judge, self._value = -1, self._oracle, known.row(0).value

    def answer(self, person: int, programme: int) -> Answer:
        """Answer a programme, by its place, for one of the people."""
        if person != self._row:
            row = self._known.row(person)
            self._row, self._value, self._judge = person, row.value, replace(self._oracle, members=row.members)
        return self._judge.programme(self._texts[programme], self._value, 1)


def middle(amount: tuple[int, int | None]) -> int:
    """What a sum between two bounds counts as.

    >>> middle((100, 300)), middle((100, None))
    (200, 100)
    """
    return amount[0] if amount[1] is None else (amount[0] + amount[1]) // 2


def _by_person(
    rules: Compiled, pairs: OfferPairs, windows: WindowStates, people: int
) -> Iterable[tuple[int, Mapping[str, OfferState]]]:
    """Each of so many people with what may be offered to them, by the programme's id."""
    ends = np.searchsorted(pairs.person, np.arange(people + 1)).tolist()
    names = [rules.catalogue.programmes[place].id for place in pairs.programme.tolist()]
    for at in range(people):
        yield at, {names[row]: pairs.state(row, windows) for row in range(ends[at], ends[at + 1])}


def _due(programme: Programme, state: OfferState, day: int, sensitive: frozenset[str]) -> DueOffer:
    closes = state.window.closes
    counts = {"loan": _WEIGHTS.loan, "discount": _WEIGHTS.discount, "service": _WEIGHTS.service}
    amount = _WEIGHTS.unstated_won if state.amount is None else middle(state.amount)
    return DueOffer(
        programme.id,
        terms_of(state),
        YES,
        round(amount * counts.get(programme.value.given, 1.0)),
        None if closes is None or closes < day else closes - day,
        is_open=state.window.state != UPCOMING,
        sensitive=programme.id in sensitive,
        bundles=tuple(programme.window_events[:1]),
        excludes=frozenset(programme.excludes),
    )
