"""Report tables: how well a ranker ranks, as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from composition import terminal

if TYPE_CHECKING:
    from training.evaluation.evaluation_report import Report


def report_text(report: Report) -> str:
    """A report as tables."""
    parts = []
    if report.means:
        rows = [(name, f"{value:.4f}") for name, value in sorted(report.means.items(), key=lambda row: row[1])]
        parts.append(terminal.table(["order", "NDCG@5"], rows, right=[1]))
        gap = "none to close" if report.gap_closed is None else f"{report.gap_closed:.1%}"
        parts.append(f"gap from popularity to the best reachable, closed: {gap}")
    else:
        parts.append("no truth beside the data: no NDCG, only what people did")
    seen = report.observed
    parts.append(
        f"held-out log-loss {seen.log_loss:.5f} (always the mean: {seen.base_log_loss:.5f}), "
        f"calibration error {seen.reliability.error:.5f}"
    )
    return "\n\n".join([*parts, *_groups(report), *_cold_starts(report)])


def _groups(report: Report) -> list[str]:
    if not report.groups:
        return []
    heads = ["group", "people", "popularity", "ranker", "reachable", "gap closed"]
    rows = [
        (
            group["group"], group["people"], *(f"{group['ndcg@5'][name]:.4f}" for name in _orders(group)),
            "" if group["gap_closed"] is None else f"{group['gap_closed']:.0%}",
        )
        for group in report.groups
    ]  # fmt: skip
    return [terminal.table(heads, rows, right=[1, 2, 3, 4, 5])]


def _orders(group: Mapping[str, Any]) -> list[str]:
    """The orders a group compares, from the floor to the ceiling."""
    return ["popularity", *(name for name in group["ndcg@5"] if name not in ("popularity", "reachable")), "reachable"]


def _cold_starts(report: Report) -> list[str]:
    if not report.cold_starts:
        return []
    rows = [
        (tried.programme, tried.lists, f"{tried.trained:.4f}", f"{tried.withheld:.4f}", f"{tried.kept:.1%}")
        for tried in report.cold_starts
    ]
    heads = ["tried as new", "lists", "trained", "withheld", "kept"]
    return [terminal.table(heads, rows, right=[1, 2, 3, 4])]
