"""The gate: what kind of people rows are about, what a run would spend, and the only way to the rows."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from features.problem import Problem, Rejected, Where
from privacy.unit import PrivacyUnit

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism

Rows = TypeVar("Rows", covariant=True)

ONLY_SYNTHETIC = (
    "Train on what `proffer synth` writes, or choose a ranker with a finite spend (`--ranker private`); "
    "a fit without noise protects nobody"
)


class DataKind(StrEnum):
    """Whom rows are about. Unmarked rows are private; only `proffer synth` stamps rows synthetic."""

    SYNTHETIC = "synthetic"
    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True)
class Spend:
    """What a release tells about one privacy unit: (epsilon, delta), Dwork & Roth 2014, definition 2.4.

    Exact decimals, never floats; epsilon may be infinite, which says honestly that nothing is promised.

    >>> Spend.infinite().to_document()
    {'epsilon': 'infinity', 'delta': '0'}
    >>> Spend(Decimal("1.5"), Decimal("1e-6")).finite
    True
    """

    epsilon: Decimal
    delta: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what is no spend: NaN, below zero, or a delta of 1 or more."""
        if self.epsilon.is_nan() or self.epsilon < 0:
            raise ValueError(f"epsilon is at least 0, not {self.epsilon}")
        if self.delta.is_nan() or not 0 <= self.delta < 1:
            raise ValueError(f"delta is at least 0 and below 1, not {self.delta}")

    @classmethod
    def infinite(cls) -> Spend:
        """What a fit without differential privacy spends."""
        return cls(Decimal("Infinity"))

    @property
    def finite(self) -> bool:
        """Whether anything is promised at all."""
        return self.epsilon.is_finite()

    def to_document(self) -> dict[str, str]:
        """As manifests and ledgers write it: decimal strings, or ``infinity``."""
        epsilon = str(self.epsilon) if self.finite else "infinity"
        return {"epsilon": epsilon, "delta": str(self.delta)}

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
            raise Rejected(
                (Problem(where, "invalid", what, 'Write {"epsilon": "1.5", "delta": "0.000001"}'),)
            ) from None


@dataclass(frozen=True)
class Provenance:
    """Who says of what kind a folder of rows is, and the sha256 of each file it speaks for."""

    kind: DataKind
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: object, where: Where = ("stamp.json",)) -> Provenance:
        """Read a stamp as `proffer synth` writes it; None (no stamp at all) means private.

        Raises:
            Rejected: a stamp that is there but says nothing clear.
        """
        if document is None:
            return cls(DataKind.PRIVATE)
        remedy = "Make the folder again with `proffer synth`"
        if not isinstance(document, Mapping):
            raise Rejected((Problem(where, "invalid", "is not a JSON object", remedy),))
        try:
            kind, files = DataKind(document["kind"]), dict(document.get("files", {}))
        except (KeyError, ValueError, TypeError):
            raise Rejected((Problem(where, "missing", "does not say what kind of rows these are", remedy),)) from None
        return cls(kind, files)

    def check(self, name: str, digest: str) -> None:
        """Refuse a file that is not the one the stamp speaks for: a stamp does not follow rows it never saw.

        Args:
            name: the file's name, as in the stamp.
            digest: sha256 of its content, hex.

        Raises:
            Rejected: the stamp does not list the file, or lists another content.
        """
        if self.kind is DataKind.PRIVATE:
            return
        if self.files.get(name) != digest:
            what = f"is not the file that stamp.json calls {self.kind.value} (sha256 differs)"
            raise Rejected(
                (Problem((name,), "damaged", what, "Make the folder again with `proffer synth`, or drop its stamp"),)
            )


def digest(content: bytes) -> str:
    """The sha256 of some bytes, hex, as stamps and manifests write it."""
    return hashlib.sha256(content).hexdigest()


class Basis(StrEnum):
    """On what ground people's events may be learned from; who withdrew consent to the purpose never is, on either."""

    CONSENT = "consent"
    """Only who consented to the purpose."""
    LAW = "law"
    """Everybody whom a statute lets the office serve so, but for those who withdrew."""


RELATION: Final = "add_or_remove_one"
"""The only neighbouring relation there is: one unit more or less. Replacing one would cost twice the clip."""


@dataclass(frozen=True)
class Request:
    """What someone wants to learn from rows as they are, without noise."""

    learner: str
    spend: Spend


@dataclass(frozen=True)
class RunRequest:
    """A private run as it is stated before any row is read.

    Attributes:
        population: whose budget.
        unit: whose whole data is one sample.
        relation: how neighbouring data sets differ.
        mechanism: what will be done; None until it is known (it may depend on what the run released before).
        epsilon: what the whole run may cost, at `delta`.
        delta: see `entry.read_delta`.
        purpose: what for, as people consent to it.
        requester: who asks.
        basis: on what ground people may be learned from.
        units: how many units there are, where that is public; 0: nobody said, so it is released with noise first.
    """

    population: str
    unit: PrivacyUnit
    epsilon: Decimal
    delta: Decimal
    purpose: str
    requester: str
    basis: Basis = Basis.CONSENT
    units: int = 0
    relation: str = RELATION
    mechanism: Mechanism | None = None


