"""The report on a ledger for the public: what was protected, from whom, how much, and what is not promised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from privacy.accounting.accountant import INFINITY
from privacy.accounting.amount import text_of
from privacy.budget import worst_case_epsilon
from privacy.ledger.entry import AnyEntry, ApprovedBody
from privacy.ledger.recorded_audits import audits, worst
from privacy.ledger.report_text import Say, guess, limits
from privacy.ledger.rules import decide
from privacy.ledger.spend_report import uses
from privacy.ledger.state import LedgerState, PopulationBudget
from privacy.ledger.terms import APPROVED, EntryType, document_of

TOGETHER: Final = ("2", "3", "4")
MOST_POINTS: Final = 60  # of the picture; each costs a composition


class ExportCheck(NamedTuple):
    """How an exported ledger was verified before a report was made of it.

    Attributes:
        key: the ledger's public key, as the auditor was given it.
        root_approvers_compared: whether the root approvers were held against keys given by another way than the ledger.
    """

    key: str
    root_approvers_compared: bool


@dataclass(frozen=True)
class SeenBy:
    """Who saw the entries that a report is of.

    Attributes:
        root: the tree's root, hex: what the report speaks of.
        witnesses: the name of each who cosigned it, and when (RFC 3339).
        written: when the report was written (RFC 3339), which the ages in it are counted to.
        verified: how whoever wrote it verified the export; None where the ledger's keeper wrote it.
    """

    root: str
    witnesses: tuple[tuple[str, str], ...] = ()
    written: str = ""
    verified: ExportCheck | None = None


def document(entries: Sequence[AnyEntry], seen: SeenBy, say: Say) -> dict[str, Any]:
    """The report as JSON, from the entries of a ledger that was checked.

    Args:
        entries: all of them, in order.
        seen: who saw them.
        say: the messages of the report, in the language of the document.
    """
    state, points = _replayed(entries)
    recorded = audits(entries)
    return {
        "ledger": state.origin,
        "entries": len(entries),
        "root": seen.root,
        "as_of": entries[-1].at if entries else None,
        "root_approvers": sorted(one.name for one in state.first_roots),
        "from_whom": say("report.from_whom_text"),
        "not_promised": limits(say),
        "audits": recorded,
        "worst_audit": worst(recorded),
        "witnesses": [dict(zip(("name", "at"), one, strict=True)) for one in seen.witnesses],
        "written": seen.written,
        "verified": None if seen.verified is None else seen.verified._asdict(),
        "populations": [_population(state, name, points.get(name, []), entries, say) for name in sorted(state.budgets)],
        "approvals": [_approval(one, say) for one in entries if one.kind in APPROVED or one.kind is EntryType.KEY],
    }


def all_uses(entries: Sequence[AnyEntry], population: str | None = None) -> dict[str, Any]:
    """Every use of people's data, of one population or of all, in order of the entries of a ledger that was checked.

    Raises:
        UnknownPopulation: it has no budget.
    """
    state = LedgerState()
    for one in entries:
        state.apply(decide(state, one), one)
    if population is not None:
        state.budget(population)
    names = sorted(state.budgets) if population is None else [population]
    found = [{"population": name, **use} for name in names for use in uses(entries, state, name)]
    return {"ledger": state.origin, "spends": sorted(found, key=lambda use: int(use["index"]))}


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
    begins = (EntryType.INIT, EntryType.OPEN, EntryType.RAISE, EntryType.RESET)
    spends = (EntryType.RESERVE, EntryType.EVALUATE, EntryType.RELEASE)
    telling = [one.index for one in entries if one.kind in (*begins, *spends)]
    step = -(-len(telling) // MOST_POINTS) or 1
    kept = [one.index for one in entries if one.kind in begins]
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
    used = uses(entries, state, name)
    best = best_guess(balance.lifetime, balance.delta)
    promise = {"epsilon": _amount(balance.lifetime), "delta": text_of(balance.delta), "best_guess": best}
    counted = [Decimal(one["epsilon"]) for one in used if one["counts"] and one["period"] == balance.period]
    return {
        **balance.to_document(),
        "protected": say(f"report.protects.{balance.unit}"),
        "promise": {**promise, "in_words": guess(best, say)},
        "together": _together(state, name) if balance.unit == "household" else None,
        "timeline": points,
        "unkept": sum(one["counts"] and one["households"] in ("asker", "found") for one in used),
        "uses": used,
        "sum": _amount(sum(counted, Decimal(0))),
        "approvers": sorted(one.name for one in state.budgets[name].approvers.values()),
    }


def _together(state: LedgerState, name: str) -> dict[str, str]:
    """Epsilon of units that were used apart and are one household today, by how many they were."""
    budget = state.budgets[name]
    if budget.exact:
        return dict.fromkeys(TOGETHER, _amount(INFINITY))
    whole = budget.lifetime()
    return {some: _amount(worst_case_epsilon(whole, budget.delta, together=int(some))) for some in TOGETHER}


def best_guess(epsilon: Decimal, delta: Decimal) -> str:
    """How often whoever guesses whether you were among the data is right at most, as a decimal fraction.

    >>> best_guess(Decimal(1), Decimal("0.000001"))
    '0.7311'
    """
    ratio = math.exp(min(float(epsilon), 700.0))
    chance = min((ratio + float(delta)) / (1 + ratio), 1.0)  # Kairouz et al. 2015, equation 4, at even odds
    return f"{chance:.4f}"


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
