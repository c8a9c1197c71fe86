"""The private learner: what every pointwise private estimator shares - units, labels, schedule, and its mechanism."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags, check_consistent_length, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from features.arrays import Array, Float64, Int16, Int64
from privacy.accounting.mechanism import Mechanism, exact, non_private
from privacy.learning.noise import Noise
from privacy.learning.step import Schedule
from research.codebook import CodeBook, Column

Sigma = str | float | Decimal

FARTHEST: Final = 30.0
"""Scores are held this near to 0 before an exponential."""


@dataclass(frozen=True)
class LearnerRows:
    """Rows in codes, those of one unit side by side.

    Attributes:
        codes: int16[m, F].
        target: float64[m], 0 or 1; NaN where a label is none that was announced.
        at: int64[U + 1]: unit u owns rows `at[u]` to `at[u + 1]`.
    """

    codes: Int16
    target: Float64
    at: Int64

    @classmethod
    def of(cls, codes: Int16, target: Float64, unit: Int64) -> LearnerRows:
        """Rows in any order, with the unit of each."""
        order = np.argsort(unit, kind="stable")
        placed = unit[order]
        starts = np.flatnonzero(np.r_[True, placed[1:] != placed[:-1]][: placed.size])
        return cls(codes[order], target[order], np.r_[starts, placed.size].astype(np.int64))

    @property
    def units(self) -> int:
        """How many units there really are; private."""
        return self.at.size - 1

    def places_of(self, places: Int64) -> tuple[Int64 | slice, Int64]:
        """Which rows some units own (a slice where they are adjacent), and where each unit begins among them."""
        first, last = self.at[places], self.at[places + 1]
        at = np.r_[0, np.cumsum(last - first)].astype(np.int64)
        if places.size and last[-1] - first[0] == at[-1]:
            return slice(int(first[0]), int(last[-1])), at
        return np.repeat(first - at[:-1], np.diff(at)) + np.arange(at[-1]), at


class Unprotected:
    """Draws samples for a fit without privacy, which adds no noise: the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def gaussian(self, shape: int | tuple[int, ...], sigma: float) -> Float64:
        """Nothing is added.

        Raises:
            ValueError: noise was asked for, which a repeatable source may never give.
        """
        if sigma:
            raise ValueError("a fit without a source of noise was asked to add some")
        return np.zeros(shape)

    def uniform(self, count: int) -> Float64:
        """Independent values, uniform in [0, 1)."""
        return self._rng.random(count)


