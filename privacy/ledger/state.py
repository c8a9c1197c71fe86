"""What the entries of a ledger add up to: each population's budget, its spends, its approvers, and every way to say no.

Pure: entries in, balances or a refusal out. The ledger asks before it writes; an auditor replays and asks again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache, partial
from typing import Any, ClassVar, Final, Generic, TypeVar

from features.problem import Problem, Rejected
from privacy.accounting import accountant
from privacy.accounting.amount import MOST_EPSILON, text_of
from privacy.accounting.canonical import canonical
from privacy.accounting.mechanism import Mechanism
from privacy.ledger.entry import EVERYBODY, EntryType, LedgerEntry
from privacy.ledger.note import BadNote, NoteVerifier, Signature

TWO: Final = 2  # people who must agree to what lowers protection
Effect = Callable[[], None]
T = TypeVar("T")
_EVALUATE: Final = EntryType.EVALUATE  # looking a member up in its enum costs as much as the rest of a comparison


class Refused(Rejected):
    """An entry that may not follow the ones before it; `code` names the reason for programmes."""

    code: ClassVar[str] = "refused"

    def __init__(self, where: str, what: str, remedy: str) -> None:
        """Say where, what and what to do."""
        super().__init__([Problem((where,), "refused", what, remedy)])


class UnknownPopulation(Refused):
    """No budget was opened for this population."""

    code = "unknown-population"


class AlreadyOpen(Refused):
    """The population has a budget; a second one would double it."""

    code = "already-open"


class Exhausted(Refused):
    """The spend is larger than the rest of the budget.

    Attributes:
        asked: what the composed epsilon would grow by.
        left: what it may still grow by.
        difference: what is missing.
    """

    code = "privacy-budget-exhausted"

    def __init__(self, population: str, asked: Decimal, left: Decimal) -> None:
        """Give the three numbers."""
        self.asked, self.left, self.difference = asked, left, asked - left
        what = f"asked for epsilon {_plain(asked)}, {_plain(left)} is left: {_plain(self.difference)} too much"
        super().__init__(
            population, what, "Ask for less, wait for the next period, or have two approvers raise the cap"
        )


class Conflict(Refused):
    """The spend id stands for another spend."""

    code = "spend-conflict"


class UnknownSpend(Refused):
    """No spend has this id."""

    code = "unknown-spend"


class NotOpen(Refused):
    """The spend is settled already, in another way."""

    code = "spend-settled"


class TooMuch(Refused):
    """More was run than had been reserved."""

    code = "more-than-reserved"


class WrongPrice(Refused):
    """The claim is below what the accountants say, or a price is missing."""

    code = "wrong-price"


class NotApproved(Refused):
    """Two distinct enrolled people did not sign exactly this."""

    code = "not-approved"


class PeriodReopened(Refused):
    """A period that was begun or passed cannot begin again."""

    code = "period-reopened"


class NotDisjoint(Refused):
    """Cohorts that are not proven disjoint cannot be accounted in parallel."""

    code = "cohorts-not-disjoint"


class KnownPeople(Refused):
    """These people already have a budget under another population: a copy does not get a fresh one."""

    code = "known-people"


class UnknownLedgerKey(Refused):
    """A key that is not, or no longer, the ledger's."""

    code = "unknown-key"


def _plain(amount: Decimal) -> str:
    return text_of(amount) if amount.is_finite() else "infinity"


@dataclass(frozen=True)
class Dataset:
    """Which rows a spend reads, without saying whose: fingerprints keyed by the ledger's own secret.

    Attributes:
        fingerprint: keyed hash over the sorted unit ids (hex): the same for a copy and for a re-dated copy.
        sketch: the smallest keyed hashes of single units; two data sets that share people share some of them.
        units: how many units.
        cohort: which every unit was checked to belong to, or None.
    """

    fingerprint: str
    sketch: tuple[int, ...]
    units: int
    cohort: Cohort | None = None

    @property
    def sketch_hash(self) -> str:
        """What an entry says of the sketch, which itself never leaves the ledger's folder."""
        return hashlib.sha256(b"".join(part.to_bytes(8, "big") for part in self.sketch)).hexdigest()

    def to_document(self) -> dict[str, Any]:
        """As entries write it."""
        return {"fingerprint": self.fingerprint, "sketch": self.sketch_hash, "units": self.units}


