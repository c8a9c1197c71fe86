"""Household page: what is known of a citizen and who belongs to them, who says so, and how to say otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from rendering.question_view import ASKABLE, question_view
from rendering.voice import Voice, Words

TEMPLATE: Final = "citizen_household.html"
FACT: Final = "citizen_fact.html"
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"citizen.household.{name}": ()
        for name in (
            "title", "name", "known", "unknown", "members", "nobody", "with_you", "raised", "own",
            "register", "change", "wrong", "text", "sensitive", "intro", "none", "more", "denied",
        )
    },
    "citizen.household.born": ("day",),
    "citizen.household.since": ("day",),
    **{
        f"citizen.fact.{name}": ()
        for name in ("title", "claim_title", "claim_text", "note", "send", "now", "back", "counts", )
    },
    "citizen.fact.sent": ("day",),
}  # fmt: skip
"""The messages that the pages need, and the placeholders of each."""


def household_view(told: Mapping[str, Any], lists: Sequence[tuple[str, Words]], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        told: what the fact desk tells of a citizen.
        lists: the facts that list days of the household's members, each with its question.
        voice: in which language.
    """
    known = [_known(one, voice) for one in told["facts"] if one["known"]]
    asked = [one for one in told["facts"] if not one["known"] and one["question"]]
    return {
        "title": voice.say("citizen.household.title"),
        "members": [_member(one, voice) for one in told["members"]],
        "lists": [(name, voice.spoken(question)) for name, question in lists],
        "known": [one for one in known if not one["denied"]],
        "denied": [one for one in known if one["denied"]],
        "unknown": [(one["fact"], voice.spoken(one["question"])) for one in asked if not one["sensitive"]],
        "sensitive": [(one["fact"], voice.spoken(one["question"])) for one in asked if one["sensitive"]],
    }


def _known(one: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    since = one["since"]
    return {
        "fact": one["fact"],
        "sentence": voice.spoken(one["sentence"]),
        "denied": one["denied"],
        "by": one["by"],
        "by_text": voice.say(f"citizen.household.{one['by']}"),
        "since": voice.say("citizen.household.since", day=date.fromisoformat(since)) if since else "",
    }


def _member(one: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    born, say = one["born"], voice.say
    return {
        "relation": voice.spoken(one["relation"]) if one["relation"] else None,
        "born": say("citizen.household.born", day=date.fromisoformat(born)) if born else "",
        "traits": [say(f"citizen.household.{name}") for name, key in _TRAITS if one[key]],
    }


_TRAITS: Final = (("with_you", "lives_with"), ("raised", "raises"))


def fact_view(
    asked: Mapping[str, Any],
    known: Mapping[str, Any] | None,
    regions: Mapping[str, Mapping[str, str]],
    voice: Voice,
) -> dict[str, object]:
    """The variables of the page on which one fact is said, or said to be otherwise than a register says.

    Args:
        asked: the question for it.
        known: what the fact desk tells of it; None where it is not known.
        regions: the names of regions by code.
        voice: in which language.
    """
    claimed = known is not None and known["by"] == "register"
    return {
        "title": voice.say("citizen.fact.claim_title" if claimed else "citizen.fact.title"),
        "now": voice.spoken(known["sentence"]) if known is not None else None,
        "claimed": claimed,
        "question": question_view(asked, voice, regions),
        "askable": bool(asked["boxes"]) or asked["answers"]["type"] in ASKABLE,
    }
