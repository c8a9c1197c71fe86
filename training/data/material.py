"""Material: what a run learns from or is judged by, and the examples, people and candidates found in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from features.calendar import date_of
from features.log.hiding import with_hidden
from features.log.households import households
from features.log.interactions import APPLIED, ASKED, HELD, OPENED, SHOWN, USED, Interactions, interactions
from features.snapshot import Snapshots, snapshots
from features.value import identifier_code
from recommender.ranking.scorer import Pairs
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from training.data.examples import NOTHING_HIDDEN, Examples, LearningLog, thinned
from training.data.hold_out import ONE_IN_FIVE, HoldOut
from training.data.label_form import SHOWN_THEN_APPLIED, LabelForm
from training.data.labelled import LogSpan, labelled
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from privacy.gate import Gate
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.people_group import PeopleGroup
    from recommender.rules.region import Regions


@dataclass(frozen=True)
class TruthTable:
    """What synthetic people would take up, and what is theirs by right, as written apart: parallel columns."""

    person: tuple[str, ...]
    programme: tuple[str, ...]
    probability: Float64
    reachable: Float64
    eligible: Bool | None = None


class RowMeaning(Protocol):
    """What examples, people and candidates are found by; it opens no rows, so that it may be anywhere."""

    @property
    def declaration(self) -> Declaration:
        """What the features mean."""
        ...

    @property
    def catalogue(self) -> Catalogue:
        """The programmes."""
        ...

    @property
    def regions(self) -> Regions:
        """The table of regions the rules are judged with."""
        ...

    @property
    def end(self) -> int:
        """UTC seconds at which the log ends."""
        ...

    @property
    def hold_out(self) -> HoldOut:
        """Who is never learned from."""
        ...

    @property
    def labels(self) -> LabelForm:
        """What of the log is an offer, and what its answer."""
        ...

    @property
    def codes(self) -> Int64:
        """Identifier codes of the programmes, in catalogue order."""
        ...


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
        hold_out: who is never learned from.
        labels: what of the log is an offer, and what its answer.
        groups: the groups of people that reports tell apart.
        gate_terms: what the deployment demands of a challenger, where it is not as usual.
        shards: makes of what a private run may see the `training.runs.private_run.LearningUnits` of shards; None where
            all of it is held at once.
    """

    declaration: Declaration
    catalogue: Catalogue
    regions: Regions
    gate: Gate[LearningLog]
    end: int
    truth: TruthTable | None = None
    hold_out: HoldOut = ONE_IN_FIVE
    labels: LabelForm = SHOWN_THEN_APPLIED
    groups: tuple[PeopleGroup, ...] = ()
    gate_terms: Mapping[str, float] = field(default_factory=dict)
    shards: Callable[[LearningLog], Any] | None = None

    @property
    def codes(self) -> Int64:
        """Identifier codes of the programmes, in catalogue order."""
        return codes_of(self.catalogue)


def codes_of(catalogue: Catalogue) -> Int64:
    """Identifier codes of the programmes of a catalogue, in its order."""
    return np.array([identifier_code(programme.id) for programme in catalogue.programmes], dtype=np.int64)


def learning_showings(material: RowMeaning, log: LearningLog, most: int, seed: int) -> RankingDataset:
    """Showings to people who are not held out, thinned to about `most` rows (`training.data.examples.thinned`).

    Where all rows may be read as they are, those that may still be answered count too, for what they are worth.
    """
    end = min(material.end, material.hold_out.since or material.end)
    examples = _labelled(
        material, learned_from(material, log), LogSpan(end, people=len(log.history.people), young=log.unit is None)
    )
    some = examples[~hidden(material, log)[examples.person]]
    return _known(material, log, thinned(some, most, np.random.default_rng(seed)))


def held_out_showings(material: RowMeaning, log: LearningLog, most: int, seed: int) -> RankingDataset:
    """Showings to held-out people, or of a plain sample of their lists where there are over `most` rows."""
    examples = held_out_rows(material, log)
    share = most / max(len(examples), 1)
    drawn = np.random.default_rng(seed).random(int(examples.lists.max(initial=-1)) + 1) < share
    return _known(material, log, examples[drawn[examples.lists]])


