"""Amount table: what programmes come to for many people, each different case worked out once by the estimate itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from features.arrays import Int64
from features.kernel.compiled_calendar import months_until
from features.snapshot import Known
from features.snapshot import known as known_of
from features.value import NONE, UNKNOWN
from recommender.offers.child_keys import ChildKeys
from recommender.offers.offer_arrays import ordered_amount
from recommender.offers.sum_cases import SumCases, Sums
from recommender.rules.children import BIRTH, CHILDREN
from recommender.rules.clause import WITHIN, compares, fact_type, members_counted
from recommender.rules.estimate import ANYBODY, Claimant
from recommender.rules.payment import GIVES
from recommender.rules.person import Person

if TYPE_CHECKING:
    from features.log.history import History
    from features.snapshot import Snapshots
    from recommender.rules.clause import Compare
    from recommender.rules.compiled import Compiled
    from recommender.rules.worth import Value

__all__ = ["AmountTable", "CountedPeople", "SweptPeople", "amount_table"]

_FIXED: Final = -1
"""The case of all that does not depend on people; of what only the person says, so much less as its second."""
_MONTHS, _CHILDREN, _TODAY = -1, -2, -3
"""Besides columns: the completed months since somebody's birth, what can be told of the children, and the day."""


class CountedPeople(Protocol):
    """People as known at one second, of whom single ones can be had whole."""

    @property
    def known(self) -> Snapshots:
        """Their columns and members."""

    @property
    def numbers(self) -> dict[tuple[object, ...], Int64]:
        """The cases of sums that they are, as far as a table found them; grows."""

    def person(self, at: int, compiled: Compiled, whole: bool) -> Person:
        """Return one of them; with all that is known, or at least the columns and members."""


