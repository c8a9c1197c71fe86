"""A table as the private ranker that ships reads it: one programme is offered to everybody, and a yes takes it up."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Self

import numpy as np

from features.arrays import Float64, Int32, Int64
from privacy.accounting.mechanism import Mechanism
from privacy.learning.noise import Noise
from recommender.ranking.attributes import NUMBERS, BoundArrays, ProgrammeAttributes
from recommender.ranking.bilinear import AttributeScaler
from recommender.ranking.bins import Bins, Slot, paired
from recommender.ranking.programme_fit import Fits
from research.codebook import CodeBook, Column, Grid
from training.rankers.bilinear_arrays import Sample
from training.rankers.first_release import PLACES, released_start
from training.rankers.private_bilinear import PrivateBilinear
from training.rankers.private_ranker import estimator, space_of
from training.rankers.schedules import TrainingPlan, plan

_NONE: Final = np.zeros(0, dtype=np.int64)
_ONE: Final = ProgrammeAttributes(
    ids=("yes",), codes=np.array([1]), names=NUMBERS, values=np.zeros((1, len(NUMBERS)), dtype=np.float32),
    asks=BoundArrays(np.zeros(2, dtype=np.int64), _NONE, _NONE, _NONE, _NONE.astype(np.bool_)),
    trigger_at=np.zeros(2, dtype=np.int64), trigger=_NONE, amount=np.full(1, np.nan), within=np.full(1, np.nan),
    closes=np.full(1, np.nan),
)  # fmt: skip
"""A programme of which nothing is public but that it is one."""


class OfferedTable:
    """The ranker with its own plan, start, loss, classes and pairs of facts; nothing of it is set for the table.

    Args:
        book: what every column may hold; the classes that the ranker reads are its cuts and words.
        planned: how it learns.
    """

    def __init__(self, book: CodeBook, planned: TrainingPlan) -> None:
        """Read no row."""
        self.book, self.planned = book, planned
        slots = tuple(_slot(column) for column in book.columns)
        self.bins = Bins(slots, paired(slots, {slot.column for slot in slots}))

    @classmethod
    def of(cls, book: CodeBook, units: int, epsilon: Decimal, delta: Decimal) -> Self:
        """As `train --ranker private` would plan it for so many people."""
        return cls(book, plan(units, epsilon, delta, 1))

    @property
    def mechanism(self) -> Mechanism:
        """What a fit does to the rows."""
        return self.planned.mechanism()

    def fit(self, table: Float64, label: Int64, noise: Noise) -> PrivateBilinear:
        """Learn from one row of each person, all of whom noticed what they were asked."""
        row = self.planned.row
        reading = AttributeScaler.fit(_ONE, row.blocks, row.indicator)
        sample = self.sample(table, label)
        start = released_start(sample, PLACES, _ONE, self.planned.first, noise, self.planned.row.weighing)
        space = space_of(self.bins, reading, _ONE, Fits.none(1), self.planned)
        return estimator(self.planned).fit(sample, space, noise, start)

    def scores(self, fitted: PrivateBilinear, table: Float64) -> Float64:
        """The log-odds of a yes, float64[m]."""
        asked = self.sample(table, np.zeros(len(table), dtype=np.int64))
        return fitted.decision_function(asked, np.arange(len(table)))

    def sample(self, table: Float64, label: Int64) -> Sample:
        """The rows, each a list of one of somebody else."""
        people = np.arange(len(table) + 1)
        first = np.zeros(len(table), dtype=np.int32)
        said = np.asarray(label, dtype=np.float64)
        return Sample(people, people, self._bins_of(table), first, said, first, np.ones(len(table)))

    def _bins_of(self, table: Float64) -> Int32:
        codes = self.book.codes(table)
        out = np.zeros((len(table), 1 + len(self.bins.slots)), dtype=np.int32)
        for at, (slot, start) in enumerate(zip(self.bins.slots, self.bins.starts, strict=False)):
            unknown = codes[:, at] == self.book.columns[at].size - 1
            out[:, at + 1] = start + np.where(unknown, slot.classes + 1, codes[:, at])
        return self.bins.with_pairs(out)


def _slot(column: Column) -> Slot:
    """Its codes as classes; a word that is in no vocabulary is none of them."""
    if isinstance(column, Grid):
        return Slot(column.name, tuple(range(1, len(column.cuts) + 1)), ordered=True)
    return Slot(column.name, tuple(range(1, len(column.words))), ordered=False)
