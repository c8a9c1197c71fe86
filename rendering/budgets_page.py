"""Budgets page: what each population's budget was spent on, in all and by purpose, every number beside its entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rendering import privacy_page
from rendering.chart import Chart
from rendering.voice import Voice

TEMPLATE: Final = "auditor_budgets.html"
ENTRIES: Final = "/auditor/entries"
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "auditor.budgets.title": (),
    "auditor.budgets.name": (),
    "auditor.budgets.about": (),
    "auditor.budgets.none": (),
    "auditor.budgets.by_purpose": (),
    "auditor.budgets.by_purpose_text": (),
    "auditor.budgets.purpose": ("purpose", "uses", "epsilon"),
    "auditor.budgets.sum_caption": ("purpose",),
    "auditor.budgets.changes": (),
    "auditor.entry.link": ("index",),
    "auditor.entry.head": (),
}
"""The messages that the page needs, and the placeholders of each."""


def entry_link(index: int, voice: Voice) -> dict[str, str]:
    """A cell of a table that leads to an entry of the ledger."""
    return {"text": voice.say("auditor.entry.link", index=index), "to": f"{ENTRIES}/{index}"}


def budgets_view(report: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        report: what `privacy.ledger.ledger_report.document` gave.
        voice: in which language.
    """
    shown = privacy_page.view(report, voice.language, voice.say)
    told = shown["populations"]
    assert isinstance(told, list), "the view of the report lists its populations"
    pairs = zip(report["populations"], told, strict=True)
    populations = [{**text, **_linked(one, text, voice)} for one, text in pairs]
    return {"title": voice.say("auditor.budgets.title"), "populations": populations}


def _linked(one: Mapping[str, Any], text: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The table of the picture and the list of uses, each row with the entry that it comes from."""
    head, chart = voice.say("auditor.entry.head"), text["chart"]
    points = zip(chart.rows, one["timeline"], strict=True)
    uses = zip(text["uses"]["rows"], one["uses"], strict=True)
    return {
        "changes": {
            "heads": [*chart.heads, head],
            "rows": [[*row, entry_link(point["index"], voice)] for row, point in points],
        },
        "uses": {
            "heads": [*text["uses"]["heads"], head],
            "rows": [[*row, entry_link(use["index"], voice)] for row, use in uses],
        },
        "purposes": list(_purposes(one, voice)),
    }


def _purposes(one: Mapping[str, Any], voice: Voice) -> Iterator[dict[str, object]]:
    """The uses that count by what they were for: added up over time, beside the cap of all purposes together."""
    counted = [use for use in one["uses"] if use["counts"]]
    for purpose in sorted({use["purpose"] for use in counted}):
        mine = [use for use in counted if use["purpose"] == purpose]
        chart = _sums(purpose, mine, one["cap"], voice)
        total = chart.rows[-1][1]
        rows = zip(chart.rows, mine, strict=True)
        yield {
            "text": voice.say("auditor.budgets.purpose", purpose=purpose, uses=len(mine), epsilon=total),
            "chart": chart,
            "total": total,
            "heads": [*chart.heads, voice.say("auditor.entry.head")],
            "rows": [[*row, entry_link(use["index"], voice)] for row, use in rows],
        }


def _sums(purpose: str, uses: Sequence[Mapping[str, Any]], cap: str, voice: Voice) -> Chart:
    total, rows = Decimal(0), []
    for use in uses:
        total += Decimal(use["epsilon"])
        rows.append((use["at"][:10], "infinity" if total.is_infinite() else f"{total.normalize():f}", cap))
    heads = (voice.say("report.uses_head.day"), voice.say("report.spent"), voice.say("report.cap"))
    return Chart(voice.say("auditor.budgets.sum_caption", purpose=purpose), heads, tuple(rows))
