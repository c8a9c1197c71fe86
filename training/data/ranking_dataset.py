"""What rankers learn from and are judged on: labelled showings with snapshots, candidates, and the known truth."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from features.arrays import Bool, Float64, Int64
from features.value import identifier_code
from recommender.ranking.scorer import Pairs

if TYPE_CHECKING:
    from features.snapshot import Snapshots
    from training.data.examples import Examples


@dataclass(frozen=True)
class RankingDataset:
    """Labelled showings, those of one list side by side, and everybody as known just before.

    Attributes:
        examples: m rows.
        people: a snapshot for each list.
        at: int64[m], ascending: which snapshot each row belongs to.
    """

    examples: Examples
    people: Snapshots
    at: Int64

    def __len__(self) -> int:
        """How many rows."""
        return len(self.examples)

    def __getitem__(self, rows: Any) -> RankingDataset:
        """The rows that `rows` selects, in their order."""
        return RankingDataset(self.examples[rows], self.people, self.at[rows])

    def without(self, programmes: Collection[int]) -> RankingDataset:
        """As they would be had these places of the catalogue never been shown."""
        return self[~np.isin(self.examples.programme, list(programmes))]

    def of_one_in(self, every: int) -> Bool:
        """bool[m]: the rows of one person in so many; a salt keeps this apart from who is held out."""
        _, first, place = np.unique(self.examples.person, return_index=True, return_inverse=True)
        names = [self.people.people[row] for row in self.at[first]]
        codes = np.array([identifier_code(f"validation {name}") for name in names], dtype=np.int64)
        return np.asarray((codes % every == 0)[place])


@dataclass(frozen=True)
class KnownTakeUp:
    """What synthetic people would do, by pair; nothing but evaluation reads it.

    Attributes:
        probability: P(takes up | offered), float64[m].
        reachable: the best guess of it from what can be observed, float64[m].
        eligible: whether it is theirs by right, bool[m]; None where that was not written.
    """

    probability: Float64
    reachable: Float64
    eligible: Bool | None = None


@dataclass(frozen=True)
class Candidates:
    """Held-out people on one day and what the rules do not exclude for them."""

    people: Snapshots
    pairs: Pairs
