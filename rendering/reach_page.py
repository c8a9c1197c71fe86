"""Reach page: whom a rule reaches while its bounds are moved: who, where, which groups, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from rendering.stacked_bar import stacked
from rendering.voice import Voice, Words

__all__ = ["KINDS", "MESSAGES", "NOBODY", "TEMPLATE", "ReachShown", "Slider", "nobody_view", "view"]

TEMPLATE: Final = "agency_reach.html"
NOBODY: Final = "agency_reach_nobody.html"
PATH: Final = "/agency/reach"
KINDS: Final = ("yes", "likely", "depends", "no")
_QUICK: Final = ("yes", "depends", "no")
"""What is told while a bound is dragged: who stands likely is then still among those whose answer is open."""
_OPS: Final = ("at_least", "at_most", "above", "below")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"agency.reach.{name}": ()
        for name in (
            "title", "name", "about", "rule", "draft", "place", "everywhere", "amount", "amount_hint", "count", "who",
            "standing", "people", "where", "groups", "group", "province", "district", "of_group", "left_out", "missed",
            "cost", "cost_none", "impossible", "refused", "hidden", "unknown", "none", "nobody", "how", "ends", "moved",
            "choose", "busy", "back", "link", "synthetic", "noised", "nothing",
        )
    },
    **{f"agency.reach.op.{op}": ("fact",) for op in _OPS},
    **{f"agency.reach.kind.{kind}": () for kind in (*KINDS, "open")},
    "agency.reach.as_of": ("day", "people"),
    "agency.reach.reached": ("count", "share"),
    "agency.reach.error": ("count",),
    "agency.reach.rest": ("names",),
    "agency.reach.open": ("count",),
    "agency.reach.more": ("count",),
    "agency.reach.fewer": ("count",),
    "agency.reach.same": (),
    "agency.reach.cost_sum": ("low", "high"),
    "agency.reach.cost_exact": ("sum",),
}  # fmt: skip
"""The messages that the page needs, and the placeholders of each."""


class Slider(NamedTuple):
    """One bound that can be moved.

    Attributes:
        field: of the form.
        op: how it bounds.
        label: what the fact is called.
        value: where it stands.
        low, high: how far it goes.
        choices: the only values it can take; none where it takes every whole number.
        before, after: what stands around the number, such as its unit.
    """

    field: str
    op: str
    label: Words
    value: int
    low: int
    high: int
    choices: Sequence[int]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class ReachShown:
    """What is shown.

    Attributes:
        rules: the id and the title of each programme that can be chosen.
        chosen: the id of the one that is; empty for a draft.
        sliders: its bounds.
        told: the counts as `POST /v1/reach` tells them, and whether likely is told apart; None where they were refused.
        before: how many it reaches as it is in force; None of a draft.
        places: the code and the name of each province.
        place: the province whose districts are shown; empty for the provinces.
        impossible: whether nobody can meet it.
        cost: the least and the most that it costs a year, written; none where no sum is known.
        amount: the sum a person that somebody entered.
        refusals: why nothing was counted.
        moved: whether bounds were moved to where people are told apart.
    """

    rules: Sequence[tuple[str, Words]]
    chosen: str
    sliders: Sequence[Slider]
    told: Mapping[str, Any] | None
    before: int | None = None
    places: Sequence[tuple[str, str]] = ()
    place: str = ""
    impossible: bool = False
    cost: tuple[str, str] | None = None
    amount: str = ""
    refusals: Sequence[str] = ()
    moved: bool = False


class CountedRow(NamedTuple):
    """A row of a picture that is its own table.

    Attributes:
        name: what is counted.
        parts: of the bar, each its kind, where it begins and how wide it is.
        figures: the counts as text.
        share: of its people who are reached, as text.
    """

    name: str
    parts: Sequence[tuple[str, float, float]]
    figures: Sequence[str]
    share: str


def view(shown: ReachShown, voice: Voice) -> dict[str, object]:
    """The variables of the page."""
    say = voice.say
    return {
        "title": say("agency.reach.title"),
        "rules": [(name, voice.spoken(title), name == shown.chosen) for name, title in shown.rules],
        "draft": not shown.chosen,
        "sliders": [(one, say(f"agency.reach.op.{one.op}", fact=voice.read(one.label))) for one in shown.sliders],
        "places": shown.places,
        "place": shown.place,
        "amount": shown.amount,
        "refusals": shown.refusals,
        "moved": shown.moved,
        "told": None,
        **({} if shown.told is None else counted_view(shown, shown.told, voice)),
    }


def counted_view(shown: ReachShown, told: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of what was counted."""
    say, total, kinds = voice.say, told["total"], KINDS if told["apart"] else _QUICK
    key, head = ("regions", "district") if shown.place else ("provinces", "province")
    return {
        "told": told["population"],
        "apart": told["apart"],
        "kinds": [
            (one, say(f"agency.reach.kind.{one if told['apart'] or one != 'depends' else 'open'}")) for one in kinds
        ],
        "as_of": say("agency.reach.as_of", day=date.fromisoformat(told["as_of"]), people=told["people"]),
        "reached": _reached(total, told["people"], voice),
        "changed": _changed(total, shown.before, say),
        "impossible": shown.impossible,
        "whole": _row(say("agency.reach.people"), total, total["people"], kinds, voice),
        "errors": say("agency.reach.error", count=wide["yes"]) if (wide := total.get("standard_error")) else "",
        "head": say(f"agency.reach.{head}"),
        "rows": _rows(told[key], kinds, voice),
        "other_rows": _left_out(told[key], voice),
        "groups": _rows(told["groups"], kinds, voice),
        "other_groups": _left_out(told["groups"], voice),
        "open": "" if not total["depends"] else say("agency.reach.open", count=total["depends"]),
        "cost": _cost(shown.cost, say),
    }


