"""Training sources: a folder that `proffer synth` wrote, or the event log of the home, behind a gate."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from composition import budgets, clock, ledger_files, reading
from composition.learning_shards import LearningShards, MeaningFiles
from composition.people_groups import read_people_groups
from composition.provenance import EVENTS, SYNTH, Stamp, verified
from composition.settings import SHIPPED, CountryFolder
from composition.split import read_split
from composition.workspace import Workspace
from features.problem import Problem, Rejected
from privacy.data_provenance import DataKind, Provenance
from privacy.gate import Gate
from privacy.unit import UnitSupport
from training.progress import Progress, silent

if TYPE_CHECKING:
    from composition.reading import Definitions
    from features.declaration.declaration import Declaration
    from features.log.history import History
    from privacy.gate import Admission
    from recommender.rules.people_group import PeopleGroup
    from training.data.examples import LearningLog
    from training.data.hold_out import HoldOut
    from training.data.label_form import LabelForm
    from training.data.log_blocks import LogBlocks
    from training.data.material import TrainingData, TruthTable

CATALOGUE: Final = "catalogue.jsonl"
LABELS: Final = "labels.yaml"
GATE: Final = "gate.yaml"
TAKE_UP: Final = "truth/takeup.parquet"


@dataclass(frozen=True)
class TrainingSource:
    """Where rows come from, what they mean, and what a run of them may spend; a verb builds it once.

    Attributes:
        workspace: the home: its log and its ledger.
        folder: a folder as `proffer synth` writes it; None for the event log of the home.
        declaration: the folder of another declaration than the country's.
        catalogue: another catalogue than the folder's own, or than the country's.
        terms: of a private run; None for exact access, which only synthetic or public rows allow.
        country: whose regions and (where nothing else is named) rules they are.
        as_of: the day at whose end the log ends, YYYY-MM-DD; None for now. Synthetic rows end where their stamp says.
        hold_out: who is only judged: one in so many, a file of names, or a day; None for what the stamp says.
        shards: where and by whom a private run's rows are made and summed in shards; None to hold all of them at once.
    """

    workspace: Workspace
    folder: Path | None
    declaration: Path | None = None
    catalogue: Path | None = None
    terms: budgets.PrivateTerms | None = None
    country: CountryFolder = SHIPPED
    as_of: str | None = None
    hold_out: str | None = None
    shards: LearningShards | None = None


@dataclass(frozen=True)
class FileRows:
    """The rows of one Parquet file of events; a `privacy.gate.RowSource`.

    `verified` is the sha256 of the file that was found to be synthetic, None where none was.
    """

    events: Path
    declaration: Declaration
    hold_out: HoldOut
    until: int
    verified: str | None = None

    @property
    def units(self) -> UnitSupport:
        """The privacy units that the declaration can protect."""
        return UnitSupport.of(self.declaration)

    def count(self) -> int:
        """How many there are, without reading them."""
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(self.events).num_rows)

    def people(self) -> Sequence[str]:
        """Everyone the rows are about."""
        import pyarrow.compute
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(self.events, columns=["subject"], read_dictionary=["subject"])
        return [str(name) for name in pyarrow.compute.unique(table["subject"].cast("string")).to_pylist()]

    def digest(self) -> str:
        """The sha256 of the file."""
        with self.events.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def open(self, admission: Admission) -> LearningLog:
        """Read what an admitted request may see; only a gate calls this."""
        from training.data.examples import LearningLog

        if admission.run is None:
            log = LearningLog(self._blocks(), until=self.until)
        else:
            unreadable = set[str]()
            log = _seen(self._history(unreadable), admission, self, unreadable)
        if self.verified not in (None, self.digest()):
            what = "was changed since its stamp was verified: these rows may be about real people"
            raise Rejected([Problem((str(self.events),), "damaged", what, SYNTH)])
        return log

    def _history(self, unreadable: set[str] | None = None) -> History:
        from features.log.columnar import read_segments

        return read_segments(self.events, self.declaration, unreadable=unreadable)

    def _blocks(self) -> LogBlocks:
        """Everybody, in blocks where the file has several that share nobody; else all at once."""
        from features.log.event_blocks import EventBlocks
        from training.data.filed_blocks import FiledBlocks
        from training.data.log_blocks import OneBlock

        parts = EventBlocks(self.events, self.declaration)
        if len(parts) > 1:
            found = FiledBlocks(parts, self.declaration, self._history)
            if parts.apart():
                return found
        return OneBlock(self._history())


@dataclass(frozen=True)
class LogRows:
    """The rows of the event log of the home; a `privacy.gate.RowSource`."""

    workspace: Workspace
    declaration: Declaration
    hold_out: HoldOut
    until: int

    @property
    def units(self) -> UnitSupport:
        """The privacy units that the declaration can protect."""
        return UnitSupport.of(self.declaration)

    def count(self) -> int:
        """How many there are."""
        with self.workspace.log() as log:
            return log.count()

    def people(self) -> Sequence[str]:
        """Everyone the rows are about."""
        with self.workspace.log() as log:
            return log.people()

    def digest(self) -> str:
        """The sha256 of all events in the order in which they were recorded."""
        return ledger_files.log_digest(self.workspace)

    def open(self, admission: Admission) -> LearningLog:
        """Read what an admitted request may see; only a gate calls this."""
        from features.log.history import history_of

        # who cannot be read is left out of a private run; an exact one is refused, so that the rows are mended
        unreadable: set[str] | None = None if admission.run is None else set()
        with self.workspace.log() as log:
            history = history_of(log.events(), self.declaration, unreadable)
        return _seen(history, admission, self, unreadable)


def _seen(history: History, admission: Admission, rows: FileRows | LogRows, unreadable: set[str] | None) -> LearningLog:
    """What an admitted request may see: everyone, or for a run the people it may learn from, under pseudonyms."""
    from training.data.admission import admitted
    from training.data.examples import LearningLog

    if admission.run is None:
        return LearningLog.of(history, until=rows.until)
    return admitted(history, admission, rows.hold_out, unreadable or (), rows.until)


def folder_to_learn_from(workspace: Workspace, given: Path | None) -> Path | None:
    """The folder given, or the synthetic people that `proffer demo` left in the home; None where there is neither."""
    left = workspace.population
    return given or (left if (left / EVENTS).is_file() else None)


def check_folder(folder: Path | None) -> None:
    """Raise Rejected where a folder given holds no events."""
    if folder is not None and not (folder / EVENTS).is_file():
        raise Rejected([Problem((str(folder),), "missing", f"holds no {EVENTS}", SYNTH)])


def read_training_data(source: TrainingSource, progress: Progress = silent) -> TrainingData:
    """Everything a run needs, its rows behind a gate.

    Only names, sizes and checksums are read now; a synthetic stamp is verified. The gate opens the events for a request
    that it admits.

    Raises:
        Rejected: a file is missing or wrong, a stamp is not what its rows are, or the budget named is not there.
    """
    return _of_log(source) if source.folder is None else _of_folder(source, source.folder, progress)


def _of_folder(source: TrainingSource, folder: Path, progress: Progress) -> TrainingData:
    from features.log.versions import FOREVER
    from training.data.material import TrainingData  # only verbs that learn or judge load it

    check_folder(folder)
    given = source.catalogue or folder / CATALOGUE
    definitions = reading.read_definitions(source.declaration, given, country=source.country)
    stamp = Stamp.read(folder)
    document = stamp.document or {}
    made_with = definitions if source.catalogue is None else _made_with(folder, definitions)
    provenance = verified(stamp, made_with, progress)
    end = until = _end(source, definitions.declaration)
    if "end" in document:
        end, until = _stamped_end(stamp, provenance, definitions.declaration), FOREVER
    held = read_split(source.hold_out, document, definitions.declaration, private=source.terms is not None)
    rows = FileRows(folder / EVENTS, definitions.declaration, held, until, provenance.files.get(EVENTS))
    gate = _gate(source, rows, provenance)
    data = TrainingData(*definitions, gate, end, _truth(folder), held, *_judging(source, definitions))
    return _in_shards(data, source, given)


def _of_log(source: TrainingSource) -> TrainingData:
    """The event log of the home: private rows."""
    from training.data.material import TrainingData

    if not source.workspace.has_events:
        raise Rejected(
            [Problem((str(source.workspace.path),), "missing", "holds no event log, and --data is missing", SYNTH)]
        )
    definitions = reading.read_definitions(source.declaration, source.catalogue, country=source.country)
    source.workspace.sweep()
    end = _end(source, definitions.declaration)
    held = read_split(source.hold_out, {}, definitions.declaration, private=source.terms is not None)
    rows = LogRows(source.workspace, definitions.declaration, held, end)
    gate = _gate(source, rows, Provenance(DataKind.PRIVATE))
    data = TrainingData(*definitions, gate, end, None, held, *_judging(source, definitions))
    return _in_shards(data, source, source.catalogue)


def _in_shards(data: TrainingData, source: TrainingSource, catalogue: Path | None) -> TrainingData:
    """The same, its private rows made and summed in shards, where that is asked for."""
    shards = source.shards
    if shards is None:
        return data
    hashes = data.declaration.hash, data.catalogue.hash
    unnamed = replace(data.hold_out, named=None)  # who is held out is noted where people are admitted
    files = MeaningFiles(source.declaration, catalogue, source.country, hashes, data.end, unnamed, data.labels)
    return replace(data, shards=lambda log: shards.made(log, files.absolute()))


def _judging(
    source: TrainingSource, definitions: Definitions
) -> tuple[LabelForm, tuple[PeopleGroup, ...], Mapping[str, float]]:
    """By what people are judged: labels, groups and what a challenger has to show."""
    groups = read_people_groups(source.declaration or source.country.declaration, definitions)
    return _labels(source, definitions), groups, _gate_terms(source)


def _labels(source: TrainingSource, definitions: Definitions) -> LabelForm:
    """What the declaration's labels.yaml says; without the file showings are labelled."""
    from training.data.label_form import SHOWN_THEN_APPLIED, read_label_form

    file = (source.declaration or source.country.declaration) / LABELS
    if not file.exists():
        return SHOWN_THEN_APPLIED
    return read_label_form(reading.read_yaml(file), definitions.declaration, (file.name,))


