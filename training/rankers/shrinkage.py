"""Shrinkage: how far what private steps learned is believed beside the start, by the noise that is public."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
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
        flat = ranker.learned_from_nothing()
        surely = max(float((flat**2).mean()) / noise - 1 - 2 * np.sqrt(2 / flat.size), 0.0)
        doubt = noise * ranker.reach(row)
        signal = row.personal * float(ranker.start_.base.var()) + surely * doubt
        ranker.drawn_to_start(signal / (signal + doubt))
    return ranker
