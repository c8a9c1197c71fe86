"""Offers page: what there is for a citizen, bundles first, each programme as a card in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rendering.voice import Voice

TEMPLATE: Final = "citizen_offers.html"
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "citizen.offers.title": (),
    "citizen.offers.name": (),
    "citizen.offers.none": (),
    "citizen.offers.together": (),
    "citizen.offers.other": (),
    "citizen.standing.yes": (),
    "citizen.standing.likely": (),
    "citizen.standing.depends": (),
}
"""The messages that the page needs, and the placeholders of each."""


def offers_view(answer: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    """The variables of the page.

    Args:
        answer: as the API gives it for one citizen.
        voice: in which language.
    """
    cards = {one["programme"]: _card(one, voice) for one in answer["recommendations"]}
    bundled = list(_bundles(answer["bundles"], cards, voice))
    inside = {card["programme"] for bundle in bundled for card in bundle["cards"]}
    return {
        "title": voice.say("citizen.offers.title"),
        "bundles": bundled,
        "cards": [card for name, card in cards.items() if name not in inside],
    }


def _bundles(
    bundles: Sequence[Mapping[str, Any]], cards: Mapping[str, dict[str, Any]], voice: Voice
) -> Iterator[dict[str, Any]]:
    for one in bundles:
        found = [cards[name] for name in one["programmes"] if name in cards]
        if found:
            yield {"title": voice.spoken(one["title"]), "cards": found}


def _card(one: Mapping[str, Any], voice: Voice) -> dict[str, Any]:
    return {
        "programme": one["programme"],
        "title": voice.spoken(one["title"]),
        "standing": one["standing"],
        "standing_text": voice.say(f"citizen.standing.{one['standing']}"),
        "because": [voice.spoken(reason["text"]) for reason in one["because"][:2]],
    }
