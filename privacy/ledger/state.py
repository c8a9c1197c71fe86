"""The ledger's state: budgets, spends, keys and witnesses after the entries so far, changed by `apply` alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import assert_never

from privacy.accounting.accountant import INFINITY, AccountedPrice
from privacy.accounting.mechanism import Mechanism
from privacy.budget import Balance, BudgetInterval, Composition, worst_case_epsilon
from privacy.cohort import Cohort
from privacy.ledger.change import (
    COMMITTED,
    COUNT,
    EXPIRED,
    RELEASED,
    RESERVED,
    Audited,
    CapRaised,
    Change,
    ExactFit,
    KeyChanged,
    LedgerKeyChanged,
    MadePublic,
    Opened,
    PeriodBegun,
    RecordsSealed,
    Settled,
    SpendRecord,
    Spent,
    UnitsFixed,
)
from privacy.ledger.entry import AnyEntry
from privacy.ledger.note import NoteVerifier
from privacy.ledger.rule_versions import ADAPTIVE
from privacy.ledger.size_limits import BY_PLD, Growth
from privacy.refusal import Conflict, Exhausted, UnknownLedgerKey, UnknownPopulation, UnknownSpend


@dataclass
class PopulationBudget:
    """One population's budget; only `LedgerState` changes it."""

    opened: Opened
    cap: Decimal
    period: str
    approvers: dict[bytes, NoteVerifier]
    since: int
    begun: int  # the entry that began the period
    exact: int = 0  # fits without noise, on public rows
    composition: Composition = field(default_factory=dict)  # of the current period
    past: Composition = field(default_factory=dict)  # of earlier periods
    partition: tuple[str, int] | None = None
    states: Counter[str] = field(default_factory=Counter)
    added: list[tuple[int, Cohort | None, Mechanism]] = field(default_factory=list)
    adaptive: bool = False  # from the first spend of version 3 on: composed by the filter across runs
    parts: set[int] = field(default_factory=set)  # that some cohort names
    effort: int = 1  # what composing everything takes, in weights; it never falls

    @property
    def delta(self) -> Decimal:
        """The delta at which everything composes."""
        return self.opened.delta

    def spent(self) -> Decimal:
        """The composed epsilon of the period."""
        return worst_case_epsilon(self.composition, self.delta, adaptive=self.adaptive)

    def with_one_more(self, cohort: Cohort | None, mechanism: Mechanism) -> Decimal:
        """The composed epsilon after one more spend, which is always by the rules of the last version."""
        grown: Composition = {**self.composition}
        grown[cohort] = self.composition.get(cohort, Counter()) + Counter([mechanism])
        return worst_case_epsilon(grown, self.delta)

    def strain(self, cohort: Cohort | None, mechanism: Mechanism) -> int:
        """How much more is composed from now on, in weights: what is new to the groups of people whom it ran on."""
        known, times = self.composition.get(cohort, ()), 1 + len(self.parts if cohort is None else cohort.residues)
        fresh = set() if cohort is None else set(cohort.residues) - self.parts
        more = len(fresh) * sum(one.weight() for one in self.composition.get(None, ())) if fresh else 0
        return more + (0 if mechanism in known else times * mechanism.weight())

    def ending(self) -> Growth:
        """What the end of an interval adds: all that was spent before it is composed again for the next."""
        return Growth(composed=self.effort * (1 if self.adaptive else BY_PLD))

    def count(self, spend: SpendRecord, by: int) -> None:
        """Count a spend's mechanism once more or once less."""
        counted = self.composition if spend.period == self.period else self.past
        counted.setdefault(spend.cohort, Counter())[spend.mechanism] += by

    def lifetime(self) -> Composition:
        """The composition over all periods."""
        whole = {cohort: Counter(counts) for cohort, counts in self.past.items()}
        for cohort, counts in self.composition.items():
            whole.setdefault(cohort, Counter()).update(counts)
        return whole

    def interval(self, until: int) -> BudgetInterval:
        """The interval that ends before entry `until`."""
        counted = {cohort: +counts for cohort, counts in self.composition.items()}
        population = self.opened.population
        return BudgetInterval(
            population, self.since, until, self.cap, self.delta, counted, tuple(self.added), self.adaptive
        )


@dataclass(frozen=True)
class LedgerKey:
    """A key of the ledger and the first tree size whose checkpoint it signs."""

    verifier: NoteVerifier
    since: int


