"""Shard check: people of a sweep that is done, drawn by a seed and each worked out alone, beside the rows of files."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from composition import reading
from composition.sweeping import ShardSweep, SweepFiles, swept_by
from features.shard_folder import done_or_told

if TYPE_CHECKING:
    from features.arrays import Int64
    from sweep.row_oracle import RowOracle

__all__ = ["ShardCheck", "oracle_of"]


@dataclass(frozen=True)
class ShardCheck:
    """What is looked at of each shard, wherever that is done: of whom nobody is drawn is not read.

    Every second person who is drawn is exchanged for one drawn among those of the same shard who have a household,
    something that lapses, or an open window of their own, as far as there are such.

    Attributes:
        work: the sweep, all of whose shards are there.
        people: how many are drawn of all shards.
        seed: what draws them.
    """

    work: ShardSweep
    people: int
    seed: int

    def __call__(self, shard: int) -> dict[str, Any]:
        """Return how many people of a shard were looked at, and of how many the rows are not those of each alone.

        Where the shard cannot be read, the problems for which it cannot.
        """
        return {"shard": shard, **done_or_told(lambda: self._looked(shard), self.work.people)}

    def shards(self) -> list[int]:
        """Return of which shards somebody is drawn."""
        import numpy as np

        ends, drawn = self._drawn()
        return [int(shard) for shard in np.unique(np.searchsorted(ends, drawn, side="right") - 1)]

    def halves(self, shard: int) -> tuple[Int64, Int64]:
        """Return whom of a shard is drawn, by their places in it; the second may be exchanged."""
        ends, drawn = self._drawn()
        mine = (drawn >= ends[shard]) & (drawn < ends[shard + 1])
        first, second = (drawn[some::2][mine[some::2]] - ends[shard] for some in (0, 1))
        return first, second

    def _drawn(self) -> tuple[Int64, Int64]:
        """Where the people of each shard begin and those of the last end, and whom of all of them is drawn."""
        import numpy as np

        from features.log.people_folder import PeopleFolder

        ends = np.cumsum([0, *(one.people for one in PeopleFolder.open(self.work.people).files)])
        rng = np.random.default_rng(self.seed)
        return ends, np.sort(rng.choice(ends[-1], min(self.people, int(ends[-1])), replace=False))

    def _looked(self, shard: int) -> dict[str, Any]:
        import numpy as np

        from features.log.people_folder import PeopleFolder
        from sweep.sweep_folder import SweepFolder

        declaration = swept_by(self.work.files)[0].definitions.declaration
        oracle = oracle_of(self.work.files).over(PeopleFolder.open(self.work.people).history(shard, declaration))
        first, second = self.halves(shard)
        intricate, both = np.flatnonzero(oracle.sweep.intricate()), np.concatenate((first, second))
        others = np.setdiff1d(intricate, both)
        many = min(second.size, others.size)
        if many:
            both[both.size - many :] = np.random.default_rng((self.seed, shard)).choice(others, many, replace=False)
        places, people = np.sort(both), oracle.sweep.calendar.history.people
        held: dict[str, list[tuple[Any, ...]]] = {people[place]: [] for place in places.tolist()}
        for row in SweepFolder(self.work.out, self.work.shards).rows(shard, held):
            held[row[0]].append(row)
        differ = sum(held[people[place]] != oracle.rows(place) for place in places.tolist())
        return {"people": places.size, "intricate": int(np.isin(places, intricate).sum()), "differ": differ}


@lru_cache(maxsize=1)
def oracle_of(files: SweepFiles) -> RowOracle:
    """What works people out alone, over nobody yet; made once by each process."""
    from sweep.row_oracle import RowOracle

    return RowOracle.of(swept_by(files)[1], reading.read_messages(country=files.country))
