"""The rules of the ledger: which entry may follow, and the change it makes; pure, for the writer and the auditor."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from typing import assert_never

from privacy.accounting import accountant
from privacy.accounting.amount import MOST_EPSILON, text_of
from privacy.accounting.mechanism import Mechanism
from privacy.budget import most_units
from privacy.cohort import Cohort
from privacy.ledger.approval import TWO, check_approved, check_signed, read_key
from privacy.ledger.change import (
    COMMITTED,
    EXPIRED,
    RELEASED,
    RESERVED,
    CapRaised,
    Change,
    KeyChanged,
    LedgerKeyChanged,
    MadePublic,
    Opened,
    PeriodBegun,
    Settled,
    SpendRecord,
    Spent,
)
from privacy.ledger.entry import (
    AnyEntry,
    CommitEntry,
    EvaluateEntry,
    ExpireEntry,
    InitEntry,
    KeyEntry,
    PublicEntry,
    RaiseEntry,
    ReleaseEntry,
    ReserveEntry,
    ResetEntry,
    SpendEntry,
)
from privacy.ledger.note import NoteVerifier
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import (
    EVERYBODY,
    AnyMechanism,
    CohortTerms,
    EntryType,
    KeyStatement,
    PriceTerms,
    PublicStatement,
    RaiseStatement,
    ReleaseStatement,
    ResetStatement,
    document_of,
)
from privacy.refusal import (
    AlreadyOpen,
    Conflict,
    NotApproved,
    NotDisjoint,
    NotOpen,
    PeriodReopened,
    Refused,
    TooMuch,
    UnknownLedgerKey,
    UnknownPopulation,
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
    if state.size == 0 and (entry.kind is not EntryType.KEY or entry.population != EVERYBODY):
        raise UnknownLedgerKey(f"entry {entry.index}", "a ledger begins with its own key", "Open it with `init`")
    match entry:
        case ReserveEntry() | EvaluateEntry():
            return _spend(state, entry)
        case CommitEntry():
            return _commit(state, entry)
        case ExpireEntry():
            spend = _open(state, entry.population, (RESERVED,), entry.body.spend)
            return Settled(entry.index, spend.id, EXPIRED, spend.mechanism)
        case InitEntry():
            return _init(state, entry)
        case ReleaseEntry():
            return _release(state, entry)
        case RaiseEntry():
            return _raise(state, entry)
        case ResetEntry():
            return _reset(state, entry)
        case PublicEntry():
            return _public(state, entry)
        case KeyEntry():
            return _key(state, entry)
        case _:
            assert_never(entry)


# --- budgets and spends ----------------------------------------------------------------------------------------------


def _init(state: LedgerState, entry: InitEntry) -> Opened:
    body = entry.body
    if entry.population in state.budgets:
        remedy = "Use it; `raise` and `reset` change it, each with two approvers' signatures"
        raise AlreadyOpen(entry.population, "has a budget already", remedy)
    if entry.population == EVERYBODY:
        raise UnknownPopulation(EVERYBODY, "is not a population", "Name one")
    cap, delta = Decimal(body.epsilon), Decimal(body.delta)
    _check_bounds(f"entry {entry.index}", cap, delta)
    if body.units > most_units(delta):
        raise _too_many(entry.index, most_units(delta), body.units)
    approvers = _approvers(entry, {key.verifier.public for key in state.keys})
    return Opened(entry.index, entry.population, body.unit, body.relation, body.period, cap, delta, approvers)


def _approvers(entry: InitEntry, own: set[bytes]) -> tuple[NoteVerifier, ...]:
    where = f"entry {entry.index}"
    found = tuple(read_key(text, where) for text in entry.body.approvers)
    if len({one.public for one in found}) < len(found) or len({one.name for one in found}) < len(found):
        raise NotApproved(where, "names an approver twice", "Give two or more different people's keys and names")
    if any(one.public in own for one in found):
        raise NotApproved(where, "the ledger's own key cannot approve", "Give keys that this process does not hold")
    return found


def _spend(state: LedgerState, entry: SpendEntry) -> Spent:
    body, index, budget = entry.body, entry.index, state.budget(entry.population)
    if body.spend in state.spends:
        raise Conflict(body.spend, "is the id of another spend", "Give each run an id of its own")
    mechanism, price = read_claim(body.mechanism, body.price, body.epsilon, body.delta)
    most = min(most_units(price.delta), most_units(budget.delta))
    if body.dataset.units > most:
        raise _too_many(index, most, body.dataset.units)
    cohort = cohort_of(body.cohort)
    if cohort is not None and budget.partition not in (None, (cohort.salt, cohort.modulus)):
        what = f"divides people in another way than the cohorts before it ({budget.partition})"
        raise NotDisjoint(f"entry {index}", what, "Use the same salt and modulus, or spend on everybody")
    spent = COMMITTED if isinstance(entry, EvaluateEntry) else RESERVED
    spend = SpendRecord(body.spend, index, entry.at, entry.population, mechanism, cohort, budget.period, spent)
    return Spent(spend, price)


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
    _check_bounds("claim", claimed, recorded.delta)
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
    mechanism = mechanism_of(entry.body.mechanism)
    if mechanism != spend.mechanism and not mechanism.at_most(spend.mechanism):
        what = "ran a mechanism that is not at most what was reserved"
        raise TooMuch(spend.id, what, "Count it as it was reserved, and reserve the rest separately")
    return Settled(entry.index, spend.id, COMMITTED, mechanism)


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
        raise _other_statement(entry.index)
    spend = _open(state, entry.population, (RESERVED, EXPIRED), statement.what.spend)
    check_approved(state, entry)
    return Settled(entry.index, spend.id, RELEASED, spend.mechanism, statement.id)


def _raise(state: LedgerState, entry: RaiseEntry) -> CapRaised:
    statement, budget = entry.body.statement, state.budget(entry.population)
    if not isinstance(statement, RaiseStatement):
        raise _other_statement(entry.index)
    cap = Decimal(statement.what.epsilon)
    _check_bounds(f"entry {entry.index}", cap, budget.delta)
    if cap <= budget.cap:
        remedy = f"Raise it above {text_of(budget.cap)}; a cap is never lowered below an earlier promise"
        raise Refused(entry.population, f"{text_of(cap)} does not raise the cap", remedy)
    check_approved(state, entry)
    return CapRaised(entry.index, entry.population, cap, statement.id)


def _reset(state: LedgerState, entry: ResetEntry) -> PeriodBegun:
    statement, budget = entry.body.statement, state.budget(entry.population)
    if not isinstance(statement, ResetStatement):
        raise _other_statement(entry.index)
    cap, period = Decimal(statement.what.epsilon), statement.what.period
    _check_bounds(f"entry {entry.index}", cap, budget.delta)
    if period <= budget.period:
        remedy = f"Name a period that sorts after {budget.period!r}; no clock opens one, only two approvers do"
        raise PeriodReopened(entry.population, f"the period {period!r} was begun or passed before", remedy)
    check_approved(state, entry)
    return PeriodBegun(entry.index, entry.population, period, cap, statement.id)


def _public(state: LedgerState, entry: PublicEntry) -> MadePublic:
    statement = entry.body.statement
    if not isinstance(statement, PublicStatement):
        raise _other_statement(entry.index)
    check_approved(state, entry)
    return MadePublic(entry.index, statement.what.fingerprint, statement.id)


def _key(state: LedgerState, entry: KeyEntry) -> LedgerKeyChanged | KeyChanged:
    statement = entry.body.statement
    if not isinstance(statement, KeyStatement):
        raise _other_statement(entry.index)
    if statement.what.role == "ledger":
        return _ledger_key(state, entry, statement)
    return _other_key(state, entry, statement)


def _ledger_key(state: LedgerState, entry: KeyEntry, statement: KeyStatement) -> LedgerKeyChanged:
    where, change = f"entry {entry.index}", statement.what.change
    new = read_key(statement.what.key, where)
    if entry.population != EVERYBODY or change != ("rotate" if state.keys else "begin"):
        raise UnknownLedgerKey(where, f"cannot {change} a ledger key here", "Use `rotate`")
    approves = any(new.public in budget.approvers for budget in state.budgets.values())
    if approves or any(key.verifier.public == new.public for key in state.keys):
        raise UnknownLedgerKey(where, "names a key that was in use before", "Make a new key")
    signing = [state.keys[-1].verifier, new] if state.keys else [new]
    check_signed(state, entry, signing, len(signing), state.origin or statement.ledger)
    return LedgerKeyChanged(entry.index, statement.ledger, new, statement.id)


def _other_key(state: LedgerState, entry: KeyEntry, statement: KeyStatement) -> KeyChanged:
    what, budget, where = statement.what, state.budget(entry.population), f"entry {entry.index}"
    key = read_key(what.key, where)
    held = budget.approvers if what.role == "approver" else state.witnesses
    if (what.change == "enrol") == (key.public in held) or what.change not in ("enrol", "revoke"):
        raise UnknownLedgerKey(where, f"cannot {what.change} this key", "See `proffer privacy status`")
    if what.role == "approver":
        if any(one.verifier.public == key.public for one in state.keys):
            raise NotApproved(where, "the ledger's own key cannot approve", "Enrol a person's key")
        if what.change == "revoke" and len(budget.approvers) <= TWO:
            raise NotApproved(where, "would leave fewer than two approvers", "Enrol another first")
    check_approved(state, entry)
    return KeyChanged(entry.index, entry.population, what.role, what.change == "enrol", key, statement.id)


def _other_statement(index: int) -> NotApproved:
    return NotApproved(f"entry {index}", "the signed statement is about something else", "Draft and sign a new one")


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


def _check_bounds(where: str, cap: Decimal, delta: Decimal) -> None:
    if not (0 < cap <= MOST_EPSILON and 0 < delta < 1):
        what = "has an epsilon or delta that is out of range"
        raise Refused(where, what, "Give epsilon above 0 and a small delta")


def _too_many(index: int, most: int, units: int) -> Refused:
    what = f"has a delta that is not below 1/n for n = {units}: it permits at most {most}"
    return Refused(f"entry {index}", what, "Open a budget with a smaller delta for a population of this size")
