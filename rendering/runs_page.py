"""Runs page: every training run with what it claimed and what audits could show, and what a smaller epsilon buys."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rendering import spend_page
from rendering.budgets_page import entry_link
from rendering.voice import Voice

TEMPLATE: Final = "auditor_runs.html"
TIMES: Final = (Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(2), Decimal(4))
"""The epsilons that are set beside that of the last run, as multiples of it."""
_HEADS: Final = ("epsilon", "guess", "people")
_AUDIT_HEADS: Final = ("claimed", "steps", "model", "sure", "says")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"auditor.runs.{name}": () for name in ("title", "name", "about", "none", "runs", "accountants", "audits")},
    **{f"auditor.runs.{name}": () for name in ("smaller_title", "smaller_text", "smaller_cost", "smaller_source")},
    **{f"auditor.runs.head.{name}": () for name in _HEADS},
    **{f"auditor.runs.audit.{name}": () for name in (*_AUDIT_HEADS, "held", "refuted")},
    "auditor.runs.this": ("epsilon",),
    "auditor.runs.chance": ("chance",),
    "auditor.runs.people": ("percent",),
}
"""The messages that the page needs, and the placeholders of each."""


def runs_view(report: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        report: what `privacy.ledger.ledger_report.document` gave.
        voice: in which language.
    """
    uses = [(one["population"], use) for one in report["populations"] for use in one["uses"]]
    made = (
        (population, use)
        for population, use in uses
        if "rows" in use or (use["run"]["stage"] or str(use["spend"]).partition("-")[0]) == "train"
    )
    trained = sorted(made, key=lambda pair: -int(pair[1]["index"]))
    audited = spend_page.worst_text(report["audits"], report["worst_audit"], voice.say)
    finite = [use for _, use in trained if use["epsilon"] != "infinity"]
    return {
        "title": voice.say("auditor.runs.title"),
        "runs": [_run(population, use, audited, voice) for population, use in trained],
        "audited": spend_page.audit_texts(report["audits"], report["worst_audit"], voice.say),
        "audit_heads": [
            voice.say("auditor.entry.head"), *(voice.say(f"auditor.runs.audit.{name}") for name in _AUDIT_HEADS)
        ],
        "audits": [_audit(one, voice) for one in reversed(report["audits"])],
        "smaller": _smaller(finite[0], voice) if finite else None,
    }  # fmt: skip


def _run(population: str, use: Mapping[str, Any], audited: str, voice: Voice) -> dict[str, object]:
    state = voice.say(f"report.state.{use['state']}")
    return {
        "name": f"{use['at'][:10]} · {population} · ε {use['epsilon']} · {state}",
        "entry": entry_link(use["index"], voice),
        "facts": spend_page.facts(use, audited, voice.say),
    }


def _audit(one: Mapping[str, Any], voice: Voice) -> Sequence[object]:
    sure = f"{float(one['confidence']) * 100:g} %"
    says = voice.say(f"auditor.runs.audit.{'refuted' if one['refuted'] else 'held'}")
    lower = one["lower"]
    return [entry_link(one["index"], voice), one["claimed"], lower["steps"], lower["model"], sure, says]


def _smaller(use: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """Other epsilons beside that of the last run: how well whoever guesses can guess, and how many people they take.

    That half the epsilon costs what half the people would cost was measured on generated people (docs/epsilon.md).
    """
    from privacy.ledger.ledger_report import best_guess  # what it loads is needed by no other page

    claimed, delta = Decimal(use["epsilon"]), Decimal(use["delta"])
    rows = []
    for times in TIMES:
        epsilon = f"{(claimed * times).normalize():f}"
        chance = math.ceil(Decimal(best_guess(claimed * times, delta)) * 100)
        told = voice.say("auditor.runs.this", epsilon=epsilon) if times == 1 else epsilon
        people = voice.say("auditor.runs.people", percent=int(100 / times))
        rows.append([told, voice.say("auditor.runs.chance", chance=chance), people])
    return {"heads": [voice.say(f"auditor.runs.head.{name}") for name in _HEADS], "rows": rows}
