"""Stacked bar: the counts of a row as parts beside one another, as wide as they are of the row with most people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

WIDE: Final = 100.0
"""The width of a bar that holds as many as the longest does."""


def stacked(counts: Mapping[str, Any], kinds: Sequence[str], most: int | None) -> list[tuple[str, float, float]]:
    """Return the kind, the left edge and the width of each part; a count that is left out (None) has no width.

    Args:
        counts: the row, by kind.
        kinds: its parts from the left.
        most: how many people are as wide as the picture.

    >>> stacked({"yes": 1, "no": 3}, ("yes", "no"), 8)
    [('yes', 0.0, 12.5), ('no', 12.5, 37.5)]
    """
    parts, at = [], 0.0
    for kind in kinds:
        width = WIDE * (counts[kind] or 0) / most if most else 0.0
        parts.append((kind, round(at, 2), round(width, 2)))
        at += width
    return parts
