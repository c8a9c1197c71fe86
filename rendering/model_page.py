"""Model page: what is on record of the model in use, and decisions that were drawn and made again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from rendering import evaluation_page
from rendering.voice import Voice

TEMPLATE: Final = "auditor_model.html"
SAMPLE: Final = "auditor_decisions.html"
CARD: Final = (
    "kind", "run_id", "trained_at", "data_kind", "spend", "hold_out", "features_hash", "catalogue_hash", "artefact",
)  # fmt: skip
"""What is told of the manifest where no report with a card of its own was written."""
MOST_DRAWN: Final = 20
SEED: Final = 1
DRAWN: Final = 5
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"auditor.model.{name}": () for name in ("title", "name", "none", "card", "fairness", "no_report")},
    **{f"auditor.model.{name}": () for name in ("serves", "entry", "rules")},
    **{f"auditor.drawn.{name}": () for name in ("title", "name", "about", "seed", "count", "draw", "none", "again")},
    **{f"auditor.drawn.head.{name}": () for name in ("decision", "made", "kind", "outcome")},
    **{f"auditor.drawn.kind.{kind}": () for kind in ("answer", "offer")},
    **{f"auditor.drawn.outcome.{one}": () for one in ("same", "unavailable")},
    "auditor.drawn.outcome.different": ("where",),
    "auditor.drawn.told": ("drawn", "kept", "seed"),
    "auditor.drawn.all_same": (),
    "auditor.drawn.not_same": ("count",),
}
"""The messages that the pages need, and the placeholders of each."""


def model_view(papers: Mapping[str, Any] | None, entry: str, voice: Voice) -> dict[str, object]:
    """The variables of the page on the model.

    Args:
        papers: as `composition.model_papers.champion_papers` gives them; None where no model is in use.
        entry: the address of the ledger's entry of the run that made it; empty where there is none.
        voice: in which language.
    """
    shown: dict[str, object] = {"title": voice.say("auditor.model.title"), "papers": papers, "entry": entry}
    if papers is None:
        return {**shown, "report": None, "card": []}
    told = {name: papers["manifest"].get(name) for name in CARD}
    card = [(name, str(value), len(str(value)) > 30) for name, value in told.items() if value is not None]
    report = papers["report"]
    found = None if report is None else evaluation_page.view(report, voice.language, voice.say)
    name = papers["name"]
    command = f"proffer evaluate --model {name} --report .proffer/reports/{name}"
    return {**shown, "report": found, "card": card, "command": command}


def sample_view(found: Mapping[str, Any] | None, seed: int, count: int, voice: Voice) -> dict[str, object]:
    """The variables of the page on decisions that were drawn.

    Args:
        found: as `composition.replaying.DecisionSampling` gives it; None before anything was drawn.
        seed: what is drawn by.
        count: how many.
        voice: in which language.
    """
    shown = {"title": voice.say("auditor.drawn.title"), "seed": seed, "count": count, "most": MOST_DRAWN}
    if found is None:
        return {**shown, "rows": None}
    rows, other = found["rows"], [one for one in found["rows"] if one["outcome"] != "same"]
    said = voice.say("auditor.drawn.not_same", count=len(other)) if other else voice.say("auditor.drawn.all_same")
    return {
        **shown,
        "told": voice.say("auditor.drawn.told", drawn=len(rows), kept=f"{found['kept']:,}", seed=found["seed"]),
        "said": said if rows else "",
        "good": not other,
        "heads": [voice.say(f"auditor.drawn.head.{name}") for name in ("decision", "made", "kind", "outcome")],
        "rows": [_row(one, voice) for one in rows],
    }


def _row(one: Mapping[str, Any], voice: Voice) -> list[str]:
    where = {"where": one["where"]} if one["outcome"] == "different" else {}
    return [
        one["id"][:12],
        f"{datetime.fromtimestamp(one['made'], UTC):%Y-%m-%d %H:%M} UTC",
        voice.say(f"auditor.drawn.kind.{one['kind']}"),
        voice.say(f"auditor.drawn.outcome.{one['outcome']}", **where),
    ]
