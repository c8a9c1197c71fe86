"""Contact page: what is printed for people without a screen: letters, each on its own page, and a caller's list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from rendering.voice import Voice

LETTERS: Final = "letters.html"
CALLS: Final = "calls.html"
MOST: Final = 3
"""Programmes that one letter names."""
MESSAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "letter.title": (),
    "letter.none": (),
    "letter.reference": ("reference", "day"),
    "letter.opening": (),
    "letter.yes": (),
    "letter.likely": (),
    "letter.how": (),
    "letter.contact": (),
    "letter.bring": (),
    "letter.question": (),
    "letter.rights": ("reference",),
    "calls.title": (),
    "calls.none": (),
    "calls.left_out": ("count",),
    "calls.person": (),
    "calls.programme": (),
    "calls.why": (),
    "calls.bring": (),
    "calls.deadline": (),
    "calls.by": ("day",),
    "calls.reference": (),
    "calls.urgent": (),
}
"""The messages that both pages need, and the placeholders of each."""


@dataclass(frozen=True)
class PrintedMessage:
    """A message that is printed: what it says, and the day on which it was made."""

    body: Mapping[str, Any]
    day: date

    @property
    def offers(self) -> Sequence[Mapping[str, Any]]:
        """What it offers, or takes back."""
        return tuple(self.body["offers"])

    @property
    def may_be_a_letter(self) -> bool:
        """Whether anybody at home may open it, and it fits a letter."""
        return len(self.offers) <= MOST and not any(one.get("sensitive") for one in self.offers)


def letters_view(messages: Sequence[PrintedMessage], voice: Voice) -> dict[str, object]:
    """The variables of the page of letters; what may not be a letter is not among them."""
    found = [_letter(one, voice) for one in messages if one.may_be_a_letter]
    empty = "" if found else voice.say("letter.none")
    return {"language": voice.language, "title": voice.say("letter.title"), "letters": found, "empty": empty}


def _letter(message: PrintedMessage, voice: Voice) -> dict[str, object]:
    reference, offers = message.body["id"], message.body["kind"] == "offers"
    question = (message.body.get("question") or {}).get("question") if offers else None
    return {
        "head": voice.say("letter.title") if offers else voice.read(message.body["preview"]),
        "reference": voice.say("letter.reference", reference=reference, day=message.day),
        "opening": voice.say("letter.opening") if offers else "",
        "parts": [_part(one, voice) for one in message.offers],
        "question": f"{voice.say('letter.question')} {voice.read(question)}" if question else "",
        "rights": voice.say("letter.rights", reference=reference),
    }


def _part(offer: Mapping[str, Any], voice: Voice) -> dict[str, object]:
    if "text" in offer:  # it is taken back
        return {"head": "", "lines": [voice.read(offer["text"])], "facts": []}
    say, read = voice.say, voice.read
    window = (offer.get("window") or {}).get("text")
    said = (*(offer.get(name) for name in ("summary", "amount")), window)
    lines = [read(one) for one in said if one]
    facts = [(say(f"letter.{name}"), read(offer[name])) for name in ("how", "contact") if offer.get(name)]
    if bring := _documents(offer, voice):
        facts.append((say("letter.bring"), bring))
    return {"head": read(offer["title"]), "lines": [*lines, *_standing(offer, voice)], "facts": facts}


def _standing(offer: Mapping[str, Any], voice: Voice) -> Iterator[str]:
    yield voice.say("letter.yes" if offer["standing"] == "yes" else "letter.likely")
    yield from map(voice.read, offer.get("open", ()))


def _documents(offer: Mapping[str, Any], voice: Voice) -> str:
    return ", ".join(map(voice.read, offer.get("documents", ())))


def calls_view(messages: Sequence[PrintedMessage], voice: Voice, *, sensitive: bool) -> dict[str, object]:
    """The variables of the list of whom to speak to, the urgent and the nearest deadline first.

    Args:
        messages: what waits to be told in person.
        voice: in which language.
        sensitive: whether sensitive programmes stand in it; a list lies on desks, so only where that was chosen.
    """
    told = [(message, one) for message in messages for one in message.offers if sensitive or not one.get("sensitive")]
    left_out = sum(len(message.offers) for message in messages) - len(told)
    told.sort(key=lambda pair: (not pair[0].body.get("urgent"), _closes(pair[1]) or "9", pair[0].body["citizen"]))
    heads = [voice.say(f"calls.{name}") for name in ("person", "programme", "why", "bring", "deadline", "reference")]
    return {
        "language": voice.language,
        "title": voice.say("calls.title"),
        "heads": heads,
        "rows": [_call(message, one, voice) for message, one in told],
        "empty": "" if told else voice.say("calls.none"),
        "left_out": voice.say("calls.left_out", count=left_out) if left_out else "",
    }


def _closes(offer: Mapping[str, Any]) -> str | None:
    return (offer.get("window") or {}).get("closes")


def _call(message: PrintedMessage, offer: Mapping[str, Any], voice: Voice) -> list[str]:
    title = voice.read(offer["title"]) if "title" in offer else str(offer["programme"])
    why = voice.read(offer["text"]) if "text" in offer else " ".join(_standing(offer, voice))
    closes = _closes(offer)
    deadline = voice.say("calls.by", day=date.fromisoformat(closes)) if closes else ""
    urgent = f" {voice.say('calls.urgent')}" if message.body.get("urgent") else ""
    return [message.body["citizen"], title, why, _documents(offer, voice), deadline + urgent, message.body["id"]]