@dataclass(frozen=True)
class Cohort:
    """A part of a population that is disjoint from others by construction: a person's id alone decides the part.

    Attributes:
        salt: public name of the partition.
        modulus: how many parts it has.
        residues: which parts this cohort is made of, sorted.
    """

    salt: str
    modulus: int
    residues: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what is no set of parts."""
        parts = self.residues
        if not 2 <= self.modulus <= 4096 or not parts or list(parts) != sorted(set(parts)):
            raise NotDisjoint("cohort", "is not a sorted set of parts of 2 to 4096", "Name each part once, ascending")
        if not 0 <= parts[0] <= parts[-1] < self.modulus:
            raise NotDisjoint("cohort", f"names a part that is not 0 to {self.modulus - 1}", "Name parts that exist")

    def part_of(self, unit: str) -> int:
        """The part a unit is in, whoever asks and whenever."""
        digest = hashlib.sha256(f"{self.salt}\x00{unit}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.modulus

    def check(self, units: Iterable[str]) -> None:
        """Accept only units of this cohort: nobody can then be in two disjoint ones.

        Raises:
            NotDisjoint: some are of another part; how many, never who.
        """
        mine = frozenset(self.residues)
        strangers = sum(self.part_of(unit) not in mine for unit in units)
        if strangers:
            what = f"{strangers} units belong to another part of {self.salt!r}: they would be in two disjoint cohorts"
            raise NotDisjoint("cohort", what, "Keep the units for which `part_of` gives one of the cohort's parts")

    def to_document(self) -> dict[str, Any]:
        """As entries write it."""
        return {"modulus": self.modulus, "residues": list(self.residues), "salt": self.salt}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Cohort | None:
        """The inverse of `to_document`; None is everybody."""
        if document is None:
            return None
        return cls(document["salt"], document["modulus"], tuple(document["residues"]))


def check_disjoint(cohorts: Mapping[str, Iterable[str]]) -> None:
    """Accept only cohorts in which nobody is twice.

    Raises:
        NotDisjoint: some units are in two; how many and in which, never who.
    """
    seen: dict[str, str] = {}
    for name, units in cohorts.items():
        shared = Counter(seen[unit] for unit in set(units) if unit in seen)
        for other, count in sorted(shared.items()):
            what = f"{count} units are in {other!r} and in {name!r}: those two are not disjoint"
            raise NotDisjoint("cohorts", what, "Account them one after the other, or divide people by `Cohort.part_of`")
        seen.update(dict.fromkeys(units, name))


RESERVED, COMMITTED, EXPIRED, RELEASED = "reserved", "committed", "expired", "released"


@dataclass(slots=True)
class SpendRecord:
    """One use of people's data: what was set aside for it, and what became of that; only `LedgerState` changes it.

    Attributes:
        index: of the entry that set it aside.
        mechanism: what was reserved, or after the commit what was run.
        cohort: on whose data, where not on everybody's.
        period: in which it counts.
        state: reserved, committed, expired (a crash: counts as spent) or released (two people swore nothing left).
    """

    id: str
    index: int
    at: str
    population: str
    mechanism: Mechanism
    cohort: Cohort | None
    period: str
    state: str


@dataclass(frozen=True)
class Balance:
    """What a population's budget is and what is left of it.

    Attributes:
        cap: epsilon that may be spent in the period, at `delta`.
        spent: composed epsilon of everything reserved, committed or expired in the period, rounded up.
        lifetime: the same over all periods: what one person's data told since the budget was opened.
        states: how many spends are in each state, over all periods.
    """

    population: str
    unit: str
    relation: str
    period: str
    cap: Decimal
    delta: Decimal
    spent: Decimal
    lifetime: Decimal
    states: Mapping[str, int]

    @property
    def left(self) -> Decimal:
        """What may still be spent; never negative."""
        return max(self.cap - self.spent, Decimal(0))

    def to_document(self) -> dict[str, Any]:
        """As JSON, amounts as decimal strings."""
        amounts = {"cap": self.cap, "spent": self.spent, "left": self.left, "lifetime": self.lifetime}
        return {
            "population": self.population,
            "unit": self.unit,
            "relation": self.relation,
            "period": self.period,
            "delta": text_of(self.delta),
            **{name: _plain(amount) for name, amount in amounts.items()},
            "spends": dict(self.states),
        }


Bags = dict[Cohort | None, Counter[Mechanism]]


@dataclass(frozen=True)
class BudgetInterval:
    """A moment after which the composed epsilon may be lower, or the cap another: what has to be held against it.

    Attributes:
        population: whose budget.
        since, until: indices of the entries between which only spends were added.
        cap: which held then.
        delta: at which.
        bags: what was composed, by cohort.
        added: (index, cohort, mechanism) of the spends between, in order.
    """

    population: str
    since: int
    until: int
    cap: Decimal
    delta: Decimal
    bags: Bags
    added: tuple[tuple[int, Cohort | None, Mechanism], ...]

    def epsilon(self) -> Decimal:
        """The composed epsilon at the peak."""
        return worst_case_epsilon(self.bags, self.delta)

    def first_beyond(self) -> int:
        """The index of the first spend that passed the cap, by halving: epsilon only grows within a stretch."""
        low, high = 0, len(self.added) - 1
        while low < high:
            middle = (low + high) // 2
            bags = {cohort: Counter(bag) for cohort, bag in self.bags.items()}
            for _, cohort, mechanism in self.added[middle + 1 :]:
                bags[cohort][mechanism] -= 1
            low, high = (low, middle) if worst_case_epsilon(bags, self.delta) > self.cap else (middle + 1, high)
        return self.added[low][0] if self.added else self.until


def worst_case_epsilon(bags: Mapping[Cohort | None, Counter[Mechanism]], delta: Decimal) -> Decimal:
    """The composed epsilon of the unit that was in most: spends on disjoint cohorts do not add up (McSherry 2009)."""
    cohorts = [cohort for cohort, bag in bags.items() if cohort is not None and +bag]
    parts = {part for cohort in cohorts for part in cohort.residues}
    groups = {tuple(cohort for cohort in cohorts if part in cohort.residues) for part in parts} or {()}
    everybody = bags.get(None, Counter())
    return max(accountant.composed(sum((bags[one] for one in group), everybody.copy()), delta) for group in groups)


class _Shared(Generic[T]):
    """Remembers what was derived from a part that many entries share, by the part's identity.

    The part is held, so its id stays its own; parts of entries are never changed.
    """

    def __init__(self, derive: Callable[[Mapping[str, Any]], T]) -> None:
        self._derive = derive
        self._known: dict[int, tuple[Mapping[str, Any], T]] = {}

    def __call__(self, part: Mapping[str, Any]) -> T:
        found = self._known.get(id(part))
        return found[1] if found else self._anew(part)

    def _anew(self, part: Mapping[str, Any]) -> T:
        if len(self._known) >= _MOST_SHARED:
            self._known.clear()
        derived = self._derive(part)
        self._known[id(part)] = (part, derived)
        return derived


_MOST_SHARED: Final = 4096
_one_of_equal = lru_cache(maxsize=_MOST_SHARED)(lambda mechanism: mechanism)  # so that `is` finds most equal ones
_mechanism: _Shared[Mechanism] = _Shared(lambda part: _one_of_equal(Mechanism.from_document(part)))


def mechanism_of(body: Mapping[str, Any]) -> Mechanism:
    """The mechanism an entry's body names.

    Raises:
        Rejected: it is not one.
    """
    return _mechanism(body["mechanism"])


@dataclass(frozen=True, eq=False, slots=True)
class Terms:
    """What a spend claims, apart from its id and its data set: sound in itself, and the same in many entries.

    Attributes:
        parts: the parts of the entry it was read from.
        most_units: the largest data set for which its delta is below 1/n.
    """

    parts: tuple[Any, ...]
    mechanism: Mechanism
    cohort: Cohort | None
    most_units: int


_terms: dict[int, Terms] = {}  # by the identity of their mechanism's document, which they hold


def _terms_of(entry: LedgerEntry, index: int) -> Terms:
    body = entry.body
    parts = (body["mechanism"], body["price"], body["cohort"], body["epsilon"], body["delta"])
    found = _terms.get(id(parts[0]))
    if found is None or found.parts != parts:
        if len(_terms) >= _MOST_SHARED:
            _terms.clear()
        found = _terms[id(parts[0])] = _terms_anew(entry, index, parts)
    return found


def _terms_anew(entry: LedgerEntry, index: int, parts: tuple[Any, ...]) -> Terms:
    mechanism, cohort = mechanism_of(entry.body), Cohort.from_document(entry.body["cohort"])
    epsilon, delta = Decimal(entry.body["epsilon"]), Decimal(entry.body["delta"])
    _check_bounds(index, epsilon, delta, 0)
    what = _wrong_claim(mechanism, epsilon, delta, accountant.AccountedPrice.from_document(entry.body["price"], delta))
    if what:
        raise WrongPrice(f"entry {index}", what, "Price it again and claim at least that, rounded up")
    return Terms(parts, mechanism, cohort, most_units(delta))


def most_units(delta: Decimal) -> int:
    """The largest n for which delta is below 1/n, exactly.

    >>> most_units(Decimal("0.001")), most_units(Decimal("0.3"))
    (999, 3)
    """
    numerator, denominator = delta.as_integer_ratio()
    return (denominator - 1) // numerator


@dataclass
class Account:
    """One population's budget as the entries so far leave it; only `LedgerState` changes it."""

    opened: LedgerEntry
    cap: Decimal
    delta: Decimal
    period: str
    approvers: dict[bytes, NoteVerifier]
    most_units: int
    bags: Bags = field(default_factory=dict)
    past: Bags = field(default_factory=dict)  # of the periods before
    partition: tuple[str, int] | None = None
    states: Counter[str] = field(default_factory=Counter)
    since: int = 0
    added: list[tuple[int, Cohort | None, Mechanism]] = field(default_factory=list)
    composed: Decimal | None = None  # of `bags`, once somebody asked

    def spent(self) -> Decimal:
        """The composed epsilon of the period."""
        if self.composed is None:
            self.composed = worst_case_epsilon(self.bags, self.delta)
        return self.composed

    def with_one_more(self, cohort: Cohort | None, mechanism: Mechanism) -> Decimal:
        """The composed epsilon if this were spent too."""
        bags: dict[Cohort | None, Counter[Mechanism]] = {**self.bags}
        bags[cohort] = self.bags.get(cohort, Counter()) + Counter([mechanism])
        return worst_case_epsilon(bags, self.delta)

    def count(self, spend: SpendRecord, by: int) -> None:
        """Count a spend's mechanism once more or once less."""
        bags = self.bags if spend.period == self.period else self.past
        bag = bags.get(spend.cohort)
        if bag is None:
            bag = bags[spend.cohort] = Counter()
        bag[spend.mechanism] += by
        self.composed = None

    def lifetime(self) -> Bags:
        """What was counted over all periods."""
        bags = {cohort: Counter(bag) for cohort, bag in self.past.items()}
        for cohort, bag in self.bags.items():
            bags.setdefault(cohort, Counter()).update(bag)
        return bags

    def peak(self, until: int) -> BudgetInterval:
        """The stretch that ends before entry `until`."""
        bags = {cohort: +bag for cohort, bag in self.bags.items()}
        population = self.opened.population
        return BudgetInterval(population, self.since, until, self.cap, self.delta, bags, tuple(self.added))

    def begin_stretch(self, index: int) -> None:
        """From here on the epsilon only grows again."""
        self.since, self.added, self.composed = index, [], None


