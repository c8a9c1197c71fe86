"""Clause: what a rule demands of a person, in three values: no, unknown, yes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from features.calendar import date_of
from recommender.text import Text

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration, Fact

__all__ = [
    "MEMBER_FLAGS",
    "MEMBER_RANGES",
    "RECEIVES",
    "WITHIN",
    "Advisory",
    "All",
    "Answer",
    "Any",
    "Clause",
    "Compare",
    "MemberCount",
    "MemberTest",
    "NoData",
    "Not",
    "Operand",
    "Source",
    "UnreadText",
    "clause_document",
    "compares",
    "demands",
    "encoded",
    "fact_type",
    "members_counted",
    "source_document",
]

RECEIVES = "receives."
WITHIN = "within"
"""The comparison of a date with a duration: the period that runs from the date is not over."""

Operand = bool | int | float | str | tuple[bool | int | float | str, ...]


class Answer(IntEnum):
    """Strong Kleene logic (Kleene 1952, section 64): AND is min, OR is max, NOT is 2 - x.

    >>> min(Answer.UNKNOWN, Answer.NO).name, max(Answer.UNKNOWN, Answer.YES).name
    ('NO', 'YES')
    """

    NO = 0
    UNKNOWN = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Source:
    """Where something can be looked up: an address, the day it was looked at (days since 1970), the words found.

    Words found in one field of a publisher's record name it: `field`, and in `span` the place of their first character
    and that after their last, counted in code points of the field's NFC.
    """

    url: str | None = None
    checked: int | None = None
    text: Text | None = None
    field: str | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noted:
    """What any clause may carry: why it stands there, where that can be looked up, which axis it belongs to."""

    why: Text | str | None = None
    source: Source | None = None
    axis: str | None = None


@dataclass(frozen=True, slots=True)
class All(_Noted):
    """Holds if every part holds; with no parts it holds for everyone."""

    of: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Any(_Noted):
    """Holds if at least one part holds."""

    of: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Not(_Noted):
    """Holds if its part fails."""

    of: Clause


@dataclass(frozen=True, slots=True)
class Compare(_Noted):
    """Compares one fact: `op` is one of is, in, below, above, at_most, at_least, within; `also` adds comparisons.

    All comparisons hold of one value; of a set (`ages`) they hold if one member meets them all. UNKNOWN where the fact
    is unknown, NO where it is known that there is none. On a region `is` and `in` ask for containment.
    """

    fact: str
    op: str
    operand: Operand
    also: tuple[tuple[str, Operand], ...] = ()

    @property
    def tests(self) -> tuple[tuple[str, Operand], ...]:
        """All (op, operand) pairs."""
        return ((self.op, self.operand), *self.also)


MEMBER_FLAGS = ("lives_with", "raises", "disabled", "youngest")
"""What a clause may ask to be so, or (but for youngest) not to be so, of a member."""
MEMBER_RANGES = ("months", "age", "turns", "born", "due", "nth")
"""What a clause may compare of a member: age in months or years, age reached in the calendar year, day of birth, day on
which birth is expected, place in the order of birth."""


@dataclass(frozen=True, slots=True)
class MemberTest:
    """What one member has to meet: `of` is one of MEMBER_FLAGS or MEMBER_RANGES, `op` as in Compare (but for in).

    `within` is of the day of birth alone.
    """

    of: str
    op: str
    operand: bool | int | str


@dataclass(frozen=True, slots=True)
class MemberCount(_Noted):
    """Holds if as many members of the household as `count` says are of one of the relations and meet every test.

    With no relation it is anybody who is born. `count` is (op, number) pairs. A member of whom something is not known
    may be one of them; a list that is not whole may hold any number of others. So *some* never fails and *none* never
    holds of an open list. `nth` is the place in the order of birth among the members of these relations (1 the eldest).
    """

    relations: tuple[str, ...]
    tests: tuple[MemberTest, ...]
    count: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class NoData(_Noted):
    """Is UNKNOWN, because what would settle it is not published."""

    reason: str


@dataclass(frozen=True, slots=True)
class UnreadText(_Noted):
    """Is UNKNOWN, because nobody turned these words of a field into clauses; `span` counts as in Source."""

    field: str
    span: tuple[int, int]
    words: str


@dataclass(frozen=True, slots=True)
class Advisory(_Noted):
    """Turns a NO of its part into UNKNOWN: the source is too doubtful to exclude anybody."""

    of: Clause


Clause = All | Any | Not | Compare | MemberCount | NoData | UnreadText | Advisory


def leaves(clause: Clause) -> Iterator[Clause]:
    """Yield everything in a clause that holds no other, in the order written."""
    if isinstance(clause, (All, Any)):
        for part in clause.of:
            yield from leaves(part)
    elif isinstance(clause, (Not, Advisory)):
        yield from leaves(clause.of)
    else:
        yield clause


def compares(clause: Clause) -> Iterator[Compare]:
    """Yield every comparison in a clause, in the order written."""
    return (one for one in leaves(clause) if isinstance(one, Compare))


def demands(clause: Clause, facts: Collection[str]) -> bool:
    """Whether a clause cannot hold unless one of the facts does; a source that is doubtful demands it, too."""
    if isinstance(clause, Compare):
        return clause.fact in facts and clause.operand is not False
    if isinstance(clause, Advisory):
        return demands(clause.of, facts)
    if isinstance(clause, All):
        return any(demands(part, facts) for part in clause.of)
    return isinstance(clause, Any) and bool(clause.of) and all(demands(part, facts) for part in clause.of)


def undecided_in(clause: Clause) -> Iterator[UnreadText | NoData]:
    """Yield everything in a clause that nobody can settle from facts, in the order written."""
    return (one for one in leaves(clause) if isinstance(one, (UnreadText, NoData)))


def members_counted(clause: Clause) -> Iterator[MemberCount]:
    """Yield everything in a clause that counts the members of a household, in the order written."""
    return (one for one in leaves(clause) if isinstance(one, MemberCount))


def fact_type(name: str, declaration: Declaration) -> str:
    """Return the type of a fact a rule may name; `receives.<programme>` is boolean."""
    return "boolean" if name.startswith(RECEIVES) else declaration.facts[name].type


def encoded(compare: Compare, declaration: Declaration) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return a comparison's (op, operands) as the integers of a snapshot's column; only `in` has several operands.

    An enum's place, a date's day, a region's code. `within` is left out: it is no integer until a day is chosen
    (recommender.rules.elapsed). Raises Rejected where Fact.encode does.
    """
    fact = None if compare.fact.startswith(RECEIVES) else declaration.facts[compare.fact]
    return tuple(
        (op, tuple(_code(value, fact) for value in (operand if isinstance(operand, tuple) else (operand,))))
        for op, operand in compare.tests
        if op != WITHIN
    )


