"""Question: what to ask next, by how much of what a person may be entitled to the answer settles."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.arrays import Bool, Float64, Int64, UInt64
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
from recommender.rules.open_rules import OpenRules
from recommender.rules.promising_set import distinct, most_promising
from recommender.rules.question_kernel import SettledSums, SupposedBlocks, WantedProgrammes, bit_words, settle
from recommender.rules.rule_kernel import BLOCK, RuleRows

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
    own = compiled.judged(snapshot.values, applicant, snapshot.members)
    person, unsettled = own.people, np.flatnonzero(own.answers(compiled.plan)[0] == Answer.UNKNOWN)
    known = dict(zip(compiled.columns, person.values[0].tolist(), strict=True))
    chosen = chosen_priors(compiled, known)
    found = {name: one for name, one in open_questions(compiled, known, chosen).items() if name not in asked}
    if not unsettled.size or not found:
        return ()
    weights = np.ones(unsettled.size) if worth is None else worth[unsettled]
    facts, read = tuple(found), _reads(compiled)
    wanted = WantedProgrammes(unsettled, weights, read.of[unsettled])
    changed = np.any(read.changes[[read.places[name] for name in facts]], axis=0)
    rules = own.open_rules(compiled.plan, unsettled, changed, compiled.region_columns)
    trial = _Trial(compiled, person, snapshot.members, wanted, rules)
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
        rules: what is left of their rules, for what answers to the open questions change.
    """

    compiled: Compiled
    person: RuleRows
    members: Members
    wanted: WantedProgrammes
    rules: OpenRules

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
        read, rows, told = _reads(self.compiled), table.rows, table.told
        places = np.zeros(len(table.weights), dtype=np.int64)
        for name, one in questions.items():
            places[one.first : one.last] = read.places[name] + 1
        changes, lists = _of_rows(read.changes, places), _of_rows(read.lists[:, None], places)
        if lists.any() and not self._alone:
            asked = self.members[np.zeros(len(places), dtype=np.int64)]
            rows = rows._replace(members=member_rows(supposed_members(asked, told)))
        first = np.arange(0, len(places), BLOCK)
        last = np.minimum(first + BLOCK, len(places))
        rests = np.ones((len(first), len(read.patterns)), dtype=np.bool_)
        people = SupposedBlocks(
            rows, np.arange(len(places)), first, last, bit_words(changes), bit_words(lists)[:, 0],
            self.compiled.region_columns, rests,
        )  # fmt: skip
        found = SettledSums(np.zeros(len(places), dtype=np.int64), np.zeros(len(places)), np.zeros(len(first)))
        settle(self.compiled.plan, self.rules, self.person, people, self.wanted, found)
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
        first, columns = np.zeros(len(sets), np.int64), asked @ read.changes > 0
        rests = np.zeros((len(sets), len(read.patterns)), dtype=np.bool_)
        for some, bits in zip(bit_words(asked.T > 0), read.bits, strict=True):
            rests |= (some[:, None] & bits) != 0
        people = SupposedBlocks(
            rows,
            family,
            first,
            first + BLOCK,
            _everybody(columns),
            _everybody(lists),
            self.compiled.region_columns,
            rests,
        )
        found = SettledSums(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(len(sets)))
        settle(self.compiled.plan, self.rules, self.person, people, self.wanted, found)
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
        waits, pattern = distinct(read.patterns[np.ix_(used, every[place])])
        of = pattern[np.searchsorted(used, self.wanted.facts)]
        worth = np.asarray(np.bincount(of, self.wanted.weights, len(waits)), dtype=np.float64)
        return [place[waits[one]] for one in most_promising(waits, worth, TRIED).tolist()]


def _of_rows(facts: Bool, places: Int64) -> Bool:
    """Return what is true of the fact of each row, bool[r, n], of bool[facts, n]; places count from 1, 0 is no fact."""
    return np.concatenate([np.zeros((1, facts.shape[1]), dtype=np.bool_), facts])[places]


def _everybody(holds: Bool) -> UInt64:
    """Return for each truth the word of 64 people of whom it is true, or of none."""
    return np.where(holds, np.uint64(2**64 - 1), np.uint64(0))


class _Reads(NamedTuple):
    """Which facts programmes rest on, and what stating each changes.

    Attributes:
        patterns: the distinct sets of facts, bool[U, facts].
        bits: the same as bits, uint64[words, U].
        of: which of them each programme rests on, int64[P].
        places: the place of each fact.
        own: the column of each fact, int64[facts].
        changes: the columns that stating each fact changes, bool[facts, F].
        lists: which facts list people, bool[facts].
        sensitive: which facts are, bool[facts].
        group: with which others each is asked as boxes of one list, str[facts]; empty for none.
    """

    patterns: Bool
    bits: UInt64
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
    bits, rests_on = bit_words(patterns.T), of.reshape(-1).astype(np.int64)
    return _Reads(patterns, bits, rests_on, names, own, changes, lists, sensitive, group)


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
