"""Catalogue: all programmes judged together, each id once, what they grant free of circles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from features.canonical_json import canonical_text
from features.mapping import nearest
from features.problem import Problem, Problems
from features.value import identifier_code
from recommender.rules.clause import RECEIVES, Advisory, Clause, Compare, NoData, Not, UnreadText, compares
from recommender.rules.clause_reader import ClauseReader
from recommender.rules.programme import Programme
from recommender.rules.programme_reader import read_programme

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.region import Regions

__all__ = ["Catalogue", "catalogue"]

IMPORTED = "gov24."
"""Ids that may be named without being in the catalogue: the imported part need not be loaded beside the written one."""


@dataclass(frozen=True)
class Catalogue:
    """Programmes in the order of their ids."""

    programmes: tuple[Programme, ...]

    def __len__(self) -> int:
        """Return how many programmes there are."""
        return len(self.programmes)

    @cached_property
    def by_id(self) -> Mapping[str, Programme]:
        """Each programme under its id."""
        return {programme.id: programme for programme in self.programmes}

    @cached_property
    def index(self) -> Mapping[str, int]:
        """The place of each id in `programmes`."""
        return {programme.id: i for i, programme in enumerate(self.programmes)}

    @cached_property
    def by_code(self) -> Mapping[int, str]:
        """The id under each identifier code, of the programmes and of those they cannot be received together with."""
        named = (name for programme in self.programmes for name in (programme.id, *programme.excludes))
        return {identifier_code(name): name for name in named}

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the programmes' documents as canonical JSON, in hexadecimal."""
        digest = hashlib.sha256()
        for programme in self.programmes:
            digest.update(canonical_text(programme.to_document()).encode() + b"\n")
        return digest.hexdigest()

    @cached_property
    def receives(self) -> tuple[str, ...]:
        """The ids of the programmes some rule asks about with receives.<id>, sorted."""
        clauses = {id(clause): clause for programme in self.programmes for clause in programme.who.values()}
        named = {compare.fact for clause in clauses.values() for compare in compares(clause)}
        return tuple(sorted(name.removeprefix(RECEIVES) for name in named if name.startswith(RECEIVES)))

    def in_force(self, day: int) -> tuple[Programme, ...]:
        """Return the programmes whose rules are in force on a day."""
        return tuple(programme for programme in self.programmes if programme.valid.holds(day))


def catalogue(
    documents: Iterable[tuple[str, object]], declaration: Declaration, regions: Regions | None = None
) -> Catalogue:
    """Read documents given as (where, document); raises Rejected with every problem in all of them.

    An id's first part may be left out where a programme names another: `first-meeting-voucher` is
    `kr.first-meeting-voucher` where no other id ends so.
    """
    held = list(documents)
    problems = Problems()
    named = _completed(held)
    reader = ClauseReader(declaration, regions, named)
    read = [
        (where, programme)
        for where, document in held
        if (programme := read_programme(document, (where,), reader, declaration, named, problems)) is not None
    ]
    ids = {str(document["id"]) for _, document in held if isinstance(document, dict) and "id" in document}
    problems.found += _repeated(held) + _unknown(read, ids) + _circles(read)
    problems.raise_any()
    return Catalogue(tuple(sorted((programme for _, programme in read), key=lambda programme: programme.id)))


def _completed(held: list[tuple[str, object]]) -> Callable[[str], str]:
    """Return what turns an abbreviated id into the whole one, and leaves every other name as it is."""
    ids = {str(document.get("id")) for _, document in held if isinstance(document, dict)}
    by_tail: dict[str, list[str]] = {}
    for name in ids:
        by_tail.setdefault(name.partition(".")[2], []).append(name)
    whole = {tail: names[0] for tail, names in by_tail.items() if len(names) == 1 and tail not in ids}
    return lambda name: whole.get(name, name)


def _repeated(held: list[tuple[str, object]]) -> list[Problem]:
    first: dict[str, str] = {}
    problems = []
    for where, document in held:
        name = document.get("id") if isinstance(document, dict) else None
        if not isinstance(name, str):
            continue
        if name in first:
            problems.append(
                Problem((where, "id"), "duplicate", f"{name} stands in {first[name]} already", "Give each its own id")
            )
        first.setdefault(name, where)
    return problems


