"""The legacy notice board: who comes by when and through which channel, what it shows them, and what they make of it.

The board knows no ranking but how often a programme was looked at before. It lists what its own questionnaire does
not exclude (the verdict is not NO), popular first, for everybody or for one moment of life. People far from screens
come to a kiosk, get a letter or see a caseworker: more seldom, with shorter lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.synthetic import payload
from data.synthetic.block_progress import Told, nobody
from data.synthetic.circumstances import Circumstances, Observer
from data.synthetic.event_rows import EventRows, rows, together
from data.synthetic.kinds import CHANNELS
from data.synthetic.life_events import Course
from data.synthetic.months import day_at
from data.synthetic.offerings import Offerings
from data.synthetic.public_knowledge import Knowledge
from data.synthetic.random_streams import RandomStreams, chosen, pair_uniform
from data.synthetic.takeup import CROWD, TakeUp, probability, timely
from features.arrays import Bool, Float64, Int8, Int64
from features.calendar import DAY_SECONDS

WEB, APP, KIOSK, LETTER, CASEWORKER = range(5)
_VISITS_A_YEAR = 0.95  # of somebody close to screens whom nothing happens to
_AFTER_AN_EVENT = 0.30  # share of events after which somebody looks for help
_LENGTH = np.array([6, 5, 4, 2, 3])  # programmes on one list, by channel
_SEEN_FIRST = np.array([0.92, 0.90, 0.80, 0.72, 0.97])  # chance to look at the first of a list, by channel
_SEEN_ON = np.array([0.82, 0.78, 0.86, 0.90, 0.97])  # chance to go on to the next
_FRONT_PAGE = 0.55  # share of visits to the front page; the others open the page of a moment of life
_NEVER = 2**62


@dataclass(frozen=True)
class Popularity:
    """What the board knows: how often each programme was looked at, for each quarter of the log."""

    views: Float64
    """quarters x P, ascending in time."""

    def at(self, t: Int64, begin: int) -> Float64:
        """The views in force at each instant: m x P."""
        quarter = np.clip((t - begin) // (91 * DAY_SECONDS), 0, len(self.views) - 1)
        return self.views[quarter]


def popularity(taken: Float64, months: int, rng: np.random.Generator) -> Popularity:
    """Views in proportion to how often programmes are taken up, imperfectly, drifting from quarter to quarter."""
    start = np.log(np.maximum(taken, 1e-6) + 0.002 * taken.max()) + rng.normal(0, 0.35, len(taken))
    drift = rng.normal(0, 0.12, (months // 3 + 1, len(taken))).cumsum(axis=0)
    return Popularity(np.exp(start + drift))


@dataclass(frozen=True)
class Visits:
    """Comings to the board in order of time within each person: who, when, and by which channel."""

    person: Int64
    t: Int64
    channel: Int64
    turn: Int64
    """0 for a person's first visit, 1 for the second, ..."""


def visits(course: Course, watcher: Observer, rng: np.random.Generator) -> Visits:
    """When people come: now and then, and in the weeks after something happened to them."""
    begin, end = course.months.begin, course.months.end
    people = np.arange(len(course))
    distance = watcher.at(people, np.full(len(people), begin + 1)).trait("distance")
    years = (end - begin) / (365.25 * DAY_SECONDS)
    often = rng.poisson(_VISITS_A_YEAR * years * np.exp(rng.normal(-0.1, 0.45, len(people))) * (1.1 - 0.5 * distance))
    person = np.repeat(people, np.minimum(often, 24))
    t = rng.integers(begin + 2 * DAY_SECONDS, max(end, begin + 3 * DAY_SECONDS), len(person))
    moved = course.events.take(chosen(rng, course.events.person, _AFTER_AN_EVENT) & (course.events.when >= begin))
    person = np.append(person, moved.person)
    t = np.append(t, moved.when + rng.integers(4 * DAY_SECONDS, 55 * DAY_SECONDS, len(moved)))
    t = np.minimum(_waking(t), end)
    alive = (t > begin + DAY_SECONDS) & (t < end - 3600) & (t < course.died[person])
    order = np.lexsort((t[alive], person[alive]))
    person, t = person[alive][order], t[alive][order]
    close = np.zeros(len(person), np.bool_)
    close[1:] = (person[1:] == person[:-1]) & (t[1:] - t[:-1] < DAY_SECONDS)
    person, t = person[~close], t[~close]
    first = np.searchsorted(person, person)
    return Visits(person, t, _channels(watcher.at(person, t), rng), np.arange(len(person)) - first)


