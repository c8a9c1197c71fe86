"""Budget accounts: a population's budget as the gate needs it, kept in the ledger of one workspace."""

from __future__ import annotations

import contextlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from privacy.accounting.mechanism import Mechanism
from privacy.budget import Balance, Composition, worst_case_epsilon
from privacy.ledger.change import RELEASED, RESERVED
from privacy.ledger.folder import read_private
from privacy.ledger.journal import Clock, LedgerReceipt, NoLedger
from privacy.ledger.ledger import BudgetTerms, Ledger, SpendTerms
from privacy.ledger.ledger_tables import DATABASE
from privacy.ledger.note import NoteVerifier, Signer
from privacy.ledger.terms import SYNTHETIC as SYNTHETIC
from privacy.ledger.terms import is_synthetic as is_synthetic
from privacy.ledger.unit_roll import UnitRoll
from privacy.refusal import AlreadyOpen, Exhausted
from privacy.request import RunRequest
from privacy.spend import Spend
from privacy.unit import PrivacyUnit

FOLDER: Final = "ledger"
"""The ledger's folder in a workspace."""
CAP: Final = Decimal(100)
DELTA: Final = Decimal("0.000001")
PERIOD: Final = "always"
PSEUDONYM_KEY: Final = "pseudonym.key"


@dataclass(frozen=True)
class LedgerAccount:
    """The budget of one population in an open ledger; a `privacy.gate.BudgetAccount`.

    Attributes:
        ledger: the ledger that keeps it.
        folder: the ledger's files.
        population: the population.
        synthetic: the rows are synthetic, so a copy of them is no copy of a real person.
    """

    ledger: Ledger
    folder: Path
    population: str
    synthetic: bool = False

    @property
    def unit(self) -> PrivacyUnit:
        """The unit that the budget's first entry names."""
        return PrivacyUnit(self.ledger.status(self.population).unit)

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left of the cap after composing all spends of the period and these mechanisms.

        Raises:
            Exhausted: they cost more than is left.
        """
        return _left_after(self.ledger.status(self.population), self._composition(), mechanisms)

    def price_of(self, *mechanisms: Mechanism) -> Spend:
        """What these mechanisms cost by themselves, at the population's delta."""
        return _price_of(self.ledger.status(self.population).delta, mechanisms)

    def _composition(self) -> Composition:
        period = self.ledger.status(self.population).period
        composition: Composition = {None: Counter()}
        for spend in self.ledger.spends(self.population):
            if spend.state != RELEASED and spend.period == period:
                composition.setdefault(spend.cohort, Counter())[spend.mechanism] += 1
        return composition

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> LedgerReceipt:
        """Reserve the run's mechanism; the entry states the number of units only as far as it is public."""
        assert run.mechanism is not None, "the gate states a mechanism before it reserves"
        found = replace(self.ledger.dataset(people), units=run.units)
        if self.synthetic:
            found = replace(found, sketch=(), hashes=b"")
        purpose = f"{run.purpose} (basis: {run.basis.value})"
        part = {
            "by": "gate",
            "catalogue": run.inputs.catalogue,
            "declaration": run.inputs.declaration,
            "stage": spend.partition("-")[0],
            "units_are": "unknown" if not run.units else "noised" if run.noised else "stated",
            "why": run.why,
        }
        terms = SpendTerms(run.mechanism, None, run.delta, purpose, run.requester, run=part, sign=run.sign)
        return self.ledger.reserve(run.population, spend, terms, found, metrics=metrics)

    def commit(self, spend: str, ran: Mechanism, artefact: str | None = None) -> LedgerReceipt:
        """Record what was run and released."""
        return self.ledger.commit(spend, ran, artefact, by="gate")

    def settled(self, spend: str) -> bool:
        """Whether a reserved spend was committed, expired or given back."""
        return self.ledger.spend(spend).state != RESERVED

    def pseudonym(self, person: str) -> str:
        """A keyed hash of the person's id: stable in this workspace, meaningless without its key."""
        return hmac.new(_key(self.folder), person.encode(), "sha256").hexdigest()[:32]

    def roll(self, spend: str) -> UnitRoll | None:
        """Of people who may be real, in which household each was first learned from; ids of synthetic worlds repeat."""
        return None if self.synthetic or self.unit is PrivacyUnit.PERSON else self.ledger.roll(self.population, spend)

    def is_public(self, people: Iterable[str], rows: str) -> bool:
        """Whether two approvers of the population these people belong to signed that exactly these rows are public."""
        return self.ledger.public_in(self.ledger.dataset(people), rows) is not None

    def exact(self, people: Iterable[str], rows: str, learner: str) -> LedgerReceipt:
        """Record a fit without noise, in the population that the people belong to.

        Raises:
            NotApproved: the rows are not public.
        """
        found = self.ledger.dataset(people)
        population = self.ledger.public_in(found, rows) or self.population
        words = {"learner": learner, "requester": "not stated"}
        return self.ledger.exact(population, f"exact-{secrets.token_hex(8)}", found, rows, words)


def _left_after(balance: Balance, composition: Composition, mechanisms: Sequence[Mechanism]) -> Decimal:
    grown = {**composition, None: composition.get(None, Counter()) + Counter(mechanisms)}
    left = balance.cap - worst_case_epsilon(grown, balance.delta)
    if left < 0:
        raise Exhausted(balance.population, balance.left - left, balance.left)
    return left


