"""Phrase cut: where a phrase falls into parts that are demanded together, and those into alternatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from recommender.reading.function_word import CLOSING
from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import all_of

__all__ = [
    "cases_dropped",
    "days_dropped",
    "examples_cut",
    "families_joined",
    "following",
    "in_object",
    "items_of",
    "lasting",
    "preceding",
    "raised",
    "segments_of",
    "spans_cut",
    "trails_off",
]

K = LexemeKind
_SEVERAL: Final = 2
_DAY: Final = re.compile(
    r"(?:사용|신청|이용|입장|접수|공고|개시|참가|모집|지급|시행|기준|마감|사업신청|사업공고)일(?:현재|기준|당시)?"
)
_SINCE: Final = re.compile(r"(?:19|20)\d\d[^,]*이후")
_NOUN_JOINS: Final = ("", "before")
_DESCRIBES: Final = ("한", "된", "은", "는", "인", "던", "둔", "온")
_COUPLES: Final = ("부부", "산모", "임산부", "임신부")
_TOGETHER: Final = ("함께", "같이", "동일세대로", "같은세대로")
_RAISING: Final = (
    *("둔", "양육하는", "양육하고있는", "양육중인", "키우는", "키우고있는", "기르는", "보육하는", "보육중인", "있는"),
)
_BIRTHS: Final = ("출산가정", "입양가정")
_NOUNS: Final = (K.GROUP, K.PERSON, K.AGE, K.CONDITION, K.UNREAD)


def segments_of(lexemes: Sequence[Lexeme]) -> Iterator[Sequence[Lexeme]]:
    """Cut at "of those", "as", "who are also": what stands on either side is demanded together."""
    start = 0
    for i, lexeme in enumerate(lexemes):
        named = (one.kind for one in reversed(lexemes[start:i]) if one.kind not in (K.NEUTRAL, K.ETC, K.BRACKET))
        if lexeme.kind is K.AND and lexeme.word in CLOSING and next(named, None) in _NOUNS:
            yield lexemes[start:i]
            start = i + 1
    if lexemes[start:]:
        yield lexemes[start:]


def items_of(lexemes: Sequence[Lexeme]) -> Iterator[Sequence[Lexeme]]:
    """Cut at commas and "or" between nouns; after the end of a verb a comma demands both."""
    start = 0
    for i, lexeme in enumerate(lexemes):
        beside = lexeme.word in ("과", "와") and any(one.word in _TOGETHER for one in lexemes[i + 1 : i + 2])
        if lexeme.kind is K.OR and not beside and not _verbal(lexemes[start:i]):
            yield lexemes[start:i]
            start = i + 1
    yield lexemes[start:]


def _verbal(lexemes: Sequence[Lexeme]) -> bool:
    last = lexemes[-1] if lexemes else None
    if last is None:
        return False
    unread = last.kind is K.UNREAD and last.joins in ("and", "before", "object")
    return unread or last.kind in (K.AND, K.SUBJECT, K.OBJECT)


def examples_cut(lexemes: Sequence[Lexeme]) -> int | None:
    """Return where "and other" stands between examples and the group they are examples of, None where it does not."""
    for i, lexeme in enumerate(lexemes):
        follows = following(lexemes, i) if lexeme.kind is K.ETC and i else None
        if follows is not None and follows.kind is K.GROUP:
            return i
    return None


def cases_dropped(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Drop lengths where several are named, and the cases they are of (the first child, the third)."""
    if sum(one.kind is K.DURATION and one.clause is not None for one in lexemes) < _SEVERAL:
        return lexemes
    first = next(one for one in lexemes if one.kind is K.DURATION)
    gap = Lexeme(K.UNREAD, first.start, first.end, first.word, joins="before")
    orders = (one.group is not None and ("째" in one.group.name or one.word.startswith("첫")) for one in lexemes)
    kept = zip(lexemes, orders, strict=True)
    return [gap, *(one for one, order in kept if not order and one.kind is not K.DURATION)]


