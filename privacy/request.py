"""Requests to the gate: an exact fit, or a private run with its unit, amounts, purpose and legal basis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from features.problem import Problem, Rejected
from privacy.data_provenance import DataKind
from privacy.spend import Spend
from privacy.unit import PrivacyUnit

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism

RELATION: Final = "add_or_remove_one"
"""The only neighbouring relation in use: one unit more or less. Replacing one would cost twice the clip."""


BY_TWO: Final = (
    "where the rows are public, have two approvers sign it (`proffer privacy public --population P --data DIR`)"
)
"""What every refusal of exact access to rows of people who may be real says."""
ONLY_SYNTHETIC: Final = (
    "Train on the output of `proffer synth`, or choose a ranker with a finite spend (`--ranker private`): "
    f"a fit without noise protects no one; or, {BY_TWO}"
)


class LegalBasis(StrEnum):
    """The legal basis for learning from a person's events; a person who withdrew consent is excluded on either."""

    CONSENT = "consent"
    """Only people who consented to the purpose."""
    LAW = "law"
    """Everybody whom a statute lets the office serve this way, except people who withdrew."""


@dataclass(frozen=True)
class Request:
    """A request to learn from rows as they are, without noise; `remedy` is what to do where that is refused."""

    learner: str
    spend: Spend
    remedy: str = ONLY_SYNTHETIC


@dataclass(frozen=True)
class RunInputs:
    """The public inputs of a run, by the sha256 of each in hex; None where nobody said."""

    declaration: str | None = None
    catalogue: str | None = None


@dataclass(frozen=True)
class RunRequest:
    """A private run as it is stated before any row is read.

    Attributes:
        population: the population whose budget is spent.
        unit: the privacy unit: all data of one unit is one sample.
        relation: how neighbouring data sets differ.
        mechanism: the mechanism of the next stage; None until it is known (it may depend on earlier releases).
        epsilon: the most the whole run may cost, at `delta`.
        delta: see `privacy.accounting.amount.read_delta`.
        purpose: the purpose, as people consent to it.
        requester: the requester, for the auditor.
        basis: the legal basis.
        units: the number of units, where that is public; 0 if it is unknown, so that it is released with noise first.
        noised: whether `units` is a count that was released with noise.
        why: in a sentence, for the auditor; None where nobody said.
        inputs: what the run is made with beside people's rows.
        sign: gives the key of who asks and its signature over a text; None where nobody signs.
        name: of its spends, so that it goes on where it was ended; None: each spend gets a name of its own.
    """

    population: str
    unit: PrivacyUnit
    epsilon: Decimal
    delta: Decimal
    purpose: str
    requester: str
    basis: LegalBasis = LegalBasis.CONSENT
    units: int = 0
    relation: str = RELATION
    mechanism: Mechanism | None = None
    noised: bool = False
    why: str | None = None
    inputs: RunInputs = RunInputs()
    sign: Callable[[str], Mapping[str, str]] | None = None
    name: str | None = None


def check_delta(delta: Decimal, units: int) -> None:
    """Refuse a delta with which a whole record could be published.

    Args:
        delta: of a run.
        units: how many units there are, as far as that is public; 0 where nothing is.

    Raises:
        Rejected: delta is not below one in the number of units.
    """
    if delta * units >= 1:
        what = f"{delta:f} is not below 1/n for the n units of these rows: a whole record could be published"
        raise Rejected([Problem(("--delta",), "range", what, "Give a far smaller one, such as 0.000001")])


@dataclass(frozen=True)
class QuotedPrice:
    """The result of a dry run: rows, spend, and what would remain (None: no budget is kept).

    Of people who may be real the number of rows is not said (None): it would be an exact figure that nobody paid for.
    `composed` is what the run costs by itself at the delta of its budget, which is what the balance goes by.
    """

    kind: DataKind
    rows: int | None
    spend: Spend
    left: Decimal | None = None
    remaining: Decimal | None = None
    composed: Spend | None = None
