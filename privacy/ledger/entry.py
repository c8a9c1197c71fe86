"""Ledger entries: the typed fields of each kind, and the canonical bytes (RFC 8785) that are hashed and signed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from privacy.accounting.canonical import NotCanonical, canonical
from privacy.ledger.legible import is_shown, texts
from privacy.ledger.rule_versions import FORMAT, FORMATS, LEGIBLE
from privacy.ledger.terms import (
    Amount,
    AnyMechanism,
    AnyStatement,
    CohortTerms,
    Count,
    DatasetTerms,
    EntryType,
    Exact,
    Hash,
    Name,
    ObserverTerms,
    Population,
    PriceTerms,
    PublicKey,
    RequestTerms,
    RunTerms,
    SignatureLine,
    Text,
    Time,
    Way,
    canonical_bytes,
)

BEGINNING: Final = "0" * 64
"""The prior hash of the first entry."""

# --- bodies ----------------------------------------------------------------------------------------------------------


class InitBody(Exact, frozen=True):
    """Opens a population's budget."""

    approvers: Annotated[list[PublicKey], Meta(min_length=2, max_length=64)]
    delta: Amount
    epsilon: Amount
    period: Name
    relation: Literal["add_or_remove_one"]
    unit: Literal["person", "household"]
    units: Count


class SpendBody(Exact, frozen=True, kw_only=True):
    """Reserves a spend; from version 3 it may say what it is part of (`run`) and carry who asked's signature."""

    cohort: CohortTerms | None
    dataset: DatasetTerms
    delta: Amount
    epsilon: Amount
    mechanism: AnyMechanism
    price: PriceTerms
    purpose: Text
    request: RequestTerms | UnsetType = UNSET
    requester: Text
    run: RunTerms | UnsetType = UNSET
    spend: Name


class EvaluateBody(SpendBody, frozen=True, kw_only=True):
    """Reserves and commits the release of named figures."""

    metrics: Annotated[list[Name], Meta(min_length=1, max_length=256)]


class CommitBody(Exact, frozen=True, kw_only=True):
    """Records what was run, the sha256 of what was released (version 2; null: nobody said), and who says so (4)."""

    artefact: Hash | UnsetType | None = UNSET
    by: Way | UnsetType = UNSET
    mechanism: AnyMechanism
    spend: Name


class ExactBody(Exact, frozen=True):
    """Records a fit without noise on rows that were called public: epsilon is infinite."""

    fingerprint: Hash
    learner: Text
    requester: Text
    rows: Hash
    spend: Name


class ExpireBody(Exact, frozen=True):
    """Records that a reservation will not be committed."""

    reason: Text
    spend: Name


class UnitsBody(Exact, frozen=True):
    """Fixes a spend's units: the keyed hash of the roll, with those whom its run is the first to read (version 4)."""

    roll: Hash
    spend: Name


class RecordsBody(Exact, frozen=True, kw_only=True):
    """What a service had put on record by the end of a day: the root over its decisions (from version 4).

    `root` is the RFC 6962 hash of the sorted commitments. From version 5 some of them are of nothing, so that neither
    the root nor a path to it says how many decisions there are; `decisions` said it in version 4.
    """

    day: Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]
    decisions: Count | UnsetType = UNSET
    root: Hash
    software: Text


class AuditBody(Exact, frozen=True):
    """What canaries among synthetic people showed of a run (from version 3; see `privacy.learning.audit`)."""

    canaries: Count
    confidence: Amount
    delta: Amount
    epsilon: Amount
    mechanism: AnyMechanism
    model: ObserverTerms
    software: Text
    steps: ObserverTerms

    @property
    def lower(self) -> Decimal:
        """The epsilon that the run cannot be below, by the observer who saw more."""
        return max(Decimal(self.steps.lower), Decimal(self.model.lower))


class ApprovedBody(Exact, frozen=True):
    """A statement and the signatures under it."""

    signatures: Annotated[list[SignatureLine], Meta(min_length=1, max_length=16)]
    statement: AnyStatement


# --- entries ---------------------------------------------------------------------------------------------------------


class LedgerEntry(Exact, frozen=True, tag_field="kind"):
    """One entry of the ledger.

    Attributes:
        index: its place, from 0; this, and no clock, orders entries.
        population: the population whose budget it is about, or ``*`` for the ledger itself.
        at: RFC 3339 UTC time at which it was written, to the hour; advisory.
        prior: hex leaf hash of the entry before it.
        body: the fields of its kind.
    """

    at: Time
    index: Count
    population: Population
    prior: Hash
    format: Literal[
        "proffer-ledger-1", "proffer-ledger-2", "proffer-ledger-3", "proffer-ledger-4", "proffer-ledger-5",
        "proffer-ledger-6",
    ]  # fmt: skip
    kind: ClassVar[EntryType]

    @property
    def version(self) -> int:
        """The version of the rules that judge it."""
        return FORMATS[self.format]


