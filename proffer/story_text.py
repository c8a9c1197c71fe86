"""Story text: one person's story, as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import reduce
from typing import TYPE_CHECKING, Any

from composition import terminal
from recommender.text import Text

if TYPE_CHECKING:
    from recommender.messages import Messages, Value

_OFFER, _BELOW, _BOX = "    -> ", "       ", "      [ ] "


class Teller:
    """Lays a story out in one language, in lines that fit the terminal."""

    def __init__(self, language: str, messages: Messages) -> None:
        """Keep the language, and the messages of the country."""
        self.language = language
        self.messages = messages
        self.columns = min(terminal.columns(), terminal.READABLE)

    def say(self, key: str, /, **values: Value) -> str:
        """Return a message."""
        return self.messages.said(self.language, f"story.{key}", **values)

    def read(self, text: Mapping[str, str] | str) -> str:
        """Return a text of the story; words of another language are marked as a quotation."""
        return text if isinstance(text, str) else self.messages.read(Text.of(text), self.language)

    def lines(self, text: str, indent: str = "") -> list[str]:
        """Lay out running text."""
        return terminal.wrap(text, self.columns, indent)

    def chapter(self, chapter: Mapping[str, Any]) -> list[str]:
        """One turn: the day it happened, the day it became known if later, and what was offered then."""
        known, happened = (date.fromisoformat(chapter[key]) for key in ("on", "happened"))
        title = self.read(chapter["title"]) or str(chapter["event"])
        late = {"known": known} if known != happened else {}
        head = self.say("chapter_known" if late else "chapter", day=happened, title=title, **late)
        lines = ["", *(terminal.strong(line) for line in self.lines(head))]
        lines += self.lines(self.say("offers" if chapter["offers"] else "silent"), "    ")
        return lines + [line for offer in chapter["offers"] for line in self.offer(offer)]

    def offer(self, offer: Mapping[str, Any]) -> list[str]:
        """One offer: how she stands to it, why, what it gives and until when; what is open is asked, not told."""
        lines = self.lines(f"{self.read(offer['title'])} ({self.say(offer['standing'])})", _OFFER)
        told_so = [one for one in offer["because"] if one["cause"] != "missing_fact" or not offer["questions"]]
        why = list(dict.fromkeys(self.read(reason.get("why") or reason["text"]) for reason in told_so))
        if why:
            told = reduce(lambda first, second: self.say("two", first=first, second=second), why)
            lines += self.lines(self.say("because", reasons=told), _BELOW)
        asked = " ".join(self.read(question) for question in offer["questions"])
        lines += self.lines(self.say("ask", questions=asked), _BELOW) if asked else []
        lines += [line for part in offer["why_rank"][:1] for line in self.lines(self.read(part["text"]), _BELOW)]
        window = offer["window"]["text"]
        return lines + (self.lines(self.read(window), _BELOW) if window else [])


def story_text(story: Mapping[str, Any], language: str, messages: Messages) -> str:
    """The story for people to read, in a language."""
    tell = Teller(language, messages)
    lines = tell.lines(tell.say("title", person=story["person"], introduction=story["introduction"][language]))
    for chapter in story["chapters"]:
        lines += tell.chapter(chapter)
    board = story["board"]
    granted = ", ".join(map(tell.read, board["granted"])) or messages.said(language, "screen.none")
    ended = date.fromisoformat(story["until"])
    lines += ["", *tell.lines(tell.say("board", **{**board, "granted": granted, "until": ended}))]
    if story["ask_next"]:
        lines += ["", terminal.strong(tell.say("ask_next"))]
    for ask in story["ask_next"]:
        lines += tell.lines(tell.read(ask["question"]), "    ")
        lines += [line for box in ask["boxes"] for line in tell.lines(tell.read(box["label"]), _BOX)]
    return "\n".join(lines)
