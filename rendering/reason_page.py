"""Reason page: why a citizen is shown a programme, short and long, and what they ask of an office about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from rendering.voice import Spoken, Voice

WHY: Final = "citizen_why.html"
REQUESTS: Final = "citizen_requests.html"
REVIEW: Final = "citizen_review.html"
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"citizen.why.{name}": ()
        for name in (
            "title", "short", "long", "rule", "facts", "order", "source", "model", "no_model", "wrong", "review",
            "back", "quoted", "what_now", "unknown_fact",
        )
    },
    "citizen.why.checked": ("day",),
    **{
        f"citizen.requests.{name}": ()
        for name in (
            "title", "name", "none", "ask", "what", "state", "due", "answer", "review", "open", "granted",
            "refused", "late", "made", "reason", "send", "text", "hint",
        )
    },
    "citizen.requests.sent": ("day",),
    "citizen.requests.facts": ("labels",),
}  # fmt: skip
"""The messages that the pages need, and the placeholders of each."""


def why_view(explained: Mapping[str, Any], told: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of the page that says why one programme is shown.

    Args:
        explained: the decision on record, in full, as the API explains it.
        told: the entry of the programme among its `programmes`.
        voice: in which language.
    """
    say = voice.say
    used = {why["fact"] for why in told["because"] if why.get("fact")}
    return {
        "title": say("citizen.why.title"),
        "programme": voice.spoken(told["title"]),
        "standing": told["standing"],
        "standing_text": say(f"citizen.standing.{told['standing']}"),
        "reasons": [_reason(why, voice) for why in told["because"]],
        "facts": [
            {
                "fact": one["fact"],
                "label": voice.spoken(one["label"]) if one["label"] else Spoken(say("citizen.why.unknown_fact"), ""),
                "known_from": voice.spoken(one["known_from"]) if one["known_from"] else None,
            }
            for one in explained["facts"]
            if one["fact"] in used
        ],
        "order": [voice.spoken(why["text"]) for why in told["why_rank"]],
        "model": say("citizen.why.model" if explained["model"] else "citizen.why.no_model"),
        "summary": [voice.spoken(text) for text in explained["summary"]],
        "contest": voice.spoken(explained["contest"]),
        "decision": explained["decision_id"],
    }


def _reason(why: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    source = why.get("source") or {}
    checked = source.get("checked")
    return {
        "text": voice.spoken(why["text"]),
        "why": voice.spoken(why["why"]) if why.get("why") else None,
        "url": source.get("url", "") if str(source.get("url", "")).startswith("https://") else "",
        "quoted": voice.spoken(source["text"]) if source.get("text") else None,
        "checked": voice.say("citizen.why.checked", day=date.fromisoformat(checked)) if checked else "",
    }


def requests_view(
    requests: Sequence[Mapping[str, Any]], labels: Mapping[str, Mapping[str, str]], voice: Voice, day_of: Any
) -> dict[str, object]:
    """The variables of the page of what a citizen asked of an office.

    Args:
        requests: as the API lists them.
        labels: the label of each fact in each language.
        voice: in which language.
        day_of: the local day of a UTC second.
    """
    say = voice.say
    heads = [say(f"citizen.requests.{name}") for name in ("what", "made", "due", "state", "answer")]
    rows = [
        (
            _asked(one, labels, voice), voice.written(day_of(one["made"])), voice.written(day_of(one["due"])),
            say(f"citizen.requests.{'late' if one['late'] else one['state']}"), one["note"],
        )
        for one in requests
    ]  # fmt: skip
    return {"title": say("citizen.requests.title"), "heads": heads, "rows": rows}


def _asked(one: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]], voice: Voice) -> str:
    if one["kind"] == "review":
        return voice.labelled(voice.say("citizen.requests.review"), one.get("reason", ""))
    unnamed = voice.say("citizen.why.unknown_fact")
    named = [voice.read(labels[name]) if labels.get(name) else unnamed for name in one.get("facts", {})]
    return voice.say("citizen.requests.facts", labels=", ".join(named))
