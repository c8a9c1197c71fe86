"""The interval of values that one comparison of a rule accepts."""

from __future__ import annotations

Interval = tuple[int, int]
"""The least and the greatest value, both included; empty where the first is above the second."""


def interval_of(op: str, bound: int, least: int, most: int) -> Interval:
    """Return the values that `below`, `at_most`, `above` or `at_least` a bound accept, within `least` and `most`.

    >>> interval_of("below", 65, 0, 150), interval_of("at_least", 19, 0, 150)
    ((0, 64), (19, 150))
    """
    low = {"above": bound + 1, "at_least": bound}.get(op, least)
    return low, {"below": bound - 1, "at_most": bound}.get(op, most)
