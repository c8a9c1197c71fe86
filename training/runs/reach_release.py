"""Reach release: how many people are in each cell of facts and places, as one noised table that is paid for once."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from features.arrays import Int64
from features.snapshot import snapshots
from recommender.reach.cell_layout import CellLayout
from recommender.reach.noised_census import NoisedTable
from training.runs.cell_counts import CellUnits, CountedForm, PaidCounts, paid_counts

if TYPE_CHECKING:
    from pathlib import Path

    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from training.data.examples import LearningLog
    from training.data.material import TrainingData

__all__ = ["FORMAT", "STAGE", "read_table", "release"]

STAGE: Final = "reach"
FORMAT: Final = "proffer-reach-table-1"
_BLOCK: Final = 1 << 15


def release(material: TrainingData, run: RunRequest, layout: CellLayout, noise: Noise, folder: Path) -> PaidCounts:
    """Count everybody by cells with noise, or give what was released to the same question on the same day.

    Args:
        material: rows behind their gate.
        run: what may be spent, and by whom.
        layout: the cells.
        noise: where the noise comes from.
        folder: keeps what was released, so that it is never drawn twice; nobody else may ask at the same time.

    Raises:
        Rejected: the gate or the budget does not admit it.
    """
    why = "whom draft rules would reach, by places and facts, without a further question to the rows"
    form = CountedForm(STAGE, FORMAT, layout.to_document(), layout.size)
    cells_of = partial(_cells, material, layout)
    return paid_counts(material, replace(run, why=run.why or why), form, cells_of, noise, folder)


def _cells(material: TrainingData, layout: CellLayout, log: LearningLog) -> CellUnits:
    """The cell of everybody who may be counted, a block of people at a time."""
    many, found = len(log.history.people), list[Int64]()
    for first in range(0, many, _BLOCK):
        rows = np.arange(first, min(first + _BLOCK, many), dtype=np.int64)
        at = np.full(len(rows), material.end)
        found.append(
            layout.cells_of(snapshots(material.declaration, log.history, rows, at, material.catalogue.receipts))
        )
    unit = np.arange(many, dtype=np.int64) if log.unit is None else log.unit
    return CellUnits(np.concatenate([np.zeros(0, np.int64), *found]), unit)


def read_table(content: bytes) -> NoisedTable:
    """Read what was released and kept."""
    document = json.loads(content)
    counts = np.array(document["counts"], np.int64)
    return NoisedTable(CellLayout.of_document(document["layout"]), counts, document["deviation"], document["day"])
