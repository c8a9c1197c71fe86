"""People group: a group of people that reports tell apart, as `groups.yaml` of a declaration says it in a rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.arrays import Int8
from features.mapping import MappingReader
from features.problem import Problems, Where
from recommender.rules.catalogue import Catalogue
from recommender.rules.clause import Clause, Source
from recommender.rules.clause_reader import ClauseReader
from recommender.rules.compiled import Compiled, compile_catalogue
from recommender.rules.programme import Programme, Provider, Validity
from recommender.rules.worth import Value
from recommender.text import Text

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.snapshot import Snapshots
    from recommender.rules.region import Regions

__all__ = ["PeopleGroup", "group_rules", "membership", "parse_groups"]

_REMEDY: Final = "Write what a rule would ask of a member, such as {fact: age, at_least: 65}"


@dataclass(frozen=True)
class PeopleGroup:
    """A group of people: its name, what it is called, and the clause that is true of its members."""

    name: str
    label: Text
    who: Clause


def parse_groups(
    document: object, where: Where, declaration: Declaration, regions: Regions | None = None
) -> tuple[PeopleGroup, ...]:
    """Read the groups of a declaration, each with `label` and `who`, in their order.

    Raises:
        Rejected: with everything that is wrong in them.
    """
    problems = Problems()
    fields = MappingReader(document, where, problems, {"groups"}, declaration.country.languages)
    clauses, found = ClauseReader(declaration, regions), []
    for name, entry in fields.mapping("groups").items():
        reader = MappingReader(entry, fields.at("groups", name), problems, {"label", "who"}, fields.languages)
        label = reader.words("label")
        if not reader.has("who"):
            reader.wrong("who", "missing", "does not say who belongs to it", _REMEDY)
            continue
        who = clauses.read(reader.take("who"), reader.at("who"), problems)
        if who is not None:
            text = Text.alone(name) if label is None else Text.of(label, fields.languages)
            found.append(PeopleGroup(name, text, who))
    problems.raise_any()
    return tuple(found)


def membership(groups: tuple[PeopleGroup, ...], people: Snapshots, regions: Regions, day: int) -> Int8:
    """Whether each person belongs to each group on a day: int8[n, G] of Answer, judged as programmes are.

    UNKNOWN where the facts do not tell: such a person is neither of the group nor of the rest.
    """
    rules = group_rules(groups, people.columns, people.declaration, regions, day)
    return rules.answers(people.values, members=people.members)


def group_rules(
    groups: tuple[PeopleGroup, ...], columns: tuple[str, ...], declaration: Declaration, regions: Regions, day: int
) -> Compiled:
    """The rules of groups, compiled for snapshots with these columns: their answers say who is of which."""
    rules = Catalogue(tuple(_as_programme(group, place) for place, group in enumerate(groups)))
    return compile_catalogue(rules, columns, declaration, regions, day)


def _as_programme(group: PeopleGroup, place: int) -> Programme:
    """What is judged as a programme is: a benefit of nothing for the group's members."""
    return Programme(
        id=f"group.{place}.{group.name}", title=group.label, provider=Provider("group", group.label, "national"),
        category="livelihood", form=("other",), who={"citizen": group.who}, value=Value(), windows=(), delivery="offer",
        documents=(), excludes=(), grants=(), effort_minutes=None, valid=Validity(), source=Source(), verified=True,
    )  # fmt: skip
