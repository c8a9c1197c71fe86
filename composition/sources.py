"""What is learned from: a folder as `proffer synth` writes it, or the home's log, each behind its gate."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import provenance, reading
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from privacy.gate import DataKind, Gate, Provenance

if TYPE_CHECKING:
    import pyarrow

    from features.declaration.declaration import Declaration
    from privacy.gate import BudgetAccount, RunRequest
    from training.data.examples import LearningLog
    from training.data.material import TrainingData, TruthTable

EVENTS, STAMP, CATALOGUE, TAKE_UP = provenance.EVENTS, provenance.STAMP, "catalogue.jsonl", "truth/takeup.parquet"
PURPOSE = "offers"
_SYNTH = "Make the folder with `proffer synth --out DIR`"


def add_data(parser: argparse.ArgumentParser, required: bool) -> None:
    """Add `--data`."""
    parser.add_argument(
        "--data", type=Path, metavar="DIR", required=required, help="a folder that `proffer synth` wrote"
    )


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Add what says whose budget is spent, by whom and what for."""
    parser.add_argument("--population", metavar="P", help="whose budget is spent (default: the only one there is)")
    parser.add_argument("--purpose", default=PURPOSE, help=f"what people consented to (default: {PURPOSE})")
    parser.add_argument("--requester", default="not stated", help="who asks, for the auditor")
    parser.add_argument(
        "--basis",
        choices=("consent", "law"),
        default="consent",
        help="learn from who consented, or by law from all but those who withdrew (default: consent)",
    )
    parser.add_argument("--unit", choices=("person", "household"), help="whom the budget protects (default: its unit)")
    parser.add_argument(
        "--units", type=int, metavar="N", help="how many units there are, if public (default: a noised count)"
    )


def read_material(args: argparse.Namespace) -> TrainingData:
    """Everything under `--data`, with the declaration and (if given) the catalogue that the options name.

    Only names, sizes and checksums are read now; the events are opened by the gate, for a request that it admits.

    Raises:
        Rejected: the folder is not what `synth` writes, or a file is not the one its stamp speaks for.
    """
    from training.data.material import TrainingData  # only verbs that learn or judge pay for it

    if args.data is None:
        return _from_log(args)
    folder: Path = args.data
    if not (folder / EVENTS).is_file():
        raise Rejected([Problem((str(folder),), "missing", f"holds no {EVENTS}", _SYNTH)])
    declaration = reading.read_declaration(args.declaration)
    regions = reading.read_regions()
    catalogue = reading.read_catalogue(args.catalogue or folder / CATALOGUE, declaration, regions)
    stamp = _stamp(folder)
    every = _held_out_every(stamp)
    gate = _gate(folder, stamp, declaration, every)
    if stamp is not None and gate.stamp.kind is DataKind.SYNTHETIC and hasattr(args, "home"):
        made_with = reading.read_catalogue(folder / CATALOGUE, declaration, regions) if args.catalogue else catalogue
        provenance.believe(Workspace(args.home), folder, stamp, declaration, made_with, regions)
    end = _end(stamp, folder, declaration)
    gate = replace(gate, book=_book(args, gate.stamp.kind, declaration))
    return TrainingData(declaration, catalogue, regions, gate, end, _truth(folder), every)


def chosen(args: argparse.Namespace) -> Path | None:
    """The folder to learn from: `--data`, or the synthetic people of the home, if `proffer demo` left any there."""
    left = Workspace(args.home).population
    if args.data is not None:
        return Path(args.data)
    return left if (left / EVENTS).is_file() else None