class InitEntry(LedgerEntry, frozen=True, tag="init"):
    """A budget is opened."""

    body: InitBody
    kind = EntryType.INIT


class OpenEntry(LedgerEntry, frozen=True, tag="open"):
    """A budget of people who may be real is opened, by two root approvers."""

    body: ApprovedBody
    kind = EntryType.OPEN


class ExactEntry(LedgerEntry, frozen=True, tag="exact"):
    """Rows that were called public are learned from without noise."""

    body: ExactBody
    kind = EntryType.EXACT


class ReserveEntry(LedgerEntry, frozen=True, tag="reserve"):
    """A spend is reserved."""

    body: SpendBody
    kind = EntryType.RESERVE


class CommitEntry(LedgerEntry, frozen=True, tag="commit"):
    """A reserved run is done."""

    body: CommitBody
    kind = EntryType.COMMIT


class ExpireEntry(LedgerEntry, frozen=True, tag="expire"):
    """A reserved run will not be committed; it stays spent."""

    body: ExpireBody
    kind = EntryType.EXPIRE


class EvaluateEntry(LedgerEntry, frozen=True, tag="evaluate"):
    """Figures are released."""

    body: EvaluateBody
    kind = EntryType.EVALUATE


class ReleaseEntry(LedgerEntry, frozen=True, tag="release"):
    """A reservation is given back."""

    body: ApprovedBody
    kind = EntryType.RELEASE


class RaiseEntry(LedgerEntry, frozen=True, tag="raise"):
    """A cap is raised."""

    body: ApprovedBody
    kind = EntryType.RAISE


class ResetEntry(LedgerEntry, frozen=True, tag="reset"):
    """A period begins."""

    body: ApprovedBody
    kind = EntryType.RESET


class PublicEntry(LedgerEntry, frozen=True, tag="public"):
    """A data set is marked as public."""

    body: ApprovedBody
    kind = EntryType.PUBLIC


class KeyEntry(LedgerEntry, frozen=True, tag="key"):
    """A key begins, is rotated, enrolled or revoked."""

    body: ApprovedBody
    kind = EntryType.KEY


class AuditEntry(LedgerEntry, frozen=True, tag="audit"):
    """A run was audited."""

    body: AuditBody
    kind = EntryType.AUDIT


class UnitsEntry(LedgerEntry, frozen=True, tag="units"):
    """The households of a run are fixed."""

    body: UnitsBody
    kind = EntryType.UNITS


class RecordsEntry(LedgerEntry, frozen=True, tag="records"):
    """The decisions on record of a day are fixed."""

    body: RecordsBody
    kind = EntryType.RECORDS


SpendEntry = ReserveEntry | EvaluateEntry
ApprovedEntry = OpenEntry | ReleaseEntry | RaiseEntry | ResetEntry | PublicEntry | KeyEntry
UnpricedEntry = AuditEntry | UnitsEntry | RecordsEntry
AnyEntry = InitEntry | SpendEntry | CommitEntry | ExpireEntry | ExactEntry | UnpricedEntry | ApprovedEntry

_decode = msgspec.json.Decoder(AnyEntry).decode


def parse(line: bytes) -> AnyEntry:
    """Read one entry, accepting only the bytes that `encode` would write.

    Raises:
        NotCanonical: it is not JSON, not canonical (spaces, order, escapes, repeated names), or not a known entry;
            from version 4, it holds a text that a screen does not show as it is.
    """
    try:
        entry: AnyEntry = _decode(line)
        again = canonical_bytes(entry)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as failure:
        raise NotCanonical(f"is not a valid entry ({failure})") from None
    if again != line:
        raise NotCanonical("is not in canonical form (RFC 8785)")
    whole = is_shown(line.decode()) and b"\\" not in line  # an escape may be of a quotation mark, or of a line break
    if entry.version >= LEGIBLE and not whole and not all(map(is_shown, texts(msgspec.to_builtins(entry)))):
        raise NotCanonical("holds a character that no screen shows as it is")
    _check_time(entry.at)
    return entry


def _check_time(at: str) -> None:
    try:
        datetime.fromisoformat(at)
    except ValueError:
        raise NotCanonical(f"is dated {at}, which is no time") from None


@dataclass(frozen=True, slots=True)
class EntryPlace:
    """Where and when an entry stands: its index, population and time, the hash before it, and its format."""

    index: int
    population: str
    at: str
    prior: str
    format: str = FORMAT


def encode(kind: EntryType, place: EntryPlace, body: object) -> tuple[bytes, AnyEntry]:
    """The bytes of a new entry, and the entry as it is read back from them.

    Args:
        kind: the kind.
        place: where and when it stands.
        body: a body struct, or a document of the same form.

    Raises:
        NotCanonical: a field is missing, unknown, or not of the form that the kind requires.
    """
    line = canonical({**asdict(place), "kind": str(kind), "body": msgspec.to_builtins(body)})
    return line, parse(line)
