"""The artefact: a folder with everything a learned ranker needs to score, and the manifest that says what it is."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privacy.gate import DataKind, Spend, digest
from recommender.forest import FORMAT, KIND, MODEL_FILE, SCALE_FILE, VOCABULARY_FILE
from training.ranker import Lesson

MANIFEST = "manifest.json"
REPORT = "report.json"


@dataclass(frozen=True)
class Provenance:
    """Where an artefact comes from.

    Attributes:
        run_id: the tracked run.
        trained_at: RFC 3339 time.
        data_kind: whom the rows were about.
        spend: what training told about each of them.
        settings: how it was learned, by name.
    """

    run_id: str
    trained_at: str
    data_kind: DataKind
    spend: Spend
    settings: Mapping[str, Any]


def pack(lesson: Lesson, report: Mapping[str, Any], provenance: Provenance) -> dict[str, bytes]:
    """The files of an artefact by name; `recommender.forest.Forest.from_files` reads them back."""
    files = {
        MODEL_FILE: lesson.text.encode(),
        SCALE_FILE: lesson.forest.scale.to_bytes(),
        VOCABULARY_FILE: lesson.forest.vocabulary.to_bytes(),
        REPORT: _json(report),
    }
    manifest = {
        "format": FORMAT,
        "kind": KIND,
        "features_hash": lesson.forest.features_hash,
        "catalogue_hash": lesson.forest.catalogue_hash,
        "data_kind": provenance.data_kind.value,
        "spend": provenance.spend.to_document(),
        "trained_at": provenance.trained_at,
        "run_id": provenance.run_id,
        "settings": dict(provenance.settings),
        "columns": list(lesson.forest.trees.names),
        "files": {name: digest(content) for name, content in files.items()},
    }
    return {**files, MANIFEST: _json(manifest)}


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put an artefact where nothing is yet, all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in files.items():
            (unfinished / name).write_bytes(content)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False).encode() + b"\n"
