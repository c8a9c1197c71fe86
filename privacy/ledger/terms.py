"""The typed parts of ledger entries: field forms, mechanisms, prices, and the statements that approvers sign."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
import rfc8785
from msgspec import UNSET, Meta, Struct, UnsetType

from features.problem import Problem, Rejected, Where
from privacy.accounting.amount import DECIMAL_PATTERN
from privacy.accounting.canonical import NotCanonical
from privacy.ledger.legible import is_shown, texts

EVERYBODY: Final = "*"  # the population of entries about the whole ledger: its own keys, audits, records
SYNTHETIC: Final = "synthetic"
"""The population of synthetic people; those whose names begin with it and a hyphen are synthetic, too."""
LONGEST: Final = 2_000  # characters of a free text

_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}"
Name = Annotated[str, Meta(pattern=rf"\A{_NAME}\Z")]
Population = Annotated[str, Meta(pattern=rf"\A(?:\*|{_NAME})\Z")]
Amount = Annotated[str, Meta(pattern=rf"\A{DECIMAL_PATTERN}\Z")]
AmountOrInfinity = Annotated[str, Meta(pattern=rf"\A(?:infinity|{DECIMAL_PATTERN})\Z")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Random = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Time = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z")]
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Way = Literal["gate", "hand", "http"]
"""How a spend is reserved and committed: by a run, by `proffer privacy`, or by a caller over HTTP."""
PublicKey = Annotated[str, Meta(pattern=r"\A[^\s+]{1,200}\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}\Z")]
SignatureLine = Annotated[str, Meta(pattern=r"\A— [^\s+]{1,200} [A-Za-z0-9+/]{90,100}={0,2}\Z")]


class EntryType(StrEnum):
    """The kind of an entry."""

    INIT = "init"
    OPEN = "open"
    RESERVE = "reserve"
    COMMIT = "commit"
    EXPIRE = "expire"
    EVALUATE = "evaluate"
    EXACT = "exact"
    RELEASE = "release"
    RAISE = "raise"
    RESET = "reset"
    PUBLIC = "public"
    KEY = "key"
    AUDIT = "audit"
    UNITS = "units"
    RECORDS = "records"


APPROVED: Final = frozenset({EntryType.OPEN, EntryType.RELEASE, EntryType.RAISE, EntryType.RESET, EntryType.PUBLIC})
"""Kinds that need the signatures of two approvers."""


class Exact(Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON object with exactly these fields."""


# --- what approvers sign -------------------------------------------------------------------------------------------


class ReleaseTerms(Exact, frozen=True):
    """Give back the reservation `spend`."""

    reason: Text
    spend: Name


class RaiseTerms(Exact, frozen=True):
    """Raise the cap to `epsilon`."""

    epsilon: Amount
    reason: Text


class ResetTerms(Exact, frozen=True):
    """Begin `period` with the cap `epsilon`."""

    epsilon: Amount
    period: Name
    reason: Text


class PublicTerms(Exact, frozen=True, kw_only=True):
    """Mark the rows of this digest, about the people of this fingerprint, as public; version 1 names no rows."""

    fingerprint: Hash
    reason: Text
    rows: Hash | UnsetType = UNSET


class OpenTerms(Exact, frozen=True, kw_only=True):
    """Open a budget; `roots` names the ledger's root approvers where none are named yet."""

    approvers: Annotated[list[PublicKey], Meta(min_length=2, max_length=64)]
    delta: Amount
    epsilon: Amount
    period: Name
    reason: Text
    relation: Literal["add_or_remove_one"]
    roots: Annotated[list[PublicKey], Meta(min_length=2, max_length=64)] | UnsetType = UNSET
    unit: Literal["person", "household"]
    units: Count


class KeyTerms(Exact, frozen=True, kw_only=True):
    """Change a key of the ledger, a root approver, an approver or a witness; `begin` names the root approvers."""

    change: Literal["begin", "rotate", "enrol", "revoke"]
    key: PublicKey
    reason: Text
    role: Literal["ledger", "root", "approver", "witness"]
    roots: Annotated[list[PublicKey], Meta(max_length=64)] | UnsetType = UNSET


