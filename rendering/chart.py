"""Chart: an amount over time under its limit, as the points of a picture and as the table of the same values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDE: Final = 600.0
HIGH: Final = 200.0
FAR: Final = 4.0
LOWEST: Final = 1e-9
_ROUND: Final = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 10.1)
HIGHEST: Final = 1e7  # an infinite amount is drawn as this one


@dataclass(frozen=True)
class Chart:
    """Steps of an amount, filled, under a line of its limit.

    Attributes:
        name: what the picture shows, for who cannot see it and as the caption.
        heads: the heads of the table: day, amount, limit.
        rows: a day, the amount and the limit as text, in order of time.

    The height is a round number. Where the limit is more than FAR times all amounts it lies above the picture, for
    otherwise nothing could be read of the amounts.

    >>> Chart("Spent", ("day", "spent", "cap"), (("2026-01-01", "1", "4"),)).line
    '0.0,40.0 600.0,40.0'
    >>> low = Chart("Spent", ("day", "spent", "cap"), (("2026-01-01", "0.97", "100"),))
    >>> low.highest, low.limit_is_above, low.area.split()[0]
    ('1.25', True, '0.0,44.8')
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
    def highest(self) -> str:
        """What the upper edge of the picture stands for."""
        return f"{self._top:.6g}"

    @property
    def limit_is_above(self) -> bool:
        """Whether the last limit lies above the picture."""
        return bool(self.rows) and self._limits[-1] > self._top

    @property
    def _top(self) -> float:
        most, limit = max(self._amounts, default=0.0), max(self._limits, default=0.0)
        shown = most * 1.1 if 0 < most * FAR < limit else max(most, limit, LOWEST) * 1.04
        power = 10.0 ** math.floor(math.log10(shown))
        return next(step * power for step in _ROUND if step * power >= shown)

    @property
    def _amounts(self) -> list[float]:
        return [min(float(amount), HIGHEST) for _, amount, _ in self.rows]

    @property
    def _limits(self) -> list[float]:
        return [float(limit) for _, _, limit in self.rows]

    def _steps(self, values: Sequence[float]) -> str:
        top = self._top
        sides = ((WIDE * (i + side) / len(values), value) for i, value in enumerate(values) for side in (0, 1))
        return " ".join(f"{x:.1f},{HIGH * (1 - value / top):.1f}" for x, value in sides)