def _gate_terms(source: TrainingSource) -> Mapping[str, float]:
    """What the declaration's gate.yaml demands of a challenger; without the file all is as usual."""
    from dataclasses import asdict

    from training.evaluation.promotion_gate import parse_terms

    file = (source.declaration or source.country.declaration) / GATE
    return asdict(parse_terms(reading.read_yaml(file), (file.name,))) if file.exists() else {}


def _gate(source: TrainingSource, rows: FileRows | LogRows, provenance: Provenance) -> Gate[LearningLog]:
    workspace, terms = source.workspace, source.terms
    if terms is None:
        account = budgets.exact_account(workspace, provenance.kind)
    else:
        account = budgets.private_account(workspace, provenance.kind, rows.declaration, terms.population)
    return Gate(rows, provenance, account)


def _made_with(folder: Path, definitions: Definitions) -> Definitions:
    declaration, _, regions = definitions
    return definitions._replace(catalogue=reading.read_catalogue(folder / CATALOGUE, declaration, regions))


def _end(source: TrainingSource, declaration: Declaration) -> int:
    """The end of the log as it is stated, or now; never taken from rows, where any one person would move it for all."""
    if source.as_of is None:
        return clock.now()
    return min(declaration.zone.end_of_day(reading.as_of(source.as_of, clock.now, declaration.zone.name)), clock.now())


