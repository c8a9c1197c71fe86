"""Turning rules: how the days on which a person's standing can change with no new event follow from what is recorded.

Time alone changes an answer, a window or a sum when a length has passed since a day that somebody's rows name: an age
is reached, a statement lapses, a period ends. Here these lengths are collected from the declaration and the catalogue;
`recommender.changes.turning_days` adds them to the days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Int8, Int64
from features.calendar import DAY_SECONDS, Duration, anniversary, date_of, day_of, parse_duration
from features.declaration.datatype import OLDEST_AGE
from features.declaration.vocabulary import STATED
from features.kernel.lowering import (
    ADD_DAY,
    ADD_VALUE,
    AGES_OF,
    AS_IS,
    CHANGE,
    COLUMN,
    DATE,
    DAYS,
    HANG,
    LIST,
    MONTHS,
    NEVER,
    RESTATE,
    STANDING,
    STATE,
    STATE_VALUE,
    UNTIL_DAYS,
    KernelPlan,
    Subscription,
)
from features.log.row_encoder import signals_of
from features.members import OPEN, WHOLE
from features.snapshot import Occurrence
from features.value import NONE
from recommender.rules.children import BIRTH, DATES
from recommender.rules.clause import WITHIN, Compare, MemberCount, compares, members_counted
from recommender.rules.elapsed import clauses_on
from recommender.rules.estimate import MONTHS as A_YEAR
from recommender.rules.member_kernel import ANY_HIGH, ANY_LOW, TEST
from recommender.rules.member_lowering import plainest_members
from recommender.rules.rule_lowering import LEAST, MOST, plainest
from recommender.rules.window import after_event
from recommender.rules.working_days import WorkingDays

if TYPE_CHECKING:
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.clause import Clause
    from recommender.rules.payment import Payment
    from recommender.rules.window_rule import WindowRule

__all__ = [
    "BORN",
    "MEMBERS",
    "OWN",
    "STAYS",
    "VALUE",
    "Base",
    "Period",
    "Turn",
    "TurningRules",
    "rules_for",
    "turning_rules",
]

OWN, VALUE, BORN, STAYS = range(4)
"""Which day of a row counts: the one on which it happened, its value, a member's birth, or a member's last day."""
MEMBERS: Final = -1
"""In the place of a signal: what is said of members."""
_TO, _FROM = TEST.index("months_high"), TEST.index("months_low")
_CELL: Final = {name: place for place, name in enumerate(COLUMN)}
_AROUND: Final = (-1, 0, 1, 2)
"""Months counted down to a day end within a day of the same day of an earlier month."""


EARLIEST: Final = -40_000
"""The first base day of which it is remembered whether something ends in a span (in 1860)."""
_DAYS: Final = 100_000


class Base(NamedTuple):
    """A day that rows name: of the rows of a signal the day `of`, and lengths that pass from it one after the other."""

    signal: int
    of: int
    lengths: tuple[Duration, ...] = ()

    def later(self, length: Duration) -> Base:
        """Return the day on which a further length has passed."""
        return self._replace(lengths=(*self.lengths, length))


class Turn(NamedTuple):
    """A day on which something can turn: a base, and the days beside it that may be it."""

    base: Base
    shifts: tuple[int, ...] = (0,)


class Period(NamedTuple):
    """Days that follow from a base day in a way that only the rules of a window or a period know."""

    base: Base
    days: Callable[[int], Iterable[int]]


@dataclass(frozen=True, eq=False)
class TurningRules:
    """Everything from which the turning days of people follow.

    Attributes:
        turns: lengths that pass.
        periods: periods that end on working days, and windows.
        everybody: days on which something can turn for everybody: what is known of all people begins to be complete.
        known: the days of each period by their base day, as far as anybody asked.
        ending: for each period and the span of days that was asked about last, of each base day whether some day that
            follows from it lies in the span: 1 or 2 for no or yes, 0 as long as nobody asked; from `EARLIEST` on.
    """

    turns: tuple[Turn, ...]
    periods: tuple[Period, ...]
    everybody: frozenset[int]
    known: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict, repr=False)
    ending: dict[tuple[int, int, int], Int8] = field(default_factory=dict, repr=False)

    def ends(self, period: int, day: int) -> tuple[int, ...]:
        """Return the days that follow from a base day in a period, worked out once."""
        found = self.known.get((period, day))
        if found is None:
            found = self.known[period, day] = tuple(sorted(set(self.periods[period].days(day))))
        return found

    def ends_within(self, period: int, days: Int64, first: int, last: int) -> Bool:
        """Return from which base days some day follows in a period that is after `first` and up to `last`: bool[n]."""
        if self.ending and next(iter(self.ending))[1:] != (first, last):
            self.ending.clear()  # of one span at a time: a service asks about another every day
        found = self.ending.setdefault((period, first, last), np.zeros(_DAYS, np.int8))
        place = np.clip(days - EARLIEST, 0, _DAYS - 1)
        for at in np.unique(place[found[place] == 0]).tolist():
            found[at] = 1 + any(first < day <= last for day in self.ends(period, at + EARLIEST))
        outside = (days < EARLIEST) | (days >= EARLIEST + _DAYS)
        return np.asarray((found[place] == 2) | outside)


def turning_rules(
    catalogue: Catalogue, plan: KernelPlan, working_days: WorkingDays, others: Iterable[Clause] = ()
) -> TurningRules:
    """Return how days turn for people by a catalogue's programmes, by all their texts, and what a plan computes.

    `others` are clauses that matter beside those of the programmes. Every rule that may matter is there; that a day
    found by one changes nothing is no error (`change_calendar` judges).
    """
    texts = catalogue.texts
    clauses = [*others, *(clause for one in texts for clause in one.who.values())]
    payments = [payment for one in texts for payment in one.value.payments]
    return rules_for(clauses, payments, [rule for one in texts for rule in one.windows], plan, working_days)


def rules_for(
    clauses: Iterable[Clause],
    payments: Iterable[Payment],
    windows: Iterable[WindowRule],
    plan: KernelPlan,
    working_days: WorkingDays,
) -> TurningRules:
    """Return how days turn by some clauses, payments and windows, as `turning_rules` does by all of a catalogue."""
    found = _Collector(plan, working_days)
    for clause in clauses:
        found.clause(clause)
    for payment in payments:
        found.payment(payment)
    for rule in windows:
        found.window(rule)
    return found.rules()


class _Collector:
    """The rules while they are collected."""

    def __init__(self, plan: KernelPlan, working_days: WorkingDays) -> None:
        self.plan, self.working_days = plan, working_days
        self.place = {name: i for i, name in enumerate(plan.columns)}
        self.heard: dict[int, list[tuple[int, Subscription]]] = {}
        for signal, row in enumerate(plan.subscribed.tolist()):
            for one in plan.subscriptions[row[0] : row[3]].tolist():
                self.heard.setdefault(one[0], []).append((signal, Subscription(*one)))
        self.turns: dict[Turn, None] = {}
        self.periods: dict[tuple[Base, object], Callable[[int], Iterable[int]]] = {}
        self.everybody: set[int] = set()
        self.read: set[int] = set()

    def rules(self) -> TurningRules:
        periods = tuple(Period(base, days) for (base, _), days in self.periods.items())
        return TurningRules(tuple(self.turns), periods, frozenset(self.everybody))

    # --- what programmes ask -----------------------------------------------------------------------------------------

    def clause(self, clause: Clause) -> None:
        for compare in compares(clause):
            self.compare(compare)
        for counted in members_counted(clause):
            self.members(counted)

    def compare(self, compare: Compare) -> None:
        column = self.place.get(compare.fact)
        if column is None:
            return
        self.column(column)
        test = plainest(compare, self.plan.declaration)
        bounds = {bound for low, high in test.intervals for bound in (low, high + 1)} - {LEAST, MOST + 1}
        ages = [test.members >> age & 1 for age in range(OLDEST_AGE + 1)]
        bounds |= {age for age in range(OLDEST_AGE + 1) if ages[age] != (ages[age - 1] if age else 0)}
        for bound in bounds:
            self.reach(column, bound)
        for op, operand in compare.tests:
            if op == WITHIN:
                for base in self.bases(column):
                    self.lasts(base, parse_duration(operand))

    def members(self, clause: MemberCount) -> None:
        home = self.plan.declaration.household
        if home is None:
            return
        for test in clause.tests:
            if test.op == WITHIN:
                self.lasts(Base(MEMBERS, BORN), parse_duration(test.operand))
            elif test.of == "turns":
                self.new_year(int(test.operand))
        dated = clauses_on({"": clause}, 0, self.working_days)[""]
        row = plainest_members(dated, home) if isinstance(dated, MemberCount) else ()
        for bound in {row[_FROM], row[_TO] + 1} - {ANY_LOW, ANY_HIGH, ANY_HIGH + 1}:
            self.turn(Base(MEMBERS, BORN).later(Duration(months=bound)))
            for begun in self.plan.home[:, 0].tolist():
                if begun not in (OPEN, WHOLE):
                    self.everybody.add(anniversary(begun, bound))
        self.born()

    def payment(self, payment: Payment) -> None:
        if payment.when is not None:
            self.clause(payment.when)
        if isinstance(payment.base, str) and payment.base in self.place:
            self.column(self.place[payment.base])
        of = DATES if payment.age is None or payment.age.of == "child" else BIRTH
        for name in payment.reads:
            if name in self.place:
                self.column(self.place[name])
        if payment.age is None or of not in self.place:
            return
        bases = [*self.bases(self.place[of]), *([Base(MEMBERS, BORN)] if of == DATES else [])]
        for bound in (bound for bound in (payment.age.at_least, payment.age.below) if bound is not None):
            for month in range(A_YEAR):
                for base in bases:
                    self.turn(base.later(Duration(months=bound - month)))

    def window(self, rule: WindowRule) -> None:
        if rule.during in self.place:
            self.column(self.place[rule.during])
        if not rule.is_personal or not rule.after:
            return
        for place, signal in enumerate(signals_of(self.plan.declaration)):
            if signal.event in rule.after and signal.event != STATED:
                self.opens(Base(place, OWN), rule)
        for name, fact in self.plan.declaration.facts.items():
            if any(one.event in rule.after and one.field is None for one in fact.adds):
                for base in self.bases(self.place[name]):
                    self.opens(base, rule)

    # --- how days follow ---------------------------------------------------------------------------------------------

    def turn(self, base: Base, shifts: tuple[int, ...] = (0,)) -> None:
        self.turns[Turn(base, shifts)] = None

    def lasts(self, base: Base, length: Duration) -> None:
        """A period since a day: over on the day after its last one."""
        working = self.working_days
        self.periods.setdefault((base, length), lambda day: (working.last_day(day, length) + 1,))

    def new_year(self, age: int) -> None:
        """An age that a member reaches within a calendar year, or has reached in the year before."""

        def days(day: int) -> Iterator[int]:
            born = date_of(day).year
            yield from (day_of(date(born + years, 1, 1)) for years in (age, age + 1))

        self.periods.setdefault((Base(MEMBERS, BORN), ("turns", age)), days)

    def opens(self, base: Base, rule: WindowRule) -> None:
        """A window that runs from an event: its first day, and those after its last ones."""
        working, plain = self.working_days, rule.wordless()

        def days(day: int) -> Iterator[int]:
            event = Occurrence(plain.after[0], day)
            seen = after_event(plain, (event,), day, working)
            yield day
            if seen.opens is not None:
                yield seen.opens
            for last in (seen.closes, seen.paid_back_until):
                if last is not None:
                    yield from (last + 1, working.end_of_period(last) + 1)

        self.periods.setdefault((base, plain), days)

    def born(self) -> None:
        """Members whose birth is expected, and those who are listed for a time."""
        self.turn(Base(MEMBERS, BORN))
        self.turn(Base(MEMBERS, STAYS), (1,))
        for begun, months, days, _ in self.plan.home.tolist():
            if begun not in (OPEN, WHOLE) and months + days:
                self.everybody.update(anniversary(begun + days, months) + shift for shift in (-1, 0, 1))

    def reach(self, column: int, bound: int) -> None:
        """A fact that counts time since (or until) a day reaches a bound."""
        reading, unit, of = (self.cell(column, name) for name in ("reading", "unit", "of"))
        if reading == AGES_OF:
            for base in self.bases(of):
                self.turn(base.later(Duration(months=12 * bound)))
        elif reading == DATE and unit != AS_IS:
            down = unit >= UNTIL_DAYS
            count, unit = (-bound, unit - UNTIL_DAYS) if down else (bound, unit)
            length = Duration(days=count) if unit == DAYS else Duration(count if unit == MONTHS else 12 * count)
            for base in self.bases(of):
                self.turn(base.later(self.plus(column)).later(length), _AROUND if down else (0,))

    def column(self, column: int) -> None:
        """Everything that time alone changes in a column, and in those that it rests on."""
        if column in self.read:
            return
        self.read.add(column)
        reading = self.cell(column, "reading")
        for signal, one in self.heard.get(column, ()):
            if one.window:
                length = self.length(one.window)
                self.turn(Base(signal, OWN, (Duration(length.months, length.days + 1),)), (-1,))
            if one.act in (CHANGE, HANG):
                self.column(one.match if one.act == CHANGE else one.constant)
        begin, end = self.plan.closed_by[column : column + 2].tolist()
        for begun, window in self.plan.closers[begin:end].tolist():
            if begun != NEVER and window:
                length = self.length(window)
                day = anniversary(begun // DAY_SECONDS + length.days, length.months)
                self.everybody.update((day - 1, day))
        if reading == LIST and self.cell(column, "view"):
            self.born()
        if reading > LIST:
            self.column(self.cell(column, "of"))
        if self.cell(column, "hangs"):
            pass

    def bases(self, column: int) -> list[Base]:
        """The days that a column of days may hold."""
        reading, heard = self.cell(column, "reading"), self.heard.get(column, ())
        if reading == LIST and self.cell(column, "view"):
            return [Base(MEMBERS, BORN)]
        if reading == DATE:
            return [base.later(self.plus(column)) for base in self.bases(self.cell(column, "of"))]
        if reading not in (STANDING, LIST):
            return []
        found = [Base(signal, VALUE) for signal, one in heard if one.act in (STATE_VALUE, RESTATE, ADD_VALUE, CHANGE)]
        dated = [signal for signal, one in heard if one.act == ADD_DAY or one[1:3] in ((STATE, NONE), (CHANGE, NONE))]
        return found + [Base(signal, OWN) for signal in dated]

    def cell(self, column: int, name: str) -> int:
        return int(self.plan.table[column, _CELL[name]])

    def length(self, window: int) -> Duration:
        months, days = self.plan.windows[window].tolist()
        return Duration(months, days)

    def plus(self, column: int) -> Duration:
        return Duration(self.cell(column, "months"), self.cell(column, "days"))
