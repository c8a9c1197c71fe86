"""Shrinkage: how far what private steps learned is believed beside the start, by the noise that is public."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from training.rankers.bilinear_arrays import FeatureMap
    from training.rankers.private_bilinear import PrivateBilinear
    from training.rankers.schedules import Hyperparameters


def shrunk(ranker: PrivateBilinear, row: Hyperparameters) -> PrivateBilinear:
    """Draw what was learned towards the start; it reads nothing but what was released, so it costs nothing.

    A score is start + learned, and noise is known to be part of what was learned. The best line through it (Wiener's)
    keeps signal / (signal + noise). What people differ by is thought to be a part of what programmes differ by, so that
    an order among programmes that are nearly as wanted as each other is not given up for noise; where all weights
    together are surely longer than noise, that counts as signal too, so that much of many people is kept.

    Args:
        ranker: after its steps; its weights are replaced.
        row: of the plan it learned by.
    """
    noise = ranker.noise_of_weights() ** 2
    if noise > 0 and row.personal > 0 and ranker.loss == "pointwise":  # of choices among many it was not tried
        learned = ranker.weights_
        flat = np.r_[learned.cross.ravel(), learned.beside][ranker.space_.learned]
        surely = max(float((flat**2).mean()) / noise - 1 - 2 * np.sqrt(2 / flat.size), 0.0)
        doubt = noise * reach_of(ranker.space_, row)
        signal = row.personal * float(ranker.start_.base.var()) + surely * doubt
        kept = signal / (signal + doubt)
        ranker.weights_ = replace(learned, cross=kept * learned.cross, beside=kept * learned.beside)
    return ranker


def reach_of(space: FeatureMap, row: Hyperparameters) -> float:
    """By how much the scores of one typical person differ between programmes, in squares, for weights that vary by 1.

    What is beside the crosses but a programme's own effect, few weights that few people share, is not counted.
    """
    spread = space.attributes.var(axis=0)
    crossed = spread[space.reach[0] : space.reach[1]].sum() * row.pairs**2 if space.pairs else 0.0
    return float(spread.sum() * (row.everybody**2 + row.person**2) + crossed + space.own**2)
