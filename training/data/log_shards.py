"""Log shards: what a private run may see of a log, as files of whole units, each read without the others."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from features.log.people_folder import history_of_table, history_table, some_of, whole_parts
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from training.data.examples import LearningLog

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

_REMEDY: Final = "Train again into another folder"


@dataclass(frozen=True)
class LogShards:
    """Files of an admitted log, pseudonyms and all: who may read them sees what each person was shown and did.

    Attributes:
        path: the folder.
        sha256: of the bytes of each file, in order.
        until: the UTC second at which the log ends.
    """

    path: Path
    sha256: tuple[str, ...]
    until: int

    @classmethod
    def write(cls, path: Path, log: LearningLog, size: int) -> LogShards:
        """Write an admitted log in files of about `size` people, no unit in two, in the order of units.

        Raises:
            OSError: it cannot be written.
        """
        written = cls(path, (), log.until)
        digests = [written._write(number, part) for number, part in enumerate(_parts(log, size))]
        return cls(path, tuple(digests), log.until)

    def read(self, number: int, declaration: Declaration) -> LearningLog:
        """Return the people of one file.

        Raises:
            Rejected: it is not what was written.
            OSError: it cannot be read.
        """
        import pyarrow as pa
        import pyarrow.parquet

        file = self._file(number)
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256[number]:
            raise Rejected([Problem((str(file),), "damaged", "is not what was written: its SHA-256 differs", _REMEDY)])
        table = pyarrow.parquet.read_table(pa.BufferReader(content))
        unit, held = (table[name].to_numpy() for name in ("unit", "held"))
        return LearningLog(history_of_table(table, declaration), unit, held, self.until)

    def remove(self) -> None:
        """Remove the files."""
        for number in range(len(self.sha256)):
            self._file(number).unlink(missing_ok=True)

    def _file(self, number: int) -> Path:
        return self.path / f"log-{number:05d}.parquet"

    def _write(self, number: int, log: LearningLog) -> str:
        """Write one file and return its SHA-256."""
        import pyarrow as pa
        import pyarrow.parquet

        columns = {"unit": log.unit, "held": log.held}
        table = history_table(log.history, records=True)
        for name, values in columns.items():
            table = table.append_column(name, pa.array(values))
        content = io.BytesIO()
        pyarrow.parquet.write_table(table, content, compression="zstd")
        write_whole(self._file(number), content.getvalue(), mode=OWNER_ONLY)
        return hashlib.sha256(content.getvalue()).hexdigest()


def _parts(log: LearningLog, size: int) -> Iterator[LearningLog]:
    """The log of the people of each file; of nobody in one file, where there is nobody."""
    assert log.unit is not None, "people were admitted in units"
    assert log.held is not None, "and it was noted who is held out"
    for places in whole_parts(log.unit, size) or [np.zeros(0, np.int64)]:
        yield LearningLog(some_of(log.history, places), log.unit[places], log.held[places], log.until)
