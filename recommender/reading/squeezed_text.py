"""Squeezed text: a statement without its blanks, since Korean is spaced in many ways, and without its brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass

from recommender.reading.function_word import BRACKET_MARK, PUNCTUATION

__all__ = ["BracketSpan", "SqueezedText", "squeezed"]


_OR_SO = ("입양", "출산", "출생", "분만")
"""What stands in a bracket inside a word for the event: "birth(adoption)day"."""
_BRACKET = re.compile(r"[()]")
_VARIANT = 2
"""A bracket that closes so soon holds one letter: a variant of a word."""


@dataclass(frozen=True, slots=True)
class BracketSpan:
    """The words in a bracket, without the bracket."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SqueezedText:
    """The letters of a statement; a mark stands for each bracket.

    Attributes:
        at: where each letter stands in the field, and where the statement ends.
        edges: whether a word begins at a letter; true behind the last.
        brackets: what the marks stand for, in order.
    """

    letters: str
    at: tuple[int, ...]
    edges: tuple[bool, ...]
    brackets: tuple[BracketSpan, ...]

    def edge_after(self, i: int) -> int:
        """Return where the next word begins."""
        return next(j for j in range(i + 1, len(self.edges)) if self.edges[j])


def squeezed(plain: str, start: int, end: int) -> SqueezedText:
    """Return the words from `start` to before `end` squeezed; a bracket around one letter is no bracket but a variant.

    >>> squeezed("대학(원)생 (휴학생 제외)", 0, 15).letters.replace(BRACKET_MARK, "*")
    '대학생*'
    """
    letters: list[str] = []
    at: list[int] = []
    edges: list[bool] = []
    brackets: list[BracketSpan] = []
    edge, i, closings = True, start, _closings(plain, start, end)
    while i < end:
        letter = plain[i]
        close = closings.get(i, -1)
        if close - i > _VARIANT and plain[i + 1 : close] not in _OR_SO:
            brackets.append(BracketSpan(i + 1, close))
            letter = BRACKET_MARK
        if letter.isspace():
            edge = True
        elif close <= i or letter == BRACKET_MARK:
            letters.append(letter)
            at.append(i)
            edges.append(edge or letter in PUNCTUATION)
            edge = letter in PUNCTUATION
        i = close + 1 if close > i else i + 1
    return SqueezedText("".join(letters), (*at, end), (*edges, True), tuple(brackets))


def _closings(plain: str, start: int, end: int) -> dict[int, int]:
    """Return where each bracket closes that opens from `start` to before `end` and closes there."""
    opened: list[int] = []
    closings: dict[int, int] = {}
    for found in _BRACKET.finditer(plain, start, end):
        if found[0] == "(":
            opened.append(found.start())
        elif opened:
            closings[opened.pop()] = found.start()
    return closings
