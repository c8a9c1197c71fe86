"""Dated texts: the versions of one programme, each with the days on which it is the rule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from features.calendar import date_of
from features.problem import Problem, Where

if TYPE_CHECKING:
    from recommender.rules.programme import Programme

__all__ = ["renamed_versions", "text_on", "texts_of", "version_problems", "where_written"]

VERSIONS = "versions"

Placed = tuple[Where, object]
"""Where a document is, and the document."""


def texts_of(where: Where, document: object) -> Iterator[Placed]:
    """Yield the documents that one document with `versions` stands for; any other document stands for itself.

    A version has what the document says, with its own keys in the place of those of the same name.
    """
    versions = document.get(VERSIONS) if isinstance(document, Mapping) else None
    if not isinstance(document, Mapping) or not isinstance(versions, (list, tuple)) or not versions:
        yield where, document
        return
    shared = {key: value for key, value in document.items() if key != VERSIONS}
    for i, version in enumerate(versions):
        yield (*where, VERSIONS, i), {**shared, **version} if isinstance(version, Mapping) else version


def renamed_versions(documents: Iterable[tuple[str, object]]) -> Iterator[Problem]:
    """Find versions that have another id than the programme whose texts they are."""
    for where, document in documents:
        versions, own = (document.get(VERSIONS), document.get("id")) if isinstance(document, Mapping) else ((), None)
        for i, version in enumerate(versions if isinstance(versions, (list, tuple)) else ()):
            name = version.get("id", own) if isinstance(version, Mapping) else own
            if name != own:
                what = f"{name!r} is another id than that of the programme, {own!r}"
                remedy = "Leave it out; a benefit under another id is a programme of its own, with formerly:"
                yield Problem((where, VERSIONS, i, "id"), "conflict", what, remedy)


def where_written(problem: Problem, document: object) -> Problem:
    """Return a problem of a version at the place where it is written: what all versions share stands above them."""
    path = problem.path
    at = path.index(VERSIONS) if VERSIONS in path else -1
    versions = document.get(VERSIONS) if isinstance(document, Mapping) else None
    if at < 0 or not isinstance(versions, (list, tuple)) or len(path) <= at + 2:
        return problem
    number, key = path[at + 1], path[at + 2]
    version = versions[number] if isinstance(number, int) and number < len(versions) else None
    if not isinstance(version, Mapping) or key in version or key not in document:  # type: ignore[operator]
        return problem
    return Problem((*path[:at], *path[at + 2 :]), problem.code, problem.what, problem.remedy)


def version_problems(texts: Sequence[tuple[Where, Programme]]) -> Iterator[Problem]:
    """Find where the texts of one programme, by their first days, leave days out or claim the same day twice."""
    for (where, one), (where_next, after) in pairwise(texts):
        last, first = one.valid.last, after.valid.first
        if last is None or first is None or first <= last:
            said = "" if last is None else f", and the one before ends on {date_of(last)}"
            what = f"{after.id} stands in {where[0]} already for the same days{said}"
            remedy = "Give each its own id, or each version its own days: valid.until before the next valid.from"
            yield Problem((*where_next, "valid" if one.valid != after.valid else "id"), "duplicate", what, remedy)
        elif first > last + 1 and not one.ended:
            what = f"leaves the days from {date_of(last + 1)} to {date_of(first - 1)} to no version"
            remedy = "Begin the day after the version before, or say ended: true there with its source"
            yield Problem((*where_next, "valid", "from"), "conflict", what, remedy)


def text_on(texts: Sequence[Programme], day: int) -> Programme:
    """Return the text in force on a day; before the first that one, else the last that began."""
    begun = [one for one in texts if one.valid.first is None or one.valid.first <= day]
    return begun[-1] if begun else texts[0]