def _unknown(read: list[tuple[str, Programme]], ids: set[str]) -> list[Problem]:
    """Find names of programmes that are not in the catalogue, `ids` being all that are, even those with problems."""
    problems = []
    for where, programme in read:
        for key, name in _named(programme):
            if name not in ids and not name.startswith(IMPORTED):
                what = f"{name!r} is not a programme of this catalogue{nearest(name, ids)}"
                problems.append(Problem((where, key), "unknown", what, "Name one that is, or add it"))
    return problems


def _named(programme: Programme) -> Iterator[tuple[str, str]]:
    for i, name in enumerate(programme.excludes):
        yield f"excludes[{i}]", name
    for i, fact in enumerate(programme.grants):
        if fact.startswith(RECEIVES):
            yield f"grants[{i}]", fact.removeprefix(RECEIVES)
    for kind, clause in programme.who.items():
        for compare in compares(clause):
            if compare.fact.startswith(RECEIVES):
                yield f"who.{kind}", compare.fact.removeprefix(RECEIVES)


def _circles(read: list[tuple[str, Programme]]) -> list[Problem]:
    """Find programmes that unlock each other in a circle, so that none could come first."""
    unlocks = _unlocks([programme for _, programme in read])
    where_of = {programme.id: where for where, programme in read}
    problems = []
    done: set[str] = set()
    for start in sorted(_not_outside(unlocks)):
        circle = [] if start in done else _way(unlocks, start)
        done.update(circle)
        if circle:
            way = " -> ".join([*circle, start])
            what = f"goes in a circle: {way}"
            problems.append(
                Problem((where_of[start], "grants"), "conflict", what, "Remove a grant, so that one can come first")
            )
    return problems


def _not_outside(unlocks: Mapping[str, Collection[str]]) -> set[str]:
    """Return the programmes left when those that unlock nothing that is left are taken away, again and again."""
    unlocked_by: dict[str, list[str]] = {}
    for name, others in unlocks.items():
        for other in others:
            unlocked_by.setdefault(other, []).append(name)
    left = {name: len(others) for name, others in unlocks.items()}
    ends = [name for name, count in left.items() if not count]
    for end in ends:
        for name in unlocked_by.get(end, ()):
            left[name] -= 1
            if not left[name]:
                ends.append(name)
    return set(left) - set(ends)


def _unlocks(programmes: list[Programme]) -> dict[str, tuple[str, ...]]:
    """Return for each programme the others that it grants outright or that rest on something it grants."""
    readers: dict[str, list[str]] = {RECEIVES + programme.id: [programme.id] for programme in programmes}
    for programme in programmes:
        for fact in {fact for clause in programme.who.values() for fact in _wanted(clause, True)}:
            readers.setdefault(fact, []).append(programme.id)
    return {
        programme.id: tuple(
            sorted({other for fact in programme.grants for other in readers.get(fact, ())} - {programme.id})
        )
        for programme in programmes
    }


def _wanted(clause: Clause, true: bool) -> Iterator[str]:
    """Yield the facts whose being true (or, below a NOT, false) helps a clause to hold."""
    if isinstance(clause, Compare):
        if (clause.op, clause.operand) == ("is", true):
            yield clause.fact
    elif isinstance(clause, Not):
        yield from _wanted(clause.of, not true)
    elif not isinstance(clause, (NoData, UnreadText)):
        for part in (clause.of,) if isinstance(clause, Advisory) else clause.of:
            yield from _wanted(part, true)


def _way(unlocks: dict[str, tuple[str, ...]], start: str) -> list[str]:
    """Return the shortest way from a programme back to itself, empty where there is none."""
    came: dict[str, str] = {}
    ahead = [start]
    for name in ahead:
        for other in unlocks.get(name, ()):
            if other == start:
                way = [name]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if other not in came:
                came[other] = name
                ahead.append(other)
    return []