class LedgerState:
    """Everything the entries so far add up to; `rules.decide` reads it, and `apply` alone changes it."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.size = 0
        self.origin = ""
        self.keys: list[LedgerKey] = []
        self.witnesses: dict[bytes, NoteVerifier] = {}
        self.witnessed: dict[bytes, tuple[NoteVerifier, int | None]] = {}  # every witness ever, and its revocation
        self.budgets: dict[str, PopulationBudget] = {}
        self.spends: dict[str, SpendRecord] = {}
        self.prices: dict[tuple[Mechanism, AccountedPrice], int] = {}  # and the first entry that states it
        self.public: dict[tuple[str, str, str], int] = {}  # by population, fingerprint and digest of the rows
        self.exact: dict[str, int] = {}  # fits without noise
        self.roots: dict[bytes, NoteVerifier] = {}
        self.first_roots: tuple[NoteVerifier, ...] = ()
        self.roots_at: int | None = None  # the entry that named them
        self.vouched: dict[bytes, str] = {}  # the population that enrolled a witness
        self.revoked: set[bytes] = set()  # every key that was revoked, for ever
        self.version, self.at = 1, ""  # the rules of the last entry, which never fall, and its date
        self.heads: dict[int, str] = {}  # the hash before each entry, for statements drafted then
        self.intervals: list[BudgetInterval] = []  # those that have ended
        self.statements: set[str] = set()
        self.fixed: set[str] = set()  # the spends whose households were fixed
        self.counts: Counter[tuple[str, str]] = Counter()  # that were committed, and that nothing was trained after
        self.sealed = ""  # the last day whose records were fixed
        self.priced = 0  # the weights of the distinct mechanisms; see `size_limits` for these three
        self.composed = self.most_holders = 0

    def budget(self, population: str) -> PopulationBudget:
        """The budget of a population.

        Raises:
            UnknownPopulation: none was opened.
        """
        if population not in self.budgets:
            known = ", ".join(sorted(self.budgets)) or "none yet"
            remedy = f"Open one with `proffer privacy init`, or name one of: {known}"
            raise UnknownPopulation(population, "has no privacy budget", remedy)
        return self.budgets[population]

    def balance(self, population: str) -> Balance:
        """What is left for a population.

        Raises:
            UnknownPopulation: no budget was opened for it.
        """
        budget = self.budget(population)
        return Balance(
            population,
            budget.opened.unit,
            budget.opened.relation,
            budget.period,
            budget.cap,
            budget.delta,
            budget.spent(),
            INFINITY if budget.exact else worst_case_epsilon(budget.lifetime(), budget.delta, adaptive=budget.adaptive),
            {state: budget.states[state] for state in (RESERVED, COMMITTED, EXPIRED, RELEASED)},
            budget.exact,
        )

    def afford(self, change: Spent) -> Decimal:
        """The composed epsilon after a spend.

        Raises:
            Exhausted: it would exceed the cap.
        """
        spend, budget = change.spend, self.budget(change.spend.population)
        before = worst_case_epsilon(budget.composition, budget.delta)
        after = budget.with_one_more(spend.cohort, spend.mechanism)
        if after > budget.cap:
            raise Exhausted(spend.population, after - before, max(budget.cap - before, Decimal(0)))
        return after

    def growth(
        self, population: str, cohort: Cohort | None, mechanism: Mechanism, price: AccountedPrice | None, version: int
    ) -> Growth:
        """How much more is priced and composed after a spend, in weights, by the rules of its version.

        Where its price is not found yet (None), a mechanism on record is taken for one at the same price.

        Raises:
            UnknownPopulation: no budget was opened for it.
        """
        budget = self.budget(population)
        on_record = {mechanism for mechanism, _ in self.prices} if price is None else ()
        known = mechanism in on_record or (mechanism, price) in self.prices
        by_rules = 1 if budget.adaptive or version >= ADAPTIVE else BY_PLD
        composed = budget.strain(cohort, mechanism) * by_rules
        return Growth(priced=0 if known else mechanism.weight(), composed=composed)

    def left_after(self, change: Change) -> Decimal | None:
        """What a change leaves of the cap; the database refuses to hold a negative rest. None: it spends nothing.

        Raises:
            Exhausted: it would exceed the cap.
        """
        if isinstance(change, Opened):
            return change.cap
        if not isinstance(change, Spent):
            return None
        return self.budget(change.spend.population).cap - self.afford(change)

    def all_intervals(self) -> list[BudgetInterval]:
        """Every interval to hold against its cap, including those that have not ended."""
        return [*self.intervals, *(budget.interval(self.size) for budget in self.budgets.values())]

    def key_at(self, size: int) -> NoteVerifier:
        """The ledger key that signs the checkpoint of this size.

        Raises:
            UnknownLedgerKey: there was none yet.
        """
        found = [key.verifier for key in self.keys if key.since <= size]
        if not found:
            raise UnknownLedgerKey("checkpoint", f"no key signs a tree of size {size}", "Export the ledger again")
        return found[-1]

    def spend(self, spend_id: str) -> SpendRecord:
        """A spend by its id.

        Raises:
            UnknownSpend: there is none.
        """
        if spend_id not in self.spends:
            raise UnknownSpend(spend_id, "is not the id of a spend", "See `proffer privacy status` for the open ones")
        return self.spends[spend_id]

    def check_new(self, spend_id: str) -> None:
        """Accept only the id of a spend that is not there yet.

        Raises:
            Conflict: it names a spend, or a fit without noise.
        """
        if spend_id in self.spends or spend_id in self.exact:
            raise Conflict(spend_id, "is the id of another spend", "Give each run an id of its own")

    # --- applying ----------------------------------------------------------------------------------------------------

    def apply(self, change: Change, entry: AnyEntry | None = None) -> None:
        """Count one entry's change; it was decided on this state, so nothing is refused here.

        Args:
            change: as `rules.decide` returned it.
            entry: the entry itself, by which later statements are held against the history they were drafted on.
        """
        if entry is not None:
            self.version, self.at = entry.version, entry.at
            if entry.version > 1:
                self.heads[entry.index] = entry.prior
        match change:
            case Spent():
                self._add_spend(change)
            case Settled():
                self._settle(change)
            case Opened():
                approvers = {one.public: one for one in change.approvers}
                opened = PopulationBudget(change, change.cap, change.period, approvers, change.index, change.index)
                self.budgets[change.population] = opened
                self._name_roots(change.roots, change.index)
            case CapRaised():
                self._end_interval(change.population, change.index).cap = change.cap
            case PeriodBegun():
                budget = self._end_interval(change.population, change.index)
                budget.past, budget.composition = budget.lifetime(), {}
                budget.cap, budget.period, budget.begun = change.cap, change.period, change.index
            case MadePublic():
                self.public[change.population, change.fingerprint, change.rows] = change.index
            case ExactFit():
                self.exact[change.spend] = change.index
                self.budgets[change.population].exact += 1
            case LedgerKeyChanged():
                self.origin = change.origin
                self.keys.append(LedgerKey(change.key, change.index + 1))
                self._name_roots(change.roots, change.index)
            case KeyChanged():
                self._change_key(change)
            case RecordsSealed():
                self.sealed = change.day
            case UnitsFixed():
                self.fixed.add(change.spend)
            case Audited():
                pass
            case _:
                assert_never(change)
        if not isinstance(change, Spent | ExactFit | Audited | UnitsFixed | RecordsSealed) and change.statement:
            self.statements.add(change.statement)
        self.size += 1

    def _add_spend(self, change: Spent) -> None:
        spend, budget = change.spend, self.budgets[change.spend.population]
        if spend.cohort is not None:
            budget.partition = (spend.cohort.salt, spend.cohort.modulus)
        growth = self.growth(spend.population, spend.cohort, spend.mechanism, change.price, self.version)
        budget.adaptive |= self.version >= ADAPTIVE
        self.priced += growth.priced
        self.composed += growth.composed
        budget.effort += growth.composed // (1 if budget.adaptive else BY_PLD)
        budget.parts |= set(() if spend.cohort is None else spend.cohort.residues)
        budget.count(spend, 1)
        budget.added.append((spend.index, spend.cohort, spend.mechanism))
        budget.states[spend.state] += 1
        self.counts[spend.place] -= spend.counted
        self.spends[spend.id] = spend
        self.prices.setdefault((spend.mechanism, change.price), spend.index)

    def _settle(self, change: Settled) -> None:
        before = self.spends[change.spend]
        after = replace(before, state=change.state, mechanism=change.mechanism)
        budget = self.budgets[before.population]
        if after.state == RELEASED or after.mechanism != before.mechanism:
            self._end_interval(before.population, change.index)
            budget.count(before, -1)
            if after.state != RELEASED:
                budget.count(after, 1)
        budget.states[before.state] -= 1
        budget.states[after.state] += 1
        self.counts[after.place] += after.stage == COUNT and after.state == COMMITTED
        self.spends[change.spend] = after

    def _name_roots(self, roots: tuple[NoteVerifier, ...], index: int) -> None:
        if roots:
            self.roots, self.first_roots, self.roots_at = {one.public: one for one in roots}, roots, index

    def _change_key(self, change: KeyChanged) -> None:
        match change.role:
            case "root":
                held = self.roots
            case "approver":
                held = self.budgets[change.population].approvers
            case _:
                held = self.witnesses
        if change.enrolled:
            held[change.key.public] = change.key
            self.most_holders = max(self.most_holders, len(held))
        else:
            del held[change.key.public]
            self.revoked.add(change.key.public)
        if change.role == "witness":
            self.vouched[change.key.public] = change.population
            self.witnessed[change.key.id] = (change.key, None if change.enrolled else change.index)

    def _end_interval(self, population: str, index: int) -> PopulationBudget:
        budget = self.budgets[population]
        self.composed += budget.ending().composed
        if budget.added:
            self.intervals.append(budget.interval(index))
        budget.since, budget.added = index, []
        return budget
