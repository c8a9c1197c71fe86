"""The report on a ledger for the public: what was protected, from whom, how much, and what is not promised."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from privacy.accounting.amount import text_of
from privacy.ledger.change import RELEASED, SpendRecord
from privacy.ledger.entry import AnyEntry, ApprovedBody, SpendBody
from privacy.ledger.report_text import LIMITS, SIGNED_HEADS, USES_HEADS, Say
from privacy.ledger.rules import decide
from privacy.ledger.state import LedgerState, PopulationBudget
from privacy.ledger.terms import APPROVED, EVERYBODY, EntryType, document_of

ALWAYS: Final = "always"  # the period of a budget that is never reset: a synthetic population's
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
        "from_whom": say("report.from_whom_text"),
        "not_promised": _limits(say),
        "populations": [_population(state, name, points.get(name, []), entries, say) for name in sorted(state.budgets)],
        "approvals": [_approval(one, say) for one in entries if one.kind in APPROVED or one.kind is EntryType.KEY],
    }


def _replayed(entries: Sequence[AnyEntry]) -> tuple[LedgerState, dict[str, list[dict[str, Any]]]]:
    state, points = LedgerState(), dict[str, list[dict[str, Any]]]()
    shown = _shown(entries)
    for one in entries:
        state.apply(decide(state, one))
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
    return {
        **balance.to_document(),
        "protected": say(f"report.protects.{balance.unit}"),
        "promise": _promise(balance.lifetime, balance.delta, say),
        "timeline": points,
        "uses": [_use(spend, entries[spend.index]) for spend in mine],
        "approvers": sorted(one.name for one in state.budgets[name].approvers.values()),
    }


def _promise(epsilon: Decimal, delta: Decimal, say: Say) -> dict[str, str]:
    """Epsilon in terms of a guess: who tosses a coin on whether you were among the data, and is helped by it all."""
    ratio = math.exp(min(float(epsilon), 700.0))
    chance = min((ratio + float(delta)) / (1 + ratio), 1.0)  # Kairouz et al. 2015, equation 4, at even odds
    best = f"{chance:.4f}"
    return {"epsilon": _amount(epsilon), "delta": text_of(delta), "best_guess": best, "in_words": _guess(best, say)}


def _guess(best: str, say: Say) -> str:
    return say("report.guess", chance=math.ceil(Decimal(best) * 100))


def _limits(say: Say) -> list[str]:
    return [say(f"report.limit.{number}") for number in range(1, LIMITS + 1)]


def _use(spend: SpendRecord, reserved: AnyEntry) -> dict[str, Any]:
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
        "cohort": body["cohort"],
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


# --- the page --------------------------------------------------------------------------------------------------------

_STYLE = (
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}h1{font-size:1.6rem}h1,h2,h3{line-height:1.25}h2{margin-top:2.5rem;border-top:2px solid #1a1a1a;"
    "padding-top:.75rem}table{border-collapse:collapse;width:100%;font-size:.95rem}th,td{text-align:left;"
    "vertical-align:top;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #ccc;overflow-wrap:anywhere}"
    "td:first-child,.num{white-space:nowrap}.num{text-align:right;padding-right:1.2rem}"
    ".big{font-size:1.3rem;border-left:.4rem solid #2b6cb0;padding-left:1rem}"
    "figure{margin:1.5rem 0}figure svg{display:block;width:100%;height:12rem;border-bottom:1px solid #1a1a1a}"
    "figure p{display:flex;flex-wrap:wrap;gap:0 1.5rem;justify-content:space-between;margin:.25rem 0}"
    ".key:before{content:'';display:inline-block;width:1.2em;height:.8em;margin-right:.4em;background:#9cc3e6}"
    ".line:before{height:0;border-top:3px solid #a33;background:none;vertical-align:.25em}figcaption{color:#444}"
    "code{overflow-wrap:anywhere}@media(max-width:36rem){thead{position:absolute;left:-99rem}tr{display:block;"
    "border-bottom:1px solid #ccc;padding:.5rem 0}td{display:flex;gap:1rem;border:0;padding:.1rem 0}"
    "td:before{content:attr(data-head);flex:0 0 7rem;color:#444}.num{text-align:left}}"
)
COMMAND: Final = "proffer privacy verify BUNDLE --key ledger.pub"


def page(report: Mapping[str, Any], language: str, say: Say) -> str:
    """The report as one HTML page without scripts or anything from elsewhere.

    Args:
        report: what `document` gave.
        language: the code of the page's language.
        say: the messages of the report, in that language.
    """
    parts = "".join(_population_html(one, say) for one in report["populations"])
    day = _text((report["as_of"] or "")[:10])
    source = say("report.source", entries=report["entries"], ledger=_code(report["ledger"]), day=day)
    limits = "".join(f"<li>{_text(line)}</li>" for line in _limits(say))
    nothing = "" if parts else f"<p>{_text(say('report.nothing'))}</p>"
    check = say("report.check_text", command=_code(COMMAND), root=_code(report["root"]))
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(say('report.title'))}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{_text(say('report.title'))}</h1><p>{source}</p>{parts}{nothing}"
        f"<h2>{_text(say('report.from_whom'))}</h2><p>{_text(say('report.from_whom_text'))}</p>"
        f"<h2>{_text(say('report.not_promised'))}</h2><ul>{limits}</ul>{_approvals_html(report['approvals'], say)}"
        f"<h2>{_text(say('report.check'))}</h2><p>{check}</p></main></body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>"


def _population_html(one: Mapping[str, Any], say: Say) -> str:
    promise, protected = one["promise"], say(f"report.protects.{one['unit']}")
    numbers = {name: one[name] for name in ("lifetime", "delta", "spent", "cap", "left")}
    period = one["period"]
    numbers["period"] = say("report.always") if period == ALWAYS else say("report.period", period=period)
    uses = [(use["at"][:10], use["purpose"], use["requester"], use["epsilon"], say(f"report.state.{use['state']}"))
            for use in one["uses"]]  # fmt: skip
    table = _table([say(f"report.uses_head.{head}") for head in USES_HEADS], uses, 3)
    table = table if uses else f"<p>{_text(say('report.no_uses'))}</p>"
    return (
        f"<section><h2>{_text(say('report.population', population=one['population']))}</h2>"
        f"<h3>{_text(say('report.what'))}</h3><p>{_text(protected)}</p>"
        f'<h3>{_text(say("report.how_much"))}</h3><p class="big">{_text(_guess(promise["best_guess"], say))}</p>'
        f"<p>{_text(say('report.measure', **numbers))}</p>{_figure(one, say)}"
        f"<h3>{_text(say('report.uses'))}</h3>{table}</section>"
    )


def _figure(one: Mapping[str, Any], say: Say) -> str:
    days = [_text(point["at"][:10]) for point in one["timeline"]]
    ends = f"<p><span>{days[0]}</span><span>{days[-1]}</span></p>"
    spent, cap = (f"{_text(say(f'report.{name}'))}: {_text(one[name])}" for name in ("spent", "cap"))
    caption = say("report.caption")
    return (
        f'<figure><p><span class="key">{spent}</span><span class="key line">{cap}</span></p>'
        f"{picture(one['timeline'], caption)}{ends}<figcaption>{_text(caption)}</figcaption></figure>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], number: int) -> str:
    """A table whose rows become lists on a narrow screen, each value beside its head."""

    def cell(i: int, value: object) -> str:
        return f'<td data-head="{_text(heads[i])}"{" class=num" if i == number else ""}>{_text(value)}</td>'

    top = "".join(f"<th{' class=num' if i == number else ''}>{_text(head)}</th>" for i, head in enumerate(heads))
    body = "".join(f"<tr>{''.join(cell(i, value) for i, value in enumerate(row))}</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _approvals_html(approvals: Sequence[Mapping[str, Any]], say: Say) -> str:
    rows = [
        (
            one["at"][:10],
            say("report.whole") if one["population"] == EVERYBODY else one["population"],
            say(f"report.did.{one['kind']}"),
            ", ".join(one["signed_by"]),
            one["what"]["reason"],
        )
        for one in approvals
    ]
    heads = [say(f"report.signed_head.{head}") for head in SIGNED_HEADS]
    return f"<h2>{_text(say('report.signed'))}</h2>{_table(heads, rows, -1)}"


WIDE, HIGH = 600.0, 200.0


def picture(timeline: Sequence[Mapping[str, Any]], name: str = "") -> str:
    """Spend over time as an inline SVG that fills any shape: steps of what was spent, under the cap.

    >>> picture([{"at": "2026-01-01T00:00:00Z", "spent": "1", "cap": "3"}]).startswith("<svg")
    True
    """
    spent = [min(float(point["spent"]), 1e7) for point in timeline]
    caps = [float(point["cap"]) for point in timeline]
    top = max([*spent, *caps, 1e-9]) * 1.04
    across = [WIDE * i / max(len(timeline), 1) for i in range(len(timeline) + 1)]

    def down(value: float) -> float:
        return HIGH * (1 - value / top)

    floor = f"{across[-1]:.1f},{HIGH:.1f} {across[0]:.1f},{HIGH:.1f}"
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" preserveAspectRatio="none" role="img" aria-label="{_text(name)}">'
        f'<polygon points="{_steps(spent, across, down)} {floor}" fill="#9cc3e6"/>'
        f'<polyline points="{_steps(caps, across, down)}" fill="none" stroke="#a33" stroke-width="3"'
        ' vector-effect="non-scaling-stroke"/></svg>'
    )


def _steps(values: Sequence[float], across: Sequence[float], down: Callable[[float], float]) -> str:
    pairs = ((across[i + side], down(value)) for i, value in enumerate(values) for side in (0, 1))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)
