"""Points of Ed25519: which 32 bytes are a public key that only the holder of its private half can sign for."""

from __future__ import annotations

from typing import Final

_PRIME: Final = 2**255 - 19
_SMALL: Final = frozenset(
    {0, 1, _PRIME - 1}
    | {
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)
"""The y coordinates of the eight points of small order: as keys they verify statements that nobody signed."""


def is_sound(public: bytes) -> bool:
    """Whether a public key is not of small order, and is written in its one form (RFC 8032, section 5.1.3).

    >>> is_sound(bytes(32)), is_sound(bytes([1]) + bytes(31)), is_sound(bytes([2]) + bytes(31))
    (False, False, True)
    """
    y = int.from_bytes(public, "little") & (2**255 - 1)
    return y < _PRIME and y not in _SMALL
