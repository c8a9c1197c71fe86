"""Events as the log stores them: columns of cells, with the people and the target of each event beside them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from features.canonical_json import canonical_text
from features.log.event import Event

CELLS: Final = ("source", "id", "subject", "type", "time", "recorded", "data", "about", "hash")
"""The columns of a row: its key first, its hash last."""

CHUNK: Final = 10_000
_DATA: Final = CELLS.index("data")
_ABOUT: Final = CELLS.index("about")
KIN: Final = '"members":['
"""In a cell of data, if it states members of a household: cells are canonical JSON."""

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

    def people(self) -> Iterator[str]:
        """Yield everybody these events name: subjects, whom else they touch, and members of households by their ids."""
        yield from set(self.columns[2])
        for people in self.others.values():
            yield from people
        for cell in self.columns[_DATA]:
            yield from stated_in(cell)

    def renamed(self, names: Mapping[str, str]) -> StoredRows:
        """Return them with other names for some of the people besides their subjects; their hashes stay."""
        columns, others = [list(column) for column in self.columns], dict(self.others)
        named = {place for place, people in self.others.items() if not names.keys().isdisjoint(people)}
        for place in {*named, *(place for place, cell in enumerate(columns[_DATA]) if KIN in cell)}:
            cells = renamed(columns[_DATA][place], columns[_ABOUT][place], names)
            columns[_DATA][place], columns[_ABOUT][place] = cells
        for place in named:
            others[place] = tuple(names.get(person, person) for person in self.others[place])
        return StoredRows(columns, others, self.targets)

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
    payload = event.payload
    return (
        event.source, event.id, event.subject, event.type, event.time, event.recorded, payload,
        text_of(event.about), event.hash_with(payload),
    )  # fmt: skip


def text_of(value: object) -> str:
    """Return the JSON text of a cell, empty for an empty value."""
    return canonical_text(value) if value else ""


def stated_in(cell: str) -> Iterator[str]:
    """Yield the ids by which a cell of data lists members of a household, also in what it corrects."""
    if KIN in cell:
        yield from (str(member["id"]) for member in _members(json.loads(cell)) if "id" in member)


def member_text(person: str) -> str:
    """Return the text that is in every cell in which a household lists a person by their id."""
    return f'"id":{canonical_text(person)}'


def renamed(data: str, about: str, names: Mapping[str, str]) -> tuple[str, str]:
    """Return the cells `data` and `about` with other names for some people, in what they correct too."""
    pairs = [[names.get(person, person), role] for person, role in json.loads(about or "[]")]
    top = json.loads(data or "{}")
    corrected = top.get("data")
    while isinstance(corrected, dict):  # a correction may correct a correction
        for entry in corrected.get("about", ()):
            entry["person"] = names.get(entry["person"], entry["person"])
        corrected = corrected.get("data")
    for member in _members(top):
        if member.get("id") in names:
            member["id"] = names[member["id"]]
    return text_of(top), text_of(pairs)


def _members(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every member of a household that a statement lists, in what it corrects too."""
    if isinstance(value, dict):
        if isinstance(value.get("members"), list):
            yield from (one for one in value["members"] if isinstance(one, dict))
        yield from (member for inner in value.values() for member in _members(inner))
