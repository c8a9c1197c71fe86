"""Spend page: what the public page shows of one use of people's data when its line is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from privacy.ledger.report_text import KINDS, STAGES, Say

Fact = tuple[str, str, bool]
"""A label, what it says, and whether that is to be compared letter by letter."""
MOST_AUDITS: Final = 20
"""How many audits are told beside the worst, the latest first; all of them are in the JSON document."""
_INPUTS: Final = ("declaration", "catalogue")


def stage(use: Mapping[str, Any], say: Say) -> str:
    """What was done, in words; an id of an unknown stage speaks for itself."""
    found = "exact" if "rows" in use else use["run"]["stage"] or str(use["spend"]).partition("-")[0]
    return say(f"report.stage.{found}") if found in STAGES else str(use["spend"])


def facts(use: Mapping[str, Any], audited: str, say: Say) -> list[Fact]:
    """Everything that the ledger says of one use, and what audits showed beside what is claimed.

    Args:
        use: as `privacy.ledger.spend_report` gives it.
        audited: the worst audit in words, as `worst_text` gives it.
        say: the messages of the report, in the language of the page.
    """
    run, unsaid = use["run"], say("report.unsaid")
    units = {} if run["units_are"] == "unknown" else {"units": use["units"]}
    texts = {
        "entry": (f"{use['index']}, {use['spend']}", True),
        "requester": (_requester(use, say), False),
        "purpose": (use["purpose"], False),
        "why": (_why(use, say), False),
        "mechanism": (" ".join(_release(part, say) for part in use["mechanism"]), False),
        "price": (_price(use), False),
        "units": (say(f"report.units.{run['units_are']}", **units), False),
        "households": (say(f"report.households.{use['households']}") if use["households"] else "", False),
        **{name: (run[name] or unsaid, run[name] is not None) for name in _INPUTS},
        "released": (", ".join(use["metrics"]) or use["artefact"] or unsaid, use["artefact"] is not None),
        "serves": (_serves(use, say), False),
        "software": (run["software"] or unsaid, False),
        "audit": (audited, False),
    }
    return [(say(f"report.detail.{name}"), text, code) for name, (text, code) in texts.items() if text]


def audit_texts(audits: Sequence[Mapping[str, Any]], worst: Mapping[str, Any] | None, say: Say) -> list[str]:
    """The worst audit in words, and the latest ones after it."""
    others = [one for one in reversed(audits) if one != worst]
    return [worst_text(audits, worst, say), *(audit_text(one, say) for one in others[:MOST_AUDITS])]


def worst_text(audits: Sequence[Mapping[str, Any]], worst: Mapping[str, Any] | None, say: Say) -> str:
    """The worst audit, in words."""
    if worst is None:
        return say("report.audit.none")
    told = audit_text(worst, say)
    return told if len(audits) == 1 else say("report.audit.worst", told=told, audits=len(audits))


def audit_text(audit: Mapping[str, Any], say: Say) -> str:
    """An audit in a sentence: what it could show, beside what is claimed."""
    seen = max(audit["lower"].values(), key=float)
    told = {"day": audit["at"][:10], "claimed": audit["claimed"], "lower": seen, "canaries": audit["canaries"]}
    told |= {"delta": audit["delta"]}
    sure = f"{float(audit['confidence']) * 100:g}"
    return say("report.audit.refuted" if audit["refuted"] else "report.audit.held", confidence=sure, **told)


def _requester(use: Mapping[str, Any], say: Say) -> str:
    signed = use["signed"]
    if signed is None:
        return say("report.asked.unsigned", requester=use["requester"])
    known = "report.asked.enrolled" if signed["enrolled"] else "report.asked.signed"
    return say(known, requester=use["requester"], key=signed["key"])


def _why(use: Mapping[str, Any], say: Say) -> str:
    """The reason, and whether it is in what the requester signed."""
    why, signed = use["run"]["why"], use["signed"]
    if why is None:
        return say("report.unsaid")
    return say("report.asked.reason" if signed and signed["reason"] else "report.asked.unsigned_reason", why=why)


def _release(part: Mapping[str, Any], say: Say) -> str:
    values = {name: part[name] for name in KINDS[part["kind"]]}
    told = say(f"report.noise.{part['kind']}", **values)
    if part["rate"] is not None:
        return say("report.sampled", noise=told, steps=part["steps"], rate=part["rate"])
    return say("report.steps", noise=told, steps=part["steps"])


def _price(use: Mapping[str, Any]) -> str:
    made = use["run"]["accountants"]
    told = {name: epsilon for name, epsilon in use["price"].items() if epsilon is not None}
    each = [f"{name.upper()} {value}{f' ({made[name]})' if made.get(name) else ''}" for name, value in told.items()]
    return "; ".join(each) or str(use["epsilon"])


def _serves(use: Mapping[str, Any], say: Say) -> str:
    if "model" not in use:  # a page made of an export alone, beside which no model is kept
        return ""
    model = use["model"]
    if model is None:
        return say("report.serves.elsewhere")
    return say("report.serves.used" if model["serves"] else "report.serves.kept", model=model["name"])
