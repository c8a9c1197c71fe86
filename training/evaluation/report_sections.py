"""Report sections: the same held-out rows by order, kind and age of programme, programme and month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.log.interactions import SHOWN
from recommender.rules.clause import Answer
from training.evaluation.fairness import FEWEST, clustered_share
from training.evaluation.person_figures import K, PersonFigures, person_figures
from training.measures import SURE, mixed, places, standard_error

if TYPE_CHECKING:
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.evaluation.fairness import Entitlements
    from training.evaluation.judged_rows import JudgedRows

AGES: Final = (("new", 90), ("under_a_year", 365), ("older", 10**6))
"""How long ago a programme was shown for the first time, at most so many days."""
DAY: Final = 86_400


def by_truth(rows: JudgedRows) -> dict[str, PersonFigures]:
    """Every order against what people would take up; nothing where nobody knows."""
    if rows.truth is None:
        return {}
    person, chance = rows.some.pairs.person, rows.truth.probability
    scores = {**rows.scores, "reachable": rows.truth.reachable}
    return {name: person_figures(person, person, score, chance, sure=False) for name, score in scores.items()}


def by_answers(rows: JudgedRows) -> dict[str, PersonFigures]:
    """Every order against what people took up of what they were offered, of lists that tell something."""
    told = rows.told
    kept = mixed(told.at, told.examples.label)
    if not kept.any():
        return {}
    lists, person, label = told.at[kept], told.examples.person[kept], told.examples.label[kept]
    return {
        name: person_figures(lists, person, score[kept], label, sure=True) for name, score in rows.told_scores.items()
    }


def by_group(
    figures: Mapping[str, PersonFigures], owed: Entitlements, names: Sequence[str], orders: Sequence[str]
) -> list[dict[str, Any]]:
    """NDCG@5 of some orders in each declared group, with the interval of the mean; small groups are left out.

    Args:
        figures: by order, of people numbered as in `owed`.
        owed: who is of which group.
        names: of the groups.
        orders: which orders.
    """
    found = []
    for column, name in enumerate(names):
        people = next(iter(figures.values())).people
        member = owed.answers[people, column] == Answer.YES
        if member.sum() >= FEWEST:
            values = {order: figures[order].values["ndcg@5"][member] for order in orders}
            means = {
                order: {"mean": float(one.mean()), "error": SURE * standard_error(one)} for order, one in values.items()
            }
            found.append({"group": name, "people": int(member.sum()), "orders": means})
    return found


def by_programme_part(
    material: TrainingData, log: LearningLog, rows: JudgedRows, orders: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Of what people want of a kind, or an age, of programmes: the share that each order puts in their first five.

    What is wanted is the chance of taking up, where the truth is known; else what was taken up of what was offered.
    """
    category = np.array([programme.category for programme in material.catalogue.programmes])
    categories = {str(name): category == name for name in np.unique(category)}
    parts = {"category": categories, "newness": _newness(material, log)}
    if rows.truth is not None:
        person, lists, programme = rows.some.pairs.person, rows.some.pairs.person, rows.some.pairs.programme
        wanted, scores = rows.truth.probability, rows.scores
    else:
        told = rows.told
        person, lists, programme = told.examples.person, told.at, told.examples.programme
        wanted, scores = told.examples.label, rows.told_scores
    first = {name: places(lists, scores[name]) < K for name in orders}
    return {
        kind: [
            {"part": name, "programmes": int(which.sum()), "orders": _recalls(first, wanted, person, which[programme])}
            for name, which in found.items()
            if np.unique(person[which[programme] & (wanted > 0)]).size >= FEWEST
        ]
        for kind, found in parts.items()
    }


def _recalls(first: Mapping[str, Bool], wanted: Float64, person: Int64, rows: Bool) -> dict[str, dict[str, float]]:
    found = {}
    for name, there in first.items():
        share, error = clustered_share(wanted[rows] * there[rows], wanted[rows], person[rows])
        found[name] = {"mean": share, "error": SURE * error}
    return found


def _newness(material: TrainingData, log: LearningLog) -> dict[str, Bool]:
    """By when a programme was first shown to anybody: new, under a year, older, or never."""
    order = np.argsort(material.codes)
    first = np.full(order.size, np.iinfo(np.int64).max)
    for block in log.blocks:
        shown = block.interactions(log.until).of(SHOWN)
        place = np.minimum(np.searchsorted(material.codes, shown.programme, sorter=order), order.size - 1)
        known = material.codes[order[place]] == shown.programme
        np.minimum.at(first, order[place[known]], shown.time[known])
    days, found, since = (material.end - first) // DAY, {}, -1
    for name, until in AGES:
        found[name] = (days > since) & (days <= until)
        since = until
    return {**found, "never": days < 0}


def calibration_by_programme(material: TrainingData, rows: JudgedRows, ranker: str) -> list[dict[str, Any]]:
    """Of each programme that was offered often enough: what was predicted, what was taken up, and its interval."""
    programmes = material.catalogue.programmes
    parts = [(programmes[at].id, rows.told.examples.programme == at) for at in range(len(programmes))]
    return _calibrated(rows, ranker, parts)


def calibration_by_month(rows: JudgedRows, ranker: str) -> list[dict[str, Any]]:
    """The same month by month, in order of time."""
    months = np.array([f"{datetime.fromtimestamp(t, UTC):%Y-%m}" for t in rows.told.examples.t.tolist()])
    return _calibrated(rows, ranker, [(str(month), months == month) for month in np.unique(months)])


def _calibrated(rows: JudgedRows, ranker: str, parts: Sequence[tuple[str, Bool]]) -> list[dict[str, Any]]:
    label, chance, person = rows.told.examples.label, rows.predicted[ranker], rows.told.examples.person
    found = []
    for name, which in parts:
        if np.unique(person[which]).size < FEWEST:
            continue
        share, error = clustered_share(label[which], np.ones(int(which.sum())), person[which])
        sums = {"rows": int(which.sum()), "predicted": float(chance[which].mean())}
        found.append({"part": name, **sums, "observed": share, "error": SURE * error})
    return found
