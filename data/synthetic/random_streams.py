"""Where every draw comes from: named streams of one seed, so that no part shifts another's numbers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from features.arrays import Array, Bool, Float64, Int64

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True)
class RandomStreams:
    """One seed and a place in the world; `at` goes deeper, `stream` starts drawing.

    >>> float(RandomStreams(7).stream("births").random()) == float(RandomStreams(7).stream("births").random())
    True
    >>> RandomStreams(7).at(3) == RandomStreams(7).at(4)
    False
    """

    seed: int
    place: tuple[int, ...] = ()

    def at(self, number: int) -> RandomStreams:
        """The same world, one block of people further in."""
        return RandomStreams(self.seed, (*self.place, number))

    def stream(self, name: str) -> np.random.Generator:
        """An independent generator for one purpose at this place."""
        key = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=4).digest(), "big")
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=(*self.place, key))))

    def salt(self, name: str) -> int:
        """A 64-bit number for one purpose, for draws that must not depend on order (see `pair_normal`)."""
        text = f"{self.seed}/{self.place}/{name}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def happens(rng: np.random.Generator, weights: Array, expected: float) -> Int64:
    """The rows something happens to, `expected` of them on average, in proportion to their weights."""
    total = float(weights.sum())
    if total <= 0 or expected <= 0:
        return np.zeros(0, np.int64)
    return np.flatnonzero(rng.random(len(weights)) * total < weights * expected)


def chosen(rng: np.random.Generator, rows: Array, share: float | Array) -> Bool:
    """Which of the rows are among the given share of all."""
    return np.asarray(rng.random(len(rows)) < share, dtype=np.bool_)


def pair_uniform(salt: int, left: Int64, right: Int64) -> Float64:
    """A uniform draw for each pair of numbers, the same for every caller and order (splitmix64).

    >>> pair_uniform(1, np.array([5]), np.array([9])).tolist() == pair_uniform(1, np.array([5]), np.array([9])).tolist()
    True
    """
    with np.errstate(over="ignore"):
        x = left.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + right.astype(np.uint64) * _GOLDEN + np.uint64(salt)
        for _ in range(2):
            x = (x ^ (x >> np.uint64(30))) * _MIX_1
            x = (x ^ (x >> np.uint64(27))) * _MIX_2
            x = (x ^ (x >> np.uint64(31))) + _GOLDEN
    return ((x >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def pair_normal(salt: int, left: Int64, right: Int64) -> Float64:
    """A standard normal draw for each pair of numbers (Box and Muller on two uniform draws)."""
    radius = np.sqrt(-2.0 * np.log(pair_uniform(salt, left, right)))
    return np.asarray(radius * np.cos(2.0 * np.pi * pair_uniform(salt ^ 0x5555555555555555, left, right)))
