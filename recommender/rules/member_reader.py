"""Member reader: clauses over the members of a household read from documents, every problem in them gathered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from features.calendar import date_of
from features.mapping import MappingReader, nearest
from recommender.rules.clause import MEMBER_FLAGS, MEMBER_RANGES, WITHIN, MemberCount, MemberTest

if TYPE_CHECKING:
    from features.declaration.kinship import Household

__all__ = ["COUNTS", "read_members"]

COUNTS: Final = ("some", "none", "is", "at_least", "at_most", "below", "above")
_OPS: Final = ("is", "below", "above", "at_most", "at_least")
_DATES: Final = ("born", "due")
_LIMITS: Final = {"months": 1860, "age": 155, "turns": 155, "nth": 60}


def read_members(entry: MappingReader, home: Household | None) -> MemberCount | None:
    """Read `{members: {relation: ..., ...}, at_least: n}` without its notes; None where something is wrong."""
    before = len(entry.problems.found)
    if home is None:
        remedy = "Add household.yaml to the declaration"
        entry.wrong("members", "forbidden", "are not declared: nothing says who belongs to a person", remedy)
        return None
    body = entry.mapping("members")
    filters = MappingReader(body, entry.at("members"), entry.problems)
    relations = filters.names("relation")
    if filters.has("relation") and not relations:
        filters.wrong("relation", "missing", "names nobody", "Name a relation; left out, it is anybody who is born")
    for i, name in enumerate(relations):
        if name not in home.relations and name not in home.groups:
            known = (*home.relations, *home.groups)
            what = f"{name!r} is not a relation{nearest(name, known)}"
            filters.wrong(("relation", i), "unknown", what, f"Use some of {', '.join(known)}")
    relations = home.ungrouped(relations)
    tests = [*_flags(filters), *(test for key in MEMBER_RANGES for test in _range(filters, key))]
    filters.close()
    _check_expected(filters, home, relations, [test.of for test in tests])
    count = _count(entry)
    if len(entry.problems.found) > before:
        return None
    return MemberCount(relations, tuple(tests), count)


def _flags(filters: MappingReader) -> list[MemberTest]:
    found = [MemberTest(key, "is", filters.boolean(key, False)) for key in MEMBER_FLAGS if filters.has(key)]
    for key in MEMBER_FLAGS:
        filters.take(key)
    if MemberTest("youngest", "is", False) in found:
        filters.wrong("youngest", "invalid", "is not a demand", "Write youngest: true, or leave it out")
    return found


def _range(filters: MappingReader, key: str) -> list[MemberTest]:
    """Read comparisons of one value, such as `months: {at_least: 6, below: 24}`."""
    bounds = filters.reader(key)
    if bounds is None:
        return []
    found = []
    for op in _OPS:
        value = bounds.day(op) if key in _DATES else bounds.integer(op, low=1 if key == "nth" else 0)
        if value is not None and value > _LIMITS.get(key, value):
            bounds.wrong(op, "range", f"{value} is above {_LIMITS[key]}", f"Give at most {_LIMITS[key]}")
        elif value is not None:
            found.append(MemberTest(key, op, date_of(value).isoformat() if key in _DATES else value))
    if key == "born" and bounds.duration(WITHIN) is not None:
        found.append(MemberTest(key, WITHIN, str(bounds.doc[WITHIN])))
    bounds.close()
    if not bounds.doc:
        filters.wrong(key, "missing", "compares nothing", f"Add one of {', '.join(_OPS)}")
    return found


def _check_expected(filters: MappingReader, home: Household, relations: tuple[str, ...], tested: list[str]) -> None:
    """Somebody expected has a day on which the birth is expected, and neither an age nor a place among siblings."""
    expected = [home.relations[name].expected for name in relations if name in home.relations]
    if any(expected) and not all(expected):
        filters.wrong("relation", "conflict", "mixes the born with the unborn", "Write a clause for each, under any")
    if "due" in tested and not (expected and all(expected)):
        filters.wrong("due", "forbidden", "is not known of those who are born", "Compare born, months or age")
    for key in ("months", "age", "turns", "born", "nth", "youngest"):
        if key in tested and expected and all(expected):
            filters.wrong(key, "forbidden", "is not known of those who are not born yet", "Compare due")


def _count(entry: MappingReader) -> tuple[tuple[str, int], ...]:
    """Read how many: some (the default), none, or bounds on the number."""
    words = [word for word in ("some", "none") if entry.has(word)]
    found: list[tuple[str, int]] = []
    for op in _OPS:
        value = entry.integer(op)
        if value is not None:
            found.append((op, value))
    if len(words) > 1 or (words and found) or not all(entry.boolean(word, False) for word in words):
        entry.wrong(
            words[0], "conflict", "says how many beside another bound", "Write some: true, none: true or a bound"
        )
    if not found:
        return (("at_most", 0),) if words == ["none"] else (("at_least", 1),)
    return tuple(found)
