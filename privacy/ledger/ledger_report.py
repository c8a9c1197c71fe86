"""The report on a ledger for the public: what was protected, from whom, how much, and what is not promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET

from privacy.accounting.amount import text_of
from privacy.ledger.change import COMMITTED, RELEASED, SpendRecord
from privacy.ledger.entry import AnyEntry, ApprovedBody, CommitEntry, ExactEntry, SpendBody
from privacy.ledger.report_text import Say, guess, limits
from privacy.ledger.rules import decide
from privacy.ledger.state import LedgerState, PopulationBudget
from privacy.ledger.terms import APPROVED, EntryType, document_of
from privacy.ledger.unit_roll import names_roll

MOST_POINTS: Final = 60  # of the picture; each costs a composition


def document(entries: Sequence[AnyEntry], root: str, say: Say) -> dict[str, Any]:
    """The report as JSON, from the entries of a ledger that was checked.

    Args:
        entries: all of them, in order.
        root: the tree's root, hex: what the report speaks of.
        say: the messages of the report, in the language of the document.
    """
    state, points = _replayed(entries)
    return {
        "ledger": state.origin,
        "entries": len(entries),
        "root": root,
        "as_of": entries[-1].at if entries else None,
        "root_approvers": sorted(one.name for one in state.first_roots),
        "from_whom": say("report.from_whom_text"),
        "not_promised": limits(say),
        "populations": [_population(state, name, points.get(name, []), entries, say) for name in sorted(state.budgets)],
        "approvals": [_approval(one, say) for one in entries if one.kind in APPROVED or one.kind is EntryType.KEY],
    }


def _replayed(entries: Sequence[AnyEntry]) -> tuple[LedgerState, dict[str, list[dict[str, Any]]]]:
    state, points = LedgerState(), dict[str, list[dict[str, Any]]]()
    shown = _shown(entries)
    for one in entries:
        state.apply(decide(state, one), one)
        if one.index in shown:
            points.setdefault(one.population, []).append(_point(one, state.budgets[one.population]))
    return state, points


def _shown(entries: Sequence[AnyEntry]) -> frozenset[int]:
    """The entries at which the picture has a point: all that change a balance, or evenly chosen ones of many."""
    telling = [
        one.index
        for one in entries
        if one.kind
        in (EntryType.INIT, EntryType.RESERVE, EntryType.EVALUATE, EntryType.RELEASE, EntryType.RAISE, EntryType.RESET)
    ]
    step = -(-len(telling) // MOST_POINTS) or 1
    kept = [one.index for one in entries if one.kind in (EntryType.INIT, EntryType.RAISE, EntryType.RESET)]
    return frozenset(telling[::step]) | frozenset(telling[-1:]) | frozenset(kept)


def _point(one: AnyEntry, budget: PopulationBudget) -> dict[str, Any]:
    return {
        "index": one.index,
        "at": one.at,
        "kind": str(one.kind),
        "spent": _amount(budget.spent()),
        "cap": _amount(budget.cap),
        "period": budget.period,
    }


def _amount(epsilon: Decimal) -> str:
    return text_of(epsilon) if epsilon.is_finite() else "infinity"


def _population(
    state: LedgerState, name: str, points: list[dict[str, Any]], entries: Sequence[AnyEntry], say: Say
) -> dict[str, Any]:
    balance = state.balance(name)
    mine = [spend for spend in state.spends.values() if spend.population == name]
    commits = [one.body for one in entries if isinstance(one, CommitEntry)]
    artefacts = {one.spend: None if one.artefact is UNSET else one.artefact for one in commits}
    exact = [_exact(one) for one in entries if isinstance(one, ExactEntry) and one.population == name]
    return {
        **balance.to_document(),
        "protected": say(f"report.protects.{balance.unit}"),
        "promise": _promise(balance.lifetime, balance.delta, say),
        "timeline": points,
        "uses": [_use(spend, entries[spend.index], artefacts.get(spend.id)) for spend in mine] + exact,
        "approvers": sorted(one.name for one in state.budgets[name].approvers.values()),
    }


def _promise(epsilon: Decimal, delta: Decimal, say: Say) -> dict[str, str]:
    """Epsilon in terms of a guess: who tosses a coin on whether you were among the data, and is helped by it all."""
    ratio = math.exp(min(float(epsilon), 700.0))
    chance = min((ratio + float(delta)) / (1 + ratio), 1.0)  # Kairouz et al. 2015, equation 4, at even odds
    best = f"{chance:.4f}"
    return {"epsilon": _amount(epsilon), "delta": text_of(delta), "best_guess": best, "in_words": guess(best, say)}


def _exact(one: ExactEntry) -> dict[str, Any]:
    """A fit without noise on public rows, as a use of people's data that cost an infinite epsilon."""
    return {
        "spend": one.body.spend,
        "index": one.index,
        "at": one.at,
        "state": COMMITTED,
        "counts": True,
        "purpose": one.body.learner,
        "requester": one.body.requester,
        "epsilon": "infinity",
        "rows": one.body.rows,
    }


def _use(spend: SpendRecord, reserved: AnyEntry, artefact: str | None) -> dict[str, Any]:
    assert isinstance(reserved.body, SpendBody), "a spend begins with its reservation"
    body = document_of(reserved.body)
    return {
        "spend": spend.id,
        "index": spend.index,
        "at": spend.at,
        "period": spend.period,
        "state": spend.state,
        "counts": spend.state != RELEASED,
        "purpose": body["purpose"],
        "requester": body["requester"],
        "epsilon": body["epsilon"],
        "delta": body["delta"],
        "price": body["price"],
        "units": body["dataset"]["units"],
        "units_fixed": names_roll(reserved.body.dataset),
        "cohort": body["cohort"],
        "artefact": artefact,
    }


def _approval(one: AnyEntry, say: Say) -> dict[str, Any]:
    assert isinstance(one.body, ApprovedBody), "only approved entries are listed"
    names = sorted(line.split(" ")[1] for line in one.body.signatures)
    return {
        "index": one.index,
        "at": one.at,
        "kind": str(one.kind),
        "population": one.population,
        "did": say(f"report.did.{one.kind}"),
        "signed_by": names,
        "what": document_of(one.body.statement.what),
    }