def _code(value: bool | float | str, fact: Fact | None) -> int:
    if fact is None:
        return int(value)
    return fact.encode(str(value) if fact.type == "region" else value)


def clause_document(clause: Clause) -> dict[str, object]:
    """Return the mapping a clause is written as; reading it again gives the same clause."""
    if isinstance(clause, (All, Any)):
        document: dict[str, object] = {
            "all" if isinstance(clause, All) else "any": [clause_document(part) for part in clause.of]
        }
    elif isinstance(clause, (Not, Advisory)):
        document = {"not" if isinstance(clause, Not) else "advisory": clause_document(clause.of)}
    elif isinstance(clause, NoData):
        document = {"no_data": clause.reason}
    elif isinstance(clause, UnreadText):
        place = _place_document(clause.field, clause.span)
        document = {"unread_text": place | {"words": clause.words}}
    elif isinstance(clause, MemberCount):
        document = {"members": _members_document(clause), **dict(clause.count)}
    else:
        document = {"fact": clause.fact} | {
            op: (list(operand) if isinstance(operand, tuple) else operand) for op, operand in clause.tests
        }
    return document | _notes_document(clause)


def _members_document(clause: MemberCount) -> dict[str, object]:
    document: dict[str, object] = {"relation": list(clause.relations)} if clause.relations else {}
    ranges: dict[str, dict[str, object]] = {}
    for test in clause.tests:
        if test.of in MEMBER_FLAGS:
            document[test.of] = test.operand
        else:
            ranges.setdefault(test.of, {})[test.op] = test.operand
    return document | ranges


def _notes_document(clause: Clause) -> dict[str, object]:
    notes: dict[str, object] = {}
    if clause.why is not None:
        notes["why"] = clause.why.to_document() if isinstance(clause.why, Text) else clause.why
    if clause.source is not None:
        notes["source"] = source_document(clause.source)
    if clause.axis is not None:
        notes["axis"] = clause.axis
    return notes


def source_document(source: Source) -> dict[str, object]:
    """Return the mapping a source is written as."""
    document: dict[str, object] = {}
    if source.url is not None:
        document["url"] = source.url
    if source.checked is not None:
        document["checked"] = date_of(source.checked).isoformat()
    if source.text is not None:
        document["text"] = source.text.to_document()
    return document | _place_document(source.field, source.span)


def _place_document(field: str | None, span: tuple[int, int] | None) -> dict[str, object]:
    document: dict[str, object] = {} if field is None else {"field": field}
    return document if span is None else document | {"from": span[0], "to": span[1]}
