"""Estimate: what payments come to for one person in the first twelve months, as a range, with how it was reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from features.calendar import add_months, parse_duration
from features.value import UNKNOWN, is_known
from recommender.rules.children import BIRTH, DATES, Children
from recommender.rules.clause import Answer, Clause, compares
from recommender.rules.payment import GIVES, HUNDREDTHS, Payment, Tiers
from recommender.rules.window_rule import WindowRule
from recommender.rules.working_days import WEEKENDS_ONLY

__all__ = ["ANYBODY", "MONTHS", "Claimant", "Estimate", "Span", "Step", "estimated"]

MONTHS: Final = 12
_STARTS: Final = {
    "once": (0,),
    "year": (0,),
    "half_year": (0, 6),
    "quarter": (0, 3, 6, 9),
}
"""The months in which a period that is longer than one begins."""
_WEEKS: Final = 52

Span = tuple[int, int | None]
"""A least and a greatest whole number; None has no upper end."""


class Claimant(Protocol):
    """The person a payment is for, as far as it is known."""

    def children(self, t: int) -> Children:
        """Return the children, as old as they are at a second."""

    def age_months(self, t: int) -> int | None:
        """Return the age in completed months."""

    def column(self, name: str) -> int:
        """Return the integer of a fact."""

    def answer(self, clause: Clause) -> Answer:
        """Answer a condition."""


class _Anybody:
    """Somebody of whom nothing is known, whatever is asked."""

    def children(self, t: int) -> Children:  # noqa: ARG002  # as every claimant is asked
        return Children()

    def age_months(self, t: int) -> int | None:  # noqa: ARG002
        return None

    def column(self, name: str) -> int:  # noqa: ARG002
        return UNKNOWN

    def answer(self, clause: Clause) -> Answer:  # noqa: ARG002
        return Answer.UNKNOWN


ANYBODY: Final[Claimant] = _Anybody()


@dataclass(frozen=True, slots=True)
class Step:
    """One payment, worked out: so much each time, so many times, hence so much in all.

    Attributes:
        payment: what is given.
        gives: one of GIVES.
        each: the sum each time.
        times: how often in the twelve months, over all children.
        children: for how many children; None where it is not for children.
        total: what that comes to.
        missing: the facts that would narrow it.
    """

    payment: Payment
    gives: str
    each: Span
    times: Span
    children: Span | None
    total: Span
    missing: tuple[str, ...] = ()

    @property
    def uncounted(self) -> bool:
        """Whether it is paid for days, and nobody says how many."""
        return self.payment.period == "day" and self.times[1] is None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a value comes to for one person in the first twelve months, in whole minor units.

    Attributes:
        gives: what it is: a gift, else a loan, a discount or a service.
        low: the least; 0 where nothing is certain.
        high: the most; None where no limit is known.
        stated: whether any sum is stated.
        steps: how it was reached, payment by payment; a payment that is not for this person has none.
    """

    gives: str
    low: int
    high: int | None
    stated: bool
    steps: tuple[Step, ...]

    @property
    def exact(self) -> bool:
        """Whether it is one sum."""
        return self.stated and self.low == self.high

    @property
    def middle(self) -> int | None:
        """The middle of the range, by which it is ordered; None where no sum can be told.

        Where no limit is known it is the least, but not a single day's pay for days of work that nobody counted.
        """
        if not self.stated or self.high == 0 or any(step.uncounted for step in self.steps):
            return None
        return (self.low + self.high) // 2 if self.high is not None else self.low or None

    @property
    def missing(self) -> tuple[str, ...]:
        """The facts that would narrow it, each once."""
        return tuple(dict.fromkeys(name for step in self.steps for name in step.missing))


class Worth(Protocol):
    """Parts, and how they belong together; see `recommender.rules.worth.Value`."""

    @property
    def parts(self) -> tuple[Payment | Tiers, ...]:
        """What is given."""

    @property
    def given(self) -> str:
        """What a part gives that does not say."""

    @property
    def adds(self) -> bool:
        """Whether all parts are given, not one of them."""

    @property
    def back(self) -> WindowRule | None:
        """How soon after a child's birth a claim is paid from the birth on."""


