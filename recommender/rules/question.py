"""Question: what to ask next, by how many programmes the answer alone would settle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Int64
from features.calendar import date_of
from features.declaration.vocabulary import STATED
from features.log.event import Event
from features.log.history import history_of
from features.snapshot import snapshots
from features.value import NONE, UNKNOWN, region_code, region_text
from recommender.rules.clause import RECEIVES, Answer
from recommender.rules.compiled import Compiled
from recommender.text import Text

if TYPE_CHECKING:
    from features.snapshot import Snapshot

__all__ = ["RECEIVES_SHARE", "Ask", "ask_next", "question_of"]

RECEIVES_SHARE = 5
"""The public prior, in percent, that somebody already receives a given programme; it only orders questions."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A fact worth asking for, how many verdicts its answer is expected to settle, and how to ask in each language."""

    fact: str
    settles: float
    question: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return one entry of `ask_next` in the output of `proffer eligible`."""
        return {"fact": self.fact, "settles": self.settles, "question": dict(self.question)}


@dataclass(frozen=True, slots=True, eq=False)
class _Guess:
    """One answer somebody may give, its weight among the answers to that question, and the columns it changes."""

    fact: str
    value: object
    weight: float
    effect: tuple[Int64, Int64] = (np.zeros(0, np.int64), np.zeros(0, np.int64))


def ask_next(compiled: Compiled, snapshot: Snapshot, applicant: int = 1, most: int | None = None) -> tuple[Ask, ...]:
    """Order the facts a person could still state by how many verdicts the answer alone is expected to settle.

    Settled is what was UNKNOWN and becomes YES or NO, expected over each fact's public prior of answers. A fact that
    settles nothing by itself is left out; equal ones keep the order of the declaration. A region known only coarsely is
    asked for more finely. `most` limits how many are returned.
    """
    base = np.asarray(snapshot.values[0], dtype=np.int64)
    unsettled = np.flatnonzero(compiled.answers(base[None, :], applicant)[0] == Answer.UNKNOWN)
    guesses = _open_guesses(compiled, snapshot) if unsettled.size else []
    if not guesses:
        return ()
    settled = compiled.settled(_supposed(base, guesses), applicant, unsettled).tolist()
    totals: dict[str, tuple[float, float]] = {}
    for guess, count in zip(guesses, settled, strict=True):
        weight, weighted = totals.get(guess.fact, (0.0, 0.0))
        totals[guess.fact] = (weight + guess.weight, weighted + guess.weight * count)
    expected = ((fact, round(sum_ / weight, 6)) for fact, (weight, sum_) in totals.items())
    order = sorted((one for one in expected if one[1] > 0), key=lambda one: -one[1])
    return tuple(Ask(fact, settles, question_of(fact, compiled)) for fact, settles in order[:most])


def _open_guesses(compiled: Compiled, snapshot: Snapshot) -> list[_Guess]:
    """Return every answer to every question that is open for a person."""
    found: list[_Guess] = []
    for fact, guesses in _by_fact(compiled).items():
        known = snapshot.value(fact)
        if known == UNKNOWN:
            found += guesses
        elif known > NONE and _is_region(fact, compiled):
            found += _finer(compiled, fact, known)
    return found


@lru_cache(maxsize=8)
def _by_fact(compiled: Compiled) -> Mapping[str, tuple[_Guess, ...]]:
    """Return the answers to each question, what each changes worked out; once for a catalogue and a day."""
    found: dict[str, list[_Guess]] = {}
    for guess in _every_guess(compiled):
        found.setdefault(guess.fact, []).append(guess)
    return {fact: tuple(_distinct(compiled, guesses)) for fact, guesses in found.items()}


@lru_cache(maxsize=1024)
def _finer(compiled: Compiled, fact: str, known: int) -> tuple[_Guess, ...]:
    """Return the answers that are finer than the region known."""
    parts = compiled.regions.leaves(known, compiled.day)
    if len(parts) < 2:
        return ()
    inside = (
        guess for guess in _every_guess(compiled) if guess.fact == fact and region_code(str(guess.value)) in parts
    )
    return tuple(_distinct(compiled, inside))


def _is_region(fact: str, compiled: Compiled) -> bool:
    facts = compiled.declaration.facts
    return fact in facts and facts[fact].type == "region"


def _distinct(compiled: Compiled, guesses: Iterable[_Guess]) -> list[_Guess]:
    """Return guesses with their effects; those regions that no rule tells apart are one, their weights added."""
    found: dict[tuple[str, object], _Guess] = {}
    for guess in guesses:
        region = _is_region(guess.fact, compiled)
        key = (guess.fact, compiled.told_apart(region_code(str(guess.value))) if region else str(guess.value))
        alike = found.get(key)
        found[key] = guess if alike is None else replace(alike, weight=alike.weight + guess.weight)
    carried, changed = _carried(compiled), _changed(compiled)
    return [replace(guess, effect=_effect(guess, compiled, carried, changed)) for guess in found.values()]


def _every_guess(compiled: Compiled) -> Iterator[_Guess]:
    """Yield every answer to every question some rule rests on, facts in the declaration's order, then receipts."""
    facts = compiled.declaration.facts
    columns = [compiled.columns[place] for place in compiled.columns_read]
    read = {ask for name in columns if name in facts for ask in facts[name].asks}
    for name, fact in facts.items():
        if fact.stated and name in read:
            answers = _regions(compiled) if fact.type == "region" else fact.answers_on(compiled.day)
            yield from (_Guess(name, value, weight) for value, weight in answers)
    for name in compiled.columns:
        if name.startswith(RECEIVES):
            yield _Guess(name, True, RECEIVES_SHARE)
            yield _Guess(name, False, 100 - RECEIVES_SHARE)


