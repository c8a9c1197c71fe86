"""Sentence doubt: demands that a statement makes in words without a clause of their own; beside them no yes follows."""

from __future__ import annotations

import re
from typing import Final

from recommender.reading.logic import all_of
from recommender.rules.clause import Clause, NoData

__all__ = ["doubted"]

_DOUBTS: Final = (
    (re.compile(r"출생신고(?!일|시)"), "출생신고한 곳"),
    (re.compile(r"\d학년|신입생|입학생|신입학|입학(?:예정|하는|할)|졸업예정|예비초등|고3|수험생"), "학년"),
)
"""Words (without blanks) of what no fact knows, and what it is: where a birth was registered, which year of school."""


def doubted(words: str, clause: Clause) -> Clause:
    """Return what a statement asks together with what its words demand beside it.

    >>> doubted("고등학교 3학년", NoData("x")).of[1].reason
    '학년'
    """
    bare = re.sub(r"\s", "", words)
    return all_of([clause, *(NoData(reason) for asked, reason in _DOUBTS if asked.search(bare))])
