"""Chart: an amount over time under its limit, as the points of a picture and as the table of the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDE: Final = 600.0
HIGH: Final = 200.0
HIGHEST: Final = 1e7  # an infinite amount is drawn as this one


@dataclass(frozen=True)
class Chart:
    """Steps of an amount, filled, under a line of its limit.

    Attributes:
        name: what the picture shows, for who cannot see it and as the caption.
        heads: the heads of the table: day, amount, limit.
        rows: a day, the amount and the limit as text, in order of time.

    >>> Chart("Spent", ("day", "spent", "cap"), (("2026-01-01", "1", "4"),)).line
    '0.0,7.7 600.0,7.7'
    """

    name: str
    heads: tuple[str, str, str]
    rows: tuple[tuple[str, str, str], ...]

    @property
    def area(self) -> str:
        """The points of the filled part in the picture's units, WIDE by HIGH, y downward; it is closed at the foot."""
        foot = f"{WIDE if self.rows else 0.0:.1f},{HIGH:.1f} 0.0,{HIGH:.1f}"
        return f"{self._steps(self._amounts)} {foot}".strip()

    @property
    def line(self) -> str:
        """The points of the limit."""
        return self._steps(self._limits)

    @property
    def _amounts(self) -> list[float]:
        return [min(float(amount), HIGHEST) for _, amount, _ in self.rows]

    @property
    def _limits(self) -> list[float]:
        return [float(limit) for _, _, limit in self.rows]

    def _steps(self, values: Sequence[float]) -> str:
        top = max([*self._amounts, *self._limits, 1e-9]) * 1.04
        sides = ((WIDE * (i + side) / len(values), value) for i, value in enumerate(values) for side in (0, 1))
        return " ".join(f"{x:.1f},{HIGH * (1 - value / top):.1f}" for x, value in sides)
