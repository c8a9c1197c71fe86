"""The benchmark of the calendar on a few people: both ways find the same, and few days are judged."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "calendar_bench.py"


@pytest.mark.slow
def test_both_ways_find_the_same_changes_on_few_days(monkeypatch):
    spec = importlib.util.spec_from_file_location("calendar_bench_tested", FILE)
    bench = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, bench)
    spec.loader.exec_module(bench)
    found = bench.run(people=3, days=15, citizens=60, grown=120)
    assert found["equal_results"]
    assert found["ratio"][bench.SWEEPS] > 1
    assert [one["programmes"] for one in found["details"]][1:] == [120]
    assert all(one["days judged a person and year"] < bench.YEAR / 4 for one in found["details"])
    assert all(0 < one["share, reckoned"] < 1 for one in found["details"])
