"""Filed blocks: the blocks of a log that is larger than memory, each in a file of its own while the log is used."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from features.arrays import Int64
from features.log.households import households
from features.log.interactions import Interactions, interactions_among
from training.data.examples import LearningLog
from training.data.log_shards import LogShards

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from training.data.log_blocks import LogBlock


@dataclass(frozen=True)
class FiledBlock:
    """One block of the files; see `training.data.log_blocks.LogBlock`."""

    places: Int64
    shards: LogShards
    number: int
    declaration: Declaration

    def history(self) -> History:
        """Read its events."""
        return self.shards.read(self.number, self.declaration).history

    def interactions(self, until: int) -> Interactions:
        """Read its interactions alone."""
        return interactions_among(self.shards.records(self.number), until)


class FiledBlocks:
    """Everybody, in files of a folder that is removed with this object; see `training.data.log_blocks.LogBlocks`.

    Args:
        histories: of people who are in one of them each, no household in two; read by `declaration`.
        declaration: what events mean.
        whole: reads everybody at once.

    Raises:
        OSError: the folder for temporary files has no room.
    """

    def __init__(self, histories: Iterable[History], declaration: Declaration, whole: Callable[[], History]) -> None:
        folder = tempfile.mkdtemp(prefix="proffer-log-")  # for its owner alone
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._declaration, self._whole = declaration, whole
        self._shards = LogShards(Path(folder), (), until=0)
        names, homes = list[str](), list[Int64]()
        ends = [0]
        for history in histories:
            self._shards = self._shards.with_one(LearningLog.of(history))
            homes.append(households(history) + ends[-1])
            names += history.people
            ends.append(len(names))
        order = np.array(sorted(range(len(names)), key=names.__getitem__), np.int64)
        self.people = tuple(names[at] for at in order.tolist())
        place = np.empty(len(names), np.int64)
        place[order] = np.arange(len(names))
        self._places = np.split(place, ends[1:-1])
        self.households = place[np.concatenate(homes)[order]] if homes else place

    def __iter__(self) -> Iterator[LogBlock]:
        """Yield each block, read when it is asked for what it holds."""
        for number, places in enumerate(self._places):
            yield FiledBlock(places, self._shards, number, self._declaration)

    def whole(self) -> History:
        """Return the events of everybody at once, which may take much memory."""
        return self._whole()
