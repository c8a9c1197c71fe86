"""Mapping: which columns of somebody's tables are people, facts and events, as the mapping file of `dataset` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from features.mapping import MappingReader
from features.problem import Problems, Where

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration

KEYS: Final = ("source", "tables")
_TABLE: Final = ("file", "person", "time", "recorded", "facts", "event", "fields", "programmes", "cells", "only")
_COLUMN: Final = ("column", "values", "unknown")


@dataclass(frozen=True)
class MappedColumn:
    """A column of a table, and what its cells mean.

    Attributes:
        name: of the column.
        values: what a cell stands for, by the cell as text; empty where it stands for itself.
        unknown: cells, as text, that say nothing; an empty cell never does.
    """

    name: str
    values: Mapping[str, object]
    unknown: frozenset[str]


@dataclass(frozen=True)
class MappedMoment:
    """When something happened or was recorded: on one day of all rows, or on the day that a column says."""

    day: str = ""
    column: str = ""


@dataclass(frozen=True)
class MappedTable:
    """What the rows of one table say.

    Attributes:
        file: Parquet or CSV, beside the mapping; or the name of a DataFrame.
        person: the column that names the person.
        time: when it happened.
        recorded: when it was recorded.
        facts: the column of each fact; then a row states them.
        event: the type of event that a row is, or that each of its `programmes` is; empty where it states facts.
        fields: the column of each field of the event.
        programmes: the column that says of each programme whether the event happened.
        cells: those, as text, by which such a column says so; empty where any cell does that is not empty.
        only: the cells, as text, of columns without which a row counts for nothing.
        where: in the mapping.
    """

    file: str
    person: str
    time: MappedMoment
    recorded: MappedMoment
    facts: Mapping[str, MappedColumn]
    event: str
    fields: Mapping[str, MappedColumn]
    programmes: Mapping[str, str]
    cells: frozenset[str]
    only: Mapping[str, frozenset[str]]
    where: Where

    @property
    def columns(self) -> dict[str, str]:
        """Every column that is read, with the key of the mapping that names it."""
        named = {"person": self.person, "time": self.time.column, "recorded": self.recorded.column}
        named |= {f"facts.{name}": column.name for name, column in self.facts.items()}
        named |= {f"fields.{name}": column.name for name, column in self.fields.items()}
        named |= {f"programmes.{name}": column for name, column in self.programmes.items()}
        named |= {f"only.{column}": column for column in self.only}
        return {column: key for key, column in named.items() if column}


@dataclass(frozen=True)
class DatasetMapping:
    """A mapping file: the name that its events give as their source, and its tables."""

    source: str
    tables: tuple[MappedTable, ...]


def read_mapping(document: object, declaration: Declaration, where: Where = ("mapping",)) -> DatasetMapping:
    """Read a parsed mapping file.

    Raises:
        Rejected: with everything that is wrong with it.
    """
    problems = Problems()
    top = MappingReader(document, where, problems, KEYS)
    for key in KEYS:
        top.required(key)
    tables = [
        _table(MappingReader(body, top.at("tables", at), problems, _TABLE), declaration)
        for at, body in enumerate(top.items("tables"))
    ]
    if not tables and top.has("tables"):
        top.wrong("tables", "missing", "lists no table", "Name at least one file")
    source = top.string("source") or "table"
    problems.raise_any()
    return DatasetMapping(source, tuple(tables))


def _table(entry: MappingReader, declaration: Declaration) -> MappedTable:
    for key in ("file", "person", "time"):
        entry.required(key)
    if entry.has("facts") == entry.has("event"):
        entry.wrong((), "conflict", "says not exactly one of facts and event", "Write one table for each of the two")
    time, event = _moment(entry, "time"), entry.string("event") or ""
    facts, fields = _columns(entry, "facts"), _columns(entry, "fields")
    programmes = {name: str(column) for name, column in entry.mapping("programmes").items()}
    for name in facts:
        if name not in declaration.facts or declaration.facts[name].derived:
            what = "is not a fact that can be stated by this declaration"
            entry.wrong(("facts", name), "unknown", what, "Declare it in facts.yaml, or leave it out")
    if event:
        _check_event(entry, event, {*fields, *({"programme"} if programmes else ())}, declaration)
    only = {name: _texts(cells) for name, cells in entry.mapping("only").items()}
    return MappedTable(
        entry.string("file") or "", entry.string("person") or "", time,
        _moment(entry, "recorded") if entry.has("recorded") else time, facts, event, fields, programmes,
        _texts(entry.items("cells")), only, entry.where,
    )  # fmt: skip


def _check_event(entry: MappingReader, event: str, given: set[str], declaration: Declaration) -> None:
    known = declaration.events.get(event)
    if known is None:
        entry.wrong("event", "unknown", f"{event!r} is not a declared event type", "Declare it in events.yaml")
        return
    for name in sorted(given - set(known.fields)):
        entry.wrong(("fields", name), "unknown", f"is no field of {event}", f"Use {', '.join(known.fields) or 'none'}")
    for name, kind in known.fields.items():
        if kind.type == "identifier" and not kind.optional and name not in given:
            remedy = f"Write fields: {{{name}: COLUMN}}, or programmes: {{PROGRAMME: COLUMN}}"
            entry.wrong("fields", "missing", f"do not give {name}, which {event} needs", remedy)


def _columns(entry: MappingReader, key: str) -> dict[str, MappedColumn]:
    found = {}
    for name, said in entry.mapping(key).items():
        if isinstance(said, str):
            found[name] = MappedColumn(said, {}, frozenset())
            continue
        inner = MappingReader(said, entry.at(key, name), entry.problems, _COLUMN)
        inner.required("column")
        values = inner.take("values")
        if values is not None and not isinstance(values, Mapping):
            inner.wrong("values", "invalid", "is not a mapping", "Write {CELL: VALUE}")
        meant = {cell_text(cell): value for cell, value in values.items()} if isinstance(values, Mapping) else {}
        found[name] = MappedColumn(inner.string("column") or "", meant, _texts(inner.items("unknown")))
    return found


def _moment(entry: MappingReader, key: str) -> MappedMoment:
    said = entry.doc.get(key)
    if isinstance(said, Mapping):
        inner = MappingReader(said, entry.at(key), entry.problems, ("column",))
        inner.required("column")
        return MappedMoment(column=inner.string("column") or "")
    day = entry.day(key)
    return MappedMoment() if day is None else MappedMoment(str(said))


def _texts(cells: object) -> frozenset[str]:
    return frozenset(map(cell_text, cells if isinstance(cells, list | tuple) else [cells]))


def cell_text(cell: object) -> str:
    """A cell, or a value written in a mapping, as the text by which the two are compared: 1, 1.0 and "1" are one.

    >>> cell_text(1.0), cell_text(True), cell_text(" yes ")
    ('1', 'true', 'yes')
    """
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()
