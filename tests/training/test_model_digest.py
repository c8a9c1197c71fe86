"""A model is named in the ledger by its files: by what sha256sum says of them, and by nothing else."""

import json
import shutil
import subprocess

import pytest

from privacy.data_provenance import DataKind
from privacy.spend import Spend
from training import artefact

FILES = {"weights.npy": b"1", "a.json": b"2"}


def packed(report):
    learned = artefact.Learned("kind", 1, FILES, "f", "c")
    provenance = artefact.TrainingProvenance("run", "2026-11-01T00:00:00Z", DataKind.PRIVATE, Spend.infinite(), {})
    return artefact.pack(learned, report, provenance)


def test_a_manifest_names_its_model_as_the_ledger_does_whatever_the_report_says():
    named = {json.loads(packed(report)[artefact.MANIFEST])["artefact"] for report in ({}, {"ndcg": 1})}
    assert named == {artefact.model_digest(FILES)}
    assert artefact.model_digest({**FILES, "a.json": b"3"}) not in named


def test_an_auditor_finds_the_name_again_with_sha256sum(tmp_path):
    if shutil.which("sha256sum") is None:
        pytest.skip("there is no sha256sum here")
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    command = "sha256sum weights.npy a.json | LC_ALL=C sort -k2 | sha256sum"
    said = subprocess.run(command, shell=True, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert said.split()[0] == artefact.model_digest(FILES)
