"""Report tables: how well a ranker ranks, as people read it on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from composition import terminal

if TYPE_CHECKING:
    from recommender.rules.people_group import PeopleGroup
    from training.evaluation.correction import Correction
    from training.evaluation.evaluation_report import Report

_AGES: Final = re.compile(r"age (\d+)(?:-(\d+)| and over)")


def report_text(report: Report, say: Callable[..., str]) -> str:
    """A report as tables, in the language that `say` gives messages in."""
    parts = []
    if report.means:
        ordered = sorted(report.means.items(), key=lambda row: row[1])
        rows = [(say(f"ranking.order.{name}"), f"{value:.4f}") for name, value in ordered]
        parts.append(terminal.table([say("ranking.head.order"), "NDCG@5"], rows, right=[1]))
        gap = report.gap_closed
        told = "no_gap" if gap is None else "worse" if gap < 0 else "closed"
        parts.append(say(f"ranking.{told}", **({} if gap is None else {"percent": _percent(gap)})))
    else:
        parts.append(say("ranking.no_truth"))
    if report.observed_orders and not report.means:
        parts.append(_observed_orders(report, say))
    seen = report.observed
    loss, base, error = (f"{value:.5f}" for value in (seen.log_loss, seen.base_log_loss, seen.reliability.error))
    parts.append(say("ranking.fit", loss=loss, base=base, error=error))
    return "\n\n".join([*parts, *_drawn(report, say), *_groups(report, say), *_cold_starts(report, say)])


def correction_text(found: Correction, groups: Sequence[PeopleGroup], say: Callable[..., str], language: str) -> str:
    """What a correction changes for each declared group, as a table."""
    labels, document = {group.name: group.label.get(language) for group in groups}, found.to_document()
    if not document["gaps"]:
        return say("ranking.corrected.no_groups")
    rows = [
        (
            labels[one["group"]],
            *(f"{100 * one[side]:+.1f}" for side in ("before", "after")),
            f"{100 * one['error']:.1f}",
            f"{100 * one['knowing']:+.1f}",
        )
        for one in document["gaps"]
    ]
    heads = [*(say(f"ranking.head.{name}") for name in ("group", "before", "after")), "+-", say("ranking.head.knowing")]
    head = say("ranking.corrected.people", people=found.people, price=_percent(found.price))
    return head + "\n\n" + terminal.table(heads, rows, right=[1, 2, 3, 4])


def _drawn(report: Report, say: Callable[..., str]) -> list[str]:
    """What each order would have brought where chance decided what stood first."""
    if not report.drawn:
        return []
    document = report.to_document()["drawn"]
    told = {"draws": document["draws"], "people": document["people"]}
    known = [(name, one.value, one.gain) for name, one in report.drawn.items() if one.value is not None]
    if not known:
        return [say("ranking.drawn_few", **told)]
    rows = [
        (say(f"ranking.order.{name}"), f"{value.value:.4f} +- {value.high - value.value:.4f}",
         f"{gain.value:+.4f} +- {gain.high - gain.value:.4f}")
        for name, value, gain in known
    ]  # fmt: skip
    heads = [say(f"ranking.head.{name}") for name in ("order", "value", "over")]
    return [say("ranking.drawn", **told) + "\n\n" + terminal.table(heads, rows, right=[1, 2])]


def _observed_orders(report: Report, say: Callable[..., str]) -> str:
    """By what held-out people took up: each order's figures with their standard errors."""
    found = sorted(report.observed_orders.items(), key=lambda row: row[1].ndcg)
    rows = [
        (
            say(f"ranking.order.{name}"), f"{one.ndcg:.4f} ({one.ndcg_error:.4f})",
            f"{one.reciprocal_rank:.4f} ({one.reciprocal_rank_error:.4f})",
        )
        for name, one in found
    ]  # fmt: skip
    head = say("ranking.took_up", lists=found[0][1].lists)
    return head + "\n\n" + terminal.table([say("ranking.head.order"), "NDCG@5", "MRR"], rows, right=[1, 2])


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _groups(report: Report, say: Callable[..., str]) -> list[str]:
    if not report.groups:
        return []
    heads = [
        say("ranking.head.group"), say("ranking.head.people"), say("ranking.order.popularity"),
        say("ranking.head.ranker"), say("ranking.order.reachable"), say("ranking.head.gap"),
    ]  # fmt: skip
    rows = [
        (
            group_name(group["group"], say), group["people"],
            *(f"{group['ndcg@5'][name]:.4f}" for name in _orders(group)),
            "" if group["gap_closed"] is None else f"{group['gap_closed']:.0%}",
        )
        for group in report.groups
    ]  # fmt: skip
    return [terminal.table(heads, rows, right=[1, 2, 3, 4, 5])]


def group_name(name: str, say: Callable[..., str]) -> str:
    """What a group of people is called; `name` is its name in the report's document."""
    ages = _AGES.fullmatch(name)
    if ages is None:
        return say("ranking." + name.removeprefix("reached "))
    low, high = ages.groups()
    return say("ranking.age_from", low=low) if high is None else say("ranking.ages", low=low, high=high)


def _orders(group: Mapping[str, Any]) -> list[str]:
    """The orders a group compares, from the floor to the ceiling."""
    return ["popularity", *(name for name in group["ndcg@5"] if name not in ("popularity", "reachable")), "reachable"]


def _cold_starts(report: Report, say: Callable[..., str]) -> list[str]:
    if not report.cold_starts:
        return []
    rows = [
        (tried.programme, tried.lists, f"{tried.trained:.4f}", f"{tried.withheld:.4f}", _percent(tried.kept))
        for tried in report.cold_starts
    ]
    heads = [say(f"ranking.head.{name}") for name in ("new", "lists", "trained", "withheld", "kept")]
    return [terminal.table(heads, rows, right=[1, 2, 3, 4])]
