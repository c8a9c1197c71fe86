"""Budgets: what composes to which epsilon, what is left of a cap, and the intervals that are held against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from privacy.accounting import accountant
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import Mechanism
from privacy.accounting.privacy_filter import filtered
from privacy.cohort import Cohort
from privacy.refusal import amount_text

Composition = dict[Cohort | None, Counter[Mechanism]]
"""A multiset of mechanisms for each cohort; None is the whole population."""


@dataclass(frozen=True)
class Balance:
    """A population's budget and the rest of it.

    Attributes:
        cap: epsilon that may be spent in the period, at `delta`.
        spent: composed epsilon of everything reserved, committed or expired in the period, rounded up.
        lifetime: the same over all periods: the privacy loss of one unit since the budget was opened.
        states: the number of spends in each state, over all periods.
        exact: the number of fits without noise on rows that two approvers called public: then `lifetime` is infinite.
    """

    population: str
    unit: str
    relation: str
    period: str
    cap: Decimal
    delta: Decimal
    spent: Decimal
    lifetime: Decimal
    states: Mapping[str, int]
    exact: int = 0

    @property
    def left(self) -> Decimal:
        """What may still be spent; never negative."""
        return max(self.cap - self.spent, Decimal(0))

    def to_document(self) -> dict[str, Any]:
        """As JSON, amounts as decimal strings."""
        amounts = {"cap": self.cap, "spent": self.spent, "left": self.left, "lifetime": self.lifetime}
        return {
            "population": self.population,
            "unit": self.unit,
            "relation": self.relation,
            "period": self.period,
            "delta": text_of(self.delta),
            **{name: amount_text(amount) for name, amount in amounts.items()},
            "spends": dict(self.states),
            "exact_fits": self.exact,
        }


@dataclass(frozen=True)
class BudgetInterval:
    """An interval of entries in which epsilon only grows; its end must not exceed the cap.

    Attributes:
        population: the population.
        since, until: indices of the first entry and of the entry after the last.
        cap: the cap in the interval.
        delta: the delta of the composition.
        composition: everything composed at the end of the interval.
        added: (index, cohort, mechanism) of the spends inside, in order.
        adaptive: whether it is held against the filter that is proven for runs chosen by earlier results (version 3).
    """

    population: str
    since: int
    until: int
    cap: Decimal
    delta: Decimal
    composition: Composition
    added: tuple[tuple[int, Cohort | None, Mechanism], ...]
    adaptive: bool = False

    def epsilon(self) -> Decimal:
        """The composed epsilon at the end."""
        return worst_case_epsilon(self.composition, self.delta, adaptive=self.adaptive)

    def first_beyond(self) -> int:
        """The index of the first spend that exceeded the cap, by bisection."""
        low, high = 0, len(self.added) - 1
        while low < high:
            middle = (low + high) // 2
            earlier = {cohort: Counter(counts) for cohort, counts in self.composition.items()}
            for _, cohort, mechanism in self.added[middle + 1 :]:
                earlier[cohort][mechanism] -= 1
            beyond = worst_case_epsilon(earlier, self.delta, adaptive=self.adaptive) > self.cap
            low, high = (low, middle) if beyond else (middle + 1, high)
        return self.added[low][0] if self.added else self.until


def worst_case_epsilon(
    composition: Mapping[Cohort | None, Counter[Mechanism]], delta: Decimal, *, adaptive: bool = True, together: int = 1
) -> Decimal:
    """The composed epsilon of the worst-off unit: spends on disjoint cohorts do not add up (McSherry 2009).

    Args:
        composition: what was spent on whom.
        delta: at which it holds.
        adaptive: by the filter across runs; else by PLD, as ledgers did before version 3.
        together: how many units are protected as one group.
    """
    compose = partial(filtered, together=together) if adaptive else accountant.composed
    cohorts = [(cohort, counts) for cohort, counts in composition.items() if cohort is not None and +counts]
    of_part: dict[int, list[int]] = {}
    for number, (cohort, _) in enumerate(cohorts):
        for part in cohort.residues:
            of_part.setdefault(part, []).append(number)
    worst = Decimal(0)
    for group in set(map(tuple, of_part.values())) or {()}:
        together_ran = composition.get(None, Counter()).copy()
        for number in group:
            together_ran.update(cohorts[number][1])
        worst = max(worst, compose(together_ran, delta))
    return worst


def most_units(delta: Decimal) -> int:
    """The largest n for which delta is below 1/n, exactly.

    >>> most_units(Decimal("0.001")), most_units(Decimal("0.3"))
    (999, 3)
    """
    numerator, denominator = delta.as_integer_ratio()
    return (denominator - 1) // numerator
