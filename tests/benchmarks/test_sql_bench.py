"""The benchmark of ten rules as SQL decides the same with every engine, small as it is here."""

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
import numpy as np
from proffer.bench import benchmark
sql = benchmark("sql")
found = sql.run(people=3_000, rounds=1)
drawn = sql.bench_people(3_000)
answers = drawn.compiled.answers(drawn.values)
print(json.dumps(found | {"seen": [np.unique(answers[:, i]).tolist() for i in range(len(sql.RULES))]}))
"""


@pytest.mark.slow
def test_proffer_duckdb_and_polars_decide_the_same_rules():
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # Polars decides once a process
    command = [sys.executable, "-c", SMALL]
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], env=environment
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert found["equal_results"] is True
    assert set(found["ratio"]) == set(found["peers"]) == {"duckdb", "polars"}
    assert found["seen"] == [[0, 1, 2]] * 10
