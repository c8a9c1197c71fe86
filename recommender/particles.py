"""Korean particles: which form follows a word, by the last sound of the word when it is read aloud."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["PAIRS", "with_particle"]

PAIRS: Final = ("을/를", "이/가", "은/는", "과/와", "으로/로", "이어야/여야", "이라고/라고")
"""The particles a message may use: the form after a consonant, then the one after a vowel."""

_HANGUL_FIRST, _HANGUL_LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
_ASIDE: Final = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")  # a particle follows the word before the brackets
_MARKS: Final = " \t)]}>'\"’”」』〉》.,:;!?…·"
_DIGITS: Final = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))
_LETTERS: Final = {"l": "엘", "m": "엠", "n": "엔", "r": "알"}  # the names of all others end in a vowel
_WORD_ENDINGS: Final = {"l": "을", "m": "음", "n": "은", "ng": "응"}  # as loan words are written in Korean
_SIGNS: Final = {"%": "트", "℃": "도", "㎡": "터", "₩": "원"}  # 퍼센트, 섭씨도, 제곱미터, 원
_POWERS: Final = ((12, "조"), (8, "억"), (4, "만"), (3, "천"), (2, "백"), (1, "십"))


def with_particle(word: str, after_consonant: str, after_vowel: str) -> str:
    """Return a Korean word with the particle its last sound takes.

    What stands in brackets after the word and closing marks do not count; digits are read as Sino-Korean numbers;
    capitals by the names of the letters, other Latin words by their last letter. `로` also follows ㄹ.

    >>> with_particle("근로자", "이", "가"), with_particle("소득(가구)", "이", "가"), with_particle("A1", "을", "를")
    ('근로자가', '소득(가구)이', 'A1을')
    >>> with_particle("서울", "으로", "로"), with_particle("2,000", "이", "가"), with_particle("‘기초연금’", "을", "를")
    ('서울로', '2,000이', '‘기초연금’을')
    """
    spoken = _spoken(word)
    final = (ord(spoken) - _HANGUL_FIRST) % _FINALS if _HANGUL_FIRST <= ord(spoken) <= _HANGUL_LAST else 0
    closed = final != 0 and not (final == _RIEUL and after_vowel == "로")
    return word + (after_consonant if closed else after_vowel)


def _spoken(word: str) -> str:
    """Return the last syllable of a word read aloud, or a space where none is known."""
    bare = _ASIDE.sub("", word.rstrip()).rstrip(_MARKS) or word.rstrip(_MARKS)
    if not bare:
        return " "
    last = bare[-1]
    if last.isdecimal():
        return _number(bare)
    if last.isascii() and last.isalpha():
        letters = re.findall("[A-Za-z]+$", bare)[0]
        if letters.isupper():
            return _LETTERS.get(last.lower(), "이")[-1]
        return _WORD_ENDINGS.get(bare[-2:], _WORD_ENDINGS.get(last, "이"))
    return _SIGNS.get(last, last)


def _number(text: str) -> str:
    """Return the last syllable of the number a text ends in: of 1,200 that of 백, of 0.50 that of 영."""
    digits, point, decimals = re.sub(r"^.*?([0-9][0-9,]*(?:\.[0-9]+)?)$", r"\1", text).replace(",", "").partition(".")
    zeros = len(digits) - len(digits.rstrip("0"))
    if point or zeros in (0, len(digits)):
        return _DIGITS.get((decimals or digits)[-1], "이")
    return next(syllable for power, syllable in _POWERS if zeros >= power)
