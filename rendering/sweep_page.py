"""Sweep page: what a sweep of everybody found, as bars: which programmes, where, and for want of which facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from rendering.voice import Voice, Words

TEMPLATE: Final = "sweep.html"
WIDE: Final = 100
"""What the widest bar of a table is, in the units of its picture."""
KINDS: Final = ("offered", "changed", "withdrawn", "closing")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "sweep.title": ("day",),
    "sweep.since": ("day",),
    "sweep.people": ("swept", "people"),
    "sweep.closing": ("count",),
    "sweep.unjudged": ("count",),
    **{
        f"sweep.{name}": ()
        for name in (
            "none", "problems", "programmes", "districts", "districts_text", "wanting", "wanting_text", "programme",
            "district", "fact", "people_head", "offers_head", "unknown",
        )
    },
    **{f"sweep.kind.{name}": () for name in KINDS},
}  # fmt: skip
"""The messages that the page needs, and the placeholders of each."""


class SweepNames(NamedTuple):
    """What to call what is counted: a programme, a district or a fact, by its id; None where it is not known."""

    programme: Callable[[str], Words | None]
    district: Callable[[str], str | None]
    fact: Callable[[str], Words | None]


class BarRow(NamedTuple):
    """A row of a table: what is counted, how wide its bar is, and its figures as text."""

    name: str
    width: float
    figures: tuple[str, ...]


def view(summary: Mapping[str, Any], names: SweepNames, voice: Voice) -> dict[str, object]:
    """The variables of the template.

    Args:
        summary: what `proffer sweep` writes as `summary.json`.
        names: what to call what is counted.
        voice: in which language.
    """
    say, written = voice.say, voice.written
    since = summary["since"]
    kinds = [kind for kind in KINDS if any(kind in one for one in summary["programmes"].values())]
    programmes = (
        (_called(names.programme(name), name, voice), [counts.get(kind, 0) for kind in kinds])
        for name, counts in summary["programmes"].items()
    )
    districts = (
        (names.district(code) or (say("sweep.unknown") if not code.isdigit() else code), [one["offers"], one["people"]])
        for code, one in summary.get("districts", {}).items()
    )
    wanting = ((_called(names.fact(fact), fact, voice), [many]) for fact, many in summary.get("wanting", {}).items())
    return {
        "language": voice.language,
        "say": lambda name, **values: say(f"sweep.{name}", **values),
        "title": say("sweep.title", day=date.fromisoformat(summary["as_of"])),
        "since": "" if since is None else say("sweep.since", day=date.fromisoformat(since)),
        "people": say("sweep.people", swept=written(summary["swept"]), people=written(summary["people"])),
        "changes": [
            (say(f"sweep.kind.{kind}"), written(many)) for kind, many in summary["changes"].items() if kind in KINDS
        ],
        "closing": say("sweep.closing", count=written(summary["closing"])),
        "unjudged": say("sweep.unjudged", count=written(summary.get("unjudged", 0))),
        "kinds": [say(f"sweep.kind.{kind}") for kind in kinds],
        "programmes": bar_rows(programmes, voice),
        "districts": bar_rows(districts, voice),
        "wanting": bar_rows(wanting, voice),
        "problems": [f"{one['where']} {one['what']}. {one['remedy']}" for one in summary["problems"]],
    }


def bar_rows(counted: Iterable[tuple[str, list[int]]], voice: Voice) -> list[BarRow]:
    """Rows with a bar as wide as the first figure of each, the largest first."""
    found = sorted(counted, key=lambda one: (-one[1][0] if one[1] else 0, one[0]))
    most = max((figures[0] for _, figures in found if figures), default=0)
    return [
        BarRow(
            name, round(WIDE * figures[0] / most, 2) if most and figures else 0.0, tuple(map(voice.written, figures))
        )
        for name, figures in found
    ]


def _called(words: Words | None, name: str, voice: Voice) -> str:
    return name if words is None else voice.read(words)
