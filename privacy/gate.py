"""The gate: the only way to the rows, for a request whose price was accepted."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from privacy.data_provenance import DataKind, Provenance, digest
from privacy.request import RELATION, QuotedPrice, Request, RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit, UnitSupport

if TYPE_CHECKING:
    from features.arrays import Bool, UInt64
    from privacy.accounting.mechanism import Mechanism

Rows = TypeVar("Rows", covariant=True)


class AdmissionReceipt(Protocol):
    """The proof of an acknowledged ledger entry."""

    @property
    def spend(self) -> str:
        """The spend's id."""
        ...

    def to_document(self) -> dict[str, Any]:
        """As manifests write it."""
        ...


class PersistentUnits(Protocol):
    """The units of a population, in which whoever was learned from stays; see `privacy.ledger.unit_roll.UnitRoll`."""

    def fixed(self, people: Sequence[str], grouping: Callable[[UInt64, UInt64], tuple[UInt64, Bool]]) -> UInt64:
        """The unit of each person, those who are learned from for the first time entered for ever."""
        ...


class BudgetAccount(Protocol):
    """A population's budget: reserve before training, commit after; an uncommitted reservation counts as spent."""

    @property
    def population(self) -> str:
        """The population."""
        ...

    @property
    def unit(self) -> PrivacyUnit:
        """The unit that the budget protects."""
        ...

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left after these mechanisms; raises Rejected (asked, left, difference) below 0."""
        ...

    def price_of(self, *mechanisms: Mechanism) -> Spend:
        """What these mechanisms cost by themselves, at the delta that the budget is kept at."""
        ...

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> AdmissionReceipt:
        """Reserve the run's mechanism, durably; raises Rejected when too little is left."""
        ...

    def commit(self, spend: str, ran: Mechanism, artefact: str | None = None) -> AdmissionReceipt:
        """Record that a reserved mechanism was run, or fewer steps of it, and the sha256 of what was released."""
        ...

    def settled(self, spend: str) -> bool:
        """Whether a reserved spend was committed, or closed in another way."""
        ...

    def pseudonym(self, person: str) -> str:
        """The name of a person behind the gate."""
        ...

    def roll(self, spend: str) -> PersistentUnits | None:
        """In which unit each person was first learned from, for a spend's run; None where a run may find units anew."""
        ...

    def is_public(self, people: Iterable[str], rows: str) -> bool:
        """Whether two approvers of their population signed that these rows (sha256, hex) are public."""
        ...

    def exact(self, people: Iterable[str], rows: str, learner: str) -> AdmissionReceipt:
        """Record, durably, that public rows are about to be learned from without noise."""
        ...


@dataclass(frozen=True)
class Admission:
    """What an admitted request may see of the rows.

    Attributes:
        run: the private run, which sees only people it may learn from; None: all rows as they are.
        pseudonym: the name of a person behind the gate.
        roll: in which unit each person was first learned from; None where units are those of today.
    """

    run: RunRequest | None = None
    pseudonym: Callable[[str], str] = str
    roll: PersistentUnits | None = None


class RowSource(Protocol[Rows]):
    """Rows behind a gate; only `open` knows consent and pseudonyms."""

    @property
    def units(self) -> UnitSupport:
        """The privacy units that the rows' declaration can protect."""
        ...

    def count(self) -> int:
        """The number of rows, without opening them."""
        ...

    def people(self) -> Iterable[str]:
        """All people the rows are about, so that a copy is recognised."""
        ...

    def digest(self) -> str:
        """The sha256 of the rows, hex, by which two approvers call them public."""
        ...

    def open(self, admission: Admission) -> Rows:
        """Read the rows that an admitted request may see; only a gate calls this."""
        ...


