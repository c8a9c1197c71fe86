"""Spend: what a release costs one privacy unit, an (epsilon, delta) pair in exact decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from features.problem import Problem, Rejected, Where
from privacy.accounting.amount import text_of


@dataclass(frozen=True)
class Spend:
    """What a release costs one privacy unit: (epsilon, delta), Dwork & Roth 2014, definition 2.4.

    Exact decimals, never floats; an infinite epsilon states that nothing is promised.

    >>> Spend.infinite().to_document()
    {'epsilon': 'infinity', 'delta': '0'}
    >>> Spend(Decimal("1.5"), Decimal("1e-7")).to_document()
    {'epsilon': '1.5', 'delta': '0.0000001'}
    """

    epsilon: Decimal
    delta: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse an invalid pair: NaN, below zero, or a delta of 1 or more."""
        if self.epsilon.is_nan() or self.epsilon < 0:
            raise ValueError(f"epsilon is at least 0, not {self.epsilon}")
        if self.delta.is_nan() or not 0 <= self.delta < 1:
            raise ValueError(f"delta is at least 0 and below 1, not {self.delta}")

    @classmethod
    def infinite(cls) -> Spend:
        """The spend of a fit without differential privacy."""
        return cls(Decimal("Infinity"))

    @property
    def finite(self) -> bool:
        """Whether anything is promised at all."""
        return self.epsilon.is_finite()

    def to_document(self) -> dict[str, str]:
        """As manifests and ledgers write it: decimal strings, or ``infinity``."""
        return {"epsilon": text_of(self.epsilon) if self.finite else "infinity", "delta": text_of(self.delta)}

    @classmethod
    def from_document(cls, document: Mapping[str, str], where: Where = ("spend",)) -> Spend:
        """The inverse of `to_document`.

        Raises:
            Rejected: it is not such a document.
        """
        try:
            return cls(Decimal(document["epsilon"]), Decimal(document["delta"]))
        except (KeyError, TypeError, ValueError, InvalidOperation):
            what = "is not {epsilon, delta} in decimal strings"
            remedy = 'Write {"epsilon": "1.5", "delta": "0.000001"}'
            raise Rejected((Problem(where, "invalid", what, remedy),)) from None
