"""The table a ranker reads: one row per (person, programme), of the person, the programme, and how the two fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.calendar import DAY_SECONDS
from features.declaration.datatype import OLDEST_AGE
from features.kernel.jit import njit
from features.value import NONE, UNKNOWN
from recommender.rules.bounds import LEAST, MOST

if TYPE_CHECKING:
    from features.declaration.datatype import DataType
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.ranking.attributes import ProgrammeAttributes, Vocabulary
    from recommender.ranking.scorer import Pairs

NOTHING: Final = -1.0
"""Where a ranker sees `NONE` (known that there is none): below every count, age and number of days."""

FITS = (
    "fit.met", "fit.failed", "fit.unknown", "fit.others_met", "fit.members", "fit.days_since_trigger",
    "fit.days_left", "fit.days_to_close",
)  # fmt: skip
CONTEXT = ("shown.position", "shown.channel")
"""How a row was shown: known in training, fixed at `REFERENCE` when nothing is shown yet."""
REFERENCE = (1.0, 0.0)
"""First place, first declared channel: the same for every pair, so it orders nothing."""

_RANKED = ("boolean", "integer", "enum", "region", "date")
_FITS: Final = len(FITS)


@dataclass(frozen=True)
class Context:
    """How each row was shown: float32[m] each."""

    position: Float32
    channel: Float32

    @property
    def columns(self) -> Float32:
        """The columns of `CONTEXT`: float32[m, 2]."""
        return np.stack([self.position, self.channel], axis=1)


@dataclass(frozen=True)
class DesignMatrix:
    """Which columns the ranker's table has, and where each comes from; made from a declaration and a vocabulary.

    Attributes:
        person: snapshot columns about the person alone.
        dates: which of them are days, to be read as days ago.
        bounded: snapshot columns whose distance to a programme's bounds counts.
        sets: for each snapshot column, whether it holds a set of ages.
        money: snapshot columns that a programme's amount is compared with.
        names: the names of the table's columns.
    """

    person: Int64
    dates: Bool
    bounded: Int64
    sets: Bool
    money: Int64
    names: tuple[str, ...]

    @classmethod
    def of(cls, declaration: Declaration, vocabulary: Vocabulary) -> DesignMatrix:
        """The table that this declaration and this vocabulary make."""
        place = {name: at for at, name in enumerate(declaration.columns)}
        person = [name for name in place if _ranks(declaration, name)]
        sums = declaration.country.currency.unit
        money = [name for name in person if name in declaration.facts and _is_money(declaration.facts[name].kind, sums)]
        return cls(
            person=_places(place, person),
            dates=np.array([declaration.kind(name).type == "date" for name in person], dtype=np.bool_),
            bounded=_places(place, vocabulary.bounded),
            sets=np.array([declaration.kind(name).type == "ages" for name in place], dtype=np.bool_),
            money=_places(place, money),
            names=_names(person, vocabulary, money),
        )

    @cached_property
    def of_person(self) -> Bool:
        """Which columns are the same in all rows of a person for whom nothing was shown yet, bool[F]."""
        same = np.zeros(len(self.names), dtype=np.bool_)
        same[: self.person.size] = True
        same[list(self.additive)] = True
        return same

    @property
    def additive(self) -> tuple[int, ...]:
        """Where the columns of `CONTEXT` are."""
        return tuple(range(len(self.names) - len(CONTEXT), len(self.names)))

    def rows(
        self, people: Snapshots, attributes: ProgrammeAttributes, pairs: Pairs, context: Context | None = None
    ) -> Float32:
        """Fill the table for some pairs: float32[m, F], NaN where the value is unknown.

        Args:
            people: snapshots that `pairs.person` points into.
            attributes: programmes that `pairs.programme` points into.
            pairs: m rows.
            context: how each row was shown; None puts every row at `REFERENCE`.
        """
        out = np.full((len(pairs), len(self.names)), np.nan, dtype=np.float32)
        today = people.declaration.zone.local_seconds(people.t - 1) // DAY_SECONDS
        person, programme = pairs.person, pairs.programme
        _fill_person(out, people.values, today, person, self.person, self.dates)
        first = self.person.size
        fits = first + attributes.values.shape[1]
        out[:, first:fits] = attributes.values[programme]
        asks = attributes.asks
        _fill_demands(
            out, fits, people.values, person, programme, self.bounded, self.sets,
            asks.at, asks.column, asks.low, asks.high, asks.firm,
        )  # fmt: skip
        _fill_times(
            out, fits + 5, people.values, today, person, programme,
            attributes.trigger_at, attributes.trigger, attributes.within, attributes.closes,
        )  # fmt: skip
        worth = fits + _FITS + 2 * self.bounded.size
        _fill_worth(out, worth, people.values, person, programme, self.money, attributes.amount)
        out[:, self.additive] = REFERENCE if context is None else context.columns
        return out


def _names(person: list[str], vocabulary: Vocabulary, money: list[str]) -> tuple[str, ...]:
    own = (f"person.{name}" for name in person)
    public = (f"programme.{name}" for name in vocabulary.names)
    bounds = (f"{side}.{name}" for name in vocabulary.bounded for side in ("above_low", "below_high"))
    worth = (f"amount_over.{name}" for name in money)
    return (*own, *public, *FITS, *bounds, *worth, *CONTEXT)


def _places(place: dict[str, int], names: list[str] | tuple[str, ...]) -> Int64:
    return np.array([place[name] for name in names], dtype=np.int64)


def _ranks(declaration: Declaration, name: str) -> bool:
    fact = declaration.facts.get(name)
    return declaration.kind(name).type in _RANKED and (fact is None or "ranking" in fact.purpose)


def _is_money(kind: DataType, sums: str) -> bool:
    return kind.type == "integer" and (kind.unit == (sums or None) or kind.unit.startswith("percent"))


@njit
def _fill_person(out: Float32, values: Int64, today: Int64, person: Int64, columns: Int64, dates: Bool) -> None:
    for row in range(person.size):
        who = person[row]
        for at in range(columns.size):
            value = values[who, columns[at]]
            if value == NONE:
                out[row, at] = NOTHING
            elif value != UNKNOWN:
                out[row, at] = today[who] - value if dates[at] else value


@njit
def _members(ages: int, low: int, high: int) -> int:
    count = 0
    for age in range(max(low, 0), min(high, OLDEST_AGE) + 1):
        count += (ages >> age) & 1
    return count


@njit
def _fill_demands(
    out: Float32, first: int, values: Int64, person: Int64, programme: Int64, bounded: Int64, sets: Bool,
    at: Int64, column: Int64, low: Int64, high: Int64, firm: Bool,
) -> None:  # fmt: skip
    slot = np.full(values.shape[1], -1, dtype=np.int64)
    for place in range(bounded.size):
        slot[bounded[place]] = first + _FITS + 2 * place
    for row in range(person.size):
        out[row, first : first + 5] = 0
        for ask in range(at[programme[row]], at[programme[row] + 1]):
            value, near = values[person[row], column[ask]], slot[column[ask]]
            if value == UNKNOWN:
                out[row, first + 2] += 1
                continue
            if sets[column[ask]]:
                inside = 0 if value == NONE else _members(value, low[ask], high[ask])
                out[row, first + 4] += inside
                holds = inside > 0
            else:
                holds = value != NONE and low[ask] <= value <= high[ask]
                if near >= 0 and value != NONE:
                    if low[ask] > LEAST:
                        out[row, near] = value - low[ask]
                    if high[ask] < MOST:
                        out[row, near + 1] = high[ask] - value
            out[row, first + (1 if not holds else 0 if firm[ask] else 3)] += 1


@njit
def _fill_times(
    out: Float32, first: int, values: Int64, today: Int64, person: Int64, programme: Int64,
    trigger_at: Int64, trigger: Int64, within: Float64, closes: Float64,
) -> None:  # fmt: skip
    for row in range(person.size):
        who, what = person[row], programme[row]
        since = -1
        for place in range(trigger_at[what], trigger_at[what + 1]):
            value = values[who, trigger[place]]
            if value > NONE and (since < 0 or value < since):
                since = value
        if since >= 0:
            out[row, first] = since
            out[row, first + 1] = within[what] - since
        out[row, first + 2] = closes[what] - today[who]


@njit
def _fill_worth(
    out: Float32, first: int, values: Int64, person: Int64, programme: Int64, money: Int64, amount: Float64
) -> None:
    for row in range(person.size):
        for place in range(money.size):
            value = values[person[row], money[place]]
            if value >= 0:  # neither UNKNOWN nor NONE, which are below every amount
                out[row, first + place] = np.log1p(amount[programme[row]]) - np.log1p(np.float64(value))
