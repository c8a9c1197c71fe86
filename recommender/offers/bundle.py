"""Bundles: what belongs together after one event of a life, without what cannot be received together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from recommender.text import Text

if TYPE_CHECKING:
    from features.snapshot import Occurrence

MOST_TRIED: Final = 20_000
"""So many different rests of one group of programmes that exclude one another are tried; then the most useful go first.
A hundred that all exclude one another have a hundred rests."""
LARGEST: Final = 300
"""In a larger group the most useful go first."""

RECENT_DAYS: Final = 365
"""The age up to which an event is a reason for a bundle, where the programme's own window does not say."""

NOTHING_HELD: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


class Candidate(NamedTuple):
    """A programme that could be in a bundle: its utility in steps, the events it is offered on, what it excludes.

    `window_event` is the event its own window runs from, where it runs from one.
    """

    programme: str
    utility: int
    events: frozenset[str]
    excludes: frozenset[str] = frozenset()
    documents: tuple[Text, ...] = ()
    effort_minutes: int | None = None
    window_event: str | None = None


@dataclass(frozen=True)
class SetAside:
    """A programme that is left out of a bundle, and the one it cannot be received with."""

    programme: str
    excluded_by: str


@dataclass(frozen=True)
class Bundle:
    """What is offered together after one event: compatible programmes, most useful first, and one set of documents.

    `effort_minutes` sums what is stated; `effort_unstated` counts the programmes that state none.
    """

    event: str
    day: int
    programmes: tuple[str, ...]
    documents: tuple[Text, ...]
    effort_minutes: int
    effort_unstated: int
    set_aside: tuple[SetAside, ...]


def bundles(
    candidates: Sequence[Candidate],
    held: Mapping[str, frozenset[str]],
    occurrences: Iterable[Occurrence],
    today: int,
) -> tuple[Bundle, ...]:
    """One bundle for each kind of event that happened lately and has something to offer, the latest event first.

    `held` is what the person receives already, with what each of those excludes.
    """
    latest: dict[str, int] = {}
    for occurrence in occurrences:
        if occurrence.day <= today:
            latest[occurrence.event] = max(occurrence.day, latest.get(occurrence.event, occurrence.day))
    found = []
    for event, day in sorted(latest.items(), key=lambda item: (-item[1], item[0])):
        offered = [one for one in candidates if _belongs(one, event, today - day)]
        if offered:
            found.append(_bundle(event, day, offered, held))
    return tuple(found)


def _belongs(candidate: Candidate, event: str, days_ago: int) -> bool:
    if candidate.window_event == event:
        return True  # its own window decides, and closed windows are no candidates
    return event in candidate.events and days_ago <= RECENT_DAYS


def _bundle(event: str, day: int, offered: Sequence[Candidate], held: Mapping[str, frozenset[str]]) -> Bundle:
    chosen, aside = compatible(offered, held)
    shared = {id(document): document for one in chosen for document in one.documents}  # equal ones are mostly one
    documents = dict.fromkeys(shared.values())
    efforts = [one.effort_minutes for one in chosen]
    effort, unstated = sum(minutes or 0 for minutes in efforts), efforts.count(None)
    return Bundle(event, day, tuple(one.programme for one in chosen), tuple(documents), effort, unstated, aside)


def compatible(
    candidates: Sequence[Candidate], held: Mapping[str, frozenset[str]] = NOTHING_HELD
) -> tuple[tuple[Candidate, ...], tuple[SetAside, ...]]:
    """The most useful candidates that can be received together and beside what is held, and what they exclude.

    Exact (a maximum-weight independent set), unless one group of programmes that exclude one another, directly or
    through others, is over `LARGEST` or has more than `MOST_TRIED` rests. What either side excludes binds both.

    >>> rent, loan = Candidate("rent", 5, frozenset(), frozenset({"loan"})), Candidate("loan", 3, frozenset())
    >>> [one.programme for one in compatible([rent, loan])[0]], compatible([rent, loan])[1]
    (['rent'], (SetAside(programme='loan', excluded_by='rent'),))
    """
    order = sorted(candidates, key=lambda one: (-one.utility, one.programme))
    blocked = {one.programme: excluders for one in order if held and (excluders := sorted(_excluders(one, held)))}
    free = [one for one in order if one.programme not in blocked]
    conflicts = _conflicts(free)
    if not blocked and not conflicts:
        return tuple(order), ()
    # a useless programme still beats none: being offered is never worth less than one step
    worth = {one.programme: max(one.utility, 1) for one in free}
    chosen = {name for group in _groups(conflicts) for name in _best(group, conflicts, worth)}
    kept = tuple(one for one in free if one.programme not in conflicts or one.programme in chosen)
    named = {one.programme for one in kept}
    aside = tuple(
        SetAside(one.programme, blocked[one.programme][0] if one.programme in blocked else _rival(one, kept))
        for one in order
        if one.programme not in named
    )
    return kept, aside


