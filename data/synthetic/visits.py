"""Who comes by when and through which channel: to the board, or unasked to an office that shows nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.synthetic.circumstances import Circumstances, Observer
from data.synthetic.life_events import Course
from data.synthetic.random_streams import chosen
from features.arrays import Int64
from features.calendar import DAY_SECONDS

WEB, APP, KIOSK, LETTER, CASEWORKER, UNASKED = range(6)
"""Channels in the order of `kinds.CHANNELS`, and coming unasked, which is none."""
_VISITS_A_YEAR = 0.95  # of somebody close to screens whom nothing happens to
_AFTER_AN_EVENT = 0.30  # share of events after which somebody looks for help


@dataclass(frozen=True)
class Visits:
    """Comings in order of time within each person: who, when, and by which channel."""

    person: Int64
    t: Int64
    channel: Int64
    turn: Int64
    """0 for a person's first visit, 1 for the second, ..."""


def visits(course: Course, watcher: Observer, rng: np.random.Generator, own_visits: float) -> Visits:
    """When people come: now and then, in the weeks after something happened to them, and unasked."""
    person, t = _to_the_board(course, watcher, rng)
    own, own_t = _unasked(course, rng, own_visits)
    person, by_themselves = np.append(person, own), np.append(np.zeros(len(person), np.bool_), np.ones(len(own), bool))
    t = np.minimum(_waking(np.append(t, own_t)), course.months.end)
    alive = (t > course.months.begin + DAY_SECONDS) & (t < course.months.end - 3600) & (t < course.died[person])
    person, t, by_themselves = person[alive], t[alive], by_themselves[alive]
    order = np.lexsort((t, person))
    person, t, by_themselves = person[order], t[order], by_themselves[order]
    close = np.zeros(len(person), np.bool_)
    close[1:] = (person[1:] == person[:-1]) & (t[1:] - t[:-1] < DAY_SECONDS)
    person, t, by_themselves = person[~close], t[~close], by_themselves[~close]
    first = np.searchsorted(person, person)
    channel = np.where(by_themselves, UNASKED, _channels(watcher.at(person, t), rng))
    return Visits(person, t, channel, np.arange(len(person)) - first)


def _to_the_board(course: Course, watcher: Observer, rng: np.random.Generator) -> tuple[Int64, Int64]:
    begin, end = course.months.begin, course.months.end
    people = np.arange(len(course))
    distance = watcher.at(people, np.full(len(people), begin + 1)).trait("distance")
    years = (end - begin) / (365.25 * DAY_SECONDS)
    often = rng.poisson(_VISITS_A_YEAR * years * np.exp(rng.normal(-0.1, 0.45, len(people))) * (1.1 - 0.5 * distance))
    person = np.repeat(people, np.minimum(often, 24))
    t = rng.integers(begin + 2 * DAY_SECONDS, max(end, begin + 3 * DAY_SECONDS), len(person))
    moved = course.events.take(chosen(rng, course.events.person, _AFTER_AN_EVENT) & (course.events.when >= begin))
    later = moved.when + rng.integers(4 * DAY_SECONDS, 55 * DAY_SECONDS, len(moved))
    return np.append(person, moved.person), np.append(t, later)


def _unasked(course: Course, rng: np.random.Generator, own_visits: float) -> tuple[Int64, Int64]:
    begin, end = course.months.begin, course.months.end
    years = (end - begin) / (365.25 * DAY_SECONDS)
    person = np.repeat(np.arange(len(course)), rng.poisson(own_visits * years, len(course)))
    return person, rng.integers(begin + 2 * DAY_SECONDS, max(end, begin + 3 * DAY_SECONDS), len(person))


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
