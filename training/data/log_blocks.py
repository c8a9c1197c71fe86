"""Log blocks: the events of many people in parts that are read one by one; what is in memory is one part."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from features.log.households import households
from features.log.interactions import Interactions, interactions

if TYPE_CHECKING:
    from features.arrays import Int64
    from features.log.history import History


class LogBlock(Protocol):
    """Some people with all their events; no household is in two blocks."""

    @property
    def places(self) -> Int64:
        """int64[n], ascending: the place of each of its people among everybody."""
        ...

    def history(self) -> History:
        """Return their events, each person at their place in the block."""
        ...

    def interactions(self, until: int) -> Interactions:
        """Return what they were shown, opened and applied for as held at a UTC second, by places in the block."""
        ...


class LogBlocks(Protocol):
    """Everybody, in blocks."""

    @property
    def people(self) -> tuple[str, ...]:
        """Their names, sorted."""
        ...

    @property
    def households(self) -> Int64:
        """int64[people], the household of each: the place of its first member."""
        ...

    def __iter__(self) -> Iterator[LogBlock]:
        """Yield one block after the other; there is one, if of nobody."""
        ...

    def whole(self) -> History:
        """Return the events of everybody at once, which may take much memory."""
        ...


class HistoryBlock(NamedTuple):
    """A history in memory as a block."""

    places: Int64
    held: History

    def history(self) -> History:
        """Return the history."""
        return self.held

    def interactions(self, until: int) -> Interactions:
        """Return its interactions."""
        return interactions(self.held, until)


class OneBlock:
    """Everybody in one block.

    Args:
        history: the events.
    """

    def __init__(self, history: History) -> None:
        self._history = history

    @property
    def people(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return self._history.people

    @cached_property
    def households(self) -> Int64:
        """int64[people], the household of each."""
        return households(self._history)

    def __iter__(self) -> Iterator[LogBlock]:
        """Yield the block."""
        yield HistoryBlock(np.arange(len(self.people), dtype=np.int64), self._history)

    def whole(self) -> History:
        """Return the history."""
        return self._history