def days_dropped(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Drop words that only say of what a day is: the day of *the event's* application."""
    kept: list[Lexeme] = []
    for lexeme in lexemes:
        day = lexeme.kind is K.NEUTRAL and _DAY.fullmatch(lexeme.word) is not None
        while day and kept and kept[-1].kind is K.UNREAD and kept[-1].joins in _NOUN_JOINS:
            if kept[-1].word.endswith(_DESCRIBES):
                break
            kept.pop()
        kept.append(lexeme)
    return kept


def lasting(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Take a group of whom it is then said for how long at least for one that lasts: long ago they moved in too."""
    first = next((i for i, one in enumerate(lexemes) if one.group is not None and one.group.with_length), None)
    since = any(_SINCE.search(one.word) for one in lexemes)
    if since or first is None or all(one.kind is not K.DURATION or one.clause is None for one in lexemes[first + 1 :]):
        return lexemes
    return [
        replace(one, group=replace(one.group, clause=one.group.with_length))
        if one.group is not None and one.group.with_length is not None
        else one
        for one in lexemes
    ]


def spans_cut(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Take a group before "to the age of ..." for the lower end of the span: nobody is asked to be one of it."""
    kept = list(lexemes)
    for i, lexeme in enumerate(lexemes[_SEVERAL:], _SEVERAL):
        if lexeme.kind is K.AGE and lexemes[i - 1].word == "~" and lexemes[i - _SEVERAL].kind is K.GROUP:
            kept[i - _SEVERAL] = replace(lexemes[i - _SEVERAL], kind=K.UNREAD, group=None, joins="before")
    return kept


def trails_off(lexemes: Sequence[Lexeme]) -> bool:
    """Whether a list ends in "and so on"."""
    last = next((one for one in reversed(lexemes) if one.kind is not K.NEUTRAL), None)
    return last is not None and last.kind is K.ETC


def families_joined(lexemes: Sequence[Lexeme]) -> Sequence[Lexeme]:
    """Make "father or mother and the child, who live here" one condition: nobody of a family is an alternative."""
    lives = max((i for i, one in enumerate(lexemes) if one.kind is K.RESIDENCE), default=-1)
    for j, lexeme in enumerate(lexemes[: lives + 1]):
        if lexeme.kind is not K.SUBJECT:
            continue
        first = _first_of_family(lexemes, j)
        members = [one.group for one in lexemes[first:j] if one.kind is K.GROUP and one.group is not None]
        if members:
            clause = all_of(group.clause for group in members)
            named = (i for i in range(first, j) if lexemes[i].kind is K.GROUP)
            word = "".join(lexemes[i].word for i in named if lexemes[i + 1].kind is not K.OF)
            family = Lexeme(K.CONDITION, lexemes[first].start, lexeme.end, word, clause)
            return families_joined([*lexemes[:first], family, *lexemes[j + 1 :]])
    return lexemes


def _first_of_family(lexemes: Sequence[Lexeme], j: int) -> int:
    first = j
    for lexeme in reversed(lexemes[:j]):
        group = lexeme.group if lexeme.kind is K.GROUP else None
        if group is None and lexeme.kind not in (K.OR, K.BRACKET, K.NEUTRAL, K.OF, K.PERSON):
            break
        if group is not None and group.kind != "child" and group.name not in _COUPLES:
            break
        first -= 1
    while first < j and lexemes[first].kind is K.OR:
        first += 1
    return first


def in_object(lexemes: Sequence[Lexeme], i: int) -> bool:
    """Whether what stands at i is the object of a verb."""
    for follows in lexemes[i + 1 :]:
        if follows.kind is K.OBJECT:
            return True
        if follows.kind is not K.NEUTRAL:
            return False
    return False


def raised(lexemes: Sequence[Lexeme], i: int) -> bool:
    """Whether a child at i is the object of "have" or "raise": then it is asked of the parent."""
    group = lexemes[i].group
    near = lexemes[i + 1 : i + 5]
    verbs = [one.word for one in near if one.kind is K.NEUTRAL]
    born = any(one.group is not None and one.group.name in _BIRTHS for one in near[:2])
    return group is not None and group.kind == "child" and (born or any(word in _RAISING for word in verbs))


def following(lexemes: Sequence[Lexeme], i: int) -> Lexeme | None:
    """Return the next lexeme that means something."""
    return next((one for one in lexemes[i + 1 :] if one.kind not in (K.NEUTRAL, K.ETC, K.SUBJECT, K.OF)), None)


def preceding(lexemes: Sequence[Lexeme], i: int) -> Lexeme | None:
    """Return the lexeme before that means something."""
    return next((one for one in reversed(lexemes[:i]) if one.kind not in (K.NEUTRAL, K.OF, K.SUBJECT)), None)
