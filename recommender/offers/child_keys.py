"""Child keys: for each of many people one integer for what sums paid for children can see of theirs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int64
from features.calendar import completed_months, parse_duration
from features.kernel.compiled_calendar import months_until
from features.kernel.like_rows import MetRows
from features.members import BORN, CERTAIN, RAISES, RELATION, WHOLE
from features.value import UNKNOWN
from recommender.rules.children import DATES
from recommender.rules.estimate import MONTHS
from recommender.rules.working_days import WEEKENDS_ONLY

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.window_rule import WindowRule
    from recommender.rules.worth import Value

__all__ = ["ChildCases", "ChildKeys"]

_WIDTH: Final = 2
"""Integers that a child takes in a key: what its birthday amounts to, and how it stands to the others."""
_SIZES: Final = 16
"""Bits of a key that say how many children there are."""
_UNMET: Final = -1
_DAYS: Final = 40_000
"""Claims are looked at back to so many days before."""


class ChildCases(NamedTuple):
    """What was told apart of so many children, and of single birthdays, each under a number; grows."""

    keys: dict[int, MetRows]
    birthdays: dict[tuple[object, ...], int]


class ChildKeys:
    """What the payments of a catalogue can tell apart of people's children on one day.

    Two people have the same key only where `children_of` makes every such payment come to the same for both: a birthday
    counts by the completed months since, up to the age at which no payment begins or ends any more, and by whether it
    lies in the cohorts and in the times of claims that payments name. Keys of two days say the same where both
    remember them together, of the same payments.
    """

    def __init__(self, declaration: Declaration, worths: Sequence[Value], today: int, met: ChildCases) -> None:
        home, facts = declaration.household, declaration.facts
        self._today, self._met = today, met
        self._class = np.full(1, _UNMET, np.int64)  # by how many days ago it was, from 1; the first of an unknown day
        self._spans = list(dict.fromkeys(one.age for worth in worths for one in worth.payments if one.age is not None))
        backs = dict.fromkeys(one.back for one in worths if one.back is not None and one.back.retroactive)
        self._claimed = [self._first_claimed(back) for back in backs]
        bounds = (bound or 0 for span in self._spans for bound in (span.at_least, span.below))
        self._oldest = max(bounds, default=0) + MONTHS
        self.can = home is not None and DATES in facts and bool(facts[DATES].members)
        """Whether members of a household say all there is to say of children."""
        self._closings = home.closings if home is not None else ()
        self._own = [home.place(name) for name in facts[DATES].members] if home is not None and self.can else []
        self._others = [home.place(name) for one in self._closings for name in one.relations] if home else []

    def keys(self, known: Snapshots) -> Int64:
        """Return the key of each person, int64[n]; a key says the same of people of every call."""
        members, cells = known.members, known.members.cells
        of = np.repeat(np.arange(len(known)), members.counts)
        relation, raises = cells[:, RELATION], cells[:, RAISES]
        counts = np.isin(relation, self._own) | (np.isin(relation, self._others) & (raises == 1))
        rows = np.flatnonzero((cells[:, CERTAIN] != 0) & (cells[:, BORN] <= self._today) & counts)
        of, raised = of[rows], raises[rows] != 0
        born = cells[rows, BORN]
        classes, aged = self._classes_of(born), months_until(born, self._today)
        last = np.full(len(known), -1, np.int64)
        last[of[raised]] = aged[raised]  # they come in order, so the last one that their person raises stays
        youngest = aged == last[of]
        sizes = np.bincount(of, minlength=len(known))
        place = np.arange(rows.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        wide = np.full((len(known), 2 + _WIDTH * int(sizes.max(initial=0))), UNKNOWN, np.int64)
        wide[:, 0], wide[:, 1] = self._whole(known), sizes
        wide[of, 2 + _WIDTH * place], wide[of, 3 + _WIDTH * place] = classes, raised + 2 * youngest
        found = np.empty(len(known), np.int64)
        for size in np.unique(sizes).tolist():
            some, width = np.flatnonzero(sizes == size), 2 + _WIDTH * size
            met = self._met.keys.setdefault(size, MetRows(width))
            found[some] = met.numbers(wide[some, :width]) << _SIZES | size
        return found

    def _whole(self, known: Snapshots) -> Bool:
        """Who has no other children than those listed."""
        since = known.members.since
        closings = [one for one in self._closings if one.fact in known.columns]
        of_others = np.zeros(len(known), np.bool_)
        for one in closings:
            of_others |= known.column(one.fact) == 1 - one.value
        closed = ~of_others | np.all(since[:, self._others] == WHOLE, axis=1)
        return np.asarray(np.all(since[:, self._own] == WHOLE, axis=1) & closed)

    def _classes_of(self, born: Int64) -> Int64:
        """The class of each day of birth, none of them to come: a day is looked at when it is met first."""
        ago = np.where(born == UNKNOWN, 0, self._today + 1 - born)
        more = int(ago.max(initial=0)) + 1 - self._class.size
        if more > 0:
            self._class = np.append(self._class, np.full(more, _UNMET, np.int64))
        new, where = np.unique(ago[self._class[ago] == _UNMET], return_index=True)
        days = born[self._class[ago] == _UNMET][where]
        self._class[new] = [self._birthday(day) for day in days.tolist()]
        return np.asarray(self._class[ago])

    def _birthday(self, day: int) -> int:
        """The class of a day of birth: those of one class come to the same for every payment."""
        months: int | None = None
        reached = tuple([day != UNKNOWN and day >= first for first in self._claimed])
        if day != UNKNOWN:
            months = completed_months(day, self._today)
            months = months if any(reached) else min(months, self._oldest)
        what = (months, reached, tuple(span.keeps(day) for span in self._spans))
        return self._met.birthdays.setdefault(what, len(self._met.birthdays))

    def _first_claimed(self, back: WindowRule) -> int:
        """The first day of birth from which on a claim of today is paid from the birth on: later days end later."""
        days, length = range(self._today - _DAYS, self._today + 1), parse_duration(back.retroactive or "")

        def reaches(day: int) -> bool:
            return self._today <= WEEKENDS_ONLY.last_day(day, length, back.count_from)

        return days.start + bisect_left(days, True, key=reaches)
