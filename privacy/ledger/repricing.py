"""Repricing: every price and every balance of a ledger found again, and what is wrong with them as findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from features.problem import Rejected
from privacy.accounting import accountant
from privacy.accounting.mechanism import Mechanism
from privacy.accounting.right_guesses import MOST_CANARIES, lower_bound, rounded, shared
from privacy.budget import BudgetInterval
from privacy.ledger.entry import AuditEntry
from privacy.ledger.rule_versions import PRICED
from privacy.ledger.rules import mechanism_of
from privacy.ledger.state import LedgerState

Advance = Callable[[int], object]
MOST_IN_ALL: Final = 20_000_000
"""The canaries of all audits together, and a thousand for each, that bounds are worked out of again: two minutes."""
MOST_CLAIMS: Final = 16
"""The mechanisms of audits that are priced again; a new version of the learner has a new one."""
LOOSE, LOOSE_PART = Decimal("0.02"), Decimal("0.05")
"""By how much an audit's claim may be above the price of what it ran: plans end below what they may cost."""
FINEST_BOUND: Final = Decimal("0.001")
"""By how much two machines' bounds may differ: they are rounded down to this."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the entry's index (None: not at one entry), and what."""

    index: int | None
    what: str

    def __str__(self) -> str:
        """As a line."""
        return self.what if self.index is None else f"entry {self.index}: {self.what}"


def audited_again(entries: Iterable[AuditEntry]) -> Iterable[Finding]:
    """Work out again what each recorded audit shows, from the right guesses it records."""
    cost = 0
    for one in entries:
        cost += 1_000 + one.body.canaries
        if one.body.canaries > MOST_CANARIES or cost > MOST_IN_ALL:
            yield Finding(one.index, "records more canaries than are worked out again")
            return
        for name, seen in (("steps", one.body.steps), ("model", one.body.model)):
            counts = (one.body.canaries, seen.guesses, seen.correct, float(one.body.delta), float(one.body.confidence))
            shows = _shown(*counts)
            if abs(shows - Decimal(seen.lower)) > FINEST_BOUND:
                what = f"{seen.correct} of {seen.guesses} guesses right on {one.body.canaries} canaries"
                yield Finding(one.index, f"an audit of the {name} with {what} shows {shows}, not {seen.lower}")


@lru_cache(maxsize=4096)
def _shown(canaries: int, guesses: int, correct: int, delta: float, confidence: float) -> Decimal:
    return rounded(lower_bound(canaries, guesses, correct, delta, shared(confidence)))


def claims_again(entries: Iterable[AuditEntry]) -> Iterable[Finding]:
    """Price what each recorded audit ran, from version 6 on: a claim that is another's hides what the audit shows."""
    known: dict[tuple[Mechanism, Decimal], Decimal | str] = {}
    for one in entries:
        if one.version < PRICED:
            continue
        mechanism, delta, claim = mechanism_of(one.body.mechanism), Decimal(one.body.delta), Decimal(one.body.epsilon)
        if (mechanism, delta) not in known:
            if len(known) == MOST_CLAIMS:
                yield Finding(one.index, "audits one more mechanism than are priced again")
                return
            known[mechanism, delta] = _priced(mechanism, delta)
        price = known[mechanism, delta]
        if isinstance(price, str):
            yield Finding(one.index, price)
        elif not -accountant.DRIFT <= claim - price <= max(LOOSE, claim * LOOSE_PART):
            yield Finding(one.index, f"claims epsilon {one.body.epsilon} of a mechanism whose price is {price}")


def _priced(mechanism: Mechanism, delta: Decimal) -> Decimal | str:
    try:
        return accountant.price(mechanism, delta, second=False).epsilon
    except Rejected as failure:
        return str(failure)


def priced_again(state: LedgerState, advance: Callable[[int], Advance]) -> Iterable[Finding]:
    """Price each distinct mechanism, then each balance, and name what differs from the record."""
    intervals = state.all_intervals()
    done = advance(len(state.prices) + len(intervals))
    wrong = False
    for (mechanism, price), index in state.prices.items():
        for finding in _price_again(index, mechanism, price):
            yield finding
            wrong = True
        done(1)
    if wrong:  # what cannot be priced as recorded cannot be composed
        return
    for interval in intervals:
        yield from _interval_again(interval)
        done(1)


def _price_again(index: int, mechanism: Mechanism, price: accountant.AccountedPrice) -> Iterable[Finding]:
    try:
        again = accountant.price(mechanism, price.delta, second=False)
    except Rejected as failure:
        yield Finding(index, str(failure))
        return
    for name, recorded, found in (("PLD", price.pld, again.pld), ("RDP", price.rdp, again.rdp)):
        if recorded is None and found is None:
            continue
        if recorded is None or found is None or abs(recorded - found) > accountant.DRIFT:
            yield Finding(index, f"{name} prices the mechanism at {found}, not at {recorded}")
    if price.prv is not None and again.pld is not None:
        gap = price.prv - again.pld
        if not -accountant.DRIFT <= gap <= accountant.AGREEMENT + accountant.DRIFT:
            yield Finding(index, f"PRV on record ({price.prv}) is not within 0 and 0.011 of PLD ({again.pld})")


def _interval_again(interval: BudgetInterval) -> Iterable[Finding]:
    try:
        epsilon = interval.epsilon()
    except Rejected as failure:
        yield Finding(interval.added[-1][0] if interval.added else interval.since, f"cannot be composed: {failure}")
        return
    exact = all(one.kind == "declared" for counts in interval.composition.values() for one in counts)
    if epsilon > interval.cap + (0 if exact else accountant.DRIFT):
        what = f"here the population {interval.population} has spent {epsilon} of {interval.cap}: overspent"
        yield Finding(interval.first_beyond(), what)