def _regions(compiled: Compiled) -> Iterator[tuple[str, float]]:
    """Yield the finest regions somebody may live in, the people of each outermost one spread evenly over its parts."""
    regions, day = compiled.regions, compiled.day
    for code, region in regions.by_code.items():
        if region.within is None and region.current(day):
            leaves = sorted(regions.leaves(code, day))
            yield from ((region_text(leaf), (region.people or len(leaves)) / len(leaves)) for leaf in leaves)


def _supposed(base: Int64, guesses: Sequence[_Guess]) -> Int64:
    """Return the person as known after each answer, int64[guesses, F]: the fact and all that is derived from it."""
    after = np.repeat(base[None, :], len(guesses), axis=0)
    for row, guess in zip(after, guesses, strict=True):
        columns, values = guess.effect
        row[columns] = values
    return after


_Carried = tuple[Int64, Mapping[tuple[str, str], int]]


def _effect(
    guess: _Guess, compiled: Compiled, carried: _Carried, changed: Mapping[str, list[int]]
) -> tuple[Int64, Int64]:
    """Return the columns that an answer changes, and what they then hold."""
    columns, row = np.array(changed[guess.fact], dtype=np.int64), carried[1].get((guess.fact, str(guess.value)))
    if row is not None:
        return columns, carried[0][row, columns]
    return columns, np.full(columns.size, _code(compiled, guess), dtype=np.int64)


def _code(compiled: Compiled, guess: _Guess) -> int:
    """Return the code in a fact's own column once it is stated."""
    fact = compiled.declaration.facts.get(guess.fact)
    return int(bool(guess.value)) if fact is None else fact.encode(guess.value)


@lru_cache(maxsize=4)
def _carried(compiled: Compiled) -> _Carried:
    """Return what the kernel makes of each answer that other columns follow from, and the row of each.

    Each is stated by a person about whom nothing else is known, so it is worked out once for a catalogue and a day.
    """
    declaration, changed = compiled.declaration, _changed(compiled)
    t = declaration.zone.end_of_day(date_of(compiled.day))
    sets = {name for name, fact in declaration.facts.items() if fact.type == "dates"}
    guesses = [guess for guess in _every_guess(compiled) if guess.fact in sets or len(changed[guess.fact]) > 1]
    stated = [
        Event(str(i), "question", f"{i:09d}", STATED, t - 1, t - 1, {guess.fact: guess.value})
        for i, guess in enumerate(guesses)
    ]
    receives = tuple(name.removeprefix(RECEIVES) for name in compiled.columns if name.startswith(RECEIVES))
    at = np.full(len(guesses), t, dtype=np.int64)
    known = snapshots(declaration, history_of(stated, declaration), np.arange(len(guesses)), at, receives)
    return known.values, {(guess.fact, str(guess.value)): i for i, guess in enumerate(guesses)}


def _changed(compiled: Compiled) -> dict[str, list[int]]:
    """Return the columns that stating a fact changes: its own and those of the facts derived from it."""
    facts = compiled.declaration.facts
    changed: dict[str, list[int]] = {}
    for place, name in enumerate(compiled.columns):
        for asked in facts[name].asks if name in facts else (name,):
            changed.setdefault(asked, []).append(place)
    return changed


def question_of(fact: str, compiled: Compiled) -> Mapping[str, str]:
    """Return how to ask for a fact a person can state, in each language."""
    if not fact.startswith(RECEIVES):
        return compiled.declaration.facts[fact].question
    programme = compiled.catalogue.by_id.get(fact.removeprefix(RECEIVES))
    title = programme.title if programme else Text.alone(fact)
    return compiled.messages.text("question.receives", title=title).to_document()
