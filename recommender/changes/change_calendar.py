"""Change calendar: the exact days on which something changes for a person with no new event."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from features.calendar import date_of
from features.snapshot import known
from recommender.changes.offer_change import OfferChange, difference
from recommender.changes.offer_state import OfferState, offer_states
from recommender.changes.turning_days import turning_days
from recommender.rules.person import Person, held_programmes

if TYPE_CHECKING:
    from features.log.history import History
    from recommender.changes.turning_rule import TurningRules
    from recommender.rules.compiled import Compiled

__all__ = ["ChangeCalendar", "Trigger"]


class Trigger(NamedTuple):
    """A day on which something changes for a person, since the end of the day before.

    Attributes:
        person: who.
        day: in days since 1970-01-01.
        own: whether it is the person's day (an age, a period, a lapse), not only one of the programmes that change.
        changes: what differs.
    """

    person: str
    day: int
    own: bool
    changes: tuple[OfferChange, ...]


@dataclass(frozen=True, eq=False)
class ChangeCalendar:
    """The days on which something changes for the people of a history, by the rules of each day.

    Attributes:
        history: what is recorded of people.
        rules_of: the compiled catalogue of a day (days since 1970-01-01).
        turning: how days follow from what is recorded (`recommender.changes.turning_rule`).
        turns: for each day the programmes that turn by themselves (`recommender.changes.programme_turn`).
        applicant: bit mask of the kinds of applicant that people ask as.
    """

    history: History
    rules_of: Callable[[int], Compiled]
    turning: TurningRules
    turns: Mapping[int, frozenset[str]]
    applicant: int = 1

    def triggers(self, people: Sequence[int], first: int, last: int) -> Iterator[Trigger]:
        """Yield the days after `first` and up to `last` on which something changes, person by person, in order.

        Args:
            people: places in the people of the history.
            first: a day; the first difference is from what was known at its end.
            last: a later day.
        """
        zone = self.rules_of(first).declaration.zone
        own = turning_days(self.turning, self.history, zone, np.asarray(people, np.int64), first, last)
        turned = sorted(day for day in self.turns if first < day <= last)
        ends = np.searchsorted(own.person, np.arange(len(people) + 1)).tolist()
        for place, person in enumerate(people):
            mine = frozenset(own.day[ends[place] : ends[place + 1]].tolist())
            yield from self._of(person, mine, sorted(mine.union(turned)), first)

    def _of(self, person: int, own: frozenset[int], days: Sequence[int], first: int) -> Iterator[Trigger]:
        before = self.states(person, first)
        for day in days:
            after = self.states(person, day)
            changes = difference(before, after)
            if changes:
                yield Trigger(self.history.people[person], day, day in own, changes)
            before = after

    def states(self, person: int, day: int, rules: Compiled | None = None) -> Mapping[str, OfferState]:
        """Return how a person, by the place in the history, stands to every programme at the end of a day.

        By the rules of that day, unless others compiled for it are given (those of an earlier catalogue).
        """
        rules = rules or self.rules_of(day)
        return offer_states(self.person(person, day, rules), rules)

    def person(self, place: int, day: int, rules: Compiled) -> Person:
        """Return a person, by the place in the history, as known at the end of a day to rules compiled for it."""
        t = rules.declaration.zone.end_of_day(date_of(day))
        found = known(rules.declaration, self.history, self.history.people[place], t, rules.catalogue.receipts)
        return Person(found, self.applicant, held_programmes(rules.catalogue, found), rules.regions)
