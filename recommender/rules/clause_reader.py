"""Clause reader: clauses read from documents, every problem in them gathered, equal clauses made one object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypedDict

from features.calendar import parse_duration
from features.declaration.datatype import OLDEST_AGE
from features.mapping import MappingReader, nearest
from features.problem import Problem, Problems, Rejected, Where
from recommender.rules.clause import (
    RECEIVES,
    WITHIN,
    Advisory,
    All,
    Any,
    Clause,
    Compare,
    NoData,
    Not,
    Operand,
    Source,
    UnreadText,
    fact_type,
)
from recommender.rules.member_reader import COUNTS, read_members
from recommender.rules.region import Regions
from recommender.text import Text, text_at, text_of

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["ClauseReader", "parse_clause", "parse_source"]


DEEPEST: Final = 64
"""So many clauses may stand in one another."""


class _Notes(TypedDict, total=False):
    why: Text | str | None
    source: Source | None
    axis: str | None


_NOTES = ("why", "source", "axis")
_OPS = {
    "boolean": ("is",),
    "enum": ("is", "in"),
    "region": ("is", "in"),
    "date": ("is", "below", "above", "at_most", "at_least", WITHIN),
    "dates": (WITHIN,),
    "integer": ("is", "in", "below", "above", "at_most", "at_least"),
    "ages": ("is", "in", "below", "above", "at_most", "at_least"),
}
_EVERY_OP = (*_OPS["integer"], WITHIN)
_SHAPES = ("all", "any", "not", "advisory", "no_data", "unread_text", "fact", "members")
_LAST_CHILD_OPERAND = {op: OLDEST_AGE - (op not in ("below", "at_least")) for op in _OPS["ages"]}
"""A set of children's ages counts the oldest and older as one, so that rules on it end before."""


def parse_source(fields: MappingReader) -> Source:
    """Read a source given as a mapping of url, checked and text, and of field, from and to."""
    url, checked, text = fields.string("url"), fields.day("checked"), text_at(fields, "text")
    source = Source(url, checked, text, fields.string("field"), _span(fields))
    fields.close()
    return source


def _span(fields: MappingReader) -> tuple[int, int] | None:
    """Read `from` and `to`, the places of the first character and of that after the last."""
    first, last = fields.integer("from"), fields.integer("to")
    if first is None or last is None:
        for key, other in (("from", "to"), ("to", "from")):
            if fields.has(other) and not fields.has(key):
                fields.required(key)
        return None
    if first >= last:
        fields.wrong("to", "range", f"{last} is not after {first}", "Give the place after the last character")
        return None
    return first, last


def parse_clause(document: object, where: Where, declaration: Declaration, regions: Regions | None = None) -> Clause:
    """Read one clause; raises Rejected with every problem in it, each under `where` and its path."""
    problems = Problems()
    clause = ClauseReader(declaration, regions).read(document, where, problems)
    problems.raise_any()
    assert clause is not None  # what is wrong with it is a problem
    return clause


