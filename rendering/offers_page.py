"""Offers page: what there is for a citizen, bundles first, each programme as a card in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rendering.question_view import ASKABLE, question_view
from rendering.voice import Spoken, Voice

TEMPLATE: Final = "citizen_offers.html"
SHOWN: Final = 8
"""Programmes that may hold and stand on the first page; all others are one link away."""
REASONS: Final = 3
_OPEN: Final = ("yes", "likely")
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    **{
        f"citizen.offers.{name}": ()
        for name in (
            "title", "name", "none", "other", "open", "question", "all", "all_title", "all_text", "fewer",
            "amount", "until", "why", "not_read", "bring", "minutes", "where", "phone",
            "next", "provider", "details", "why_link", "already_link", "not_for_me", "remind", "already",
            "declined", "reminded", "received", "print", "keep",
        )
    },
    "citizen.offers.takes": ("minutes",),
    "citizen.offers.changed": ("title", "standing"),
    "citizen.offers.count.both": ("yes", "likely"),
    **{f"citizen.offers.count.{name}": (name,) for name in ("yes", "likely", "depends")},
    "citizen.offers.count.none": (),
    **{f"citizen.standing.{name}": () for name in ("yes", "likely", "depends", "no")},
    **{f"citizen.next.{name}": () for name in ("nothing", "wait", "answer", "ask", "apply", "likely")},
    "citizen.next.from": ("day",),
}  # fmt: skip
"""The messages that the page needs, and the placeholders of each."""


@dataclass(frozen=True)
class OffersShown:
    """What the page shows.

    Attributes:
        answer: as the API gives it for one citizen.
        programmes: each recommended programme as the catalogue has it, by its id.
        offers: the ids of what is offered and can be put off, by programme.
        regions: names of regions by code, for a question that takes one.
        whole: whether everything that the rules do not exclude is shown.
    """

    answer: Mapping[str, Any]
    programmes: Mapping[str, Mapping[str, Any]]
    offers: Mapping[str, str]
    regions: Mapping[str, Mapping[str, str]]
    whole: bool = False


def offers_view(shown: OffersShown, voice: Voice) -> dict[str, object]:
    """The variables of the page."""
    answer, say = shown.answer, voice.say
    all_of = answer["recommendations"]
    cards = {one["programme"]: card_view(one, shown, voice) for one in all_of}
    bundles = sorted(_bundles(answer["bundles"], cards, voice), key=_readiness)
    inside = {card["programme"] for bundle in bundles for card in bundle["cards"]}
    rest = [card for name, card in cards.items() if name not in inside]
    first = rest if shown.whole else [card for card in rest if card["standing"] in _OPEN][:SHOWN]
    counts = {name: sum(one["standing"] == name for one in all_of) for name in (*_OPEN, "depends")}
    ask = next((one for one in answer["ask_next"] if one["boxes"] or one["answers"]["type"] in ASKABLE), None)
    return {
        "title": say("citizen.offers.all_title" if shown.whole else "citizen.offers.title"),
        "count": counted(counts, voice),
        "bundles": [one for one in bundles if _readiness(one) < len(_OPEN)],
        "later": [one for one in bundles if _readiness(one) == len(_OPEN)],
        "cards": first,
        "question": None if ask is None else question_view(ask, voice, shown.regions),
        "more": not shown.whole and len(rest) > len(first),
        "whole": shown.whole,
        "already": [voice.spoken(one["title"]) for one in answer["already"]],
        "closed": [voice.spoken(one["title"]) for one in answer["closed"]],
    }


def counted(counts: Mapping[str, int], voice: Voice) -> str:
    """How many programmes stand in which way, in one or two sentences."""
    found = [name for name in _OPEN if counts[name]]
    key = "both" if len(found) == len(_OPEN) else next(iter(found), "none")
    names = {name: counts[name] for name in MESSAGES[f"citizen.offers.count.{key}"]}
    said = [voice.say(f"citizen.offers.count.{key}", **names)]
    if counts["depends"]:
        said.append(voice.say("citizen.offers.count.depends", depends=counts["depends"]))
    return " ".join(said)


def _readiness(bundle: Mapping[str, Any]) -> int:
    """Where a bundle stands on the page: what somebody can get comes before what depends on answers."""
    standings = {card["standing"] for card in bundle["cards"]}
    return next((place for place, name in enumerate(_OPEN) if name in standings), len(_OPEN))


def _bundles(
    bundles: Sequence[Mapping[str, Any]], cards: Mapping[str, dict[str, Any]], voice: Voice
) -> Iterator[dict[str, Any]]:
    for one in bundles:
        found = [cards[name] for name in one["programmes"] if name in cards]
        if found:
            documents = [voice.spoken(text) for text in one["documents"]]
            yield {"title": voice.spoken(one["title"]), "cards": found, "documents": documents}


def card_view(one: Mapping[str, Any], shown: OffersShown, voice: Voice) -> dict[str, Any]:
    """What the card of one recommended programme says."""
    programme, value = shown.programmes[one["programme"]], one["value"] or {}
    window, year = one["window"], value.get("first_year") or {}
    minutes = one["effort_minutes"]
    return {
        "programme": one["programme"],
        "title": voice.spoken(one["title"]),
        "standing": one["standing"],
        "standing_text": voice.say(f"citizen.standing.{one['standing']}"),
        "provider": voice.spoken(programme["provider"]["name"]),
        "summary": voice.spoken(programme["summary"]) if "summary" in programme else None,
        "amount": voice.spoken(year["text"]) if year.get("text") else None,
        "published_amount": voice.spoken(value["text"]) if value.get("text") else None,
        "until": voice.spoken(window["text"]) if window["text"] else None,
        **_told(one["because"], one["standing"] == "likely", voice),
        "documents": [voice.spoken(text) for text in one["documents"]],
        "takes": voice.say("citizen.offers.takes", minutes=minutes) if minutes else "",
        "how": voice.spoken(programme["how"]) if "how" in programme else None,
        "contact": voice.spoken(programme["contact"]) if "contact" in programme else None,
        "next": next_step(one, voice),
        "offer": shown.offers.get(one["programme"], ""),
        "notices": [voice.spoken(text) for text in one["notices"]],
    }  # fmt: skip


def _told(because: Sequence[Mapping[str, Any]], likely: bool, voice: Voice) -> dict[str, list[Spoken]]:
    """Why a programme stands as it does: by its rules, by what was not read (where that is all), and by doubts."""
    by: dict[str, list[Spoken]] = {"because": [], "unread": [], "doubts": []}
    kinds = {"unread_text": "unread", "no_data": "unread", "doubtful_source": "doubts"}
    for why in because:
        by[kinds.get(why["cause"], "because")].append(voice.spoken(why["text"]))
    return {**by, "because": by["because"][:REASONS], "unread": by["unread"][:REASONS] if likely else []}


def next_step(one: Mapping[str, Any], voice: Voice) -> str:
    """The one thing to do next about a recommended programme."""
    window = one["window"]
    if one["standing"] == "depends":
        return voice.say("citizen.next.answer" if one["missing"] else "citizen.next.ask")
    if one["delivery"] == "auto_grant":
        return voice.say("citizen.next.nothing")
    if window["state"] == "upcoming":
        opens, say = window["opens"], voice.say
        return say("citizen.next.from", day=date.fromisoformat(opens)) if opens else say("citizen.next.wait")
    return voice.say("citizen.next.apply" if one["standing"] == "yes" else "citizen.next.likely")


def changes_told(effect: Sequence[Mapping[str, Any]], titles: Mapping[str, Spoken], voice: Voice) -> list[str]:
    """What an answer or a claim changed, a sentence for each programme whose title is known."""
    return [
        voice.say(
            "citizen.offers.changed", title=titles[one["programme"]].text,
            standing=voice.say(f"citizen.standing.{one['after'] or 'no'}"),
        )
        for one in effect if one["programme"] in titles
    ]  # fmt: skip
