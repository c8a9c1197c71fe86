"""Learning shards: a private run's rows made and summed in shards of whole units, here or on a cluster."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import reading
from composition.settings import CountryFolder
from features.problem import Problem, Rejected
from features.shard_folder import MapShards, ShardFolder

if TYPE_CHECKING:
    from features.arrays import Int64
    from features.declaration.declaration import Declaration
    from recommender.rules.catalogue import Catalogue
    from recommender.rules.region import Regions
    from training.data.examples import LearningLog
    from training.data.hold_out import HoldOut
    from training.data.label_form import LabelForm
    from training.runs.unit_shards import ShardedUnits

SHARD: Final = 8_192
"""People in a shard."""
PRIVATE_FOLDER: Final = 0o700


@dataclass(frozen=True)
class MeaningFiles:
    """What rows mean, by the files that say so: what another process, or another machine, reads it from.

    Attributes:
        declaration: its folder; None for the country's.
        catalogue: its path; None for the country's.
        country: whose regions they are.
        hashes: of the declaration and of the catalogue, so that no shard is made by others.
        end: UTC seconds at which the log ends.
        hold_out: who is never learned from; names of people stay where rows are admitted.
        labels: what of the log is an offer, and what its answer.
    """

    declaration: Path | None
    catalogue: Path | None
    country: CountryFolder
    hashes: tuple[str, str]
    end: int
    hold_out: HoldOut
    labels: LabelForm

    def __call__(self) -> ReadMeaning:
        """Read the files, once in each process.

        Raises:
            Rejected: a file is wrong, or another than when the run began.
        """
        return _meaning(self)

    def absolute(self) -> MeaningFiles:
        """The same by paths that hold whatever folder a process runs in."""
        declaration, catalogue = (None if one is None else one.absolute() for one in (self.declaration, self.catalogue))
        return replace(
            self, declaration=declaration, catalogue=catalogue, country=CountryFolder(self.country.folder.absolute())
        )


@dataclass(frozen=True)
class ReadMeaning:
    """What the files say: a `training.data.material.RowMeaning`."""

    declaration: Declaration
    catalogue: Catalogue
    regions: Regions
    end: int
    hold_out: HoldOut
    labels: LabelForm

    @property
    def codes(self) -> Int64:
        """Identifier codes of the programmes, in catalogue order."""
        from training.data.material import codes_of

        return codes_of(self.catalogue)


@lru_cache(maxsize=1)
def _meaning(files: MeaningFiles) -> ReadMeaning:
    found = reading.read_definitions(files.declaration, files.catalogue, country=files.country)
    if (found.declaration.hash, found.catalogue.hash) != files.hashes:
        what, remedy = "are not what they were when the run began", "Train again into another folder"
        raise Rejected([Problem(("declaration", "catalogue"), "conflict", what, remedy)])
    return ReadMeaning(*found, files.end, files.hold_out, files.labels)


def check_shards(path: Path) -> None:
    """Refuse a folder of shards that holds something, before anything is paid; raises Rejected."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        what, remedy = "holds other files", "Name a folder that is empty, or not there yet"
        raise Rejected([Problem((f"--shards {path}",), "conflict", what, remedy)])


@dataclass(frozen=True)
class LearningShards:
    """Where and by whom shards are made and summed.

    Attributes:
        path: the folder that every place reads and writes; it is made for its owner alone.
        mapped: what calls a function for each shard.
        size: people in a shard, about.
    """

    path: Path
    mapped: MapShards
    size: int = SHARD

    def made(self, log: LearningLog, files: MeaningFiles) -> ShardedUnits:
        """Write an admitted log in shards and make the rows of each, which stay; the log's files are removed."""
        from training.data.log_shards import LogShards
        from training.runs.unit_shards import ShardedUnits, UnitShard

        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(PRIVATE_FOLDER)
        parts = LogShards.write(self.path, log, self.size)
        try:
            work = UnitShard(files, parts, ShardFolder(self.path, len(parts.sha256)))
            return ShardedUnits.made(work, self.mapped, log.left_out)
        finally:
            parts.remove()

    def remove(self) -> None:
        """Remove the folder and all that it holds."""
        shutil.rmtree(self.path, ignore_errors=True)
