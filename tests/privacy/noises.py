"""Noise that can be repeated, for tests only: nothing outside tests/ may construct it."""

import numpy as np


class Seeded:
    """The same values in the same order, every time."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def gaussian(self, shape, sigma):
        return self.rng.standard_normal(shape) * sigma

    def uniform(self, count):
        return self.rng.random(count)


class Silent(Seeded):
    """It draws samples, and adds nothing: for looking at sums."""

    def gaussian(self, shape, sigma):  # noqa: ARG002 - as every source of noise
        return np.zeros(shape)
