"""Catalogue: all programmes judged together, each id once, what they grant free of circles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from features.calendar import parse_duration
from features.canonical_json import canonical_text
from features.mapping import nearest
from features.problem import Problem, Problems, Where
from features.value import identifier_code
from recommender.rules.clause import RECEIVES, Advisory, Clause, Compare, MemberCount, NoData, Not, UnreadText, compares
from recommender.rules.clause_reader import ClauseReader
from recommender.rules.dated_texts import renamed_versions, text_on, texts_of, version_problems, where_written
from recommender.rules.programme import Programme
from recommender.rules.programme_reader import read_programme

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from recommender.rules.region import Regions

__all__ = ["Catalogue", "catalogue"]

IMPORTED = ("gov24.", "youth.")
"""How ids begin that may be named without being in the catalogue: what is imported need not be loaded beside it."""

_MONTH = 31
"""The most days of a month; one more counts for a period that runs from the first or the last day of its month."""

Placed = tuple[Where, Programme]
"""Where a programme is written, and the programme."""


@dataclass(frozen=True)
class Catalogue:
    """Programmes in the order of their ids, each id once.

    Attributes:
        programmes: each programme by the text chosen for a day (`on`), at first the last one.
        others: the other texts of those that have several, each for its own days.
    """

    programmes: tuple[Programme, ...]
    others: tuple[Programme, ...] = ()

    @classmethod
    def of(cls, texts: Iterable[Programme]) -> Catalogue:
        """Return the catalogue of all texts, of which those with one id are versions of one programme."""
        by_id: dict[str, list[Programme]] = {}
        for text in sorted(texts, key=_place):
            by_id.setdefault(text.id, []).append(text)
        return cls(
            tuple([versions[-1] for versions in by_id.values()]),
            tuple([text for versions in by_id.values() for text in versions[:-1]]),
        )

    def __len__(self) -> int:
        """Return how many programmes there are."""
        return len(self.programmes)

    def on(self, day: int) -> Catalogue:
        """Return the same catalogue with each programme by the text that is the rule on a day, or was last."""
        if not self.others:
            return self
        several = {one.id for one in self.others}
        chosen = tuple(
            [text_on(self.versions(one.id), day) if one.id in several else one for one in self.programmes]
        )  # fmt: skip
        named = {id(one) for one in chosen}
        return Catalogue(chosen, tuple([text for text in self.texts if id(text) not in named]))

    @cached_property
    def texts(self) -> tuple[Programme, ...]:
        """Every text, by id and first day."""
        return tuple(sorted((*self.programmes, *self.others), key=_place)) if self.others else self.programmes

    def versions(self, name: str) -> tuple[Programme, ...]:
        """Return the texts of one programme, the earliest first."""
        return self._versions.get(name, ())

    @cached_property
    def _versions(self) -> Mapping[str, tuple[Programme, ...]]:
        """The texts under each id."""
        found: dict[str, tuple[Programme, ...]] = {}
        for text in self.texts:
            found[text.id] = (*found.get(text.id, ()), text)
        return found

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
        """The id under each identifier code, of the programmes and of all others that they name."""
        named = (
            name for one in self.texts for name in (one.id, *one.excludes, *one.formerly, *one.succeeds, *one.renews)
        )
        return {identifier_code(name): name for name in named}

    @cached_property
    def named(self) -> frozenset[str]:
        """The ids of the programmes and of all others that they name."""
        return frozenset(self.by_code.values())

    @cached_property
    def excluding(self) -> Mapping[str, frozenset[str]]:
        """What each id cannot be held with: an exclusion stated by either side binds both."""
        found: dict[str, set[str]] = {}
        for programme in self.programmes:
            for other in programme.excludes:
                if other != programme.id:
                    found.setdefault(programme.id, set()).add(other)
                    found.setdefault(other, set()).add(programme.id)
        return {name: frozenset(others) for name, others in found.items()}

    @cached_property
    def followers(self) -> Mapping[str, tuple[str, ...]]:
        """The ids of what takes the place of each programme, or is its next period."""
        found: dict[str, list[str]] = {}
        for programme in self.programmes:
            for old in dict.fromkeys((*programme.succeeds, *programme.renews)):
                found.setdefault(old, []).append(programme.id)
        return {name: tuple(others) for name, others in found.items()}

    @cached_property
    def longest_before(self) -> int:
        """The most days before the rules hold that some programme may be applied for."""
        lengths = {rule.opens_before for one in self.programmes for rule in one.windows if rule.opens_before}
        found = [parse_duration(length) for length in lengths]
        return max((_MONTH * (length.months + 1) + length.days for length in found), default=0)

    @cached_property
    def renamed(self) -> Mapping[str, str]:
        """The id of the programme that each former id stands for."""
        return {old: programme.id for programme in self.programmes for old in programme.formerly}

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of the programmes' documents as canonical JSON, in hexadecimal."""
        digest = hashlib.sha256()
        for programme in self.texts:
            digest.update(canonical_text(programme.to_document()).encode() + b"\n")
        return digest.hexdigest()

    @cached_property
    def receives(self) -> tuple[str, ...]:
        """The ids of the programmes some rule asks about with receives.<id>, sorted."""
        clauses = {id(clause): clause for programme in self.texts for clause in programme.who.values()}
        named = {compare.fact for clause in clauses.values() for compare in compares(clause)}
        return tuple(sorted(name.removeprefix(RECEIVES) for name in named if name.startswith(RECEIVES)))

    @cached_property
    def receipts(self) -> tuple[str | tuple[str, ...], ...]:
        """The same programmes, each with the ids that it had before: who receives one of those receives it."""
        before = {one.id: one.formerly for one in self.texts if one.formerly}
        return tuple((name, *before[name]) if name in before else name for name in self.receives)

    def in_force(self, day: int) -> tuple[Programme, ...]:
        """Return the programmes whose rules are in force on a day."""
        return tuple(programme for programme in self.texts if programme.valid.holds(day))


