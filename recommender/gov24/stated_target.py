"""Stated target: whom a service is for as fields other than 지원대상 say it: labelled lines, "only for", "to X"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from recommender.reading.criteria import CriteriaReader
from recommender.reading.field_text import FieldText
from recommender.reading.lexeme import Lexeme, LexemeKind
from recommender.reading.logic import EVERYONE, any_of, softened
from recommender.reading.scanner import scan_parts
from recommender.reading.text_statement import TextStatement, statements
from recommender.rules.clause import Clause, compares

__all__ = ["stated_targets"]

_PLAINLY: Final = (
    r"(?:지\s?원|신\s?청|지\s?급|사\s?업|이\s?용|선\s?정|참\s?여|수\s?급|교\s?육)\s?(?:대\s?상\s?자?|자\s?격)"
    r"|자\s?격\s?요\s?건"
)
_LABEL: Final = re.compile(
    rf"\s*[<\[(]?\s*(?:(?P<plain>{_PLAINLY})(?=[\s>\])]|[은는]\s)"
    r"|(?P<label>[가-힣·\s]{2,16}?)(?=\s*[>\])]?\s*(?:[:：]|[-→⇒]\s|\s*$)))"
    r"\s*[>\])]?\s*(?:[:：→⇒-]|[은는]\s)?\s*"
)
"""A label with a colon, an arrow or nothing behind it; the plainest labels may also stand before the words alone."""
_OF_SOMETHING_ELSE: Final = re.compile(
    r"감면|할인|면제|무료|우선|우대|추가|가산|과세|신고|경감|보장|보상|품목|시설|제외|배제"
)
_NAME: Final = re.compile(
    r"[가-힣·]{0,8}(?:대상자?|자격)(?:기준|요건|조건)?|[가-힣]{0,4}(?:요건|자격및요건)|대상및[가-힣]{2,4}"
    r"|[가-힣]{0,4}(?:소득|거주지?|재산|연령|나이|가입|선정|자격)(?:기준|조건)?"
)
_SHUT_OUT: Final = re.compile(r"(?:지원|신청|지급|가입|참여|선정|이용)?(?:제외|배제|제한)(?:대상자?|자|사항)?")
_SOMEBODY: Final = re.compile(r"(?<!대리)(?:자|사람|가구|세대|농가|가정)(?:에게)?(?:는|은|만|에|의|로)?")
_LIMITED: Final = re.compile(
    r"(?:\s*\([^()]*\))?[^\n.]{0,16}?(?:에\s*한(?:함|하|해|정|한)|(?<=[가-힣])(?<!미)(?<!하지)만(?=\s|$|해당)|한정"
    r"|제외|불가|않|아니|미지급|미지원|제한|수\s*없|중지|정지)"
)
"""What says behind somebody that only they are meant, or that they are not."""
_ENROLLED: Final = re.compile(r"으?로\s*[가-힣\s]{0,6}(?:결정|선정|등록|인정|판정)|\s*등록\s*후")
"""What says behind a group that one must have become one of it."""
_GIVEN_TO: Final = re.compile(
    r"(?:[^\n:：]{0,30}?\d\s*[천만억]?\s*원(?:을|씩|상당의?)?\s+)?(?P<who>[^\n:：]{2,80}?)(?:에게(?!는)|께|[을를]\s*대상으로|에\s*대하여|에\s*대해)\s"
)
"""Whom something is given to: the words before the particle, behind a sum."""


def stated_targets(text: FieldText, reader: CriteriaReader) -> list[Clause]:
    """Return what a field asks of people beside the words on whom it is for: nothing firmly, it leaves open.

    Every labelled line and every limit is asked; of several lines that say to whom something is given, each is of its
    own benefit, and one is enough.
    """
    asked: list[Clause] = []
    given: list[Clause] = []
    top = statements(text.plain)
    for i, statement in enumerate(top):
        _ask(statement, top[i + 1 : i + 2], (text, reader), (asked, given))
    return [softened(clause) for clause in (*asked, any_of(given) if given else EVERYONE) if clause != EVERYONE]


def _ask(
    statement: TextStatement,
    after: Sequence[TextStatement],
    source: tuple[FieldText, CriteriaReader],
    found: tuple[list[Clause], list[Clause]],
) -> None:
    """Add what one statement asks, with what stands below it or, behind a bare label, in the line after it."""
    (text, reader), (asked, given) = source, found
    span = _labelled(statement, after, text.plain)
    spans = [span] if span is not None else list(_limited(statement, text.plain, reader))
    asked += [reader.read(text.field, _alone(text, start, end)).clause for start, end in spans]
    if span is not None:
        return
    to = _GIVEN_TO.match(text.plain, statement.start, statement.end)
    if to is not None and not spans:
        read = reader.read(text.field, _alone(text, *to.span("who")))
        if any(group.people for group in read.groups) or any(compares(read.clause)):
            given.append(read.clause)
    for inner in (*statement.notes, *statement.below):
        _ask(inner, (), source, found)


def _labelled(statement: TextStatement, after: Sequence[TextStatement], plain: str) -> tuple[int, int] | None:
    """Return where the words behind a label of whom it is for stand, None where there is no such label."""
    found = _LABEL.match(plain, statement.start, statement.end)
    if found is None:
        return None
    name = re.sub(r"\s", "", found["plain"] or found["label"])
    if _SHUT_OUT.fullmatch(name):
        return statement.start, _end(statement)
    if _OF_SOMETHING_ELSE.search(name) or not _NAME.fullmatch(name):
        return None
    end = _end(statement)
    if not plain[found.end() : end].strip() and after:
        end = _end(after[0])
    return found.end(), end


def _limited(statement: TextStatement, plain: str, reader: CriteriaReader) -> Iterator[tuple[int, int]]:
    """Yield where it is said that only some people are meant, or that some are not: a statement, or brackets in it.

    In a list of those who pay less the limits of its lines are of that line, those of its notes of the whole list.
    """
    if reader.fees and statement.bullet != "note":
        return
    parts = scan_parts(plain, statement.start, statement.end, reader.vocabulary, reader.places)
    for start, end, lexemes in parts:
        for lexeme in lexemes:
            people = lexeme.group is not None and (lexeme.group.people or lexeme.word.endswith("자"))
            enrolled = people and _ENROLLED.match(plain, lexeme.end, end)
            if enrolled or (_names(lexeme) and _LIMITED.match(plain, lexeme.end, end)):
                yield start, end
                break


def _names(lexeme: Lexeme) -> bool:
    """Whether a lexeme says of whom a line speaks: a group, a figure, somebody described by unknown words."""
    if lexeme.group is not None:
        return lexeme.group.kind != "body" and lexeme.group.clause != EVERYONE
    if lexeme.kind is LexemeKind.UNREAD:
        return _SOMEBODY.search(lexeme.word, max(0, len(lexeme.word) - 6)) is not None
    somebody = lexeme.kind is LexemeKind.PERSON and lexeme.word not in ("본인", "개인", "신청인", "신청자")
    return somebody or lexeme.kind in (LexemeKind.AGE, LexemeKind.CONDITION)


def _end(statement: TextStatement) -> int:
    return max(one.end for one in statement.walk())


def _alone(text: FieldText, start: int, end: int) -> str:
    """Return a span of a text behind blanks, so that places in it stay places in the field."""
    return re.sub(r"[^\n]", " ", text.text[:start]) + text.text[start:end]
