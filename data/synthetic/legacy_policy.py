"""The legacy notice board: who comes by when and through which channel, what it shows them, and what they make of it.

The board knows no ranking but how often a programme was looked at before. It lists what its own questionnaire does
not exclude (the verdict is not NO), popular first, for everybody or for one moment of life. People far from screens
come to a kiosk, get a letter or see a caseworker: more seldom, with shorter lists. Others come unasked, are shown
nothing, and apply for what they have heard of. The dials of a world say how much attention falls from place to place,
and how far offices show what they see that somebody wants.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from data.synthetic import payload
from data.synthetic.awareness import Awareness
from data.synthetic.block_progress import Told, nobody
from data.synthetic.circumstances import Circumstances, Observer
from data.synthetic.event_rows import EventRows, rows, together
from data.synthetic.holdings import Holdings
from data.synthetic.kinds import CHANNELS
from data.synthetic.latent_belief import Answers, LatentBelief
from data.synthetic.life_events import Course
from data.synthetic.months import day_at
from data.synthetic.offerings import Offerings
from data.synthetic.public_knowledge import Knowledge
from data.synthetic.random_streams import RandomStreams, chosen, pair_uniform
from data.synthetic.takeup import Situation, TakeUp, probability
from data.synthetic.takeup_draw import familiar_to
from data.synthetic.taste_rules import timely
from data.synthetic.visits import LETTER, UNASKED, visits
from features.arrays import Bool, Float64, Int8, Int64
from features.calendar import DAY_SECONDS

_LENGTH = np.array([6, 5, 4, 2, 3])  # programmes on one list, by channel
_SEEN_FIRST = np.array([0.92, 0.90, 0.80, 0.72, 0.97])  # chance to look at the first of a list, by channel
_SEEN_ON = np.array([0.82, 0.78, 0.86, 0.90, 0.97])  # chance to go on to the next
HOPEFUL = 0.1  # share of pairs for which somebody comes unasked though an office would refuse
_CERTAIN = 1_000_000
DRAWN_AMONG = 3  # so many first places of a list a lot orders, where one does
_FRONT_PAGE = 0.55  # share of visits to the front page; the others open the page of a moment of life


@dataclass(frozen=True)
class Popularity:
    """What the board knows: how often each programme was looked at, for each quarter of the log."""

    views: Float64
    """quarters x P, ascending in time."""

    def at(self, t: Int64, begin: int) -> Float64:
        """The views in force at each instant: m x P."""
        quarter = np.clip((t - begin) // (91 * DAY_SECONDS), 0, len(self.views) - 1)
        return self.views[quarter]


def popularity(taken: Float64, months: int, rng: np.random.Generator, views: float) -> Popularity:
    """Views in proportion to how often programmes are taken up, drifting from quarter to quarter.

    They are imperfect: their logarithm is off by `views` (standard deviation).
    """
    start = np.log(np.maximum(taken, 1e-6) + 0.002 * taken.max()) + rng.normal(0, views, len(taken))
    drift = rng.normal(0, 0.12, (months // 3 + 1, len(taken))).cumsum(axis=0)
    return Popularity(np.exp(start + drift))


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
    aware: Awareness
    belief: LatentBelief

    @property
    def receipts(self) -> Int64:
        """The places of the programmes whose receipt some rule asks about."""
        index = {name: place for place, name in enumerate(self.offered.ids)}
        return np.array([index.get(name, -1) for name in self.known.rules.plan.receives], np.int64)

    def situation(self, held: Holdings, person: Int64, t: Int64) -> Situation:
        """How people stand at some instants, with what they have applied for before."""
        before = held.applied[person] < t[:, None]
        return Situation(self.watcher.at(person, t), t, familiar_to(before, self.offered.categories))

    def hidden(self, person: Int64, programme: Int64) -> Float64:
        """The part of the logit of pairs that cannot be observed."""
        return self.takeup.latent(self.latent[person], person + self.first, programme)


def notice(
    place: Neighbourhood, chance: RandomStreams, numbers: Int64, told: Told = nobody
) -> tuple[EventRows, Holdings]:
    """All events at the board and what came of them; a person's events are numbered from `numbers[person]` on.

    Each round of visits that is over is told.
    """
    rng = chance.stream("board")
    held = Holdings.none(len(place.course), len(place.offered))
    coming = visits(place.course, place.watcher, rng, place.takeup.dials.own_visits)
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
    at = place.situation(held, person, t)
    answers = place.known.answers(person, t, held.receives(person, t, place.receipts))
    come = _Coming(person, t, channel, at, place.takeup.observable(at, place.offered))
    allowed = (answers > 0) & ~_taken(place, held, person, t) & place.offered.in_force(day_at(t - 1))
    unasked = channel == UNASKED
    yield from _shown_to(place, held, come.take(~unasked), allowed[~unasked], rng)
    yield from _come_unasked(place, held, come.take(unasked), allowed[unasked], rng)


@dataclass(frozen=True)
class _Coming:
    """Visits: whose, when, by which channel, how they stand, the observable part of what they want (m x P)."""

    person: Int64
    t: Int64
    channel: Int64
    at: Situation
    observable: Float64

    def take(self, rows_: Bool) -> _Coming:
        people = Circumstances(self.at.people.traits[rows_], self.at.people.fresh[rows_])
        at = Situation(people, self.t[rows_], self.at.familiar[rows_])
        return _Coming(self.person[rows_], self.t[rows_], self.channel[rows_], at, self.observable[rows_])


def _shown_to(
    place: Neighbourhood, held: Holdings, come: _Coming, allowed: Bool, rng: np.random.Generator
) -> Iterator[EventRows]:
    """What the board shows, what people make of it, and what comes of their applications."""
    listed, among = _by_lot(_lists(place, come, allowed, rng), place.takeup.dials.drawn, rng)
    visit, slot = np.nonzero(listed >= 0)
    programme, lot = listed[visit, slot], np.where(slot < among[visit], among[visit], 0)
    offered = _Offers(come.person[visit], programme, slot + 1, come.channel[visit], come.t[visit], lot)
    wants = np.sqrt(probability(come.observable[visit, programme] + place.hidden(offered.person, programme)))
    looks = _looks(place, come, visit, slot)
    looked = chosen(rng, visit, looks)
    opens = looked & chosen(rng, visit, wants)
    applies = _at_most(opens & chosen(rng, visit, wants), visit, place.takeup.dials.most_applied)
    pairs = offered.person, programme
    place.aware.show(pairs, looked, opens, (1 - looks) / (1 - looks * np.minimum(wants, 0.999)))
    place.belief.answer(place.takeup, pairs, come.observable[visit, programme], Answers(opens, applies, looks))
    yield _shown("benefit.shown", place, offered, offered.t)
    opened = offered.take(opens)
    later = opened.t + rng.integers(3, 200, len(opened.t)) + np.where(opened.channel == LETTER, 2 * DAY_SECONDS, 0)
    yield _shown("benefit.opened", place, opened, later)
    asked = offered.take(applies)
    since = later[applies[opens]] + 60 + np.asarray(rng.exponential(2.5 * DAY_SECONDS, len(asked.t)), np.int64)
    yield from _applications(place, held, asked, np.minimum(since, asked.t + 30 * DAY_SECONDS), rng)


def _looks(place: Neighbourhood, come: _Coming, visit: Int64, slot: Int64) -> Float64:
    """The chance that somebody looks at a place of a list."""
    dials, channel = place.takeup.dials, come.channel[visit]
    poorly = place.takeup.is_vulnerable(come.at.people)[visit]
    notice = 1 - poorly * (1 - dials.vulnerable_notice)
    return np.asarray(_SEEN_FIRST[channel] * _SEEN_ON[channel] ** (dials.position * slot) * notice)


def _at_most(wanted: Bool, visit: Int64, most: float) -> Bool:
    """The first `most` that are wanted of each visit; rows of a visit stand together, in the order of its list."""
    before = wanted.cumsum() - wanted
    first = np.searchsorted(visit, visit)
    return np.asarray(wanted & (before - before[first] < most), np.bool_) if len(visit) else wanted


def _come_unasked(
    place: Neighbourhood, held: Holdings, come: _Coming, allowed: Bool, rng: np.random.Generator
) -> Iterator[EventRows]:
    """People who were shown nothing apply for what they have heard of, and mostly for what they are entitled to."""
    true = place.true.answers(come.person, come.t, held.receives(come.person, come.t, place.receipts))
    visit, programme = np.nonzero(allowed & place.aware.heard(come.person, come.t))
    person = come.person[visit]
    thinks = eligible(place, true[visit, programme], person, programme) | chosen(rng, visit, HOPEFUL)
    visit, programme, person = visit[thinks], programme[thinks], person[thinks]
    wants = probability(come.observable[visit, programme] + place.hidden(person, programme))
    applies = _at_most(chosen(rng, visit, wants), visit, place.takeup.dials.most_applied)
    nowhere = np.zeros_like(visit)
    asked = _Offers(person, programme, nowhere, come.channel[visit], come.t[visit], nowhere).take(applies)
    yield from _applications(place, held, asked, asked.t + 60, rng)


def _taken(place: Neighbourhood, held: Holdings, person: Int64, t: Int64) -> Bool:
    """What a person already applied for or receives, or cannot receive beside it."""
    busy = held.busy(person, t)
    return busy | ((busy.astype(np.float32) @ place.offered.excludes.astype(np.float32)) > 0)


def _lists(place: Neighbourhood, come: _Coming, allowed: Bool, rng: np.random.Generator) -> Int64:
    """The programmes on each visitor's list in order, m x longest, -1 beyond its end."""
    longest, dials = min(int(_LENGTH.max()), allowed.shape[1]), place.takeup.dials
    popular = np.log(place.popular.at(come.t, place.course.months.begin))
    score = dials.crowd * popular - np.log(-np.log(rng.random(allowed.shape)))
    if dials.by_recorded:
        score += dials.by_recorded * (come.observable - place.takeup.level)
    if dials.by_hidden:
        visit, programme = np.nonzero(allowed)
        score[visit, programme] += dials.by_hidden * place.hidden(come.person[visit], programme)
    page: Bool = np.asarray(timely(come.at.people, place.offered) > 0.2, np.bool_)
    opened = (rng.random(len(come.t)) > _FRONT_PAGE) & (page & allowed).any(axis=1)
    inside = page & opened[:, None]
    score = np.where(allowed, score + np.where(inside, 4.0, 0.0), -np.inf)
    order = np.argsort(-score, axis=1, kind="stable")[:, :longest]
    length = np.minimum(_LENGTH[come.channel], allowed.sum(axis=1))
    return np.where(np.arange(longest) < length[:, None], order, -1)