class Statement(Exact, frozen=True, kw_only=True, tag_field="kind"):
    """The text that approvers sign; `id` makes it valid once.

    Attributes:
        size: the number of entries when it was drafted (from version 2).
        head: hex leaf hash of the last of them, which commits to all before it (from version 2).
    """

    id: Random
    ledger: Name
    population: Population
    format: Literal["proffer-approval-1", "proffer-approval-2"]
    size: Count | UnsetType = UNSET
    head: Hash | UnsetType = UNSET
    kind: ClassVar[EntryType]


class ReleaseStatement(Statement, frozen=True, tag="release"):
    """Signed for a `release` entry."""

    what: ReleaseTerms
    kind = EntryType.RELEASE


class RaiseStatement(Statement, frozen=True, tag="raise"):
    """Signed for a `raise` entry."""

    what: RaiseTerms
    kind = EntryType.RAISE


class ResetStatement(Statement, frozen=True, tag="reset"):
    """Signed for a `reset` entry."""

    what: ResetTerms
    kind = EntryType.RESET


class PublicStatement(Statement, frozen=True, tag="public"):
    """Signed for a `public` entry."""

    what: PublicTerms
    kind = EntryType.PUBLIC


class OpenStatement(Statement, frozen=True, tag="open"):
    """Signed for an `open` entry."""

    what: OpenTerms
    kind = EntryType.OPEN


class KeyStatement(Statement, frozen=True, tag="key"):
    """Signed for a `key` entry."""

    what: KeyTerms
    kind = EntryType.KEY


AnyStatement = OpenStatement | ReleaseStatement | RaiseStatement | ResetStatement | PublicStatement | KeyStatement

# --- parts of spends -------------------------------------------------------------------------------------------------


class CohortTerms(Exact, frozen=True):
    """The parts of a partition; see `privacy.cohort.Cohort`."""

    modulus: Count
    residues: Annotated[list[Count], Meta(min_length=1, max_length=4096)]
    salt: Name


class DatasetTerms(Exact, frozen=True, kw_only=True):
    """The keyed fingerprint of a data set; see `privacy.ledger.dataset.Dataset`.

    From version 3 it states the roll that fixes units, too (`privacy.ledger.unit_roll`): zeros where there is none, and
    from version 4 where no run read it.
    """

    fingerprint: Hash
    roll: Hash | UnsetType = UNSET
    sketch: Hash
    units: Count


class PriceTerms(Exact, frozen=True):
    """The accountants' prices; None if an accountant cannot price the mechanism."""

    pld: Amount | None
    prv: Amount | None
    rdp: Amount | None


class AccountantTerms(Exact, frozen=True):
    """The accountants that priced a spend, each with its version; None where it was not there."""

    pld: Text | None
    prv: Text | None


class RunTerms(Exact, frozen=True, kw_only=True):
    """What a spend is part of, so that an auditor need not guess (from version 3); null where nobody said.

    Attributes:
        accountants: which priced it.
        by: how it was reserved; who commits it comes the same way (from version 4).
        catalogue: sha256 of the catalogue.
        declaration: sha256 of the declaration's features.
        software: the program and its version.
        stage: of the run: count, train, evaluate.
        units_are: whether the number of units was stated as public, released with noise, or is not known.
        why: in a sentence.
    """

    accountants: AccountantTerms
    by: Way | UnsetType = UNSET
    catalogue: Hash | None
    declaration: Hash | None
    software: Text
    stage: Name | None
    units_are: Literal["noised", "stated", "unknown"]
    why: Text | None


class RequestTerms(Exact, frozen=True):
    """The public key of who asks for a spend, and its signature over `request_text` (from version 3)."""

    key: PublicKey
    signature: SignatureLine


class ObserverTerms(Exact, frozen=True):
    """What one observer of an audited run could tell: how many guesses were right, and the epsilon that this shows."""

    correct: Count
    guesses: Count
    lower: Amount