class PrivateLearner(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn ships no types
    """P(yes) from a table of numbers under differential privacy: a scikit-learn classifier of two classes.

    Every constructor argument is public. A unit's rows are one sample: summed, clipped once. What is released of them
    is `mechanism`, known before any row is seen; add or remove one unit. Unknown values (NaN) are allowed.

    A subclass says how many `steps` it makes, learns in `_learn` and scores in `_score`.
    """

    steps_parameter: ClassVar[str] = "steps"
    book: CodeBook | None
    units: int | None
    sigma: Sigma
    q: Sigma
    clip: float
    labels: Sequence[Any] | None
    seed: int

    def __sklearn_tags__(self) -> Tags:
        """Two classes; NaN allowed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    @property
    def schedule(self) -> Schedule:
        """The run that the arguments describe; where the number of units is not given, as for one."""
        steps = int(getattr(self, self.steps_parameter))
        return Schedule(self.units or 1, number(self.q), steps, number(self.sigma), self.clip)

    @property
    def mechanism(self) -> Mechanism:
        """What a fit does to the rows, for accountants; `non_private` where nothing protects them."""
        return self.schedule.mechanism() if number(self.sigma) else non_private()

    def fit(self, X: ArrayLike, y: ArrayLike, *, unit: ArrayLike | None = None, noise: Noise | None = None) -> Self:
        """Learn.

        Args:
            X: float[m, F], as the code book describes.
            y: one of `labels` each; a row with any other label contributes nothing. Where `labels` is None, which
                only a fit without noise may be, two classes.
            unit: whose row each is, [m] of anything that sorts; None where every row is a unit of its own.
            noise: `privacy.learning.noise.secure()`; None only where `sigma` is 0.

        Raises:
            TypeError: the code book is none: nothing else may say where to cut.
            ValueError: noise is needed and not there, or the number of units is not stated, or not two classes.
        """
        self._check(noise)
        table, target = self._validated(X, y)
        rows = LearnerRows.of(self._codes(table), target, _units(unit, len(table)))
        schedule = self.schedule if self.units else _sized(self.schedule, rows.units)
        self._learn(rows, schedule, noise or Unprotected(self.seed))
        return self

    def decision_function(self, X: ArrayLike) -> Float64:
        """Log-odds of the greater label, float64[m]; what the noise did to their scale is not corrected."""
        check_is_fitted(self)
        table: Float64 = validate_data(self, X, dtype=np.float64, ensure_all_finite=False, reset=False)
        return self._score(self._codes(table))

    def predict_proba(self, X: ArrayLike) -> Float64:
        """P(lesser label), P(greater label): float64[m, 2]."""
        yes = sigmoid(self.decision_function(X))
        return np.column_stack([1.0 - yes, yes])

    def predict(self, X: ArrayLike) -> Array:
        """The likelier label of each row."""
        yes = self.decision_function(X) > 0
        return np.asarray(self.classes_[yes.astype(np.int64)])

    @abstractmethod
    def _learn(self, rows: LearnerRows, schedule: Schedule, noise: Noise) -> None:
        """Learn, touching the rows through `schedule` only."""

    @abstractmethod
    def _score(self, codes: Int16) -> Float64:
        """Log-odds of rows in codes."""

    def _columns(self) -> tuple[Column, ...]:
        assert self.book is not None
        return self.book.of(self.n_features_in_)

    def _codes(self, X: Float64) -> Int16:
        assert self.book is not None
        return self.book.codes(X)

    def _check(self, noise: Noise | None) -> None:
        if type(self.book) is not CodeBook:
            raise TypeError(f"book is a CodeBook, written before the rows were seen, not {type(self.book).__name__}")
        if not number(self.sigma):
            return
        if noise is None:
            raise ValueError("a private fit needs a source of noise: pass noise=privacy.learning.noise.secure()")
        if self.units is None or self.labels is None:
            raise ValueError("a private fit never counts units or reads labels off the rows: state units and labels")

    def _validated(self, X: ArrayLike, y: ArrayLike) -> tuple[Float64, Float64]:
        if self.labels is not None and y is not None:
            table: Float64 = validate_data(self, X, dtype=np.float64, ensure_all_finite=False)
            label = column_or_1d(y)
            check_consistent_length(table, label)
            self.classes_ = np.array(self.labels)
            return table, _target(label, self.classes_)
        table, label = validate_data(self, X, y, dtype=np.float64, ensure_all_finite=False)
        check_classification_targets(label)
        self.classes_ = np.unique(label)
        if self.classes_.size != 2:
            raise ValueError(_classes_message(self.classes_.size))
        return table, _target(label, self.classes_)


def sigmoid(score: Float64) -> Float64:
    """The probability of log-odds, float64[m].

    >>> sigmoid(np.array([0.0]))
    array([0.5])
    """
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(score, -FARTHEST, FARTHEST))))


def unit_sums(gradient: Float64, at: Int64) -> Float64:
    """Rows' gradients added up by unit, float64[U, D]; rows of a unit are adjacent, from `at[u]` to `at[u + 1]`."""
    if at[-1] == at.size - 1:
        return gradient
    return np.asarray(np.add.reduceat(gradient, at[:-1], axis=0))


def number(written: Sigma) -> Decimal:
    """A number as people write it, or as numpy has it, exactly."""
    return exact(float(written)) if isinstance(written, float) else exact(written)


def _target(label: Array, classes: Array) -> Float64:
    known = np.where(label == classes[1], 1.0, 0.0)
    return np.where(np.isin(label, classes), known, np.nan)


def _units(unit: ArrayLike | None, rows: int) -> Int64:
    if unit is None:
        return np.arange(rows)
    check_consistent_length(unit, np.zeros(rows))
    return np.asarray(np.unique(np.asarray(unit), return_inverse=True)[1], dtype=np.int64)


def _sized(schedule: Schedule, units: int) -> Schedule:
    return Schedule(units, schedule.q, schedule.steps, schedule.sigma, schedule.clip)


def _classes_message(count: int) -> str:
    if count > 2:
        return f"Only binary classification is supported. The type of the target is multiclass ({count} classes)."
    return f"a fit needs rows of two classes; y has {count} class"
