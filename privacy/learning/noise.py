"""Noise: where the randomness of a private release comes from, a cryptographic stream whose seed is never kept."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from features.arrays import Float64

DRAWS: Final = 4
"""Normal values that are added up to make one: an observer would have to guess all of them to learn from rounding."""

_KEY_BYTES, _NONCE_BYTES, _WORD_BYTES = 32, 16, 8
_SHIFT: Final = np.uint64(11)


class Noise(Protocol):
    """Where a run takes its randomness from; only tests make another one than `secure`."""

    def gaussian(self, shape: int | tuple[int, ...], sigma: float) -> Float64:
        """Independent normal values of mean 0 and standard deviation `sigma`."""
        ...

    def uniform(self, count: int) -> Float64:
        """Independent values, uniform in [0, 1)."""
        ...


class _Keystream:
    """Normal and uniform values made from ChaCha20; it shows nothing of its state, and cannot be copied or stored."""

    __slots__ = ("_words",)

    def __init__(self, words: Callable[[int], bytes]) -> None:
        self._words = words

    def __repr__(self) -> str:
        return "secure noise"

    def __reduce__(self) -> str:
        raise TypeError("noise is never copied or stored: who has it can take it off a release again")

    def uniform(self, count: int) -> Float64:
        words = np.frombuffer(self._words(count * _WORD_BYTES), dtype=np.uint64)
        return np.asarray((words >> _SHIFT) * 2.0**-53)

    def gaussian(self, shape: int | tuple[int, ...], sigma: float) -> Float64:
        count = int(np.prod(shape))
        total = np.zeros(count)
        for _ in range(DRAWS):
            total += self._normal(count)
        return (total * (sigma / math.sqrt(DRAWS))).reshape(shape)

    def _normal(self, count: int) -> Float64:
        half = (count + 1) // 2
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(half)))
        angle = 2.0 * math.pi * self.uniform(half)
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def secure() -> Noise:
    """A fresh source: the ChaCha20 keystream (RFC 8439) under a key from the operating system.

    The key is known only to the cipher of this process; a run cannot be repeated. Normal values by Box and Muller
    (1958), each the sum of `DRAWS`, against attacks on floating-point noise (Holohan & Braghin 2021,
    arXiv:2107.10138); what is released is rounded to a grid besides (`privacy.learning.step`).

    >>> secure().gaussian((2, 3), sigma=1.5).shape
    (2, 3)
    """
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms  # reading noise alone does not need it

    key, nonce = secrets.token_bytes(_KEY_BYTES), bytes(_NONCE_BYTES)
    stream = Cipher(algorithms.ChaCha20(key, nonce), mode=None).encryptor()
    return _Keystream(lambda size: stream.update(bytes(size)))
