"""The book: a population's budget as the gate asks for it, kept in the ledger of one home."""

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
from privacy.accounting.mechanism import Mechanism
from privacy.gate import RunRequest
from privacy.ledger.folder import OWNER_ONLY, read_private, write_durably
from privacy.ledger.ledger import DATABASE, Clock, Ledger, LedgerReceipt, NoLedger
from privacy.ledger.note import Signer
from privacy.ledger.state import RELEASED, AlreadyOpen, Bags, Balance, Exhausted, worst_case_epsilon
from privacy.unit import PrivacyUnit

FOLDER: Final = "ledger"
"""Where a home keeps its ledger."""
SYNTHETIC: Final = "synthetic"
"""The population of people who do not exist: its budget protects nobody, and shows how one is kept."""
CAP: Final = Decimal(100)
DELTA: Final = Decimal("0.000001")
PERIOD: Final = "always"
PSEUDONYM_KEY: Final = "pseudonym.key"


@dataclass(frozen=True)
class LedgerAccount:
    """The budget of one population in an open ledger; a `privacy.gate.Book`.

    Attributes:
        ledger: where it is kept.
        folder: of the ledger's files.
        population: whose.
        nobody: the rows are about people who do not exist, so a copy of them is no copy of anybody.
    """

    ledger: Ledger
    folder: Path
    population: str
    nobody: bool = False

    @property
    def unit(self) -> PrivacyUnit:
        """What the budget's first entry says it protects."""
        return PrivacyUnit(self.ledger.status(self.population).unit)

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left of the cap, by composition over everything there is and these.

        Raises:
            Exhausted: less than nothing would be.
        """
        return _left_after(self.ledger.status(self.population), self._bags(), mechanisms)

    def _bags(self) -> Bags:
        period = self.ledger.status(self.population).period
        bags: Bags = {None: Counter()}
        for spend in self.ledger.spends(self.population):
            if spend.state != RELEASED and spend.period == period:
                bags.setdefault(spend.cohort, Counter())[spend.mechanism] += 1
        return bags

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> LedgerReceipt:
        """Set the run's mechanism aside; what the entry says of how many units there are is only what is public."""
        assert run.mechanism is not None, "the gate states a mechanism before it reserves"
        found = replace(self.ledger.dataset(people), units=run.units)
        if self.nobody:
            found = replace(found, sketch=())
        return self.ledger.reserve(
            run.population, spend, run.mechanism, None, run.delta, _told(run), run.requester, found, metrics=metrics
        )

    def commit(self, spend: str, ran: Mechanism) -> LedgerReceipt:
        """Say what was run."""
        return self.ledger.commit(spend, ran)

    def pseudonym(self, person: str) -> str:
        """A keyed hash of who it is: the same within this home, and nothing to anybody without its key."""
        return hmac.new(_key(self.folder), person.encode(), "sha256").hexdigest()[:32]

    def is_public(self, people: Iterable[str]) -> bool:
        """Whether two approvers signed that the rows of exactly these people are public."""
        return self.ledger.is_public(self.ledger.dataset(people).fingerprint)


def _told(run: RunRequest) -> str:
    return f"{run.purpose} (basis: {run.basis.value})"


def _left_after(balance: Balance, bags: Bags, mechanisms: Sequence[Mechanism]) -> Decimal:
    grown = {**bags, None: bags.get(None, Counter()) + Counter(mechanisms)}
    left = balance.cap - worst_case_epsilon(grown, balance.delta)
    if left < 0:
        raise Exhausted(balance.population, balance.left - left, balance.left)
    return left


@lru_cache(maxsize=4)
def _key(folder: Path) -> bytes:
    path = folder / PSEUDONYM_KEY
    if not path.exists():
        write_durably(path, secrets.token_bytes(32), OWNER_ONLY)
    return read_private(path)


class SyntheticAccount:
    """The budget of people who do not exist, before anything was spent from it: opened when it is first needed.

    A `privacy.gate.Book`. Its two approvers are keys that are thrown away at once: nobody can raise it, and another
    home has another.
    """

    def __init__(self, folder: Path, clock: Clock, unit: PrivacyUnit) -> None:
        """Nothing is written yet."""
        self._folder, self._clock, self._unit = folder, clock, unit

    @property
    def population(self) -> str:
        """People who do not exist."""
        return SYNTHETIC

    @property
    def unit(self) -> PrivacyUnit:
        """What it will protect."""
        return self._unit

    def left_after(self, *mechanisms: Mechanism) -> Decimal:
        """What would be left of its cap."""
        balance = Balance(
            SYNTHETIC, self._unit, "add_or_remove_one", PERIOD, CAP, DELTA, Decimal(0), Decimal(0), Counter()
        )
        return _left_after(balance, {}, mechanisms)

    def opened(self) -> LedgerAccount:
        """Open it, with the home's ledger if there is none."""
        ledger = Ledger.create(self._folder, self._clock)
        approvers = [Signer.generate(f"nobody-{at}").verifier() for at in (1, 2)]
        with contextlib.suppress(AlreadyOpen):  # another process was faster
            ledger.init(SYNTHETIC, self._unit, CAP, DELTA, PERIOD, approvers)
        return LedgerAccount(ledger, self._folder, SYNTHETIC, nobody=True)

    def reserve(
        self, spend: str, run: RunRequest, people: Iterable[str], metrics: Sequence[str] | None = None
    ) -> LedgerReceipt:
        """Open it and reserve."""
        return self.opened().reserve(spend, run, people, metrics)

    def commit(self, spend: str, ran: Mechanism) -> LedgerReceipt:
        """Commit what was reserved."""
        return self.opened().commit(spend, ran)

    def pseudonym(self, person: str) -> str:
        """People who do not exist need none."""
        return person

    def is_public(self, people: Iterable[str]) -> bool:  # noqa: ARG002 - the protocol's argument
        """Nobody signs for people who do not exist."""
        return False


def book_of_nobody(folder: Path, clock: Clock, unit: PrivacyUnit) -> LedgerAccount | SyntheticAccount:
    """The budget of people who do not exist, in the ledger of `folder` if it was opened there."""
    if (folder / DATABASE).exists():
        ledger = Ledger.open(folder, clock)
        if SYNTHETIC in ledger.populations():
            return LedgerAccount(ledger, folder, SYNTHETIC, nobody=True)
    return SyntheticAccount(folder, clock, unit)


def book_of(folder: Path, clock: Clock, population: str | None, *, nobody: bool = False) -> LedgerAccount | None:
    """The budget of a population, or of the only one the ledger has; None where there is no ledger and none is named.

    Raises:
        NoLedger, UnknownPopulation: the one that is named has no budget.
        Rejected: there are several and none is named.
    """
    if not (folder / DATABASE).exists() and population is None:
        return None
    if not (folder / DATABASE).exists():
        remedy = f"Open its budget: proffer privacy init --population {population} --epsilon E --delta D ..."
        raise NoLedger(
            [Problem((f"--population {population}",), "missing", "has no budget: this home keeps no ledger", remedy)]
        )
    ledger = Ledger.open(folder, clock)
    chosen = population or _only(tuple(name for name in ledger.populations() if name != SYNTHETIC))
    if chosen is None:
        return None
    ledger.status(chosen)
    return LedgerAccount(ledger, folder, chosen, nobody)


def any_book(folder: Path, clock: Clock) -> LedgerAccount | None:
    """Some population's budget, to ask what two people signed to be public; None where there is none.

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
