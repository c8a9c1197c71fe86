"""Block progress: how many people of a block count as made while it is being made, by shares of the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["BlockProgress", "Told", "nobody"]

Told = Callable[[int, int], object]
"""Takes how many steps of a part are done, and how many there are."""

_LIVES: Final = 0.5
"""The share of the work that is done once everybody has lived, as measured; the notice board is most of the rest."""
_BOARD: Final = 0.95


def nobody(done: int, steps: int) -> None:
    """Report to nobody."""


class BlockProgress:
    """Turns steps of the work on one block into people, each counted once.

    >>> heard = []
    >>> made = BlockProgress(100, heard.append)
    >>> made.lived(1, 2), made.lived(2, 2), made.noticed(1, 3), made.whole()
    (None, None, None, None)
    >>> heard, sum(heard)
    ([25, 25, 15, 35], 100)
    """

    def __init__(self, citizens: int, advance: Callable[[int], object]) -> None:
        """Begin a block of so many people; `advance` takes how many more are done."""
        self._citizens, self._advance, self._told = citizens, advance, 0

    def lived(self, done: int, steps: int) -> None:
        """So many months of their lives are over."""
        self._reach(_LIVES * done / steps)

    def noticed(self, done: int, steps: int) -> None:
        """So many rounds of visits to the board are over."""
        self._reach(_LIVES + (_BOARD - _LIVES) * done / steps)

    def whole(self) -> None:
        """Everything is written."""
        self._reach(1.0)

    def _reach(self, share: float) -> None:
        people = int(share * self._citizens)
        if people > self._told:
            self._advance(people - self._told)
            self._told = people