@dataclass(frozen=True)
class Gate(Generic[Rows]):
    """Rows behind a gate.

    Attributes:
        rows: where the rows come from.
        provenance: what kind of rows these are.
        account: the budget of the population, or None if none is kept.
    """

    rows: RowSource[Rows]
    provenance: Provenance
    account: BudgetAccount | None = None

    def price(self, request: Request) -> QuotedPrice:
        """What an exact request would cost, without opening a row.

        Raises:
            Rejected: it would not be admitted at all.
        """
        return QuotedPrice(self.admitted_kind(request), self.rows.count(), request.spend)

    def admit(self, request: Request) -> Rows:
        """The rows as they are, for a request without noise; of public people it is an entry of infinite epsilon.

        Raises:
            Rejected: the people may be real, and two approvers did not sign that their rows are public.
        """
        if self.admitted_kind(request) is DataKind.PUBLIC and self.account is not None:
            self.account.exact(self.rows.people(), self.rows.digest(), request.learner)
        return self.rows.open(Admission())

    def admitted_kind(self, request: Request) -> DataKind:
        """What kind of rows an exact request would see: synthetic ones, or ones that two approvers called public.

        Raises:
            Rejected: they are neither.
        """
        kind = self.provenance.kind
        if kind is DataKind.SYNTHETIC:
            return kind
        if self.account is not None and self.account.is_public(self.rows.people(), self.rows.digest()):
            return DataKind.PUBLIC
        what = "would spend an infinite epsilon of real people's privacy"
        raise Rejected((Problem((f"{request.learner} on {kind.value} rows",), "refused", what, request.remedy),))

    def admit_run(self, run: RunRequest) -> Gated[Rows]:
        """The rows as an opaque value that only a reserved mechanism can open; nothing is read yet.

        Raises:
            Rejected: the run has no budget, or the budget or the declaration does not protect its unit.
        """
        account = self.budget(run)

        def bring() -> Rows:
            return self.rows.open(Admission(run, account.pseudonym, account.roll(gated.receipts[-1].spend)))

        gated: Gated[Rows] = Gated(self, run, account, bring)
        return gated

    def price_run(self, run: RunRequest, *mechanisms: Mechanism) -> QuotedPrice:
        """What a run would cost and leave, without opening a row.

        Raises:
            Rejected: it would not be admitted, or costs more than is left (asked, left, difference).
        """
        account = self.budget(run)
        left = (account.left_after(), account.left_after(*mechanisms))
        kind = self.provenance.kind
        rows = self.rows.count() if kind is DataKind.SYNTHETIC else None
        return QuotedPrice(kind, rows, Spend(run.epsilon, run.delta), *left, account.price_of(*mechanisms))

    def budget(self, run: RunRequest) -> BudgetAccount:
        """The budget a run spends from, after its unit was checked.

        Raises:
            Rejected: there is none, or it protects another unit.
        """
        if self.account is None:
            what = "has no budget to spend from"
            remedy = "Open one with `proffer privacy init --population P`"
            raise Rejected((Problem((run.population,), "missing", what, remedy),))
        problems = [*_wrong_relation(run), *self.rows.units.problems(run.unit, self.account.unit, run.population)]
        if problems:
            raise Rejected(problems)
        return self.account


def _wrong_relation(run: RunRequest) -> list[Problem]:
    if run.relation == RELATION:
        return []
    what = f"{run.relation!r} is not the relation that is accounted"
    return [Problem(("relation",), "invalid", what, f"Use {RELATION}")]


class Gone(Rejected):
    """What was released, paid for and not kept: it would be drawn a second time, from rows that may have changed."""

    def __init__(self, spend: str, what: str) -> None:
        """State under which spend it was released, and what became of it."""
        told = f"is closed, and {what}: it would be drawn a second time"
        super().__init__(
            [Problem((spend,), "missing", told, "Restore what was kept, or ask anew (another day or run)")]
        )


class PrivateRows(TypeError):  # noqa: N818  # reads as a sentence where it is raised
    """An attempt to look at rows behind the gate; only a reserved mechanism may."""


Released = TypeVar("Released")
Derived = TypeVar("Derived")


