"""Where nothing that was compiled can be kept, a verb is slower and says the same."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def nowhere(tmp_path):
    """An environment and a copy of the sources in which numba finds no folder to write to.

    A file stands where each folder would be made, which stops root as well; permissions would not.
    """
    sources = tmp_path / "sources"
    for folder in ("composition", "data", "features", "proffer", "recommender"):
        shutil.copytree(ROOT / folder, sources / folder, ignore=shutil.ignore_patterns("__pycache__"))
        for package in (sources / folder).rglob("__init__.py"):
            (package.parent / "__pycache__").touch()
    file = tmp_path / "file"
    file.touch()
    return os.environ | {
        "PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1", "NUMBA_CACHE_DIR": str(file / "numba"),
        "XDG_CACHE_HOME": str(file), "HOME": str(file),
    }  # fmt: skip


EVENT = {
    "specversion": "1.0", "id": "1", "source": "registry", "subject": "c1", "type": "life.moved",
    "time": "2026-01-01T00:00:00Z", "recordedtime": "2026-01-02T00:00:00Z", "data": {"region": "11440"},
}  # fmt: skip


def features_of(tmp_path, name, environment):
    """What the kernel computes for one person, by the verb in a process of its own."""
    (tmp_path / "events.ndjson").write_text(json.dumps(EVENT), encoding="utf-8")
    (tmp_path / "pairs.csv").write_text("person,t\nc1,2026-10-31\n", encoding="utf-8")
    words = "-m proffer features --events events.ndjson --at pairs.csv --out"
    done = subprocess.run(
        [sys.executable, *words.split(), name, "--home", "home"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return pyarrow.parquet.read_table(tmp_path / name)


@pytest.mark.slow
def test_a_verb_whose_kernels_cannot_be_kept_says_what_it_says_elsewhere(nowhere, tmp_path):
    assert features_of(tmp_path, "nowhere", nowhere) == features_of(tmp_path, "here", dict(os.environ))
