"""Title demand: what a title asks beside the words that were read: its other groups, its figures, kinds of a group."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Final

from recommender.reading.field_text import FieldText
from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import EVERYONE, all_of, any_of
from recommender.reading.raised_child import with_raised
from recommender.reading.scanner import scan_parts
from recommender.reading.target_group import GroupVocabulary, TargetGroup
from recommender.rules.clause import Clause, NoData

__all__ = ["title_demand"]

K = LexemeKind
_SHORTEST: Final = 2
_HOUSE: Final = re.compile(
    r"(?:종합)?(?:사회)?(?:복지|문화|체육|수련|상담|보호|지원)?(?:관|회관|센터|시설|공원|집|원|학교|도서관|쉼터|단체|연합회|회|의날|축제|대회|기업)"
)
"""What makes of a group's word the name of a house or a body, which asks nobody to be one of the group."""

_STEMS: Final = (
    (re.compile(r"(?<!무)장애(?!물)"), "장애인"),
    (re.compile(r"유공자?|보훈(?!부|처|청)"), "국가보훈대상자"),
)
"""What of a group's word stands in titles alone: "disability allowance for the old"."""
_FIRMS: Final = ("기업", "업체")


def title_demand(
    title: str, named: Collection[str], vocabulary: GroupVocabulary, places: Sequence[str]
) -> Clause | None:
    """Return what a title asks of people beside the groups `named` in the words, None where it asks nothing more.

    Groups that stand side by side are asked together; of groups that a joint parts one is enough, so that a title
    whose other group the words name asks nothing. A kind of a group ("dried-fish producers") is not known.
    """
    plain = FieldText.of("", title).plain
    parts: list[Clause] = []
    for _, _, lexemes in scan_parts(plain, 0, len(plain), vocabulary, places):
        items = [list(run) for joint, run in groupby(lexemes, key=lambda one: one.kind is K.OR) if not joint]
        asked = [found for item in items if (found := list(_asked(item, named, vocabulary)))]
        parts.append(any_of(all_of(found) for found in asked) if asked else EVERYONE)
    clause = with_raised(all_of(parts))
    return None if clause == EVERYONE else clause


def _asked(item: Sequence[Lexeme], named: Collection[str], vocabulary: GroupVocabulary) -> Iterator[Clause]:
    """Yield what an item asks; EVERYONE for a group that the words name too."""
    for lexeme in item:
        if lexeme.kind in (K.AGE, K.CONDITION) and lexeme.clause is not None:
            yield lexeme.clause
        group = lexeme.group if lexeme.kind is not K.UNREAD else _hidden(lexeme.word, vocabulary)
        if group is None or group.kind == "occasion" or group.vague or group.clause == EVERYONE:
            continue
        if lexeme.partial and (group.people or lexeme.word.endswith(_FIRMS)):
            yield all_of([group.clause, NoData(lexeme.word)])
        elif group.people:
            yield EVERYONE if group.name in named else group.clause


def _hidden(word: str, vocabulary: GroupVocabulary) -> TargetGroup | None:
    """Return the group whose word an unknown compound begins with ("women-friendly") unless it is a house, or stem."""
    for known, group in vocabulary.by_letter.get(word[0], ()):
        if not isinstance(group, str) and len(known) >= _SHORTEST and word.startswith(known):
            return group if group.people and _HOUSE.match(word, len(known)) is None else None
    return next((vocabulary.groups.get(whole) for stem, whole in _STEMS if stem.search(word)), None)
