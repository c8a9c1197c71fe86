"""The synthetic people that `demo` left in a home: their files go when one of them is erased there."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PERSON: Final = {"events.parquet": "subject", "truth/takeup.parquet": "person"}
"""The tables of people, and in which column of each one stands."""


@dataclass(frozen=True)
class DemoPeople:
    """The folder of a home's synthetic people."""

    folder: Path

    def named(self) -> Iterator[str]:
        """Yield everybody of whom a row is, or whom a row names, some more than once."""
        for name, column in _PERSON.items():
            if not (path := self.folder / name).is_file():
                continue
            import pyarrow.parquet as pq  # only in a home that has such people

            table = pq.read_table(path)
            yield from table.column(column).unique().to_pylist()
            if "data" in table.schema.names:
                for text in table.column("data").unique().to_pylist():
                    yield from _people_of(text or "")

    def erase(self, gone: Callable[[str], bool]) -> bool:
        """Delete the files where somebody in them is erased; return whether they were.

        What would be left without some people is not what the seed makes, so that its stamp could not be verified.
        """
        found = any(gone(name) for name in set(self.named()))
        if found:
            shutil.rmtree(self.folder)
        return found


def _people_of(text: str) -> Iterator[str]:
    """Everybody whom the data of an event names."""
    from features.log.rows import KIN, stated_in

    if '"about"' not in text and '"members"' not in text:
        return
    data: Any = json.loads(text)
    compact = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    if KIN in compact:
        yield from stated_in(compact)
    while isinstance(data, dict):
        yield from (entry["person"] for entry in data.get("about", ()))
        data = data.get("data")
