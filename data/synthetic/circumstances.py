"""How a person stands at an instant, in the simulator's own terms: need, burdens, distance from screens, fresh moments.

Every one of them could be worked out from the log: what the registries do not know of somebody does not enter. Who
never learned the household's income does not know it either, and behaves as if it were average.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from data.synthetic.life_events import Course, ResidentState
from data.synthetic.months import WARM_UP, ages_on, day_at
from data.synthetic.offerings import MOMENTS
from data.synthetic.rates import Districts
from features.arrays import Bool, Float64, Int64
from features.calendar import DAY_SECONDS

TRAITS = ("need", "distance", "burden", "brood", "age", "alone", "rooted", "rural", "idle", "frail", "learning", "toil")
"""Names of the columns of `Circumstances.traits`, each scaled to 0..1."""
_NEVER = -(2**60)
_MIDDLING = 85.0  # percent of the median, where the income is unknown


@dataclass(frozen=True)
class Circumstances:
    """Some people at some instants: `traits` (m x 12) and how fresh each moment of life is (m x moments), 0..1."""

    traits: Float64
    fresh: Float64

    def trait(self, name: str) -> Float64:
        """One trait of everybody."""
        return self.traits[:, TRAITS.index(name)]


def _last_before(keys: Int64, values: Int64, person: Int64, t: Int64, none: int) -> Int64:
    """The value of each person's last event before t; `keys` are person * 2**36 + second, ascending."""
    at = np.searchsorted(keys, person * 2**36 + t) - 1
    held = np.maximum(at, 0)
    mine = (at >= 0) & (keys[held] >> 36 == person) if len(keys) else np.zeros(len(person), np.bool_)
    return np.where(mine, values[held] if len(values) else 0, none)


@dataclass(frozen=True)
class Observer:
    """Tells circumstances of the people of one block at any instants of the log."""

    course: Course
    districts: Districts
    keys: tuple[Int64, ...]
    """For each moment, person * 2**36 + second of its events."""
    assessed: tuple[Int64, Int64]
    known_percent: Int64
    """What was stated at the start in percent of the median income, below 0 where nothing was."""

    @staticmethod
    def of(course: Course, districts: Districts, income_hidden: Bool) -> Observer:
        """Watch a block; `income_hidden` are those whose income was not stated at the start."""
        keys = []
        for types in MOMENTS.values():
            events = course.events.of(*types)
            people, when = events.person, events.when
            if "life.child_born" in types or "life.married" in types:
                both = events.other >= 0
                people, when = np.append(people, events.other[both]), np.append(when, events.when[both])
            keys.append(np.sort(people * 2**36 + when))
        looked = course.events.of("life.income_assessed")
        looked = looked.take(looked.when >= course.months.begin)
        order = np.argsort(looked.person * 2**36 + looked.when)
        assessed = ((looked.person * 2**36 + looked.when)[order], looked.value[order])
        return Observer(
            course, districts, tuple(keys), assessed, np.where(income_hidden, -1, course.facts["income_percent"])
        )

    def at(self, person: Int64, t: Int64) -> Circumstances:
        """The circumstances of each person at each instant (UTC seconds within the log)."""
        day = day_at(t - 1)
        now = self._standing(person, day)
        percent = _last_before(*self.assessed, person, t, _NEVER)
        percent = np.where(percent == _NEVER, self.known_percent[person], percent)
        percent = np.where(percent < 0, _MIDDLING, percent)
        age = ages_on(self.course.born[person], day)
        traits = _traits(
            now, age, np.asarray(percent, np.float64), np.isin(now.region, self.districts.codes[self.districts.rural])
        )
        since = np.column_stack([t - _last_before(key, key & (2**36 - 1), person, t, _NEVER) for key in self.keys])
        return Circumstances(traits, np.exp(-since / DAY_SECONDS / 150.0))

    def _standing(self, person: Int64, day: Int64) -> ResidentState:
        starts = np.array(self.course.months.starts[WARM_UP:])
        month = np.searchsorted(starts, day + 1, side="right") - 1
        month = np.minimum(month, len(self.course.standings) - 1)
        columns = {}
        for field in fields(ResidentState):
            panel = np.stack([getattr(standing, field.name) for standing in self.course.standings])
            columns[field.name] = panel[month, person]
        return ResidentState(**columns)


def _traits(now: ResidentState, age: Int64, percent: Float64, rural: Bool) -> Float64:
    """The columns of `TRAITS`; distance from screens after 한국지능정보사회진흥원, 디지털정보격차 실태조사."""
    need = 1 / (1 + np.exp((percent - 75) / 28))
    distance = 0.75 / (1 + np.exp(-(age - 66) / 6)) + 0.12 * now.disabled + 0.1 * rural + 0.14 * need
    minors = np.minimum(now.minors, 3) / 3
    columns = {
        "need": np.clip(need + 0.25 * now.seeking, 0, 1),
        "distance": np.clip(distance, 0, 1),
        "burden": np.clip(0.5 * (now.toddlers > 0) + 0.4 * (now.work > 0) + 0.3 * minors, 0, 1),
        "brood": minors,
        "age": np.clip((age - 14) / 75, 0, 1),
        "alone": (now.size <= 1) * 1.0,
        "rooted": 0.6 * now.owner + 0.4 * now.married,
        "rural": rural * 1.0,
        "idle": np.clip(0.6 * (now.work == 0) + 0.4 * now.seeking, 0, 1),
        "frail": np.clip(0.6 * now.disabled + 0.5 * now.cared_for + 0.3 * (age > 75), 0, 1),
        "learning": now.student * 1.0,
        "toil": 0.7 * now.business + 0.6 * now.farmer,
    }
    return np.column_stack([columns[name] for name in TRAITS])
