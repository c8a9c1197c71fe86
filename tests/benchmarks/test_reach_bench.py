"""The benchmark of reach on a few people: DuckDB counts the same, rule by rule and district by district."""

from __future__ import annotations

import pytest

from benchmarks import reach_bench


@pytest.mark.slow
def test_both_count_the_same(monkeypatch):
    monkeypatch.setattr(reach_bench, "GROWN", 130)
    found = reach_bench.run(people=3_000, rules=20, peers=8, copies=3)
    assert found["equal_results"]
    assert [row["people"] for row in found["details"]] == [3_000, 9_000]
    assert found["ours"] > 0
    assert "3,000 people" in found["work"]
