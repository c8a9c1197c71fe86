"""What is learned from: a folder as `proffer synth` writes it, or the home's log, each behind its gate."""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from composition import provenance, reading
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Gate
from privacy.unit import UnitSupport

if TYPE_CHECKING:
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from privacy.gate import Admission, BudgetAccount
    from privacy.request import RunRequest
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
    label = Provenance.parse(stamp, (str(folder / STAMP),))
    label.check(EVENTS, _sha256(folder / EVENTS))
    if stamp is not None and label.kind is DataKind.SYNTHETIC and hasattr(args, "home"):
        made_with = reading.read_catalogue(folder / CATALOGUE, declaration, regions) if args.catalogue else catalogue
        provenance.believe(Workspace(args.home), folder, stamp, declaration, made_with, regions)
    end = _end(stamp, folder, declaration)
    gate = Gate(FileRows(folder / EVENTS, declaration, every), label, _account(args, label.kind, declaration))
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
    from privacy.request import Basis, RunRequest
    from privacy.unit import PrivacyUnit

    gate = material.gate
    if gate.account is None:
        what = "holds no budget for these people, who may exist"
        remedy = (
            "Open one with `proffer privacy init --population P --epsilon E --delta D --approver KEY --approver KEY`"
        )
        raise Rejected([Problem((str(Workspace(args.home).path),), "missing", what, remedy)])
    if delta * len(tuple(gate.rows.people())) >= 1:
        what = f"{delta} is not below 1/n for the n these rows are about: it would permit publishing a whole record"
        raise Rejected([Problem(("--delta",), "range", what, "Give a far smaller one, such as 0.000001")])
    unit = PrivacyUnit(args.unit) if args.unit else gate.account.unit
    return RunRequest(
        gate.account.population,
        unit,
        epsilon,
        delta,
        args.purpose,
        args.requester,
        Basis(args.basis),
        args.units or 0,
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
    private = Provenance(DataKind.PRIVATE)
    account = _account(args, private.kind, declaration)
    gate = Gate(LogRows(home, declaration, HELD_OUT), private, account)
    return TrainingData(declaration, catalogue, regions, gate, _now())


@dataclass(frozen=True)
class LogRows:
    """The rows of the home's event log; a `privacy.gate.RowSource`."""

    home: Workspace
    declaration: Declaration
    held_out_every: int

    @property
    def units(self) -> UnitSupport:
        """The privacy units that the declaration can protect."""
        return UnitSupport.of(self.declaration)

    def count(self) -> int:
        """The number of events in the log."""
        with self.home.log() as log:
            return log.count()

    def people(self) -> tuple[str, ...]:
        """Everybody the log is about."""
        with self.home.log() as log:
            return log.people()

    def open(self, admission: Admission) -> LearningLog:
        """Read what an admitted request may see; only a gate calls this."""
        from features.log.history import history_of

        with self.home.log() as log:
            history = history_of(log.events(), self.declaration)
        return _seen(history, admission, self.held_out_every)


@dataclass(frozen=True)
class FileRows:
    """The rows of an event file in a folder; a `privacy.gate.RowSource`."""

    events: Path
    declaration: Declaration
    held_out_every: int

    @property
    def units(self) -> UnitSupport:
        """The privacy units that the declaration can protect."""
        return UnitSupport.of(self.declaration)

    def count(self) -> int:
        """The number of rows in the file."""
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(self.events).num_rows)

    def people(self) -> list[str]:
        """Everybody the file is about."""
        import pyarrow.compute
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(self.events, columns=["subject"], read_dictionary=["subject"])
        return [str(name) for name in pyarrow.compute.unique(table["subject"].cast("string")).to_pylist()]

    def open(self, admission: Admission) -> LearningLog:
        """Read what an admitted request may see; only a gate calls this."""
        from features.log.columnar import read_segments

        return _seen(read_segments(self.events, self.declaration), admission, self.held_out_every)


def _account(args: argparse.Namespace, kind: DataKind, declaration: Declaration) -> BudgetAccount | None:
    """The budget that is spent from: people who do not exist have one of their own unless another is named."""
    if not hasattr(args, "home"):
        return None
    folder, nobody = Workspace(args.home).ledger, kind is DataKind.SYNTHETIC
    population, private = getattr(args, "population", None), getattr(args, "ranker", "") == "private"
    if not private and (nobody or not folder.is_dir()):
        return None
    from privacy.account import SYNTHETIC, account_of, any_account, synthetic_account
    from privacy.unit import smallest

    if not private:
        return any_account(folder, _now)  # nothing is spent; it answers whether these rows were signed as public
    if nobody and population in (None, SYNTHETIC):
        return synthetic_account(folder, _now, smallest(declaration))
    if population == SYNTHETIC:
        what = "is the budget of people who do not exist, and nobody stamped these rows synthetic"
        raise Rejected(
            [Problem((f"--population {SYNTHETIC}",), "forbidden", what, "Name the population these people are of")]
        )
    return account_of(folder, _now, population, synthetic=nobody)


def _now() -> int:
    return int(time.time())


def _stamp(folder: Path) -> Mapping[str, Any] | None:
    if not (folder / STAMP).exists():
        return None
    document = reading.read_json(folder / STAMP)
    if not isinstance(document, dict):
        raise Rejected([Problem((str(folder / STAMP),), "invalid", "is not a JSON object", _SYNTH)])
    return document


def _seen(history: History, admission: Admission, every: int) -> LearningLog:
    """What an admitted request may see: everybody, or for a run the people it may learn from, under pseudonyms."""
    from training.data.admission import admitted
    from training.data.examples import LearningLog

    run = admission.run
    return LearningLog(history) if run is None else admitted(history, run, admission.pseudonym, every)


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
    from features.log.files import last_recorded

    return last_recorded(folder / EVENTS) + 1


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
