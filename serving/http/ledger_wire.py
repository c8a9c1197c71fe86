"""What goes over the wire to the ledger's process: reservations, commits, receipts and balances."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from features.log.event import LONGEST

MOST_PEOPLE: Final = 500_000
"""The most ids that one reservation may name."""
LEDGER_BODY: Final = 16_000_000
"""The most bytes of a reservation."""

LedgerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")]
DecimalText = Annotated[str, StringConstraints(max_length=64)]
PersonId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class _LedgerStrict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


class ReservationRequest(_LedgerStrict):
    """A spend to set aside before any row is read; the caller is who asks, as its token says."""

    spend: Annotated[LedgerName, Field(description="Names the spend for ever: the same again is the same reservation.")]
    population: Annotated[LedgerName, Field(description="Whose budget.")]
    mechanism: Annotated[
        dict[str, Any], Field(max_length=16, description="What will be run; see docs/ledger.md, Mechanisms.")
    ]
    purpose: Annotated[
        str, StringConstraints(min_length=1, max_length=2_000), Field(description="In words, for the auditor.")
    ]
    people: Annotated[
        Annotated[list[PersonId], Field(min_length=1, max_length=MOST_PEOPLE)] | None,
        Field(
            description="Ids of the units, so that a copy is recognised; null: the entry says that nobody was named."
        ),
    ]
    units: Annotated[int, Field(ge=0, le=2**53 - 1, description="How many there are where that is public, else 0.")] = 0
    delta: Annotated[
        DecimalText | None, Field(description="At which the price is stated; absent means the population's.")
    ] = None


class CommitRequest(_LedgerStrict):
    """What was run under a reservation, and what was released."""

    artefact: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None,
        Field(description="The sha256 of what was released, hex; null: nobody says."),
    ]
    mechanism: Annotated[
        dict[str, Any] | None,
        Field(max_length=16, description="What was run where that was fewer steps; nothing is given back for it."),
    ] = None


class LedgerReceiptOut(_LedgerStrict):
    """The proof that an entry is in the ledger: its place, and the signed checkpoint over the tree up to it."""

    spend: str
    index: int
    population: str
    at: str
    checkpoint: str


class LedgerBalanceOut(_LedgerStrict):
    """A population's budget and what is left of it; amounts are decimal strings."""

    population: str
    unit: Literal["person", "household"]
    relation: str
    period: str
    delta: str
    cap: str
    spent: str
    left: str
    lifetime: str
    spends: dict[str, int]
    exact_fits: int


class PopulationStatusOut(BaseModel):
    """A population's budget, and the spends that count as spent until they are closed; amounts are decimal strings."""

    model_config = ConfigDict(extra="allow")
    population: str
    period: str
    delta: str
    cap: str
    spent: str
    left: str
    lifetime: str
    exact_fits: int
    open: list[str]


class PrivacyStatusOut(_LedgerStrict):
    """What every population of a ledger has left."""

    ledger: str
    populations: list[PopulationStatusOut]


class PrivacySpendOut(BaseModel):
    """One use of people's data."""

    model_config = ConfigDict(extra="allow")
    index: int
    at: str
    population: str
    spend: str
    epsilon: str
    state: str


class PrivacySpendsOut(_LedgerStrict):
    """Every use of people's data, in the order of the entries."""

    ledger: str
    spends: list[PrivacySpendOut]


class PrivacyRegistryOut(BaseModel):
    """An entry of the OpenDP registry of deployments (tier 3), as a draft."""

    model_config = ConfigDict(extra="allow")
    url_slug: str
    status: str
    tier: int
    deployment: dict[str, Any]