@dataclass(frozen=True, eq=False)
class SweptPeople:
    """People as known at one second, and the history they are known from.

    Attributes:
        history: everybody.
        places: int64[n], whom, by their places in it.
        known: their columns and members.
        numbers: the cases of sums that they are, as far as a table found them; grows.
    """

    history: History
    places: Int64
    known: Snapshots
    numbers: dict[tuple[object, ...], Int64] = field(default_factory=dict, init=False, repr=False)
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

    The least and the most: `UNKNOWN` twice where no sum is stated, and as the most where there is no
    limit. Each different case is worked out by `Value.amount_of` and remembered.

    Attributes:
        given: the programmes and their values, and what these can see of a person.
        met: what is remembered.
    """

    def __init__(self, compiled: Compiled, t: int, beside: AmountTable | None = None) -> None:
        """Make the table; it shares what is remembered with one of another day where the same is given on both."""
        self._compiled, self._t = compiled, t
        self._worth = np.full(len(compiled.catalogue), -1, np.int64)
        worths: dict[tuple[object, ...], tuple[int, Value]] = {}
        for i, value in enumerate(one.value for one in compiled.catalogue.programmes):
            if value.reads or _counted(value):
                what = (value.parts, value.given, value.adds, value.currency, value.back)
                self._worth[i] = worths.setdefault(what, (len(worths), value))[0]
        self._worths = [value for _, value in worths.values()]
        self._today = compiled.declaration.zone.today(t)
        self._columns = [self._reads(value) for value in self._worths]
        self.given = [(one.id, one.value) for one in compiled.catalogue.programmes], self._columns
        self.met: SumCases = beside.met if beside is not None and beside.given == self.given else SumCases()
        self._children = ChildKeys(compiled.declaration, self._worths, self._today, self.met.children)
        self._lock = threading.Lock()

    @cached_property
    def _fixed(self) -> Int64:
        """What every programme comes to for somebody of whom nothing is known, int64[P, 4]."""
        sums = [self._sum(one.value, ANYBODY) for one in self._compiled.catalogue.programmes]
        return np.array(sums, np.int64).reshape(-1, len(Sums._fields))

    @property
    def counts_members(self) -> bool:
        """Whether the children that sums are paid for are members of a household."""
        return self._children.can

    def _sum(self, value: Value, person: Claimant) -> Sums:
        found = value.amount_of(person, self._t)
        ordered = ordered_amount(found, value.currency, self._compiled.declaration.country.currency)
        middle, gives = UNKNOWN if ordered is None else ordered, GIVES.index(found.gives)
        if not found.stated:
            return Sums(UNKNOWN, UNKNOWN, middle, gives)
        return Sums(found.low, UNKNOWN if found.high is None else found.high, middle, gives)

    def amounts(self, people: CountedPeople, person: Int64, programme: Int64) -> Int64:
        """Return what each programme comes to for each person, pair by pair: int64[m, 4], the columns of `of_person`.

        Many threads may ask.

        Args:
            people: n people.
            person: int64[m], places among them.
            programme: int64[m], places in the catalogue.
        """
        found = self._fixed[programme]
        with self._lock:
            self.met.bound()
            for which, pairs, numbers in self._parts(people, programme):
                found[pairs] = self._of(which, people, person[pairs], numbers)
        return found

    def cases(self, people: CountedPeople, person: Int64, programme: Int64) -> Int64:
        """Return the case of each pair, int64[m]: a programme comes to the same in equal ones, on each of two days too.

        That holds of tables that are alike, and of cases that were asked for one after the other.
        """
        found = np.full(person.size, _FIXED, np.int64)
        for _, pairs, numbers in self._parts(people, programme):
            found[pairs] = _FIXED - self._t if numbers is None else numbers[person[pairs]]
        return found

    def is_alike(self, other: AmountTable) -> bool:
        """Tell whether cases of this day may be compared with those of another, of the same programmes."""
        return self.met is other.met

    def _parts(self, people: CountedPeople, programme: Int64) -> Iterator[tuple[int, Int64, Int64 | None]]:
        """Yield the values that depend on people: the rows of the pairs, and the case of each of all people.

        None where nothing short of the person says what it comes to.
        """
        worth = self._worth[programme]
        own = np.flatnonzero(worth >= 0)
        order = own[np.argsort(worth[own].astype(np.int16 if len(self._worths) < 2**15 else np.int64), kind="stable")]
        ends = np.searchsorted(worth[order], np.arange(len(self._worths) + 1))
        for which in np.flatnonzero(np.diff(ends)).tolist():
            yield which, order[ends[which] : ends[which + 1]], self._numbers(which, people)

    def _numbers(self, which: int, people: CountedPeople) -> Int64 | None:
        """The case of each person for a value, found once for values that see the same; None as in `_parts`."""
        columns, alone = self._columns[which]
        if alone or (_CHILDREN in columns and not self._children.can):
            return None
        found, case = people.numbers, (self.met.mark, columns)
        if case not in found:
            children = None
            if _CHILDREN in columns:
                of = self.met.mark, (_CHILDREN,)
                children = found[of] = self._children.keys(people.known) if of not in found else found[of]
            found[case] = self.met.numbers(columns, self._keys(columns, people.known, children))
        return found[case]

    def child_keys(self, known: Snapshots) -> Int64 | None:
        """Return what sums can tell apart of the children of people, int64[n]; None where it takes more to tell."""
        with self._lock:
            return self._children.keys(known) if self._children.can else None

    def of_person(self, person: Person, programme: Int64, children: Int64 | None) -> Int64:
        """Return what some programmes come to for one person, int64[m, 4]; many threads may ask.

        The columns: the least, the most, the sum by which it is ordered where that depends on the person (`UNKNOWN`
        where there is none), and what it gives, a place in GIVES.

        Args:
            person: as known at the table's second.
            programme: int64[m], places in the catalogue.
            children: what `child_keys` gives for the person, int64[1].
        """
        found, worth, seen = self._fixed[programme], self._worth[programme], dict[tuple[int, ...], int]()
        own = np.flatnonzero(worth >= 0)
        with self._lock:
            self.met.bound()
            sums = {which: self._of_one(which, person, children, seen) for which in set(worth[own].tolist())}
        if own.size:
            found[own] = [sums[which] for which in worth[own].tolist()]
        return found

    def _of_one(self, which: int, person: Person, children: Int64 | None, seen: dict[tuple[int, ...], int]) -> Sums:
        value, (columns, alone) = self._worths[which], self._columns[which]
        if alone or (children is None and _CHILDREN in columns):
            return self._sum(value, person)
        if columns not in seen:
            seen[columns] = int(self.met.numbers(columns, self._keys(columns, person.snapshot, children))[0])
        return self.met.sums(which, seen[columns], lambda: self._sum(value, person))

    def _of(self, which: int, people: CountedPeople, person: Int64, numbers: Int64 | None) -> Int64:
        """What one value comes to for each of some people, by the cases of all; without these for each anew."""
        value = self._worths[which]
        if numbers is None:
            return np.array([self._sum(value, people.person(at, self._compiled, True)) for at in person.tolist()])

        def worked_out(at: int) -> Sums:
            return self._sum(value, people.person(int(person[at]), self._compiled, False))

        return self.met.sums_of(which, numbers[person], worked_out)

    def _reads(self, value: Value) -> tuple[tuple[int, ...], bool]:
        """What a value can see of a person: columns, `_MONTHS` and `_CHILDREN`; and whether that is more than these."""
        place = {name: i for i, name in enumerate(self._compiled.columns)}
        asked = {one.fact for _, clause in value.conditions for one in compares(clause)}
        asked |= {one.base for one in value.payments if isinstance(one.base, str)}
        seen = sorted(place[name] for name in asked if name in place)
        if any(self._dated(one) for _, clause in value.conditions for one in compares(clause)):
            seen.append(_TODAY)
        if BIRTH in value.reads:
            seen.append(_MONTHS)
        if any(set(CHILDREN) <= one.reads for one in value.payments):
            seen.append(_CHILDREN)
        return tuple(seen), _counted(value)

    def _dated(self, compare: Compare) -> bool:
        """Whether the day decides too what a comparison says of a value."""
        within = any(op == WITHIN for op, _ in compare.tests)
        return within or fact_type(compare.fact, self._compiled.declaration) == "region"

    def _keys(self, columns: tuple[int, ...], known: Snapshots, children: Int64 | None) -> Int64:
        """What is seen of each person, int64[n, k]."""
        found = [known.values[:, [one for one in columns if one >= 0]]]
        if _MONTHS in columns:
            born = known.column(BIRTH) if BIRTH in known.columns else np.full(len(known), UNKNOWN)
            found.append(months_until(np.where(born > NONE, born, UNKNOWN), self._today)[:, None])
        if children is not None and _CHILDREN in columns:
            found.append(children[:, None])
        if _TODAY in columns:
            found.append(np.full((len(known), 1), self._today))
        return np.hstack(found)


@lru_cache(maxsize=8)
def amount_table(compiled: Compiled, t: int) -> AmountTable:
    """Return the table of a compiled catalogue and a second, made once for each of them."""
    return AmountTable(compiled, t)


def _counted(value: Value) -> bool:
    """Whether a condition counts the members of a household."""
    return any(True for _, clause in value.conditions for _ in members_counted(clause))
