"""Events as the log stores them: columns of cells, with the people and the target of each event beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from features.canonical_json import canonical_text
from features.log.event import Event

CELLS: Final = ("source", "id", "subject", "type", "time", "recorded", "data", "about", "hash")
"""The columns of a row: its key first, its hash last."""

CHUNK: Final = 10_000

Cells = tuple[str, str, str, str, int, int, str, str, str]
Key = tuple[str, str]


@dataclass(frozen=True)
class StoredRows:
    """Some events in the order in which they came.

    Attributes:
        columns: by the place of a name in `CELLS`, the values of all events.
        others: by the place of an event, the people it touches besides its subject.
        targets: by the place of a correction or retraction, the source and id of what it acts on.
    """

    columns: Sequence[Sequence[Any]]
    others: Mapping[int, tuple[str, ...]]
    targets: Mapping[int, Key]

    def __len__(self) -> int:
        """Return how many events there are."""
        return len(self.columns[0])

    def cells(self) -> Iterator[Cells]:
        """Yield the values of each event, in the order of `CELLS`."""
        return zip(*self.columns, strict=True)

    def without(self, places: Collection[int]) -> StoredRows:
        """Return them without those at some places."""
        kept = [place for place in range(len(self)) if place not in places]
        moved = {place: number for number, place in enumerate(kept)}
        return StoredRows(
            [[column[place] for place in kept] for column in self.columns],
            {moved[place]: people for place, people in self.others.items() if place in moved},
            {moved[place]: target for place, target in self.targets.items() if place in moved},
        )

    def key(self, place: int) -> Key:
        """Return the source and id of the event at a place."""
        return self.columns[0][place], self.columns[1][place]


def stored(events: Iterable[Event]) -> Iterator[StoredRows]:
    """Yield events as rows, a chunk at a time."""
    stream = iter(events)
    while chunk := list(islice(stream, CHUNK)):
        yield StoredRows(
            list(zip(*map(cells_of, chunk), strict=True)),
            {place: people[1:] for place, event in enumerate(chunk) if len(people := event.people) > 1},
            {place: event.target for place, event in enumerate(chunk) if event.target},
        )


def cells_of(event: Event) -> Cells:
    """Return the values of one event, in the order of `CELLS`."""
    return (
        event.source, event.id, event.subject, event.type, event.time, event.recorded, event.payload,
        text_of(event.about), event.body_hash,
    )  # fmt: skip


def text_of(value: object) -> str:
    """Return the JSON text of a cell, empty for an empty value."""
    return canonical_text(value) if value else ""
