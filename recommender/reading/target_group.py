"""Target group: the words by which texts name whom a service is for, and what each means over the declared facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from features.mapping import MappingReader
from features.problem import Problems, Where
from recommender.reading.logic import all_of, softened
from recommender.rules.clause import All, Clause, NoData, compares
from recommender.rules.clause_reader import ClauseReader

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

__all__ = ["GROUP_KINDS", "GroupVocabulary", "TargetGroup", "parse_vocabulary"]

GROUP_KINDS: Final = ("person", "household", "child", "body", "modifier", "occasion")
"""Whom a word names: a person, their home, them or a child of theirs, no person, how somebody is, what somebody did."""

_NARROWS: Final = ("narrowing_first", "narrowing_last")
_CLAUSES: Final = ("clause", "family", "with_age", "with_length", "and_so_on")


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """One group of people that texts name.

    Attributes:
        clause: what belonging to it asks; no_data with its name where no fact knows.
        family: what being family of such a person asks, None where no fact knows.
        with_age: what is left of it where the text states the age, None where that is the same.
        with_length: what is left of it where the text then states how long at least, None where that is the same.
        and_so_on: whom a list of such groups means besides where it ends in "and so on", None where nobody is told.
        vague: its word may be defined beside it ("the poor (on benefits)").
    """

    name: str
    kind: str
    clause: Clause
    family: Clause | None = None
    with_age: Clause | None = None
    vague: bool = False
    with_length: Clause | None = None
    and_so_on: Clause | None = None

    @property
    def people(self) -> bool:
        """Whether it names people, not a body or what somebody did."""
        return self.kind not in ("body", "occasion")

    @property
    def trait(self) -> bool:
        """Whether it is what everybody on a list must be too: living here, a national, without a home."""
        return (self.kind == "modifier" and not self.vague) or self.clause == All(())

    @property
    def kin(self) -> Clause:
        """What being family of one of the group asks."""
        return self.family or NoData(f"{self.name}의 가족")

    def heads(self, word: str) -> bool:
        """Whether a longer word that ends in this word of the group's is a kind of it."""
        people = self.kind in ("person", "household", "body", "child")
        return len(word) > 1 and people and not isinstance(self.clause, NoData)


@dataclass(frozen=True)
class GroupVocabulary:
    """Groups by their words, the nouns that name nobody in particular, and the words that ask nothing."""

    groups: Mapping[str, TargetGroup] = field(default_factory=dict)
    persons: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()
    laws: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def written_laws(self) -> tuple[str, ...]:
        """The names that are known for a law's without quotation marks, longest first."""
        return tuple(name for name in self.laws if "법" in name or "예우" in name)

    def of_law(self, name: str) -> TargetGroup | None:
        """Return the group that a law is about, None where it is about none; the longest part of its name counts."""
        for known, word in self.laws.items():
            if known in name and word:
                return self.groups[word]
        return None

    @cached_property
    def vague(self) -> Mapping[str, TargetGroup]:
        """The words of groups that a text may define, and those groups."""
        return {word: group for word, group in self.groups.items() if group.vague}

    @cached_property
    def by_letter(self) -> Mapping[str, tuple[tuple[str, TargetGroup | str], ...]]:
        """Every word by its first letter, longest first, with its group ("person", "neutral" where it names none)."""
        known: dict[str, TargetGroup | str] = dict.fromkeys(self.neutral, "neutral")
        known |= dict.fromkeys(self.persons, "person")
        known |= dict(self.groups)
        letters: dict[str, list[tuple[str, TargetGroup | str]]] = {}
        for word in sorted(known, key=lambda word: (-len(word), word)):
            letters.setdefault(word[0], []).append((word, known[word]))
        return {letter: tuple(words) for letter, words in letters.items()}


def parse_vocabulary(document: object, where: Where, declaration: Declaration) -> GroupVocabulary:
    """Read a country's target groups; raises Rejected with everything that is wrong in them."""
    problems = Problems()
    keys = {"groups", "persons", "neutral", "laws", *_NARROWS}
    fields = MappingReader(document, where, problems, keys)
    clauses = ClauseReader(declaration)
    groups: dict[str, TargetGroup] = {}
    for i, entry in enumerate(fields.items("groups")):
        known = {"name", "words", "kinds", "kind", "vague", *_CLAUSES}
        reader = MappingReader(entry, fields.at("groups", i), problems, known)
        group = _group(reader, clauses, problems)
        kind = replace(group, clause=all_of([group.clause, NoData(f"{group.name}의 종류")]))
        for key, one in (("words", group), ("kinds", kind)):
            for word in reader.strings(key):
                if word in groups:
                    reader.wrong(key, "conflict", f"{word} stands in {groups[word].name} too", "Keep it in one group")
                groups[word] = one
    persons, neutral = frozenset(fields.strings("persons")), frozenset(fields.strings("neutral"))
    laws = _laws(fields, groups)
    groups |= _narrowed(groups, *(tuple(fields.strings(key)) for key in _NARROWS))
    problems.raise_any()
    return GroupVocabulary(groups, persons, neutral, laws)


def _narrowed(
    groups: Mapping[str, TargetGroup], first: tuple[str, ...], last: tuple[str, ...]
) -> dict[str, TargetGroup]:
    """Return the groups of the compounds that begin or end in a word of another group, which their clause leaves out.

    "Young traders" are traders; that they must be young shuts out nobody, but no yes follows without it.
    """
    found = {}
    for word, group in groups.items():
        inner = next((groups[one] for one in first if word.startswith(one) and one in groups), None)
        inner = inner or next((groups[one] for one in last if word.endswith(one) and one in groups), None)
        own = {compare.fact for compare in compares(group.clause)}
        asked = {compare.fact for compare in compares(inner.clause)} if inner is not None else set()
        if inner is None or inner.name == group.name or group.kind in ("body", "occasion") or asked & own:
            continue
        aged = all_of([group.with_age or group.clause, softened(inner.with_age or inner.clause)])
        both = all_of([group.clause, softened(inner.clause)])
        found[word] = replace(group, clause=both, with_age=aged)
    return found


def _laws(fields: MappingReader, groups: Mapping[str, TargetGroup]) -> Mapping[str, str]:
    """Read the names of laws and the word of the group each is about ("" for none), longest name first."""
    found = {name: str(word or "") for name, word in fields.mapping("laws").items()}
    for name, word in found.items():
        if word and word not in groups:
            fields.wrong(("laws", name), "unknown", f"{word} is no word of a group", "Name a word of one of the groups")
    return dict(sorted(found.items(), key=lambda law: -len(law[0])))


def _group(reader: MappingReader, clauses: ClauseReader, problems: Problems) -> TargetGroup:
    reader.required("name")
    name = reader.string("name") or ""
    kind = reader.choice("kind", GROUP_KINDS) or "person"
    read: dict[str, Clause | None] = {}
    for key in _CLAUSES:
        written = reader.take(key)
        read[key] = None if written is None else clauses.read(written, reader.at(key), problems)
    vague = reader.boolean("vague", False)
    clause, others = read.pop("clause") or NoData(name), read
    return TargetGroup(name, kind, clause, vague=vague, **others)
