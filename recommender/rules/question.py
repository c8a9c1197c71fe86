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
    GuessTable,
    OpenQuestion,
    changed_columns,
    chosen_priors,
    completions,
    guesses_by_fact,
    open_questions,
    supposed_members,
)
from recommender.rules.member_kernel import member_rows
from recommender.rules.member_lowering import asks_for_members
from recommender.rules.promising_set import distinct, most_promising
from recommender.rules.question_kernel import SettledSums, SupposedBlocks, WantedProgrammes, settle
from recommender.rules.rule_kernel import BLOCK, RuleRows, judge_rows

if TYPE_CHECKING:
    from features.snapshot import Snapshot

__all__ = ["Ask", "Box", "ask_next"]

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
    person = compiled.rows(snapshot.values, applicant, snapshot.members)
    answers = np.empty((1, len(compiled.catalogue)), dtype=np.int8)
    judge_rows(compiled.plan, person, answers)
    unsettled = np.flatnonzero(answers[0] == Answer.UNKNOWN)
    known = dict(zip(compiled.columns, person.values[0].tolist(), strict=True))
    chosen = chosen_priors(compiled, known)
    found = {name: one for name, one in open_questions(compiled, known, chosen).items() if name not in asked}
    if not unsettled.size or not found:
        return ()
    weights = np.ones(unsettled.size) if worth is None else worth[unsettled]
    wanted = WantedProgrammes(unsettled, weights, _reads(compiled).of[unsettled])
    trial = _Trial(compiled, person, snapshot.members, wanted)
    facts = tuple(found)
    alone, settles = trial.one_by_one(found)
    rate = np.maximum(alone, trial.together(facts, alone, chosen))
    return _listed(_Scores(facts, rate, alone, settles), compiled, most)


@dataclass(frozen=True, eq=False)
class _Trial:
    """One person, whose unknowns are supposed to be answered in some way.

    Attributes:
        compiled: the rules.
        person: what is known of the person.
        members: who belongs to the person.
        wanted: the programmes that are UNKNOWN, and what settling each counts.
    """

    compiled: Compiled
    person: RuleRows
    members: Members
    wanted: WantedProgrammes

    def one_by_one(self, questions: Mapping[str, OpenQuestion]) -> tuple[Float64, Float64]:
        """Return what the answer to each question alone settles, by worth and by number."""
        found = {}
        for table in {id(one.table): one.table for one in questions.values()}.values():
            mine = {name: one for name, one in questions.items() if one.table is table}
            found[id(table)] = self._each(table, mine)
        spans = [(one.table, slice(one.first, one.last)) for one in questions.values()]
        weight = np.concatenate([table.weights[span] for table, span in spans])
        counts = np.concatenate([found[id(table)].counts[span] for table, span in spans])
        worth = np.concatenate([found[id(table)].sums[span] for table, span in spans])
        place = np.repeat(np.arange(len(spans)), [span.stop - span.start for _, span in spans])
        total = np.bincount(place, weight)
        return np.bincount(place, weight * worth) / total, np.bincount(place, weight * counts) / total

    def _each(self, table: GuessTable, questions: Mapping[str, OpenQuestion]) -> SettledSums:
        """What each answer of a table alone settles."""
        read = _reads(self.compiled)
        blocks = np.array([
            (read.places[name], first, min(first + BLOCK, one.last))
            for name, one in questions.items() for first in range(one.first, one.last, BLOCK)
        ])  # fmt: skip
        rows, told = table.rows, table.told
        facts, first, last = np.ascontiguousarray(blocks.T)  # in a row each, as `together` has them: one kernel does
        lists = read.lists[facts]
        if lists.any() and not self._alone:
            asked = self.members[np.zeros(len(table.weights), dtype=np.int64)]
            rows = rows._replace(members=member_rows(supposed_members(asked, told)))
        family = np.arange(len(table.weights))
        rests = np.ones((len(blocks), len(read.patterns)), dtype=np.bool_)
        people = SupposedBlocks(
            rows, family, first, last, read.changes[facts], lists, self.compiled.region_columns, rests
        )
        found = SettledSums(np.zeros(len(family), dtype=np.int64), np.zeros(len(family)), np.zeros(len(blocks)))
        settle(self.compiled.plan, self.compiled.uses, self.person, people, self.wanted, found)
        return found

    def together(self, facts: Sequence[str], alone: Float64, chosen: tuple[int, ...]) -> Float64:
        """Return for each fact the most that a set with it settles, for each question of the set; or 0."""
        best, sets, read = np.zeros(len(facts)), self._sets(facts), _reads(self.compiled)
        if not sets:
            return best
        rows, family, told = completions(self.compiled, chosen)
        asked = np.zeros((len(sets), len(read.places)), dtype=np.float32)
        for row, members in zip(asked, sets, strict=True):
            row[[read.places[facts[place]] for place in members]] = 1
        lists = asked @ read.lists > 0
        if lists.any() and not self._alone:
            mine = [amended(self.members, told[i : i + 1]) for i in range(len(told))]
            rows = rows._replace(members=member_rows(joined(mine)))
        first, columns, rests = np.zeros(len(sets), np.int64), asked @ read.changes > 0, asked @ read.patterns.T > 0
        people = SupposedBlocks(rows, family, first, first + BLOCK, columns, lists, self.compiled.region_columns, rests)
        found = SettledSums(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(len(sets)))
        settle(self.compiled.plan, self.compiled.uses, self.person, people, self.wanted, found)
        for members, worth in zip(sets, (found.totals / BLOCK).tolist(), strict=True):
            rate = worth / len(members)
            if rate > MARGIN * float(alone[members].max()):
                best[members] = np.maximum(best[members], rate)
        return best

    @property
    def _alone(self) -> bool:
        """Whether nothing is known of the person's members: what an answer tells of them is then all."""
        own = self.members
        return not len(own.cells) and bool(np.all(own.since == OPEN) and np.all(own.months < 0))

    def _sets(self, facts: Sequence[str]) -> list[Int64]:
        """Return the sets of open facts that some programmes wait for, the most promising first."""
        read, known = _reads(self.compiled), self.person.values[0]
        every = np.array([read.places[fact] for fact in facts])
        place = np.flatnonzero(known[read.own[every]] == UNKNOWN)
        if place.size < 2:
            return []
        used = np.flatnonzero(np.bincount(self.wanted.facts))
        waits, pattern = distinct(read.patterns[used][:, every[place]])
        of = pattern[np.searchsorted(used, self.wanted.facts)]
        worth = np.asarray(np.bincount(of, self.wanted.weights, len(waits)), dtype=np.float64)
        return [place[waits[one]] for one in most_promising(waits, worth, TRIED).tolist()]


