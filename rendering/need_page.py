"""Need page: after which events of their lives people found nothing, and in which province."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from rendering.stacked_bar import WIDE, stacked
from rendering.voice import Voice

__all__ = ["MESSAGES", "NOBODY", "PATH", "TEMPLATE", "need_view", "no_table_view"]

TEMPLATE: Final = "agency_need.html"
NOBODY: Final = "agency_need_none.html"
PATH: Final = "/agency/need"
KINDS: Final = ("nothing", "open", "available")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"agency.need.{name}": ()
        for name in (
            "title", "name", "about", "event", "province", "by_event", "show", "noised", "counted", "hidden", "unknown",
            "busy", "nobody", "how", "back", "choose", "means",
        )
    },
    **{f"agency.need.kind.{kind}": () for kind in KINDS},
    "agency.need.as_of": ("day", "days"),
    "agency.need.by_province": ("event",),
    "agency.need.error": ("count",),
    "agency.need.rest": ("names",),
}  # fmt: skip
"""The messages that the page needs, and the placeholders of each."""


def need_view(told: Mapping[str, Any], event: str, voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        told: the counts, as `need_document` tells them.
        event: whose provinces are shown; empty for none.
        voice: in which language.
    """
    say = voice.say
    names = {one["event"]: voice.read(one["name"]) for one in told["events"]}
    provinces = told.get("provinces", [])
    shown = [row for row in (*told["events"], *provinces) if any(row[kind] for kind in KINDS)]
    return {
        "title": say("agency.need.title"),
        "as_of": say("agency.need.as_of", day=date.fromisoformat(told["as_of"]), days=told["days"]),
        "population": told["population"],
        "kinds": [(kind, say(f"agency.need.kind.{kind}")) for kind in KINDS],
        "events": _rows(told["events"], voice),
        "choices": sorted(((name, title, name == event) for name, title in names.items()), key=lambda one: one[1]),
        "by_province": say("agency.need.by_province", event=names[event]) if event else "",
        "provinces": _rows(provinces, voice),
        "rest": _rest(told["events"], voice),
        "other_provinces": _rest(provinces, voice),
        "hidden": any(row[kind] is None for row in shown for kind in KINDS),
    }


def no_table_view(*, busy: bool, voice: Voice) -> dict[str, object]:
    """The variables of the page where nothing can be told: yet, or at all."""
    return {"title": voice.say("agency.need.title"), "busy": busy}


def _rest(rows: Sequence[Mapping[str, Any]], voice: Voice) -> str:
    """The names of the rows of which no count is told, or of which there is nobody, as one sentence; empty for none."""
    names = [_name(row, voice) for row in rows if not any(row[kind] for kind in KINDS)]
    return voice.say("agency.need.rest", names=", ".join(names)) if names else ""


def _name(row: Mapping[str, Any], voice: Voice) -> str:
    return voice.read(row["name"]) or voice.say("agency.need.unknown")


def _rows(every: Sequence[Mapping[str, Any]], voice: Voice) -> list[dict[str, object]]:
    """Rows in their order, every bar on one scale: that of the row with most people.

    A count that is left out is a dash, and has no bar; the first part of a bar shows its error where it has one.
    """
    rows = [row for row in every if any(row[kind] for kind in KINDS)]
    sums = [sum(row[kind] or 0 for kind in KINDS) for row in rows]
    most, found = max(sums, default=0), []
    for row in rows:
        error, parts = row.get("standard_error"), stacked(row, KINDS, most)
        wide = round(WIDE * (error or 0) / most, 2) if most and row["nothing"] else 0.0
        figures = ["-" if row[kind] is None else voice.written(row[kind]) for kind in KINDS]
        whisker = (round(max(parts[0][2] - wide, 0), 2), round(parts[0][2] + wide, 2)) if wide else None
        around = "" if error is None else voice.say("agency.need.error", count=error)
        found.append({"name": _name(row, voice), "event": row.get("event", ""), "parts": parts, "whisker": whisker,
                      "figures": figures, "around": around})  # fmt: skip
    return found
