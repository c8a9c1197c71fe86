"""Changes: what one accepted entry does to the ledger's state, as frozen values that can be printed and compared."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from privacy.accounting.accountant import AccountedPrice
from privacy.accounting.mechanism import Mechanism
from privacy.cohort import Cohort
from privacy.ledger.note import NoteVerifier

RESERVED: Final = "reserved"
COMMITTED: Final = "committed"
EXPIRED: Final = "expired"
RELEASED: Final = "released"
COUNT: Final = "count"
"""The stage in which a run counts its units."""


@dataclass(frozen=True, slots=True)
class SpendRecord:
    """One use of people's data.

    Attributes:
        id: the spend's id.
        index: of the entry that reserved it.
        at: when it was reserved.
        population: whose budget it uses.
        mechanism: what was reserved, or after the commit what was run.
        cohort: the cohort it used, or None for the whole population.
        period: in which it counts.
        state: reserved, committed, expired (a crash: counts as spent) or released (two approvers gave it back).
        by: how it was reserved (`terms.Way`); empty before version 4.
        reads_first: its run reads households under it before any other of its spends, and fixes them (version 5).
        stage: of its run; empty where nobody said.
        counted: it trains on units that a spend before it counted with noise (version 6).
    """

    id: str
    index: int
    at: str
    population: str
    mechanism: Mechanism
    cohort: Cohort | None
    period: str
    state: str
    by: str = ""
    reads_first: bool = False
    stage: str = ""
    counted: bool = False

    @property
    def place(self) -> tuple[str, str]:
        """By whom and of whom it is: what a count must share with the training that it is of."""
        return self.population, self.by


@dataclass(frozen=True, slots=True)
class Opened:
    """A budget was opened by the rules of `version`; `roots` are the root approvers it names for the ledger."""

    index: int
    population: str
    unit: str
    relation: str
    period: str
    cap: Decimal
    delta: Decimal
    approvers: tuple[NoteVerifier, ...]
    roots: tuple[NoteVerifier, ...] = ()
    version: int = 1
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """A spend was reserved, or reserved and committed at once; `price` is the recorded one."""

    spend: SpendRecord
    price: AccountedPrice


@dataclass(frozen=True, slots=True)
class Settled:
    """A spend has another state, and perhaps another mechanism; `statement` is the approval's id, or empty."""

    index: int
    spend: str
    state: str
    mechanism: Mechanism
    statement: str = ""


@dataclass(frozen=True, slots=True)
class CapRaised:
    """A population's cap was raised."""

    index: int
    population: str
    cap: Decimal
    statement: str


@dataclass(frozen=True, slots=True)
class PeriodBegun:
    """A population's new period began."""

    index: int
    population: str
    period: str
    cap: Decimal
    statement: str


@dataclass(frozen=True, slots=True)
class MadePublic:
    """Rows were marked as public by the approvers of a population; `rows` is empty in version 1, which names none."""

    index: int
    population: str
    fingerprint: str
    rows: str
    statement: str


@dataclass(frozen=True, slots=True)
class ExactFit:
    """Public rows were learned from without noise: an infinite epsilon."""

    index: int
    population: str
    spend: str


@dataclass(frozen=True, slots=True)
class LedgerKeyChanged:
    """The ledger has a new signing key from this entry on; the first entry names `roots`, too."""

    index: int
    origin: str
    key: NoteVerifier
    statement: str
    roots: tuple[NoteVerifier, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyChanged:
    """An approver's or a witness's key was enrolled or revoked."""

    index: int
    population: str
    role: str
    enrolled: bool
    key: NoteVerifier
    statement: str


@dataclass(frozen=True, slots=True)
class Audited:
    """A run was audited, which changes no balance."""

    index: int


@dataclass(frozen=True, slots=True)
class RecordsSealed:
    """The decisions of a day were fixed, which changes no balance."""

    index: int
    day: str


@dataclass(frozen=True, slots=True)
class UnitsFixed:
    """The households of a spend's people were fixed, which changes no balance."""

    index: int
    spend: str


Change = (
    Opened
    | Spent
    | Settled
    | CapRaised
    | PeriodBegun
    | MadePublic
    | ExactFit
    | LedgerKeyChanged
    | KeyChanged
    | Audited
    | RecordsSealed
    | UnitsFixed
)