class GaussianTerms(Exact, frozen=True, tag_field="mechanism", tag="gaussian"):
    """One Gaussian release."""

    noise: Amount


class LaplaceTerms(Exact, frozen=True, tag_field="mechanism", tag="laplace"):
    """One Laplace release."""

    noise: Amount


class PoissonTerms(Exact, frozen=True, tag_field="mechanism", tag="poisson"):
    """A mechanism on a Poisson sample."""

    of: AnyMechanism
    probability: Amount


class RepeatedTerms(Exact, frozen=True, tag_field="mechanism", tag="repeated"):
    """A mechanism run `count` times."""

    count: Count
    of: AnyMechanism


class ComposedTerms(Exact, frozen=True, tag_field="mechanism", tag="composed"):
    """Several mechanisms on the same rows."""

    of: tuple[AnyMechanism, ...]


class SelectionTerms(Exact, frozen=True, tag_field="mechanism", tag="repeat_and_select"):
    """A mechanism run a random number of times, of which the best is kept."""

    mean: Amount
    of: AnyMechanism
    shape: AmountOrInfinity


class DeclaredTerms(Exact, frozen=True, tag_field="mechanism", tag="declared"):
    """A mechanism known only by its promise."""

    delta: Amount
    epsilon: Amount


class NonPrivateTerms(Exact, frozen=True, tag_field="mechanism", tag="non_private"):
    """A release without noise."""


AnyMechanism = (
    GaussianTerms
    | LaplaceTerms
    | PoissonTerms
    | RepeatedTerms
    | ComposedTerms
    | SelectionTerms
    | DeclaredTerms
    | NonPrivateTerms
)
"""The form of a mechanism; `privacy.accounting.mechanism` bounds its numbers and prices it."""


# --- reading and writing ---------------------------------------------------------------------------------------------


def canonical_bytes(value: Struct) -> bytes:
    """The RFC 8785 bytes of an entry or a statement.

    Raises:
        NotCanonical: it holds something that has no such bytes.
    """
    try:
        return rfc8785.dumps(msgspec.to_builtins(value))
    except rfc8785.CanonicalizationError as failure:
        raise NotCanonical(str(failure)) from failure


def read_statement(document: object, where: Where = ("statement",)) -> AnyStatement:
    """Read a statement that approvers can sign, and which a screen shows whole.

    Raises:
        Rejected: a field is missing, unknown or invalid, or holds what a terminal would act on or not show.
    """
    try:
        statement: AnyStatement = msgspec.convert(document, AnyStatement)
    except (msgspec.ValidationError, RecursionError) as failure:
        remedy = "See docs/ledger.md for the statements and their fields"
        raise Rejected([Problem(where, "invalid", f"is not a valid draft ({failure})", remedy)]) from None
    if not all(map(is_shown, texts(msgspec.to_builtins(statement)))):
        what = "holds a character that does not print, so that it may not be what is shown"
        raise Rejected([Problem(where, "invalid", what, "Do not sign it; ask who wrote it for another draft")])
    return statement


def read_mechanism(document: object) -> AnyMechanism:
    """The form of a mechanism, from its document.

    Raises:
        Rejected: it is not one.
    """
    try:
        mechanism: AnyMechanism = msgspec.convert(document, AnyMechanism)
    except msgspec.ValidationError as failure:
        what = f"is not a valid mechanism ({failure})"
        raise Rejected([Problem(("mechanism",), "invalid", what, "See docs/ledger.md for the mechanisms")]) from None
    return mechanism


def document_of(value: Struct) -> dict[str, Any]:
    """A body, statement or entry as a JSON object."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found


def is_synthetic(population: str) -> bool:
    """Whether a population is of synthetic people, by its name.

    >>> is_synthetic("synthetic"), is_synthetic("synthetic-2"), is_synthetic("synthetics"), is_synthetic("kr")
    (True, True, False, False)
    """
    return population == SYNTHETIC or population.startswith(f"{SYNTHETIC}-")


def is_name(value: object) -> bool:
    """Whether a value can name a population, a spend or a period."""
    return isinstance(value, str) and re.fullmatch(_NAME, value) is not None