def run_of(args: argparse.Namespace, material: TrainingData, epsilon: Decimal, delta: Decimal) -> RunRequest:
    """The run that the options state, checked as far as it can be before anything is spent.

    Raises:
        Rejected: no budget, or delta is not below one in as many people as there are.
    """
    from privacy.gate import Basis, RunRequest
    from privacy.unit import PrivacyUnit

    gate = material.gate
    if gate.book is None:
        what = "holds no budget for these people, who may exist"
        remedy = (
            "Open one with `proffer privacy init --population P --epsilon E --delta D --approver KEY --approver KEY`"
        )
        raise Rejected([Problem((str(Workspace(args.home).path),), "missing", what, remedy)])
    if delta * len(tuple(gate.people())) >= 1:
        what = f"{delta} is not below 1/n for the n these rows are about: it would allow to publish a whole record"
        raise Rejected([Problem(("--delta",), "range", what, "Give a far smaller one, such as 0.000001")])
    unit = PrivacyUnit(args.unit) if args.unit else gate.book.unit
    return RunRequest(
        gate.book.population, unit, epsilon, delta, args.purpose, args.requester, Basis(args.basis), args.units or 0
    )


def _from_log(args: argparse.Namespace) -> TrainingData:
    """The event log of the home: people who may exist, whose events end now."""
    from training.data.examples import HELD_OUT
    from training.data.material import TrainingData

    home = Workspace(args.home)
    if not home.has_events:
        raise Rejected([Problem((str(home.path),), "missing", "holds no event log, and --data is missing", _SYNTH)])
    declaration, regions = reading.read_declaration(args.declaration), reading.read_regions()
    catalogue = reading.read_catalogue(args.catalogue, declaration, regions)
    gate = replace(_log_gate(home, declaration, HELD_OUT), book=_book(args, DataKind.PRIVATE, declaration))
    return TrainingData(declaration, catalogue, regions, gate, _now())


def _log_gate(home: Workspace, declaration: Declaration, every: int) -> Gate[LearningLog]:
    from privacy.unit import groups_people, readers_of_others

    def opened(run: RunRequest, pseudonym: Callable[[str], str]) -> LearningLog:
        with _exported(home) as events:
            return read_admitted(events, declaration, run, pseudonym, every)

    def everybody() -> LearningLog:
        with _exported(home) as events:
            return read_log(events, declaration)

    with home.log() as log:
        rows = log.count()
    return Gate(
        Provenance(DataKind.PRIVATE), rows, everybody, lambda: _people(home), opened,
        readers_of_others(declaration), groups_people(declaration),
    )  # fmt: skip


def _people(home: Workspace) -> tuple[str, ...]:
    with home.log() as log:
        return log.people()


@contextmanager
def _exported(home: Workspace) -> Iterator[Path]:
    """The log as a Parquet file, which is read by columns; it lies in the home until it was read."""
    from features.log.files import write_parquet

    with tempfile.TemporaryDirectory(prefix=".log.", dir=home.path) as folder:
        events = Path(folder) / EVENTS
        with home.log() as log:
            write_parquet(log.events(), events)
        yield events


def _book(args: argparse.Namespace, kind: DataKind, declaration: Declaration) -> BudgetAccount | None:
    """The budget that is spent from: people who do not exist have one of their own unless another is named."""
    if not hasattr(args, "home"):
        return None
    folder, nobody = Workspace(args.home).ledger, kind is DataKind.SYNTHETIC
    population, private = getattr(args, "population", None), getattr(args, "ranker", "") == "private"
    if not private and (nobody or not folder.is_dir()):
        return None
    from privacy.account import SYNTHETIC, any_book, book_of, book_of_nobody
    from privacy.unit import smallest

    if not private:
        return any_book(folder, _now)  # nothing is spent; it tells whether two people signed that these rows are public
    if nobody and population in (None, SYNTHETIC):
        return book_of_nobody(folder, _now, smallest(declaration))
    if population == SYNTHETIC:
        what = "is the budget of people who do not exist, and nobody stamped these rows synthetic"
        raise Rejected(
            [Problem((f"--population {SYNTHETIC}",), "forbidden", what, "Name the population these people are of")]
        )
    return book_of(folder, _now, population, nobody=nobody)


def _now() -> int:
    return int(time.time())


