"""Programmes, conditions and shown lists of a random world, as the benchmark of the private ranker draws them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.arrays import Bool, Float32, Float64, Int32, Int64


@dataclass(frozen=True)
class Offers:
    """Programmes: what is public of them, what is not (`own`), and which two conditions they ask of people."""

    tags: Bool
    numbers: Float64
    text: Float64
    own: Float64
    asks: Int64

    def table(self) -> Float32:
        """Everything public, one row each."""
        return np.concatenate([self.tags, self.numbers, self.text], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Shown:
    """What people were shown: their attributes, lists side by side, answers and true probabilities in first place."""

    values: Float32
    known: Bool
    list_at: Int64
    programme: Int32
    label: Float64
    place: Float64
    truth: Float64
    fresh: bool

    @property
    def owner(self) -> Int64:
        """Whose each row is."""
        return np.repeat(np.arange(self.list_at.size - 1), np.diff(self.list_at))

    def first(self, people: int) -> Shown:
        """Of the first so many people only."""
        count = min(people, self.list_at.size - 1)
        rows = int(self.list_at[count])
        return Shown(
            self.values[:count], self.known[:count], self.list_at[: count + 1], self.programme[:rows],
            self.label[:rows], self.place[:rows], self.truth[:rows], self.fresh,
        )  # fmt: skip


@dataclass(frozen=True)
class Condition:
    """One attribute of a person above or below a threshold, or one of its choices."""

    column: int
    how: str
    value: float

    def of(self, values: Float32) -> Bool:
        """Who meets it."""
        column = values[:, self.column]
        if self.how == "equal":
            return np.asarray(column == self.value)
        return np.asarray(column > self.value if self.how == "above" else column < self.value)
