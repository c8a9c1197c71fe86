"""The rules of the ledger: which entry may follow, and the change it makes; pure, for the writer and the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import Final, assert_never

from msgspec import UNSET

from privacy.accounting import accountant
from privacy.accounting.amount import text_of
from privacy.accounting.mechanism import Mechanism
from privacy.budget import most_units
from privacy.cohort import Cohort
from privacy.ledger.approval import check_approved, other_statement
from privacy.ledger.asked import audited, check_asked, counted_before, reads_first
from privacy.ledger.authority import (
    check_bounds,
    check_date,
    exact_fit,
    key_changed,
    made_public,
    opened_at_once,
    opened_by_roots,
    too_many,
)
from privacy.ledger.change import (
    COMMITTED,
    EXPIRED,
    RELEASED,
    RESERVED,
    CapRaised,
    Change,
    PeriodBegun,
    RecordsSealed,
    Settled,
    SpendRecord,
    Spent,
    UnitsFixed,
)
from privacy.ledger.dataset import NO_SKETCH, NOBODY
from privacy.ledger.entry import (
    AnyEntry,
    AuditEntry,
    CommitEntry,
    EvaluateEntry,
    ExactEntry,
    ExpireEntry,
    InitEntry,
    KeyEntry,
    OpenEntry,
    PublicEntry,
    RaiseEntry,
    RecordsEntry,
    ReleaseEntry,
    ReserveEntry,
    ResetEntry,
    SpendEntry,
    UnitsEntry,
)
from privacy.ledger.rule_versions import FIXED, ROLLS, UNCOUNTED, WAYS
from privacy.ledger.size_limits import check_size
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import (
    EVERYBODY,
    AnyMechanism,
    CohortTerms,
    EntryType,
    PriceTerms,
    RaiseStatement,
    ReleaseStatement,
    ResetStatement,
    document_of,
    is_synthetic,
)
from privacy.refusal import (
    KnownPeople,
    NotDisjoint,
    NotOpen,
    NotTheirs,
    PeriodReopened,
    Refused,
    TooMuch,
    UnknownLedgerKey,
    UnknownSpend,
    WrongPrice,
    amount_text,
)


def decide(state: LedgerState, entry: AnyEntry) -> Change:  # one for each kind
    """Check one entry against all before it; return its change, which the caller applies or drops.

    Prices are not computed again: `verify` does that, once for each distinct mechanism.

    Raises:
        Refused: it may not follow.
        Rejected: it names an invalid mechanism, or its accountants disagree.
    """
    check_size(state, entry.index)
    if state.size == 0 and (entry.kind is not EntryType.KEY or entry.population != EVERYBODY):
        raise UnknownLedgerKey(f"entry {entry.index}", "a ledger begins with its own key", "Open it with `init`")
    if entry.version < state.version or (entry.version == 1 and entry.kind in (EntryType.OPEN, EntryType.EXACT)):
        what = "is written by the rules of an earlier version"
        raise Refused(f"entry {entry.index}", what, "A ledger goes on by the rules that its last entry obeys")
    check_date(state, entry)
    match entry:
        case ReserveEntry() | EvaluateEntry():
            return _spend(state, entry)
        case CommitEntry():
            return _commit(state, entry)
        case ExpireEntry():
            spend = _open(state, entry.population, (RESERVED,), entry.body.spend)
            return Settled(entry.index, spend.id, EXPIRED, spend.mechanism)
        case InitEntry():
            return opened_at_once(state, entry)
        case OpenEntry():
            return opened_by_roots(state, entry)
        case ExactEntry():
            return exact_fit(state, entry)
        case ReleaseEntry():
            return _release(state, entry)
        case RaiseEntry():
            return _raise(state, entry)
        case ResetEntry():
            return _reset(state, entry)
        case PublicEntry():
            return made_public(state, entry)
        case KeyEntry():
            return key_changed(state, entry)
        case AuditEntry():
            return audited(entry)
        case UnitsEntry():
            return _units(state, entry)
        case RecordsEntry():
            return _records(state, entry)
        case _:
            assert_never(entry)


# --- budgets and spends ----------------------------------------------------------------------------------------------


def _spend(state: LedgerState, entry: SpendEntry) -> Spent:
    body, index, budget = entry.body, entry.index, state.budget(entry.population)
    state.check_new(body.spend)
    mechanism, price = read_claim(body.mechanism, body.price, body.epsilon, body.delta)
    most = min(most_units(price.delta), most_units(budget.delta))
    if body.dataset.units > most:
        raise too_many(index, most, body.dataset.units)
    by = _way(entry)
    _check_roll(entry, budget.opened.unit, by)
    if entry.version > 1 and is_synthetic(entry.population) and body.dataset.sketch != NO_SKETCH:
        what = "is a budget of synthetic people, and the entry claims people who may be real"
        raise KnownPeople(entry.population, what, "Spend from the population that they belong to")
    check_asked(state, entry)
    cohort = _cohort(state, entry)
    check_size(state, index, state.growth(entry.population, cohort, mechanism, price, entry.version))
    spent = COMMITTED if isinstance(entry, EvaluateEntry) else RESERVED
    first = by == "gate" and entry.version >= FIXED and reads_first(body)
    stage = "" if body.run is UNSET else body.run.stage or ""
    spend = SpendRecord(
        body.spend, index, entry.at, entry.population, mechanism, cohort, budget.period, spent, by, first, stage,
        counted_before(state, entry, by),
    )  # fmt: skip
    return Spent(spend, price)


def _cohort(state: LedgerState, entry: SpendEntry) -> Cohort | None:
    """The cohort of a spend, where it is disjoint from those before it.

    From version 4 a household has none, since its members may be of different parts, and nobody is in none.

    Raises:
        NotDisjoint: nothing shows that it is.
    """
    cohort, budget, where = cohort_of(entry.body.cohort), state.budget(entry.population), f"entry {entry.index}"
    if cohort is None:
        return None
    if budget.partition not in (None, (cohort.salt, cohort.modulus)):
        what = f"divides people in another way than the cohorts before it ({budget.partition})"
        raise NotDisjoint(where, what, "Use the same salt and modulus, or spend on everybody")
    if entry.version >= WAYS and budget.opened.unit == "household":
        what = "names a cohort of people where households are protected: one household may be in two"
        raise NotDisjoint(where, what, "Spend on everybody")
    if entry.version >= WAYS and entry.body.dataset.sketch == NO_SKETCH and not is_synthetic(entry.population):
        what = "names a cohort and no people: nothing shows that who is read belongs to it"
        raise NotDisjoint(where, what, "Reserve it with its people, each of whom is checked, or spend on everybody")
    return cohort


def _records(state: LedgerState, entry: RecordsEntry) -> RecordsSealed:
    """Fix what was on record by the end of a day; it is about the service and no population, and changes no balance.

    Raises:
        Refused: it is of an earlier version, of a population, of no day, not of a later day than the last one, or from
            version 5 says how many decisions there are.
    """
    try:
        date.fromisoformat(entry.body.day)
        counted = entry.body.decisions is not UNSET
        known = entry.version >= WAYS and entry.population == EVERYBODY and counted == (entry.version < UNCOUNTED)
    except ValueError:
        known = False
    if not known:
        what = "fixes no records as this version writes it"
        remedy = "Records are of the whole ledger and of a day, from version 4, and from version 5 of no number"
        raise Refused(f"entry {entry.index}", what, remedy)
    if entry.body.day <= state.sealed:
        what = f"fixes the records of {entry.body.day}, and those of {state.sealed} were fixed before"
        raise Refused(f"entry {entry.index}", what, "A day is fixed once, in the order of days")
    return RecordsSealed(entry.index, entry.body.day)


def _way(entry: SpendEntry | CommitEntry) -> str:
    """How an entry says that it came: it must from version 4 on, and may not before."""
    run = entry.body if isinstance(entry, CommitEntry) else entry.body.run
    by = UNSET if run is UNSET else run.by
    if (by is not UNSET) != (entry.version >= WAYS):
        raise Refused(
            f"entry {entry.index}", "does not say by whom it comes, or does so before version 4", "Write it anew"
        )
    return "" if by is UNSET else by


def _check_roll(entry: SpendEntry, unit: str, by: str) -> None:
    """Accept, from version 3, only spends that say by which roll the households of their people are fixed.

    From version 4 that is said of runs alone: what is reserved otherwise is read by no roll, and says so.
    """
    dataset = entry.body.dataset
    if (dataset.roll is not UNSET) != (entry.version >= ROLLS):
        what = "does not say by which roll its units are fixed, or does so before version 3"
        raise Refused(f"entry {entry.index}", what, "Write it anew")
    if entry.version >= WAYS and by != "gate":
        if dataset.roll != NOBODY:
            what = "names a roll that no run reads: its households are kept by who runs it"
            raise Refused(f"entry {entry.index}", what, "Write it anew")
        return
    if unit == "household" and dataset.sketch != NO_SKETCH and dataset.roll == NOBODY:
        what = "claims people whose households are fixed by no roll: one that grows is protected less than is said"
        raise Refused(f"entry {entry.index}", what, "Reserve it through the ledger, which keeps the roll")


@lru_cache(maxsize=4096)
def read_claim(
    mechanism: AnyMechanism, price: PriceTerms, epsilon: str, delta: str
) -> tuple[Mechanism, accountant.AccountedPrice]:
    """Read what a spend claims; a claim that many spends share is judged once.

    Raises:
        WrongPrice, Refused: the claim is below the price, or out of range.
        Rejected: the mechanism is invalid, or its accountants disagree.
    """
    read, claimed = mechanism_of(mechanism), Decimal(epsilon)
    pld, prv, rdp = (None if text is None else Decimal(text) for text in (price.pld, price.prv, price.rdp))
    recorded = accountant.AccountedPrice(pld, prv, rdp, Decimal(delta))
    check_bounds("claim", claimed, recorded.delta)
    what = _wrong_claim(read, claimed, recorded)
    if what:
        raise WrongPrice("claim", what, "Price it again and claim at least that, rounded up")
    return read, recorded


@lru_cache(maxsize=4096)
def mechanism_of(terms: AnyMechanism) -> Mechanism:
    """The mechanism that an entry names.

    Raises:
        Rejected: a number in it is out of range, or it is nested too deep.
    """
    return Mechanism.from_document(document_of(terms))


def _wrong_claim(mechanism: Mechanism, epsilon: Decimal, price: accountant.AccountedPrice) -> str:
    """What is wrong with a claim of `epsilon` for a mechanism of this price; empty if nothing is."""
    if (price.prv is None or price.pld is None) and mechanism.gaussian_runs() is not None:
        return "is Gaussian training without the prices of both accountants"
    if mechanism.kind == "declared" and mechanism.declared()[1] > price.delta:
        return "claims a smaller delta than the mechanism promises"
    accountant.check_agreement(price)
    if price.epsilon > epsilon:
        return f"claims epsilon {text_of(epsilon)} for a price of {amount_text(price.epsilon)}"
    return ""


def _commit(state: LedgerState, entry: CommitEntry) -> Settled:
    spend = _open(state, entry.population, (RESERVED,), entry.body.spend)
    by, mechanism = _way(entry), mechanism_of(entry.body.mechanism)
    if spend.by != by and (spend.by or by == "http"):
        what = f"was reserved by {_WAYS[spend.by]}, and is committed by {_WAYS[by]}"
        remedy = "Who reserved it commits it; where that cannot be any more: proffer privacy expire"
        raise NotTheirs(spend.id, what, remedy)
    if spend.reads_first and spend.id not in state.fixed:
        what = "is committed, and no entry fixed the households that its run was to read by"
        raise NotOpen(spend.id, what, "Fix them before rows are read; where the run is over: proffer privacy expire")
    if entry.version > 1:
        return _committed_in_full(entry, spend, mechanism)
    if entry.body.artefact is not UNSET:
        raise Refused(f"entry {entry.index}", "names an artefact, which version 1 does not", "Write it anew")
    if mechanism != spend.mechanism and not mechanism.at_most(spend.mechanism):
        what = "ran a mechanism that is not at most what was reserved"
        raise TooMuch(spend.id, what, "Count it as it was reserved, and reserve the rest separately")
    return Settled(entry.index, spend.id, COMMITTED, mechanism)


def _committed_in_full(entry: CommitEntry, spend: SpendRecord, ran: Mechanism) -> Settled:
    """Commit a spend at its full price: what was run may be fewer steps of it, and gives nothing back."""
    if entry.body.artefact is UNSET:
        raise Refused(f"entry {entry.index}", "does not say what was released", "Name its sha256, or null")
    if not ran.shortens(spend.mechanism):
        what = "ran another mechanism than was reserved: fewer steps of it are all that may be said"
        raise TooMuch(spend.id, what, "Commit it as it was reserved; only two approvers give a reservation back")
    return Settled(entry.index, spend.id, COMMITTED, spend.mechanism)


_WAYS: Final = {"": "nobody knows", "gate": "a run", "hand": "hand", "http": "a caller over HTTP"}


def _units(state: LedgerState, entry: UnitsEntry) -> UnitsFixed:
    """Fix the households of a run's people, before their rows are read, and so before it is committed.

    Raises:
        Refused: it is of an earlier version, or its spend reads no households.
        NotOpen: the run is over; what would be fixed now was not what it read.
    """
    where, spend = f"entry {entry.index}", _open(state, entry.population, (RESERVED,), entry.body.spend)
    if entry.version < WAYS or spend.by != "gate" or state.budget(entry.population).opened.unit != "household":
        raise Refused(where, "fixes the households of what no run reads", "Reserve it through the gate of a run")
    return UnitsFixed(entry.index, spend.id)


def _open(state: LedgerState, population: str, states: Sequence[str], spend_id: str) -> SpendRecord:
    spend = state.spend(spend_id)
    if spend.population != population:
        raise UnknownSpend(spend.id, f"is not a spend of {population}", "Name its own population")
    if spend.state not in states:
        raise NotOpen(spend.id, f"is {spend.state} already", "A settled spend is final")
    return spend


# --- what two approvers sign -----------------------------------------------------------------------------------------


def _release(state: LedgerState, entry: ReleaseEntry) -> Settled:
    statement = entry.body.statement
    if not isinstance(statement, ReleaseStatement):
        raise other_statement(entry.index)
    spend = _open(state, entry.population, (RESERVED, EXPIRED), statement.what.spend)
    check_size(state, entry.index, state.budget(entry.population).ending())
    check_approved(state, entry)
    return Settled(entry.index, spend.id, RELEASED, spend.mechanism, statement.id)


def _raise(state: LedgerState, entry: RaiseEntry) -> CapRaised:
    statement, budget = entry.body.statement, state.budget(entry.population)
    if not isinstance(statement, RaiseStatement):
        raise other_statement(entry.index)
    cap = Decimal(statement.what.epsilon)
    check_bounds(f"entry {entry.index}", cap, budget.delta)
    if cap <= budget.cap:
        remedy = f"Raise it above {text_of(budget.cap)}; a cap is never lowered below an earlier promise"
        raise Refused(entry.population, f"{text_of(cap)} does not raise the cap", remedy)
    check_size(state, entry.index, budget.ending())
    check_approved(state, entry)
    return CapRaised(entry.index, entry.population, cap, statement.id)


def _reset(state: LedgerState, entry: ResetEntry) -> PeriodBegun:
    statement, budget = entry.body.statement, state.budget(entry.population)
    if not isinstance(statement, ResetStatement):
        raise other_statement(entry.index)
    cap, period = Decimal(statement.what.epsilon), statement.what.period
    check_bounds(f"entry {entry.index}", cap, budget.delta)
    if period <= budget.period:
        remedy = f"Name a period that sorts after {budget.period!r}; no clock opens one, only two approvers do"
        raise PeriodReopened(entry.population, f"the period {period!r} was begun or passed before", remedy)
    check_size(state, entry.index, budget.ending())
    check_approved(state, entry)
    return PeriodBegun(entry.index, entry.population, period, cap, statement.id)


# --- shared ----------------------------------------------------------------------------------------------------------


def cohort_of(terms: CohortTerms | None) -> Cohort | None:
    """The cohort that an entry names; None is the whole population.

    Raises:
        NotDisjoint: it is not a valid set of parts.
    """
    return None if terms is None else Cohort(terms.salt, terms.modulus, tuple(terms.residues))


def claim_of(price: accountant.AccountedPrice) -> Decimal:
    """The smallest epsilon that may be claimed for a price, to six places."""
    return price.epsilon.quantize(accountant.PLACES, ROUND_CEILING)
