"""The benchmark of features computes the same with every engine, small as it is here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("polars", reason="the peers are not installed")
pytest.importorskip("duckdb", reason="the peers are not installed")

SMALL = """
import json
from proffer.bench import benchmark
print(json.dumps(benchmark("features").run(people=50, events=600, rounds=1)))
"""


@pytest.mark.slow
def test_proffer_polars_and_duckdb_compute_the_same_features():
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # Polars decides once a process
    command = [sys.executable, "-c", SMALL]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], env=environment
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["equal_results"] is True
    assert set(found["ratio"]) == set(found["peers"]) == {"polars", "duckdb"}
    assert found["work"].startswith("32 features of 50 people")
