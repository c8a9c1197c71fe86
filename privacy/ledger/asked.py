"""Asked: who asks for a spend, by a signature over what is asked, and what else a spend says of its run (version 3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec import UNSET

from features import __version__
from privacy.accounting import accountant
from privacy.accounting.canonical import canonical
from privacy.ledger.approval import named_key
from privacy.ledger.change import Audited
from privacy.ledger.dataset import names_roll
from privacy.ledger.entry import AuditEntry, EvaluateBody, SpendBody, SpendEntry
from privacy.ledger.note import BadNote, Signature
from privacy.ledger.rule_versions import COUNTED, REASONED, SAID
from privacy.ledger.state import LedgerState
from privacy.ledger.terms import EVERYBODY, document_of
from privacy.refusal import NotApproved, Refused

SURE: Final = (Decimal("0.5"), Decimal("0.999"))
"""From version 4, the least and greatest confidence of an audit: a surer one hides what it shows. So does a delta of
1/canaries or more, at which a run may give one of them away."""
_SIGNED: Final = ("cohort", "delta", "epsilon", "mechanism", "purpose", "requester", "spend")
_OF_RUN: Final = ("by", "catalogue", "declaration", "stage", "units_are", "why")
_AGAIN: Final = "Ask again, and sign with a key that was not revoked"


SOFTWARE: Final = f"proffer {__version__}"
"""What writes the entries."""


def run_facts(said: Mapping[str, str | None], units: int) -> dict[str, Any]:
    """What an entry says of its run: what was said of it, and by which program and accountants it was priced.

    Args:
        said: fields of `terms.RunTerms`; null where one is left out.
        units: how many units the entry states, 0 where it states none.
    """
    found: dict[str, Any] = dict.fromkeys(("catalogue", "declaration", "stage", "why"))
    found |= {"accountants": dict(accountant.VERSIONS), "by": "hand", "software": SOFTWARE}
    return {**found, "units_are": "stated" if units else "unknown", **said}


def request_text(ledger: str, population: str, body: Mapping[str, Any], units: int, version: int = REASONED) -> str:
    """What who asks for a spend signs: its id, which no other spend ever has, and all that is asked with it.

    From version 5 that is the reason and the stage, the figures that are released, and how many units were stated, too.

    Args:
        ledger: the ledger's name in its checkpoints, so that the signature says nothing in another ledger.
        population: whose budget.
        body: of the entry; its price, its people and what priced it are found by the ledger and not signed.
        units: how many units are stated.
        version: of the entry.
    """
    asked: dict[str, Any] = {name: body[name] for name in _SIGNED}
    if version >= REASONED:
        run = {name: body["run"][name] for name in _OF_RUN}
        asked |= {"metrics": body.get("metrics"), "run": run, "units": units}
    form = "proffer-request-2" if version >= REASONED else "proffer-request-1"
    whole = {"format": form, "ledger": ledger, "population": population, **asked}
    return canonical(whole).decode() + "\n"


def check_asked(state: LedgerState, entry: SpendEntry) -> None:
    """Accept what a spend says of itself: nothing before version 3, and a signature only of what is asked.

    Raises:
        Refused: an entry of an earlier version says it.
        NotApproved: the signature is another's or of something else, or by a key that was revoked.
    """
    body, where = entry.body, f"entry {entry.index}"
    if entry.version < SAID and (body.run is not UNSET or body.request is not UNSET):
        raise Refused(where, "says of its run what its version does not", "Write it anew")
    if body.request is UNSET:
        return
    key = named_key(body.request.key, entry)
    if key.public in state.revoked:
        raise NotApproved(where, f"was asked for with the key of {key.name}, which was revoked", _AGAIN)
    try:
        signature = Signature.parse(body.request.signature)
    except BadNote as failure:
        raise NotApproved(where, str(failure), _AGAIN) from None
    text = request_text(state.origin, entry.population, document_of(body), body.dataset.units, entry.version)
    if not signature.by(key) or not key.holds(text, signature.content):
        raise NotApproved(where, f"is not what {key.name} signed", _AGAIN)


def reads_first(body: SpendBody) -> bool:
    """Whether a run reads households by a roll under this spend first: not to train after a count, nor for figures."""
    after = body.run is not UNSET and body.run.stage == "train" and body.run.units_are == "noised"
    return names_roll(body.dataset) and not after and not isinstance(body, EvaluateBody)


def counted_before(state: LedgerState, entry: SpendEntry, by: str) -> bool:
    """Whether a spend trains on units that were counted with noise.

    From version 6 one count that was committed before is of each: without it nobody could tell what was counted,
    and at what price.

    Raises:
        Refused: there is no such count.
    """
    run = entry.body.run
    if entry.version < COUNTED or run is UNSET or (run.stage, run.units_are) != ("train", "noised"):
        return False
    if state.counts[entry.population, by] < 1:
        what = "says that its units were counted with noise, and no count that was committed before it is of it"
        raise Refused(f"entry {entry.index}", what, "Count them first, or state how many there are")
    return True


def audited(entry: AuditEntry) -> Audited:
    """Record what an audit showed; it is about the program and no population, and changes no balance.

    Raises:
        Refused: it is of an earlier version, of a population, or its figures cannot be.
    """
    body, where = entry.body, f"entry {entry.index}"
    if entry.version < SAID or entry.population != EVERYBODY:
        raise Refused(where, "is no audit as this version writes it", "An audit is of the whole ledger, from version 3")
    seen = (body.steps, body.model)
    wrong = any(one.correct > one.guesses or one.guesses > body.canaries for one in seen)
    claimed = Decimal(body.epsilon) > 0 or entry.version == SAID  # which did not look
    confidence, delta = Decimal(body.confidence), Decimal(body.delta)
    blind = entry.version > SAID and not (SURE[0] <= confidence <= SURE[1] and delta * body.canaries < 1)
    if wrong or blind or not claimed or not 0 < confidence < 1:
        raise Refused(where, "has guesses, a confidence or a claim that cannot be", "Record what the audit printed")
    return Audited(entry.index)
