"""The report on a ledger that anybody can read: what was protected, from whom, how much, and what is not promised."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from privacy.budget import RELEASED, Account, Books, Spend
from privacy.entry import APPROVED, Entry, Kind, text_of

NOT_PROMISED: Final = (
    (
        "That nothing about you can be guessed. What is true of people like you in general can still be learned, "
        "whether or not your data were used."
    ),
    "Anything about data that were used outside of this ledger, or were public before.",
    (
        "That the data were collected rightly, are correct, or are kept safe where they lie. Differential privacy "
        "protects what is released from them."
    ),
    "Protection of groups larger than the unit named above to the same degree: for a group of k it is k times weaker.",
    "That the mechanism was run as it is recorded. The empirical audit tests this; no ledger can prove it.",
    (
        "That the keeper of the signing key did not rewrite the whole ledger, unless an outside witness cosigned it, "
        "or you kept a checkpoint from before."
    ),
)
FROM_WHOM: Final = (
    "Anybody who sees what was released (models, scores made by them, figures), whatever else they know and however "
    "much they compute. Not from those who run the system and hold the data itself."
)
_SETTLED_BY_PEOPLE = {
    Kind.RELEASE: "gave back a spend",
    Kind.RAISE: "raised the cap",
    Kind.RESET: "opened a new period",
    Kind.PUBLIC: "marked data as public",
    Kind.KEY: "changed a key",
}
MOST_POINTS: Final = 60  # of the picture; each costs a composition


def document(entries: Sequence[Entry], root: str) -> dict[str, Any]:
    """The report as JSON, from the entries of a ledger that was checked.

    Args:
        entries: all of them, in order.
        root: the tree's root, hex: what the report speaks of.
    """
    books, points = _replayed(entries)
    return {
        "ledger": books.origin,
        "entries": len(entries),
        "root": root,
        "as_of": entries[-1].at if entries else None,
        "from_whom": FROM_WHOM,
        "not_promised": list(NOT_PROMISED),
        "populations": [_population(books, name, points.get(name, [])) for name in sorted(books.accounts)],
        "approvals": [_approval(one) for one in entries if one.kind in APPROVED or one.kind is Kind.KEY],
    }


def _replayed(entries: Sequence[Entry]) -> tuple[Books, dict[str, list[dict[str, Any]]]]:
    books, points = Books(), dict[str, list[dict[str, Any]]]()
    shown = _shown(entries)
    for one in entries:
        books.judge(one)()
        if one.index in shown:
            points.setdefault(one.population, []).append(_point(one, books.accounts[one.population]))
    return books, points


def _shown(entries: Sequence[Entry]) -> frozenset[int]:
    """The entries at which the picture has a point: all that change a balance, or evenly chosen ones of many."""
    telling = [
        one.index
        for one in entries
        if one.kind in (Kind.INIT, Kind.RESERVE, Kind.EVALUATE, Kind.RELEASE, Kind.RAISE, Kind.RESET)
    ]
    step = -(-len(telling) // MOST_POINTS) or 1
    kept = [one.index for one in entries if one.kind in (Kind.INIT, Kind.RAISE, Kind.RESET)]
    return frozenset(telling[::step]) | frozenset(telling[-1:]) | frozenset(kept)


def _point(one: Entry, account: Account) -> dict[str, Any]:
    return {
        "index": one.index,
        "at": one.at,
        "kind": str(one.kind),
        "spent": _amount(account.spent()),
        "cap": _amount(account.cap),
        "period": account.period,
    }


def _amount(epsilon: Decimal) -> str:
    return text_of(epsilon) if epsilon.is_finite() else "infinity"


def _population(books: Books, name: str, points: list[dict[str, Any]]) -> dict[str, Any]:
    balance = books.balance(name)
    mine = [spend for spend in books.spends.values() if spend.population == name]
    return {
        **balance.to_document(),
        "protected": _protected(balance.unit),
        "promise": _promise(balance.lifetime, balance.delta),
        "timeline": points,
        "uses": [_use(spend) for spend in mine],
        "approvers": sorted(one.name for one in books.accounts[name].approvers.values()),
    }


def _protected(unit: str) -> str:
    whom = "each person" if unit == "person" else "each household"
    return f"Everything the log holds about {whom}, all of it together: adding or leaving it out changes little."


def _promise(epsilon: Decimal, delta: Decimal) -> dict[str, str]:
    """Epsilon in terms of a guess: who tosses a coin on whether you were among the data, and is helped by it all."""
    ratio = math.exp(min(float(epsilon), 700.0))
    chance = min((ratio + float(delta)) / (1 + ratio), 1.0)  # Kairouz et al. 2015, equation 4, at even odds
    text = (
        f"Somebody who guesses whether your data were among these is right 50 times in 100 without any help, and at "
        f"most {math.ceil(chance * 100)} times in 100 with everything that was released."
    )
    return {"epsilon": _amount(epsilon), "delta": text_of(delta), "best_guess": f"{chance:.4f}", "in_words": text}


def _use(spend: Spend) -> dict[str, Any]:
    body = spend.entry.body
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


def _approval(one: Entry) -> dict[str, Any]:
    statement = one.body["statement"]
    names = sorted(line.split(" ")[1] for line in one.body["signatures"])
    return {
        "index": one.index,
        "at": one.at,
        "kind": str(one.kind),
        "population": one.population,
        "did": _SETTLED_BY_PEOPLE[one.kind],
        "signed_by": names,
        "what": dict(statement["what"]),
    }


# --- the page --------------------------------------------------------------------------------------------------------

_STYLE = (
    "body{font:16px/1.55 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;"
    "background:#fff}h1,h2{line-height:1.2}table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}"
    ".num{text-align:right;white-space:nowrap}.big{font-size:1.25rem}svg{width:100%;height:auto}"
    "code{overflow-wrap:anywhere}.wide{overflow-x:auto}"
)


def page(report: Mapping[str, Any]) -> str:
    """The report as one HTML page without scripts or anything from elsewhere."""
    parts = [_population_html(one) for one in report["populations"]]
    promised = "".join(f"<li>{_text(line)}</li>" for line in report["not_promised"])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>What was learned from people's data</title><style>{_STYLE}</style></head><body><main>"
        "<h1>What was learned from people's data, and what it may have told about one of them</h1>"
        f"<p>From the {report['entries']} entries of the ledger <code>{_text(report['ledger'])}</code>, the last of "
        f"{_text(report['as_of'])}. Root <code>{_text(report['root'])}</code>.</p>"
        f"{''.join(parts) or '<p>No budget was opened yet.</p>'}"
        f"<h2>From whom it is protected</h2><p>{_text(report['from_whom'])}</p>"
        f"<h2>What is not promised</h2><ul>{promised}</ul>"
        f"{_approvals_html(report['approvals'])}"
        "<h2>How to check this</h2><p>Ask for the ledger's bundle and its public key, and run "
        "<code>proffer privacy verify BUNDLE --key ledger.pub</code> on a machine of yours, without a network.</p>"
        "</main></body></html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _population_html(one: Mapping[str, Any]) -> str:
    promise = one["promise"]
    rows = [[use["at"][:10], use["purpose"], use["requester"], use["epsilon"], use["state"]] for use in one["uses"]]
    return (
        f"<section><h2>{_text(one['population'])}</h2>"
        f"<h3>What was protected</h3><p>{_text(one['protected'])}</p>"
        f'<h3>How much</h3><p class="big">{_text(promise["in_words"])}</p>'
        f"<p>In the measure of the field: epsilon {_text(promise['epsilon'])} at delta {_text(promise['delta'])}, over "
        f"everything since the budget was opened. In the period {_text(one['period'])}: {_text(one['spent'])} of at "
        f"most {_text(one['cap'])}; {_text(one['left'])} is left.</p>"
        f"<figure>{picture(one['timeline'])}<figcaption>Spent (filled) under the cap (line), entry by entry."
        "</figcaption></figure>"
        f"<h3>For what</h3>{_table(['day', 'purpose', 'asked by', 'epsilon', 'state'], rows, 3)}</section>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], number: int) -> str:
    def cells(tag: str, row: Sequence[object]) -> str:
        marked = (f"<{tag}{' class=num' if i == number else ''}>{_text(cell)}</{tag}>" for i, cell in enumerate(row))
        return f"<tr>{''.join(marked)}</tr>"

    body = "".join(cells("td", row) for row in rows)
    return f'<div class="wide"><table><thead>{cells("th", heads)}</thead><tbody>{body}</tbody></table></div>'


def _approvals_html(approvals: Sequence[Mapping[str, Any]]) -> str:
    rows = [[one["at"][:10], one["population"], one["did"], ", ".join(one["signed_by"]), one["what"]["reason"]]
            for one in approvals]  # fmt: skip
    return f"<h2>What people signed for</h2>{_table(['day', 'population', 'what', 'signed by', 'why'], rows, -1)}"


WIDE, HIGH, EDGE = 640.0, 240.0, 36.0


def picture(timeline: Sequence[Mapping[str, Any]]) -> str:
    """Spend over time as an inline SVG: steps of what was spent, under the cap.

    >>> picture([{"at": "2026-01-01T00:00:00Z", "spent": "1", "cap": "3"}]).startswith("<svg")
    True
    """
    spent = [min(float(point["spent"]), 1e7) for point in timeline]
    caps = [float(point["cap"]) for point in timeline]
    top = max([*spent, *caps, 1e-9]) * 1.08
    across = [EDGE + (WIDE - 2 * EDGE) * i / max(len(timeline), 1) for i in range(len(timeline) + 1)]

    def down(value: float) -> float:
        return HIGH - EDGE - (HIGH - 2 * EDGE) * value / top

    floor = f"{across[-1]:.1f},{down(0):.1f} {across[0]:.1f},{down(0):.1f}"
    area, line = _steps(spent, across, down), _steps(caps, across, down)
    first, last = (timeline[0]["at"][:10], timeline[-1]["at"][:10]) if timeline else ("", "")
    return (
        f'<svg viewBox="0 0 {WIDE:.0f} {HIGH:.0f}" role="img" aria-label="Epsilon spent over time, under its cap">'
        f'<polygon points="{area} {floor}" fill="#9cc3e6"/>'
        f'<polyline points="{line}" fill="none" stroke="#a33" stroke-width="2"/>'
        f'<g font-size="12" fill="#333"><text x="{EDGE}" y="{HIGH - 12}">{_text(first)}</text>'
        f'<text x="{WIDE - EDGE}" y="{HIGH - 12}" text-anchor="end">{_text(last)}</text>'
        f'<text x="4" y="{down(0):.0f}">0</text>'
        f'<text x="4" y="{down(max(caps, default=0.0)) - 4:.0f}">cap {max(caps, default=0.0):g}</text></g></svg>'
    )


def _steps(values: Sequence[float], across: Sequence[float], down: Any) -> str:
    pairs = ((across[i + side], down(value)) for i, value in enumerate(values) for side in (0, 1))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in pairs)