@dataclass(frozen=True)
class LedgerKey:
    """A key of the ledger and the first tree size whose checkpoint it signs."""

    verifier: NoteVerifier
    since: int


class LedgerState:
    """Replays entries in order; `judge` refuses one that may not follow, and otherwise says how to count it."""

    def __init__(self) -> None:
        """Begin before the first entry."""
        self.size = 0
        self.origin = ""
        self.keys: list[LedgerKey] = []
        self.witnesses: dict[bytes, NoteVerifier] = {}
        self.accounts: dict[str, Account] = {}
        self.spends: dict[str, SpendRecord] = {}
        self.priced: dict[Terms, LedgerEntry] = {}  # the first entry on each terms
        self.public: dict[str, int] = {}
        self.peaks: list[BudgetInterval] = []
        self.witnessed: dict[bytes, tuple[NoteVerifier, int | None]] = {}  # every witness ever, and when it was revoked
        self._statements: set[str] = set()
        self._many: dict[EntryType, Callable[[LedgerEntry, int, str, str, int], Effect]] = {
            EntryType.RESERVE: self._spend,
            EntryType.EVALUATE: self._spend,
            EntryType.COMMIT: self._commit,
            EntryType.EXPIRE: self._expire,
        }
        self._rules: dict[EntryType, Callable[[LedgerEntry], Effect]] = {
            EntryType.INIT: self._init,
            **dict.fromkeys(self._many, self._one_of_many),
            EntryType.RELEASE: self._release,
            EntryType.RAISE: self._raise,
            EntryType.RESET: self._reset,
            EntryType.PUBLIC: self._public,
            EntryType.KEY: self._key,
        }

    def judge(self, entry: LedgerEntry) -> Effect:
        """Check one entry against all before it, but for its price; the effect counts it.

        Raises:
            Refused: it may not follow.
            Rejected: it names a mechanism that does not exist.
        """
        return partial(self._count, self._effect(entry))

    def take(self, like: LedgerEntry, index: int, at: str, spend_id: str, units: int) -> None:
        """Check one entry and count it at once, told by one it is like (`entry.Likeness`): for those who only replay.

        Raises:
            Refused: it may not follow.
            Rejected: it names a mechanism that does not exist.
        """
        rule = self._many.get(like.kind) if self.size else None
        effect = rule(like, index, at, spend_id, units) if rule else self._effect(like)
        effect()
        self.size += 1

    def _effect(self, entry: LedgerEntry) -> Effect:
        if self.size == 0 and (entry.kind is not EntryType.KEY or entry.population != EVERYBODY):
            raise UnknownLedgerKey(f"entry {entry.index}", "a ledger begins with its own key", "Open it with `init`")
        return self._rules[entry.kind](entry)

    def _count(self, effect: Effect) -> None:
        effect()
        self.size += 1

    def account(self, population: str) -> Account:
        """The budget of a population.

        Raises:
            UnknownPopulation: none was opened.
        """
        if population not in self.accounts:
            known = ", ".join(sorted(self.accounts)) or "none yet"
            remedy = f"Open one with `proffer privacy init`, or name one of: {known}"
            raise UnknownPopulation(population, "has no privacy budget", remedy)
        return self.accounts[population]

    def balance(self, population: str) -> Balance:
        """What is left for a population.

        Raises:
            UnknownPopulation: no budget was opened for it.
        """
        account = self.account(population)
        opened = account.opened.body
        return Balance(
            population,
            opened["unit"],
            opened["relation"],
            account.period,
            account.cap,
            account.delta,
            account.spent(),
            worst_case_epsilon(account.lifetime(), account.delta),
            {state: account.states[state] for state in (RESERVED, COMMITTED, EXPIRED, RELEASED)},
        )

    def afford(self, entry: LedgerEntry) -> Decimal:
        """The composed epsilon after a reserve or evaluate entry.

        Raises:
            Exhausted: it would pass the cap.
        """
        account = self.account(entry.population)
        before = account.spent()
        after = account.with_one_more(Cohort.from_document(entry.body["cohort"]), mechanism_of(entry.body))
        if after > account.cap:
            raise Exhausted(entry.population, after - before, max(account.cap - before, Decimal(0)))
        return after

    def last_peaks(self) -> list[BudgetInterval]:
        """Every stretch to hold against its cap, those that still run included."""
        return [*self.peaks, *(account.peak(self.size) for account in self.accounts.values())]

    def key_at(self, size: int) -> NoteVerifier:
        """The ledger key that signs the checkpoint of this size.

        Raises:
            UnknownLedgerKey: there was none yet.
        """
        found = [key.verifier for key in self.keys if key.since <= size]
        if not found:
            raise UnknownLedgerKey("checkpoint", f"no key signs a tree of size {size}", "Export the bundle again")
        return found[-1]

    def spend(self, spend_id: str) -> SpendRecord:
        """A spend by its id.

        Raises:
            UnknownSpend: there is none.
        """
        if spend_id not in self.spends:
            raise UnknownSpend(spend_id, "is the id of no spend", "See `proffer privacy status` for the open ones")
        return self.spends[spend_id]

    # --- kinds ---------------------------------------------------------------------------------------------------

    def _init(self, entry: LedgerEntry) -> Effect:
        body = entry.body
        if entry.population in self.accounts:
            remedy = "Use it; `raise` and `reset` change it, each with two approvers' signatures"
            raise AlreadyOpen(entry.population, "has a budget already", remedy)
        if entry.population == EVERYBODY:
            raise UnknownPopulation(EVERYBODY, "is no population", "Name one")
        cap, delta = Decimal(body["epsilon"]), Decimal(body["delta"])
        _check_bounds(entry.index, cap, delta, body["units"])
        approvers = _approvers(entry, body["approvers"], {key.verifier.public for key in self.keys})

        def open_account() -> None:
            account = Account(entry, cap, delta, body["period"], approvers, most_units(delta))
            account.begin_stretch(entry.index)
            self.accounts[entry.population] = account

        return open_account

    def _one_of_many(self, entry: LedgerEntry) -> Effect:
        rows = entry.body.get("dataset", {"units": 0})
        return self._many[entry.kind](entry, entry.index, entry.at, entry.body["spend"], rows["units"])

    def _spend(self, like: LedgerEntry, index: int, at: str, spend_id: str, units: int) -> Effect:
        account = self.account(like.population)
        if spend_id in self.spends:
            raise Conflict(spend_id, "is the id of another spend", "Give each run an id of its own")
        terms = _terms_of(like, index)
        if units > terms.most_units or units > account.most_units:
            raise _too_many(index, min(terms.most_units, account.most_units), units)
        cohort = terms.cohort
        if cohort is not None and account.partition not in (None, (cohort.salt, cohort.modulus)):
            what = f"divides people otherwise than the cohorts before it ({account.partition})"
            raise NotDisjoint(f"entry {index}", what, "Use the same salt and modulus, or spend on everybody")
        state = COMMITTED if like.kind is _EVALUATE else RESERVED
        spend = SpendRecord(spend_id, index, at, like.population, terms.mechanism, cohort, account.period, state)
        return partial(self._count_spend, like, account, terms, spend)

    def _count_spend(self, like: LedgerEntry, account: Account, terms: Terms, spend: SpendRecord) -> None:
        cohort = terms.cohort
        if cohort is not None:
            account.partition = (cohort.salt, cohort.modulus)
        account.count(spend, 1)
        account.added.append((spend.index, cohort, terms.mechanism))
        account.states[spend.state] += 1
        self.spends[spend.id] = spend
        if terms not in self.priced:
            self.priced[terms] = like._replace(index=spend.index)

    def _commit(self, like: LedgerEntry, index: int, at: str, spend_id: str, units: int) -> Effect:  # noqa: ARG002 - as `_spend`
        spend, mechanism = self._open(like.population, (RESERVED,), spend_id), mechanism_of(like.body)
        if mechanism is spend.mechanism or mechanism == spend.mechanism:
            return partial(self._settle, spend, COMMITTED)
        if not mechanism.at_most(spend.mechanism):
            what = "ran something that is not at most what was reserved"
            raise TooMuch(spend.id, what, "Count it as it was reserved, and reserve the rest apart")

        def exchange() -> None:
            account = self._cut(spend.population, index)
            account.count(spend, -1)
            spend.mechanism = mechanism
            account.count(spend, 1)
            self._settle(spend, COMMITTED)

        return exchange

    def _expire(self, like: LedgerEntry, index: int, at: str, spend_id: str, units: int) -> Effect:  # noqa: ARG002 - as `_spend`
        return partial(self._settle, self._open(like.population, (RESERVED,), spend_id), EXPIRED)

    def _release(self, entry: LedgerEntry) -> Effect:
        what = entry.body["statement"]["what"]
        spend = self._open(entry.population, (RESERVED, EXPIRED), what["spend"])
        self._approved(entry)

        def give_back() -> None:
            self._cut(entry.population, entry.index).count(spend, -1)
            self._settle(spend, RELEASED)
            self._statements.add(entry.body["statement"]["id"])

        return give_back

    def _raise(self, entry: LedgerEntry) -> Effect:
        account, what = self.account(entry.population), entry.body["statement"]["what"]
        cap = Decimal(what["epsilon"])
        _check_bounds(entry.index, cap, account.delta, 0)
        if cap <= account.cap:
            remedy = f"Raise it above {text_of(account.cap)}; a cap is never lowered under what was promised before"
            raise Refused(entry.population, f"{text_of(cap)} does not raise the cap", remedy)
        self._approved(entry)

        def change() -> None:
            self._cut(entry.population, entry.index).cap = cap
            self._statements.add(entry.body["statement"]["id"])

        return change

    def _reset(self, entry: LedgerEntry) -> Effect:
        account, what = self.account(entry.population), entry.body["statement"]["what"]
        cap = Decimal(what["epsilon"])
        _check_bounds(entry.index, cap, account.delta, 0)
        if what["period"] <= account.period:
            remedy = f"Name a period that sorts after {account.period!r}; no clock opens one, only two approvers do"
            raise PeriodReopened(entry.population, f"the period {what['period']!r} has been or is passed", remedy)
        self._approved(entry)

        def begin() -> None:
            self._cut(entry.population, entry.index)
            account.past = account.lifetime()
            account.cap, account.period, account.bags = cap, what["period"], {}
            self._statements.add(entry.body["statement"]["id"])

        return begin

    def _public(self, entry: LedgerEntry) -> Effect:
        self._approved(entry)

        def mark() -> None:
            self.public[entry.body["statement"]["what"]["fingerprint"]] = entry.index
            self._statements.add(entry.body["statement"]["id"])

        return mark

    def _key(self, entry: LedgerEntry) -> Effect:
        what = entry.body["statement"]["what"]
        effect = self._ledger_key(entry) if what["role"] == "ledger" else self._other_key(entry)

        def change() -> None:
            effect()
            self._statements.add(entry.body["statement"]["id"])

        return change

    def _ledger_key(self, entry: LedgerEntry) -> Effect:
        statement = entry.body["statement"]
        new = _verifier(statement["what"]["key"], entry)
        change = statement["what"]["change"]
        if entry.population != EVERYBODY or change != ("rotate" if self.keys else "begin"):
            raise UnknownLedgerKey(f"entry {entry.index}", f"cannot {change} a ledger key here", "Use `rotate`")
        if any(key.verifier.public == new.public for key in self.keys) or self._holds_approver(new):
            raise UnknownLedgerKey(f"entry {entry.index}", "names a key that was in use before", "Make a new key")
        signing = [self.keys[-1].verifier, new] if self.keys else [new]
        self._signed(entry, statement, signing, len(signing), self.origin or statement["ledger"])

        def take() -> None:
            self.origin = statement["ledger"]
            self.keys.append(LedgerKey(new, entry.index + 1))

        return take

    def _holds_approver(self, key: NoteVerifier) -> bool:
        return any(key.public in account.approvers for account in self.accounts.values())

    def _other_key(self, entry: LedgerEntry) -> Effect:
        what, account = entry.body["statement"]["what"], self.account(entry.population)
        key = _verifier(what["key"], entry)
        held: dict[bytes, NoteVerifier] = account.approvers if what["role"] == "approver" else self.witnesses
        if (what["change"] == "enrol") == (key.public in held) or what["change"] not in ("enrol", "revoke"):
            raise UnknownLedgerKey(f"entry {entry.index}", f"cannot {what['change']} this key", "See `status`")
        if what["role"] == "approver":
            if any(one.verifier.public == key.public for one in self.keys):
                raise NotApproved(f"entry {entry.index}", "the ledger's own key cannot approve", "Enrol a person's key")
            if what["change"] == "revoke" and len(account.approvers) <= TWO:
                raise NotApproved(f"entry {entry.index}", "would leave fewer than two approvers", "Enrol another first")
        self._approved(entry)
        revoked = None if what["change"] == "enrol" else entry.index

        def change() -> None:
            if revoked is None:
                held[key.public] = key
            else:
                del held[key.public]
            if what["role"] == "witness":
                self.witnessed[key.id] = (key, revoked)

        return change

    # --- shared --------------------------------------------------------------------------------------------------

    def _open(self, population: str, states: Sequence[str], spend_id: str) -> SpendRecord:
        spend = self.spend(spend_id)
        if spend.population != population:
            raise UnknownSpend(spend.id, f"is not a spend of {population}", "Name its own population")
        if spend.state not in states:
            raise NotOpen(spend.id, f"is {spend.state} already", "A settled spend stays as it is")
        return spend

    def _settle(self, spend: SpendRecord, state: str) -> None:
        account = self.accounts[spend.population]
        account.states[spend.state] -= 1
        account.states[state] += 1
        spend.state = state

    def _cut(self, population: str, index: int) -> Account:
        account = self.accounts[population]
        if account.added:
            self.peaks.append(account.peak(index))
        account.begin_stretch(index)
        return account

    def _approved(self, entry: LedgerEntry) -> None:
        account = self.account(entry.population)
        self._signed(entry, entry.body["statement"], list(account.approvers.values()), TWO, self.origin)

    def _signed(
        self, entry: LedgerEntry, statement: Mapping[str, Any], trusted: Sequence[NoteVerifier], least: int, origin: str
    ) -> None:
        where = f"entry {entry.index}"
        about = (statement["ledger"], statement["kind"], statement["population"])
        if about != (origin, str(entry.kind), entry.population):
            raise NotApproved(where, "what was signed is about something else", "Draft and sign it anew")
        if statement["id"] in self._statements:
            raise NotApproved(where, "these signatures were used before", "Draft and sign it anew")
        signers = signers_of(statement, entry.body["signatures"], trusted, where)
        if len(signers) < least:
            what = f"needs the signatures of {least} distinct enrolled keys and has {len(signers)}"
            raise NotApproved(where, what, "Have another approver sign the same draft with `proffer privacy approve`")


