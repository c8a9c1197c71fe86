"""Spend report: each use of people's data as an auditor reads it, from the entries of a checked ledger alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from privacy.accounting.mechanism import Mechanism
from privacy.ledger.asked import request_text
from privacy.ledger.change import COMMITTED, RELEASED, SpendRecord
from privacy.ledger.dataset import names_roll
from privacy.ledger.entry import AnyEntry, CommitEntry, EvaluateEntry, ExactEntry, SpendBody, SpendEntry
from privacy.ledger.rule_versions import REASONED
from privacy.ledger.rules import mechanism_of
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import document_of, is_synthetic

UNSAID: Mapping[str, Any] = {
    "accountants": {"pld": None, "prv": None},
    "by": None,
    "catalogue": None,
    "declaration": None,
    "software": None,
    "stage": None,
    "units_are": "unknown",
    "why": None,
}
"""What an entry of an earlier version than 3 says of its run; one of version 3 does not say by whom it came."""


def uses(entries: Sequence[AnyEntry], state: LedgerState, population: str) -> list[dict[str, Any]]:
    """Every use of a population's data, in order of the entries, exact fits among them.

    Args:
        entries: all entries of the ledger.
        state: what they add up to.
        population: whose.
    """
    artefacts = {one.body.spend: one.body.artefact for one in entries if isinstance(one, CommitEntry)}
    budget = state.budget(population)
    known = {key.text() for key in (*state.roots.values(), *budget.approvers.values())}
    found = []
    for one in entries:
        if one.population != population:
            continue
        if isinstance(one.body, SpendBody) and isinstance(one, SpendEntry):
            artefact = artefacts.get(one.body.spend)
            spend = state.spends[one.body.spend]
            made = _use(one, spend, None if artefact is UNSET else artefact, _signed(one, state.origin, known))
            households = households_of(one) if budget.opened.unit == "household" else None
            found.append({**made, "households": households, "units_fixed": households == "roll"})
        elif isinstance(one, ExactEntry):
            found.append(_exact(one))
    return found


def _use(one: SpendEntry, spend: SpendRecord, artefact: str | None, signed: Mapping[str, Any] | None) -> dict[str, Any]:
    body = document_of(one.body)
    named = {name: body[name] for name in ("purpose", "requester", "epsilon", "delta", "price", "cohort")}
    return {
        "spend": spend.id,
        "index": spend.index,
        "at": spend.at,
        "period": spend.period,
        "state": spend.state,
        "counts": spend.state != RELEASED,
        **named,
        "units": body["dataset"]["units"],
        "run": {**UNSAID, **body.get("run", {})},
        "mechanism": described(mechanism_of(one.body.mechanism)),
        "signed": signed,
        "metrics": one.body.metrics if isinstance(one, EvaluateEntry) else [],
        "artefact": artefact,
        "model": None,
    }


def households_of(one: SpendEntry) -> str:
    """How the households of a use came to be.

    `roll`: a run read them by the unit roll, so that each stays as it was when first learned from. `asker`: it was
    reserved by hand or over HTTP, and whoever ran it grouped people. `found`: by a run of a version that kept no roll.
    `made_up`: of people who do not exist, whose households each run finds anew.
    """
    body = one.body
    if is_synthetic(one.population):
        return "made_up"
    if body.run is UNSET:
        return "found"
    by_run = body.run.stage is not None if body.run.by is UNSET else body.run.by == "gate"
    if not by_run:
        return "asker"
    return "roll" if names_roll(body.dataset) else "found"


def _signed(one: SpendEntry, origin: str, known: Iterable[str]) -> dict[str, Any] | None:
    """By whose key a spend was asked for, whether somebody enrolled holds it, and what was signed; None: nobody did.

    `reason` says whether the reason is in what was signed, as it is from version 5 on.
    """
    body = document_of(one.body)
    if "request" not in body:
        return None
    key = body["request"]["key"]
    text = request_text(origin, one.population, body, one.body.dataset.units, one.version)
    said = {"text": text, "signature": body["request"]["signature"], "reason": one.version >= REASONED}
    return {"name": key.split("+")[0], "key": key, "enrolled": key in known, **said}


def _exact(one: ExactEntry) -> dict[str, Any]:
    """A fit without noise on public rows, as a use of people's data that cost an infinite epsilon."""
    return {
        "spend": one.body.spend,
        "index": one.index,
        "at": one.at,
        "period": None,
        "state": COMMITTED,
        "counts": True,
        "purpose": one.body.learner,
        "requester": one.body.requester,
        "epsilon": "infinity",
        "delta": "0",
        "price": {"pld": None, "prv": None, "rdp": None},
        "cohort": None,
        "units": 0,
        "households": None,
        "units_fixed": False,
        "run": UNSAID,
        "mechanism": [described_part(Mechanism("non_private", ()), 1, None)],
        "signed": None,
        "metrics": [],
        "artefact": None,
        "model": None,
        "rows": one.body.rows,
    }


def described(mechanism: Mechanism) -> list[dict[str, Any]]:
    """A mechanism as the releases it is made of: kind, noise, how often, and on which sampled part of all.

    >>> from privacy.accounting.mechanism import gaussian_sgd
    >>> described(gaussian_sgd("2.969", "0.041", 250))
    [{'kind': 'gaussian', 'noise': '2.969', 'steps': 250, 'rate': '0.041'}]
    """
    return _parts(mechanism, 1, None)


def _parts(mechanism: Mechanism, steps: int, rate: str | None) -> list[dict[str, Any]]:
    document = mechanism.to_document()
    if mechanism.kind == "repeated":
        return _parts(mechanism["of"], steps * mechanism["count"], rate)
    if mechanism.kind == "poisson":
        return _parts(mechanism["of"], steps, document["probability"])
    if mechanism.kind == "composed":
        return [part for one in mechanism.parts() for part in _parts(one, steps, rate)]
    return [described_part(mechanism, steps, rate)]


def described_part(mechanism: Mechanism, steps: int, rate: str | None) -> dict[str, Any]:
    """One release that is made `steps` times; what noise it has, or else what is known of it."""
    document = mechanism.to_document()
    extra = {name: document[name] for name in ("epsilon", "delta", "mean") if name in document}
    return {"kind": mechanism.kind, "noise": document.get("noise"), "steps": steps, "rate": rate} | extra
