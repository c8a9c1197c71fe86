"""Examples: what people were shown and what came of it, each as the person was known just before it was shown."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from features.arrays import Bool, Float32, Float64, Int64
from features.log.interactions import Interactions, interactions
from features.log.versions import FOREVER
from training.data.log_blocks import OneBlock

if TYPE_CHECKING:
    from features.log.history import History
    from training.data.log_blocks import LogBlocks


NOTHING_HIDDEN: Final = -1
"""The programme hidden from a list where none is."""


class UnitsLeftOut(NamedTuple):
    """How many units nothing is learned from: exact, and only ever released with noise.

    Attributes:
        large: of more people than are learned from together.
        unreadable: with an event that cannot be used.
    """

    large: int = 0
    unreadable: int = 0


NONE_LEFT_OUT: Final = UnitsLeftOut()


@dataclass(frozen=True)
class LearningLog:
    """What the gate hands out: the events of the people who may be learned from or judged by.

    Attributes:
        blocks: their events, in blocks that are read one by one.
        unit: int64[people], which privacy unit each person is in; None where every person is one.
        held: bool[people], who is held out; None where their names still tell.
        until: the UTC second at which the log ends; what was recorded later is not learned from.
        left_out: the units that are not among them.
    """

    blocks: LogBlocks
    unit: Int64 | None = None
    held: Bool | None = None
    until: int = FOREVER
    left_out: UnitsLeftOut = NONE_LEFT_OUT

    @classmethod
    def of(
        cls, history: History, unit: Int64 | None = None, held: Bool | None = None, until: int = FOREVER,
        left_out: UnitsLeftOut = NONE_LEFT_OUT,
    ) -> LearningLog:  # fmt: skip
        """Return the log of a history that is in memory, which is one block."""
        return cls(OneBlock(history), unit, held, until, left_out)

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody in it, sorted."""
        return self.blocks.people

    def places_of(self, names: Sequence[str]) -> Int64:
        """Return the places of people who are in it: int64[n]."""
        return np.array([bisect_left(self.people, name) for name in names], np.int64)

    @property
    def history(self) -> History:
        """All events at once: only for who needs everybody together."""
        return self.blocks.whole()

    @property
    def interactions(self) -> Interactions:
        """What they were shown, opened and applied for, as the log held it at its end; of all at once."""
        return interactions(self.history, self.until)


@dataclass(frozen=True)
class Examples:
    """Labelled showings in the order in which they were recorded.

    Attributes:
        person: int64[m], the person's place in the history.
        t: int64[m], UTC seconds: the showing itself; what is known is what was recorded before it.
        programme: int64[m], the place in the catalogue.
        position: float32[m], from 1.
        channel: float32[m], the place in the declaration.
        label: float64[m], 1 where the person applied in time.
        opened: bool[m], whether the log says that they looked at it: opened it in time, or answered.
        looked: float64[m], how likely it was looked at: 1 until attention is learned (`training.rankers.attention`),
            but where the log says of each whether it was (`labels.yaml`: `opened: noticed`).
        weight: float64[m], how many showings each row stands for.
        hidden: int64[m], the programme whose events of holding it are hidden when the person is seen, or
            `NOTHING_HIDDEN`.
    """

    person: Int64
    t: Int64
    programme: Int64
    position: Float32
    channel: Float32
    label: Float64
    opened: Bool
    looked: Float64
    weight: Float64
    hidden: Int64

    def __len__(self) -> int:
        """How many rows."""
        return int(self.person.size)

    def __getitem__(self, rows: Any) -> Examples:
        """The rows that `rows` selects."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @cached_property
    def lists(self) -> Int64:
        """int64[m], which list each row is of: one person at one time with one hidden; numbered in that order."""
        keys = (self.hidden, self.t, self.person)
        order = np.lexsort(keys)
        starts = np.zeros(order.size, dtype=np.bool_)
        for key in keys:
            starts[1:] |= np.diff(key[order]) != 0
        found = np.empty(order.size, dtype=np.int64)
        found[order] = np.cumsum(starts)
        return found

    @property
    def attended(self) -> Float64 | None:
        """How likely each row was looked at; None where nothing says that any was not."""
        return None if (self.looked == 1).all() else self.looked

    def by_list(self) -> Examples:
        """The same rows with those of one list side by side."""
        return self[np.argsort(self.lists, kind="stable")]

    def heads(self) -> Examples:
        """One row of each list, in the order of its number: whom and when to take a snapshot, and what to hide."""
        return self[np.unique(self.lists, return_index=True)[1]]


def joined(parts: Sequence[Examples]) -> Examples:
    """The rows of several, one after the other; raises ValueError where there are none."""
    names = Examples.__dataclass_fields__
    return Examples(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def thinned(examples: Examples, most: int, rng: np.random.Generator) -> Examples:
    """At most about `most` rows: every list with an answer, and a share of the others that stands for all of them.

    Where the lists with an answer alone are more, a share of all lists stands for all. The weights undo the choice, so
    probabilities learned from the rows are those of all showings.
    """
    if len(examples) <= most:
        return examples
    kept = np.bincount(examples.lists, weights=examples.label)[examples.lists] > 0
    if kept.sum() >= most:
        kept[:] = False
    share = max((most - int(kept.sum())) / int((~kept).sum()), 1e-3)
    drawn = rng.random(int(examples.lists.max()) + 1)[examples.lists] < share
    weight = np.where(kept, examples.weight, examples.weight / share)
    return replace(examples, weight=weight)[kept | drawn]
