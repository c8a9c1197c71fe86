"""Privacy page: what the template of the public report on a ledger shows, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from privacy.ledger.report_text import SIGNED_HEADS, USES_HEADS, Say, guess, limits
from privacy.ledger.terms import EVERYBODY
from rendering.chart import Chart

TEMPLATE: Final = "privacy_report.html"
COMMAND: Final = "proffer privacy verify BUNDLE --key ledger.pub"
ALWAYS: Final = "always"  # the period of a budget that is never reset: a synthetic population's
MARK: Final = "\ue000"  # of no script: it parts what is shown as code from the sentence around it


def view(report: Mapping[str, Any], language: str, say: Say) -> dict[str, object]:
    """The variables of the template.

    Args:
        report: what `privacy.ledger.ledger_report.document` gave.
        language: the code of the page's language.
        say: the messages of the report, in that language.
    """
    day = (report["as_of"] or "")[:10]
    return {
        "language": language,
        "say": say,
        "title": say("report.title"),
        "source": _marked(say, "report.source", {"ledger": report["ledger"]}, entries=report["entries"], day=day),
        "populations": [_population(one, say) for one in report["populations"]],
        "limits": limits(say),
        "signed": {
            "heads": [say(f"report.signed_head.{head}") for head in SIGNED_HEADS],
            "rows": [_approval(one, say) for one in report["approvals"]],
        },
        "check": _marked(say, "report.check_text", {"command": COMMAND, "root": report["root"]}),
    }


def _marked(say: Say, key: str, codes: Mapping[str, str], **values: object) -> list[tuple[str, bool]]:
    """A message in parts, each with whether it is code."""
    marks = {name: f"{MARK}{name}{MARK}" for name in codes}
    parts = say(key, **values, **marks).split(MARK)
    return [(codes[part], True) if i % 2 else (part, False) for i, part in enumerate(parts)]


def _population(one: Mapping[str, Any], say: Say) -> dict[str, object]:
    numbers = {name: one[name] for name in ("lifetime", "delta", "spent", "cap", "left")}
    period = one["period"]
    numbers["period"] = say("report.always") if period == ALWAYS else say("report.period", period=period)
    chart = _chart(one, say)
    beyond = say("report.beyond", highest=chart.highest, cap=one["cap"]) if chart.limit_is_above else ""
    return {
        "name": one["population"],
        "protected": say(f"report.protects.{one['unit']}"),
        "guess": guess(one["promise"]["best_guess"], say),
        "measure": say("report.measure", **numbers),
        "spent": one["spent"],
        "cap": one["cap"],
        "chart": chart,
        "beyond": beyond,
        "uses": {
            "heads": [say(f"report.uses_head.{head}") for head in USES_HEADS],
            "rows": [
                (use["at"][:10], use["purpose"], use["requester"], use["epsilon"], say(f"report.state.{use['state']}"))
                for use in one["uses"]
            ],
        },
    }


def _chart(one: Mapping[str, Any], say: Say) -> Chart:
    """What was spent, entry by entry, under the cap."""
    return Chart(
        name=say("report.caption"),
        heads=(say("report.uses_head.day"), say("report.spent"), say("report.cap")),
        rows=tuple((point["at"][:10], point["spent"], point["cap"]) for point in one["timeline"]),
    )


def _approval(one: Mapping[str, Any], say: Say) -> tuple[str, ...]:
    return (
        one["at"][:10],
        say("report.whole") if one["population"] == EVERYBODY else one["population"],
        say(f"report.did.{one['kind']}"),
        ", ".join(one["signed_by"]),
        one["what"]["reason"],
    )