def estimated(value: Worth, person: Claimant, t: int) -> Estimate:
    """Return what a value comes to in the twelve months from `t`; see `Value.amount_of`."""
    gives = value.given
    working = _Working(person, t, gives, value.back)
    found = [(part, working.steps(part)) for part in value.parts]
    steps = tuple(step for _, steps in found for step in steps)
    kinds = {step.gives for step in steps if step.payment.stated} or {step.gives for step in steps} or {gives}
    main = next(kind for kind in GIVES if kind in kinds)
    totals = [_together(part, [step for step in steps if step.gives == main]) for part, steps in found if steps]
    total = _sum(totals) if value.adds else _one_of(totals)
    stated = any(step.payment.stated for step in steps)
    return Estimate(main, *total, stated, tuple(step for step in steps if step.times != (0, 0)))


def _together(part: Payment | Tiers, steps: Sequence[Step]) -> Span:
    """What the steps of one part come to: tiers exclude each other, so one of those that may hold is given."""
    if not steps:
        return (0, 0)
    if isinstance(part, Payment) or len(steps) == 1:
        return _sum(step.total for step in steps)
    return _one_of([step.total for step in steps])


def _one_of(spans: Sequence[Span]) -> Span:
    """One of several, which is not known; one that comes to nothing is none of them."""
    given = [span for span in spans if span[1] != 0]
    if not given:
        return (0, 0)
    highest = [high for _, high in given]
    return min(low for low, _ in given), None if None in highest else max(_known(highest))


def _sum(spans: Iterable[Span]) -> Span:
    listed = list(spans)
    highest = [high for _, high in listed]
    return sum(low for low, _ in listed), None if None in highest else sum(_known(highest))


def _known(values: Iterable[int | None]) -> list[int]:
    return [value for value in values if value is not None]


def _times(first: Span, second: Span) -> Span:
    """The product of two spans; nothing times what has no limit is nothing."""
    if first[1] == 0 or second[1] == 0:
        return (0, 0)
    high = None if first[1] is None or second[1] is None else first[1] * second[1]
    return first[0] * second[0], high


