"""Payment: one sum that a programme gives, in whole minor units of its currency, and on what it depends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from features.calendar import date_of
from features.value import UNKNOWN
from recommender.rules.children import BIRTH, CHILDREN
from recommender.rules.clause import Clause, Source, clause_document, compares, source_document
from recommender.text import Text

__all__ = ["GIVES", "OF", "PER", "PERIODS", "AgeSpan", "Payment", "Tiers", "gives_of", "major_units"]

PERIODS: Final = ("once", "month", "year", "quarter", "half_year", "week", "day", "time", "unknown")
PER: Final = ("person", "household", "child", "business", "other")
GIVES: Final = ("gift", "loan", "discount", "service")
OF: Final = ("child", "person")
HUNDREDTHS: Final = 100
"""Percentages are kept in hundredths of a percent, so that 2.5 % is whole."""

_GIVES_OF_FORM: Final = {
    "loan": "loan", "tax_relief": "discount", "insurance": "service", "service": "service", "facility": "service",
    "education": "service", "counselling": "service", "other": "service",
}  # fmt: skip


def gives_of(forms: Iterable[str]) -> str:
    """Return what a programme of these forms gives where it does not say: a gift if any of them is one.

    >>> gives_of(["loan", "cash"]), gives_of(["loan"]), gives_of(["tax_relief", "service"])
    ('gift', 'loan', 'discount')
    """
    found = {_GIVES_OF_FORM.get(form, "gift") for form in forms}
    return next((one for one in GIVES if one in found), "gift")


@dataclass(frozen=True, slots=True)
class AgeSpan:
    """From which completed month of whose age until before which month something is paid; None is without a bound.

    `born` are the first and the last day on which a child may have been born, for rules that keep a cohort.
    """

    of: str = "child"
    at_least: int | None = None
    below: int | None = None
    born: tuple[int | None, int | None] = (None, None)

    def holds(self, months: int) -> bool:
        """Tell whether it is paid at an age in completed months."""
        return (self.at_least is None or self.at_least <= months) and (self.below is None or months < self.below)

    def to_document(self) -> dict[str, object]:
        """Return the mapping it is written as."""
        bounds = (("at_least", self.at_least), ("below", self.below))
        document: dict[str, object] = {"of": self.of}
        document |= {key: _months(bound) for key, bound in bounds if bound is not None}
        days = zip(("at_least", "at_most"), self.born, strict=True)
        cohort = {key: date_of(day).isoformat() for key, day in days if day is not None}
        return document | {"born": cohort} if cohort else document

    def keeps(self, born: int) -> bool | None:
        """Tell whether it is for a child born on a day; None where that hangs on a day that is `UNKNOWN`."""
        first, last = self.born
        if born == UNKNOWN:
            return True if first is None and last is None else None
        return (first is None or first <= born) and (last is None or born <= last)


@dataclass(frozen=True, slots=True)
class Payment:
    """One sum that is given: how much, how often, for each of what, to whom and how long.

    Attributes:
        low: the least sum each time; None where it is not stated.
        high: the largest sum each time; equal to `low` for an exact sum, None where no limit is stated.
        period: how often, one of PERIODS; `time` is on each occasion, `unknown` where the source does not say.
        per: for each of what, one of PER.
        percent: hundredths of a percent of `base`, which the sums then only limit.
        base: what the percentage is taken of: a fact's name or words.
        nth: the first and the last child in order of birth it is for; the last is None for "or more".
        age: whose age it depends on, and between which months.
        when: what must hold for it to be given.
        days_a_week: how many days of a week are paid; None where that is not known.
        times: the most occasions in a year; None where that is not known.
        lasts: the most months it is given.
        gives: one of GIVES, None for what the value gives.
        source: where it is said, and in which words.
    """

    low: int | None = None
    high: int | None = None
    period: str = "once"
    per: str = "person"
    percent: int | None = None
    base: str | Text | None = None
    nth: tuple[int, int | None] | None = None
    age: AgeSpan | None = None
    when: Clause | None = None
    days_a_week: int | None = None
    times: int | None = None
    lasts: int | None = None
    gives: str | None = None
    source: Source | None = None

    @property
    def stated(self) -> bool:
        """Whether any sum is stated."""
        return self.low is not None or self.high is not None

    @property
    def headline(self) -> int | None:
        """The sum it is known by: the exact one, the limit, or the least."""
        return self.low if self.high is None else self.high

    @property
    def reads(self) -> frozenset[str]:
        """The facts that what it comes to depends on."""
        names = set() if self.when is None else {compare.fact for compare in compares(self.when)}
        if isinstance(self.base, str):
            names.add(self.base)
        if self.per == "child" or self.nth is not None or (self.age is not None and self.age.of == "child"):
            names.update(CHILDREN)
        elif self.age is not None:
            names.add(BIRTH)
        return frozenset(names)

    def to_document(self, decimals: int = 0) -> dict[str, object]:
        """Return the mapping it is written as, its sums with so many decimals; read again, it is an equal payment."""
        document: dict[str, object] = self._sum(decimals) | {"period": self.period}
        if self.per != "person":
            document["per"] = self.per
        if self.percent is not None:
            whole, rest = divmod(self.percent, HUNDREDTHS)
            document["percent"] = f"{whole}.{rest:02d}" if rest else whole
        if self.base is not None:
            document["of"] = {"fact": self.base} if isinstance(self.base, str) else self.base.to_document()
        if self.nth is not None:
            first, last = self.nth
            open_ended = {"from": first} if last is None else {"from": first, "until": last}
            document["nth"] = first if first == last else open_ended
        if self.age is not None:
            document["age"] = self.age.to_document()
        if self.when is not None:
            document["when"] = clause_document(self.when)
        if self.lasts is not None:
            document["for"] = _months(self.lasts)
        further = (("days_a_week", self.days_a_week), ("times", self.times), ("gives", self.gives))
        document |= {key: value for key, value in further if value is not None}
        if self.source is not None:
            document["source"] = source_document(self.source)
        return document

    def _sum(self, decimals: int) -> dict[str, object]:
        if not self.stated:
            return {} if self.percent is not None else {"amount": None}
        if self.low == self.high:
            return {"amount": major_units(self.low, decimals)}
        bounds = (("from", self.low), ("at_most", self.high))
        return {key: major_units(bound, decimals) for key, bound in bounds if bound is not None}


@dataclass(frozen=True, slots=True)
class Tiers:
    """Payments of which one is given: the first whose condition holds."""

    of: tuple[Payment, ...]

    def to_document(self, decimals: int = 0) -> dict[str, object]:
        """Return the mapping it is written as."""
        return {"tiers": [tier.to_document(decimals) for tier in self.of]}


def major_units(amount: int | None, decimals: int) -> int | float | None:
    """Return a sum of minor units as it is written in a programme: whole where it can be.

    >>> major_units(1680, 2), major_units(50_000, 2), major_units(1680, 0)
    (16.8, 500, 1680)
    """
    if amount is None or amount % 10**decimals == 0:
        return amount if amount is None else amount // 10**decimals
    return float(Decimal(amount).scaleb(-decimals))


def _months(months: int) -> str:
    return f"P{months // 12}Y" if months % 12 == 0 and months else f"P{months}M"
