"""Utility: the stated sum that orders recommendations, part by part, so that every rank can be explained."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from features.arrays import Float64, Int8, Int64
from features.problem import Problem, Rejected, Where
from features.value import UNKNOWN
from recommender.rules.payment import GIVES

STEP: Final = 10_000
"""Contributions are whole steps of 1/10000, so that they add up exactly; utilities that agree to the step are tied."""

EXPECTED: Final = "likelihood_times_value"
VALUE: Final = "value"
DOUBT: Final = "doubt"
CERTAINTY: Final = "certainty"
URGENCY: Final = "urgency"
UNLOCKS: Final = "unlocks"
EFFORT: Final = "effort"
CORRECTION: Final = "correction"
FACTORS: Final = (EXPECTED, VALUE, DOUBT, CERTAINTY, URGENCY, UNLOCKS, EFFORT, CORRECTION)

MOST_MINUTES: Final = 240
"""More effort than this counts no more."""


@dataclass(frozen=True)
class UtilityWeights:
    """What each part of the utility counts for; every part but effort is scaled to about 0..1 before it is weighed.

    The unit is a programme worth `full_won` that is certain to be taken up. Sums of another currency are
    compared by the days of minimum wage that they buy (`recommender.currency`).
    """

    expected: float = 1.0
    """Likelihood of take-up times worth; 0 leaves the model out."""
    value: float = 0.3
    """Worth alone, where no model says how likely take-up is."""
    doubt: float = 0.3
    """Taken off what is hardly ever for such a person; the less likely, the more of it, and none of what is certain."""
    certainty: float = 0.1
    """That the rules say yes, and not that something is still missing."""
    urgency: float = 0.2
    """That something is lost after today (`ApplicationWindow.pressing`); halved every `urgency_days` that are left."""
    unlocks: float = 0.1
    """That receiving it opens other programmes; each halves what is missing to the full weight."""
    effort: float = 0.05
    """Taken off for each hour of effort, up to four."""
    urgency_days: int = 30
    """Days left at which urgency counts half."""
    floor_won: int = 100_000
    """Where worth turns from proportional to logarithmic in won a year."""
    full_won: int = 10_000_000
    """Won a year that are worth 1."""
    unstated_won: int = 1_200_000
    """Where a programme is placed whose amount is not stated: the middle gift of those the shipped catalogue states."""
    loan: float = 0.05
    """What a won that is lent counts: about the interest of a year that it spares."""
    discount: float = 0.5
    """What a won of a discount counts: only who spends has it."""
    service: float = 0.5
    """What a won of a service counts: it cannot be spent otherwise."""

    def __post_init__(self) -> None:
        """Refuse weights that would turn the order upside down or divide by zero."""
        problems = [*self._wrong_weights(), *self._wrong_scales()]
        if problems:
            raise Rejected(problems)

    def _wrong_weights(self) -> list[Problem]:
        names = ("expected", "value", "doubt", "certainty", "urgency", "unlocks", "effort", *GIVES[1:])
        remedy = "Give a number from 0 to 100"
        return [
            Problem(("weights", name), "invalid", f"{getattr(self, name)!r} is not a weight", remedy)
            for name in names
            if not (_is_number(getattr(self, name)) and 0 <= getattr(self, name) <= 100)
        ]

    def _wrong_scales(self) -> list[Problem]:
        return [
            Problem(("weights", name), "range", f"{getattr(self, name)!r} is not a whole number above 0", "Give one")
            for name in ("urgency_days", "floor_won", "full_won", "unstated_won")
            if type(getattr(self, name)) is not int or getattr(self, name) < 1
        ]

    def value_of(self, amounts: Int64, gives: Int64) -> Float64:
        """How much amounts of a year are worth: proportional when little, logarithmic when much, 1 at `full_won`.

        >>> UtilityWeights().value_of(np.array([0, 10_000_000]), np.array([0, 0]))
        array([0., 1.])
        """
        amount = self.comparable_won(amounts, gives)
        worth: Float64 = np.log1p(amount / self.floor_won) / np.log1p(self.full_won / self.floor_won)
        return worth

    def comparable_won(self, amounts: Int64, gives: Int64) -> Float64:
        """Won a year by what they count as loans, discounts or services; what is not stated is taken as `unstated_won`.

        >>> UtilityWeights().comparable_won(np.array([1_000, 1_000]), np.array([0, 2]))
        array([1000.,  500.])
        """
        counts = np.array([1.0, self.loan, self.discount, self.service])[gives]
        return np.asarray(np.where(amounts == UNKNOWN, self.unstated_won, amounts) * counts)

    def urgency_of(self, days_left: Int64) -> Float64:
        """How urgent so many days left are: 1 on the last day, half after `urgency_days`, 0 without a known end.

        >>> UtilityWeights().urgency_of(np.array([0, 30, UNKNOWN]))
        array([1. , 0.5, 0. ])
        """
        known = days_left != UNKNOWN
        return np.where(known, 2.0 ** (-np.where(known, days_left, 0) / self.urgency_days), 0.0)


def parse_weights(document: object, where: Where = ("weights",)) -> UtilityWeights:
    """Weights from a parsed YAML mapping; what it does not name keeps its default.

    Raises:
        Rejected: not a mapping, an unknown weight, or a value out of range.

    >>> parse_weights({"urgency": 0.5}).urgency
    0.5
    """
    known = [entry.name for entry in dataclasses.fields(UtilityWeights)]
    if not isinstance(document, Mapping):
        raise Rejected([Problem(where, "invalid", "is not a mapping of weights", f"Name some of {', '.join(known)}")])
    strange = [name for name in document if name not in known]
    if strange:
        remedy = f"Use some of {', '.join(known)}"
        raise Rejected([Problem((*where, name), "unknown", "is not a weight", remedy) for name in strange])
    return UtilityWeights(**document)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]  # the type was just checked


@dataclass(frozen=True)
class UtilityInputs:
    """What the utility looks at in each of m programmes for one person; UNKNOWN where a value is missing.

    Attributes:
        likelihood: P(takes up | offered), float64[m], or None without a model.
        amount: what it comes to in the first year, the middle of the range, in won or as comparable, int64[m].
        gives: which of GIVES it is, int64[m].
        chance: how likely the person is to meet the conditions, float64[m]; 1 where the rules say yes.
        days_left: until its window closes, or something is lost otherwise, int64[m].
        unlocks: how many other programmes it opens, int64[m].
        effort_minutes: what applying takes, int64[m].
        corrected: what is added so that groups are reached alike, in steps, int64[m]; None where nothing is.
    """

    likelihood: Float64 | None
    amount: Int64
    gives: Int64
    chance: Float64
    days_left: Int64
    unlocks: Int64
    effort_minutes: Int64
    corrected: Int64 | None = None


@dataclass(frozen=True)
class Contribution:
    """One part of a utility, in steps, with the figures it was made of."""

    factor: str
    steps: int
    figures: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The contribution in units of utility."""
        return self.steps / STEP


