"""Question: what to ask next, by how much of what a person may be entitled to the answer settles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Bool, Float64, Int64
from features.members import OPEN, Members, amended, joined
from features.value import UNKNOWN
from recommender.rules.clause import Answer, compares, members_counted
from recommender.rules.compiled import Compiled
from recommender.rules.guess import (
    Guess,
    changed_columns,
    chosen_priors,
    completions,
    guesses_by_fact,
    open_guesses,
    supposed,
    supposed_members,
)
from recommender.rules.member_lowering import asks_for_members
from recommender.rules.rule_kernel import WantedProgrammes

if TYPE_CHECKING:
    from features.snapshot import Snapshot

__all__ = ["Ask", "Box", "ask_next"]

TOGETHER = 6
"""Programmes that wait for more facts than this are not looked at for what to ask together."""
TRIED = 24
"""How many sets of facts are tried together, the most promising first."""
MARGIN = 1.05
"""By how much a set must promise more for each question than its best one alone: the trial is over 64 people."""
BOX_SHARE = 0.8
"""A box joins the list of another where it is worth at least this share of it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A yes-or-no fact asked as one box of a list, and how many verdicts its answer alone is expected to settle."""

    fact: str
    settles: float


@dataclass(frozen=True, slots=True)
class Ask:
    """A fact worth asking for, and how many verdicts its answer alone is expected to settle.

    Attributes:
        fact: what to ask for; the first of the boxes where it is asked as a list of them.
        settles: how many verdicts that are unknown its answer alone is expected to make yes or no.
        boxes: the facts to ask for in one list, this one first; empty where it is asked alone.
    """

    fact: str
    settles: float
    boxes: tuple[Box, ...] = ()


class _Scores(NamedTuple):
    """For each fact that may be asked: what asking is worth a question, and what its answer alone settles."""

    facts: tuple[str, ...]
    rate: Float64
    alone: Float64
    settles: Float64


def ask_next(
    compiled: Compiled,
    snapshot: Snapshot,
    applicant: int = 1,
    most: int | None = None,
    worth: Float64 | None = None,
    asked: Collection[str] = (),
) -> tuple[Ask, ...]:
    """Order the facts a person could still state by what the answers are expected to settle, for each question.

    Settled is what was UNKNOWN and becomes YES or NO, expected over each fact's public prior of answers. A fact that
    settles little alone counts as much as the set of facts that it settles a programme with. Facts that settle nothing
    are left out; equal ones keep the order of the declaration. Sensitive facts come after the others, or as boxes of
    a list that begins with another. A region known only coarsely is asked for more finely.

    Args:
        compiled: the rules.
        snapshot: what is known of the person.
        applicant: bit mask of KINDS.
        most: how many are returned; None for all.
        worth: what settling each programme counts, float64[P]; None for one each.
        asked: facts that are not asked again, because the person does not know or would rather not say.
    """
    base = np.asarray(snapshot.values[0], dtype=np.int64)
    unsettled = np.flatnonzero(compiled.answers(base[None, :], applicant, snapshot.members)[0] == Answer.UNKNOWN)
    chosen = chosen_priors(compiled, snapshot)
    guesses = {name: found for name, found in open_guesses(compiled, snapshot, chosen).items() if name not in asked}
    if not unsettled.size or not guesses:
        return ()
    weights = np.ones(unsettled.size) if worth is None else worth[unsettled]
    trial = _Trial(compiled, snapshot, applicant, unsettled, weights, chosen)
    alone, settles = trial.one_by_one(list(guesses.values()))
    facts = tuple(guesses)
    rate = np.maximum(alone, trial.together(facts, alone))
    return _listed(_Scores(facts, rate, alone, settles), compiled)[:most]


@dataclass(frozen=True, eq=False)
class _Trial:
    """One person, whose unknowns are supposed to be answered in some way.

    Attributes:
        compiled: the rules.
        snapshot: what is known of the person.
        applicant: bit mask of KINDS.
        unsettled: the places of the programmes that are UNKNOWN.
        weights: what settling each of these counts.
        chosen: which prior counts for each question.
    """

    compiled: Compiled
    snapshot: Snapshot
    applicant: int
    unsettled: Int64
    weights: Float64
    chosen: tuple[int, ...]

    @property
    def base(self) -> Int64:
        """The person's columns."""
        return np.asarray(self.snapshot.values[0], dtype=np.int64)

    def one_by_one(self, answers: Sequence[Sequence[Guess]]) -> tuple[Float64, Float64]:
        """Return what the answer to each question alone settles, by worth and by number."""
        guesses = [guess for found in answers for guess in found]
        asked = self.snapshot.members[np.zeros(len(guesses), dtype=np.int64)]
        rows, home = supposed(self.base, guesses), supposed_members(asked, guesses)
        counts, worth = self.compiled.settled(rows, self.applicant, self.unsettled, self.weights, home)
        weight = np.array([guess.weight for guess in guesses])
        place = np.repeat(np.arange(len(answers)), [len(found) for found in answers])
        total = np.bincount(place, weight)
        return np.bincount(place, weight * worth) / total, np.bincount(place, weight * counts) / total

    def together(self, facts: Sequence[str], alone: Float64) -> Float64:
        """Return for each fact the most that a set with it settles, for each question of the set; or 0."""
        best, sets = np.zeros(len(facts)), self._sets(facts)
        if not sets:
            return best
        (people, told), changed = completions(self.compiled, self.chosen), changed_columns(self.compiled)
        known = self.snapshot.members[np.zeros(len(people), dtype=np.int64)]
        lists = {name for name, fact in self.compiled.declaration.facts.items() if fact.members}
        rows = np.repeat(self.base[None, :], len(sets) * len(people), axis=0).reshape(len(sets), *people.shape)
        for row, members in zip(rows, sets, strict=True):
            columns = np.concatenate([changed[facts[place]] for place in members])
            row[:, columns] = people[:, columns]
        of_list = np.array([any(facts[place] in lists for place in members) for members in sets])
        either = joined([known, self._listed(known, told)]) if of_list.any() else known
        home = either[(np.arange(len(people)) + len(people) * of_list[:, None]).reshape(-1)]
        asked = self.compiled.rows(rows.reshape(-1, people.shape[1]), self.applicant, home)
        read, names = _reads(self.compiled)
        wanted = []
        for members in sets:  # no programme can be settled that rests on none of the facts
            rests: Bool = np.any(read.patterns[:, [names[facts[place]] for place in members]], axis=1)
            waiting = np.flatnonzero(rests[read.of[self.unsettled]])
            wanted.append(WantedProgrammes(self.unsettled[waiting], self.weights[waiting]))
        for members, worth in zip(sets, self.compiled.worth_settled(asked, wanted).tolist(), strict=True):
            rate = worth / len(members)
            if rate > MARGIN * float(alone[members].max()):
                best[members] = np.maximum(best[members], rate)
        return best

    def _listed(self, known: Members, told: Members) -> Members:
        """Return the members of supposed people: what is known with what they tell, which is all where nothing is."""
        own = self.snapshot.members
        if not len(own.cells) and bool(np.all(own.since == OPEN) and np.all(own.months < 0)):
            return told
        return joined([amended(known[i : i + 1], told[i : i + 1]) for i in range(len(told))])

    def _sets(self, facts: Sequence[str]) -> list[Int64]:
        """Return the sets of open facts that some programmes wait for, the most promising first."""
        read, names = _reads(self.compiled)
        own = changed_columns(self.compiled)
        open_ = np.array([names[fact] for fact in facts if self.base[own[fact][0]] == UNKNOWN])
        if open_.size < 2:
            return []
        waits, pattern = _distinct(read.patterns[:, open_])
        worth = np.bincount(pattern[read.of[self.unsettled]], self.weights, len(waits))
        size = waits.sum(axis=1)
        wanted = np.flatnonzero((size > 1) & (size <= TOGETHER) & (worth > 0))
        promise = np.array([worth[~waits[:, ~waits[one]].any(axis=1)].sum() / size[one] for one in wanted.tolist()])
        chosen = wanted[np.argsort(-promise, kind="stable")][:TRIED]
        places = {names[fact]: place for place, fact in enumerate(facts)}
        return [np.array([places[int(name)] for name in open_[waits[one]]]) for one in chosen.tolist()]


