"""What was known of a person when something was decided, as integers and declared names, and the person made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from features.members import CELLS, ID, Members
from features.origin import Origin
from features.snapshot import Known, Occurrence, Snapshot
from features.value import UNKNOWN
from recommender.engine import Engine
from recommender.rules.person import Person
from recommender.rules.programme import KINDS, kinds_mask

_MEMBERS: Final = ("cells", "since", "months")
_EXACT: Final = 2**53 - 1
"""The greatest integer that every reader of JSON keeps exactly; a greater one, such as `NONE`, is written as text."""


def recorded(person: Person, traced: Mapping[str, Origin]) -> dict[str, Any]:
    """Return what an answer is computed from, as JSON values that hold no id of anybody.

    Columns of which nothing is known are left out. Where a member has an identifier, the record has only the member's
    place: nothing that is computed from a snapshot asks who a member is.

    Args:
        person: as known at one second.
        traced: from which events the facts are known that the answer traces.
    """
    known, row = person.known, person.snapshot
    named = zip(row.columns, row.values[0].tolist(), strict=True)
    return {
        "t": person.t,
        "columns": {name: _written(value) for name, value in named if value != UNKNOWN},
        "members": _members(row.members),
        "happened": [[one.event, one.day] for one in known.occurrences],
        "dates": {name: list(days) for name, days in known.dates.items()},
        "holds": sorted(person.held),
        "applicant": [kind for place, kind in enumerate(KINDS) if person.applicant >> place & 1],
        "not_asked": sorted(person.asked),
        "known_from": {name: [list(one.events), one.day, one.until, one.happened] for name, one in traced.items()},
    }


def restored(record: Mapping[str, Any], engine: Engine) -> Person:
    """Return the person a record describes, for an engine of the same declaration and catalogue.

    Raises:
        KeyError, TypeError, ValueError: it is not such a record.
    """
    columns = (*engine.declaration.columns, *(f"receives.{name}" for name in engine.catalogue.receives))
    stranger = set(record["columns"]) - set(columns)
    if stranger:
        raise KeyError(min(stranger))
    values = np.array([[int(record["columns"].get(name, UNKNOWN)) for name in columns]], np.int64)
    t = np.array([record["t"]], np.int64)
    cells, since, months = (np.array(record["members"][name], np.object_).astype(np.int64) for name in _MEMBERS)
    rows = cells.reshape(-1, CELLS)
    members = Members(np.array([0, len(rows)], np.int64), rows, since.reshape(1, -1), months.reshape(1, -1))
    row = Snapshot(("",), t, columns, values, engine.declaration.hash, engine.declaration, members)
    known = Known(
        row,
        tuple(Occurrence(event, day) for event, day in record["happened"]),
        dates={name: tuple(days) for name, days in record["dates"].items()},
        traced={name: Origin(tuple(one[0]), *one[1:]) for name, one in record["known_from"].items()},
    )
    held, asked = frozenset(record["holds"]), frozenset(record["not_asked"])
    return Person(known, kinds_mask(record["applicant"]), held, engine.regions, asked)


def _members(members: Members) -> dict[str, Any]:
    cells = members.cells.copy()
    cells[:, ID] = np.where(cells[:, ID] == UNKNOWN, UNKNOWN, np.arange(1, len(cells) + 1))
    return {
        "cells": [[_written(cell) for cell in row] for row in cells.tolist()],
        "since": [_written(day) for day in members.since[0].tolist()],
        "months": [_written(months) for months in members.months[0].tolist()],
    }


def _written(value: int) -> int | str:
    return value if -_EXACT <= value <= _EXACT else str(value)
