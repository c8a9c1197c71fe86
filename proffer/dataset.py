"""What `proffer synth` writes, read back: the gate over its events, the catalogue it used, and the truth apart."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.problem import Problem, Rejected
from proffer import reading

if TYPE_CHECKING:
    from features.declaration import Declaration
    from privacy.gate import Gate
    from training.examples import Log
    from training.material import Material, TruthTable

EVENTS, CATALOGUE, STAMP, TAKE_UP = "events.parquet", "catalogue.jsonl", "stamp.json", "truth/takeup.parquet"
_SYNTH = "Make the folder with `proffer synth --out DIR`"


def add_data(parser: argparse.ArgumentParser, required: bool) -> None:
    """Add `--data`."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", required=required, help="a folder that `proffer synth` wrote"
    )


def read_material(args: argparse.Namespace) -> Material:
    """Everything under `--data`, with the declaration and (if given) the catalogue that the options name.

    Only names, sizes and checksums are read now; the events are opened by the gate, for a request that it admits.

    Raises:
        Rejected: the folder is not what `synth` writes, or a file is not the one its stamp speaks for.
    """
    from training.material import Material  # only verbs that learn or judge pay for it

    folder: Path = args.data
    if not (folder / EVENTS).is_file():
        raise Rejected([Problem(str(folder), f"holds no {EVENTS}", _SYNTH)])
    declaration = reading.read_declaration(args.declaration)
    regions = reading.read_regions()
    catalogue = reading.read_catalogue(args.catalogue or folder / CATALOGUE, declaration, regions)
    stamp = _stamp(folder)
    return Material(
        declaration, catalogue, regions, _gate(folder, stamp, declaration), _end(stamp, folder, declaration),
        _truth(folder), _held_out_every(stamp),
    )  # fmt: skip


def _stamp(folder: Path) -> Mapping[str, Any] | None:
    if not (folder / STAMP).exists():
        return None
    document = reading.read_json(folder / STAMP)
    if not isinstance(document, dict):
        raise Rejected([Problem(str(folder / STAMP), "is not a JSON object", _SYNTH)])
    return document


def _gate(folder: Path, document: Mapping[str, Any] | None, declaration: Declaration) -> Gate[Log]:
    import pyarrow.parquet

    from privacy.gate import Gate, Stamp

    stamp = Stamp.parse(document, str(folder / STAMP))
    stamp.check(EVENTS, _sha256(folder / EVENTS))
    rows = pyarrow.parquet.read_metadata(folder / EVENTS).num_rows
    return Gate(stamp, rows, lambda: read_log(folder / EVENTS, declaration))


def read_log(events: Path, declaration: Declaration) -> Log:
    """Read everybody's events, and the showings and applications among them; only a gate calls this."""
    import pyarrow.parquet

    from features.files import read_segments
    from training.examples import COLUMNS, Log, read_benefits

    segments = read_segments(events, declaration)
    table = pyarrow.parquet.read_table(events, columns=list(COLUMNS), read_dictionary=["type", "data", "subject"])
    return Log(segments, read_benefits(table, segments.people, declaration))


def _held_out_every(stamp: Mapping[str, Any] | None) -> int:
    from training.examples import HELD_OUT

    every = (stamp or {}).get("held_out", {}).get("every", HELD_OUT)
    if type(every) is not int or every < 2:
        raise Rejected([Problem(f"{STAMP}: held_out.every", f"{every!r} is not a whole number above 1", _SYNTH)])
    return every


def _end(stamp: Mapping[str, Any] | None, folder: Path, declaration: Declaration) -> int:
    """The end of the log: what the stamp says, or the last moment anything was recorded."""
    if stamp is not None and "end" in stamp:
        return declaration.zone.end_of_day(reading.day(str(stamp["end"]), f"{folder / STAMP}: end"))
    return _last_recorded(folder / EVENTS) + 1


def _last_recorded(events: Path) -> int:
    import pyarrow.compute
    import pyarrow.parquet

    from features.event import parse_time

    last = pyarrow.compute.max(pyarrow.parquet.read_table(events, columns=["recordedtime"])["recordedtime"]).as_py()
    return int(last.timestamp()) if hasattr(last, "timestamp") else parse_time(last)


def _truth(folder: Path) -> TruthTable | None:
    if not (folder / TAKE_UP).is_file():
        return None
    import pyarrow.parquet

    from training.material import TruthTable

    table = pyarrow.parquet.read_table(folder / TAKE_UP)
    person, programme = (tuple(table[name].to_pylist()) for name in ("person", "programme"))
    probability, reachable = (table[name].to_numpy() for name in ("probability", "reachable"))
    return TruthTable(person, programme, probability, reachable)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
