"""Life page: what happened in a citizen's life, what it opened, what was taken or missed, and what will come."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rendering.voice import Spoken, Voice

TEMPLATE: Final = "citizen_life.html"
_KINDS: Final = ("happened", "opened", "taken", "missed", "comes")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"citizen.life.{name}": () for name in ("title", "name", "past", "future", "nothing", "today", "table", "held")},
    **{f"citizen.life.kind.{name}": () for name in _KINDS},
    **{f"citizen.life.head.{name}": () for name in ("day", "kind", "what")},
    "citizen.life.opened": ("titles",),
    "citizen.life.applied": ("title",),
    "citizen.life.granted": ("title",),
    "citizen.life.ended": ("title",),
    "citizen.life.closed": ("title",),
    "citizen.life.opens": ("title",),
    "citizen.life.closes": ("title",),
    "citizen.life.upcoming": ("title",),
}
"""The messages that the page needs, and the placeholders of each."""
_TAKEN: Final = {"benefit.applied": "applied", "benefit.granted": "granted", "benefit.ended": "ended"}


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a citizen: its type, its day, what it is called, and the programme it is about."""

    kind: str
    day: date
    title: Mapping[str, str]
    programme: str = ""


@dataclass(frozen=True)
class _Point:
    """One point of the timeline."""

    day: date
    kind: str
    text: Spoken


def life_view(
    happened: Sequence[Happening], answer: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]], voice: Voice
) -> dict[str, object]:
    """The variables of the page.

    Args:
        happened: in any order.
        answer: as the API gives it for one citizen.
        titles: of programmes in each language, by id.
        voice: in which language.
    """
    today = date.fromisoformat(answer["as_of"])
    past = sorted(
        {*_happened(happened, titles, voice), *_opened(answer, voice), *_missed(answer, voice)},
        key=_order,
        reverse=True,
    )
    future = sorted(set(_coming(answer, voice, today)), key=_order)
    say = voice.say
    return {
        "title": say("citizen.life.title"),
        "today": voice.written(today),
        "past": [_told(one, voice) for one in past],
        "future": [_told(one, voice) for one in future],
        "held": [voice.spoken(one["title"]) for one in answer["already"]],
        "heads": [say(f"citizen.life.head.{name}") for name in ("day", "kind", "what")],
        "rows": [tuple(_told(one, voice)[key] for key in ("day", "kind_text", "plain")) for one in (*future, *past)],
    }


def _order(one: _Point) -> tuple[date, str, str]:
    return one.day, one.kind, one.text.text


def _told(one: _Point, voice: Voice) -> dict[str, Any]:
    kind = voice.say(f"citizen.life.kind.{one.kind}")
    return {
        "day": voice.written(one.day), "at": one.day.isoformat(), "kind": one.kind, "kind_text": kind,
        "text": one.text, "plain": one.text.text,
    }  # fmt: skip


def _happened(happened: Sequence[Happening], titles: Mapping[str, Mapping[str, str]], voice: Voice) -> Iterator[_Point]:
    for one in happened:
        if one.kind.startswith("life.") and one.title:
            yield _Point(one.day, "happened", voice.spoken(one.title))
        elif one.kind in _TAKEN and one.programme in titles:
            title = voice.read(titles[one.programme])
            yield _Point(one.day, "taken", Spoken(voice.say(f"citizen.life.{_TAKEN[one.kind]}", title=title), ""))


def _opened(answer: Mapping[str, Any], voice: Voice) -> Iterator[_Point]:
    """What belongs together after an event, on the day of it."""
    titles = {one["programme"]: voice.read(one["title"]) for one in answer["recommendations"]}
    for bundle in answer["bundles"]:
        if named := [titles[name] for name in bundle["programmes"] if name in titles]:
            text = voice.say("citizen.life.opened", titles=", ".join(named))
            yield _Point(date.fromisoformat(bundle["on"]), "opened", Spoken(text, ""))


def _missed(answer: Mapping[str, Any], voice: Voice) -> Iterator[_Point]:
    for one in answer["closed"]:
        if one["closed"]:
            text = voice.say("citizen.life.closed", title=voice.read(one["title"]))
            yield _Point(date.fromisoformat(one["closed"]), "missed", Spoken(text, ""))


def _coming(answer: Mapping[str, Any], voice: Voice, today: date) -> Iterator[_Point]:
    """The days on which something opens, closes, or becomes possible by a birthday."""
    for one in answer["upcoming"]:
        text = voice.say("citizen.life.upcoming", title=voice.read(one["title"]))
        yield _Point(date.fromisoformat(one["on"]), "comes", Spoken(text, ""))
    for one in answer["recommendations"]:
        for key in ("opens", "closes"):
            day = one["window"][key]
            if day and date.fromisoformat(day) > today and one["standing"] in ("yes", "likely"):
                text = voice.say(f"citizen.life.{key}", title=voice.read(one["title"]))
                yield _Point(date.fromisoformat(day), "comes", Spoken(text, ""))