def _by_lot(listed: Int64, share: float, rng: np.random.Generator) -> tuple[Int64, Int64]:
    """Lists of which a lot orders the first places of a share, and among how many of each: m x longest, int64[m]."""
    among = np.zeros(len(listed), np.int64)
    if not share:
        return listed, among
    many = np.minimum((listed >= 0).sum(axis=1), DRAWN_AMONG)
    among = np.where((rng.random(len(listed)) < share) & (many > 1), many, 0)
    places = np.arange(listed.shape[1])
    order = np.argsort(np.where(places < among[:, None], rng.random(listed.shape) - 1, places), axis=1, kind="stable")
    return np.take_along_axis(listed, order, axis=1), among


@dataclass(frozen=True)
class _Offers:
    """Programmes on lists: to whom, which, at which place from 1, through which channel, when, by a lot among how many.

    What no lot ordered has 0 for the last.
    """

    person: Int64
    programme: Int64
    position: Int64
    channel: Int64
    t: Int64
    lot: Int64

    def take(self, rows_: Bool | Int64) -> _Offers:
        return _Offers(*(getattr(self, name)[rows_] for name in self.__dataclass_fields__))


def _shown(kind: str, place: Neighbourhood, offers: _Offers, when: Int64) -> EventRows:
    key = ((offers.programme * 100 + offers.position) * 8 + offers.channel) * 8 + offers.lot
    text = payload.texts(
        key, lambda k: _shown_text(place.offered.ids[k // 6400], k // 64 % 100, CHANNELS[k // 8 % 8], k % 8)
    )
    return rows(kind, "board", offers.person, when, when, text)


def _shown_text(programme: str, position: int, channel: str, lot: int) -> str:
    chance = f',"propensity":{_CERTAIN // lot}' if lot else ""
    return f'{{"programme":"{programme}","position":{position},"channel":"{channel}"{chance}}}'


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
    place.aware.apply(asked.person, asked.programme, t)
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
