"""Material: what a run learns from or is judged by, and the examples, people and candidates found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.log.interactions import APPLIED, OPENED, SHOWN, Interactions
from features.snapshot import Snapshots, snapshots
from features.value import identifier_code
from recommender.ranking.scorer import Pairs
from recommender.rules.compiled import compile_catalogue
from training.data.examples import HELD_OUT, Examples, LearningLog, applicants, held_out, shown, thinned
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from privacy.gate import Gate
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions


@dataclass(frozen=True)
class TruthTable:
    """What synthetic people would take up, as written apart: parallel columns."""

    person: tuple[str, ...]
    programme: tuple[str, ...]
    probability: Float64
    reachable: Float64


@dataclass(frozen=True)
class TrainingData:
    """Everything a run learns from or is judged by.

    Attributes:
        declaration: what the features mean.
        catalogue: the programmes.
        regions: the table of regions the rules are judged with.
        gate: the only way to the rows.
        end: UTC seconds at which the log ends; the day candidates are judged on.
        truth: what synthetic people would do, None where it was not written. Learning never sees it.
        held_out_every: one person in so many is never learned from (`training.data.examples.held_out`).
        showings: whether the log says who was shown what; a public fact about it, never found out from its rows.
    """

    declaration: Declaration
    catalogue: Catalogue
    regions: Regions
    gate: Gate[LearningLog]
    end: int
    truth: TruthTable | None = None
    held_out_every: int = HELD_OUT
    showings: bool = True

    @property
    def codes(self) -> Int64:
        """Identifier codes of the programmes, in catalogue order."""
        return np.array([identifier_code(programme.id) for programme in self.catalogue.programmes], dtype=np.int64)


def learning_showings(material: TrainingData, log: LearningLog, most: int, seed: int) -> RankingDataset:
    """Showings to people who are not held out, thinned to about `most` rows (`training.data.examples.thinned`)."""
    examples = _shown(material, log, ~hidden(material, log))
    return _known(material, log, thinned(examples, most, np.random.default_rng(seed)))


def held_out_showings(material: TrainingData, log: LearningLog, most: int, seed: int) -> RankingDataset:
    """Showings to held-out people, or of a plain sample of their lists where there are over `most` rows."""
    examples = _shown(material, log, hidden(material, log))
    share = most / max(len(examples), 1)
    drawn = np.random.default_rng(seed).random(int(examples.lists.max(initial=-1)) + 1) < share
    return _known(material, log, examples[drawn[examples.lists]])


def _shown(material: TrainingData, log: LearningLog, of: Bool) -> Examples:
    told = log.interactions
    examples = shown(told, material.codes, material.end) if material.showings else applicants(told, material.codes)
    return examples[of[examples.person]]


def _known(material: TrainingData, log: LearningLog, examples: Examples) -> RankingDataset:
    rows = examples.by_list()
    return RankingDataset(rows, _snapshots(material, log, *rows.heads()), rows.lists)


def learned_from(material: TrainingData, log: LearningLog) -> Interactions:
    """What people who are not held out were shown, opened and applied for."""
    return log.interactions[~hidden(material, log)[log.interactions.person]]


def hidden(material: TrainingData, log: LearningLog) -> Bool:
    """Who is held out: bool[people]."""
    return held_out(log.history.people, material.held_out_every) if log.held is None else log.held


def _snapshots(material: TrainingData, log: LearningLog, person: Int64, t: Int64) -> Snapshots:
    return snapshots(material.declaration, log.history, person, t, material.catalogue.receipts)


def candidates(material: TrainingData, log: LearningLog) -> Candidates:
    """Held-out people as known when the log ends, and every programme the rules do not exclude for them."""
    return candidates_of(material, log, hidden(material, log))


def candidates_of(material: TrainingData, log: LearningLog, who: Bool) -> Candidates:
    """The same for those of bool[people] whom anything was ever shown to."""
    told = np.flatnonzero(who & _citizens(log))
    people = _snapshots(material, log, told, np.full(told.size, material.end, dtype=np.int64))
    day = material.declaration.zone.today(material.end)
    compiled = compile_catalogue(material.catalogue, people.columns, material.declaration, material.regions, day)
    return Candidates(people, Pairs.permitted(compiled.offerable(people.values, members=people.members)))


def _citizens(log: LearningLog) -> Bool:
    """Whom anything was ever shown to: those who can be offered things, not those who are only somebody's child."""
    found = np.zeros(len(log.history.people), dtype=np.bool_)
    found[log.interactions.of(SHOWN, OPENED, APPLIED).person] = True
    return found


def with_truth(material: TrainingData, found: Candidates) -> tuple[Candidates, KnownTakeUp] | None:
    """The candidates whose truth is known, with the truth of each; None where no truth was written."""
    if material.truth is None:
        return None
    table = material.truth
    who = {person: row for row, person in enumerate(found.people.people)}
    what = material.catalogue.index
    person = np.array([who.get(name, -1) for name in table.person], dtype=np.int64)
    programme = np.array([what.get(name, -1) for name in table.programme], dtype=np.int64)
    place = np.full((len(who), len(what)), -1, dtype=np.int64)
    known = (person >= 0) & (programme >= 0)
    place[person[known], programme[known]] = np.flatnonzero(known)
    at = place[found.pairs.person, found.pairs.programme]
    known_pairs = at >= 0
    truth = KnownTakeUp(table.probability[at[known_pairs]], table.reachable[at[known_pairs]])
    return Candidates(found.people, found.pairs[known_pairs]), truth
