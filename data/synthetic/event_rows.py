"""Rows of the event log, still as columns: who, what, when, recorded when, and the payload's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from data.synthetic.kinds import TYPE
from data.synthetic.payload import Texts
from features.arrays import Bool, Int64

SOURCES = (
    "registry/residents",
    "registry/families",
    "registry/insurance",
    "registry/homes",
    "registry/welfare",
    "registry/tax",
    "registry/schools",
    "registry/health",
    "board",
    "agency",
    "citizen",
)
SOURCE = {name: number for number, name in enumerate(SOURCES)}


@dataclass(frozen=True)
class EventRows:
    """Events of one block: `person` is a row of it, `number` tells a person's events apart (-1: not given yet)."""

    person: Int64
    kind: Int64
    source: Int64
    happened: Int64
    recorded: Int64
    number: Int64
    data: Texts

    def __len__(self) -> int:
        """How many events."""
        return len(self.person)

    def take(self, rows: Int64 | Bool) -> EventRows:
        """Some of the events."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        columns = {name: getattr(self, name)[places] for name in _NUMBERS}
        return EventRows(**columns, data=self.data.take(pa.array(places)))

    def in_order(self) -> EventRows:
        """Ordered by person, then as recorded."""
        return self.take(np.lexsort((self.number, self.kind, self.happened, self.recorded, self.person)))

    def numbered_from(self, first: Int64) -> EventRows:
        """With numbers given in the present order, from `first[person]` on; the rows of a person must be together."""
        starts = np.searchsorted(self.person, self.person)
        return replace(self, number=first[self.person] + np.arange(len(self)) - starts)

    def counts(self, people: int) -> Int64:
        """How many events each person has."""
        return np.bincount(self.person, minlength=people)


_NUMBERS = ("person", "kind", "source", "happened", "recorded", "number")


def rows(
    kind: str | Int64,
    source: str | Int64,
    person: Int64,
    happened: Int64,
    recorded: Int64,
    data: Texts,
) -> EventRows:
    """Rows of one type (or a type each) from one source (or a source each), not numbered yet."""
    count = len(person)
    kinds = np.full(count, TYPE[kind]) if isinstance(kind, str) else kind
    sources = np.full(count, SOURCE[source]) if isinstance(source, str) else source
    return EventRows(person, kinds, sources, happened, recorded, np.full(count, -1), data)


def together(parts: Sequence[EventRows]) -> EventRows:
    """All rows, one part after the other."""
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _NUMBERS}
    chunks = [part.data.combine_chunks() if isinstance(part.data, pa.ChunkedArray) else part.data for part in parts]
    return EventRows(**columns, data=pa.concat_arrays(chunks))
