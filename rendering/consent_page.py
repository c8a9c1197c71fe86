"""Consent page: for what the facts of a citizen are used and how they are written to, each with a switch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rendering.voice import Voice

TEMPLATE: Final = "citizen_consents.html"
ALWAYS_THERE: Final = ("eligibility", "ranking")
"""Purposes that every country has, also one that gives them no name of its own."""
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    f"citizen.consents.{name}": ()
    for name in (
        "title", "name", "intro", "uses", "channels", "on", "off", "allow", "stop", "law", "saved_on", "saved_off",
        "sensitive", "rules", "other", *ALWAYS_THERE,
    )
}  # fmt: skip
"""The messages that the page needs, and the placeholders of each."""


def consents_view(told: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        told: as the API tells the consents of one citizen.
        titles: of channels in each language, by name.
        voice: in which language.
    """
    rows = [_row(one, titles, voice) for one in told["purposes"]]
    return {
        "title": voice.say("citizen.consents.title"),
        "groups": [
            (voice.say(f"citizen.consents.{name}"), [row for row in rows if bool(row["channel"]) == of_channels])
            for name, of_channels in (("uses", False), ("channels", True))
        ],
    }


def _row(one: Mapping[str, Any], titles: Mapping[str, Mapping[str, str]], voice: Voice) -> dict[str, Any]:
    channel = one.get("channel") or ""
    words = titles.get(channel) if channel else one["title"]
    unnamed = one["purpose"] if one["purpose"] in ALWAYS_THERE else "other"
    named = voice.read(words) if words else voice.say(f"citizen.consents.{unnamed}")
    if one.get("programme"):
        named = voice.labelled(named, voice.say("citizen.consents.sensitive"))
    return {
        "purpose": one["purpose"],
        "channel": channel,
        "name": named,
        "live": one["live"],
        "state": voice.say(f"citizen.consents.{'on' if one['live'] else 'off'}"),
        "law": voice.spoken(one["basis"]) if one["basis"] else None,
    }
