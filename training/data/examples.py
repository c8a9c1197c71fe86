"""Examples: what people were shown and what came of it, each as the person was known just before it was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.calendar import DAY_SECONDS
from features.log.interactions import APPLIED, SHOWN, Interactions, interactions
from features.log.versions import FOREVER
from features.value import identifier_code

if TYPE_CHECKING:
    from features.log.history import History


WITHIN_DAYS: Final = 60
"""An application so many days after a showing counts as its answer, unless the programme was shown again in between."""
HELD_OUT: Final = 5
"""Where a stamp does not say otherwise, one person in so many is held out: whose identifier's code it divides."""


class UnitsLeftOut(NamedTuple):
    """How many units nothing is learned from: exact, and only ever released with noise.

    Attributes:
        large: of more people than are learned from together.
        unreadable: with an event that cannot be used.
    """

    large: int = 0
    unreadable: int = 0


NONE_LEFT_OUT: Final = UnitsLeftOut()


@dataclass(frozen=True)
class LearningLog:
    """What the gate hands out: the history of the people who may be learned from or judged by.

    Attributes:
        history: their events.
        unit: int64[people], which privacy unit each person is in; None where every person is one.
        held: bool[people], who is held out; None where their names still tell.
        until: the UTC second at which the log ends; what was recorded later is not learned from.
        left_out: the units that are not among them.
    """

    history: History
    unit: Int64 | None = None
    held: Bool | None = None
    until: int = FOREVER
    left_out: UnitsLeftOut = NONE_LEFT_OUT

    @cached_property
    def interactions(self) -> Interactions:
        """What they were shown, opened and applied for, as the log held it at its end."""
        return interactions(self.history, self.until)


