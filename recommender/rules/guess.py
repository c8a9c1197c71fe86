"""Guess: the answers somebody may give to each question, how common each is, and the columns each changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from features.arrays import Int64
from features.calendar import date_of
from features.declaration.vocabulary import STATED, Circumstance, CommonAnswer
from features.log.event import Event
from features.log.history import history_of
from features.members import Members, amended, joined, nobody
from features.snapshot import snapshots
from features.value import NONE, UNKNOWN, is_known, region_code, region_text
from recommender.rules.clause import RECEIVES
from recommender.rules.compiled import Compiled
from recommender.rules.rule_kernel import BLOCK, RANGE

if TYPE_CHECKING:
    from features.declaration.declaration import Fact
    from features.snapshot import Snapshot

__all__ = [
    "RECEIVES_SHARE", "Conditional", "Guess", "GuessPrior", "changed_columns", "choice", "chosen_priors", "completions",
    "guesses_by_fact", "open_guesses", "supposed", "supposed_members",
]  # fmt: skip

RECEIVES_SHARE = 5
"""The public prior, in percent, that somebody already receives a given programme; it only orders questions."""

COMPLETIONS = BLOCK
"""How many whole people are supposed where several answers are weighed together: one word of the rule kernel."""

_SEED = 20261128  # of the order in which answers meet in supposed people; it decides nothing but the order of questions
_RARE = 0.005  # the share of an answer that a prior leaves out but a rule asks about
_AGES = (1, 4, 9, 16, 22, 30, 40, 55, 67, 80)  # years ago, where a date has no prior
_FAMILIES = ((), (), (1,), (6,), (12, 9), (25,))


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """One answer somebody may give, its weight among the answers to that question, and the columns it changes.

    `members` are those of somebody who gave it and said nothing else, where it lists people.
    """

    fact: str
    value: object
    weight: float
    effect: tuple[Int64, Int64] = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    members: Members | None = None


class Conditional(Protocol):
    """A prior of those of whom something is known."""

    @property
    def when(self) -> tuple[Circumstance, ...]:
        """What must be known to hold; nothing for a prior of everybody."""


class GuessPrior(NamedTuple):
    """The answers to one question, and of whom they are the prior: of everybody where nothing must be known."""

    when: tuple[Circumstance, ...]
    guesses: tuple[Guess, ...]


def open_guesses(compiled: Compiled, snapshot: Snapshot, chosen: Sequence[int]) -> dict[str, Sequence[Guess]]:
    """Return the answers to every question that is open for a person; a coarse region is asked for more finely."""
    found: dict[str, Sequence[Guess]] = {}
    for (fact, priors), place in zip(guesses_by_fact(compiled).items(), chosen, strict=True):
        known = snapshot.value(fact)
        if known == UNKNOWN:
            found[fact] = priors[place].guesses
        elif known > NONE and _is_region(fact, compiled) and (finer := _finer(compiled, fact, known)):
            found[fact] = finer
    return found


def chosen_priors(compiled: Compiled, snapshot: Snapshot) -> tuple[int, ...]:
    """Return which of its priors counts for each question: the first of which every condition is known to hold."""
    known = dict(zip(compiled.columns, snapshot.values[0].tolist(), strict=True))
    return tuple(choice(priors, compiled, known) for priors in guesses_by_fact(compiled).values())


def choice(priors: Sequence[Conditional], compiled: Compiled, known: Mapping[str, int]) -> int:
    """Return the place of the prior that counts: the first of which every condition is known to hold, or the last."""
    for place, prior in enumerate(priors):
        if all(_condition_holds(condition, compiled, known) for condition in prior.when):
            return place
    return len(priors) - 1


def _condition_holds(condition: Circumstance, compiled: Compiled, known: Mapping[str, int]) -> bool:
    value = known.get(condition.fact, UNKNOWN)
    if not is_known(value):
        return False
    if condition.prefixes:
        code = str(compiled.declaration.facts[condition.fact].decode(value))
        return any(code.startswith(prefix) for prefix in condition.prefixes)
    low, high = condition.low, condition.high
    return (low is None or low <= value) and (high is None or value <= high)


@lru_cache(maxsize=8)
def guesses_by_fact(compiled: Compiled) -> Mapping[str, tuple[GuessPrior, ...]]:
    """Return the priors over the answers to each question, the conditional ones first; once for a day."""
    found: dict[str, dict[tuple[Circumstance, ...], list[Guess]]] = {}
    for when, guess in _every_guess(compiled):
        found.setdefault(guess.fact, {}).setdefault(when, []).append(guess)
    return {
        fact: tuple(GuessPrior(when, tuple(_distinct(compiled, guesses))) for when, guesses in priors.items())
        for fact, priors in found.items()
    }


@lru_cache(maxsize=256)
def completions(compiled: Compiled, chosen: tuple[int, ...]) -> tuple[Int64, Members]:
    """Return people about whom everything is known, int64[COMPLETIONS, F], each fact spread over the prior chosen.

    Of the members of each is known what the answers that list people tell.
    """
    rng = np.random.default_rng(_SEED)
    rows = np.full((COMPLETIONS, len(compiled.columns)), UNKNOWN, dtype=np.int64)
    home = compiled.declaration.household
    members = nobody(COMPLETIONS, len(home.relations) if home else 0)
    for priors, which in zip(guesses_by_fact(compiled).values(), chosen, strict=True):
        guesses = priors[which].guesses
        shares = np.cumsum([guess.weight for guess in guesses])
        places = (rng.permutation(COMPLETIONS) + 0.5) / COMPLETIONS
        given = [guesses[place] for place in np.searchsorted(shares / shares[-1], places).tolist()]
        for row, guess in zip(rows, given, strict=True):
            columns, values = guess.effect
            row[columns] = values
        members = supposed_members(members, given)
    return rows, members


def supposed(base: Int64, guesses: Sequence[Guess]) -> Int64:
    """Return the person as known after each answer, int64[guesses, F]: the fact and all that is derived from it."""
    after = np.repeat(base[None, :], len(guesses), axis=0)
    for row, guess in zip(after, guesses, strict=True):
        columns, values = guess.effect
        row[columns] = values
    return after


def supposed_members(members: Members, guesses: Sequence[Guess]) -> Members:
    """Return the members of persons as known after each has given an answer; one who lists people replaces those."""
    told = [(place, guess.members) for place, guess in enumerate(guesses) if guess.members is not None]
    if not told:
        return members
    places = np.arange(len(members))
    changed = [amended(members[place : place + 1], other) for place, other in told]
    places[[place for place, _ in told]] = len(members) + np.arange(len(told))
    return joined([members, *changed])[places]


@lru_cache(maxsize=8)
def changed_columns(compiled: Compiled) -> Mapping[str, Int64]:
    """Return the places of the columns that stating a fact changes: its own and those of the facts derived from it."""
    facts = compiled.declaration.facts
    changed: dict[str, list[int]] = {}
    for place, name in enumerate(compiled.columns):
        for asked in facts[name].asks if name in facts else (name,):
            changed.setdefault(asked, []).append(place)
    return {name: np.array(places, dtype=np.int64) for name, places in changed.items()}


@lru_cache(maxsize=1024)
def _finer(compiled: Compiled, fact: str, known: int) -> tuple[Guess, ...]:
    """Return the answers that are finer than the region known."""
    parts = compiled.regions.leaves(known, compiled.day)
    if len(parts) < 2:
        return ()
    inside = (
        guess for _, guess in _every_guess(compiled) if guess.fact == fact and region_code(str(guess.value)) in parts
    )
    return tuple(_distinct(compiled, inside))


def _is_region(fact: str, compiled: Compiled) -> bool:
    facts = compiled.declaration.facts
    return fact in facts and facts[fact].type == "region"


def _distinct(compiled: Compiled, guesses: Iterable[Guess]) -> list[Guess]:
    """Return guesses with their effects; those regions that no rule tells apart are one, their weights added."""
    found: dict[tuple[str, object], Guess] = {}
    for guess in guesses:
        region = _is_region(guess.fact, compiled)
        key = (guess.fact, compiled.told_apart(region_code(str(guess.value))) if region else str(guess.value))
        alike = found.get(key)
        found[key] = guess if alike is None else replace(alike, weight=alike.weight + guess.weight)
    carried = _carried(compiled)
    return [
        replace(guess, effect=_effect(guess, compiled, carried), members=_listed(guess, compiled, carried))
        for guess in found.values()
    ]


def _every_guess(compiled: Compiled) -> Iterator[tuple[tuple[Circumstance, ...], Guess]]:
    """Yield every answer to every question some rule rests on, and of whom: facts as declared, then receipts."""
    facts = compiled.declaration.facts
    columns = [compiled.columns[place] for place in compiled.columns_read]
    read = {ask for name in columns if name in facts for ask in facts[name].asks}
    for name, fact in facts.items():
        if fact.stated and name in read:
            if fact.type == "region":
                yield from (((), Guess(name, value, weight)) for value, weight in _regions(compiled))
                continue
            for when, answers in [*((one.when, one.answers) for one in fact.given), ((), fact.answers)]:
                yield from ((when, Guess(name, value, weight)) for value, weight in _answers(fact, answers, compiled))
    for name in compiled.columns:
        if name.startswith(RECEIVES):
            yield (), Guess(name, True, RECEIVES_SHARE)
            yield (), Guess(name, False, 100 - RECEIVES_SHARE)


def _answers(fact: Fact, answers: Sequence[CommonAnswer], compiled: Compiled) -> Sequence[tuple[object, float]]:
    """Return the declared answers with their weights; where none are declared, every kind of answer alike.

    An answer that the prior leaves out stays possible where there are few: yes and no, and the values of an enum.
    """
    declared: list[tuple[object, float]] = [(answer.on(compiled.day), answer.weight) for answer in answers]
    total = sum(weight for _, weight in declared)
    if fact.type in ("boolean", "enum"):
        known = {str(value): weight for value, weight in declared}
        least = _RARE * total or 1.0
        values: Sequence[object] = (True, False) if fact.type == "boolean" else fact.values
        return [(value, max(known.get(str(value), 0.0), least)) for value in values]
    if total:
        return declared
    day = compiled.day
    if fact.type == "integer":
        return [(fact.decode(value), 1.0) for value in _told_apart(fact, compiled)]
    if fact.type == "dates":
        return [([_years_before(day, years) for years in family], 1.0) for family in _FAMILIES]
    return [(_years_before(day, years), 1.0) for years in _AGES]


def _years_before(day: int, years: int) -> str:
    return date_of(day - years * 1461 // 4).isoformat()


def _told_apart(fact: Fact, compiled: Compiled) -> list[int]:
    """Return one value of a number between any two limits that a rule sets it, within its bounds."""
    low, high = fact.low or 0, fact.high or 0
    column = compiled.columns.index(fact.name)
    atoms = compiled.plan.atoms
    ranges = atoms[(atoms[:, 0] == RANGE) & (atoms[:, 1] == column)]
    starts = {low, *ranges[:, 2].tolist(), *(end + 1 for end in ranges[:, 3].tolist() if end < high)}
    return sorted(start for start in starts if low <= start <= high)


def _regions(compiled: Compiled) -> Iterator[tuple[str, float]]:
    """Yield the finest regions somebody may live in, the people of each outermost one spread evenly over its parts."""
    regions, day = compiled.regions, compiled.day
    for code, region in regions.by_code.items():
        if region.within is None and region.current(day):
            leaves = sorted(regions.leaves(code, day))
            yield from ((region_text(leaf), (region.people or len(leaves)) / len(leaves)) for leaf in leaves)


_Carried = tuple[Int64, Mapping[tuple[str, str], int], Members]


def _listed(guess: Guess, compiled: Compiled, carried: _Carried) -> Members | None:
    """Return the members of somebody who gave an answer and said nothing else, None where it lists nobody."""
    fact = compiled.declaration.facts.get(guess.fact)
    if fact is None or not fact.members:
        return None
    row = carried[1][guess.fact, str(guess.value)]
    return carried[2][row : row + 1]


def _effect(guess: Guess, compiled: Compiled, carried: _Carried) -> tuple[Int64, Int64]:
    """Return the columns that an answer changes, and what they then hold."""
    columns, row = changed_columns(compiled)[guess.fact], carried[1].get((guess.fact, str(guess.value)))
    if row is not None:
        return columns, carried[0][row, columns]
    return columns, np.full(columns.size, _code(compiled, guess), dtype=np.int64)


def _code(compiled: Compiled, guess: Guess) -> int:
    """Return the code in a fact's own column once it is stated."""
    fact = compiled.declaration.facts.get(guess.fact)
    return int(bool(guess.value)) if fact is None else fact.encode(guess.value)


@lru_cache(maxsize=4)
def _carried(compiled: Compiled) -> _Carried:
    """Return what the kernel makes of each answer that other columns follow from, and the row of each.

    Each is stated by a person about whom nothing else is known, so it is worked out once for a catalogue and a day.
    """
    declaration, changed = compiled.declaration, changed_columns(compiled)
    t = declaration.zone.end_of_day(date_of(compiled.day))
    sets = {name for name, fact in declaration.facts.items() if fact.type == "dates"}
    every = {(guess.fact, str(guess.value)): guess for _, guess in _every_guess(compiled)}
    guesses = [guess for guess in every.values() if guess.fact in sets or len(changed[guess.fact]) > 1]
    stated = [
        Event(str(i), "question", f"{i:09d}", STATED, t - 1, t - 1, {guess.fact: guess.value})
        for i, guess in enumerate(guesses)
    ]
    receives = tuple(name.removeprefix(RECEIVES) for name in compiled.columns if name.startswith(RECEIVES))
    at = np.full(len(guesses), t, dtype=np.int64)
    known = snapshots(declaration, history_of(stated, declaration), np.arange(len(guesses)), at, receives)
    return known.values, {(guess.fact, str(guess.value)): i for i, guess in enumerate(guesses)}, known.members