def _place(text: Programme) -> tuple[str, float]:
    return text.id, -math.inf if text.valid.first is None else text.valid.first


def catalogue(
    documents: Iterable[tuple[str, object]], declaration: Declaration, regions: Regions | None = None
) -> Catalogue:
    """Read documents given as (where, document); raises Rejected with every problem in all of them.

    An id's first part may be left out where a programme names another: `first-meeting-voucher` is
    `kr.first-meeting-voucher` where no other id ends so.
    """
    given = list(documents)
    held = [placed for where, document in given for placed in texts_of((where,), document)]
    problems = Problems()
    named = _completed(held)
    reader = ClauseReader(declaration, regions, named)
    read = [
        (where, programme)
        for where, document in held
        if (programme := read_programme(document, where, reader, declaration, named, problems)) is not None
    ]
    ids = {str(document["id"]) for _, document in held if isinstance(document, dict) and "id" in document}
    problems.found += [*_repeated(read), *_unknown(read, ids), *_circles(read), *renamed_versions(given)]
    if problems.found:
        written = dict(given)
        found = (where_written(one, written.get(str(one.path[0]))) for one in problems.found)
        problems.found[:] = dict.fromkeys(found)
    problems.raise_any()
    return Catalogue.of([programme for _, programme in read])


def _completed(held: list[tuple[Where, object]]) -> Callable[[str], str]:
    """Return what turns an abbreviated id into the whole one, and leaves every other name as it is."""
    ids = {str(document.get("id")) for _, document in held if isinstance(document, dict)}
    by_tail: dict[str, list[str]] = {}
    for name in ids:
        by_tail.setdefault(name.partition(".")[2], []).append(name)
    whole = {tail: names[0] for tail, names in by_tail.items() if len(names) == 1 and tail not in ids}
    return lambda name: whole.get(name, name)


def _repeated(read: list[Placed]) -> list[Problem]:
    """Find ids that stand twice and are not versions of one programme, each for its own days."""
    texts: dict[str, list[Placed]] = {}
    for where, programme in read:
        texts.setdefault(programme.id, []).append((where, programme))
    several = (sorted(found, key=lambda placed: _place(placed[1])) for found in texts.values() if len(found) > 1)
    return [problem for versions in several for problem in version_problems(versions)]


_BESIDE: Final = ("excludes", "succeeds", "renews")
"""What names other programmes that this one stands beside or follows."""


def _unknown(read: list[Placed], ids: set[str]) -> list[Problem]:
    """Find names of programmes that are not in the catalogue, `ids` being all that are, even those with problems."""
    problems = []
    for where, programme in read:
        for key, name in _named(programme):
            if name == programme.id and key.startswith(_BESIDE):
                problems.append(Problem((*where, key), "conflict", "names the programme itself", "Name another one"))
            if name not in ids and not name.startswith(IMPORTED):
                what = f"{name!r} is not a programme of this catalogue{nearest(name, ids)}"
                problems.append(Problem((*where, key), "unknown", what, "Name one that is, or add it"))
    return problems


def _named(programme: Programme) -> Iterator[tuple[str, str]]:
    for key in _BESIDE:
        for i, name in enumerate(getattr(programme, key)):
            yield f"{key}[{i}]", name
    for i, fact in enumerate(programme.grants):
        if fact.startswith(RECEIVES):
            yield f"grants[{i}]", fact.removeprefix(RECEIVES)
    for kind, clause in programme.who.items():
        for compare in compares(clause):
            if compare.fact.startswith(RECEIVES):
                yield f"who.{kind}", compare.fact.removeprefix(RECEIVES)


def _circles(read: list[Placed]) -> list[Problem]:
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
                Problem((*where_of[start], "grants"), "conflict", what, "Remove a grant, so that one can come first")
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
    elif not isinstance(clause, (MemberCount, NoData, UnreadText)):
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
