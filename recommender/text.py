"""Text: words in Korean and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from features.mapping import MappingReader

__all__ = ["LANGUAGES", "Text", "text_at"]

LANGUAGES: Final = ("ko", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """Words in Korean and, where they are translated, in English (empty where they are not).

    >>> Text("부모급여", "Parental benefit").to_document()
    {'ko': '부모급여', 'en': 'Parental benefit'}
    >>> Text("부모급여").in_language("en")
    '부모급여'
    """

    ko: str
    en: str = ""

    def in_language(self, language: str) -> str:
        """Return the words in `language` ("ko" or "en"), in the other one where there are none."""
        return (self.ko or self.en) if language == "ko" else (self.en or self.ko)

    def to_document(self) -> dict[str, str]:
        """Return the mapping this text is written as in a programme, absent languages left out."""
        return {language: words for language, words in (("ko", self.ko), ("en", self.en)) if words}

    @classmethod
    def of(cls, words: Mapping[str, str] | None) -> Text | None:
        """Return words by language as a text, None for None."""
        return None if words is None else cls(words.get("ko", ""), words.get("en", ""))


def text_at(reader: MappingReader, key: str) -> Text | None:
    """Return the words under a key; None, and a problem is collected, where they are wrong."""
    return Text.of(reader.words(key, LANGUAGES))