@dataclass(frozen=True)
class QuotedPrice:
    """The answer to a dry run: how many rows, what it would spend, and what would remain (None: no budget is kept)."""

    kind: DataKind
    rows: int
    spend: Spend
    left: Decimal | None = None
    remaining: Decimal | None = None


class AdmissionReceipt(Protocol):
    """What an acknowledged entry is proved by."""

    @property
    def spend(self) -> str:
        """The spend's id."""
        ...

    def to_document(self) -> dict[str, Any]:
        """As manifests write it."""
        ...


class BudgetAccount(Protocol):
    """What keeps a population's budget: reserve before training, commit after; uncommitted counts as spent."""

    @property
    def population(self) -> str:
        """Whose it is."""
        ...

    @property
    def unit(self) -> PrivacyUnit:
        """The unit that the budget protects."""
        ...

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left had these been run too; raises Rejected (asked, left, difference) below 0."""
        ...

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> AdmissionReceipt:
        """Set the run's mechanism aside, durably; raises Rejected when too little is left."""
        ...

    def commit(self, spend: str, ran: Mechanism) -> AdmissionReceipt:
        """Say that a reserved mechanism was run, or less than it."""
        ...

    def pseudonym(self, person: str) -> str:
        """What a person is called behind the gate."""
        ...

    def is_public(self, people: Iterable[str]) -> bool:
        """Whether two people signed that the rows of these people are public."""
        ...


Opener = Callable[[RunRequest, Callable[[str], str]], Rows]
"""Brings the rows that a run may see, of people called by their pseudonyms."""


@dataclass(frozen=True)
class Gate(Generic[Rows]):
    """Rows behind a gate.

    Attributes:
        stamp: what kind of rows these are.
        rows: how many, without opening them.
        open: brings all rows, for an exact request about nobody.
        people: names everybody the rows are about, to know a copy again.
        open_for: brings the rows a private run may see.
        needs: the smallest unit the declaration allows, and what asks for it.
        grouped: whether the declaration lets households be known.
        book: the budget of the population, or None where nobody keeps one.
    """

    stamp: Provenance
    rows: int
    open: Callable[[], Rows]
    people: Callable[[], Iterable[str]] = tuple
    open_for: Opener[Rows] | None = None
    readers: tuple[str, ...] = ()
    grouped: bool = True
    book: BudgetAccount | None = None

    @property
    def needs(self) -> PrivacyUnit:
        """The smallest unit whose features read no other's events."""
        return PrivacyUnit.HOUSEHOLD if self.readers else PrivacyUnit.PERSON

    def price(self, request: Request) -> QuotedPrice:
        """What an exact request would cost, without opening a row.

        Raises:
            Rejected: it would not be admitted at all.
        """
        self._check_exact(request)
        return QuotedPrice(self.stamp.kind, self.rows, request.spend)

    def admit(self, request: Request) -> Rows:
        """The rows as they are, for a request without noise.

        Raises:
            Rejected: these are people who may exist, and two people did not sign that their rows are public.
        """
        self._check_exact(request)
        return self.open()

    def _check_exact(self, request: Request) -> None:
        if self.stamp.kind is DataKind.SYNTHETIC or (self.book is not None and self.book.is_public(self.people())):
            return
        what = "would spend an infinite epsilon of real people's privacy"
        raise Rejected(
            (Problem((f"{request.learner} on {self.stamp.kind.value} rows",), "refused", what, ONLY_SYNTHETIC),)
        )

    def admit_run(self, run: RunRequest) -> Gated[Rows]:
        """The rows behind an opaque door, which opens only to a mechanism that was reserved; nothing is read yet.

        Raises:
            Rejected: the run has no budget, its unit is not one that the budget and the declaration protect.
        """
        return Gated(self, run, self.budget(run), self._rows_for(run))

    def _rows_for(self, run: RunRequest) -> Callable[[], Rows]:
        book, opener = self.budget(run), self.open_for
        return self.open if opener is None else lambda: opener(run, book.pseudonym)

    def price_run(self, run: RunRequest, *mechanisms: Mechanism) -> QuotedPrice:
        """What a run would cost and leave, without opening a row.

        Raises:
            Rejected: it would not be admitted, or costs more than is left (asked, left, difference).
        """
        book = self.budget(run)
        left = (book.left_after(), book.left_after(*mechanisms))
        return QuotedPrice(self.stamp.kind, self.rows, Spend(run.epsilon, run.delta), *left)

    def budget(self, run: RunRequest) -> BudgetAccount:
        """The budget a run spends from, once its unit was checked.

        Raises:
            Rejected: there is none, or it protects another unit.
        """
        if self.book is None:
            what = "has no budget to spend from"
            raise Rejected(
                (Problem((run.population,), "missing", what, "Open one with `proffer privacy init --population P`"),)
            )
        problems = list(_wrong_unit(run, self.book.unit, self.readers, self.grouped))
        if problems:
            raise Rejected(problems)
        return self.book


