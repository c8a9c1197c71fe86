"""Worth: what a programme gives in all, and what that comes to for one person."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from features.country import NO_COUNTRY
from recommender.currency import CURRENCIES
from recommender.rules.clause import Clause
from recommender.rules.estimate import Claimant, Estimate, estimated
from recommender.rules.payment import GIVES, Payment, Tiers, major_units
from recommender.rules.window_rule import WindowRule
from recommender.text import Text

__all__ = ["Value"]

_NONE: Final = NO_COUNTRY.currency.code


@dataclass(frozen=True, slots=True)
class Value:
    """What a programme is worth: its parts, in whole minor units of a currency; no part is not known.

    Attributes:
        parts: what is given, beside each other.
        currency: its ISO 4217 code.
        gives: one of GIVES; None where the programme's form tells.
        text: the original wording.
        by_form: what is given where `gives` does not say; the programme's form tells.
        decimals: of its currency, by which its sums are written.
        back: the window that says how soon after a child's birth a claim is paid from the birth on.
        adds: whether the parts are given beside each other; else one of them is, and it is not known which.
    """

    parts: tuple[Payment | Tiers, ...] = ()
    currency: str = _NONE
    gives: str | None = None
    text: Text | None = None
    adds: bool = True
    by_form: str = field(default=GIVES[0], compare=False, repr=False)
    decimals: int = field(default=0, compare=False, repr=False)
    back: WindowRule | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(
        cls,
        amount: int | None,
        currency: str = _NONE,
        period: str = "once",
        text: Text | None = None,
    ) -> Value:
        """Return the value of one exact amount, or of none that is known."""
        part = Payment(amount, amount, period)
        decimals = CURRENCIES[currency].decimals if currency in CURRENCIES else 0
        return cls((part,) if part != Payment() else (), currency, None, text, decimals=decimals)

    @property
    def payments(self) -> tuple[Payment, ...]:
        """Every payment, those of tiers one by one."""
        return tuple(one for part in self.parts for one in (part.of if isinstance(part, Tiers) else (part,)))

    @property
    def conditions(self) -> tuple[tuple[tuple[str | int, ...], Clause], ...]:
        """What must hold for each payment that has a condition, with its place below the value."""
        alone = len(self.parts) == 1 and isinstance(self.parts[0], Payment)
        listed = [
            ((*(() if alone else ("parts", i)), *place), one)
            for i, part in enumerate(self.parts)
            for place, one in (
                ((("tiers", k), tier) for k, tier in enumerate(part.of)) if isinstance(part, Tiers) else (((), part),)
            )
        ]
        return tuple(((*place, "when"), one.when) for place, one in listed if one.when is not None)

    @property
    def headline(self) -> Payment:
        """The payment it is known by: the first with a sum, or what is known of the first."""
        payments = self.payments
        return next((one for one in payments if one.stated), payments[0] if payments else Payment())

    @property
    def amount(self) -> int | None:
        """The sum it is known by, None where none is stated."""
        return self.headline.headline

    @property
    def period(self) -> str:
        """How often that sum is given."""
        return self.headline.period

    @property
    def stated(self) -> bool:
        """Whether any sum is stated."""
        return any(one.stated for one in self.payments)

    @property
    def reads(self) -> frozenset[str]:
        """The facts that what it comes to depends on; none where it is the same for everybody."""
        return frozenset().union(*(one.reads for one in self.payments))

    def amount_of(self, person: Claimant, t: int) -> Estimate:
        """Return what it comes to for a person in the twelve months from the second `t`, with its derivation.

        A range in whole minor units: what is not known of the person widens it, nothing is guessed.
        """
        return estimated(self, person, t)

    @property
    def given(self) -> str:
        """What is given, one of GIVES."""
        return self.gives or self.by_form

    def to_document(self) -> dict[str, object]:
        """Return the mapping it is written as: the short form for one plain amount, else its parts."""
        document: dict[str, object] = {"currency": self.currency}
        if self.gives is not None:
            document["gives"] = self.gives
        first = self.parts[0] if self.parts else Payment()
        plain = isinstance(first, Payment) and first == Payment(first.low, first.low, first.period)
        if plain and len(self.parts) < 2:
            document |= {"amount": major_units(self.amount, self.decimals), "period": self.period}
        else:
            document["parts"] = [part.to_document(self.decimals) for part in self.parts]
        if not self.adds:
            document["adds"] = False
        return document if self.text is None else document | {"text": self.text.to_document()}
