"""Population sweep: what differs for many people between two days, or all that may be offered to them on one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import date_of
from features.snapshot import snapshots
from recommender.changes.change_calendar import ChangeCalendar
from recommender.changes.offer_change import OfferChange, difference
from recommender.changes.offer_pairs import PairJudge, WindowStates
from recommender.changes.turning_days import told_within, turning_days
from recommender.offers.amount_table import SweptPeople
from recommender.offers.batch import Ranker
from recommender.offers.offer_order import OfferOrder
from recommender.rules.clause import Answer
from sweep.pair_difference import PairDifference, PairSide, schema
from sweep.shard_tally import FactsWanted, ShardTally

if TYPE_CHECKING:
    import pyarrow

    from features.log.history import History
    from features.snapshot import Snapshots
    from recommender.changes.offer_state import OfferState
    from recommender.offers.offer_order import OfferCounts
    from recommender.rules.compiled import Compiled

__all__ = ["BLOCK", "PopulationSweep"]

BLOCK: Final = 4_096
"""People judged at a time: what bounds memory, however large a shard is."""


@dataclass(frozen=True, eq=False)
class PopulationSweep:
    """A sweep of the people of a history.

    Attributes:
        calendar: the people, the rules of each day, and how their days turn.
        as_of: the day at whose end people are judged (days since 1970-01-01).
        since: an earlier day; None lists all that may be offered.
        before: the compiled catalogue at the end of `since`, where that was another; None for the same.
        first: so many offers of each person are ranked and kept, and of a sweep without `since` no others; None for all
            that may be offered, in no order.
        ranker: what orders them.
    """

    calendar: ChangeCalendar
    as_of: int
    since: int | None = None
    before: Compiled | None = None
    first: int | None = None
    ranker: Ranker = field(default_factory=Ranker)

    def changes(self, people: Int64) -> Iterator[tuple[str, OfferChange]]:
        """Yield what differs for people, by their places in the history, in the order of people and programmes.

        Of people for whom nothing can have changed nothing is computed; the result is that of computing everybody.
        """
        for place in self.concerned(people).tolist():
            name = self.calendar.history.people[place]
            before: Mapping[str, OfferState] = {}
            if self.since is not None:
                before = self.calendar.states(place, self.since, self.before)
            for change in difference(before, self.calendar.states(place, self.as_of)):
                yield name, change

    def concerned(self, people: Int64, sure: Bool | None = None) -> Int64:
        """Return the places of those for whom something can have changed: all of them where no day is given.

        Args:
            people: places in the history.
            sure: bool[n], for whom a day of their own is known to have come; None where nothing is known of anybody.
        """
        if self.since is None:
            return people
        zone, history = self.after.declaration.zone, self.calendar.history
        touched = np.zeros(len(people), np.bool_)
        if sure is not None:
            touched |= sure | told_within(history, zone, people, self.since, self.as_of)
        left = np.flatnonzero(~touched)
        if left.size:
            own = turning_days(self.calendar.turning, history, zone, people[left], self.since, self.as_of)
            touched[left[own.person]] = True
        left = np.flatnonzero(~touched)
        if self.turned and left.size:
            for rules, day in ((self.after, self.as_of), (self.beginning, self.since)):
                touched[left] |= self._may_hold(people[left], rules, day)
        return people[touched]

    @cached_property
    def after(self) -> Compiled:
        """The rules at the end."""
        return self.calendar.rules_of(self.as_of)

    @cached_property
    def beginning(self) -> Compiled:
        """The rules at the beginning; those of the end where no day is given."""
        if self.before is not None:
            return self.before
        return self.after if self.since is None else self.calendar.rules_of(self.since)

    @cached_property
    def turned(self) -> frozenset[str]:
        """The programmes that are another at the end for a reason of their own: a day, or another catalogue."""
        first, turns = self.as_of if self.since is None else self.since, self.calendar.turns
        found = {name for day, names in turns.items() if first < day <= self.as_of for name in names}
        if self.before is not None:
            old, new = (
                {one.id: one.to_document() for one in rules.catalogue.programmes} for rules in (self.before, self.after)
            )
            changed = {name for name in (*old, *new) if old.get(name) != new.get(name)}
            apart = (one.catalogue.excluding.get(name, ()) for one in (self.before, self.after) for name in changed)
            found |= changed.union(*apart)
        return frozenset(found)

    def _may_hold(self, people: Int64, rules: Compiled, day: int) -> Bool:
        """Which people a programme that turned is not excluded for on a day, bool[n]."""
        places = [i for i, one in enumerate(rules.catalogue.programmes) if one.id in self.turned]
        t = np.full(len(people), rules.declaration.zone.end_of_day(date_of(day)), np.int64)
        rows = snapshots(rules.declaration, self.calendar.history, people, t, rules.catalogue.receipts)
        answers = rules.offerable(rows.values, self.calendar.applicant, rows.members)
        return np.asarray((answers[:, places] != Answer.NO).any(axis=1))

    def over(self, history: History) -> PopulationSweep:
        """Return the same sweep of other people; what was worked out of the rules is kept."""
        _ = self.turned, self._judges, self._wanted, self.first and self._order
        found = copy(self)
        object.__setattr__(found, "calendar", replace(self.calendar, history=history))
        return found

    def table(self, people: Int64) -> pyarrow.Table:
        """Return what differs for people, as rows of `schema`: what `changes` says of each, for many at once.

        What can be offered at neither time is left out.
        """
        return self.swept(people)[0]

    def swept(self, people: Int64, sure: Bool | None = None) -> tuple[pyarrow.Table, ShardTally]:
        """Return the rows of people as `table` does, and their counts; `sure` as of `concerned`."""
        import pyarrow as pa

        concerned, people_of = self.concerned(people, sure), self.calendar.history.people
        tables, tally = [schema(self.first is not None).empty_table()], ShardTally(swept=people.size)
        for places in (concerned[at : at + BLOCK] for at in range(0, concerned.size, BLOCK)):
            before = None if self.since is None else self._stand(places, self._judges[0])[1]
            known, counts, after = self._ends(places)
            found = PairDifference.of(before, after)
            tables.append(found.table([people_of[place] for place in places.tolist()], self._judges[1].windows))
            homes = self.after.region_columns[:1]
            tally.add(known, counts, self._wanted, known.values[:, homes[0]] if homes.size else None)
        return pa.concat_tables(tables).unify_dictionaries(), tally

    def intricate(self) -> Bool:
        """Return of everybody who has a household, something that lapses, or an open window of an event: bool[n].

        Windows are looked at for those alone of whom the rest is not true.
        """
        everybody, judge = np.arange(len(self.calendar.history.people), dtype=np.int64), self._judges[1]
        found = self._each(everybody, judge.involved)
        left = np.flatnonzero(~found)
        found[left] = self._each(left, partial(judge.awaited, applicant=self.calendar.applicant))
        return found

    def _each(self, places: Int64, told: Callable[[SweptPeople], Bool]) -> Bool:
        """What is told of some people on the last day, many at a time, bool[m]."""
        blocks = (places[at : at + BLOCK] for at in range(0, places.size, BLOCK))
        found = [told(self._people(block, self._judges[1])) for block in blocks]
        return np.concatenate([np.zeros(0, np.bool_), *found])

    @cached_property
    def _judges(self) -> tuple[PairJudge, PairJudge]:
        """The rules of both days; the first are those of the end where no day is given."""
        first, last = self.as_of if self.since is None else self.since, self.as_of
        sides = ((self.beginning, first), (self.after, last))
        ends = [(rules, rules.declaration.zone.end_of_day(date_of(day))) for rules, day in sides]
        windows = WindowStates()
        old = PairJudge(*ends[0], windows)
        return old, PairJudge(*ends[1], windows, old)

    @cached_property
    def _wanted(self) -> FactsWanted:
        """For want of what people cannot be judged by the rules of the end."""
        return FactsWanted(self.after)

    @cached_property
    def _order(self) -> OfferOrder:
        """The order of offers at the end."""
        return OfferOrder(self.after, self.ranker, self._judges[1].amounts, self.calendar.applicant)

    def _people(self, places: Int64, judge: PairJudge) -> SweptPeople:
        """People as known on a day."""
        rules, history = judge.compiled, self.calendar.history
        t = np.full(places.size, judge.t, np.int64)
        return SweptPeople(history, places, snapshots(rules.declaration, history, places, t, rules.catalogue.receipts))

    def _stand(self, places: Int64, judge: PairJudge) -> tuple[Snapshots, PairSide]:
        """People on a day, and how they stand to its programmes."""
        people = self._people(places, judge)
        return people.known, PairSide(judge, people, judge.pairs(people, self.calendar.applicant))

    def _ends(self, places: Int64) -> tuple[Snapshots, OfferCounts, PairSide]:
        """People at the end, what may be offered to them, counted, and what of that may be written."""
        judge = self._judges[1]
        if self.first is None:
            known, side = self._stand(places, judge)
            return known, self._wanted.counts(places.size, side.pairs), side
        people = self._people(places, judge)
        terms = judge.terms(people, self.calendar.applicant)
        order = self._order.first(people, judge.limits(terms), self.first)
        if self.since is not None:
            pairs = judge.pairs(people, self.calendar.applicant)
            return people.known, order.counts, PairSide(judge, people, pairs).ranked(order)
        few = judge.standing(terms, order.person, order.programme, order.answer)
        side = PairSide(judge, people, few._replace(amount=order.amount), order.rank, order.utility, True)
        return people.known, order.counts, side
