"""Privacy page: what the template of the public report on a ledger shows, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from privacy.ledger.report_text import SIGNED_HEADS, USES_HEADS, Say, guess, limits
from privacy.ledger.terms import EVERYBODY, is_synthetic
from rendering import spend_page
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
        "populations": [_population(one, report, say) for one in report["populations"]],
        "audited": spend_page.audit_texts(report["audits"], report["worst_audit"], say),
        "seen": _seen(report, say),
        "limits": limits(say),
        "signed": {
            "heads": [say(f"report.signed_head.{head}") for head in SIGNED_HEADS],
            "rows": [_approval(one, say) for one in report["approvals"]],
        },
        "check": _marked(say, "report.check_text", {"command": COMMAND, "root": report["root"]}),
    }


def _seen(report: Mapping[str, Any], say: Say) -> list[str]:
    """Who saw the ledger, and how old the view is."""
    ages = [
        say("report.seen_by", witness=one["name"], day=one["at"][:10], days=_days(one["at"], report["written"]))
        for one in report["witnesses"]
    ] or [say("report.seen_by_nobody")]
    last, written = report["as_of"], report["written"]
    aged = [say("report.age", day=last[:10], days=_days(last, written))] if last else []
    if (check := report["verified"]) is None:
        return [*ages, *aged]
    how = "compared" if check["root_approvers_compared"] else "taken"
    return [*ages, *aged, say(f"report.verified.{how}", key=check["key"])]


def _days(earlier: str, later: str) -> int:
    begun, ended = (datetime.fromisoformat(one) for one in (earlier, later or earlier))
    return max((ended - begun).days, 0)


def _marked(say: Say, key: str, codes: Mapping[str, str], **values: object) -> list[tuple[str, bool]]:
    """A message in parts, each with whether it is code."""
    marks = {name: f"{MARK}{name}{MARK}" for name in codes}
    parts = say(key, **values, **marks).split(MARK)
    return [(codes[part], True) if i % 2 else (part, False) for i, part in enumerate(parts)]


def _population(one: Mapping[str, Any], report: Mapping[str, Any], say: Say) -> dict[str, object]:
    numbers = {name: one[name] for name in ("lifetime", "delta", "spent", "cap", "left")}
    period = one["period"]
    numbers["period"] = say("report.always") if period == ALWAYS else say("report.period", period=period)
    chart = _chart(one, say)
    audited = spend_page.worst_text(report["audits"], report["worst_audit"], say)
    used = [
        (use["at"][:10], spend_page.stage(use, say), say(f"report.state.{use['state']}"), use) for use in one["uses"]
    ]
    beyond = say("report.beyond", highest=chart.highest, cap=one["cap"]) if chart.limit_is_above else ""
    return {
        "name": one["population"],
        "protected": say(f"report.protects.{one['unit']}"),
        "guess": guess(one["promise"]["best_guess"], say),
        "measure": say("report.measure", **numbers),
        "relation": say("report.relation", delta=one["delta"]),
        "sum": say("report.sum", sum=one["sum"], spent=one["spent"]) if one["sum"] != one["spent"] else "",
        "together": _together(one, say) if one["together"] else "",
        "spent": one["spent"],
        "cap": one["cap"],
        "chart": chart,
        "beyond": beyond,
        "uses": {
            "heads": [say(f"report.uses_head.{head}") for head in USES_HEADS],
            "rows": [
                (day, what, use["purpose"], use["requester"], use["epsilon"], result) for day, what, result, use in used
            ],
        },
        "details": [
            (f"{day} · {what} · ε {use['epsilon']} · {result}", spend_page.facts(use, audited, say))
            for day, what, result, use in used
        ],
    }


def _together(one: Mapping[str, Any], say: Say) -> str:
    """What is promised to households that became one, which depends on how each use that counts came by them."""
    some = {"two": one["together"]["2"], "three": one["together"]["3"]}
    if is_synthetic(one["population"]):
        return say("report.made_up", **some)
    if not one["unkept"]:
        return say("report.together", **some)
    return say("report.unkept", all=sum(use["counts"] for use in one["uses"]), unkept=one["unkept"], **some)


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
