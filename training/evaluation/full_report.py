"""Full report: everything that the page on a model shows beside its first figures, as one document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from privacy.data_provenance import DataKind
from recommender.rules.clause import Answer
from training.evaluation.corrected_orders import corrected_orders
from training.evaluation.leak_controls import leak_controls
from training.evaluation.person_figures import K, order_table
from training.evaluation.report_sections import (
    by_answers,
    by_group,
    by_programme_part,
    by_truth,
    calibration_by_month,
    calibration_by_programme,
)
from training.measures import places
from training.progress import Progress, silent

if TYPE_CHECKING:
    from features.arrays import Float64, Int64
    from recommender.ranking.model import Model
    from training.data.examples import LearningLog
    from training.data.material import TrainingData
    from training.data.ranking_dataset import RankingDataset
    from training.evaluation.evaluation_report import Report
    from training.evaluation.fairness import Entitlements
    from training.evaluation.judged_rows import JudgedRows
    from training.rankers.forest_ranker import ForestSettings

MOST_EXAMPLES: Final = 5
CARD: Final = (
    "kind", "format", "run_id", "trained_at", "data_kind", "spend", "hold_out", "settings", "features_hash",
    "catalogue_hash", "artefact",
)  # fmt: skip
"""What a model card takes from the manifest."""


def full_report(
    material: TrainingData, log: LearningLog, lists: RankingDataset, report: Report, settings: ForestSettings,
    progress: Progress = silent,
) -> dict[str, Any]:  # fmt: skip
    """Every section, of a report that holds its rows.

    Args:
        material: rows behind their gate.
        log: as the gate gave it.
        lists: what people who are not held out were offered, from which the leak controls learn.
        report: the first figures, with the rows they are made from.
        settings: how the leak controls learn; fewer rounds are enough for them.
        progress: takes the step that begins.
    """
    rows = report.rows
    assert rows is not None, "what was just judged holds its rows"
    progress("figures by person, group and programme")
    owed, truth = rows.owed, by_truth(rows)
    slices = tuple(name for name in dict.fromkeys(("popularity", report.ranker, "lightgbm")) if name in rows.scores)
    told = tuple(name for name in slices if name in rows.told_scores)
    groups = [group.name for group in material.groups]
    progress("closing the gaps between groups")
    category = [one.category for one in material.catalogue.programmes]
    corrections = corrected_orders(material, rows, {name: rows.scores[name] for name in slices}, category)
    controls = leak_controls(material, log, lists, rows.told, settings, progress)
    return {
        "by_truth": order_table(truth, report.ranker),
        "by_answers": order_table(by_answers(rows), report.ranker),
        "by_group": by_group(truth, owed, groups, slices) if truth else [],
        **by_programme_part(material, log, rows, slices if rows.truth is not None else told),
        "calibration_by_programme": calibration_by_programme(material, rows, report.ranker),
        "calibration_by_month": calibration_by_month(rows, report.ranker),
        "corrections": [one.to_document() for one in corrections],
        "leak_controls": [one.to_document() for one in controls],
        "examples": _examples(material, rows, owed, report.ranker),
    }


def model_card(model: Model, material: TrainingData) -> dict[str, Any]:
    """What somebody has to know before they use a model: what it is, learned from whom, at what price, for what.

    Args:
        model: with its manifest.
        material: what it is judged on.
    """
    stated = {name: model.manifest[name] for name in CARD if name in model.manifest}
    return {
        **stated, "programmes": len(material.catalogue.programmes), "catalogue_judged_on": material.catalogue.hash,
        "declaration": material.declaration.hash, "groups": [group.name for group in material.groups],
        "labels": material.labels.form,
    }  # fmt: skip


def _examples(material: TrainingData, rows: JudgedRows, owed: Entitlements, ranker: str) -> list[Mapping[str, Any]]:
    """Lists of a few people who do not exist, one of each of the first groups; of people who may be real, none."""
    if material.gate.provenance.kind is not DataKind.SYNTHETIC:
        return []
    some, length = rows.some, np.bincount(rows.some.pairs.person, minlength=len(rows.some.people))
    chosen: list[int] = []
    for column in range(min(len(material.groups), MOST_EXAMPLES)):
        members = np.flatnonzero((owed.answers[:, column] == Answer.YES) & (length > K))
        chosen += [one for one in members.tolist() if one not in chosen][:1]
    names = [group.name for group in material.groups]
    return [
        {
            "person": some.people.people[one],
            "groups": [names[at] for at in np.flatnonzero(owed.answers[one] == Answer.YES).tolist()],
            "lists": {name: _first(material, rows, rows.scores[name], one) for name in ("popularity", ranker)},
        }
        for one in chosen
    ]


def _first(material: TrainingData, rows: JudgedRows, score: Float64, person: int) -> list[dict[str, Any]]:
    mine = np.flatnonzero(rows.some.pairs.person == person)
    place: Int64 = places(np.zeros(mine.size, dtype=np.int64), score[mine])
    first: Sequence[int] = mine[np.argsort(place)][:K].tolist()
    chance = None if rows.truth is None else rows.truth.probability
    programmes = [material.catalogue.programmes[rows.some.pairs.programme[at]] for at in first]
    return [
        {"id": one.id, "title": one.title.to_document(), "would_take_up": None if chance is None else float(chance[at])}
        for one, at in zip(programmes, first, strict=True)
    ]