@dataclass(frozen=True)
class _Working:
    """One person at one second, for whom payments are worked out."""

    person: Claimant
    t: int
    gives: str
    back: WindowRule | None

    def steps(self, part: Payment | Tiers) -> list[Step]:
        """Return the steps of one part: of tiers the first that holds, or all that may."""
        if isinstance(part, Payment):
            answer = self._answer(part)
            return [] if answer == Answer.NO else [self._step(part, answer)]
        found = []
        for tier in part.of:
            answer = self._answer(tier)
            if answer != Answer.NO:
                found.append((tier, answer))
            if answer == Answer.YES and tier.per != "child":
                break
        missing = tuple(name for tier, _ in found if len(found) > 1 for name in self._unknown(tier.when))
        return [self._step(tier, Answer.YES, missing) for tier, _ in found]

    def _answer(self, payment: Payment) -> Answer:
        return Answer.YES if payment.when is None else self.person.answer(payment.when)

    def _unknown(self, clause: Clause | None) -> tuple[str, ...]:
        asked = () if clause is None else (compare.fact for compare in compares(clause))
        return tuple(dict.fromkeys(name for name in asked if self.person.column(name) == UNKNOWN))

    def _step(self, payment: Payment, answer: Answer, missing: tuple[str, ...] = ()) -> Step:
        each = self._each(payment)
        children, times, unknown = self._occasions(payment)
        total = _times(each, times)
        if answer == Answer.UNKNOWN:
            total, missing = (0, total[1]), (*missing, *self._unknown(payment.when))
        base = payment.base if isinstance(payment.base, str) else ""
        if base and self.person.column(base) == UNKNOWN:
            missing = (*missing, base)
        named = tuple(dict.fromkeys((*missing, *unknown)))
        return Step(payment, payment.gives or self.gives, each, times, children, total, named)

    def _each(self, payment: Payment) -> Span:
        """The sum each time: stated, or a percentage of a fact between the sums that limit it."""
        stated = (payment.low or 0, payment.high)
        if payment.percent is None or not isinstance(payment.base, str):
            return stated
        base = self.person.column(payment.base)
        if not is_known(base):
            return stated
        share = max(payment.percent * base // (100 * HUNDREDTHS), stated[0])
        share = share if stated[1] is None else min(share, stated[1])
        return share, share

    def _occasions(self, payment: Payment) -> tuple[Span | None, Span, tuple[str, ...]]:
        """For how many children, how often in all, and what would tell."""
        age = payment.age
        if payment.per == "child" or payment.nth is not None or (age is not None and age.of == "child"):
            known = self.person.children(self.t)
            children, times = self._for_children(payment, known)
            unknown = () if known.whole else (DATES,)
            if payment.per == "child":
                return children, times, unknown
            once = _count(payment, None)  # children open it, but it is not for each of them
            limits = _known((times[1], once[1]))
            return None, (min(times[0], once[0]), min(limits) if limits else None), unknown
        if age is None:
            return None, _count(payment, None), ()
        own = self.person.age_months(self.t)
        if own is None:
            return None, (0, _count(payment, None)[1]), (BIRTH,)
        return None, _count(payment, own), ()

    def _for_children(self, payment: Payment, children: Children) -> tuple[Span, Span]:
        counts, ages = [], children.ages
        first, last = payment.nth or (1, None)
        for place, span in enumerate(ages):
            order = children.order_of(place)
            if payment.nth is not None and not (children.whole and order):
                counts.append((0, _count(payment, None)[1]))
            elif payment.nth is None or (first <= order and (last is None or order <= last)):
                counts.append(self._of_child(payment, children, place, span))
        times = _sum(counts)
        many = (sum(low > 0 for low, _ in counts), sum(high != 0 for _, high in counts))
        return (many, times) if children.whole else ((many[0], None), (times[0], None))

    def _of_child(self, payment: Payment, children: Children, place: int, span: tuple[int, int]) -> Span:
        """How often something is paid for one child; what is paid once for the nth child is for the last birth."""
        youngest = children.ages[-1]
        if payment.nth is not None and payment.period == "once" and payment.age is None and span != youngest:
            return (0, 0) if span[0] > youngest[1] else (0, 1)
        kept = True if payment.age is None else payment.age.keeps(children.day_of(place))
        if kept is False:
            return (0, 0)
        counts = [
            _count(payment, age, age if reached else 0)
            for age in range(span[0], span[1] + 1)
            for reached in self._reached(payment, children, place, age)
        ]
        highest = [high for _, high in counts]
        low = min(low for low, _ in counts) if kept else 0
        return low, None if None in highest else max(_known(highest))

    def _reached(self, payment: Payment, children: Children, place: int, age: int) -> tuple[bool, ...]:
        """Whether a claim now is paid from the birth of a child on; either, where the day of birth is not known."""
        back = self.back
        if back is None or back.retroactive is None or payment.period != "month" or payment.age is None:
            return (False,)
        born, length = children.day_of(place), parse_duration(back.retroactive)
        if born == UNKNOWN:
            return (False, True) if add_months(0, age) < length.after(0) else (False,)
        return (children.today <= WEEKENDS_ONLY.last_day(born, length, back.count_from),)


def _count(payment: Payment, age: int | None, back: int = 0) -> Span:
    """How often something is paid in twelve months at an age in months, or where age does not matter.

    What is paid back for so many months comes on top.
    """
    span, end = payment.age if age is not None else None, min(MONTHS, (payment.lasts or MONTHS + back) - back)
    within = [k for k in range(-back, end) if span is None or age is None or span.holds(age + k)]
    if payment.period == "month":
        return len(within), len(within)
    if payment.period in _STARTS:
        paid = len(set(within) & set(_STARTS[payment.period]))
        return paid, paid
    weeks = _WEEKS * len(within) // MONTHS
    if payment.period == "week":
        return weeks, weeks
    if not within:
        return (0, 0)
    if payment.period == "day":
        return (1, None) if payment.days_a_week is None else (payment.days_a_week * weeks, payment.days_a_week * weeks)
    return 1, payment.times