class ClauseReader:
    """Reads clauses against one declaration; equal clauses come out as one object, so a catalogue stays small."""

    def __init__(
        self,
        declaration: Declaration,
        regions: Regions | None = None,
        programme: Callable[[str], str] = str,
    ) -> None:
        """Read against `declaration` and `regions`, if given; `programme` completes a programme's abbreviated id."""
        self._declaration = declaration
        self._languages = declaration.country.languages
        self._regions = regions
        self._programme = programme
        self._plain: dict[tuple[object, ...], Clause] = {}
        self._interned: dict[tuple[object, ...], Clause] = {}
        self._open: list[int] = []

    def read(self, document: object, path: Where, problems: Problems) -> Clause | None:
        """Return the clause, None where something in it is wrong (then `problems` has grown)."""
        if not isinstance(document, dict):
            what = f"{document!r} is not a clause"
            problems.add(path, "invalid", what, f"Write a mapping with one of {', '.join(_SHAPES)}")
            return None
        values = tuple(document.values())
        kinds = tuple(map(type, values))
        key = None if dict in kinds or list in kinds or tuple in kinds else (*document, *values, *kinds)
        if key is not None and key in self._plain:
            return self._plain[key]
        if len(self._open) >= DEEPEST or id(document) in self._open:
            remedy = f"Write clauses in at most {DEEPEST} levels, none of which stands in itself"
            problems.add(path[: len(path) - 2 * len(self._open)], "range", "is nested too deep", remedy)
            return None
        before = len(problems.found)
        self._open.append(id(document))
        try:
            clause = self._fresh(document, path, problems)
        finally:
            self._open.pop()
        if clause is None or len(problems.found) > before:
            return None
        clause = self._intern(clause)
        if key is not None:
            self._plain[key] = clause
        return clause

    def _intern(self, clause: Clause) -> Clause:
        """Return the one object that stands for a clause; parts are interned already, so their identity will do."""
        if isinstance(clause, (All, Any)):
            of: object = tuple(map(id, clause.of))
        else:
            of = id(clause.of) if isinstance(clause, (Not, Advisory)) else clause
        return self._interned.setdefault((type(clause), of, clause.why, clause.source, clause.axis), clause)

    def _fresh(self, document: Mapping[str, object], path: Where, problems: Problems) -> Clause | None:
        shapes = [shape for shape in _SHAPES if shape in document]
        if len(shapes) != 1:
            what = f"has {' and '.join(shapes)}" if shapes else f"has none of {', '.join(_SHAPES)}"
            problems.add(path, "invalid", what, "Write exactly one of them in a clause")
            return None
        shape = shapes[0]
        allowed = (shape, *_NOTES, *{"fact": _EVERY_OP, "members": COUNTS}.get(shape, ()))
        for key in document:
            if key not in allowed:
                what = f"unknown key{nearest(key, allowed)}"
                problems.add((*path, str(key)), "unknown", what, f"Use one of {', '.join(allowed)}")
        notes = self._notes(document, path, problems)
        return self._shaped(shape, document, notes, path, problems)

    def _shaped(
        self, shape: str, document: Mapping[str, object], notes: _Notes, path: Where, problems: Problems
    ) -> Clause | None:
        if shape == "fact":
            return self._compare(document, notes, path, problems)
        if shape == "members":
            counted = read_members(MappingReader(document, path, problems), self._declaration.household)
            return None if counted is None else replace(counted, **notes)
        value = document[shape]
        if shape == "no_data":
            if isinstance(value, str) and value.strip():
                return NoData(value, **notes)
            problems.add((*path, shape), "invalid", f"{value!r} is not a reason", "Say why there is no data")
            return None
        if shape == "unread_text":
            return _unread(MappingReader(value, (*path, shape), problems, None, self._languages), notes)
        if shape in ("all", "any"):
            parts = self._parts(value, shape, (*path, shape), problems)
            return None if parts is None else All(parts, **notes) if shape == "all" else Any(parts, **notes)
        part = self.read(value, (*path, shape), problems)
        return None if part is None else Not(part, **notes) if shape == "not" else Advisory(part, **notes)

    def _parts(self, value: object, shape: str, path: Where, problems: Problems) -> tuple[Clause, ...] | None:
        if not isinstance(value, (list, tuple)) or (shape == "any" and not value):
            remedy = "Write a list of at least one clause" if shape == "any" else "Write a list of clauses"
            problems.add(path, "invalid", f"{value!r} is not a list of clauses", remedy)
            return None
        parts = [self.read(part, (*path, i), problems) for i, part in enumerate(value)]
        kept = tuple(part for part in parts if part is not None)
        return kept if len(kept) == len(parts) else None

    def _notes(self, document: Mapping[str, object], path: Where, problems: Problems) -> _Notes:
        notes: _Notes = {}
        if not any(key in document for key in _NOTES):
            return notes
        fields = MappingReader({key: document.get(key) for key in _NOTES}, path, problems, None, self._languages)
        why = fields.take("why")
        if why is not None:
            notes["why"] = why if isinstance(why, str) and why.strip() else text_of(fields, "why", why)
        if isinstance(document.get("source"), str):
            notes["source"] = Source(text=text_at(fields, "source"))
        elif (source := fields.reader("source")) is not None:
            notes["source"] = parse_source(source)
        if (axis := fields.slug("axis")) is not None:
            notes["axis"] = axis
        return notes

    def _compare(self, document: Mapping[str, object], notes: _Notes, path: Where, problems: Problems) -> Clause | None:
        name = self._fact_name(document["fact"], (*path, "fact"), problems)
        tests = [(key, value) for key, value in document.items() if key in _EVERY_OP]
        if not tests:
            what = "compares nothing"
            problems.add(path, "missing", what, f"Add one of {', '.join(_EVERY_OP)}")
        if name is None or not tests:
            return None
        kept = [(op, self._operand(name, op, value, (*path, op), problems)) for op, value in tests]
        good = [(op, operand) for op, operand in kept if operand is not None]
        return Compare(name, *good[0], tuple(good[1:]), **notes) if len(good) == len(kept) else None

    def _fact_name(self, name: object, path: Where, problems: Problems) -> str | None:
        if isinstance(name, str) and name.startswith(RECEIVES) and len(name) > len(RECEIVES):
            return RECEIVES + self._programme(name.removeprefix(RECEIVES))
        if not isinstance(name, str) or name not in self._declaration.facts:
            what = f"{name!r} is not a declared fact{nearest(name, self._declaration.facts)}"
            problems.add(path, "unknown", what, "Declare it in facts.yaml or name a fact that is declared there")
        elif self._declaration.facts[name].type not in _OPS:
            what = f"{name} is of type {self._declaration.facts[name].type}, which a rule cannot compare"
            problems.add(path, "forbidden", what, "Name a fact derived from it, such as an age or a count")
        elif "eligibility" not in self._declaration.facts[name].purpose:
            what = f"{name} is not declared for eligibility"
            problems.add(path, "forbidden", what, "Add eligibility to its purpose or use another fact")
        else:
            return name
        return None

    def _operand(self, name: str, op: str, value: object, path: Where, problems: Problems) -> Operand | None:
        kind = fact_type(name, self._declaration)
        if op not in _OPS[kind]:
            what = f"{name} is of type {kind}, which has no {op}"
            if kind == "dates":
                path, what = (*path[:-1], "fact"), f"{name} is a list of dates, which a rule cannot compare with {op}"
            remedy = f"Use one of {', '.join(_OPS[kind])}, or a fact derived from it"
            if kind == "dates" and (relations := self._declaration.facts[name].members):
                remedy = f"Write {{members: {{relation: {relations[0]}, born: {{{op}: ...}}}}}}, or use {WITHIN}"
            problems.add(path, "forbidden", what, remedy)
            return None
        if op == WITHIN:
            return str(value) if self._is_duration(value, path, problems) else None
        if op != "in":
            return self._member(name, kind, op, value, path, problems)
        if not isinstance(value, (list, tuple)) or not value:
            problems.add(path, "invalid", f"{value!r} is not a list of values", "Write a list of at least one")
            return None
        members = [self._member(name, kind, op, v, (*path, i), problems) for i, v in enumerate(value)]
        kept = tuple(member for member in members if member is not None)
        return kept if len(kept) == len(members) else None

    def _is_duration(self, value: object, path: Where, problems: Problems) -> bool:
        before = len(problems.found)
        with problems.gathered():
            parse_duration(value, path)
        return len(problems.found) == before

    def _member(
        self, name: str, kind: str, op: str, value: object, path: Where, problems: Problems
    ) -> bool | int | float | str | None:
        written = value.isoformat() if kind == "date" and isinstance(value, dt.date) else value
        written = str(value) if kind == "region" and type(value) is int else written
        try:
            self._check(name, kind, op, written, path)
        except Rejected as rejected:
            problems.found += rejected.problems
            return None
        return written  # type: ignore[return-value]  # _check has just proved its type

    def _check(self, name: str, kind: str, op: str, value: object, where: Where) -> None:
        if name.startswith(RECEIVES):
            if not isinstance(value, bool):
                raise Rejected(
                    [Problem(where, "invalid", f"{value!r} is neither true nor false", "Write true or false")]
                )
            return
        code = self._declaration.facts[name].encode(value, where)
        if kind == "region" and self._regions is not None and not self._regions.known(code):
            raise Rejected(
                [Problem(where, "unknown", f"{value} is not a region code", "Use a code of the region table")]
            )
        if kind == "ages" and not 0 <= code <= _LAST_CHILD_OPERAND[op]:
            remedy = f"Give an age from 0 to {_LAST_CHILD_OPERAND[op]}"
            raise Rejected([Problem(where, "range", f"{value} is above the highest age that is distinguished", remedy)])


def _unread(fields: MappingReader, notes: _Notes) -> UnreadText | None:
    """Read words that nobody turned into clauses: the field they stand in, where, and what they are."""
    field, span, words = fields.string("field"), _span(fields), fields.string("words")
    for key in ("field", "words", *(() if fields.has("from") or fields.has("to") else ("from", "to"))):
        fields.required(key)
    fields.close()
    return None if field is None or span is None or words is None else UnreadText(field, span, words, **notes)
