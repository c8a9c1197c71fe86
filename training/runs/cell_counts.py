"""Cell counts: how many people are in each of many cells, with noise, reserved and paid for once and kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from features.arrays import Int64
from features.canonical_json import canonical_text
from privacy.accounting import accountant
from privacy.accounting.mechanism import exact
from privacy.data_provenance import digest
from privacy.learning.step import Products, Schedule, Total
from privacy.spend import Spend
from privacy.unit import PrivacyUnit
from training.evaluation.release import bundle_mechanism

if TYPE_CHECKING:
    from privacy.accounting.mechanism import Mechanism
    from privacy.learning.noise import Noise
    from privacy.request import RunRequest
    from training.data.examples import LearningLog
    from training.data.material import TrainingData

__all__ = ["MOST_WEIGHT", "CellUnits", "CountedForm", "PaidCounts", "noised_counts", "paid_counts"]

MOST_WEIGHT: Final[Mapping[PrivacyUnit, float]] = {PrivacyUnit.PERSON: 1.0, PrivacyUnit.HOUSEHOLD: 2.0}
"""How far one unit more or less moves the table (L2): up to four people of a household, each in another cell, count
whole, and each person of a larger one less."""


@dataclass(frozen=True)
class CellUnits:
    """The cell of each person, or of each thing that happened to one, and their unit: int64[n] each."""

    cell: Int64
    unit: Int64


@dataclass(frozen=True)
class CountedForm:
    """What is counted.

    Attributes:
        stage: what a spend of it is called.
        format: the form of the file that keeps it.
        layout: which cells, as JSON values; all of it public.
        size: how many there are.
    """

    stage: str
    format: str
    layout: Mapping[str, Any]
    size: int


@dataclass(frozen=True)
class PaidCounts:
    """What was released, at what price.

    Attributes:
        content: the file that keeps it; its sha256 is in the ledger.
        spend: what it cost, by both accountants.
        spend_id: under which it was reserved and committed.
        kept: where that file is.
    """

    content: bytes
    spend: Spend
    spend_id: str
    kept: Path


def paid_counts(
    material: TrainingData,
    run: RunRequest,
    form: CountedForm,
    cells: Callable[[LearningLog], CellUnits],
    noise: Noise,
    folder: Path,
) -> PaidCounts:
    """Count by cells with noise, or give what was released to the same question on the same day.

    Args:
        material: rows behind their gate.
        run: what may be spent, by whom and why.
        form: what is counted.
        cells: finds the cells that count, of the rows.
        noise: where the noise comes from.
        folder: keeps what was released, so that it is never drawn twice; nobody else may ask at the same time.

    Raises:
        Rejected: the gate or the budget does not admit it.
    """
    gated = material.gate.admit_run(run).derived(cells)
    mechanism = bundle_mechanism(run.epsilon, run.delta)
    asked = _question(material, run, form, mechanism)
    spend = f"{form.stage}-{digest(canonical_text(asked).encode())[:32]}"
    kept = folder / f"{spend}.json"

    def learned(found: CellUnits) -> bytes:
        counts = noised_counts(found, form.size, MOST_WEIGHT[run.unit], mechanism, noise)
        document = {**asked, "format": form.format, "layout": form.layout, "counts": counts.tolist()}
        return json.dumps(document, sort_keys=True, allow_nan=False).encode() + b"\n"

    released = gated.once(spend, mechanism, learned, kept)
    return PaidCounts(released, Spend(accountant.price(mechanism, run.delta).epsilon, run.delta), spend, kept)


def _question(material: TrainingData, run: RunRequest, form: CountedForm, mechanism: Mechanism) -> dict[str, Any]:
    """What is asked, of public things only: the same question on the same day is the same spend."""
    return {
        "basis": run.basis.value, "cells": digest(canonical_text(form.layout).encode()),
        "day": material.declaration.zone.today(material.end), "declaration": material.declaration.hash,
        "delta": f"{run.delta:f}", "deviation": MOST_WEIGHT[run.unit] * float(mechanism["noise"]),
        "epsilon": f"{run.epsilon:f}", "population": run.population, "purpose": run.purpose,
        "requester": run.requester, "unit": run.unit.value,
    }  # fmt: skip


def noised_counts(found: CellUnits, cells: int, most: float, mechanism: Mechanism, noise: Noise) -> Int64:
    """How many people are in each cell, with noise, as whole numbers: one Gaussian release.

    Summed as gradients are (`privacy.learning.step`): each unit's counts are one vector, clipped to a length of `most`,
    in whole numbers of a grid. Rounding to people comes after the noise, and costs nothing.

    Args:
        found: the cell and the unit of each person.
        cells: how many there are.
        most: what one unit may add (L2).
        mechanism: Gaussian; its noise multiplier is for all cells together.
        noise: where it comes from.
    """
    order = np.lexsort((found.cell, found.unit))
    starts = np.flatnonzero(np.r_[True, np.diff(found.unit[order]) != 0][: len(order)])
    left = found.cell[order].astype(np.int32)[:, None]
    one = np.ones((len(order), 1))
    at = np.append(starts, len(order)).astype(np.int64)
    total = Total.empty((cells, 1))
    total.add(Products(at, left, one, one, np.zeros((len(starts), 0))), most)
    schedule = Schedule(1, exact(1), 1, exact(str(mechanism["noise"])), most)
    return np.rint(schedule.released(total, noise)).astype(np.int64)
