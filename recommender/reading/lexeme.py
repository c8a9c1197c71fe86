"""Lexeme: one piece of a statement that the grammar knows: a group, an age, an income, a word that joins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from recommender.reading.target_group import TargetGroup
from recommender.rules.clause import Clause

__all__ = ["Lexeme", "LexemeKind"]


class LexemeKind(Enum):
    """What a piece of a statement is to the grammar."""

    GROUP = auto()
    """A word of the vocabulary that names a group."""
    PERSON = auto()
    """A noun that names nobody in particular."""
    AGE = auto()
    CONDITION = auto()
    """A criterion with its own clause: income, a sum, a premium."""
    DURATION = auto()
    RESIDENCE = auto()
    PLACE = auto()
    """The place the service is for."""
    LAW = auto()
    NEUTRAL = auto()
    """Asks nothing."""
    AND = auto()
    OR = auto()
    ETC = auto()
    NOT = auto()
    """Turns round what stands before it."""
    OF = auto()
    """의: what stands before it belongs to what comes."""
    SUBJECT = auto()
    OBJECT = auto()
    """을/를 and other particles that make what stands before them a part of a verb."""
    BRACKET = auto()
    UNREAD = auto()


@dataclass(frozen=True, slots=True)
class Lexeme:
    """One piece, from `start` to before `end` in the field's text.

    Attributes:
        word: as written, without blanks.
        clause: of an age, a condition or a duration (months of residence): what it asks.
        group: what a vocabulary word names.
        partial: only the end of a longer word is known: it may exclude, never grant.
        joins: of unread words: "and" where they end as a verb that goes on, "before" where they describe what follows.
    """

    kind: LexemeKind
    start: int
    end: int
    word: str = ""
    clause: Clause | None = None
    group: TargetGroup | None = None
    partial: bool = False
    joins: str = ""