def _stamped_end(stamp: Stamp, provenance: Provenance, declaration: Declaration) -> int:
    """Where synthetic rows end: their seed fixes it."""
    assert stamp.document is not None, "it states an end"
    if provenance.kind is not DataKind.SYNTHETIC:
        what = "does not say where rows of people who may be real end: it may have been taken from the rows"
        remedy = "Leave it out, and give --as-of DAY where they do not end now"
        raise Rejected([Problem((stamp.where, "end"), "forbidden", what, remedy)])
    return declaration.zone.end_of_day(reading.day(str(stamp.document["end"]), (stamp.where, "end")))


def _truth(folder: Path) -> TruthTable | None:
    if not (folder / TAKE_UP).is_file():
        return None
    import numpy as np
    import pyarrow.parquet

    from training.data.material import TruthTable

    numbers = ("probability", "reachable", "eligible")
    table = pyarrow.parquet.read_table(folder / TAKE_UP, columns=["person", "programme", *numbers])
    coded = [table[name].combine_chunks().dictionary_encode() for name in ("person", "programme")]
    # each name once, and not once a row
    person, programme = (tuple(np.array(one.dictionary.to_pylist(), object)[one.indices].tolist()) for one in coded)
    return TruthTable(person, programme, *(table[name].to_numpy() for name in numbers))