def _wrong_unit(run: RunRequest, budget: PrivacyUnit, readers: tuple[str, ...], grouped: bool) -> Iterator[Problem]:
    where = (f"unit {run.unit.value}",)
    if run.relation != RELATION:
        yield Problem(
            ("relation",), "invalid", f"{run.relation!r} is not how anything is accounted here", f"Use {RELATION}"
        )
    if run.unit is not budget:
        remedy = f"Use --unit {budget.value}, or a population whose budget protects each {run.unit.value}"
        yield Problem(
            where, "conflict", f"is not the one the budget of {run.population!r} protects ({budget.value})", remedy
        )
    if run.unit is PrivacyUnit.PERSON and readers:
        what = f"protects nobody here: {', '.join(readers[:3])} of a person read another's events ({len(readers)} do)"
        yield Problem(where, "forbidden", what, "Open a budget with `proffer privacy init --unit household`")
    if run.unit is PrivacyUnit.HOUSEHOLD and not grouped:
        remedy = "Declare roles in events.yaml (who else an event is about), or open a budget with --unit person"
        yield Problem(
            where, "missing", "cannot be known: no event type of the declaration says who belongs with whom", remedy
        )


class PrivateRows(TypeError):  # noqa: N818  # reads as a sentence where it is raised
    """Somebody tried to look at rows behind the gate; only a reserved mechanism may."""


Released = TypeVar("Released")
Derived = TypeVar("Derived")


class Gated(Generic[Rows]):
    """Private rows: opaque to everything but a mechanism whose price was reserved.

    A preprocessor, a vocabulary or a calibration that is given them is wrong to the type checker, and raises
    `PrivateRows` when it looks: whatever is fitted on people has a price, or comes from the declaration and the
    catalogue.
    """

    __slots__ = ("_book", "_bring", "_gate", "_receipts", "_rows", "_run")

    def __init__(self, gate: Gate[Any], run: RunRequest, book: BudgetAccount, bring: Callable[[], Rows]) -> None:
        """Use `Gate.admit_run`."""
        self._gate, self._run, self._book, self._bring = gate, run, book, bring
        self._rows: list[Rows] = []
        self._receipts: list[AdmissionReceipt] = []

    def derived(self, made: Callable[[Rows], Derived]) -> Gated[Derived]:
        """What is made of the rows person by person, as private as they are; made when first needed, once."""
        other: Gated[Derived] = Gated(self._gate, self._run, self._book, lambda: made(self._opened()))
        other._receipts = self._receipts
        return other

    def run(
        self,
        stage: str,
        mechanism: Mechanism,
        learner: Callable[[Rows], Released],
        *,
        ran: Callable[[Released], Mechanism] | None = None,
        metrics: Sequence[str] | None = None,
        units: int = 0,
    ) -> Released:
        """Reserve, durably; then let the learner see the rows; then commit. A crash in between stays spent.

        Args:
            stage: what the spend's id begins with.
            mechanism: what the learner is about to do, which is what is reserved.
            learner: sees the rows; what it returns is released.
            ran: what was run, where that may be less.
            metrics: names of the figures that are released, where that is all.
            units: how many units are said to be there, as far as that is public by now.

        Raises:
            Rejected: too little is left; nothing was read.
        """
        spend = f"{stage}-{secrets.token_hex(8)}"
        asked = replace(self._run, mechanism=mechanism, units=units or self._run.units)
        self._receipts.append(self._book.reserve(spend, asked, self._gate.people(), metrics))
        released = learner(self._opened())
        if metrics is None:
            self._receipts.append(self._book.commit(spend, mechanism if ran is None else ran(released)))
        return released

    @property
    def receipts(self) -> tuple[AdmissionReceipt, ...]:
        """What proves everything that was reserved and committed so far."""
        return tuple(self._receipts)

    def _opened(self) -> Rows:
        if not self._receipts:
            raise PrivateRows(_CLOSED)
        if not self._rows:
            self._rows.append(self._bring())
        return self._rows[0]

    def __repr__(self) -> str:
        return f"rows of {self._run.population!r} behind the gate"

    def __reduce__(self) -> str:
        raise PrivateRows(_CLOSED)

    if not TYPE_CHECKING:  # to the type checker they have no such thing at all

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__") and name not in _LOOKS:
                raise AttributeError(name)
            raise PrivateRows(_CLOSED)

        def _closed(self, *_: object, **__: object) -> Any:
            raise PrivateRows(_CLOSED)

        __array__ = __iter__ = __len__ = __getitem__ = __contains__ = __bool__ = __float__ = __index__ = _closed


_LOOKS: Final = ("__array_interface__", "__array_struct__", "__dataframe__", "__arrow_c_stream__", "__dict__")
_CLOSED: Final = (
    "these rows are private: nothing may be fitted on them but by `Gated.run`, under a mechanism whose price was "
    "reserved; take bounds, bins and vocabularies from the declaration and the catalogue"
)
