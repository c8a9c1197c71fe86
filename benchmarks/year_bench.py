"""A synthetic year of contacts: what is offered in time, beside notices as they are common, and the hindsight optimum.

Counted are pairs of a person and a programme that are a yes on the facts recorded, state an amount, and have a window
that closes within the year. One is offered in time 14 days before it closes, or within a day of becoming known where
that is later. Nobody gets more than two messages in a month, with three programmes each. Everybody applied for the
notice and chose one channel, for sensitive programmes too; what people take up is not simulated.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, lil_array

from composition.contact_terms import read_contact_policy
from composition.engines import EngineSettings, build_engine
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import synthesise
from features.calendar import DAY_SECONDS, anniversary, date_of
from features.kernel.lowering import lower
from features.log.columnar import read_segments
from features.log.history import History
from features.snapshot import Known, known
from features.value import identifier_code
from recommender.changes.offer_state import OfferState, offer_states
from recommender.changes.programme_turn import programme_turns
from recommender.changes.turning_days import turning_days
from recommender.changes.turning_rule import turning_rules
from recommender.contact.contact_decision import ContactSituation, decide
from recommender.contact.contact_policy import ContactPolicy
from recommender.contact.contact_record import SENSITIVE, SENT, Choices, Contact, ContactRecord, PastOffer
from recommender.contact.due_offer import DueOffer, is_sensitive, terms_of
from recommender.engine import Engine
from recommender.offers.utility import UtilityWeights
from recommender.rules.children import BIRTH
from recommender.rules.clause import Answer
from recommender.rules.person import Person, held_programmes
from recommender.rules.window import UPCOMING
from recommender.standing import YES

CITIZENS, SEED, MONTHS, PILOT, YEAR = 300, 2_718, 24, 400, 365
IN_TIME: Final = 14
ROOM, CONTACTS = 3, 2
WAITING: Final = ("frequency", "next_message", "incompatible")
AGES: Final = (7, 19, 35, 40, 60, 65)
EVENTS: Final = (
    "life.child_born", "life.pregnancy_registered", "life.school_entered", "life.job_lost", "life.widowed",
    "life.disability_registered", "life.retired", "life.moved",
)  # fmt: skip
"""What notices by a fixed list know: these ages, and these events."""
POPULAR, LISTED, HINDSIGHT = "popularity notices", "notices by a fixed list of ages and events", "hindsight optimum"


@dataclass
class YearPair:
    """A person and a programme with one window: when it was known first, when it ended, and what it brings."""

    known: int
    closes: int
    value: int
    until: int = 10**9
    offered: dict[str, int] = field(default_factory=dict)

    @property
    def deadline(self) -> int:
        """The last day on which it is offered in time."""
        return max(self.closes - IN_TIME, self.known + 1)


@dataclass
class Life:
    """What one person's year came to."""

    pairs: dict[tuple[str, int], YearPair] = field(default_factory=dict)
    unmeasured: Counter[str] = field(default_factory=Counter)
    sent: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    messages: Counter[str] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(
    citizens: int = CITIZENS, days: int = YEAR, pilot: int = PILOT, progress: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Return the document of `proffer bench year`: the share of value, in percent, that is offered in time."""
    progress(f"making {citizens:,} people")
    engine = build_engine(EngineSettings())
    year = _year(engine, citizens, days, pilot)
    lives = []
    for place in range(len(year.history.people)):
        if place % 100 == 0:
            progress(f"living through the year: {place:,} of {len(year.history.people):,}")
        lives.append(year.live(place))
    progress("looking back")
    found = {name: _share(lives, name) for name in ("ours", POPULAR, LISTED)}
    best = sum(_best([pair for pair in _counted([life]) if pair.value]) for life in lives)
    found[HINDSIGHT] = 100 * best / max(sum(pair.value for pair in _counted(lives)), 1)
    peers = {name: share for name, share in found.items() if name != "ours"}
    return {
        "name": "year",
        "work": f"offers to {len(lives):,} synthetic people in {days} days",
        "unit": "% of value offered in time",
        "ours": found["ours"],
        "peers": peers,
        "ratio": {name: found["ours"] / share if share else float("inf") for name, share in peers.items()},
        "equal_results": not sum(life.excluded["ours"] for life in lives),
        "details": [_detail(lives, name) for name in ("ours", POPULAR, LISTED)] + [],
    }


@dataclass(frozen=True)
class Year:
    """People, and everything by which a year of theirs is lived."""

    engine: Engine
    policy: ContactPolicy
    history: History
    looks: Sequence[Sequence[int]]
    first: int
    last: int
    popular: Sequence[str]
    sensitive: frozenset[str]

    def live(self, place: int) -> Life:
        """Live one person's year under each way of telling people."""
        life, ours = Life(), _Ours(self)
        looks = self.looks[place]
        for i, day in enumerate(looks):
            seen, states = self.seen(place, day)
            self._note(life, states, day)
            self._listed(life, states, seen, day)
            end = looks[i + 1] if i + 1 < len(looks) else self.last + 1
            ours.dues = None
            for now in range(day, end):
                ours.day(life, states, now)
                self.popular_notice(life, states, now)
        return life

    def seen(self, place: int, day: int) -> tuple[Known, Mapping[str, OfferState]]:
        """Return what is known of a person at the end of a day, and how they stand to every programme."""
        declaration, catalogue = self.engine.declaration, self.engine.catalogue
        t = declaration.zone.end_of_day(date_of(day))
        found = known(declaration, self.history, self.history.people[place], t, catalogue.receipts)
        person = Person(found, 1, held_programmes(catalogue, found), self.engine.regions)
        return found, offer_states(person, self.engine.compiled(date_of(day)))

    def _note(self, life: Life, states: Mapping[str, OfferState], day: int) -> None:
        """Note what is a yes on this day, and which pairs are none any more."""
        sure = {name: one for name, one in states.items() if one.offerable and one.answer == Answer.YES}
        for name, one in sure.items():
            closes = one.window.closes
            if one.window.state == UPCOMING:
                continue
            if one.amount is None or closes is None or closes > self.last:
                life.unmeasured[name] += 1
            else:
                life.pairs.setdefault((name, closes), YearPair(day, closes, _middle(one.amount)))
        for (name, closes), pair in life.pairs.items():
            stands = name in sure and sure[name].window.closes == closes
            pair.until = 10**9 if stands else min(pair.until, day)

    def popular_notice(self, life: Life, states: Mapping[str, OfferState], day: int) -> None:
        """Twice a month, the most popular programmes that the person was not told of."""
        if date_of(day).day in (1, 15):
            told = {name for _, name in life.sent[POPULAR]}
            _tell(life, POPULAR, [name for name in self.popular if name not in told][:ROOM], states, day)

    def _listed(self, life: Life, states: Mapping[str, OfferState], seen: Known, day: int) -> None:
        """On an event or an age of the list, what is a yes and was not told of, what brings most first."""
        born = seen.snapshot.value(BIRTH) if BIRTH in seen.snapshot.columns else -1
        turns = born > 0 and any(anniversary(born, 12 * age) == day for age in AGES)
        happened = any(one.event in EVENTS and one.day == day for one in seen.occurrences)
        month = [at for at, _ in life.sent[LISTED] if date_of(at).replace(day=1) == date_of(day).replace(day=1)]
        if (turns or happened) and len(set(month)) < CONTACTS:
            told = {name for _, name in life.sent[LISTED]}
            sure = [
                name for name, one in states.items() if one.offerable and one.answer == Answer.YES and name not in told
            ]
            best = sorted(sure, key=lambda name: -_middle(states[name].amount or (0, 0)))
            _tell(life, LISTED, best[:ROOM], states, day)


class _Ours:
    """The contact policy of the country, day by day, for one person."""

    def __init__(self, year: Year) -> None:
        self._year = year
        names = [*year.policy.purposes, year.policy.consent_to("webhook"), year.policy.consent_to("webhook", SENSITIVE)]
        self._record = ContactRecord(choices=Choices(frozenset(names)))
        self.dues: list[tuple[Any, OfferState]] | None = None
        """What the states of now say may be offered; None where they are new."""
        self._waits = True

    def day(self, life: Life, states: Mapping[str, OfferState], day: int) -> None:
        """Decide at noon; where nothing waits, nothing is decided before something changes."""
        if self.dues is None:
            catalogue = self._year.engine.catalogue
            sure = ((name, one) for name, one in states.items() if one.answer == Answer.YES and one.offerable)
            self.dues, self._waits = [(catalogue.programmes[catalogue.index[name]], one) for name, one in sure], True
        if not self._waits:
            return
        due = [_due(programme, one, day, self._year.sensitive) for programme, one in self.dues]
        zone = self._year.engine.declaration.zone
        now = zone.end_of_day(date_of(day)) - DAY_SECONDS // 2
        bars = {name: one.bar for name, one in states.items()}
        found = decide(self._year.policy, ContactSituation(now, zone, due, bars, self._record))
        self._waits = found.message is not None or any(one.reason in WAITING for one in found.kept)
        if found.message is None:
            return
        names = [one.programme for one in found.message.offers]
        _tell(life, "ours", names, states, day)
        offers = [PastOffer(one.programme, SENT, now, one.terms) for one in found.message.offers]
        contacts = (*self._record.contacts, Contact(now, found.message.urgent))
        self._record = replace(self._record, offers=(*self._record.offers, *offers), contacts=contacts)


def _due(programme: Any, state: OfferState, day: int, sensitive: frozenset[str]) -> DueOffer:
    closes, weights = state.window.closes, UtilityWeights()
    counts = {"loan": weights.loan, "discount": weights.discount, "service": weights.service}
    amount = weights.unstated_won if state.amount is None else _middle(state.amount)
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


def _tell(life: Life, way: str, names: Sequence[str], states: Mapping[str, OfferState], day: int) -> None:
    """Count a message, and which pairs it offers for the first time."""
    if not names:
        return
    life.messages[way] += 1
    for name in names:
        life.sent[way].append((day, name))
        life.excluded[way] += name not in states
        for (programme, closes), pair in life.pairs.items():
            if programme == name and pair.known <= day <= closes and day < pair.until:
                pair.offered.setdefault(way, day)


def _middle(amount: tuple[int, int | None]) -> int:
    return amount[0] if amount[1] is None else (amount[0] + amount[1]) // 2


def _counted(lives: Sequence[Life]) -> Iterator[YearPair]:
    """The pairs that still stood when they had to be offered."""
    yield from (pair for life in lives for pair in life.pairs.values() if pair.until > pair.deadline)


def _share(lives: Sequence[Life], way: str) -> float:
    pairs = list(_counted(lives))
    total = sum(pair.value for pair in pairs)
    done = sum(pair.value for pair in pairs if pair.offered.get(way, 10**9) <= pair.deadline)
    return 100 * done / total if total else 0.0  # nothing counted is nothing shown


def _best(pairs: Sequence[YearPair]) -> float:
    """The value that whoever knew everything beforehand offers one person in time, by an integer programme."""
    if not pairs:
        return 0.0
    days = sorted({day for pair in pairs for day in range(pair.known, pair.deadline + 1)})
    place = {day: at for at, day in enumerate(days)}
    chosen = [(i, place[day]) for i, pair in enumerate(pairs) for day in range(pair.known, pair.deadline + 1)]
    gains = np.array([-float(pairs[pair].value) for pair, _ in chosen] + [0.0] * len(days))
    limits = _limits(chosen, days, len(pairs))
    found = milp(gains, constraints=limits, integrality=np.ones(gains.size), bounds=Bounds(0, 1))
    return -float(found.fun)


def _limits(chosen: Sequence[tuple[int, int]], days: Sequence[int], pairs: int) -> LinearConstraint:
    """Each pair once, three of them in a message, two messages in any month."""
    messages = len(chosen)
    table = lil_array((pairs + 2 * len(days), messages + len(days)))
    for at, (pair, place) in enumerate(chosen):
        table[pair, at] = table[pairs + place, at] = 1
    for place, day in enumerate(days):
        table[pairs + place, messages + place] = -ROOM
        for other in range(place, len(days)):
            if days[other] < anniversary(day, 1):
                table[pairs + len(days) + place, messages + other] = 1
    most = np.array([1.0] * pairs + [0.0] * len(days) + [float(CONTACTS)] * len(days))
    return LinearConstraint(csr_array(table), ub=most)


def _detail(lives: Sequence[Life], way: str) -> dict[str, object]:
    counted = list(_counted(lives))
    late = [pair for pair in counted if pair.offered.get(way, 10**9) > pair.deadline]
    notices = sum(len(life.sent[way]) for life in lives)
    return {
        "way": "proffer" if way == "ours" else way,
        "pairs": len(counted),
        "not in time": len(late),
        "over before that": sum(len(life.pairs) for life in lives) - len(counted),
        "without amount or end": sum(len(life.unmeasured) for life in lives),
        "messages a person": round(sum(life.messages[way] for life in lives) / len(lives), 2),
        "excluded by the rules": f"{sum(life.excluded[way] for life in lives)} of {notices}",
    }


def _year(engine: Engine, citizens: int, days: int, pilot: int) -> Year:
    """People with a log of two years, of which the last days are lived again."""
    declaration, catalogue, working = engine.declaration, engine.catalogue, engine.working_days
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "people"
        order = PopulationOrder(seed=SEED, citizens=citizens, months=MONTHS, pilot=pilot)
        synthesise(order, (declaration, catalogue, engine.regions), out)
        history = read_segments([out / "events.parquet"], declaration)
    last = int(history.local.max()) // DAY_SECONDS
    first = last - days + 1
    turning = turning_rules(catalogue, lower(declaration, catalogue.receipts), working)
    everybody = np.arange(len(history.people), dtype=np.int64)
    own = turning_days(turning, history, declaration.zone, everybody, first, last)
    turned = programme_turns(catalogue, declaration, engine.regions, working, range(first + 1, last + 1))
    looks = [{first, *turned} for _ in history.people]
    for person, day in zip(own.person.tolist(), own.day.tolist(), strict=True):
        looks[person].add(day)
    applied = Counter(
        history.records.key[history.records.recorded < declaration.zone.end_of_day(date_of(first))].tolist()
    )
    names = sorted(catalogue.index, key=lambda name: -applied[identifier_code(name)])
    sorted_looks = [sorted(day for day in mine if first <= day <= last) for mine in looks]
    policy, facts = read_contact_policy(), frozenset(name for name, one in declaration.facts.items() if one.sensitive)
    sensitive = frozenset(one.id for one in catalogue.programmes if is_sensitive(one, policy, facts))
    return Year(engine, policy, history, sorted_looks, first, last, names, sensitive)
