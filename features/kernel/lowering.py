"""A declaration lowered to integer tables: what each signal does to which column, and how a column is read off.

The tables are all int64 and C-contiguous, so that the kernel is compiled for one signature only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from features.arrays import Int64
from features.calendar import DAY_SECONDS, Duration
from features.declaration.declaration import Declaration
from features.declaration.vocabulary import STATED, Derived, Fact, Feature, Selector, State, Tally
from features.log.row_encoder import RECEIVED, signals_of
from features.log.statement import RECEIVES, Receipt
from features.members import OPEN, WHOLE
from features.value import NONE, UNKNOWN, identifier_code

NEVER: Final = 2**63 - 1
"""Completeness that has not begun."""

ANY: Final = NONE
"""A subscription that takes whatever value its signal has."""

# What a subscription does to its column; those before STATE see only what happened within their window.
# ADD adds `constant + then * value`; KEEP keeps the value, or with constant 1 the wall-clock second.
ADD, KEEP, DISTINCT, STEP, STATE, STATE_VALUE, RESTATE, ADD_DAY, ADD_VALUE = range(9)
# BEGIN and END count, END with constant 1 perhaps what is not counted; CHANGE is STATE where the value is another than
# that of the column `match`; HANG makes its column false where the column `constant` is known and not `match`.
BEGIN, END, CHANGE, HANG = range(9, 13)

# How a column is read off when the rows have been seen.
TOTAL, NEWEST, STANDING, LIST, SPELL, DATE, COUNT_OF, AGES_OF = range(8)

# How days become a number.
DAYS, MONTHS, YEARS, UNTIL_DAYS, UNTIL_MONTHS, UNTIL_YEARS, AS_IS = range(7)


class Subscription(NamedTuple):
    """What a signal does to a column: a row of the table of subscriptions."""

    column: int
    act: int
    constant: int = 0
    match: int = ANY
    window: int = 0
    then: int = 0


COLUMN: Final = (
    "reading", "window", "of", "unit", "earliest", "months", "days", "slot", "default", "spelled",
    "tally", "first", "hangs", "holds", "view",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class KernelPlan:
    """One declaration as tables.

    Attributes:
        columns: the names, facts and features in file order, then `receives.<programme>`.
        receives: the programmes asked about.
        subscriptions: int64[n, 6], see `Subscription`, signal by signal.
        subscribed: int64[signals, 4]: where the signal's subscriptions that add begin, then those that keep, then all
            others, and where they end.
        table: int64[columns, 15], see `COLUMN`.
        windows: int64[w, 2], months and days; window 0 is a lifetime.
        closers: int64[n, 2], since which wall-clock second, over which window; a column whose closers all hold has
            nothing unseen; those of column `c` are `closed_by[c]` up to `closed_by[c + 1]`.
        closed_by: int64[columns + 1].
        lists: how many columns hold dates.
        steps: how many steps all sequences have together.
        distinct: how many columns count distinct values.
        tallies: how many columns count what begins and ends.
        epoch: the wall-clock second at which every lifetime begins.
        home: int64[relations, 4]: the local day since when every event that adds a member of a relation is known, the
            months and days after which such a member lapses, and whether its members are only expected.
        declaration: what was lowered.
    """

    columns: tuple[str, ...]
    receives: tuple[str, ...]
    subscriptions: Int64
    subscribed: Int64
    table: Int64
    windows: Int64
    closers: Int64
    closed_by: Int64
    lists: int
    steps: int
    distinct: int
    tallies: int
    epoch: int
    home: Int64
    declaration: Declaration


@lru_cache(maxsize=32)
def lower(declaration: Declaration, receives: tuple[Receipt, ...] = (), complete: bool = True) -> KernelPlan:
    """Return the tables of a declaration and of the programmes whose receipt is asked about.

    Args:
        declaration: what to compute.
        receives: programmes; each appends the column `receives.<id>`, which hears of its former ids too.
        complete: False where nothing is complete, so that what was not stated is unknown (a facts file).
    """
    return _Lowering(declaration, complete).plan(receives)


class _Lowering:
    """The tables while they grow."""

    def __init__(self, declaration: Declaration, complete: bool) -> None:
        self.declaration, self.complete = declaration, complete
        self.signals = {signal: place for place, signal in enumerate(signals_of(declaration))}
        self.heard: list[list[Subscription]] = [[] for _ in self.signals]
        self.windows: dict[Duration, int] = {Duration(): 0}
        self.table: list[dict[str, int]] = []
        self.closers: list[list[tuple[int, int]]] = []
        self.lists = self.steps = self.distinct = self.tallies = 0
        self.hung: dict[str, tuple[Selector, ...]] = {}

    def plan(self, receives: tuple[Receipt, ...]) -> KernelPlan:
        spelled = {feature.of for feature in self.declaration.features.values() if feature.op == "spell"}
        for fact in self.declaration.facts.values():
            self.fact(fact, int(fact.name in spelled))
        for feature in self.declaration.features.values():
            self.feature(feature)
        ids = [(programme,) if isinstance(programme, str) else programme for programme in receives]
        for names_of_one in ids:
            self.receipt(names_of_one)
        heard = [sorted(group, key=lambda row: (min(row[1], DISTINCT), row[1] != CHANGE)) for group in self.heard]
        asked = tuple(present for present, *_ in ids)
        names = (*self.declaration.columns, *(RECEIVES + programme for programme in asked))
        return KernelPlan(
            names, asked, _rows(heard, len(Subscription._fields)), _parted(heard),
            np.array([[row[key] for key in COLUMN] for row in self.table], np.int64).reshape(-1, len(COLUMN)),
            np.array([(window.months, window.days) for window in self.windows], np.int64),
            _rows(self.closers, 2), _starts(self.closers), self.lists, self.steps, self.distinct,
            self.tallies, self.declaration.epoch * DAY_SECONDS, self.home(), self.declaration,
        )  # fmt: skip

    def fact(self, fact: Fact, spelled: int) -> None:
        if fact.derived:
            self.derived(fact.derived)
        elif fact.type == "dates":
            self.dates(fact)
        else:
            self.standing(fact, spelled)

    def feature(self, feature: Feature) -> None:
        if feature.derived:
            self.derived(feature.derived)
        elif feature.op == "spell":
            self.column(SPELL, of=self.declaration.index(feature.of), unit=_UNITS[feature.unit])
        elif feature.op == "sequence":
            self.sequence(feature)
        else:
            self.listening(feature)

    def standing(self, fact: Fact, spelled: int) -> None:
        """A fact with one value: a statement of a value that lapses is believed as long, then it is unknown."""
        column = self.column(STANDING, default=0 if fact.type == "boolean" else UNKNOWN, spelled=spelled)
        stated = Selector(STATED, None, fact.name)
        self.hear(stated, Subscription(column, STATE_VALUE))
        for value, (trusted, then) in trusted_for(fact).items():
            self.hear(stated, Subscription(column, STATE_VALUE, match=value, window=self.window(trusted), then=then))
        for state in fact.states:
            self.state(state, column)
        if fact.tally:
            self.tally(fact.tally, column)
        if fact.hangs_on:
            self.hang(fact, *fact.hangs_on, column)
        if fact.type != "boolean" or not fact.exhaustive or not self.closers[column]:
            self.close(column, [], 0)

    def state(self, state: State, column: int) -> None:
        window, then = self.window(state.lapse), NONE if state.then is None else state.then
        act, constant = (STATE_VALUE, 0) if state.gives is None else (STATE, state.gives)
        if state.changes:
            of = self.declaration.index(state.changes)
            self.hear(state.signal, Subscription(column, CHANGE, constant, match=of, window=window, then=then))
        else:
            self.hear(state.signal, Subscription(column, act, constant, window=window, then=then))
        if state.gives != 0 or state.then == 1:  # only what could have made it true leaves it open
            self.close(column, [state.signal], 0 if state.then == 1 else window)

    def tally(self, tally: Tally, column: int) -> None:
        self.tallies += 1
        self.table[column] |= {"tally": self.tallies, "first": int(tally.before_none)}
        for signal in tally.begins:
            self.hear(signal, Subscription(column, BEGIN))
        for signal in tally.ends:
            self.hear(signal, Subscription(column, END, int(tally.partly(signal))))
        self.close(column, tally.begins, 0)

    def hang(self, fact: Fact, of: str, wanted: int, column: int) -> None:
        """Let whatever changes a fact that this one hangs on settle this one too."""
        other = self.declaration.facts[of]
        stated = (Selector(STATED, None, of),) if fact.only_while else ()
        signals = (*stated, *other.signals, *self.hung.get(of, ()))
        self.hung[fact.name] = signals
        if fact.only_while:
            self.table[column] |= {"hangs": self.declaration.index(of) + 1, "holds": wanted}
        for signal in dict.fromkeys(signals):
            self.hear(signal, Subscription(column, HANG, self.declaration.index(of), match=wanted))

    def receipt(self, ids: tuple[str, ...]) -> None:
        column = self.column(STANDING, default=0)
        granted = Selector("benefit.granted", None, "programme")
        for code in map(identifier_code, ids):
            for signal, constant, match in (
                (granted, 1, code), (Selector("benefit.held", None, "programme"), 1, code),
                (Selector("benefit.ended", None, "programme"), 0, code),
                (RECEIVED, 1, code), (RECEIVED, 0, ~code),
            ):  # fmt: skip
                if signal in self.signals:
                    self.hear(signal, Subscription(column, STATE, constant, match=match, then=NONE))
        self.close(column, [granted] if granted in self.signals else [], 0)

    def dates(self, fact: Fact) -> None:
        home = self.declaration.household
        view = home.mask(fact.members) if home else 0
        column = self.column(LIST, slot=self.lists, view=view)
        self.lists += 1
        if not view:
            self.hear(Selector(STATED, None, fact.name), Subscription(column, RESTATE))
            for signal in fact.adds:
                self.hear(signal, Subscription(column, ADD_VALUE if signal.field else ADD_DAY))
        self.close(column, fact.adds, 0)

    def home(self) -> Int64:
        """Since when the members of each relation are known, and how long each stays."""
        household, rows = self.declaration.household, []
        for name, relation in household.relations.items() if household else ():
            begun, lapse = listed_since(self.declaration, name)
            begun = begun if self.complete else OPEN
            rows.append((begun, lapse.months, lapse.days, int(relation.expected)))
        return np.array(rows, np.int64).reshape(-1, 4)

    def derived(self, derived: Derived) -> None:
        plus = derived.plus or Duration()
        reading = {"count_of": COUNT_OF, "ages_of": AGES_OF}.get(derived.op, DATE)
        self.column(
            reading, of=self.declaration.index(derived.of), unit=_derived_unit(derived),
            earliest=int(derived.which == "earliest"), months=plus.months, days=plus.days,
        )  # fmt: skip
        self.close(len(self.table) - 1, [], 0)

    def listening(self, feature: Feature) -> None:
        act, reading, constant, factor = _ACTS[feature.op]
        window = self.window(feature.window)
        unit = _UNITS[feature.unit] if feature.op == "time_since" else AS_IS
        column = self.column(reading, window=window, unit=unit, slot=self.distinct)
        self.distinct += feature.op == "distinct"
        for signal in feature.signals:
            self.hear(signal, Subscription(column, act, constant, window=window, then=factor))
        self.close(column, feature.signals, window)

    def sequence(self, feature: Feature) -> None:
        within, window = feature.within or Duration(), self.window(feature.window)
        column = self.column(TOTAL, window=window, months=within.months, days=within.days, slot=self.steps)
        last = len(feature.signals) - 1
        for step, signal in reversed(list(enumerate(feature.signals))):  # so that one event takes one step only
            self.hear(signal, Subscription(column, STEP, step, window=window, then=int(step == last)))
        self.steps += last + 1
        self.close(column, feature.signals, window)

    def column(self, reading: int, **cells: int) -> int:
        self.table.append(dict.fromkeys(COLUMN, 0) | {"reading": reading} | cells)
        self.closers.append([])
        return len(self.table) - 1

    def hear(self, signal: Selector, what: Subscription) -> None:
        self.heard[self.signals[signal]].append(what)

    def window(self, length: Duration | None) -> int:
        return self.windows.setdefault(length or Duration(), len(self.windows))

    def close(self, column: int, signals: Sequence[Selector], window: int) -> None:
        """Note that the column has nothing unseen only while these signals are complete over a window."""
        days = [self.declaration.events[signal.event].complete_from for signal in signals]
        known = [day for day in days if day is not None]
        never = not self.complete or not days or len(known) < len(days)
        self.closers[column].append((NEVER if never else max(known) * DAY_SECONDS, window))


_UNITS: Final = {"days": DAYS, "months": MONTHS, "years": YEARS}
_ACTS: Final = {
    "count": (ADD, TOTAL, 1, 0), "sum": (ADD, TOTAL, 0, 1), "last": (KEEP, NEWEST, 0, 0),
    "time_since": (KEEP, NEWEST, 1, 0), "distinct": (DISTINCT, TOTAL, 0, 0),
}  # fmt: skip


def listed_since(declaration: Declaration, relation: str) -> tuple[int, Duration]:
    """Return the local day since when every event that adds a member of a relation is in the log, and their lapse.

    It is `WHOLE` for a lifetime and `OPEN` for never. Members added by several events lapse as the longest-lived do.
    """
    household = declaration.household
    acts = household.adding(relation, declaration.events) if household else ()
    days = [declaration.events[act.event].complete_from for act in acts]
    known = [day for day in days if day is not None]
    lapses = [act.lapse for act in acts if act.lapse]
    lapse = max(lapses, key=lambda one: one.after(0)) if lapses and len(lapses) == len(acts) else Duration()
    if not acts or len(known) < len(days):
        return OPEN, lapse
    return WHOLE if max(known) <= declaration.epoch else max(known), lapse


def trusted_for(fact: Fact) -> dict[int, tuple[Duration, int]]:
    """Return how long a statement of each value is believed, where every event giving it lapses, and what it is then.

    A person who was stated pregnant three years ago may no longer be; one who was stated not pregnant still is not.
    Where such an event lapses to unknown so does the statement; else it is as if it had never been made.
    """
    if any(state.gives is None for state in fact.states):
        return {}
    givers: dict[int, list[State]] = {}
    for state in fact.states:
        givers.setdefault(state.gives or 0, []).append(state)
    found = {}
    for value, states in givers.items():
        lapses = [state.lapse for state in states if state.lapse]
        if len(lapses) == len(states):
            then = UNKNOWN if any(state.then == UNKNOWN for state in states) else NONE
            found[value] = (max(lapses, key=lambda lapse: lapse.after(0)), then)
    return found


def _derived_unit(derived: Derived) -> int:
    if derived.op == "time_until":
        return _UNITS[derived.unit] + UNTIL_DAYS
    return {"years_since": YEARS, "months_since": MONTHS, "days_since": DAYS}.get(derived.op, AS_IS)


def _rows(groups: Sequence[Sequence[tuple[int, ...]]], width: int) -> Int64:
    return np.array([row for group in groups for row in group], np.int64).reshape(-1, width)


def _starts(groups: Sequence[Sequence[object]]) -> Int64:
    return np.cumsum([0, *(len(group) for group in groups)]).astype(np.int64)


def _parted(heard: Sequence[Sequence[tuple[int, ...]]]) -> Int64:
    """Where each signal's subscriptions begin, are no longer ADD, are no longer KEEP, and end."""
    starts = _starts(heard)
    parts = [[0, sum(r[1] == ADD for r in rows), sum(r[1] <= KEEP for r in rows), len(rows)] for rows in heard]
    return starts[:-1, None] + np.array(parts, np.int64).reshape(-1, 4)
