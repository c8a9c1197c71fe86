"""Events as the log stores them: a row of cells each, with the people and the target beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

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
        cells: the values of each event, in the order of `CELLS`.
        others: by the place of an event, the people it touches besides its subject.
        targets: by the place of a correction or retraction, the source and id of what it acts on.
    """

    cells: Sequence[Cells]
    others: Mapping[int, tuple[str, ...]]
    targets: Mapping[int, Key]


def stored(events: Iterable[Event]) -> Iterator[StoredRows]:
    """Yield events as rows, a chunk at a time."""
    stream = iter(events)
    while chunk := list(islice(stream, CHUNK)):
        yield StoredRows(
            [cells_of(event) for event in chunk],
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