def nobody_view(*, busy: bool, voice: Voice) -> dict[str, object]:
    """The variables of the page where nobody can be counted over: yet, or at all."""
    return {"title": voice.say("agency.reach.title"), "busy": busy}


def _reached(total: Mapping[str, Any], people: int, voice: Voice) -> str:
    if total["yes"] is None:
        return voice.say("agency.reach.hidden")
    share = _share(total["yes"], people)
    return voice.say("agency.reach.reached", count=total["yes"], share=share)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _changed(total: Mapping[str, Any], before: int | None, say: Callable[..., str]) -> str:
    if before is None or total["yes"] is None:
        return ""
    more = total["yes"] - before
    if more == 0:
        return say("agency.reach.same")
    return say(f"agency.reach.{'more' if more > 0 else 'fewer'}", count=abs(more))


def _cost(cost: tuple[str, str] | None, say: Callable[..., str]) -> str:
    if cost is None:
        return say("agency.reach.cost_none")
    low, high = cost
    return say("agency.reach.cost_exact", sum=low) if low == high else say("agency.reach.cost_sum", low=low, high=high)


def _rows(every: Sequence[Mapping[str, Any]], kinds: Sequence[str], voice: Voice) -> list[CountedRow]:
    """The rows that are told, in their order, every bar on one scale: that of the row with most people."""
    rows = [row for row in every if row["people"] is not None]
    most = max((row["people"] for row in rows), default=0)
    return [_row(_name(row, voice), row, most, kinds, voice) for row in rows]


def _left_out(rows: Sequence[Mapping[str, Any]], voice: Voice) -> str:
    """The names of the rows that are not told, as one sentence; empty for none."""
    names = [_name(row, voice) for row in rows if row["people"] is None]
    return voice.say("agency.reach.rest", names=", ".join(names)) if names else ""


def _name(row: Mapping[str, Any], voice: Voice) -> str:
    return voice.read(row["name"]) or voice.say("agency.reach.unknown")


def _row(name: str, row: Mapping[str, Any], most: int | None, kinds: Sequence[str], voice: Voice) -> CountedRow:
    if row["people"] is None:
        return CountedRow(name, (), ("-",) * len(kinds), "-")
    figures = tuple(voice.written(row[kind]) for kind in kinds)
    return CountedRow(name, stacked(row, kinds, most), figures, _share(row["yes"], row["people"]))
