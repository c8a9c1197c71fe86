"""Turning days: for each of many people the days on which an answer, a window or a sum can change with no new event."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import DAY_SECONDS
from features.log.member_rows import ADD
from features.log.member_rows import CELLS as ROW
from features.person_rows import rows_of
from features.value import NONE
from recommender.changes.turning_rule import BORN, MEMBERS, OWN, Base, Turn, TurningRules

if TYPE_CHECKING:
    from features.calendar import Duration, Zone
    from features.log.history import History

__all__ = ["PersonDays", "anniversaries", "told_within", "turning_days"]

_MONTH: Final = 30.436875
_UNEVEN: Final = 8
"""By so many days a length of months may differ from so many times `_MONTH`, and more than it ever does."""
_CELL = {name: place for place, name in enumerate(ROW)}


class PersonDays(NamedTuple):
    """Days of people: places among the people asked about, and local days since 1970-01-01; ascending, each once."""

    person: Int64
    day: Int64


def turning_days(rules: TurningRules, history: History, zone: Zone, people: Int64, first: int, last: int) -> PersonDays:
    """Return the days after `first` and up to `last` on which something can change for people since the day before.

    What is known at the end of a day is compared with what was known at the end of the day before. A day on which only
    a programme's own text or window turns is not there.

    Args:
        rules: how days follow from what is recorded.
        history: the rows of many people.
        zone: the declared zone.
        people: int64[n], places in `history.people`.
        first: a day, in days since 1970-01-01.
        last: a later day.
    """
    found = _Rows(history, zone, np.asarray(people, np.int64), first, last)
    parts = [*found.of_turns(rules), *found.of_periods(rules), *found.known_from()]
    everybody = np.array([day for day in sorted(rules.everybody) if first < day <= last], np.int64)
    count = len(found.people)
    parts.append(PersonDays(np.repeat(np.arange(count), everybody.size), np.tile(everybody, count)))
    person, day = (np.concatenate(one) for one in zip(*parts, strict=True))
    inside = (day > first) & (day <= last)
    width = last - first + 1
    keys = np.unique(person[inside] * width + (day[inside] - first))
    return PersonDays(keys // width, keys % width + first)


def told_within(history: History, zone: Zone, people: Int64, first: int, last: int) -> Bool:
    """Return of whom a row comes to be known, or is held no longer, after the day `first` and up to `last`: bool[n]."""
    found = np.zeros(people.size, np.bool_)
    for person, day in _Rows(history, zone, people, first, last).known_from():
        found[person[(day > first) & (day <= last)]] = True
    return found


def anniversaries(days: Int64, length: Duration) -> Int64:
    """Return the first day on which a length has passed since each day, as `features.calendar.Duration.after` does."""
    later = days + length.days
    if length.months == 0:
        return later
    month = later.astype("M8[D]").astype("M8[M]")
    place = later - month.astype("M8[D]").astype(np.int64)
    following = (month + length.months).astype("M8[D]").astype(np.int64) + place
    first_of_next = (month + (length.months + 1)).astype("M8[D]").astype(np.int64)
    return np.asarray(np.minimum(following, first_of_next), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of the people asked about."""

    history: History
    zone: Zone
    people: Int64
    first: int
    last: int
    kept: dict[tuple[object, object], PersonDays] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def rows(self) -> Int64:
        return rows_of(self.history.offsets, self.people)[0]

    @cached_property
    def person(self) -> Int64:
        return np.repeat(np.arange(self.people.size), np.diff(self.history.offsets)[self.people])

    @cached_property
    def by_signal(self) -> dict[int, Int64]:
        """The places among `rows` of the rows of each signal."""
        narrow = (
            np.int16 if len(self.history.signals) < 2**15 else np.int32
        )  # of 16 bits NumPy counts instead of sorting
        signals = self.history.signal[self.rows].astype(narrow)
        order = np.argsort(signals, kind="stable")
        kinds, begins = np.unique(signals[order], return_index=True)
        return dict(zip(kinds.tolist(), np.split(order, begins[1:]), strict=True)) if kinds.size else {}

    @cached_property
    def reports(self) -> tuple[Int64, Int64, Int64]:
        """Of what is said of members: the rows, whose each is, and the local day of each."""
        reports = self.history.reports
        rows = rows_of(reports.offsets, self.people)[0]
        person = np.repeat(np.arange(self.people.size), np.diff(reports.offsets)[self.people])
        return rows, person, reports.moments[rows, 3]

    def days_of(self, base: Base) -> PersonDays:
        """The days that a base names, without its lengths."""
        if base.signal == MEMBERS:
            return self._of_members(base.of)
        places = self.by_signal.get(base.signal)
        if places is None:
            return PersonDays(np.zeros(0, np.int64), np.zeros(0, np.int64))
        rows = self.rows[places]
        if base.of == OWN:
            return PersonDays(self.person[places], self.history.local[rows] // DAY_SECONDS)
        day = self.history.value[rows]
        return PersonDays(self.person[places][day > NONE], day[day > NONE])

    def _of_members(self, of: int) -> PersonDays:
        rows, person, happened = self.reports
        cells = self.history.reports.cells[rows]
        born = np.where(cells[:, _CELL["born"]] == NONE, happened, cells[:, _CELL["born"]])
        kept = (cells[:, _CELL["act"]] == ADD) & (born > NONE)
        if of == BORN:
            return PersonDays(person[kept], born[kept])
        months, days = cells[:, _CELL["months"]], cells[:, _CELL["days"]]
        stays = np.flatnonzero((cells[:, _CELL["act"]] == ADD) & (months + days > 0))
        return PersonDays(person[stays], _last_days(happened[stays], months[stays], days[stays]))

    def of_turns(self, rules: TurningRules) -> Iterator[PersonDays]:
        for base, near in _by_base(rules).items():
            person, day = self._ordered(base)
            begins = np.searchsorted(day, self.first - near.passed - near.slack)
            ends = np.searchsorted(day, self.last - near.passed + near.slack + 1)
            for which in np.flatnonzero(ends > begins).tolist():  # of few people hardly any turn is near
                turn, some = near.turns[which], slice(begins[which], ends[which])
                found = _passed(day[some], turn.base)
                for shift in turn.shifts:
                    yield PersonDays(person[some], found + shift)

    def of_periods(self, rules: TurningRules) -> Iterator[PersonDays]:
        for place, period in enumerate(rules.periods):
            person, day = self._ordered(period.base)
            if not day.size:
                continue
            day = _passed(day, period.base)
            near = np.flatnonzero(rules.ends_within(place, day, self.first, self.last))
            ends = [rules.ends(place, one) for one in day[near].tolist()]
            counts = np.array([len(one) for one in ends], np.int64)
            flat = np.array([one for found in ends for one in found], np.int64)
            yield PersonDays(np.repeat(person[near], counts), flat)

    def _ordered(self, base: Base) -> PersonDays:
        """The days that a base names, without its lengths, in their order; put in order once for a signal."""
        key = base.signal, base.of
        if key not in self.kept:
            person, day = self.days_of(base)
            order = np.argsort(day, kind="stable")
            self.kept[key] = PersonDays(person[order], day[order])
        return self.kept[key]

    def known_from(self) -> Iterator[PersonDays]:
        """The days on which a row comes to be known or to be held no longer."""
        history, (reports, person, _) = self.history, self.reports
        begin, end = self.first * DAY_SECONDS - DAY_SECONDS, (self.last + 2) * DAY_SECONDS
        moments = ((self.person, one[self.rows]) for one in (history.happened, history.recorded, history.superseded))
        of_members = ((person, history.reports.moments[reports, column]) for column in range(3))
        for whose, seconds in (*moments, *of_members):
            near = (seconds >= begin) & (seconds < end)
            yield PersonDays(whose[near], self.zone.local_seconds(seconds[near]) // DAY_SECONDS)


class _Near(NamedTuple):
    """Turns that rest on the days of one signal: from how many days before the span, and about how exactly."""

    turns: tuple[Turn, ...]
    passed: Int64
    slack: Int64


@lru_cache(maxsize=8)
def _by_base(rules: TurningRules) -> Mapping[Base, _Near]:
    """The turns of each base, without its lengths."""
    found: dict[Base, list[Turn]] = {}
    for turn in rules.turns:
        found.setdefault(turn.base._replace(lengths=()), []).append(turn)
    return {base: _Near(tuple(turns), *_distances(turns)) for base, turns in found.items()}


def _distances(turns: Sequence[Turn]) -> tuple[Int64, Int64]:
    """How many days turns come after their bases, about, and by how many that can be wrong at most."""
    passed = [round(sum(one.days + _MONTH * one.months for one in turn.base.lengths)) for turn in turns]
    slack = [max(abs(shift) for shift in turn.shifts) + _UNEVEN * len(turn.base.lengths) for turn in turns]
    return np.array(passed, np.int64), np.array(slack, np.int64)


def _passed(day: Int64, base: Base) -> Int64:
    """The days on which the lengths of a base have passed since each day."""
    for length in base.lengths:
        day = anniversaries(day, length)
    return day


def _last_days(day: Int64, months: Int64, days: Int64) -> Int64:
    """The last days of members who are listed for a time: the same day of a later month, or its last."""
    month = day.astype("M8[D]").astype("M8[M]")
    place = day - month.astype("M8[D]").astype(np.int64)
    first = (month + months).astype("M8[D]").astype(np.int64)
    length = (month + months + 1).astype("M8[D]").astype(np.int64) - first
    return np.asarray(first + np.minimum(place, length - 1) + days, dtype=np.int64)
