"""Shared noun: where one word of a list speaks of other items too, so that an item alone does not say who is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import EVERYONE, softened
from recommender.reading.phrase_cut import in_object, raised
from recommender.reading.target_group import TargetGroup

__all__ = ["RELATIVES", "births_softened", "bound_by_noun", "keeps_another", "of_another", "speaks_of_the_dead"]

K = LexemeKind
RELATIVES: Final = frozenset(
    (
        *("가족", "유족", "유가족", "배우자", "자녀", "손자녀", "보호자", "부모", "형제자매", "후손", "동반자"),
        *("미망인", "선순위유족", "직계비속", "직계존속", "수권유족"),
    )
)
_EXPECTING: Final = ("임산부", "임신부", "고위험 임산부", "예비부모")
_BIRTHS: Final = ("출산가정", "산모", "신생아·출생아")
_PARENTS: Final = "부모"
_SEVERAL: Final = 2
_CARES: Final = ("부양", "봉양", "모시", "돌보", "간병", "수발")
_OBJECT_OF: Final = ("을", "를")


def bound_by_noun(items: Sequence[Sequence[Lexeme]]) -> bool:
    """Whether a later item of a list ends in a noun that may be the noun of the items before it too.

    "The poor, the disabled and pupils of other homes in need": the first may be pupils of poor homes. An item that
    names its owner again ("veterans and the spouses of veterans") binds nothing before it.
    """
    named = [[one for one in item if one.kind is K.GROUP and one.group is not None] for item in items]
    for i, own in enumerate(named[1:], 1):
        if len(own) < _SEVERAL or not _belongs_to_others(own[-1]) or _belongs_to_others(own[0]):
            continue
        before = [one for item in named[:i] for one in item if one.group is not None and one.group.people]
        if before and not any(_belongs_to_others(one) or one.group == own[0].group for one in before):
            return True
    return False


def _belongs_to_others(lexeme: Lexeme) -> bool:
    """Whether a noun is said of somebody's child or relative."""
    return lexeme.word in RELATIVES or (lexeme.group is not None and lexeme.group.kind == "child")


def of_another(lexemes: Sequence[Lexeme], i: int) -> bool:
    """Whether the age at i is of somebody whom the eligible keep or care for: "who supports an old person of 65"."""
    for j, follows in enumerate(lexemes[i + 1 :], i + 1):
        if follows.kind is K.GROUP:
            objects = (one for one in lexemes[j + 1 :] if one.kind is not K.NEUTRAL)
            return in_object(lexemes, j) and not raised(lexemes, j) and next(objects).word in _OBJECT_OF
        if follows.kind is not K.NEUTRAL:
            return False
    return False


def keeps_another(lexeme: Lexeme, before: Lexeme | None) -> bool:
    """Whether a relative is described by whom they keep or care for: "a son or daughter who supports a parent"."""
    described = before is not None and before.kind is K.UNREAD and before.word.startswith(_CARES)
    return described and lexeme.word in RELATIVES


def speaks_of_the_dead(lexemes: Sequence[Lexeme]) -> bool:
    """Whether an item describes somebody as dead: then nobody named in it is the one who asks."""
    return any(one.kind is K.NEUTRAL and one.word == "사망한" for one in lexemes)


def births_softened(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Let what asks for a birth shut out nobody where the same item speaks of a pregnancy, or of a year of birth.

    A pregnant woman who "will register the birth here" has no child yet; a child "born in 2016" was not born lately.
    """
    kept: list[Lexeme] = []
    for _, run in groupby(_numbered(lexemes), key=lambda one: one[0]):
        item = [lexeme for _, lexeme in run]
        groups = {one.group.name for one in item if one.group is not None}
        expecting = not groups.isdisjoint(_EXPECTING) or any("임신" in one.word for one in item if one.group is None)
        dated = any(one.kind is K.UNREAD and one.word[:2] in ("19", "20") for one in item)
        shared = _PARENTS in groups and expecting
        kept += [
            replace(one, group=replace(one.group, clause=softened(one.group.clause)))
            if one.group is not None and _of_birth(one.group, expecting, dated, shared)
            else one
            for one in item
        ]
    return kept


def _of_birth(group: TargetGroup, expecting: bool, dated: bool, shared: bool) -> bool:
    if group.clause == EVERYONE:
        return False
    child = expecting and (group.kind == "child" or group.name in _BIRTHS)
    return child or (dated and group.name in _BIRTHS) or (shared and group.name in _EXPECTING)


def _numbered(lexemes: Sequence[Lexeme]) -> Sequence[tuple[int, Lexeme]]:
    """Return each lexeme with the number of the item it stands in."""
    count = 0
    numbered = []
    for lexeme in lexemes:
        count += lexeme.kind is K.OR
        numbered.append((count, lexeme))
    return numbered
