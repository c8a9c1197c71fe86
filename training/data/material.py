"""Material: what a run learns from or is judged by, and the examples, people and candidates found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from features.arrays import Bool, Float64, Int8, Int64
from features.calendar import date_of
from features.log.hiding import with_hidden
from features.log.interactions import APPLIED, ASKED, HELD, OPENED, SHOWN, USED
from features.snapshot import Snapshots, joined, snapshots
from features.value import identifier_code
from recommender.ranking.scorer import Pairs
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from training.data.examples import NOTHING_HIDDEN, Examples, LearningLog, thinned
from training.data.hold_out import ONE_IN_FIVE, HoldOut
from training.data.label_form import SHOWN_THEN_APPLIED, LabelForm
from training.data.labelled import LogSpan, WhatPassed, labelled
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
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
    end, away = min(material.end, material.hold_out.since or material.end), hidden(material, log)
    examples = _labelled(material, learned_from(material, log), LogSpan(end, young=log.unit is None))
    if away[examples.person].any():
        examples = examples[~away[examples.person]]
    return _known(material, log, thinned(examples, most, np.random.default_rng(seed)))


def held_out_showings(material: RowMeaning, log: LearningLog, most: int, seed: int) -> RankingDataset:
    """Showings to held-out people, or of a plain sample of their lists where there are over `most` rows."""
    examples = held_out_rows(material, log)
    share = most / max(len(examples), 1)
    drawn = np.random.default_rng(seed).random(int(examples.lists.max(initial=-1)) + 1) < share
    return _known(material, log, examples[drawn[examples.lists]])


def held_out_rows(material: RowMeaning, log: LearningLog) -> Examples:
    """What is judged, before anybody is looked at."""
    kept = judged(material, log)
    examples = _labelled(material, what_passed(log, log.until, kept), LogSpan(material.end))
    return examples[kept[examples.person] & (examples.t >= (material.hold_out.since or 0))]


def _labelled(material: RowMeaning, told: Iterable[WhatPassed], span: LogSpan) -> Examples:
    form = material.labels
    at = 0 if form.at is None else material.declaration.zone.end_of_day(date_of(form.at))
    return labelled(form, told, material.codes, span._replace(at=at))


def what_passed(log: LearningLog, until: int, kept: Bool) -> Iterator[WhatPassed]:
    """What passed between those of bool[people] and programmes, as held at a UTC second, block by block."""
    for block in log.blocks:
        told = block.interactions(until)
        yield WhatPassed(block.places, told[kept[block.places][told.person]])


def _known(material: RowMeaning, log: LearningLog, examples: Examples) -> RankingDataset:
    rows = examples.by_list()
    heads = rows.heads()
    found = RankingDataset(rows, seen_at(material, log, heads.person, heads.t, heads.hidden), rows.lists)
    if material.labels.form != "granted":
        return found
    # Who is eligible stands for who was offered; what was got stays.
    day = material.labels.at or material.declaration.zone.today(material.end)
    answers = _judged(material, found.people, day)[rows.lists, rows.programme]
    return found[(answers != Answer.NO) | (rows.label > 0)]


def learned_from(material: RowMeaning, log: LearningLog) -> Iterator[WhatPassed]:
    """What people who are not held out were shown, opened and applied for, as far as it may be learned from."""
    since = material.hold_out.since
    yield from what_passed(log, log.until if since is None else min(log.until, since), ~hidden(material, log))


def hidden(material: RowMeaning, log: LearningLog) -> Bool:
    """Who is held out: bool[people]."""
    if log.held is not None:
        return log.held
    return material.hold_out.of(log.people, log.blocks.households if material.hold_out.whole else None)


def judged(material: RowMeaning, log: LearningLog) -> Bool:
    """Who is judged: bool[people]; everybody, where a day divides what is learned from what is judged."""
    return hidden(material, log) | (material.hold_out.since is not None)


def seen_at(
    material: RowMeaning, log: LearningLog, person: Int64, t: Int64, concealed: Int64 | None = None
) -> Snapshots:
    """People as known at instants, whose histories are read block by block.

    Args:
        material: what rows mean.
        log: everybody.
        person: int64[n], places among everybody.
        t: int64[n], UTC seconds.
        concealed: int64[n], the programme whose events of holding it each is seen without, or `NOTHING_HIDDEN`.
    """
    found, rows = list[Snapshots](), list[Int64]()
    receipts = material.catalogue.receipts
    for block in log.blocks:
        mine = np.flatnonzero(np.isin(person, block.places))
        if mine.size or not found:  # the first tells the columns, if of nobody
            history, local = block.history(), np.searchsorted(block.places, person[mine])
            if concealed is not None and (concealed[mine] != NOTHING_HIDDEN).any():
                codes = material.codes[concealed[mine]]
                history, local = with_hidden(history, local, HELD, codes), np.arange(mine.size)
            found.append(snapshots(material.declaration, history, local, t[mine], receipts))
            rows.append(mine)
    return joined(found, np.argsort(np.concatenate(rows)))


def _judged(material: RowMeaning, people: Snapshots, day: int) -> Int8:
    compiled = compile_catalogue(material.catalogue, people.columns, material.declaration, material.regions, day)
    return compiled.offerable(people.values, members=people.members)


def candidates(material: RowMeaning, log: LearningLog) -> Candidates:
    """Held-out people as known when the log ends, and every programme the rules do not exclude for them."""
    return candidates_of(material, log, judged(material, log))


def candidates_of(material: RowMeaning, log: LearningLog, who: Bool) -> Candidates:
    """The same for those of bool[people] who can be offered things: not those who are only somebody's child."""
    citizens = np.zeros(len(log.people), dtype=np.bool_)
    for told in what_passed(log, log.until, who):
        met = told.happened.of(SHOWN, OPENED, APPLIED, ASKED, USED, HELD)
        citizens[told.places[met.person]] = True
    place = np.flatnonzero(citizens)
    people = seen_at(material, log, place, np.full(place.size, material.end, dtype=np.int64))
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
