"""Unit shards: the units of a private run in files that are made and summed one by one, wherever each is worked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from features.shard_folder import MapShards, ShardFolder, Told, done_or_told, refuse_told
from recommender.ranking.bins import Bins
from training.data.examples import NONE_LEFT_OUT, UnitsLeftOut
from training.rankers.private_ranker import LearningTerms, learn_from, sample_of
from training.rankers.sample_shards import ShardedSample, sample_table
from training.runs.private_run import lists_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from privacy.learning.noise import Noise
    from training.data.log_shards import LogShards
    from training.data.material import RowMeaning, TrainingData
    from training.progress import Progress
    from training.rankers.private_ranker import PrivateFit
    from training.rankers.schedules import TrainingPlan


@dataclass(frozen=True)
class UnitShard:
    """What is done with one file of an admitted log: its units' lists are found, as classes, and written as rows.

    Attributes:
        meaning: reads what the rows mean, once in each process.
        log: the files.
        folder: where the rows go.
    """

    meaning: Callable[[], RowMeaning]
    log: LogShards
    folder: ShardFolder

    def __call__(self, shard: int) -> Told:
        """Do one shard and return what is said of it, or the problems for which it is not there."""
        return {"shard": shard, **done_or_told(lambda: self._done(shard), self.folder.path)}

    def _done(self, shard: int) -> Told:
        meaning = self.meaning()
        found = lists_of(meaning, self.log.read(shard, meaning.declaration), held_out=False)
        sample = sample_of(found.lists, Bins.of(meaning.declaration), found.unit)
        return self.folder.write(shard, sample_table(sample), {"units": sample.units})


@dataclass(frozen=True)
class ShardedUnits:
    """The units of all shards, which are summed where they are; `training.runs.private_run.LearningUnits`."""

    sample: ShardedSample
    left_out: UnitsLeftOut = NONE_LEFT_OUT

    @classmethod
    def made(cls, work: UnitShard, mapped: MapShards, left_out: UnitsLeftOut) -> ShardedUnits:
        """Make the rows of every shard.

        Raises:
            Rejected: a shard cannot be made.
        """
        for told in mapped(work, range(work.folder.shards)):
            refuse_told(told)
        said = work.folder.finish()
        content, sizes = (one["content"] for one in said), (int(one["counts"]["units"]) for one in said)
        return cls(ShardedSample(work.folder, tuple(content), tuple(sizes), mapped), left_out)

    @property
    def units(self) -> int:
        """How many units were shown anything."""
        return self.sample.units

    def learned(self, material: TrainingData, chosen: TrainingPlan, noise: Noise, progress: Progress) -> PrivateFit:
        """Learn from their sums by a plan."""
        terms = LearningTerms(material.declaration, material.catalogue)
        return learn_from(self.sample, terms, chosen, noise, progress, threads=1)