def _waking(t: Int64) -> Int64:
    """The same instant, or the same minute between eight and ten at night if it is night in Korea."""
    hour = (t // 3600 + 9) % 24
    return np.where(hour < 8, t + 8 * 3600, t).astype(np.int64)


def _channels(people: Circumstances, rng: np.random.Generator) -> Int64:
    """Web and app for those close to screens; the others by kiosk, letter or caseworker."""
    distance, age = people.trait("distance"), people.trait("age")
    apart = np.clip(1.25 * distance, 0.02, 0.97)
    app = (1 - apart) * np.clip(0.75 - 0.6 * age, 0.1, 0.9)
    worker = apart * np.clip(0.2 + 0.5 * people.trait("need"), 0, 0.8)
    letter = (apart - worker) * 0.6
    cuts = np.cumsum(np.column_stack([1 - apart - app, app, apart - worker - letter, letter]), axis=1)
    return np.asarray((rng.random(len(distance))[:, None] > cuts).sum(axis=1), np.int64)


@dataclass
class Holdings:
    """What the people of a block have applied for and hold: seconds by person and programme, `_NEVER` where not.

    `applied`, `granted` and `ended` are the last of their kind; from `free` on one may apply again.
    """

    applied: Int64
    free: Int64
    granted: Int64
    ended: Int64

    @staticmethod
    def none(people: int, programmes: int) -> Holdings:
        """No person holds anything."""
        return Holdings(*(np.full((people, programmes), _NEVER) for _ in range(4)))

    def receives(self, person: Int64, t: Int64, programmes: Int64) -> Int64:
        """What the log shows before t of receiving some programmes (1 receives, 0 did, -1 nothing): m x receipts."""
        at = np.ix_(person, programmes) if len(programmes) else (np.zeros((len(person), 0), np.int64),) * 2
        granted, ended = self.granted[at], self.ended[at]
        over = (ended < t[:, None]) & (ended > granted)
        before = np.where(ended < t[:, None], 0, -1)  # granted again, but not yet
        return np.where(granted < t[:, None], np.where(over, 0, 1), before)

    def busy(self, person: Int64, t: Int64) -> Bool:
        """Whether the person has applied for a programme that has not ended: m x P."""
        applied, free = self.applied[person], self.free[person]
        return np.asarray((applied < t[:, None]) & ~(free < t[:, None]), np.bool_)

    def apply(self, person: Int64, programme: Int64, t: Int64) -> None:
        """Somebody applies; whatever ended before does not matter any more for applying again."""
        self.applied[person, programme], self.free[person, programme] = t, _NEVER

    def grant(self, person: Int64, programme: Int64, t: Int64) -> None:
        """Somebody is granted a programme, perhaps not for the first time; it lasts until it `ended` later."""
        self.granted[person, programme] = t

    def end(self, person: Int64, programme: Int64, t: Int64) -> None:
        """A receipt ends, and one may apply again."""
        self.ended[person, programme] = self.free[person, programme] = t


@dataclass(frozen=True)
class Neighbourhood:
    """Everything the board and its visitors act on, for one block."""

    course: Course
    watcher: Observer
    known: Knowledge
    true: Knowledge
    offered: Offerings
    takeup: TakeUp
    popular: Popularity
    latent: Float64
    first: int
    """The number of the block's first citizen in the whole world."""

    @property
    def receipts(self) -> Int64:
        """The places of the programmes whose receipt some rule asks about."""
        index = {name: place for place, name in enumerate(self.offered.ids)}
        return np.array([index.get(name, -1) for name in self.known.rules.plan.receives], np.int64)


def notice(
    place: Neighbourhood, chance: RandomStreams, numbers: Int64, told: Told = nobody
) -> tuple[EventRows, Holdings]:
    """All events at the board and what came of them; a person's events are numbered from `numbers[person]` on.

    Each round of visits that is over is told.
    """
    rng = chance.stream("board")
    held = Holdings.none(len(place.course), len(place.offered))
    coming = visits(place.course, place.watcher, rng)
    parts = [_consents(place, rng)]
    turns = int(coming.turn.max(initial=-1)) + 1
    for turn in range(turns):
        now = coming.turn == turn
        parts += list(_round(place, held, coming.person[now], coming.t[now], coming.channel[now], rng))
        told(turn + 1, turns)
    log = together(parts)
    alive = (log.recorded < place.course.months.end) & (log.happened <= place.course.died[log.person])
    return log.take(alive).in_order().numbered_from(numbers), held


def _consents(place: Neighbourhood, rng: np.random.Generator) -> EventRows:
    """Most people agree to be offered things, and few take it back."""
    people = np.arange(len(place.course))
    agreeing = people[chosen(rng, people, 0.93)]
    when = place.course.months.begin + rng.integers(20 * 3600, 60 * DAY_SECONDS, len(agreeing))
    text = pa.array(['{"purpose":"offers"}'] * len(agreeing), pa.string())
    leaving = np.flatnonzero(chosen(rng, agreeing, 0.02))
    later = when[leaving] + rng.integers(30 * DAY_SECONDS, 700 * DAY_SECONDS, len(leaving))
    given = rows("consent.given", "citizen", agreeing, when, when, text)
    return together(
        [given, rows("consent.withdrawn", "citizen", agreeing[leaving], later, later, text.take(pa.array(leaving)))]
    )


def _round(
    place: Neighbourhood, held: Holdings, person: Int64, t: Int64, channel: Int64, rng: np.random.Generator
) -> Iterator[EventRows]:
    """One visit of each of some people: what is shown, opened, applied for, and decided."""
    people = place.watcher.at(person, t)
    answers = place.known.answers(person, t, held.receives(person, t, place.receipts))
    listed = _lists(place, people, (answers > 0) & ~_taken(place, held, person, t), t, channel, rng)
    visit, slot = np.nonzero(listed >= 0)
    programme = listed[visit, slot]
    observable = place.takeup.observable(people, place.offered)[visit, programme]
    latent = place.takeup.latent(place.latent[person[visit]], person[visit] + place.first, programme)
    wants = np.sqrt(probability(observable + latent))
    looks = _SEEN_FIRST[channel[visit]] * _SEEN_ON[channel[visit]] ** slot
    opens = chosen(rng, visit, looks * wants)
    applies = opens & chosen(rng, visit, wants)
    offered = _Offers(person[visit], programme, slot + 1, channel[visit], t[visit])
    yield _shown("benefit.shown", place, offered, offered.t)
    opened = offered.take(opens)
    later = opened.t + rng.integers(3, 200, len(opened.t)) + np.where(opened.channel == LETTER, 2 * DAY_SECONDS, 0)
    yield _shown("benefit.opened", place, opened, later)
    asked = offered.take(applies)
    since = later[applies[opens]] + 60 + np.asarray(rng.exponential(2.5 * DAY_SECONDS, len(asked.t)), np.int64)
    yield from _applications(place, held, asked, np.minimum(since, asked.t + 30 * DAY_SECONDS), rng)


def _taken(place: Neighbourhood, held: Holdings, person: Int64, t: Int64) -> Bool:
    """What a person already applied for or receives, or cannot receive beside it."""
    busy = held.busy(person, t)
    return busy | ((busy.astype(np.float32) @ place.offered.excludes.astype(np.float32)) > 0)


def _lists(
    place: Neighbourhood, people: Circumstances, allowed: Bool, t: Int64, channel: Int64, rng: np.random.Generator
) -> Int64:
    """The programmes on each visitor's list in order, m x longest, -1 beyond its end."""
    longest = min(int(_LENGTH.max()), allowed.shape[1])
    day = day_at(t - 1)[:, None]
    allowed = allowed & (place.offered.firsts <= day) & (day <= place.offered.lasts)
    score = CROWD * np.log(place.popular.at(t, place.course.months.begin)) - np.log(-np.log(rng.random(allowed.shape)))
    page: Bool = np.asarray(timely(people, place.offered) > 0.2, np.bool_)
    opened = (rng.random(len(t)) > _FRONT_PAGE) & (page & allowed).any(axis=1)
    inside = page & opened[:, None]
    score = np.where(allowed, score + np.where(inside, 4.0, 0.0), -np.inf)
    order = np.argsort(-score, axis=1, kind="stable")[:, :longest]
    length = np.minimum(_LENGTH[channel], allowed.sum(axis=1))
    return np.where(np.arange(longest) < length[:, None], order, -1)


@dataclass(frozen=True)
class _Offers:
    """Programmes on lists: to whom, which, at which place from 1, through which channel, when."""

    person: Int64
    programme: Int64
    position: Int64
    channel: Int64
    t: Int64

    def take(self, rows_: Bool | Int64) -> _Offers:
        return _Offers(
            self.person[rows_], self.programme[rows_], self.position[rows_], self.channel[rows_], self.t[rows_]
        )


def _shown(kind: str, place: Neighbourhood, offers: _Offers, when: Int64) -> EventRows:
    key = (offers.programme * 100 + offers.position) * 8 + offers.channel
    text = payload.texts(key, lambda k: _shown_text(place.offered.ids[k // 800], k // 8 % 100, CHANNELS[k % 8]))
    return rows(kind, "board", offers.person, when, when, text)


def _shown_text(programme: str, position: int, channel: str) -> str:
    return f'{{"programme":"{programme}","position":{position},"channel":"{channel}"}}'


def _about(place: Neighbourhood, programme: Int64) -> payload.Texts:
    return payload.texts(programme, lambda p: f'{{"programme":"{place.offered.ids[p]}"}}')


def _applications(
    place: Neighbourhood, held: Holdings, asked: _Offers, t: Int64, rng: np.random.Generator
) -> Iterator[EventRows]:
    """Applications of those the rules still do not exclude when they apply, each once, and the decisions on them."""
    end = place.course.months.end
    t = np.minimum(t, end - 1)
    receives = held.receives(asked.person, t, place.receipts)
    every = np.arange(len(t))
    allowed = place.known.answers(asked.person, t, receives)[every, asked.programme] > 0
    inside = allowed & (t < place.course.died[asked.person])
    true = place.true.answers(asked.person[inside], t[inside], receives[inside])[
        np.arange(int(inside.sum())), asked.programme[inside]
    ]
    asked, t = asked.take(inside), t[inside]
    held.apply(asked.person, asked.programme, t)
    yield rows("benefit.applied", "board", asked.person, t, t, _about(place, asked.programme))
    yield from _decisions(place, held, asked, t, eligible(place, true, asked.person, asked.programme), rng)


def eligible(place: Neighbourhood, true: Int8, person: Int64, programme: Int64) -> Bool:
    """Whether somebody who knows everything would grant it; where no data decides, the pair does, mostly for it."""
    doubtful = pair_uniform(place.takeup.salt ^ 7, person + place.first, programme) < 0.8
    return np.asarray((true == 2) | ((true == 1) & doubtful), np.bool_)


def _decisions(
    place: Neighbourhood, held: Holdings, asked: _Offers, t: Int64, due: Bool, rng: np.random.Generator
) -> Iterator[EventRows]:
    """Grants to the truly eligible, refusals of others; a few withdraw; some receipts end, some people rate."""
    decided = t + np.asarray(rng.gamma(2.0, 9.0, len(t)) * DAY_SECONDS, np.int64) + 3600
    withdrawn = chosen(rng, t, 0.03)
    for kind, rows_ in (("benefit.declined", withdrawn), ("benefit.refused", ~withdrawn & ~due)):
        yield rows(
            kind,
            "agency" if kind == "benefit.refused" else "citizen",
            asked.person[rows_],
            decided[rows_],
            decided[rows_],
            _about(place, asked.programme[rows_]),
        )
        held.free[asked.person[rows_], asked.programme[rows_]] = decided[rows_] + 300 * DAY_SECONDS
    given = asked.take(~withdrawn & due)
    at = decided[~withdrawn & due]
    held.grant(given.person, given.programme, at)
    yield rows("benefit.granted", "agency", given.person, at, at, _granted_text(place, given.programme))
    yield from _afterwards(place, held, given, at, rng)


def _granted_text(place: Neighbourhood, programme: Int64) -> payload.Texts:
    def text(p: int) -> str:
        amount = f',"amount":{place.offered.amounts[p]}' if place.offered.amounts[p] >= 0 else ""
        return f'{{"programme":"{place.offered.ids[p]}"{amount}}}'

    return payload.texts(programme, text)


def _afterwards(
    place: Neighbourhood, held: Holdings, given: _Offers, at: Int64, rng: np.random.Generator
) -> Iterator[EventRows]:
    ending = np.flatnonzero(place.offered.repeats[given.programme] & chosen(rng, at, 0.45))
    over = at[ending] + rng.integers(120 * DAY_SECONDS, 720 * DAY_SECONDS, len(ending))
    held.end(given.person[ending], given.programme[ending], over)
    yield rows("benefit.ended", "agency", given.person[ending], over, over, _about(place, given.programme[ending]))
    rating = np.flatnonzero(chosen(rng, at, 0.25))
    when = at[rating] + rng.integers(DAY_SECONDS, 60 * DAY_SECONDS, len(rating))
    stars = rng.choice(5, size=len(rating), p=[0.06, 0.08, 0.2, 0.36, 0.3]) + 1
    key = given.programme[rating] * 8 + stars
    text = payload.texts(key, lambda k: f'{{"programme":"{place.offered.ids[k // 8]}","stars":{k % 8}}}')
    yield rows("benefit.rated", "citizen", given.person[rating], when, when, text)