def signers_of(
    statement: Mapping[str, Any], lines: Sequence[str], trusted: Sequence[NoteVerifier], where: str
) -> tuple[NoteVerifier, ...]:
    """The distinct trusted keys whose signatures stand under a statement.

    Raises:
        NotApproved: a signature does not hold, or is by a key that is not enrolled or was revoked.
    """
    text = statement_text(statement)
    found: dict[bytes, NoteVerifier] = {}
    for line in lines:
        try:
            signature = Signature.parse(line)
        except BadNote as failure:
            raise NotApproved(where, str(failure), "Sign the draft again") from None
        match = next((one for one in trusted if signature.by(one)), None)
        if match is None:
            what = f"the signature of {signature.name} is by a key that is not enrolled, or was revoked"
            raise NotApproved(where, what, "Have an enrolled approver sign")
        if not match.holds(text, signature.content):
            raise NotApproved(where, f"the signature of {match.name} does not hold", "Sign the draft again")
        found[match.public] = match
    return tuple(found.values())


def statement_text(statement: Mapping[str, Any]) -> str:
    """What approvers sign: the statement's canonical JSON and a newline."""
    return canonical(dict(statement)).decode() + "\n"


def _verifier(text: str, entry: LedgerEntry) -> NoteVerifier:
    try:
        return NoteVerifier.parse(text)
    except BadNote as failure:
        raise UnknownLedgerKey(f"entry {entry.index}", str(failure), "Give a vkey as `privacy key` writes it") from None


