"""Reach columns: a population as planes of bits, kept in the home beside the log, made again when that changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from composition import reading
from composition.people_groups import read_people_groups
from composition.reading import Definitions
from composition.settings import SHIPPED, CountryFolder
from composition.sweeping import whole_history
from composition.workspace import Workspace
from features.calendar import day_of
from features.canonical_json import fingerprint
from features.problem import Problem, Rejected
from features.whole_file import replacing, write_whole

if TYPE_CHECKING:
    from datetime import date

    from features.log.history import History
    from features.snapshot import Snapshots
    from recommender.reach.reach_population import ReachPopulation
    from recommender.rules.people_group import PeopleGroup

__all__ = ["FORMAT", "ReachOrder", "population_of", "reach_columns", "read_groups"]

FORMAT: Final = "proffer.reach.1"
"""The form of the files: `reach.json` says whose they are, one `.npy` an array."""
DOCUMENT: Final = "reach.json"
_SHARD: Final = 16_384
_ARRAYS: Final = ("words", "real", "starts", "groups", "raised")
_OF_MEMBERS: Final = ("offsets", "cells", "since", "months")


@dataclass(frozen=True)
class ReachOrder:
    """Whose columns are wanted.

    Attributes:
        definitions: what events mean, the programmes whose receipt may be asked about, and the regions.
        as_of: the day at whose end people are looked at.
        events: event files; None for the log in the home.
        declaration: where the declaration was read from; None for the country's.
        country: whose they are.
    """

    definitions: Definitions
    as_of: date
    events: Sequence[Path] | None = None
    declaration: Path | None = None
    country: CountryFolder = SHIPPED


def read_groups(order: ReachOrder) -> tuple[PeopleGroup, ...]:
    """Return the groups that the declaration tells apart; without the file none are.

    Raises:
        Rejected: the file is unreadable or wrong.
    """
    return read_people_groups(order.declaration or order.country.declaration, order.definitions)


def reach_columns(order: ReachOrder, workspace: Workspace, working: Callable[[str], None]) -> ReachPopulation:
    """Return everybody as planes: those that are kept in the home, or made and kept there where these are of another.

    Raises:
        Rejected: the events cannot be read, tell of nobody, or what is kept is damaged.
    """
    from features.log.people_folder import fingerprint as rows_of

    declaration, catalogue, regions = order.definitions
    working("reading events")
    history = whole_history(order.events, workspace, order.definitions)
    if not len(history.people):
        raise Rejected([Problem(("events",), "missing", "tell of nobody", "Name events of people")])
    about = {
        "format": FORMAT,
        "as_of": order.as_of.isoformat(),
        "declaration": declaration.hash,
        "events": rows_of(history),
        "receipts": fingerprint(catalogue.receipts),
        "groups": fingerprint(read_groups(order)),
        "regions": fingerprint(sorted(regions.by_code)),
    }
    folder = workspace.begin().reach
    kept = _document(folder)
    if kept is not None and {name: kept.get(name) for name in about} == about:
        return _opened(folder, kept, order)
    working("turning people into columns")
    population = population_of(order, history)
    _keep(folder, population, about)
    return population


def population_of(order: ReachOrder, history: History) -> ReachPopulation:
    """Return the people of a history as planes, kept nowhere."""
    from recommender.reach.reach_population import populated

    declaration, _, regions = order.definitions
    groups = read_groups(order)
    return populated(lambda: _shards(order, history), groups, declaration, regions, day_of(order.as_of))


def _shards(order: ReachOrder, history: History) -> Iterator[Snapshots]:
    from features.snapshot import snapshots

    declaration = order.definitions.declaration
    t = declaration.zone.end_of_day(order.as_of)
    for first in range(0, len(history.people), _SHARD):
        rows = np.arange(first, min(first + _SHARD, len(history.people)), dtype=np.int64)
        yield snapshots(declaration, history, rows, np.full(len(rows), t), order.definitions.catalogue.receipts)


# --- the files -----------------------------------------------------------------------------------------------------


def _document(folder: Path) -> dict[str, Any] | None:
    """What `reach.json` says, None where there is none or it is not whole."""
    file = folder / DOCUMENT
    if not file.is_file():
        return None
    document = reading.read_json(file)
    return document if isinstance(document, dict) and document.get("format") == FORMAT else None


def _keep(folder: Path, population: ReachPopulation, about: Mapping[str, Any]) -> None:
    """Write the arrays, and only then what says whose they are."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / DOCUMENT).unlink(missing_ok=True)
    arrays = {name: getattr(population.rows, name) for name in _ARRAYS}
    arrays |= {name: getattr(population.members, name) for name in _OF_MEMBERS}
    arrays |= {name: getattr(population, name) for name in ("places", "people", "sizes")}
    columns = population.planes.columns
    arrays["values"] = np.concatenate([column.values for column in columns.values()])
    for name, array in arrays.items():
        with replacing(folder / f"{name}.npy") as unfinished, unfinished.open("wb") as file:
            np.save(file, array, allow_pickle=False)
    layout = [[name, column.first, column.bits, len(column.values)] for name, column in columns.items()]
    shapes = {name: list(array.shape) for name, array in arrays.items()}
    document = {**about, "layout": layout, "sets": sorted(population.planes.sets), "arrays": shapes}
    write_whole(folder / DOCUMENT, json.dumps(document, indent=1).encode() + b"\n")


def _opened(folder: Path, kept: Mapping[str, Any], order: ReachOrder) -> ReachPopulation:
    """Map the arrays into memory, not read before they are used.

    Raises:
        Rejected: a file is damaged or missing.
    """
    from features.members import Members
    from recommender.reach.fact_planes import ColumnPlanes, FactPlanes
    from recommender.reach.reach_kernel import PlaneRows
    from recommender.reach.reach_population import ReachPopulation
    from recommender.rules.member_kernel import member_rows

    found = {name: _array(folder / f"{name}.npy", shape) for name, shape in kept["arrays"].items()}
    ends = np.cumsum([count for *_, count in kept["layout"]])
    columns = {
        name: ColumnPlanes(first, bits, found["values"][end - count : end])
        for (name, first, bits, count), end in zip(kept["layout"], ends.tolist(), strict=True)
    }
    planes = FactPlanes(columns, frozenset(kept["sets"]), found["words"])
    members = Members(*(found[name] for name in _OF_MEMBERS))
    each = np.zeros(0, np.int64)
    rows = PlaneRows(**{name: found[name] for name in _ARRAYS}, members=member_rows(members), weights=each)
    groups, day = read_groups(order), day_of(order.as_of)
    return ReachPopulation(
        day, order.definitions.declaration, planes, found["places"], found["people"], groups, found["sizes"], rows,
        members,
    )  # fmt: skip


def _array(file: Path, shape: Sequence[int]) -> Any:
    try:
        array = np.load(file, mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError) as failure:
        raise _damaged(file, str(failure)) from None
    if list(array.shape) != list(shape):
        raise _damaged(file, f"holds {array.shape}, not {tuple(shape)}")
    return np.asarray(array)


def _damaged(file: Path, what: str) -> Rejected:
    remedy = f"Delete {file.parent}; the columns are then made again"
    return Rejected([Problem((str(file),), "damaged", f"cannot be read: {what}", remedy)])