def _stamp(folder: Path) -> Mapping[str, Any] | None:
    if not (folder / STAMP).exists():
        return None
    document = reading.read_json(folder / STAMP)
    if not isinstance(document, dict):
        raise Rejected([Problem((str(folder / STAMP),), "invalid", "is not a JSON object", _SYNTH)])
    return document


def _gate(folder: Path, document: Mapping[str, Any] | None, declaration: Declaration, every: int) -> Gate[LearningLog]:
    import pyarrow.parquet

    from privacy.unit import groups_people, readers_of_others

    stamp = Provenance.parse(document, (str(folder / STAMP),))
    events = folder / EVENTS
    stamp.check(EVENTS, _sha256(events))
    rows = pyarrow.parquet.read_metadata(events).num_rows
    return Gate(
        stamp,
        rows,
        lambda: read_log(events, declaration),
        people=lambda: _subjects(events),
        open_for=lambda run, pseudonym: read_admitted(events, declaration, run, pseudonym, every),
        readers=readers_of_others(declaration),
        grouped=groups_people(declaration),
    )


def _subjects(events: Path) -> list[str]:
    import pyarrow.compute
    import pyarrow.parquet

    column = pyarrow.parquet.read_table(events, columns=["subject"], read_dictionary=["subject"])["subject"]
    return [str(name) for name in pyarrow.compute.unique(column.cast("string")).to_pylist()]


def read_log(events: Path, declaration: Declaration) -> LearningLog:
    """Read everybody's events, and the showings and applications among them; only a gate calls this."""
    from features.log.files import read_segments
    from training.data.examples import LearningLog, read_interactions

    segments = read_segments(events, declaration)
    return LearningLog(segments, read_interactions(_table(events), segments.people, declaration))


def read_admitted(
    events: Path, declaration: Declaration, run: RunRequest, pseudonym: Callable[[str], str], every: int
) -> LearningLog:
    """Read the events of those whom a run may learn from, under pseudonyms; only a gate calls this."""
    from training.data.admission import admitted

    return admitted(read_log(events, declaration), _table(events), run, pseudonym, every)


def _table(events: Path) -> pyarrow.Table:
    import pyarrow.parquet

    from training.data.examples import COLUMNS

    return pyarrow.parquet.read_table(events, columns=list(COLUMNS), read_dictionary=["type", "data", "subject"])


def _held_out_every(stamp: Mapping[str, Any] | None) -> int:
    from training.data.examples import HELD_OUT

    every = (stamp or {}).get("held_out", {}).get("every", HELD_OUT)
    if type(every) is not int or every < 2:
        raise Rejected(
            [Problem((STAMP, "held_out", "every"), "range", f"{every!r} is not a whole number above 1", _SYNTH)]
        )
    return every


def _end(stamp: Mapping[str, Any] | None, folder: Path, declaration: Declaration) -> int:
    """The end of the log: what the stamp says, or the last moment anything was recorded."""
    if stamp is not None and "end" in stamp:
        return declaration.zone.end_of_day(reading.day(str(stamp["end"]), (str(folder / STAMP), "end")))
    return _last_recorded(folder / EVENTS) + 1


def _last_recorded(events: Path) -> int:
    import pyarrow.compute
    import pyarrow.parquet

    from features.log.event import parse_time

    last = pyarrow.compute.max(pyarrow.parquet.read_table(events, columns=["recordedtime"])["recordedtime"]).as_py()
    return int(last.timestamp()) if hasattr(last, "timestamp") else parse_time(last)


def _truth(folder: Path) -> TruthTable | None:
    if not (folder / TAKE_UP).is_file():
        return None
    import pyarrow.parquet

    from training.data.material import TruthTable

    table = pyarrow.parquet.read_table(folder / TAKE_UP)
    person, programme = (tuple(table[name].to_pylist()) for name in ("person", "programme"))
    probability, reachable = (table[name].to_numpy() for name in ("probability", "reachable"))
    return TruthTable(person, programme, probability, reachable)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
