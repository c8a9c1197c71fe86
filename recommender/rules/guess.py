"""Guess: the answers somebody may give to each question, how common each is, and the columns each changes."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from features.arrays import Float64, Int64
from features.calendar import date_of
from features.declaration.vocabulary import STATED, Circumstance, CommonAnswer
from features.log.event import Event
from features.log.history import history_of
from features.log.statement import accepts_fact
from features.log.versions import FOREVER
from features.members import Members, amended, joined, nobody
from features.snapshot import snapshots
from features.value import NONE, UNKNOWN, is_known, region_code, region_text
from recommender.rules.clause import RECEIVES
from recommender.rules.compiled import Compiled
from recommender.rules.rule_kernel import BLOCK, RANGE, RuleRows

if TYPE_CHECKING:
    from features.declaration.declaration import Fact

__all__ = [
    "RECEIVES_SHARE", "Conditional", "Guess", "GuessPrior", "GuessTable", "OpenQuestion", "changed_columns", "choices",
    "chosen_priors", "completions", "guesses_by_fact", "open_questions",
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


@dataclass(frozen=True, eq=False)
class GuessTable:
    """Supposed answers, a row each, as the kernels read them.

    Attributes:
        rows: what the columns hold after each answer, UNKNOWN in all others, and the members it tells of.
        weights: float64[r], how common each answer is.
        priors: which rows are those of each prior of a fact, the first and the one after the last.
        told: the rows whose answers list people, with these.
    """

    rows: RuleRows
    weights: Float64
    priors: Mapping[str, tuple[tuple[int, int], ...]]
    told: Mapping[int, Members]

    @classmethod
    def of(cls, compiled: Compiled, answers: Mapping[str, Sequence[Sequence[Guess]]]) -> GuessTable:
        """Return the table of the answers to some questions, by the priors of each."""
        guesses = [guess for priors in answers.values() for prior in priors for guess in prior]
        values = np.full((len(guesses), len(compiled.columns)), UNKNOWN, dtype=np.int64)
        for row, guess in zip(values, guesses, strict=True):
            columns, held = guess.effect
            row[columns] = held
        spans, end = {}, 0
        for fact, priors in answers.items():
            ends = [end, *(end := end + len(prior) for prior in priors)]
            spans[fact] = tuple(itertools.pairwise(ends))
        told = _told(guesses)
        members = supposed_members(_strangers(compiled, len(guesses)), told)
        return cls(compiled.rows(values, 0, members), np.array([one.weight for one in guesses]), spans, told)


def _told(guesses: Sequence[Guess]) -> dict[int, Members]:
    return {place: guess.members for place, guess in enumerate(guesses) if guess.members is not None}


def _strangers(compiled: Compiled, many: int) -> Members:
    home = compiled.declaration.household
    return nobody(many, len(home.relations) if home else 0)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """The rows of a table that answer a question."""

    table: GuessTable
    first: int
    last: int


def open_questions(compiled: Compiled, known: Mapping[str, int], chosen: Sequence[int]) -> dict[str, OpenQuestion]:
    """Return every question that is open for a person; a coarse region is asked for more finely."""
    table, found = guess_table(compiled), {}
    for (fact, spans), place in zip(table.priors.items(), chosen, strict=True):
        value = known[fact]
        if value == UNKNOWN:
            found[fact] = OpenQuestion(table, *spans[place])
        elif value > NONE and _is_region(fact, compiled) and (finer := _finer(compiled, fact, value)) is not None:
            found[fact] = OpenQuestion(finer, *finer.priors[fact][0])
    return found


@lru_cache(maxsize=8)
def guess_table(compiled: Compiled) -> GuessTable:
    """Return all answers to all questions, once for a day."""
    every = guesses_by_fact(compiled)
    return GuessTable.of(compiled, {fact: [one.guesses for one in priors] for fact, priors in every.items()})


def chosen_priors(compiled: Compiled, known: Mapping[str, int]) -> tuple[int, ...]:
    """Return which of its priors counts for each question: the first of which every condition is known to hold."""
    return choices(guesses_by_fact(compiled).values(), compiled, known)


def choices(every: Iterable[Sequence[Conditional]], compiled: Compiled, known: Mapping[str, int]) -> tuple[int, ...]:
    """Return of several priors each the place of the one that counts.

    That is the first of which every condition is known to hold, or the last.
    """
    found = []
    for priors in every:
        place, last = 0, len(priors) - 1  # the last counts where no other does, whatever its conditions
        while place < last and not all(_condition_holds(one, compiled, known) for one in priors[place].when):
            place += 1
        found.append(place)
    return tuple(found)


def _condition_holds(condition: Circumstance, compiled: Compiled, known: Mapping[str, int]) -> bool:
    value = known.get(condition.fact, UNKNOWN)
    if not is_known(value):
        return False
    if condition.prefixes:
        code = str(compiled.declaration.facts[condition.fact].decode(value))
        return any(code.startswith(prefix) for prefix in condition.prefixes)
    return condition.holds(value)


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
def completions(compiled: Compiled, chosen: tuple[int, ...]) -> tuple[RuleRows, Int64, Members]:
    """Return people about whom everything is known, COMPLETIONS rows, each fact spread over the prior chosen.

    Of the members of each is known what the answers that list people tell; with these, and where two have the same
    members: int64[COMPLETIONS], equal for those who gave the same lists.
    """
    rng = np.random.default_rng(_SEED)
    rows = np.full((COMPLETIONS, len(compiled.columns)), UNKNOWN, dtype=np.int64)
    members, lists = _strangers(compiled, COMPLETIONS), [tuple[int, ...]()] * COMPLETIONS
    for priors, which in zip(guesses_by_fact(compiled).values(), chosen, strict=True):
        guesses = priors[which].guesses
        shares = np.cumsum([guess.weight for guess in guesses])
        places = (rng.permutation(COMPLETIONS) + 0.5) / COMPLETIONS
        given = [guesses[place] for place in np.searchsorted(shares / shares[-1], places).tolist()]
        for row, guess in zip(rows, given, strict=True):
            columns, values = guess.effect
            row[columns] = values
        members = supposed_members(members, _told(given))
        lists = [(*told, id(guess)) if guess.members is not None else told
                 for told, guess in zip(lists, given, strict=True)]  # fmt: skip
    family = np.array([lists.index(told) for told in lists], dtype=np.int64)
    return compiled.rows(rows, 0, members), family, members


def supposed_members(members: Members, told: Mapping[int, Members]) -> Members:
    """Return the members of persons as known after some, by their places, have told of people: these are replaced."""
    if not told:
        return members
    places = np.arange(len(members))
    changed = [amended(members[place : place + 1], other) for place, other in told.items()]
    places[list(told)] = len(members) + np.arange(len(told))
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
def _finer(compiled: Compiled, fact: str, known: int) -> GuessTable | None:
    """Return the answers that are finer than the region known, None where there are none."""
    parts = compiled.regions.leaves(known, compiled.day)
    if len(parts) < 2:
        return None
    inside = (
        guess for _, guess in _every_guess(compiled) if guess.fact == fact and region_code(str(guess.value)) in parts
    )
    found = _distinct(compiled, inside)
    return GuessTable.of(compiled, {fact: [found]}) if found else None


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
                yield from (
                    (when, Guess(name, value, weight))
                    for value, weight in _answers(fact, answers, compiled)
                    if accepts_fact(name, value, compiled.declaration, FOREVER)  # not what lay before its bounds then
                )
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