class Gated(Generic[Rows]):
    """Private rows: opaque to everything but a mechanism whose price was reserved.

    A preprocessor, a vocabulary or a calibration that is given them fails the type check, and raises `PrivateRows` when
    it reads them: a fit on people has a price; everything else comes from the declaration and the catalogue.
    """

    __slots__ = ("_account", "_bring", "_gate", "_receipts", "_rows", "_run")

    def __init__(self, gate: Gate[Any], run: RunRequest, account: BudgetAccount, bring: Callable[[], Rows]) -> None:
        """Use `Gate.admit_run`."""
        self._gate, self._run, self._account, self._bring = gate, run, account, bring
        self._rows: list[Rows] = []
        self._receipts: list[AdmissionReceipt] = []

    def derived(self, made: Callable[[Rows], Derived]) -> Gated[Derived]:
        """A per-person transformation of the rows, as private as they are; computed once, when first needed."""
        other: Gated[Derived] = Gated(self._gate, self._run, self._account, lambda: made(self._opened()))
        other._receipts = self._receipts
        return other

    def run(
        self,
        stage: str,
        mechanism: Mechanism,
        learner: Callable[[Rows], Released],
        *,
        ran: Callable[[Released], tuple[Mechanism, str]] | None = None,
        metrics: Sequence[str] | None = None,
        units: int = 0,
    ) -> Released:
        """Reserve, durably; then let the learner see the rows; then commit. A crash in between stays spent.

        A run with a name that was ended before the commit, of which so nobody has seen anything, goes on under the same
        reservation; what it had committed and not kept is gone, and is not drawn a second time.

        Args:
            stage: prefix of the spend's id.
            mechanism: the mechanism the learner is about to run, which is reserved.
            learner: receives the rows; its result is released.
            ran: gives what was run, where that may be fewer steps than were reserved, and the sha256 of what is
                released; a number is told by its text.
            metrics: names of the released figures, where nothing else is released.
            units: the number of units, as far as it is public by now.

        Raises:
            Rejected: too little is left; nothing was read.
            Gone: the run's name was used up.
        """
        spend = f"{stage}-{self._run.name or secrets.token_hex(8)}"
        known = units or self._run.units
        asked = replace(self._run, mechanism=mechanism, units=known, noised=bool(known and not self._run.units))
        self._receipts.append(self._account.reserve(spend, asked, self._gate.rows.people(), metrics))
        if self._run.name is not None and metrics is None and self._account.settled(spend):
            raise Gone(spend, "what was released under it was not kept")
        try:
            released = learner(self._opened())
        except BaseException as failure:
            failure.add_note(
                f"What was reserved as {spend} stays spent; close it: proffer privacy expire --spend {spend} --reason R"
            )
            raise
        if metrics is None:
            number = digest(repr(released).encode()) if isinstance(released, int | float) else None
            told = (mechanism, number) if ran is None else ran(released)
            self._receipts.append(self._account.commit(spend, *told))
        return released

    def once(self, spend: str, mechanism: Mechanism, learner: Callable[[Rows], bytes], kept: Path) -> bytes:
        """As `run`, under an id that names what is asked: asked again, what was released is given, and nothing is paid.

        What the learner releases is committed, by its hash, before it is kept or told. So before the commit nobody has
        seen anything, and a run that crashed draws under the same reservation; after it nothing is drawn again, and a
        file is believed only by that hash. The caller sees to it that nobody asks for the same at the same time.

        Args:
            spend: the spend's id.
            mechanism: the mechanism the learner is about to run.
            learner: receives the rows; its result is released.
            kept: the file that keeps it.

        Raises:
            Rejected: too little is left, or what was released under this id is gone, or is another file.
        """
        asked = replace(self._run, mechanism=mechanism)
        self._receipts.append(self._account.reserve(spend, asked, self._gate.rows.people()))
        if self._account.settled(spend):
            if not kept.exists():
                raise Gone(spend, f"{kept}, in which what was released was kept, is gone")
            released = kept.read_bytes()
            self._receipts.append(self._account.commit(spend, mechanism, digest(released)))
            return released
        released = learner(self._opened())
        self._receipts.append(self._account.commit(spend, mechanism, digest(released)))
        write_whole(kept, released, mode=OWNER_ONLY)
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