def _distinct(rows: Bool) -> tuple[Bool, Int64]:
    """Return the distinct rows of bool[n, m] in their order, and which each row is; by bytes, a bit a column."""
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    _, first, which = np.unique(
        packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1), return_index=True, return_inverse=True
    )
    return rows[first], which.reshape(-1)


class _Reads(NamedTuple):
    """Which facts programmes rest on: the distinct sets, bool[U, facts], and which each programme has, int64[P]."""

    patterns: Bool
    of: Int64


@lru_cache(maxsize=8)
def _reads(compiled: Compiled) -> tuple[_Reads, Mapping[str, int]]:
    """Return what the programmes rest on, once for a catalogue and a day, and the place of each fact."""
    names = {fact: place for place, fact in enumerate(guesses_by_fact(compiled))}
    read = np.zeros((len(compiled.catalogue), len(names)), dtype=np.bool_)
    for row, programme in zip(read, compiled.catalogue.programmes, strict=True):
        for clause in programme.who.values():
            for compare in compares(clause):
                row[[names[fact] for fact in compiled.asks(compare.fact) if fact in names]] = True
            for counted in members_counted(clause):
                asks = asks_for_members(counted, compiled.declaration, lambda _: True)
                row[[names[fact] for fact in asks if fact in names]] = True
    patterns, of = np.unique(read, axis=0, return_inverse=True)
    return _Reads(patterns, of.reshape(-1).astype(np.int64)), names


def _listed(scores: _Scores, compiled: Compiled) -> tuple[Ask, ...]:
    """Return the questions in their order, boxes of one group as one list that begins with no sensitive one."""
    facts = compiled.declaration.facts
    sensitive = np.array([name in facts and facts[name].sensitive for name in scores.facts])
    group = np.array([facts[name].ask_with if name in facts else "" for name in scores.facts])
    rate, settles = _introduced(scores, sensitive, group), scores.settles.round(6).tolist()
    order = np.lexsort((-scores.alone.round(9), -rate.round(9), sensitive)).tolist()
    left = [place for place in order if rate[place] > 0]
    found: list[Ask] = []
    while left:
        lead = left[0]
        alike = [place for place in left if group[place] == group[lead] and rate[place] >= BOX_SHARE * rate[lead]]
        boxes = alike if group[lead] and len(alike) > 1 else []
        listed = tuple(Box(scores.facts[place], settles[place]) for place in boxes)
        found.append(Ask(scores.facts[lead], settles[lead], listed))
        left = [place for place in left if place != lead and place not in boxes]
    return tuple(found)


def _introduced(scores: _Scores, sensitive: Bool, group: NDArray[np.str_]) -> Float64:
    """Return the rates where the best harmless box of a group counts as asked together with a sensitive one."""
    rate, found = scores.rate, scores.rate.copy()
    for place in np.flatnonzero(sensitive & (group != "") & (rate > 0)).tolist():
        harmless = np.flatnonzero((group == group[place]) & ~sensitive & (scores.settles > 0))
        if harmless.size:
            lead = harmless[np.lexsort((-scores.settles[harmless], -rate[harmless]))[0]]
            found[lead] = max(found[lead], (rate[lead] + rate[place]) / 2)
    return found
