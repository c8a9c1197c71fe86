"""Amount table: what programmes come to for many people, each different case worked out once by the estimate itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int64
from features.calendar import completed_months
from features.snapshot import Known
from features.snapshot import known as known_of
from features.value import NONE, UNKNOWN
from recommender.offers.child_keys import ChildKeys
from recommender.rules.children import BIRTH, CHILDREN
from recommender.rules.clause import compares, members_counted
from recommender.rules.estimate import ANYBODY, Claimant
from recommender.rules.person import Person

if TYPE_CHECKING:
    from features.log.history import History
    from features.snapshot import Snapshots
    from recommender.rules.compiled import Compiled
    from recommender.rules.worth import Value

__all__ = ["AmountTable", "SweptPeople"]

_MOST: Final = 1_000_000
"""So many cases are remembered before all are forgotten: what bounds memory."""


@dataclass(frozen=True, eq=False)
class SweptPeople:
    """People as known at one second, and the history they are known from.

    Attributes:
        history: everybody.
        places: int64[n], whom, by their places in it.
        known: their columns and members.
    """

    history: History
    places: Int64
    known: Snapshots
    _met: dict[tuple[int, bool], Person] = field(default_factory=dict, init=False, repr=False)

    def person(self, at: int, compiled: Compiled, whole: bool) -> Person:
        """Return one of them; with all that the history makes known, or the columns and members alone."""
        if (at, whole) not in self._met:
            row = self.known.row(at)
            found = Known(row)
            if whole:
                found = known_of(row.declaration, self.history, row.person, int(row.t[0]), compiled.catalogue.receipts)
            self._met[at, whole] = Person(found, regions=compiled.regions)
        return self._met[at, whole]


class AmountTable:
    """What programmes come to in the first twelve months from one second on.

    The least and the most, int64[m, 2]: `UNKNOWN` twice where no sum is stated, and as the most where there is no
    limit. Each different case is worked out by `Value.amount_of` and remembered.
    """

    def __init__(self, compiled: Compiled, t: int) -> None:
        self._compiled, self._t = compiled, t
        self._worth = np.full(len(compiled.catalogue), -1, np.int64)
        worths: dict[tuple[object, ...], tuple[int, Value]] = {}
        for i, value in enumerate(one.value for one in compiled.catalogue.programmes):
            if value.reads or _counted(value):
                what = (value.parts, value.given, value.adds, value.currency, value.back)
                self._worth[i] = worths.setdefault(what, (len(worths), value))[0]
        self._worths = [value for _, value in worths.values()]
        self._today = compiled.declaration.zone.today(t)
        self._children = ChildKeys(compiled.declaration, self._worths, self._today)
        self._met: dict[tuple[int, bytes], tuple[int, int]] = {}
        spans = [self._span(one.value, ANYBODY) for one in compiled.catalogue.programmes]
        self._fixed = np.array(spans, np.int64).reshape(-1, 2)

    def _span(self, value: Value, person: Claimant) -> tuple[int, int]:
        found = value.amount_of(person, self._t)
        if not found.stated:
            return UNKNOWN, UNKNOWN
        return found.low, UNKNOWN if found.high is None else found.high

    def amounts(self, people: SweptPeople, person: Int64, programme: Int64) -> Int64:
        """Return what each programme comes to for each person, pair by pair: int64[m, 2].

        Args:
            people: n people.
            person: int64[m], places among them.
            programme: int64[m], places in the catalogue.
        """
        found, worth = self._fixed[programme], self._worth[programme]
        if len(self._met) > _MOST:
            self._met.clear()
        children = self._children.keys(people.known) if self._children.can and (worth >= 0).any() else None
        order = np.argsort(worth.astype(np.int16 if len(self._worths) < 2**15 else np.int64), kind="stable")
        ends = np.searchsorted(worth[order], np.arange(len(self._worths) + 1))
        for which in np.flatnonzero(np.diff(ends)).tolist():
            pairs = order[ends[which] : ends[which + 1]]
            found[pairs] = self._of(which, people, person[pairs], children)
        return found

    def _of(self, which: int, people: SweptPeople, person: Int64, children: Int64 | None) -> Int64:
        """What one value comes to for each of some people."""
        value = self._worths[which]
        keys, alone = self._keys(value, people.known, children)
        if alone:  # nothing short of the person says what it comes to
            return np.array([self._span(value, people.person(at, self._compiled, True)) for at in person.tolist()])
        different, first, back = np.unique(keys[person], axis=0, return_index=True, return_inverse=True)
        told = []
        for key, at in zip(different, first.tolist(), strict=True):
            known = which, key.tobytes()
            if known not in self._met:
                self._met[known] = self._span(value, people.person(int(person[at]), self._compiled, False))
            told.append(self._met[known])
        return np.array(told, np.int64).reshape(-1, 2)[back.reshape(-1)]

    def _keys(self, value: Value, known: Snapshots, children: Int64 | None) -> tuple[Int64, bool]:
        """What a value can see of each person, int64[n, k], and whether that is more than columns can say."""
        asked = {one.fact for _, clause in value.conditions for one in compares(clause)}
        asked |= {one.base for one in value.payments if isinstance(one.base, str)}
        of_children = any(set(CHILDREN) <= one.reads for one in value.payments)
        columns = [known.column(name) for name in sorted(asked & set(known.columns))]
        if BIRTH in value.reads - asked:
            columns.append(self._own_months(known))
        if of_children and children is not None:
            columns.append(children)
        keys = np.stack(columns, axis=1) if columns else np.empty((len(known), 0), np.int64)
        return keys, _counted(value) or (of_children and children is None)

    def _own_months(self, known: Snapshots) -> Int64:
        """The completed months since each person's birth, `UNKNOWN` where it is not known."""
        born = known.column(BIRTH) if BIRTH in known.columns else np.full(len(known), UNKNOWN)
        days, back = np.unique(born, return_inverse=True)
        months = np.array(
            [completed_months(day, self._today) if day > NONE else UNKNOWN for day in days.tolist()], np.int64
        )
        return np.asarray(months[back.reshape(-1)])


def _counted(value: Value) -> bool:
    """Whether a condition counts the members of a household."""
    return any(True for _, clause in value.conditions for _ in members_counted(clause))
