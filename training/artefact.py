"""The artefact: a folder with everything a learned ranker needs to score, and the manifest that says what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from features.whole_file import new_folder
from privacy.data_provenance import DataKind, digest
from privacy.spend import Spend

MANIFEST = "manifest.json"
REPORT = "report.json"


@dataclass(frozen=True)
class TrainingProvenance:
    """Where an artefact comes from.

    Attributes:
        run_id: the tracked run.
        trained_at: RFC 3339 time.
        data_kind: whom the rows were about.
        spend: what training revealed about each unit.
        settings: how it was learned, by name.
        extra: what else the manifest of its kind says: of a private model the population and the ledger's receipts, of
            a student its teacher.
    """

    run_id: str
    trained_at: str
    data_kind: DataKind
    spend: Spend
    settings: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """What was learned, as files that its kind's reader takes.

    Attributes:
        kind: as `recommender.ranking.model` knows it.
        format: of the files.
        files: by name.
        features_hash, catalogue_hash: what it was learned with.
        columns: what it reads, by name.
    """

    kind: str
    format: int
    files: Mapping[str, bytes]
    features_hash: str
    catalogue_hash: str
    columns: tuple[str, ...] = ()


def pack(learned: Learned, report: Mapping[str, Any], provenance: TrainingProvenance) -> dict[str, bytes]:
    """The files of an artefact by name; `recommender.ranking.model.read_model` reads them back."""
    files = {**learned.files, REPORT: _json(report)}
    manifest = {
        "format": learned.format,
        "kind": learned.kind,
        "features_hash": learned.features_hash,
        "catalogue_hash": learned.catalogue_hash,
        "data_kind": provenance.data_kind.value,
        "spend": provenance.spend.to_document(),
        "trained_at": provenance.trained_at,
        "run_id": provenance.run_id,
        "settings": dict(provenance.settings),
        "columns": list(learned.columns),
        "files": {name: digest(content) for name, content in files.items()},
        "artefact": model_digest(learned.files),
        **provenance.extra,
    }
    return {**files, MANIFEST: _json(manifest)}


def model_digest(files: Mapping[str, bytes]) -> str:
    """The sha256 by which a ledger names a model: over the sha256 and name of each of its files, as sha256sum prints.

    It is what `sha256sum FILE... | LC_ALL=C sort -k2 | sha256sum` says of the files but `report.json` and the manifest.
    """
    return digest("".join(f"{digest(files[name])}  {name}\n" for name in sorted(files)).encode())


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put an artefact where nothing is yet, all of it or nothing."""
    with new_folder(folder) as unfinished:
        for name, content in files.items():
            (unfinished / name).write_bytes(content)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"
