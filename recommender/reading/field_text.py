"""Field text: one field of a publisher's record, and the same text with one way of writing for what has many."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from recommender.rules.clause import Source
from recommender.text import Text

__all__ = ["FieldText"]

_DOTS, _DASHES, _WAVES = "ㆍ･․‧∙•・⋅•", "–—−⁃‐‑―", "～∼〜˜"
_TABLE: Final = (
    {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
    | dict.fromkeys(map(ord, "\r\t\v\f  　　​﻿"), " ")
    | dict.fromkeys(map(ord, _DOTS), "·")
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _WAVES), "~")
    | dict.fromkeys(map(ord, "｢『"), "「")
    | dict.fromkeys(map(ord, "｣』"), "」")
    | dict.fromkeys(map(ord, '‘’`´“”"'), "'")
    | dict.fromkeys(map(ord, "≪《〈"), "<")
    | dict.fromkeys(map(ord, "≫》〉"), ">")
    | dict.fromkeys(map(ord, "〔【［"), "[")
    | dict.fromkeys(map(ord, "〕】］"), "]")
)


@dataclass(frozen=True, slots=True)
class FieldText:
    """A field by its name; `text` is what was published, in NFC, and `plain` the same text, letter for letter.

    In `plain` wide letters are narrow and every dash, dot, wave and quotation mark is one and the same, so a place in
    one is the place in the other.

    >>> FieldText.of("지원대상", "만６５세∼　노인").plain
    '만65세~ 노인'
    """

    field: str
    text: str
    plain: str

    @classmethod
    def of(cls, field: str, raw: str) -> FieldText:
        """Return a field read from a record; letters written in parts (NFD) are put together."""
        text = unicodedata.normalize("NFC", raw)
        return cls(field, text, text.translate(_TABLE))

    def source(self, start: int, end: int) -> Source:
        """Return the source that quotes the words from `start` to before `end`."""
        start, end = self.trimmed(start, end)
        return Source(text=Text(ko=self.text[start:end]), field=self.field, span=(start, end))

    def lines(self, start: int, end: int) -> tuple[int, int]:
        """Return where the lines that hold the words from `start` to before `end` begin and end."""
        after = self.plain.find("\n", end)
        return self.plain.rfind("\n", 0, start) + 1, after if after >= 0 else len(self.plain)

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """Return a span without the blanks at its ends; one that is all blank stays as it is."""
        words = self.plain[start:end]
        if not words.strip():
            return start, end
        return start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
