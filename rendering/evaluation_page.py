"""Evaluation page: what the template of the report on a model shows, in one language, pictures first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from rendering.dot_chart import Calibration, Dot, DotChart

TEMPLATE: Final = "evaluation.html"
_PLAIN: Final = (
    "synthetic", "real", "orders", "by_truth", "by_answers", "orders_text", "ranker", "groups", "groups_text",
    "reached", "recall", "exposure", "calibration", "by_group", "by_category", "by_newness", "newness.new",
    "newness.under_a_year", "newness.older", "newness.never", "reliability", "predicted", "observed", "rows",
    "by_programme", "by_month", "correction", "before", "after", "boosts", "controls", "controls_text",
    "control.honest", "control.shuffled", "control.planted", "control.shifted", "control.forward", "held.true",
    "held.false", "held.none", "head.control", "head.result", "head.difference", "head.least", "head.says",
    "head.programme", "head.month", "says.better", "says.worse", "says.cannot_tell", "examples", "examples_text",
    "card", "card_text", "as_table", "axis", "nobody",
)  # fmt: skip
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"ranking.page.{name}": () for name in _PLAIN},
    "ranking.page.title": ("model",),
    "ranking.page.people": ("people", "candidates"),
    "ranking.page.lead.better": ("ours", "other", "difference", "error"),
    "ranking.page.lead.worse": ("ours", "other", "difference", "error"),
    "ranking.page.lead.cannot_tell": ("ours", "other", "difference", "error", "least"),
    "ranking.page.suppressed": ("groups", "fewest"),
    "ranking.page.correction_text": ("order", "price", "before", "after"),
    "ranking.page.boost": ("group", "kind", "adds"),
    "ranking.page.boost_rest": ("group", "kind", "adds"),
    "ranking.page.example": ("person", "groups"),
    "ranking.page.would": ("percent",),
}
"""The messages that the page needs, and the placeholders of each."""
_MEASURES: Final = ("ndcg@5", "recall@5", "mrr")
_NAMES: Final = {"ndcg@5": "NDCG@5", "recall@5": "Recall@5", "mrr": "MRR"}

_PARTS: Final = {"by_group": "by_group", "category": "by_category", "newness": "by_newness"}

Say = Callable[..., str]


def view(report: Mapping[str, Any], language: str, say: Say) -> dict[str, object]:
    """The variables of the template.

    Args:
        report: what a report with every section is as a document, and the `model`'s name.
        language: the code of the page's language.
        say: the messages, in that language.
    """
    labels = {row["group"]: row["label"].get(language) or row["group"] for row in report["fairness"]}
    told = report["by_truth"] or report["by_answers"]
    return {
        "language": language,
        "say": lambda name, **values: say(f"ranking.page.{name}", **values),
        "title": say("ranking.page.title", model=report["model"]),
        "lead": _lead(told, report["ranker"], say),
        "people": say("ranking.page.people", **{name: f"{n:,}" for name, n in report["held_out"].items()}),
        "orders": [_orders(report, kind, say) for kind in ("by_truth", "by_answers") if report[kind]],
        "groups": _groups(report, labels, say),
        "parts": _parts(report, labels, say),
        "reliability": _reliability(report["reliability"], say),
        "calibrations": _calibrations(report, say),
        "corrections": [_correction(one, labels, say) for one in report["corrections"]],
        "controls": [_control(one, say) for one in report["leak_controls"]],
        "examples": [_example(one, labels, language, say) for one in report["examples"]],
        "card": [(name, _plain(value), len(_plain(value)) > 30) for name, value in report["card"].items()],
    }


def _lead(rows: Sequence[Mapping[str, Any]], ranker: str, say: Say) -> str:
    """The first sentence: whether the ranker is better than popularity, and by how much."""
    by_name = {row["order"]: row for row in rows}
    if not {"popularity", ranker} <= set(by_name):
        return say("ranking.page.nobody")
    beside = by_name["popularity"]["ranker_is"]["ndcg@5"]
    numbers = {
        "ours": _number(by_name[ranker]["ndcg@5"]["mean"]), "other": _number(by_name["popularity"]["ndcg@5"]["mean"]),
        "difference": f"{beside['difference']:+.3f}", "error": _number(beside["error"]),
    }  # fmt: skip
    least = {"least": _number(beside["least"])} if beside["says"] == "cannot_tell" else {}
    return say(f"ranking.page.lead.{beside['says']}", **numbers, **least)


def _orders(report: Mapping[str, Any], kind: str, say: Say) -> dict[str, object]:
    """The orders beside each other, and how much better the ranker is than each."""
    rows = report[kind]
    names = [_order(row["order"], report["ranker"], say) for row in rows]
    strong = [row["order"] for row in rows].index(report["ranker"])
    charts = []
    for measure in _MEASURES:
        dots = tuple((name, (_dot(row[measure]),)) for name, row in zip(names, rows, strict=True))
        heads = (say("ranking.head.order"), _NAMES[measure])
        charts.append(DotChart(_NAMES[measure], ("",), dots, heads, strong=strong))
    return {
        "name": say(f"ranking.page.{kind}"),
        "charts": charts,
        "heads": [
            say("ranking.head.order"),
            *(say(f"ranking.page.head.{name}") for name in ("difference", "least", "says")),
        ],
        "rows": [
            (name, *_beside(row["ranker_is"]["ndcg@5"], say))
            for name, row in zip(names, rows, strict=True)
            if row["order"] not in (report["ranker"], "reachable")  # nothing can be better than the latter
        ],
    }


def _beside(one: Mapping[str, Any], say: Say) -> tuple[str, str, str]:
    """How much higher, what could be told, and what is."""
    error, least = (_number(one[name]) for name in ("error", "least"))
    difference = f"{one['difference']:+.3f} ± {error}"
    says = say(f"ranking.page.says.{one['says']}")
    return difference, least, says


def _groups(report: Mapping[str, Any], labels: Mapping[str, str], say: Say) -> dict[str, object]:
    """The gap of each group to the rest, under popularity and under the ranker, one picture for each measure."""
    orders, shown = ("popularity", report["ranker"]), [row for row in report["fairness"] if not row["suppressed"]]
    small = [row for row in report["fairness"] if row["suppressed"]]
    hidden = ", ".join(labels[row["group"]] for row in small)
    series = tuple(_order(name, report["ranker"], say) for name in orders)
    charts = []
    for measure in ("reached", "recall", "exposure", "calibration"):
        rows = tuple(
            (labels[row["group"]], tuple(_gap(row["orders"].get(order, {}).get(measure)) for order in orders))
            for row in shown
        )
        heads = (say("ranking.head.group"), *series)
        charts.append(DotChart(say(f"ranking.page.{measure}"), series, rows, heads, line=0.0))
    return {
        "charts": charts if shown else [],
        "small": say("ranking.page.suppressed", groups=hidden, fewest=small[0]["fewest"]) if small else "",
    }


def _parts(report: Mapping[str, Any], labels: Mapping[str, str], say: Say) -> list[DotChart]:
    """The orders by group, by category and by age of programmes."""
    found = []
    for kind in _PARTS:
        rows = report[kind]
        if not rows:
            continue
        orders = tuple(rows[0]["orders"])
        series = tuple(_order(name, report["ranker"], say) for name in orders)
        dots = tuple(
            (_part(kind, row, labels, say), tuple(_dot(row["orders"][name]) for name in orders)) for row in rows
        )
        found.append(DotChart(say(f"ranking.page.{_PARTS[kind]}"), series, dots, ("", *series)))
    return found


def _part(kind: str, row: Mapping[str, Any], labels: Mapping[str, str], say: Say) -> str:
    if kind == "by_group":
        return labels[row["group"]]
    if kind == "newness":
        return say(f"ranking.page.newness.{row['part']}")
    return str(row["part"])


def _reliability(curve: Mapping[str, Any], say: Say) -> Calibration:
    points = [
        (one, Dot(other, 1.96 * (max(other * (1 - other), 0.0) / max(rows, 1)) ** 0.5), rows)
        for one, other, rows in zip(curve["predicted"], curve["observed"], curve["rows"], strict=True)
    ]
    heads = tuple(say(f"ranking.page.{name}") for name in ("predicted", "observed", "rows"))
    return Calibration(say("ranking.page.reliability"), (heads[0], heads[1], heads[2]), points)


def _calibrations(report: Mapping[str, Any], say: Say) -> list[dict[str, object]]:
    """What was predicted beside what was observed, by programme and by month."""
    found: list[dict[str, object]] = []
    for kind, head in (("calibration_by_programme", "programme"), ("calibration_by_month", "month")):
        name = say(f"ranking.page.by_{head}")
        series = say("ranking.page.predicted"), say("ranking.page.observed")
        rows = tuple((row["part"], (Dot(row["predicted"]), Dot(row["observed"], row["error"]))) for row in report[kind])
        heads = (say(f"ranking.page.head.{head}"), *series)
        if rows:
            found.append({"chart": DotChart(name, series, rows, heads), "folded": len(rows) > 20})
    return found


def _correction(one: Mapping[str, Any], labels: Mapping[str, str], say: Say) -> dict[str, object]:
    others = one["others"].get("ndcg@5", {"before": None, "after": None})
    numbers = {"price": f"{one['price']:+.1%}", **{name: _number(value) for name, value in others.items()}}
    series = say("ranking.page.before"), say("ranking.page.after")
    rows = tuple((labels[gap["group"]], (Dot(gap["before"]), Dot(gap["after"], gap["error"]))) for gap in one["gaps"])
    order = say(f"ranking.order.{one['order']}")
    return {
        "text": say("ranking.page.correction_text", order=order, **numbers),
        "chart": DotChart(order, series, rows, (say("ranking.head.group"), *series), line=0.0),
        "boosts": [
            say(
                "ranking.page.boost" if boost["of"] == "group" else "ranking.page.boost_rest",
                group=labels[boost["group"]], kind=boost["kind"], adds=f"{boost['adds']:.2f}",
            )
            for boost in one["boosts"]
        ],
    }  # fmt: skip


def _control(one: Mapping[str, Any], say: Say) -> tuple[str, str, str]:
    held = {True: "true", False: "false", None: "none"}[one["held"]]
    area = f"AUC {one['auc']:.3f} ± {one['error']:.3f}"
    loss = f"log-loss {one['log_loss']:.3f} ({one['base_log_loss']:.3f})"
    return say(f"ranking.page.control.{one['control']}"), f"{area}; {loss}", say(f"ranking.page.held.{held}")


def _example(one: Mapping[str, Any], labels: Mapping[str, str], language: str, say: Say) -> dict[str, object]:
    groups = ", ".join(labels[name] for name in one["groups"])
    return {
        "name": say("ranking.page.example", person=one["person"], groups=groups),
        "heads": [say(f"ranking.order.{name}") for name in one["lists"]],
        "rows": list(
            zip(*([_programme(row, language, say) for row in rows] for rows in one["lists"].values()), strict=False)
        ),
    }


def _programme(row: Mapping[str, Any], language: str, say: Say) -> str:
    title = row["title"].get(language) or next(iter(row["title"].values()), row["id"])
    would = row["would_take_up"]
    return title if would is None else f"{title} ({say('ranking.page.would', percent=f'{100 * would:.0f}')})"


def _order(name: str, ranker: str, say: Say) -> str:
    said = say(f"ranking.order.{name}")
    return f"{said} · {say('ranking.page.ranker')}" if name == ranker else said


def _dot(one: Mapping[str, float]) -> Dot:
    return Dot(one["mean"], one["error"])


def _gap(one: Mapping[str, float | None] | None) -> Dot | None:
    if one is None:
        return None
    gap, error = one["gap"], one["error"]
    return None if gap is None or error is None else Dot(gap, error)


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.3f}"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