@dataclass(frozen=True)
class Examples:
    """Labelled showings in the order in which they were recorded.

    Attributes:
        person: int64[m], the person's place in the history.
        t: int64[m], UTC seconds: the showing itself; what is known is what was recorded before it.
        programme: int64[m], the place in the catalogue.
        position: float32[m], from 1.
        channel: float32[m], the place in the declaration.
        label: float64[m], 1 where the person applied in time.
        weight: float64[m], how many showings each row stands for.
    """

    person: Int64
    t: Int64
    programme: Int64
    position: Float32
    channel: Float32
    label: Float64
    weight: Float64

    def __len__(self) -> int:
        """How many rows."""
        return int(self.person.size)

    def __getitem__(self, rows: Any) -> Examples:
        """The rows that `rows` selects."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @cached_property
    def lists(self) -> Int64:
        """int64[m], which list each row was shown in, one person at one time; numbered by person, then time."""
        order = np.lexsort((self.t, self.person))
        person, t = self.person[order], self.t[order]
        starts = np.r_[False, (person[1:] != person[:-1]) | (t[1:] != t[:-1])][: order.size]
        found = np.empty(order.size, dtype=np.int64)
        found[order] = np.cumsum(starts)
        return found

    def by_list(self) -> Examples:
        """The same rows with those of one list side by side."""
        return self[np.argsort(self.lists, kind="stable")]

    def heads(self) -> tuple[Int64, Int64]:
        """Person and t of each list, in the order of its number: whom and when to take a snapshot."""
        first = np.unique(self.lists, return_index=True)[1]
        return self.person[first], self.t[first]


def shown(happened: Interactions, codes: Int64, end: int, within_days: int = WITHIN_DAYS) -> Examples:
    """Every showing of a programme of the catalogue whose answer had time to come, labelled by whether it came.

    Args:
        happened: the log's showings and applications.
        codes: int64[P], identifier codes of the catalogue's programmes in its order.
        end: UTC seconds at which the log ends; a showing less than `within_days` before it has no label yet.
        within_days: how long an answer may take.
    """
    order = np.argsort(codes, kind="stable")
    offers, place = _placed(happened.of(SHOWN), codes, order)
    applied, applied_place = _placed(happened.of(APPLIED), codes, order)
    limit = within_days * DAY_SECONDS
    answered = _answered(offers, place, applied, applied_place, limit)
    ripe = np.flatnonzero(offers.time + limit <= end)
    kept = ripe[np.lexsort((place[ripe], offers.person[ripe], offers.time[ripe], offers.recorded[ripe]))]
    return Examples(
        person=offers.person[kept],
        t=offers.time[kept],
        programme=place[kept],
        position=offers.position[kept],
        channel=offers.channel[kept],
        label=answered[kept],
        weight=np.ones(kept.size),
    )


def applicants(happened: Interactions, codes: Int64) -> Examples:
    """One list of each person who ever applied, where the log does not say who was shown what: every programme, once.

    It is made when the person first applied, and labelled by what they ever applied for. What they applied for comes
    first, then the catalogue from a place that the day chooses, so that a bound on its length leaves nothing out for
    ever; everything is in the first place, so that no order is learned. It depends on nobody else.

    Args:
        happened: the log's applications.
        codes: int64[P], identifier codes of the catalogue's programmes in its order.
    """
    applied, place = _placed(happened.of(APPLIED), codes, np.argsort(codes, kind="stable"))
    person, at = np.unique(applied.person, return_inverse=True)
    first = np.full(person.size, FOREVER, dtype=np.int64)
    np.minimum.at(first, at, applied.time)
    taken = np.zeros((person.size, codes.size))
    taken[at, place] = 1.0
    turned = (np.arange(codes.size) + (first // DAY_SECONDS)[:, None]) % codes.size
    order = np.argsort(-np.take_along_axis(taken, turned, 1), axis=1, kind="stable")
    programme = np.take_along_axis(turned, order, 1)
    many = programme.size
    return Examples(
        person=np.repeat(person, codes.size),
        t=np.repeat(first, codes.size),
        programme=programme.ravel(),
        position=np.ones(many, dtype=np.float32),
        channel=np.zeros(many, dtype=np.float32),
        label=np.take_along_axis(taken, programme, 1).ravel(),
        weight=np.ones(many),
    )


def _placed(happened: Interactions, codes: Int64, order: Int64) -> tuple[Interactions, Int64]:
    at = np.minimum(np.searchsorted(codes, happened.programme, sorter=order), codes.size - 1)
    place = order[at]
    known = codes[place] == happened.programme
    return happened[known], place[known]


def _answered(offers: Interactions, place: Int64, applied: Interactions, applied_place: Int64, limit: int) -> Float64:
    """Each application answers the latest showing of its programme to its person, if that was within the limit."""
    pair = np.concatenate([offers.person, applied.person]), np.concatenate([place, applied_place])
    time = np.concatenate([offers.time, applied.time])
    is_answer = np.arange(time.size) >= offers.time.size
    order = np.lexsort((is_answer, time, pair[1], pair[0]))
    answers = np.flatnonzero(is_answer[order][1:] & ~is_answer[order][:-1])
    before, after = order[answers], order[answers + 1]
    fits = (pair[0][before] == pair[0][after]) & (pair[1][before] == pair[1][after])
    fits &= time[after] - time[before] < limit
    label = np.zeros(offers.time.size)
    label[before[fits]] = 1.0
    return label


def thinned(examples: Examples, most: int, rng: np.random.Generator) -> Examples:
    """At most about `most` rows: every list with an answer, and a share of the others that stands for all of them.

    The weights undo the choice, so probabilities learned from the rows are those of all showings.
    """
    if len(examples) <= most:
        return examples
    answered = np.bincount(examples.lists, weights=examples.label)[examples.lists] > 0
    room = max(most - int(answered.sum()), 0)
    share = max(room / int((~answered).sum()), 1e-3)
    drawn = rng.random(int(examples.lists.max()) + 1)[examples.lists] < share
    kept = answered | drawn
    weight = np.where(answered, examples.weight, examples.weight / share)
    return replace(examples, weight=weight)[kept]


def held_out(people: Sequence[str], every: int = HELD_OUT) -> Bool:
    """Who is never learned from: bool[people], the same people whatever else is in the data."""
    return np.array([identifier_code(person) % every == 0 for person in people], dtype=np.bool_)
