"""Dot chart: means with their intervals on one axis, row by row, as places of a picture and as the table below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

WIDE: Final = 1000.0
_ROOM: Final = 0.06


class Dot(NamedTuple):
    """A mean and how far chance moves it, to both sides."""

    mean: float
    error: float = 0.0

    def text(self, digits: int = 3) -> str:
        """As a table writes it.

        >>> Dot(0.5, 0.01).text()
        '0.500 ± 0.010'
        """
        return f"{self.mean:.{digits}f} ± {self.error:.{digits}f}"


class Mark(NamedTuple):
    """A dot in the picture's units: the ends of its interval and its middle, its series, and the colour it has."""

    low: str
    high: str
    middle: str
    series: int
    colour: int


@dataclass(frozen=True)
class DotChart:
    """Rows of dots, one for each series.

    Attributes:
        name: what the picture shows.
        series: the names of the dots of a row.
        rows: a label, and the dot of each series; None where there is none.
        heads: the heads of the table: of the label, and of each series.
        line: a value that a line is drawn at, such as no difference; None for none.
        strong: which row is set apart; None for none.

    >>> chart = DotChart("NDCG", ("a",), (("x", (Dot(0.5, 0.1),)), ("y", (Dot(0.7),))), ("order", "a"))
    >>> chart.low, chart.high
    ('0.382', '0.718')
    >>> chart.marks[0][0].middle
    '351.2'
    """

    name: str
    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Dot | None, ...]], ...]
    heads: tuple[str, ...]
    line: float | None = None
    strong: int | None = None

    @property
    def low(self) -> str:
        """What the left edge stands for."""
        return f"{self.ends[0]:.3g}"

    @property
    def high(self) -> str:
        """What the right edge stands for."""
        return f"{self.ends[1]:.3g}"

    @cached_property
    def marks(self) -> list[list[Mark]]:
        """Of each row its dots."""
        return [
            [
                Mark(
                    self._at(dot.mean - dot.error),
                    self._at(dot.mean + dot.error),
                    self._at(dot.mean),
                    at,
                    1 if place == self.strong else at,
                )
                for at, dot in enumerate(dots)
                if dot is not None
            ]
            for place, (_, dots) in enumerate(self.rows)
        ]

    @property
    def line_at(self) -> str | None:
        """Where the line is drawn."""
        return None if self.line is None else self._at(self.line)

    @property
    def table(self) -> list[list[str]]:
        """The same values as text."""
        return [[label, *("" if dot is None else dot.text() for dot in dots)] for label, dots in self.rows]

    @cached_property
    def ends(self) -> tuple[float, float]:
        """What the edges stand for: the outermost ends of the intervals and the line, and some room beside them."""
        dots = [dot for _, row in self.rows for dot in row if dot is not None]
        found = [side for dot in dots for side in (dot.mean - dot.error, dot.mean + dot.error)] or [0.0, 1.0]
        found += [] if self.line is None else [self.line]
        room = _ROOM * (max(found) - min(found)) or 0.01
        return min(found) - room, max(found) + room

    def _at(self, value: float) -> str:
        low, high = self.ends
        return f"{WIDE * min(max((value - low) / (high - low), 0.0), 1.0):.1f}"


@dataclass(frozen=True)
class Calibration:
    """Predicted against observed, as points with intervals beside the line on which both are alike.

    Attributes:
        name: what the picture shows.
        heads: of the table: predicted, observed, rows.
        points: predicted, observed with its interval, and how many rows.
    """

    name: str
    heads: tuple[str, str, str]
    points: Sequence[tuple[float, Dot, int]]

    @property
    def most(self) -> float:
        """What both edges stand for."""
        return max([max(one, dot.mean + dot.error) for one, dot, _ in self.points], default=1.0) * 1.05 or 1.0

    @property
    def places(self) -> list[tuple[str, str, str, str]]:
        """Each point in a square of 300: across, down, and the ends of its interval."""
        return [
            (
                self._at(one), self._at(self.most - dot.mean), self._at(self.most - dot.mean - dot.error),
                self._at(self.most - max(dot.mean - dot.error, 0.0)),
            )
            for one, dot, _ in self.points
        ]  # fmt: skip

    @property
    def table(self) -> list[list[str]]:
        """The same values as text."""
        return [[f"{one:.3f}", dot.text(), f"{rows:,}"] for one, dot, rows in self.points]

    def _at(self, value: float) -> str:
        return f"{300.0 * min(max(value / self.most, 0.0), 1.0):.1f}"
