"""Pocket page: the words with which a browser asks a household and tells what it may get, without sending anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from rendering.page import seen
from rendering.voice import Voice, Words

TEMPLATE: Final = "pocket.html"
PATH: Final = "/check"
FILES: Final = "/pocket"
ASKED: Final = ("boolean", "enum", "integer", "date", "dates", "region")
"""The types of answers that the page has fields for."""
_SAID: Final = (
    "question", "next", "unknown", "refused", "empty", "wrong", "finished", "undo", "again",
    "answers", "number", "day", "days", "add", "none", "place", "nothing", "more", "about", "voluntary",
    "gives", "when", "written",
)  # fmt: skip
"""What the script says; each is a message `pocket.say.`."""
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"pocket.{name}": () for name in ("title", "link", "intro", "how", "begin", "no_script", "loading", "failed")},
    **{f"pocket.say.{name}": () for name in _SAID},
}
"""The messages that the page needs, and the placeholders of each."""


class PocketProgramme(NamedTuple):
    """What is told of a programme without judging anybody.

    Attributes:
        title: what it is called.
        gives: what it gives, as its agency wrote it; None where nothing is written.
        when: when one applies, as its agency wrote it.
    """

    title: Words
    gives: Words | None = None
    when: Sequence[Words] = ()


def pocket_view(voice: Voice) -> dict[str, object]:
    """The variables of the page."""
    return {"title": voice.say("pocket.title"), "files": FILES}


def pocket_words(
    day: date,
    programmes: Sequence[PocketProgramme],
    questions: Sequence[Mapping[str, Any]],
    regions: Mapping[str, Words],
    voice: Voice,
) -> dict[str, Any]:
    """What the script shows, in one language.

    Args:
        day: of the rules that the answers are in the order of.
        programmes: the programmes, in that order.
        questions: the facts as they are asked for, in the order in which equally useful ones are asked.
        regions: the names of regions by code.
        voice: in which language.
    """
    standings = ("yes", "likely", "depends")
    return {
        "say": {name: voice.say(f"pocket.say.{name}") for name in _SAID} | {"colon": voice.labelled("", "")},
        "standings": {name: voice.say(f"citizen.standing.{name}") for name in standings},
        "day": day.isoformat(),
        "titles": [_said(one.title, voice) for one in programmes],
        "details": [[_said(one.gives, voice), [_said(text, voice) for text in one.when]] for one in programmes],
        "facts": [_question(one, voice) for one in questions if one["answers"]["type"] in ASKED],
        "regions": [(code, voice.read(name)) for code, name in regions.items()],
    }


def _said(words: Words | None, voice: Voice) -> list[str]:
    """A text as the agency wrote it, and which language it is in where that is another; nothing for none.

    Signs that turn or hide what stands around them are seen, as on every page: the script only sets texts.
    """
    return [] if not words else [seen(one) for one in voice.spoken(words) if one]


def _question(asked: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    answers = asked["answers"]
    return {
        "fact": asked["fact"],
        "text": voice.read(asked["question"]),
        "type": answers["type"],
        "sensitive": asked["sensitive"],
        "options": [(one["value"], voice.read(one["label"])) for one in answers.get("values") or ()],
        "low": answers.get("low"),
        "high": answers.get("high"),
    }
