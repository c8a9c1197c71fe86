"""The gate: what kind of people rows are about, what a training run would spend, and the only way to the rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from features.problem import Problem, Rejected

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
    def from_document(cls, document: Mapping[str, str], where: str = "spend") -> Spend:
        """The inverse of `to_document`.

        Raises:
            Rejected: it is not such a document.
        """
        try:
            return cls(Decimal(document["epsilon"]), Decimal(document["delta"]))
        except (KeyError, TypeError, ValueError, InvalidOperation):
            what = "is not {epsilon, delta} in decimal strings"
            raise Rejected((Problem(where, what, 'Write {"epsilon": "1.5", "delta": "0.000001"}'),)) from None


@dataclass(frozen=True)
class Stamp:
    """Who says of what kind a folder of rows is, and the sha256 of each file it speaks for."""

    kind: DataKind
    files: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: object, where: str = "stamp.json") -> Stamp:
        """Read a stamp as `proffer synth` writes it; None (no stamp at all) means private.

        Raises:
            Rejected: a stamp that is there but says nothing clear.
        """
        if document is None:
            return cls(DataKind.PRIVATE)
        remedy = "Make the folder again with `proffer synth`"
        if not isinstance(document, Mapping):
            raise Rejected((Problem(where, "is not a JSON object", remedy),))
        try:
            kind, files = DataKind(document["kind"]), dict(document.get("files", {}))
        except (KeyError, ValueError, TypeError):
            raise Rejected((Problem(where, "does not say what kind of rows these are", remedy),)) from None
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
            raise Rejected((Problem(name, what, "Make the folder again with `proffer synth`, or drop its stamp"),))


def digest(content: bytes) -> str:
    """The sha256 of some bytes, hex, as stamps and manifests write it."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class Request:
    """What someone wants to learn from rows, and what it would cost whom."""

    learner: str
    spend: Spend
    unit: str = "person"
    """The privacy unit that `spend` is stated for: person or household."""


@dataclass(frozen=True)
class Price:
    """The answer to a dry run: how many rows, what it would spend, and what would remain (None: no budget is kept)."""

    kind: DataKind
    rows: int
    spend: Spend
    remaining: Spend | None


class Book(Protocol):
    """What keeps a population's budget: reserve before training, commit after; uncommitted counts as spent."""

    def remaining(self) -> Spend | None:
        """What is left to spend, or None where nothing has to be kept."""
        ...

    def reserve(self, request: Request) -> str:
        """Set the spend aside and name the reservation; raises Rejected when too little is left."""
        ...

    def commit(self, reservation: str) -> None:
        """Say that the training the reservation was for is done."""
        ...


class NoBook:
    """The book of rows about nobody: synthetic people have no budget to keep."""

    def remaining(self) -> Spend | None:
        """Nothing has to be kept."""
        return None

    def reserve(self, request: Request) -> str:  # noqa: ARG002 - the protocol's argument
        """Nothing to set aside."""
        return "none"

    def commit(self, reservation: str) -> None:
        """Nothing to settle."""


@dataclass(frozen=True)
class Gate(Generic[Rows]):
    """Rows behind a gate: they are opened only for a request that was admitted, and only while it runs.

    Attributes:
        stamp: what kind of rows these are.
        rows: how many, without opening them.
        open: brings the rows; called once per admitted request.
        book: the budget of the population, or None where nobody keeps one.
    """

    stamp: Stamp
    rows: int
    open: Callable[[], Rows]
    book: Book | None = None

    def price(self, request: Request) -> Price:
        """What a request would cost, without opening a row.

        Raises:
            Rejected: it would not be admitted at all.
        """
        return Price(self.stamp.kind, self.rows, request.spend, self._book(request).remaining())

    @contextmanager
    def admit(self, request: Request) -> Iterator[Rows]:
        """Reserve the request's spend, hand out the rows, and commit when the training ended well.

        Raises:
            Rejected: the request may not see these rows; nothing was opened or spent.
        """
        book = self._book(request)
        reservation = book.reserve(request)
        yield self.open()
        book.commit(reservation)

    def _book(self, request: Request) -> Book:
        if self.stamp.kind is DataKind.SYNTHETIC:
            return NoBook()
        where = f"{request.learner} on {self.stamp.kind.value} rows"
        if not request.spend.finite:
            what = "would spend an infinite epsilon of real people's privacy"
            raise Rejected((Problem(where, what, ONLY_SYNTHETIC),))
        if self.book is None:
            what = "has no budget to spend from"
            raise Rejected((Problem(where, what, "Open a privacy budget for this population first"),))
        return self.book
