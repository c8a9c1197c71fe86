"""Phrase item: one alternative of a phrase, and how several of them stand together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import EVERYONE, agreed_within, all_of, any_of
from recommender.reading.target_group import TargetGroup
from recommender.rules.clause import Clause, Compare, NoData

__all__ = ["PhraseHead", "PhraseItem", "alternatives", "folded", "listed"]

_UNREAD: Final = NoData("읽지 못한 조건")


class PhraseHead(Enum):
    """What the last noun of a phrase is."""

    NONE = auto()
    PERSON = auto()
    GROUP = auto()
    BODY = auto()
    UNREAD = auto()


@dataclass
class PhraseItem:
    """One alternative while it is read.

    Attributes:
        clauses: what its nouns ask; `figures`: the ages, incomes and lengths before them.
        whole: every word was read.
        residence: it speaks of where somebody is registered.
        own_age: it states an age.
        personlike: its last word, unread, ends like a word for people.
        kin: a word for relatives stands in it by itself.
        turned: a "not" stands in it.
        wishing: it names whoever wishes or applies.
        individual: it ends in "individuals".
    """

    clauses: list[Clause] = field(default_factory=list)
    figures: list[Clause] = field(default_factory=list)
    groups: list[TargetGroup] = field(default_factory=list)
    head: PhraseHead = PhraseHead.NONE
    whole: bool = True
    residence: bool = False
    own_age: bool = False
    personlike: bool = False
    kin: bool = False
    turned: bool = False
    wishing: bool = False
    individual: bool = False

    @property
    def clause(self) -> Clause:
        """What it asks as a whole."""
        return all_of([*self.figures, *self.clauses])

    @property
    def bare(self) -> bool:
        """Whether it names nobody and states no figure."""
        return self.head == PhraseHead.NONE and not self.figures

    @property
    def nobody(self) -> bool:
        """Whether it ends in a noun for people of whom it says nothing: "the eligible", "those concerned"."""
        plain = self.head == PhraseHead.PERSON and self.clause == EVERYONE
        return plain and not (self.wishing or self.residence)

    @property
    def for_all(self) -> bool:
        """Whether it names everybody."""
        return self.whole and self.head == PhraseHead.GROUP and self.clause == EVERYONE

    def unread(self, head: PhraseHead | None = None) -> None:
        """Note that not every word was read, or even what the words name."""
        self.whole = False
        self.head = head or self.head

    def forget(self) -> None:
        """Drop everything read so far: a "not" turned it round."""
        self.clauses.clear()
        self.figures.clear()
        self.groups.clear()
        self.unread(PhraseHead.UNREAD)

    @property
    def people(self) -> bool:
        """Whether it was read whole and names people, or an age of theirs."""
        named = any(group.people and group.kind != "modifier" for group in self.groups)
        return self.whole and not self.nobody and (named or self.own_age)

    def guard(self) -> None:
        """Keep an alternative that was not read whole from granting."""
        if not self.whole or self.nobody:
            self.clauses.append(_UNREAD)

    def after(self, before: PhraseItem) -> None:
        """Take over what stood before it and named nobody."""
        self.figures[:0] = before.figures
        self.clauses[:0] = before.clauses
        self.groups[:0] = before.groups
        self.whole &= before.whole
        self.residence |= before.residence


def folded(items: Sequence[PhraseItem]) -> list[PhraseItem]:
    """Items without a noun are conditions of the next: "living in A, B, the old" is one alternative."""
    kept: list[PhraseItem] = []
    waiting: PhraseItem | None = None
    for i, item in enumerate(items):
        if waiting is not None:
            item.after(waiting)
            waiting = None
        thing = item.head == PhraseHead.UNREAD and not item.personlike and not item.clauses
        waits = thing or item.bare or (item.head == PhraseHead.NONE and item.residence)
        if waits and i + 1 < len(items):
            waiting = item
        elif not (item.bare and kept and item.whole):
            kept.append(item)
    return kept


def alternatives(items: Sequence[PhraseItem], commas: bool) -> Clause:
    """Return that one of the items holds; a figure before the first belongs to all, or may where there are commas."""
    unsaid = (PhraseHead.UNREAD, PhraseHead.PERSON) if len(items) > 1 else (PhraseHead.UNREAD,)
    nobody = (item.head in unsaid and item.clause == EVERYONE for item in items)
    each = any_of(_UNREAD if unread else item.clause for unread, item in zip(nobody, items, strict=True))
    first = items[0]
    if len(items) == 1 or not first.figures or first.head in (PhraseHead.NONE, PhraseHead.PERSON):
        return each
    if any(group.with_age is not None for group in first.groups) or any(item.own_age or item.kin for item in items[1:]):
        lived = [one for one in first.figures if isinstance(one, Compare) and one.fact == "residence_months"]
        return agreed_within(all_of([*lived, each]), each)  # how long they live here may be asked of every item
    shared = all_of([*first.figures, any_of([all_of(first.clauses), *(item.clause for item in items[1:])])])
    return agreed_within(shared, each) if commas else shared


def listed(lexemes: Sequence[Lexeme], items: Sequence[PhraseItem]) -> bool:
    """Whether items, some of them not read, are surely alternatives: the first and the last name people.

    A word that describes what follows may describe every item, so the first must be read whole.
    """
    nouns = (PhraseHead.GROUP, PhraseHead.PERSON)
    if len(items) == 1 or not items[0].people or items[0].head not in nouns or items[-1].head not in nouns:
        return False
    with_or = all(one.word not in ("과", "와") for one in lexemes if one.kind is LexemeKind.OR)
    persons = all(item.head != PhraseHead.UNREAD or item.personlike for item in items)
    return with_or and persons and not any(item.turned or item.kin for item in items)
