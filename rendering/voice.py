"""Voice: in which language a page speaks: messages, the texts of the catalogue, and what to call each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from recommender.messages import Messages

__all__ = ["Spoken", "Voice", "Words", "voice_of"]

Words = Mapping[str, str] | str
"""A text in each language it was written in, or one in none."""


class Spoken(NamedTuple):
    """A text and the language it stands in, for whoever reads it aloud; empty where that is the page's own."""

    text: str
    language: str


@dataclass(frozen=True)
class Voice:
    """In which language pages speak.

    Attributes:
        language: its code.
        say: returns a message.
        read: returns a text of the catalogue in it, or as a quotation.
        written: returns a number or a day as the language writes it.
    """

    language: str
    say: Callable[..., str]
    read: Callable[[Words], str]
    written: Callable[[int | date], str] = str

    def labelled(self, label: str, text: str) -> str:
        """A text after what it is, as the language sets a colon."""
        return self.say("page.label", label=label, text=text)

    def spoken(self, words: Words) -> Spoken:
        """A text as `read` gives it, and in which language it stands where that is another."""
        own = isinstance(words, str) or bool(words.get(self.language))
        other = "" if own else next((name for name, said in words.items() if said), "")  # type: ignore[union-attr]  # a str is own
        return Spoken(self.read(words), other)


def voice_of(messages: Messages, language: str) -> Voice:
    """What a page speaks with: messages, texts of the catalogue and days in one language."""
    from recommender.text import Text

    def read(words: Words) -> str:
        return words if isinstance(words, str) else messages.read(Text.of(words), language)

    return Voice(language, messages.speaking(language), read, lambda value: messages.written(value, language))