def _rival(candidate: Candidate, kept: Sequence[Candidate]) -> str:
    """The most useful of those kept that excludes it: it was left out for no other reason."""
    name, excludes = candidate.programme, candidate.excludes
    return next(one.programme for one in kept if one.programme in excludes or name in one.excludes)


def _excluders(candidate: Candidate, held: Mapping[str, frozenset[str]]) -> list[str]:
    return [name for name, excludes in held.items() if name in candidate.excludes or candidate.programme in excludes]


def _conflicts(candidates: Sequence[Candidate]) -> dict[str, frozenset[str]]:
    """Return what excludes what, both ways, of those that exclude or are excluded; nothing excludes itself."""
    excluding = [one for one in candidates if one.excludes]
    names = {one.programme: None for one in candidates} if excluding else {}
    found: dict[str, set[str]] = {}
    for one in excluding:
        for other in one.excludes:
            if other in names and other != one.programme:
                found.setdefault(one.programme, set()).add(other)
                found.setdefault(other, set()).add(one.programme)
    return {name: frozenset(found[name]) for name in names if name in found}


def _groups(conflicts: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return the connected parts of the graph of conflicts, each in the order given."""
    groups, seen, place = [], set[str](), {programme: i for i, programme in enumerate(conflicts)}
    for start in conflicts:
        if start in seen:
            continue
        group, waiting = set[str](), [start]
        while waiting:
            name = waiting.pop()
            if name not in group:
                group.add(name)
                waiting.extend(conflicts[name])
        seen |= group
        groups.append(sorted(group, key=place.__getitem__))
    return groups


def _best(group: Sequence[str], conflicts: Mapping[str, frozenset[str]], worth: Mapping[str, int]) -> list[str]:
    """Return the choice of the greatest worth; of equal ones that with the most useful programme, then the next."""
    if len(group) > LARGEST:
        return _greedy(group, conflicts)
    place = {name: i for i, name in enumerate(group)}
    rivals = [sum(1 << place[name] for name in conflicts[one]) for one in group]
    chosen = _Choice(rivals, [worth[name] for name in group], {0: (0, 0)}).of((1 << len(group)) - 1)[1]
    return [name for i, name in enumerate(group) if chosen >> i & 1]


def _greedy(group: Sequence[str], conflicts: Mapping[str, frozenset[str]]) -> list[str]:
    chosen: list[str] = []
    for name in group:
        if conflicts[name].isdisjoint(chosen):
            chosen.append(name)
    return chosen


@dataclass(frozen=True)
class _Choice:
    """The best choice among some programmes of a group, given as bits; what is left over is tried once."""

    rivals: Sequence[int]
    worth: Sequence[int]
    tried: dict[int, tuple[int, int]]

    def of(self, left: int) -> tuple[int, int]:
        """Return the worth of the best choice and which programmes it is."""
        if left not in self.tried:
            first = (left & -left).bit_length() - 1
            self.tried[left] = self._with(first, left)
        return self.tried[left]

    def _with(self, first: int, left: int) -> tuple[int, int]:
        worth, chosen = self.of(left & ~(1 << first) & ~self.rivals[first])
        taken = worth + self.worth[first], chosen | 1 << first
        if not self.rivals[first] & left or len(self.tried) > MOST_TRIED:
            return taken
        passed = self.of(left & ~(1 << first))
        return passed if passed[0] > taken[0] else taken