@dataclass(frozen=True)
class Utility:
    """What one weighed programme counts; equal steps are a tie, which the programme's id breaks.

    Attributes:
        weighed: the programmes it is one of.
        row: its place among them.
    """

    weighed: Weighed
    row: int

    @property
    def steps(self) -> int:
        """The sum of its parts, in steps."""
        return int(self.weighed.total[self.row])

    @property
    def value(self) -> float:
        """The sum, in units of utility."""
        return self.steps / STEP

    @property
    def amount(self) -> int | None:
        """The sum of money that was weighed, comparable in won; None where there is none."""
        return _known(self.weighed.inputs.amount, self.row)

    @cached_property
    def contributions(self) -> tuple[Contribution, ...]:
        """Its parts; those that count nothing are left out, but for the gain itself."""
        return self.weighed.contributions(self.row)


@dataclass(frozen=True)
class Weighed:
    """Programmes weighed: the contributions of each in steps, int64[m, 7] in the order of `factors`."""

    inputs: UtilityInputs
    factors: tuple[str, ...]
    steps: Int64

    @cached_property
    def total(self) -> Int64:
        """The utility of each programme, in steps, int64[m]."""
        total: Int64 = self.steps.sum(axis=1)
        return total

    def utility(self, row: int) -> Utility:
        """Return the utility of one programme."""
        return Utility(self, row)

    def contributions(self, row: int) -> tuple[Contribution, ...]:
        """The parts of the utility of one programme, as `Utility` tells them."""
        parts = zip(self.factors, self.steps[row].tolist(), strict=True)
        counting = ((factor, steps) for factor, steps in parts if steps or factor in (EXPECTED, VALUE))
        return tuple([Contribution(factor, steps, self._figures(factor, row)) for factor, steps in counting])

    def _figures(self, factor: str, row: int) -> dict[str, float | None]:
        inputs = self.inputs
        if factor == EXPECTED and inputs.likelihood is not None:
            return {"likelihood": float(inputs.likelihood[row]), "amount": _known(inputs.amount, row)}
        figures = {
            VALUE: ("amount", inputs.amount),
            URGENCY: ("days_left", inputs.days_left),
            UNLOCKS: ("programmes", inputs.unlocks),
            EFFORT: ("minutes", inputs.effort_minutes),
        }
        return {name: _known(column, row) for name, column in [figures[factor]]} if factor in figures else {}