def _approvers(entry: LedgerEntry, texts: Sequence[str], own: set[bytes]) -> dict[bytes, NoteVerifier]:
    found = [_verifier(text, entry) for text in texts]
    where = f"entry {entry.index}"
    if len({one.public for one in found}) < len(found) or len({one.name for one in found}) < len(found):
        raise NotApproved(where, "names an approver twice", "Give two or more different people's keys and names")
    if any(one.public in own for one in found):
        raise NotApproved(where, "the ledger's own key cannot approve", "Give keys that this process does not hold")
    return {one.public: one for one in found}


def _check_bounds(index: int, cap: Decimal, delta: Decimal, units: int) -> None:
    if not (0 < cap <= MOST_EPSILON and 0 < delta < 1):
        what = "has an epsilon or delta that is no budget"
        raise Refused(f"entry {index}", what, "Give epsilon above 0 and a small delta")
    if units > most_units(delta):
        raise _too_many(index, most_units(delta), units)


def _too_many(index: int, most: int, units: int) -> Refused:
    what = f"has a delta that is not below 1/n for n = {units}: it is meant for at most {most}"
    return Refused(f"entry {index}", what, "Open a budget with a smaller delta for a population of this size")


def _wrong_claim(mechanism: Mechanism, epsilon: Decimal, delta: Decimal, price: accountant.AccountedPrice) -> str:
    """What is wrong with a claim of `epsilon` at `delta` for a mechanism of this price; nothing where nothing is."""
    if mechanism.gaussian_runs() is not None and (price.prv is None or price.pld is None):
        return "is Gaussian training without the prices of both accountants"
    if mechanism.kind == "declared" and mechanism.declared()[1] > delta:
        return "claims a smaller delta than the mechanism promises"
    accountant.check_agreement(price)
    if price.epsilon > epsilon:
        return f"claims epsilon {text_of(epsilon)} for what costs {_plain(price.epsilon)}"
    return ""


def claim_of(price: accountant.AccountedPrice) -> Decimal:
    """The smallest epsilon that may be claimed for a price, to six places."""
    return price.epsilon.quantize(accountant.PLACES, ROUND_CEILING)
