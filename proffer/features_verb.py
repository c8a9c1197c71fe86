"""`proffer features`: what the kernel computes for (person, time) pairs, as Parquet."""

from __future__ import annotations

import argparse
import csv
import datetime
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from composition import reading, terminal
from features.problem import Problem, Problems, Rejected, Where
from proffer import options

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from features.snapshot import Snapshots

_PAIR = "Name the columns person and t"


class Pair(NamedTuple):
    """One person at one moment (UTC seconds), and where the pair was written."""

    person: str
    t: int
    where: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--events", type=Path, nargs="+", required=True, metavar="F", help="event files, NDJSON or Parquet"
    )
    parser.add_argument(
        "--at",
        type=Path,
        required=True,
        metavar="PAIRS",
        help="CSV or Parquet with columns person and t: a time (RFC 3339), or a day, which means its end",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="O", help="the Parquet file to write")
    options.add(parser, "country", "declaration")


def run(args: argparse.Namespace) -> int:
    """Compute and write; pairs of people who are in no event are rejected, the others kept."""
    from features.log.columnar import read_segments

    declaration = reading.read_declaration(args.declaration, country=args.country)
    pairs = read_pairs(args.at, declaration)
    with terminal.working("reading events"):
        segments = read_segments(args.events, declaration)
    known = set(segments.people)
    kept = [pair for pair in pairs if pair.person in known]
    strangers = [pair for pair in pairs if pair.person not in known]
    rejected = [{"where": pair.where, "reason": "no event of this person"} for pair in strangers]
    with terminal.working("computing features"):
        snapshots = compute(declaration, segments, kept)
    write(args.out, [pair.person for pair in kept], snapshots)
    for row in rejected:
        terminal.say(f"{row['where']}: {row['reason']}. Check the identifier")
    document = {"rows": len(kept), "rejected": rejected, "features_hash": snapshots.features_hash, "out": str(args.out)}
    terminal.emit(document, args.json, f"{len(kept)} rows to {args.out}, {len(rejected)} rejected")
    return terminal.FAILED if rejected else terminal.DONE


def compute(declaration: Declaration, segments: History, pairs: Sequence[Pair]) -> Snapshots:
    """The snapshots of pairs, in their order."""
    import numpy as np

    from features.snapshot import snapshots

    rows = segments.rows_of(pair.person for pair in pairs)
    return snapshots(declaration, segments, rows, np.array([pair.t for pair in pairs], np.int64))


def read_pairs(path: Path, declaration: Declaration) -> list[Pair]:
    """Read (person, t) pairs from a CSV or Parquet file.

    Raises:
        Rejected: a column is missing or a t is neither a time nor a day; with every problem.
    """
    problems, pairs = Problems(), []
    for where, person, t in _parquet(path) if path.suffix == ".parquet" else _csv(path):
        with problems.gathered():
            pairs.append(Pair(person, moment(t, declaration, (where, "t")), where))
    problems.raise_any()
    return pairs


def moment(written: object, declaration: Declaration, where: Where) -> int:
    """The UTC second of a time, or of the end of a day in the declared zone.

    Raises:
        Rejected: it is neither.
    """
    from features.log.event import parse_time

    if isinstance(written, datetime.datetime):
        return int((written if written.tzinfo else written.replace(tzinfo=datetime.UTC)).timestamp())
    if isinstance(written, datetime.date):
        return declaration.zone.end_of_day(written)
    if isinstance(written, str) and len(written) == len("YYYY-MM-DD"):
        return declaration.zone.end_of_day(reading.day(written, where))
    return parse_time(written, where)


def _csv(path: Path) -> Iterator[tuple[str, str, object]]:
    rows = csv.DictReader(io.StringIO(reading.read_text(path), newline=""))
    try:
        if not {"person", "t"} <= set(rows.fieldnames or ()):
            raise Rejected([Problem((str(path),), "missing", "has no columns person and t", _PAIR)])
        for row in rows:
            yield f"{path.name}, line {rows.line_num}", row["person"] or "", row["t"]
    except csv.Error as failure:
        raise Rejected([Problem((str(path),), "invalid", f"is not CSV ({failure})", _PAIR)]) from None


def _parquet(path: Path) -> Iterator[tuple[str, str, object]]:
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowException as failure:
        raise Rejected([Problem((str(path),), "invalid", f"is not Parquet ({failure})", _PAIR)]) from failure
    if not {"person", "t"} <= set(table.column_names):
        raise Rejected([Problem((str(path),), "missing", "has no columns person and t", _PAIR)])
    for row, (person, t) in enumerate(zip(table["person"].to_pylist(), table["t"].to_pylist(), strict=True)):
        yield f"{path.name}, row {row}", str(person), t


def write(path: Path, people: Sequence[str], snapshots: Snapshots) -> None:
    """Write snapshots as Parquet: unknown is null, known to be none is the integer `none` of the metadata.

    The file's metadata holds `features_hash`, `none`, and `columns` (each column's type, unit and values as JSON).
    """
    import pyarrow
    import pyarrow.parquet

    from features.value import NONE, UNKNOWN
    from features.whole_file import replacing

    arrays: dict[str, Any] = {
        "person": pyarrow.array(people, pyarrow.string()),
        "t": pyarrow.array(snapshots.t, pyarrow.timestamp("s", tz="UTC")),
    }
    for name in snapshots.columns:
        values = snapshots.column(name)
        arrays[name] = pyarrow.array(values, pyarrow.int64(), mask=values == UNKNOWN)
    metadata = {"features_hash": snapshots.features_hash, "none": str(NONE), "columns": _kinds(snapshots)}
    table = pyarrow.table(arrays).replace_schema_metadata(metadata)
    with replacing(path) as unfinished:
        pyarrow.parquet.write_table(table, unfinished)


def _kinds(snapshots: Snapshots) -> str:
    kinds = {name: snapshots.declaration.kind(name) for name in snapshots.columns}
    described = {
        name: {"type": kind.type, "unit": kind.unit, "values": list(kind.values), "scale": kind.scale}
        for name, kind in kinds.items()
    }
    return json.dumps(described, ensure_ascii=False)