class _Reads(NamedTuple):
    """Which facts programmes rest on, and what stating each changes.

    Attributes:
        patterns: the distinct sets of facts, bool[U, facts].
        of: which of them each programme rests on, int64[P].
        places: the place of each fact.
        own: the column of each fact, int64[facts].
        changes: the columns that stating each fact changes, bool[facts, F].
        lists: which facts list people, bool[facts].
        sensitive: which facts are, bool[facts].
        group: with which others each is asked as boxes of one list, str[facts]; empty for none.
    """

    patterns: Bool
    of: Int64
    places: Mapping[str, int]
    own: Int64
    changes: Bool
    lists: Bool
    sensitive: Bool
    group: NDArray[np.str_]


@lru_cache(maxsize=8)
def _reads(compiled: Compiled) -> _Reads:
    """Return what the programmes rest on, once for a catalogue and a day."""
    facts, changed = compiled.declaration.facts, changed_columns(compiled)
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
    changes = np.zeros((len(names), len(compiled.columns)), dtype=np.bool_)
    for row, fact in zip(changes, names, strict=True):
        row[changed[fact]] = True
    own = np.array([changed[fact][0] for fact in names], dtype=np.int64)
    lists = np.array([fact in facts and bool(facts[fact].members) for fact in names], dtype=np.bool_)
    sensitive = np.array([name in facts and facts[name].sensitive for name in names], dtype=np.bool_)
    group = np.array([facts[name].ask_with if name in facts else "" for name in names])
    return _Reads(patterns, of.reshape(-1).astype(np.int64), names, own, changes, lists, sensitive, group)


def _listed(scores: _Scores, compiled: Compiled, most: int | None) -> tuple[Ask, ...]:
    """Return the first questions in their order, boxes of one group as one list that begins with no sensitive one."""
    read = _reads(compiled)
    every = [read.places[name] for name in scores.facts]
    sensitive, group = read.sensitive[every], read.group[every]
    worth, settles = _introduced(scores, sensitive, group), scores.settles.round(6).tolist()
    order = np.lexsort((-scores.alone.round(9), -worth.round(9), sensitive)).tolist()
    rate, groups = worth.tolist(), group.tolist()
    left = [place for place in order if rate[place] > 0]
    found: list[Ask] = []
    while left and len(found) != most:
        lead = left[0]
        alike = [place for place in left if groups[place] == groups[lead] and rate[place] >= BOX_SHARE * rate[lead]]
        boxes = alike if groups[lead] and len(alike) > 1 else []
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
