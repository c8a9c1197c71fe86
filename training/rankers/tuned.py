"""Tuned: what anybody would try first, LightGBM for each programme and one over all as classes, to stand beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import lightgbm
import numpy as np

from features.arrays import Bool, Float32, Float64, Int64

if TYPE_CHECKING:
    from training.data.examples import Examples

GRID: Final = tuple((leaves, least) for leaves in (4, 8, 16) for least in (20,))
"""Leaves, and the fewest rows of one, that are tried; with steps of 0.05, early stopping, and 60 % of the columns."""
ROUNDS: Final = 1_000
_PATIENCE: Final = 30


class Sides(NamedTuple):
    """Labelled rows to learn from and rows to score, each with what is known of its person.

    Attributes:
        person: float32[m, F], of the rows to learn from.
        examples: those rows.
        aside: bool[m], the rows that choose among settings; then all m are learned from.
        told: float32[k, F], of the rows to score.
        programme: int64[k], their programmes.
        threads: of LightGBM.
    """

    person: Float32
    examples: Examples
    aside: Bool
    told: Float32
    programme: Int64
    threads: int


def per_programme(sides: Sides) -> Float64:
    """P(takes up) by a forest of each programme alone, tuned for it: float64[k]; its mean where it has one label."""
    out = np.zeros(sides.programme.size)
    for programme in np.unique(sides.programme).tolist():
        mine, scored = sides.examples.programme == programme, sides.programme == programme
        label = sides.examples.label
        parts = [mine & ~sides.aside, mine & sides.aside]
        if any(not 0 < label[part].sum() < part.sum() for part in parts):
            out[scored] = label[mine].mean() if mine.any() else 0.0
            continue
        fitted = _tuned(sides, label, parts, {"objective": "binary"})
        out[scored] = fitted.predict(sides.told[scored])
    return out


def of_classes(sides: Sides) -> Float64:
    """P(takes up this one of all) by one forest over the programmes as classes, tuned: float64[k]."""
    took = sides.examples.label > 0
    classes, place = np.unique(sides.examples.programme, return_inverse=True)
    parts = [took & ~sides.aside, took & sides.aside]
    objective = {"objective": "multiclass", "num_class": classes.size}
    chance = _tuned(sides, place.astype(np.float64), parts, objective).predict(sides.told)
    column = np.minimum(np.searchsorted(classes, sides.programme), classes.size - 1)
    known = classes[column] == sides.programme
    return np.where(known, np.asarray(chance)[np.arange(column.size), column], 0.0)


def _tuned(sides: Sides, label: Float64, parts: list[Bool], objective: dict[str, Any]) -> lightgbm.Booster:
    """The settings that predict the rows aside best, then learned from all rows as long."""
    found = []
    for leaves, least in GRID:
        settings = {
            **objective, "num_leaves": leaves, "min_data_in_leaf": least, "learning_rate": 0.05, "verbosity": -1,
            "feature_fraction": 0.6, "seed": 0, "deterministic": True, "num_threads": sides.threads,
        }  # fmt: skip
        learned, kept = (lightgbm.Dataset(sides.person[part], label[part]) for part in parts)
        stop = lightgbm.early_stopping(_PATIENCE, verbose=False)
        one = lightgbm.train(settings, learned, ROUNDS, valid_sets=[kept], callbacks=[stop])
        (loss,) = one.best_score["valid_0"].values()
        found.append((loss, one.best_iteration, settings))
    _, rounds, settings = min(found, key=lambda one: one[0])
    every = parts[0] | parts[1]
    return lightgbm.train(settings, lightgbm.Dataset(sides.person[every], label[every]), max(rounds, 1))
