"""Judged rows: held-out people's offers and candidates under every order of a run, from which all figures are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Float32, Float64
from features.log.interactions import APPLIED, OPENED
from features.problem import Problem, Rejected
from recommender.offers.offer_arrays import offer_arrays
from recommender.offers.utility import UtilityWeights
from recommender.ranking.design import DesignMatrix
from recommender.ranking.forest import Forest
from recommender.ranking.scorer import Pairs, Scores
from recommender.rules.clause import Answer
from recommender.rules.compiled import compile_catalogue
from recommender.rules.people_group import membership
from training.data.material import candidates, held_out_showings, judged, learned_from, what_passed, with_truth
from training.data.ranking_dataset import Candidates, KnownTakeUp, RankingDataset
from training.evaluation.evaluation import logistic_order, order, popularity, predicted
from training.evaluation.fairness import Entitlements, Told
from training.evaluation.observed_orders import CLASSES, EACH, Beside, share_taken
from training.policy.drawn_rounds import DrawnRounds, drawn_rounds, logged_chances
from training.rankers import tuned
from training.rankers.forest_ranker import ForestSettings, written

if TYPE_CHECKING:
    from recommender.ranking.attributes import Vocabulary
    from recommender.ranking.model import Model
    from training.data.examples import LearningLog
    from training.data.material import TrainingData


@dataclass(frozen=True)
class JudgedRows:
    """Held-out people's rows under every order.

    Attributes:
        told: what they were offered, and what they did.
        told_scores: how each order scores these rows, by name.
        predicted: the chance of taking each of them up, by orders that have chances.
        some: what can be offered to them at the end of the log; where the truth is known, what it is known of.
        scores: how each order scores these pairs.
        truth: what they would take up; None where nobody knows.
        owed: what of these pairs is due, and who is of which group then.
        answered: what they did with what they were offered, and who was of which group at the time.
        drawn: where among what they were offered chance decided what stood where.
    """

    told: RankingDataset
    told_scores: Mapping[str, Float64]
    predicted: Mapping[str, Float64]
    some: Candidates
    scores: Mapping[str, Float64]
    truth: KnownTakeUp | None
    owed: Entitlements
    answered: Told
    drawn: DrawnRounds


def judged_rows(
    material: TrainingData, log: LearningLog, models: Mapping[str, Model], lists: RankingDataset, most: int,
    beside: Beside,
) -> JudgedRows:  # fmt: skip
    """Score held-out people's rows by every order of a run.

    Args:
        material: rows and, where there is one, the truth.
        log: as the gate gave it.
        models: by name; the first's vocabulary names the columns of what is learned beside them.
        lists: what the others were offered, from which what stands beside is learned.
        most: of at most so many offers; of more, of a plain sample of people's lists.
        beside: how many threads tuned LightGBM may use; 0 leaves it out.

    Raises:
        Rejected: none of them was offered anything.
    """
    told = held_out_showings(material, log, most, seed=0)
    if not len(told):
        what = f"nobody of them was {material.labels.offered}, so there is nothing to judge by"
        raise Rejected([Problem(("held-out people",), "missing", what, "Give more people, or another --hold-out")])
    could = candidates(material, log)
    some, truth = with_truth(material, could) or (could, None)
    taken, vocabulary = share_taken(lists, len(material.codes)), next(iter(models.values())).vocabulary
    programme = some.pairs.programme
    told_scores = {"popularity": taken[told.examples.programme]}
    chances = dict(told_scores)
    scores = {
        "popularity": popularity(learned_from(material, log), material.codes, APPLIED)[programme],
        "views": popularity(learned_from(material, log), material.codes, OPENED)[programme],
        "logistic": logistic_order(some, lists, material.catalogue, vocabulary),
    }
    if beside.tuned_threads:
        for name, both in _tuned(material, told, some, lists, vocabulary, beside.tuned_threads).items():
            told_scores[name], scores[name] = both[: len(told)], both[len(told) :]
    for name, model in models.items():
        found = scored_offers(model, told, material)
        told_scores[name], chances[name] = found.score, found.probability
        scores[name] = order(model, some, material.catalogue)
    owed, answered = entitlements(material, some, truth), what_was_told(material, told)
    passed = what_passed(log, log.until, judged(material, log))
    drawn = drawn_rounds(told.examples, logged_chances(passed, told.examples, material.codes))
    return JudgedRows(told, told_scores, chances, some, scores, truth, owed, answered, drawn)


def scored_offers(model: Model, told: RankingDataset, material: TrainingData) -> Scores:
    """A model's scores and chances of offers in first place; a forest's chances are of where each was shown."""
    attributes = model.attributes(material.catalogue, told.people.declaration)
    found = model.score(told.people, attributes, Pairs(told.at, told.examples.programme))
    if isinstance(model, Forest):
        return replace(found, probability=predicted(model, told, material.catalogue))
    return found


def _tuned(
    material: TrainingData, told: RankingDataset, some: Candidates, lists: RankingDataset, vocabulary: Vocabulary,
    threads: int,
) -> dict[str, Float64]:  # fmt: skip
    """Tuned LightGBM's scores of what was offered and, after these, of what could be."""
    catalogue = material.catalogue
    table = DesignMatrix.of(told.people.declaration, vocabulary)
    attributes = vocabulary.attributes(catalogue, told.people.declaration)

    def known(rows: Float32) -> Float32:
        return rows[:, : table.person.size]

    offered, could = written(told, catalogue, vocabulary), table.rows(some.people, attributes, some.pairs)
    sides = tuned.Sides(
        known(written(lists, catalogue, vocabulary)), lists.examples, lists.of_one_in(ForestSettings.validate_every),
        np.concatenate([known(offered), known(could)]), np.r_[told.examples.programme, some.pairs.programme], threads,
    )  # fmt: skip
    return {EACH: tuned.per_programme(sides), CLASSES: tuned.of_classes(sides)}


def entitlements(material: TrainingData, some: Candidates, truth: KnownTakeUp | None) -> Entitlements:
    """What is due to held-out people of what can be offered to them, by its worth in a year.

    Where the truth is written, due is what an office that knows everything would grant, by the chance that it is taken
    up; where it is not, what the rules say yes to.
    """
    people, pairs = some.people, some.pairs
    day = material.declaration.zone.today(material.end)
    compiled = compile_catalogue(material.catalogue, people.columns, material.declaration, material.regions, day)
    table = offer_arrays(compiled)
    won = UtilityWeights().comparable_won(table.usual, table.gives)[pairs.programme]
    if truth is not None and truth.eligible is not None:
        need = truth.probability * truth.eligible
    else:
        answers = compiled.offerable(people.values, members=people.members)
        need = (answers[pairs.person, pairs.programme] == Answer.YES).astype(np.float64)
    return Entitlements(pairs.person, won * need, need, membership(material.groups, people, material.regions, day))


def what_was_told(material: TrainingData, told: RankingDataset) -> Told:
    """What held-out people were offered and did, and of which groups they were then."""
    day = material.declaration.zone.today(material.end)
    answers = membership(material.groups, told.people, material.regions, day)
    return Told(told.examples.person, told.examples.label, answers[told.at])
