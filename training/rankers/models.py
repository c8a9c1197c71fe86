"""What learns from rows: the pooled boosted forest, the line that calibrates it, and the logistic baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

import lightgbm
import numpy as np
from lightgbm.callback import CallbackEnv
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import Tags, check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from features.arrays import Array, Float32, Float64, Int64
from recommender.ranking.forest import Trees, parse_trees
from training.measures import log_loss, slopes

if TYPE_CHECKING:
    from training.data.examples import Examples

Objective = Literal["pointwise", "lambdarank"]
_LEAST_CURVE = 1e-6
OBJECTIVES: tuple[Objective, ...] = ("pointwise", "lambdarank")


@dataclass(frozen=True)
class Validation:
    """Rows the trees never learn from: they say when to stop."""

    table: Float32
    label: Float64
    group: Int64 | None = None
    weight: Float64 | None = None
    start: Float64 | None = None
    looked: Float64 | None = None

    @classmethod
    def of(cls, table: Float32, examples: Examples, start: Float64) -> Validation:
        """Labelled rows whose log-odds begin at `start`."""
        return cls(table, examples.label, None, examples.weight, start, examples.looked)

    def loss(self, score: Float64, _: lightgbm.Dataset) -> tuple[str, float, bool]:
        """What LightGBM asks of a metric: its name, its value, and whether higher is better."""
        seen = 1.0 if self.looked is None else self.looked
        return "log_loss", log_loss(self.label, seen * probability(score), self.weight), False


class PooledForest(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """P(takes up | offered) by boosted trees on one row per (person, programme); a scikit-learn classifier.

    Two classes only; NaN is a value (unknown). Columns in `additive` get trees of their own, s = f(x) + g(column):
    how a place or a channel shifts every answer is learned beside what the person wants, and can be fixed afterwards.
    The fitted model is text (`text_`), read by `recommender.ranking.forest`; nothing is pickled. What the validation
    rows said after each round, as far as trees were grown, is `watched_`.

    >>> X, y = np.arange(400.0).reshape(-1, 1), np.arange(400) >= 200
    >>> PooledForest(rounds=5, min_leaf=20).fit(X, y).predict([[3.0], [390.0]])
    array([False,  True])
    """

    def __init__(
        self,
        *,
        objective: Objective = "pointwise",
        rounds: int = 100,
        patience: int = 0,
        leaves: int = 31,
        learning_rate: float = 0.1,
        min_leaf: int = 20,
        column_share: float = 1.0,
        l2: float = 0.0,
        additive: Sequence[int] = (),
        random_state: int | np.random.RandomState | None = 0,
        threads: int = 1,
    ) -> None:
        """Keep the settings; nothing is checked before `fit`, as scikit-learn asks."""
        self.objective = objective
        self.rounds = rounds
        self.patience = patience
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.min_leaf = min_leaf
        self.column_share = column_share
        self.l2 = l2
        self.additive = additive
        self.random_state = random_state
        self.threads = threads

    def __sklearn_tags__(self) -> Tags:
        """Two classes; NaN allowed."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        group: Int64 | None = None,
        position: Int64 | None = None,
        start: Float64 | None = None,
        looked: Float64 | None = None,
        validation: Validation | None = None,
        told: Callable[[int, int], object] | None = None,
    ) -> Self:
        """Grow the trees.

        Args:
            X: float[m, F].
            y: two classes; the greater one is taking up.
            sample_weight: float[m], or None for 1 each.
            group: for lambdarank, int64[m]: whose list each row belongs to, rows of one list side by side.
            position: for lambdarank, int64[m]: the place each row was shown at; LightGBM learns its bias and drops it.
            start: float64[m], log-odds that are known before any tree grows; they are not part of the fitted score.
            looked: float64[m], how likely each row was looked at: P(y) = looked x sigmoid(score); None is 1 each.
            validation: rows that decide when to stop.
            told: takes how many rounds are over, and how many there are at most, after each round.

        Raises:
            ValueError: more or fewer than two classes, or lambdarank without groups.
        """
        X, y = validate_data(self, X, y, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan")
        check_classification_targets(y)
        self.classes_, label = np.unique(y, return_inverse=True)
        if self.classes_.size != 2:
            raise ValueError(_classes_message(self.classes_.size))
        if self.objective == "lambdarank" and group is None:
            raise ValueError("lambdarank compares rows within lists: pass group, or use objective='pointwise'")
        weight = None if sample_weight is None else _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if weight is not None and not weight.any():
            raise ValueError("sample_weight is 0 for every row, so there is nothing to learn from")
        data = lightgbm.Dataset(X, label.astype(np.float64), weight=weight, init_score=start)
        if group is not None and self.objective == "lambdarank":
            data.set_group(_runs(group))
            data.set_position(position)
        booster = self._boost(data, looked, validation, told)
        self.text_: str = booster.model_to_string(num_iteration=booster.best_iteration or -1)
        self.rounds_: int = booster.best_iteration or booster.current_iteration()
        return self

    def decision_function(self, X: ArrayLike) -> Float64:
        """Raw scores, float64[m]: log-odds of taking up for pointwise, an order only for lambdarank."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=[np.float32, np.float64], ensure_all_finite="allow-nan", reset=False)
        return self.trees.raw(np.asarray(X))

    def predict_proba(self, X: ArrayLike) -> Float64:
        """P(not), P(takes up): float64[m, 2]; uncalibrated (`calibrate` fits a line on people the trees never saw)."""
        taking = probability(self.decision_function(X))
        return np.column_stack([1.0 - taking, taking])

    def predict(self, X: ArrayLike) -> Array:
        """The likelier class of each row."""
        check_is_fitted(self)
        return np.asarray(self.classes_[(self.decision_function(X) > 0).astype(np.int64)])

    @property
    def trees(self) -> Trees:
        """The fitted trees as the recommender walks them."""
        return parse_trees(self.text_)

    def _boost(
        self, data: lightgbm.Dataset, looked: Float64 | None, validation: Validation | None,
        told: Callable[[int, int], object] | None,
    ) -> lightgbm.Booster:  # fmt: skip
        watched: list[lightgbm.Dataset] = []
        said: dict[str, dict[str, list[float]]] = {}
        callbacks: list[Callable[[CallbackEnv], object]] = []
        if told is not None:
            callbacks.append(lambda env: told(env.iteration + 1, self.rounds))
        if validation is not None and self.patience:
            group = None if validation.group is None else _runs(validation.group)
            given = {"group": group, "weight": validation.weight, "init_score": validation.start}
            watched = [lightgbm.Dataset(validation.table, validation.label, reference=data, **given)]
            callbacks += [lightgbm.record_evaluation(said), lightgbm.early_stopping(self.patience, verbose=False)]
        settings, missed = self.parameters(), None
        if looked is not None and self.objective == "pointwise":
            settings |= {"objective": partial(_descent, looked), "metric": "None"}
            missed = None if validation is None else validation.loss
        booster = lightgbm.train(settings, data, self.rounds, valid_sets=watched, feval=missed, callbacks=callbacks)
        self.watched_ = tuple(value for figures in said.values() for series in figures.values() for value in series)
        return booster

    def parameters(self) -> dict[str, Any]:
        """The settings as LightGBM calls them."""
        ranking = {"objective": "lambdarank", "metric": "ndcg", "eval_at": [5], "lambdarank_truncation_level": 8}
        drawn = self.random_state
        seed = drawn if isinstance(drawn, int | np.integer) else check_random_state(drawn).randint(2**31 - 1)
        return {
            **({"objective": "binary", "metric": "binary_logloss"} if self.objective == "pointwise" else ranking),
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_leaf,
            "feature_fraction": self.column_share,
            "lambda_l2": self.l2,
            "interaction_constraints": self._apart(),
            "seed": int(seed),
            "deterministic": True,
            "force_col_wise": True,
            "num_threads": self.threads,
            "verbosity": -1,
        }

    def _apart(self) -> list[list[int]]:
        if not len(self.additive):
            return []
        alone = [int(column) for column in self.additive]
        together = [column for column in range(self.n_features_in_) if column not in alone]
        return [together, *([column] for column in alone)]


def _descent(looked: Float64, score: Float64, rows: lightgbm.Dataset) -> tuple[Float64, Float64]:
    """What LightGBM asks of an objective: slope and curvature of the loss at each row."""
    up, curve = slopes(score, rows.get_label(), looked)
    weight = rows.get_weight()
    each = 1.0 if weight is None else weight
    return -each * up, each * np.maximum(curve, _LEAST_CURVE)


def probability(score: Float64) -> Float64:
    """The probability of log-odds, float64[m].

    >>> probability(np.array([0.0]))
    array([0.5])
    """
    return np.asarray(1.0 / (1.0 + np.exp(-score)))


def _classes_message(count: int) -> str:
    if count > 2:
        return f"Only binary classification is supported. The type of the target is multiclass ({count} classes)."
    return f"a fit needs rows that took up and rows that did not; y has {count} class"


def _runs(group: Int64) -> Int64:
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return np.asarray(np.diff(np.r_[starts, group.size]), dtype=np.int64)


def calibrate(
    score: Float64, label: Float64, weight: Float64 | None = None, looked: Float64 | None = None
) -> tuple[float, float]:
    """Slope and intercept of the line in log-odds that makes scores probabilities (Platt 1999, with his priors).

    Args:
        score: float64[m], raw scores of people the model never learned from.
        label: float64[m], 0 or 1.
        weight: float64[m], how many rows each stands for; None is 1 each.
        looked: float64[m], how likely each was looked at; None is 1 each.

    Returns:
        slope (at least 0, so calibration never reorders against the model) and intercept.
    """
    each, seen = (np.ones(label.size) if some is None else some for some in (weight, looked))
    positive, negative = float((each * label).sum()), float((each * (1 - label)).sum())
    target = np.where(label > 0, (positive + 1) / (positive + 2), 1 / (negative + 2))
    line = np.array([1.0, 0.0])
    design = np.column_stack([score, np.ones_like(score)])
    for _ in range(50):
        taken, passed = (slopes(design @ line, at, seen) for at in (np.ones(label.size), np.zeros(label.size)))
        curve = (design * (each * taken[1])[:, None]).T @ design + 1e-9 * np.eye(2)
        up = target * taken[0] + (1 - target) * passed[0]
        line = line + np.clip(np.linalg.solve(curve, design.T @ (each * up)), -2.0, 2.0)
    return max(float(line[0]), 1e-6), float(line[1])


def logistic(columns: int, rows: int) -> Pipeline:
    """The logistic baseline on the same table: unknowns to the mean with a flag, standardised, ridge-penalised."""
    solver = "newton-cholesky" if rows > columns else "lbfgs"
    return make_pipeline(
        SimpleImputer(add_indicator=True, keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(C=0.05, solver=solver, max_iter=50),
    )
