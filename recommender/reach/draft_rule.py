"""Draft rule: a programme that is not in force yet, or only what it would ask of people, read to be counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from features.problem import Problem, Rejected, Where
from recommender.rules.catalogue import Catalogue
from recommender.rules.contradiction import contradictions
from recommender.rules.programme_reader import parse_programme

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.programme import Programme
    from recommender.rules.region import Regions

__all__ = ["DRAFT", "doubts", "parse_draft"]

DRAFT: Final = "draft"
"""The id of a rule that has none."""
_REMEDY: Final = "Write a programme, or only its who: such as {who: {fact: age, at_least: 65}}"


def parse_draft(document: object, where: Where, declaration: Declaration, regions: Regions) -> Programme:
    """Read a programme, or a mapping with `who` alone, or the clause that would stand there.

    Raises:
        Rejected: with everything that is wrong in it, such as a fact that is not declared.
    """
    if not isinstance(document, Mapping) or not document:
        raise Rejected([Problem(where, "invalid", "is no rule", _REMEDY)])
    if "id" in document:
        return parse_programme(document, where, declaration, regions)
    language = declaration.country.languages[0] if declaration.country.languages else "en"
    name = {language: DRAFT}
    whole: dict[str, Any] = {
        "id": DRAFT, "title": name, "provider": {"id": DRAFT, "name": name}, "category": "livelihood", "form": "cash",
        "source": {"url": None}, "verified": True, **(document if "who" in document else {"who": document}),
    }  # fmt: skip
    return parse_programme(whole, where, declaration, regions)


def doubts(programme: Programme, declaration: Declaration, day: int) -> Iterator[str]:
    """Say what makes counts of a rule mean little: nobody can meet it, it is not in force, it is never certain."""
    yield from (problem.what for problem in contradictions(Catalogue((programme,)), declaration, {}))
    if not programme.valid.holds(day):
        yield "is not in force on the day: everybody is counted by that, as no (or open, where its last text is over)"
    if not programme.verified:
        yield "is not verified, so that it says yes to nobody"
    if "citizen" not in programme.who:
        yield "is not for people, so that it says no to everybody"
