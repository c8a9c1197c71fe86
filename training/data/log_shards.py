"""Log shards: what a run may see of a log, as files of whole units, each read without the others."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from features.log.people_folder import history_of_table, history_table, records_of_table, some_of, whole_parts
from features.problem import Problem, Rejected
from features.whole_file import OWNER_ONLY, write_whole
from training.data.examples import LearningLog

if TYPE_CHECKING:
    import pyarrow

    from features.declaration.declaration import Declaration
    from features.log.history import Records

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
        for part in _parts(log, size):
            written = written.with_one(part)
        return written

    def with_one(self, log: LearningLog) -> LogShards:
        """Write the people of one more file.

        Raises:
            OSError: it cannot be written.
        """
        return replace(self, sha256=(*self.sha256, self._write(len(self.sha256), log)))

    def read(self, number: int, declaration: Declaration) -> LearningLog:
        """Return the people of one file.

        Raises:
            Rejected: it is not what was written.
            OSError: it cannot be read.
        """
        table = self._table(number)
        unit, held = (table[name].to_numpy() if name in table.column_names else None for name in ("unit", "held"))
        return LearningLog.of(history_of_table(table, declaration), unit, held, self.until)

    def records(self, number: int) -> Records:
        """Return the interactions and consents of one file alone; raises as `read`."""
        return records_of_table(self._table(number, ["records"]))

    def remove(self) -> None:
        """Remove the files."""
        for number in range(len(self.sha256)):
            self._file(number).unlink(missing_ok=True)

    def _file(self, number: int) -> Path:
        return self.path / f"log-{number:05d}.parquet"

    def _table(self, number: int, columns: list[str] | None = None) -> pyarrow.Table:
        import pyarrow as pa
        import pyarrow.parquet

        file = self._file(number)
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() != self.sha256[number]:
            raise Rejected([Problem((str(file),), "damaged", "is not what was written: its SHA-256 differs", _REMEDY)])
        return pyarrow.parquet.read_table(pa.BufferReader(content), columns=columns)

    def _write(self, number: int, log: LearningLog) -> str:
        """Write one file and return its SHA-256."""
        import pyarrow as pa
        import pyarrow.parquet

        columns = {"unit": log.unit, "held": log.held}
        table = history_table(log.history, records=True)
        for name, values in ((name, values) for name, values in columns.items() if values is not None):
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
        yield LearningLog.of(some_of(log.history, places), log.unit[places], log.held[places], log.until)
