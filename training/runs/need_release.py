"""Need release: unmet need of real people, by event and province, as one noised table that is paid for once."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int64
from recommender.reach.unmet_need import NeedLayout, NeedRules, NeedTable, need_cells
from training.runs.cell_counts import CellUnits, CountedForm, PaidCounts, paid_counts

if TYPE_CHECKING:
    from pathlib import Path

    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from training.data.examples import LearningLog
    from training.data.material import TrainingData

__all__ = ["FORMAT", "STAGE", "read_need", "release_need"]

STAGE: Final = "unmet"
FORMAT: Final = "proffer-unmet-table-1"


def release_need(
    material: TrainingData, run: RunRequest, layout: NeedLayout, rules: NeedRules, noise: Noise, folder: Path
) -> PaidCounts:
    """Count what people found after events, with noise, or give what was released to the same question on the same day.

    All events of a unit together weigh at most as much as its people do in a table of reach.

    Args:
        material: rows behind their gate.
        run: what may be spent, and by whom.
        layout: the cells.
        rules: by what it is judged what there was.
        noise: where the noise comes from.
        folder: keeps what was released; nobody else may ask at the same time.

    Raises:
        Rejected: the gate or the budget does not admit it.
    """
    why = "after which events of their lives people find nothing, by province"
    form = CountedForm(STAGE, FORMAT, layout.to_document(), layout.size)

    def cells_of(log: LearningLog) -> CellUnits:
        cells, person = need_cells(rules, log.history, layout)
        unit = person if log.unit is None else np.asarray(log.unit[person], np.int64)
        return CellUnits(cells, unit)

    return paid_counts(material, replace(run, why=run.why or why), form, cells_of, noise, folder)


def read_need(content: bytes) -> NeedTable:
    """Read what was released and kept."""
    document = json.loads(content)
    layout = NeedLayout.of_document(document["layout"])
    counts: Int64 = np.array(document["counts"], np.int64).reshape(layout.shape)
    return NeedTable(layout, counts, document["deviation"])
