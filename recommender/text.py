"""Text: words in Korean and English, with the particles and figures that rules are told in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Text", "joined", "number", "with_particle"]

_HANGUL_FIRST, _HANGUL_LAST, _FINALS = 0xAC00, 0xD7A3, 28
_DIGITS_ENDING_IN_A_CONSONANT = "013678"  # 영 일 삼 육 칠 팔
_LETTERS_ENDING_IN_A_CONSONANT = "lmnrLMNR"  # 엘 엠 엔 알


@dataclass(frozen=True, slots=True)
class Text:
    """One thing said in Korean and, where somebody translated it, in English (empty where nobody did).

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


def number(value: int) -> str:
    """Return an integer with its thousands set apart.

    >>> number(2000000)
    '2,000,000'
    """
    return f"{value:,}"


def with_particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """Return a Korean word with the particle its last sound takes.

    >>> with_particle("농업인", "이", "가"), with_particle("근로자", "이", "가"), with_particle("A1", "을", "를")
    ('농업인이', '근로자가', 'A1을')
    """
    return word + (after_consonant if _ends_in_a_consonant(word) else after_vowel)


def _ends_in_a_consonant(word: str) -> bool:
    spoken = word.rstrip(" )]}'\"’”.,") or word
    if not spoken:
        return False
    last = spoken[-1]
    if _HANGUL_FIRST <= ord(last) <= _HANGUL_LAST:
        return (ord(last) - _HANGUL_FIRST) % _FINALS != 0
    return last in _DIGITS_ENDING_IN_A_CONSONANT or last in _LETTERS_ENDING_IN_A_CONSONANT


def joined(parts: Iterable[Text], ko: str, en: str) -> Text:
    """Return several texts as one, with `ko` and `en` between them.

    >>> joined([Text("가", "a"), Text("나", "b")], " 또는 ", " or ")
    Text(ko='가 또는 나', en='a or b')
    """
    held = list(parts)
    return Text(ko.join(t.in_language("ko") for t in held), en.join(t.in_language("en") for t in held))