def _price_of(delta: Decimal, mechanisms: Sequence[Mechanism]) -> Spend:
    return Spend(worst_case_epsilon({None: Counter(mechanisms)}, delta), delta)


@lru_cache(maxsize=4)
def _key(folder: Path) -> bytes:
    path = folder / PSEUDONYM_KEY
    if not path.exists():
        write_whole(path, secrets.token_bytes(32), mode=OWNER_ONLY)
    return read_private(path)


def nobody() -> tuple[NoteVerifier, ...]:
    """Two keys that nobody holds: by their word no budget of synthetic people is ever raised."""
    return tuple(Signer.generate(f"nobody-{at}").verifier() for at in (1, 2))


class SyntheticAccount:
    """The budget of synthetic people before its first spend; it is opened when it is first needed.

    A `privacy.gate.BudgetAccount`. Its two approvers' keys are discarded at once, so that it cannot be raised; each
    workspace has its own.
    """

    def __init__(self, folder: Path, clock: Clock, unit: PrivacyUnit) -> None:
        """Nothing is written yet."""
        self._folder, self._clock, self._unit = folder, clock, unit

    @property
    def population(self) -> str:
        """The synthetic population."""
        return SYNTHETIC

    @property
    def unit(self) -> PrivacyUnit:
        """The unit it will protect."""
        return self._unit

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left of its cap."""
        balance = Balance(
            SYNTHETIC, self._unit, "add_or_remove_one", PERIOD, CAP, DELTA, Decimal(0), Decimal(0), Counter()
        )
        return _left_after(balance, {}, mechanisms)

    def price_of(self, *mechanisms: Mechanism) -> Spend:
        """What these mechanisms cost by themselves."""
        return _price_of(DELTA, mechanisms)

    def settled(self, spend: str) -> bool:
        """Whether a reserved spend was settled."""
        return self.opened().settled(spend)

    def opened(self) -> LedgerAccount:
        """Open it, and the workspace's ledger if there is none."""
        ledger = Ledger.create(self._folder, self._clock)
        with contextlib.suppress(AlreadyOpen):  # another process was faster
            ledger.init(SYNTHETIC, BudgetTerms(self._unit, CAP, DELTA, PERIOD, nobody()))
        return LedgerAccount(ledger, self._folder, SYNTHETIC, synthetic=True)

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> LedgerReceipt:
        """Open it and reserve."""
        return self.opened().reserve(spend, run, people, metrics)

    def commit(self, spend: str, ran: Mechanism, artefact: str | None = None) -> LedgerReceipt:
        """Commit what was reserved."""
        return self.opened().commit(spend, ran, artefact)

    def pseudonym(self, person: str) -> str:
        """Synthetic people need none."""
        return person

    def roll(self, spend: str) -> None:
        """Synthetic people have none: ids of synthetic worlds repeat."""

    def is_public(self, people: Iterable[str], rows: str) -> bool:  # noqa: ARG002 - the protocol's arguments
        """Synthetic people have no approvers."""
        return False

    def exact(self, people: Iterable[str], rows: str, learner: str) -> LedgerReceipt:
        """Refused: nobody called synthetic people public."""
        return self.opened().exact(people, rows, learner)


def synthetic_account(folder: Path, clock: Clock, unit: PrivacyUnit) -> LedgerAccount | SyntheticAccount:
    """The budget of synthetic people, in the ledger of `folder` if it was opened there."""
    if (folder / DATABASE).exists():
        ledger = Ledger.open(folder, clock)
        if SYNTHETIC in ledger.populations():
            return LedgerAccount(ledger, folder, SYNTHETIC, synthetic=True)
    return SyntheticAccount(folder, clock, unit)


def account_of(folder: Path, clock: Clock, population: str | None, *, synthetic: bool = False) -> LedgerAccount | None:
    """The budget of a population, or of the only one in the ledger; None if there is no ledger and none is named.

    Raises:
        NoLedger, UnknownPopulation: the named population has no budget.
        Rejected: there are several and none is named.
    """
    if not (folder / DATABASE).exists() and population is None:
        return None
    if not (folder / DATABASE).exists():
        remedy = f"Open its budget: proffer privacy init --population {population} --epsilon E --delta D ..."
        raise NoLedger(
            [Problem((f"--population {population}",), "missing", "has no budget: this workspace has no ledger", remedy)]
        )
    ledger = Ledger.open(folder, clock)
    chosen = population or _only(tuple(name for name in ledger.populations() if not is_synthetic(name)))
    if chosen is None:
        return None
    ledger.status(chosen)
    return LedgerAccount(ledger, folder, chosen, synthetic)


def any_account(folder: Path, clock: Clock) -> LedgerAccount | None:
    """Some population's budget, to ask what two approvers signed to be public; None if there is none.

    Raises:
        Damaged, Inconsistent: the ledger is not what was signed.
    """
    if not (folder / DATABASE).exists():
        return None
    ledger = Ledger.open(folder, clock)
    names = ledger.populations()
    return LedgerAccount(ledger, folder, names[0]) if names else None


def _only(names: tuple[str, ...]) -> str | None:
    if len(names) > 1:
        remedy = f"Give --population: one of {', '.join(names)}"
        raise Rejected(
            [Problem(("--population",), "missing", "is missing, and several populations have a budget", remedy)]
        )
    return names[0] if names else None
