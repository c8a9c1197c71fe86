"""Data set: tables of people and what they use, as the folder of events that training takes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from composition import reading
from composition.dataset_mapping import DatasetMapping, MappedColumn, MappedMoment, MappedTable, cell_text
from composition.provenance import EVENTS, STAMP
from features.calendar import DAY_SECONDS
from features.problem import Problem, Problems, Rejected
from features.whole_file import write_whole

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from composition.reading import Definitions
    from features.declaration.datatype import DataType
    from features.declaration.declaration import Declaration

FORMAT: Final = 1
CATALOGUE: Final = "catalogue.jsonl"
_NOON: Final = DAY_SECONDS // 2
_TOLD: Final = 5  # cells of one column that are told; of more, how many there are
_BOOLEANS: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
Row = tuple[str, str, str, int, int, str]
"""The id, subject, type, time, recordedtime and data of an event."""


def write_dataset(
    mapping: DatasetMapping, tables: Callable[[str], pd.DataFrame], definitions: Definitions, catalogue: Path, out: Path
) -> dict[str, Any]:
    """Write the folder that `train --data` takes: events.parquet, catalogue.jsonl and stamp.json.

    Args:
        mapping: what the columns are.
        tables: gives a table by the name the mapping calls it.
        definitions: what facts and events mean, and the programmes.
        catalogue: the programmes as they were written.
        out: the folder.

    Returns:
        The stamp.

    Raises:
        Rejected: with every column that is missing and every cell that cannot be used; nothing was written.
    """
    problems, rows = Problems(), list[Row]()
    for at, table in enumerate(mapping.tables):
        with problems.gathered():
            rows += _rows(at, table, tables(table.file), definitions, problems)
    if not rows and not problems.found:
        problems.add(("tables",), "missing", "hold no row that counts", "Check `only`, `cells` and the files")
    problems.raise_any()
    out.mkdir(parents=True, exist_ok=True)
    _write_events(rows, mapping.source, out / EVENTS)
    lines = [json.dumps(one, ensure_ascii=False, default=str) for _, one in reading.programme_documents(catalogue)]
    write_whole(out / CATALOGUE, "".join(f"{line}\n" for line in lines).encode())
    return _stamp(rows, definitions, out)


def _stamp(rows: list[Row], definitions: Definitions, out: Path) -> dict[str, Any]:
    from training.data.hold_out import HELD_OUT

    files = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in (CATALOGUE, EVENTS)}
    stamp = {
        "format": FORMAT, "kind": "private", "people": len({row[1] for row in rows}), "events": len(rows),
        "features_hash": definitions.declaration.hash, "catalogue_hash": definitions.catalogue.hash,
        "held_out": {"rule": "identifier_code(person) % every == 0", "every": HELD_OUT}, "files": files,
    }  # fmt: skip
    write_whole(out / STAMP, (json.dumps(stamp, indent=2) + "\n").encode())
    return stamp


def _write_events(rows: list[Row], source: str, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    kinds = {"time": pa.timestamp("s", "UTC"), "recordedtime": pa.timestamp("s", "UTC")}
    columns = dict(zip(("id", "subject", "type", "time", "recordedtime", "data"), zip(*rows, strict=True), strict=True))
    arrays: dict[str, pa.Array] = {
        name: pa.array(cells, pa.int64() if name in kinds else pa.string()).cast(kinds.get(name, pa.string()))
        for name, cells in columns.items()
    }
    arrays["source"] = pa.array([source] * len(rows), pa.string())
    pyarrow.parquet.write_table(pa.table(arrays), path)


def _rows(at: int, table: MappedTable, frame: pd.DataFrame, definitions: Definitions, problems: Problems) -> list[Row]:
    """The events of one table, whatever is wrong with its cells put into the problems."""
    twice = sorted({column for column in table.columns if list(frame.columns).count(column) > 1})
    for column in twice:
        what = f"has more than one column {column!r}"
        problems.add((table.file,), "conflict", what, "Give each column a name of its own")
    absent = [(key, column) for column, key in table.columns.items() if column not in frame.columns]
    for key, column in absent:
        what, remedy = f"names {column!r}, which {table.file} has no column of", f"Use {_some(frame.columns)}"
        problems.add((*table.where, key), "unknown", what, remedy)
    if absent or twice:
        return []
    for column, cells in table.only.items():
        frame = frame[[cell_text(cell) in cells for cell in frame[column]]]
    people = [("" if _empty(cell) else cell_text(cell)) for cell in frame[table.person]]
    if not all(people):
        what = f"has {people.count('')} rows that name nobody in {table.person!r}"
        problems.add((table.file,), "missing", what, "Give each row its person")
    early = 0 if table.facts else _NOON
    moments = [
        _moments(said, frame, early, definitions.declaration, (table.file, said.column), problems)
        for said in (table.time, table.recorded)
    ]
    each = _facts(table, frame, definitions, problems) if table.facts else _events(table, frame, definitions, problems)
    kind = table.event or "fact.stated"
    return [
        (f"{at}-{row}-{number}", people[row], kind, moments[0][row], max(moments[0][row], moments[1][row]), data)
        for row, number, data in each
    ]


def _moments(
    said: MappedMoment, frame: pd.DataFrame, second: int, declaration: Declaration, where: tuple[str, ...],
    problems: Problems,
) -> list[int]:  # fmt: skip
    """The UTC second of each row: that many seconds into the day; facts of a day are known before its events."""
    from datetime import timedelta

    known: dict[str, int] = {}
    texts = [said.day] * len(frame) if said.day else [str(cell)[:10] for cell in frame[said.column]]
    for text in dict.fromkeys(texts):
        with problems.gathered():
            known[text] = declaration.zone.end_of_day(reading.day(text, where) - timedelta(days=1)) + second
    return [known.get(text, 0) for text in texts]


def _facts(
    table: MappedTable, frame: pd.DataFrame, definitions: Definitions, problems: Problems
) -> Iterator[tuple[int, int, str]]:
    facts = definitions.declaration.facts
    said = {
        name: _meant(frame[column.name], column, facts[name].kind, (table.file, column.name), problems)
        for name, column in table.facts.items()
    }
    for row in range(len(frame)):
        known = {name: cells[row] for name, cells in said.items() if cells[row] is not None}
        if known:
            yield row, 0, json.dumps(known, ensure_ascii=False)


def _events(
    table: MappedTable, frame: pd.DataFrame, definitions: Definitions, problems: Problems
) -> Iterator[tuple[int, int, str]]:
    """The events of each row: one, or one for each programme whose column says so."""
    kinds, index = definitions.declaration.events[table.event].fields, definitions.catalogue.index
    said = {
        name: _meant(frame[column.name], column, kinds[name], (table.file, column.name), problems)
        for name, column in table.fields.items()
    }
    named = [*said.get("programme", ()), *table.programmes]
    for name in sorted({str(one) for one in named if one is not None and one not in index})[:_TOLD]:
        remedy = "Add it to the catalogue, or write fields: {programme: {column: NAME, values: {CELL: PROGRAMME}}}"
        problems.add((table.file,), "unknown", f"names {name!r}, which is no programme", remedy)
    happened = {
        name: [not _empty(cell) and (not table.cells or cell_text(cell) in table.cells) for cell in frame[column]]
        for name, column in table.programmes.items()
    }
    for row in range(len(frame)):
        known = {name: cells[row] for name, cells in said.items() if cells[row] is not None}
        if not table.programmes:
            yield row, 0, json.dumps(known, ensure_ascii=False)
        for number, (programme, cells) in enumerate(happened.items()):
            if cells[row]:
                yield row, number, json.dumps({**known, "programme": programme}, ensure_ascii=False)


def _meant(
    cells: pd.Series[Any], column: MappedColumn, kind: DataType, where: tuple[str, ...], problems: Problems
) -> list[object]:
    """What each cell says as a JSON value, None where it is empty or says nothing; each distinct cell is read once."""
    meaning: dict[object, object] = {}
    wrong = list[Problem]()
    for cell in cells.unique():
        if _empty(cell) or cell_text(cell) in column.unknown:
            continue
        try:
            meaning[cell] = _value(cell, column, kind, where)
        except Rejected as refusal:
            wrong += refusal.problems
    problems.found += wrong[:_TOLD]
    if len(wrong) > _TOLD:
        problems.add(where, "invalid", f"has {len(wrong) - _TOLD} more values that cannot be used", wrong[0].remedy)
    return [meaning.get(cell) for cell in cells]


def _value(cell: Any, column: MappedColumn, kind: DataType, where: tuple[str, ...]) -> object:
    text = cell_text(cell)
    if column.values:
        if text not in column.values:
            remedy = f"Add it to values, or to unknown, of {column.name}"
            raise Rejected([Problem(where, "unknown", f"{text!r} is not among values", remedy)])
        found = column.values[text]
    elif kind.type == "boolean":
        found = _BOOLEANS.get(text.lower(), text)
    elif kind.type == "integer":
        found = _number(cell, kind.scale)
    else:
        found = text[:10] if kind.type == "date" else text
    kind.encode(found, where)
    return found


def _number(cell: Any, scale: int) -> object:
    """A number as far as the fact keeps it: rounded to its scale; a text that is none stays what it is."""
    try:
        number = float(cell)
    except ValueError:
        return cell
    if scale > 1:
        return round(number * scale) / scale
    return int(number) if number.is_integer() else number


def _empty(cell: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(cell)) or cell_text(cell) == ""


def _some(columns: Any) -> str:
    names = [str(name) for name in columns]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def tables_beside(mapping: Path) -> Callable[[str], pd.DataFrame]:
    """What reads the tables that lie beside a mapping file; each once.

    The function raises Rejected for a file that cannot be read.
    """
    kept: dict[str, pd.DataFrame] = {}

    def read(name: str) -> pd.DataFrame:
        if name not in kept:
            kept[name] = _read(mapping.parent / name)
        return kept[name]

    return read


def _read(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path) if path.suffix == ".parquet" else pyarrow.csv.read_csv(path)
    except (OSError, pa.ArrowInvalid) as failure:
        what = (getattr(failure, "strerror", None) or str(failure)).lower()
        raise Rejected(
            [Problem((str(path),), "unreadable", what, "Give a Parquet file, or CSV with a header")]
        ) from None
    garbled = [field.name for field in table.schema if pa.types.is_binary(field.type)]
    if garbled:
        what = f"is not UTF-8 in {_some(garbled)}"
        raise Rejected([Problem((str(path),), "unreadable", what, "Save it as UTF-8")])
    found: pd.DataFrame = table.to_pandas()
    return found


def dataset_of(
    document: Mapping[str, object], tables: Mapping[str, pd.DataFrame], definitions: Definitions, catalogue: Path,
    out: Path,
) -> dict[str, Any]:  # fmt: skip
    """Make the folder of DataFrames, by the names that a mapping calls them; see `write_dataset`."""
    from composition.dataset_mapping import read_mapping

    return write_dataset(
        read_mapping(document, definitions.declaration), tables.__getitem__, definitions, catalogue, out
    )