def _known(column: Int64, row: int) -> int | None:
    value = int(column[row])
    return None if value == UNKNOWN else value


def weigh(inputs: UtilityInputs, weights: UtilityWeights) -> Weighed:
    """Weigh programmes for one person; the sum of what each contributes is its utility.

    What a programme would bring counts as much as it is likely to be for this person. So that what is certain comes
    before what is improbable, whatever the latter would bring, improbability is taken off by itself too.

    >>> one = np.array([1])
    >>> inputs = UtilityInputs(None, 10_000_000 * one, 0 * one, 1.0 * one, UNKNOWN * one, 0 * one, 60 * one)
    >>> [(part.factor, part.value) for part in weigh(inputs, UtilityWeights()).contributions(0)]
    [('value', 0.3), ('certainty', 0.1), ('effort', -0.05)]
    """
    worth, chance = weights.value_of(inputs.amount, inputs.gives), inputs.chance
    if inputs.likelihood is None:
        gain, factor = weights.value * worth, VALUE
    else:
        gain, factor = weights.expected * inputs.likelihood * worth, EXPECTED
    urgency = weights.urgency * weights.urgency_of(inputs.days_left)
    unlocks = weights.unlocks * (1 - 0.5 ** inputs.unlocks.astype(np.float64))
    minutes = np.where(inputs.effort_minutes == UNKNOWN, 0, inputs.effort_minutes)
    effort = -weights.effort * np.minimum(minutes, MOST_MINUTES) / 60
    gains, unlikely = _steps(gain, urgency, unlocks), 1 - chance
    # of the steps, not of what they were rounded from: to bring more is then never worse
    doubt = -np.rint(unlikely * gains.sum(axis=1)).astype(np.int64) - _steps(weights.doubt * unlikely**2)[:, 0]
    certainty, effort_steps = _steps(weights.certainty * (chance >= 1), effort).T
    corrected = np.zeros_like(doubt) if inputs.corrected is None else inputs.corrected
    steps = np.stack([gains[:, 0], doubt, certainty, gains[:, 1], gains[:, 2], effort_steps, corrected], axis=1)
    return Weighed(inputs, (factor, DOUBT, CERTAINTY, URGENCY, UNLOCKS, EFFORT, CORRECTION), steps)


def _steps(*parts: NDArray[np.floating[Any]]) -> Int64:
    """Return parts in whole steps, int64[m, parts]."""
    steps: Int64 = np.rint(np.stack(parts, axis=1) * STEP).astype(np.int64)
    return steps


def unlocked(
    answers_for: Callable[[Int64], Int8], known: Int64, answers: Int8, grants: Sequence[Sequence[int]]
) -> Int64:
    """How many programmes each set of grants would open to one person, int64[len(grants)].

    Args:
        answers_for: judges rows of facts, int64[n, F] to answers int8[n, P].
        known: the person's facts, int64[F].
        answers: what is answered now, int8[P].
        grants: for each set the columns that it makes true.

    A programme opens when its answer rises: from no to anything, or from unknown to yes.
    """
    rows = np.repeat(known[np.newaxis, :], len(grants), axis=0)
    for row, columns in zip(rows, grants, strict=True):
        row[list(columns)] = 1
    return np.asarray((answers_for(rows) > answers).sum(axis=1), dtype=np.int64)
