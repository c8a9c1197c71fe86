"""Questions to strangers: how much of what they could be entitled to is settled after few questions.

Known of a stranger are birth date, sex and region. What each answer would be is known of synthetic people of the
shipped world; nothing was tuned on those judged here. Everybody asks for one fact at a time, a list of boxes counts as
its boxes, and answers are always given. Counted are the programmes that are unknown at first and that facts can settle.

The peers: `random` asks in random order; `fixed form` in the one order that settles most, learned on other people;
`hindsight` knows the answers before it asks and asks for each measure and number of questions what is best for that;
`one hindsight` asks for both measures at once, by the same worth of programmes as Proffer. `proffer by this measure` is
Proffer where it counts, or values, programmes alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from composition import reading
from data.synthetic.stamp import PopulationOrder
from data.synthetic.world import Block, everything_known, world
from features.arrays import Bool, Float64, Int8, Int64
from features.calendar import date_of
from features.members import Members, joined, nobody
from features.snapshot import Snapshot
from features.value import UNKNOWN
from recommender.offers.offer_arrays import offer_arrays
from recommender.rules.clause import Answer
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.guess import changed_columns, guesses_by_fact
from recommender.rules.question import ask_next

NAME: Final = "questions"
KNOWN: Final = ("birth_date", "sex", "region")
AFTER: Final = (3, 5, 10)
MOST: Final = max(AFTER)
MEASURES: Final = ("count", "value")
BEGINNINGS: Final = 6
JUDGED_SEED, FORM_SEED, ORDER_SEED = 31_415, 27_182, 1
MONTHS, CITIZENS, PILOT = 12, 2_000, 1_000


def measure(progress: Callable[[str], None]) -> Mapping[str, object]:
    """Run the benchmark at its full size; `progress` takes what is being done."""
    return run(progress=progress)


def run(people: int = 150, progress: Callable[[str], None] = lambda _: None, seed: int = JUDGED_SEED) -> dict[str, Any]:
    """Return the document of `proffer bench questions`: per cent of what facts can settle, by Proffer and its peers."""
    progress(f"making {people:,} people who are asked and {people:,} whom the fixed form is learned on")
    judged, others = strangers(seed, people), strangers(FORM_SEED, people)
    rng, everybody = np.random.default_rng(ORDER_SEED), range(people)
    progress("asking")
    aims = {"both": judged.worth, **judged.measures}
    orders = {f"proffer, {aim}": [ours(judged, i, weights) for i in everybody] for aim, weights in aims.items()}
    orders["random"] = [[judged.open[k] for k in rng.permutation(len(judged.open)).tolist()] for _ in everybody]
    orders["fixed form"] = [fixed_form(others)] * people
    asked = {name: {after: [one[:after] for one in found] for after in AFTER} for name, found in orders.items()}
    for aim, weights in aims.items():
        progress(f"asking in hindsight, by {aim}")
        best = [hindsight(judged, i, weights) for i in everybody]
        asked[f"hindsight, {aim}"] = {after: [one[after] for one in best] for after in AFTER}
    shares = {name: judged.shares(found) for name, found in asked.items()}
    equal = all(judged.agree(i, ours(judged, i, judged.worth, len(judged.open))) for i in everybody[::50])
    return _document(shares, people, equal)


Shares = Mapping[tuple[int, str], float]
"""The per cent settled after so many questions, by count or by value."""


def _document(shares: Mapping[str, Shares], people: int, equal: bool) -> dict[str, Any]:
    named = {
        "proffer": shares["proffer, both"],
        "random": shares["random"],
        "fixed form": shares["fixed form"],
        "one hindsight": shares["hindsight, both"],
        "hindsight": {(after, by): shares[f"hindsight, {by}"][after, by] for after in AFTER for by in MEASURES},
        "proffer by this measure": {(k, by): shares[f"proffer, {by}"][k, by] for k in AFTER for by in MEASURES},
    }
    details = [
        {"after": after, "by": by} | {name: round(found[after, by], 1) for name, found in named.items()}
        for by in MEASURES
        for after in AFTER
    ]
    means = {name: sum(found.values()) / len(found) for name, found in named.items()}
    mine = means.pop("proffer")
    return {
        "name": NAME,
        "work": f"{people:,} strangers after 3, 5 and 10 questions, by count and by value",
        "unit": "% settled of what facts can settle",
        "ours": mine,
        "peers": means,
        "ratio": {name: mine / mean for name, mean in means.items()},
        "equal_results": equal,
        "details": details,
    }


@dataclass(frozen=True, eq=False)
class Strangers:
    """People of whom all is known, int64[n, F], with their members, and the rules they are judged by."""

    compiled: Compiled
    full: Int64
    members: Members

    def __len__(self) -> int:
        """Return how many they are."""
        return len(self.full)

    @cached_property
    def open(self) -> list[str]:
        """The facts that can be asked for, but for those known at first."""
        return [fact for fact in guesses_by_fact(self.compiled) if fact not in KNOWN]

    @cached_property
    def base(self) -> Int64:
        """What is known at first, int64[n, F]."""
        return self.after([KNOWN] * len(self), np.full_like(self.full, UNKNOWN))

    def after(self, orders: Sequence[Sequence[str]], base: Int64) -> Int64:
        """Return what is known once everybody has answered some questions, int64[n, F]."""
        known = base.copy()
        for row, full, facts in zip(known, self.full, orders, strict=True):
            for fact in facts:
                columns = changed_columns(self.compiled)[fact]
                row[columns] = full[columns]
        return known

    def settled(self, known: Int64) -> Bool:
        """Return which programmes are answered yes or no, bool[n, P]."""
        found: Bool = answers_of(self.compiled, known, self.members) != Answer.UNKNOWN
        return found

    @cached_property
    def counted(self) -> Bool:
        """Which programmes are unknown at first and settled by the facts, bool[n, P]."""
        return ~self.settled(self.base) & self.settled(self.after([self.open] * len(self), self.base))

    @cached_property
    def measures(self) -> dict[str, Float64]:
        """What a programme counts, float64[P]: once, or its stated amount."""
        worth = offer_arrays(self.compiled).stated_worth
        return {"count": np.ones(len(worth)), "value": worth}

    @cached_property
    def worth(self) -> Float64:
        """What a programme counts when questions are ordered, float64[P]."""
        return offer_arrays(self.compiled).settling

    def shares(self, asked: Mapping[int, Sequence[Sequence[str]]]) -> Shares:
        """Return the per cent settled over all people by what each was asked, by number of questions and measure."""
        found = {}
        for after, orders in asked.items():
            done = self.settled(self.after(orders, self.base)) & self.counted
            for name, weights in self.measures.items():
                found[after, name] = 100 * float((done * weights).sum()) / float((self.counted * weights).sum())
        return found

    def agree(self, i: int, order: Sequence[str]) -> bool:
        """Tell whether an order asked to its end settles for a person all that the facts can settle."""
        known = self.base[i : i + 1].copy()
        for fact in order:
            columns = changed_columns(self.compiled)[fact]
            known[0, columns] = self.full[i, columns]
        answers = answers_of(self.compiled, known, self.members[i : i + 1])
        return bool(np.all(answers[0][self.counted[i]] != Answer.UNKNOWN))


def told(compiled: Compiled, known: Int64, members: Members) -> Members:
    """Return the members of those whose answers list them; of the others nothing is known."""
    facts, persons = compiled.declaration.facts, np.arange(len(known))
    lists = [place for place, name in enumerate(compiled.columns) if name in facts and facts[name].members]
    pool = joined([members, nobody(len(known), members.since.shape[1])])
    return pool[np.where((known[:, lists] != UNKNOWN).all(axis=1), persons, len(known) + persons)]


def answers_of(compiled: Compiled, known: Int64, members: Members) -> Int8:
    """Judge people of whom some answers are known; `members` are all that each has."""
    return compiled.answers(known, 1, told(compiled, known, members))


def strangers(seed: int, people: int) -> Strangers:
    """Return synthetic people of the shipped world as they are at the end of its log."""
    declaration, catalogue, regions = reading.read_definitions()
    shared = world(PopulationOrder(seed, CITIZENS, MONTHS, PILOT), catalogue, declaration, regions)
    full, members = everything_known(shared, Block(0, CITIZENS, 0))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(full))[:people])
    day = declaration.zone.today(shared.months.end)
    compiled = compile_catalogue(catalogue, shared.rules.plan.columns, declaration, regions, day)
    return Strangers(compiled, full[chosen], members[chosen])


def ours(people: Strangers, i: int, weights: Float64, most: int = MOST) -> list[str]:
    """Return what Proffer asks a person, one question after the other, the boxes of a list one by one."""
    compiled, known, asked = people.compiled, people.base[i : i + 1].copy(), list[str]()
    t = np.array([compiled.declaration.zone.end_of_day(date_of(compiled.day))])
    while len(asked) < most:
        members = told(compiled, known, people.members[i : i + 1])
        snapshot = Snapshot(("stranger",), t, compiled.columns, known, "", compiled.declaration, members)
        found = ask_next(compiled, snapshot, 1, 1, weights)
        if not found:
            break
        facts = [box.fact for box in found[0].boxes] or [found[0].fact]
        for fact in facts:
            columns = changed_columns(compiled)[fact]
            known[0, columns] = people.full[i, columns]
        asked += facts
    return asked[:most]


def fixed_form(people: Strangers) -> list[str]:
    """Return the one order that settles most of everybody at each step."""
    order: list[str] = []
    weights = people.worth * people.counted
    while len(order) < MOST:
        left = [fact for fact in people.open if fact not in order]
        gains = []
        for fact in left:
            known = people.after([[*order, fact]] * len(people), people.base)
            gains.append(float((people.settled(known) * weights).sum()))
        order.append(left[int(np.argmax(gains))])
    return order


def hindsight(people: Strangers, i: int, weights: Float64) -> dict[int, list[str]]:
    """Return what to ask a person whose answers are known before they are given, for 3, for 5 and for 10 questions.

    Sets of facts are added by what they settle for each question, among single facts and the sets that some programme
    cannot be settled with less than, from each of several beginnings; the best is taken for each number of questions.
    """
    members = people.members[i : i + 1]
    tried = _Hindsight(people.compiled, people.full[i], people.base[i], people.counted[i], weights, members)
    singles = [frozenset({fact}) for fact in people.open]
    sets = {*singles, *tried.certificates(people.open), *tried.certificates(people.open[::-1])}
    return {after: tried.best(sorted(sets, key=sorted), singles, after) for after in AFTER}


@dataclass(frozen=True, eq=False)
class _Hindsight:
    """One person with every answer known, and what settling each programme counts."""

    compiled: Compiled
    full: Int64
    base: Int64
    counted: Bool
    weights: Float64
    members: Members

    def _answers(self, sets: Sequence[frozenset[str]]) -> Int8:
        rows = self._rows(sets)
        return answers_of(self.compiled, rows, self.members[np.zeros(len(rows), dtype=np.int64)])

    def _rows(self, sets: Sequence[frozenset[str]]) -> Int64:
        rows, changed = np.repeat(self.base[None, :], len(sets), axis=0), changed_columns(self.compiled)
        for row, facts in zip(rows, sets, strict=True):
            for fact in facts:
                row[changed[fact]] = self.full[changed[fact]]
        return rows

    def worth(self, sets: Sequence[frozenset[str]]) -> Float64:
        """Return what is settled once each of these sets of facts is known, float64[sets]."""
        settled = self._answers(sets) != Answer.UNKNOWN
        found: Float64 = (settled & self.counted) @ self.weights
        return found

    def certificates(self, facts: Sequence[str]) -> set[frozenset[str]]:
        """Return for each programme a set of facts of which none can be left out, leaving them out in this order."""
        programmes = np.flatnonzero(self.counted)
        if not programmes.size:
            return set()
        sets = [frozenset(facts)] * len(programmes)
        for fact in facts:
            less = [one - {fact} for one in sets]
            answers = self._answers(less)[np.arange(len(programmes)), programmes]
            sets = [a if answer != Answer.UNKNOWN else b for a, b, answer in zip(less, sets, answers, strict=True)]
        return set(sets)

    def best(self, sets: Sequence[frozenset[str]], singles: Sequence[frozenset[str]], most: int) -> list[str]:
        """Return the best facts found to ask for, `most` of them."""
        small = [one for one in sets if len(one) <= most]
        begun = sorted(small, key=dict(zip(small, -self.worth(small), strict=True)).__getitem__)[:BEGINNINGS]
        found = [self.filled([], singles, most), *(self.filled(sorted(one), small, most) for one in [[], *begun])]
        return found[int(self.worth([frozenset(one) for one in found]).argmax())]

    def filled(self, order: list[str], sets: Sequence[frozenset[str]], most: int) -> list[str]:
        """Return an order filled up with the sets that settle most for each question."""
        order = [*order]
        while len(order) < most:
            asked = frozenset(order)
            left = [one for one in {one - asked: None for one in sets} if one and len(one) + len(order) <= most]
            if not left:
                break
            gains = self.worth([asked | one for one in left]) - self.worth([asked])[0]
            rates = gains / np.array([len(one) for one in left])
            if rates.max() <= 0:
                break
            order += sorted(left[int(rates.argmax())])
        return order