def held_out_rows(material: RowMeaning, log: LearningLog) -> Examples:
    """What is judged, before anybody is looked at."""
    kept = judged(material, log)
    told = log.interactions[kept[log.interactions.person]]
    examples = _labelled(material, told, LogSpan(material.end, people=len(log.history.people)))
    return examples[kept[examples.person] & (examples.t >= (material.hold_out.since or 0))]


def _labelled(material: RowMeaning, told: Interactions, span: LogSpan) -> Examples:
    form = material.labels
    at = 0 if form.at is None else material.declaration.zone.end_of_day(date_of(form.at))
    return labelled(form, told, material.codes, span._replace(at=at))


def _known(material: RowMeaning, log: LearningLog, examples: Examples) -> RankingDataset:
    rows = examples.by_list()
    heads = rows.heads()
    hiding = heads.hidden != NOTHING_HIDDEN
    history, person = log.history, heads.person
    if hiding.any():
        codes = material.codes[heads.hidden]
        history, person = with_hidden(history, person, HELD, codes), np.arange(len(heads))
    found = RankingDataset(rows, _snapshots(material, history, person, heads.t), rows.lists)
    if material.labels.form != "granted":
        return found
    # Who is eligible stands for who was offered; what was got stays.
    day = material.labels.at or material.declaration.zone.today(material.end)
    answers = _judged(material, found.people, day)[rows.lists, rows.programme]
    return found[(answers != Answer.NO) | (rows.label > 0)]


def learned_from(material: RowMeaning, log: LearningLog) -> Interactions:
    """What people who are not held out were shown, opened and applied for, as far as it may be learned from."""
    since = material.hold_out.since
    told = log.interactions if since is None else interactions(log.history, min(log.until, since))
    return told[~hidden(material, log)[told.person]]


def hidden(material: RowMeaning, log: LearningLog) -> Bool:
    """Who is held out: bool[people]."""
    if log.held is not None:
        return log.held
    return material.hold_out.of(log.history.people, households(log.history) if material.hold_out.whole else None)


def judged(material: RowMeaning, log: LearningLog) -> Bool:
    """Who is judged: bool[people]; everybody, where a day divides what is learned from what is judged."""
    return hidden(material, log) | (material.hold_out.since is not None)


def _snapshots(material: RowMeaning, history: History, person: Int64, t: Int64) -> Snapshots:
    return snapshots(material.declaration, history, person, t, material.catalogue.receipts)


def _judged(material: RowMeaning, people: Snapshots, day: int) -> Int8:
    compiled = compile_catalogue(material.catalogue, people.columns, material.declaration, material.regions, day)
    return compiled.offerable(people.values, members=people.members)


def candidates(material: RowMeaning, log: LearningLog) -> Candidates:
    """Held-out people as known when the log ends, and every programme the rules do not exclude for them."""
    return candidates_of(material, log, judged(material, log))


def candidates_of(material: RowMeaning, log: LearningLog, who: Bool) -> Candidates:
    """The same for those of bool[people] who can be offered things: not those who are only somebody's child."""
    citizens = np.zeros(len(log.history.people), dtype=np.bool_)
    citizens[log.interactions.of(SHOWN, OPENED, APPLIED, ASKED, USED, HELD).person] = True
    told = np.flatnonzero(who & citizens)
    people = _snapshots(material, log.history, told, np.full(told.size, material.end, dtype=np.int64))
    day = material.declaration.zone.today(material.end)
    return Candidates(people, Pairs.permitted(_judged(material, people, day)))


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
    rows = at[known_pairs]
    due = None if table.eligible is None else table.eligible[rows]
    truth = KnownTakeUp(table.probability[rows], table.reachable[rows], due)
    return Candidates(found.people, found.pairs[known_pairs]), truth
