"""The code book: all that may be known of rows before a row is seen - cut points, vocabularies, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from features.arrays import Float64, Int16

UNKNOWN_WORDS: Final = ("", "?")
"""How files write an unknown value."""
OTHER: Final = -1.0
"""How a table writes a word that is in no vocabulary."""


@dataclass(frozen=True)
class Grid:
    """A column of numbers, cut at points that are public.

    Codes are 0 (below every cut) to `len(cuts)`, and one more for what is unknown: NaN, and infinities, which no
    record can hold. Beyond the outermost cuts a value counts as lying just beyond them.

    >>> Grid("age", (18.0, 65.0)).codes(np.array([17.0, 18.0, 99.0, np.nan])).tolist()
    [0, 1, 2, 3]
    """

    name: str
    cuts: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse cuts that are not finite and ascending."""
        sound = all(map(math.isfinite, self.cuts)) and all(map(float.__lt__, *_neighbours(self.cuts)))
        if not self.cuts or not sound:
            raise ValueError(f"{self.name}: cuts are one or more finite numbers, each above the last, not {self.cuts}")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.cuts) + 2

    def codes(self, values: Float64) -> Int16:
        """The code of each value, int16[n]."""
        place = np.searchsorted(np.asarray(self.cuts), values, side="right")
        return np.where(np.isfinite(values), place, self.size - 1).astype(np.int16)

    def number(self, text: str) -> float:
        """A value as files write it; NaN where it is unknown."""
        return math.nan if text in UNKNOWN_WORDS else float(text)


@dataclass(frozen=True)
class WordList:
    """A column of words from a vocabulary that is public; tables hold the place of a word in it.

    Codes are the places, one more for any other value, and one more for what is unknown.

    >>> WordList("sex", ("female", "male")).codes(np.array([1.0, 0.0, 7.0, -1.0, np.nan])).tolist()
    [1, 0, 2, 2, 3]
    """

    name: str
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a vocabulary that names a word twice, or none."""
        if not self.words or len(set(self.words)) != len(self.words):
            raise ValueError(f"{self.name}: a vocabulary names each of its words once")

    @property
    def size(self) -> int:
        """How many codes there are."""
        return len(self.words) + 2

    def codes(self, values: Float64) -> Int16:
        """The code of each value, int16[n]."""
        own = (values >= 0) & (values < len(self.words)) & (values == np.floor(values))
        place = np.where(own, values, len(self.words))
        return np.where(np.isnan(values), self.size - 1, place).astype(np.int16)

    def number(self, text: str) -> float:
        """A word's place, `OTHER` where it is in no vocabulary, NaN where it is unknown."""
        if text in UNKNOWN_WORDS:
            return math.nan
        return float(self.words.index(text)) if text in self.words else OTHER


Column = Grid | WordList


@dataclass(frozen=True)
class CodeBook:
    """What every column of a table may hold, written down before the rows were seen.

    It has no `fit`: there is no way to make one from rows.

    Attributes:
        columns: in the order of the table.
        rest: what further columns hold, where a table may have any number of them.
    """

    columns: tuple[Column, ...] = ()
    rest: Column | None = None

    def __post_init__(self) -> None:
        """Refuse a book of nothing."""
        if not self.columns and self.rest is None:
            raise ValueError("a code book describes at least one column")

    def of(self, width: int) -> tuple[Column, ...]:
        """The columns of a table of so many.

        Raises:
            ValueError: the book describes another number of columns.
        """
        further = width - len(self.columns)
        if further < 0 or (further and self.rest is None):
            raise ValueError(f"X has {width} columns, but the code book describes {len(self.columns)}")
        return self.columns if self.rest is None else self.columns + (self.rest,) * further

    def codes(self, X: Float64) -> Int16:
        """The table in codes, int16[n, F].

        Args:
            X: float64[n, F], numbers and places of words.
        """
        columns = self.of(X.shape[1])
        return np.column_stack([column.codes(X[:, at]) for at, column in enumerate(columns)])

    def table(self, rows: Sequence[Sequence[str]]) -> Float64:
        """Rows of text as a table of numbers, float64[n, F].

        >>> book = CodeBook((Grid("age", (18.0,)), WordList("sex", ("female", "male"))))
        >>> book.table([("39", "male"), ("?", "unheard of")])
        array([[39.,  1.],
               [nan, -1.]])
        """
        columns = self.of(len(self.columns))
        cells = [[column.number(cell) for column, cell in zip(columns, row, strict=True)] for row in rows]
        return np.array(cells, dtype=np.float64).reshape(-1, len(columns))


@dataclass(frozen=True)
class Indicators:
    """Codes as features of a linear model: which code, and for numbers on which side of each cut.

    Each column has length 1, a column of numbers twice (its code, and its sides, which let neighbouring codes learn
    from each other); so does the constant. Rows are scaled by what is public to a length of at most 1.

    >>> Indicators((Grid("age", (18.0, 65.0)),)).of(np.array([[0], [2]], dtype=np.int16)).round(2)
    array([[ 0.58,  0.  ,  0.  ,  0.  , -0.41, -0.41,  0.58],
           [ 0.  ,  0.  ,  0.58,  0.  ,  0.41,  0.41,  0.58]])
    """

    columns: tuple[Column, ...]

    @property
    def parts(self) -> int:
        """How many parts of length 1 a row has."""
        return 1 + sum(2 if isinstance(column, Grid) else 1 for column in self.columns)

    def of(self, codes: Int16) -> Float64:
        """The features of each row, float64[n, D]."""
        blocks = [block for at, column in enumerate(self.columns) for block in _blocks(column, codes[:, at])]
        table = np.concatenate([*blocks, np.ones((len(codes), 1))], axis=1)
        return np.asarray(table / math.sqrt(self.parts))


def _blocks(column: Column, codes: Int16) -> list[Float64]:
    which = np.eye(column.size)[codes]
    if isinstance(column, WordList):
        return [which]
    count = len(column.cuts)
    sides = np.where(codes[:, None] > np.arange(count), 1.0, -1.0) / math.sqrt(count)
    sides[codes > count] = 0.0  # the side is unknown
    return [which, sides]


def _neighbours(values: tuple[float, ...]) -> tuple[list[float], list[float]]:
    numbers = [float(value) for value in values]
    return numbers[:-1], numbers[1:]
