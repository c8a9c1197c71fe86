"""Boosted trees whose splits are drawn before a row is seen: all of the budget goes to the sums in their leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from features.arrays import Bool, Float64, Int16, Int32, Int64
from features.kernel.jit import njit
from privacy.learning.noise import Noise
from privacy.learning.step import Products, Schedule, Total
from research.codebook import CodeBook, Column, Grid
from research.learner import LearnerRows, PrivateLearner, Sigma, sigmoid

LEAST_RIDGE: Final = 20.0
"""What curvature sums are raised by even where no noise is added, in rows' worth of curvature."""


@dataclass(frozen=True)
class Splits:
    """The inner nodes of trees, level by level from the root: which column each asks, and which codes go right.

    Attributes:
        column: int16[T, N], N = 2**depth - 1.
        right: bool[T, N, M], M the most codes that a column has.
        depth: how many questions lead to a leaf.
    """

    column: Int16
    right: Bool
    depth: int

    @classmethod
    def draw(cls, columns: Sequence[Column], trees: int, depth: int, rng: np.random.Generator) -> Splits:
        """Splits that nothing but the code book has a say in.

        Every column is as likely; numbers are parted at one of their cuts, words into two halves at random, and what
        is unknown goes either way.
        """
        nodes, most = 2**depth - 1, max(column.size for column in columns)
        asked = rng.integers(0, len(columns), (trees, nodes)).astype(np.int16)
        right = rng.random((trees, nodes, most)) < 0.5
        for at, column in enumerate(columns):
            if isinstance(column, Grid):
                tree, node = np.nonzero(asked == at)
                cut = rng.integers(1, len(column.cuts) + 1, tree.size)
                right[tree, node, : len(column.cuts) + 1] = np.arange(len(column.cuts) + 1) >= cut[:, None]
        return cls(asked, right, depth)

    def __len__(self) -> int:
        return len(self.column)

    def leaves(self, codes: Int16, tree: int) -> Int32:
        """The leaf each row falls into in one tree, int32[m]."""
        found = np.empty(len(codes), dtype=np.int32)
        _fall(codes, self.column[tree], self.right[tree], self.depth, found)
        return found


@njit
def _fall(codes: Int16, column: Int16, right: Bool, depth: int, found: Int32) -> None:
    for row in range(codes.shape[0]):
        node = 0
        for _ in range(depth):
            node = 2 * node + (2 if right[node, codes[row, column[node]]] else 1)
        found[row] = node - (2**depth - 1)


class BoostedTrees(PrivateLearner):
    """Newton boosting on trees with random splits (after Kirschte et al. 2023, arXiv:2309.12041).

    A unit adds to each tree the sums of its rows' residuals and curvatures in the leaves they fall into, clipped
    together; only these sums, noised, are released. A leaf's step is its residuals over its curvature plus a ridge as
    large as the noise makes advisable.

    >>> X, y = np.arange(400.0).reshape(-1, 1), np.arange(400) >= 200
    >>> book = CodeBook((Grid("number", (50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0)),))
    >>> BoostedTrees(book, trees=50, depth=2, labels=(False, True)).fit(X, y).predict([[3.0], [390.0]])
    array([False,  True])
    """

    steps_parameter: ClassVar[str] = "trees"

    def __init__(
        self,
        book: CodeBook | None = None,
        *,
        units: int | None = None,
        sigma: Sigma = "0",
        trees: int = 600,
        depth: int = 4,
        learning_rate: float = 0.1,
        ridge: float = 2.5,
        q: Sigma = "1",
        clip: float = 0.8,
        labels: Sequence[Any] | None = (0, 1),
        seed: int = 0,
    ) -> None:
        """Keep the settings, all of them public.

        Args:
            book: what the columns may hold.
            units: how many units there are said to be.
            sigma: noise multiplier of each tree; 0 protects no one.
            trees: how many; each is one release.
            depth: questions to a leaf.
            learning_rate: what part of a leaf's Newton step is taken.
            ridge: added to a leaf's curvature, in standard deviations of the noise.
            q: the part of the units that each tree sees (Poisson).
            clip: the most that a unit weighs in one tree.
            labels: the two classes.
            seed: of the splits.
        """
        self.book = book
        self.units = units
        self.sigma = sigma
        self.trees = trees
        self.depth = depth
        self.learning_rate = learning_rate
        self.ridge = ridge
        self.q = q
        self.clip = clip
        self.labels = labels
        self.seed = seed

    def _learn(self, rows: LearnerRows, schedule: Schedule, noise: Noise) -> None:
        self.splits_ = Splits.draw(self._columns(), self.trees, self.depth, np.random.default_rng(self.seed))
        self.leaves_ = np.zeros((self.trees, 2**self.depth))
        score = np.zeros(len(rows.target))
        for tree in range(self.trees):
            leaf = self.splits_.leaves(rows.codes, tree)
            total = leaf_sums(rows, leaf, score, schedule.sampler.draw(rows.units, noise), self.depth, self.clip)
            sums = schedule.released(total, noise).reshape(-1, 2) * schedule.expected
            self.leaves_[tree] = self.learning_rate * sums[:, 0] / (np.maximum(sums[:, 1], 0.0) + self._ridge())
            score += self.leaves_[tree][leaf]

    def _score(self, codes: Int16) -> Float64:
        score = np.zeros(len(codes))
        for tree, value in enumerate(self.leaves_):
            score += value[self.splits_.leaves(codes, tree)]
        return score

    def _ridge(self) -> float:
        return max(LEAST_RIDGE, self.ridge * float(self.sigma) * self.clip)


def leaf_sums(rows: LearnerRows, leaf: Int32, score: Float64, places: Int64, depth: int, clip: float) -> Total:
    """The clipped sums of residuals and curvatures by leaf, over the units at some places: all a tree sees of rows.

    Args:
        rows: of all units.
        leaf: int32[m], where each falls.
        score: float64[m], log-odds so far.
        places: which units are in the sample.
        depth: of the tree.
        clip: the most that one unit adds (L2, over both sums of all leaves).
    """
    chance = sigmoid(score)
    right = np.column_stack([rows.target - chance, chance * (1.0 - chance)])
    taken, at = rows.places_of(places)
    total = Total.empty((2**depth, 2))
    beside = np.zeros((at.size - 1, 0))
    total.add(Products(at, leaf[taken][:, None], np.ones((at[-1], 1)), right[taken], beside), clip)
    return total
