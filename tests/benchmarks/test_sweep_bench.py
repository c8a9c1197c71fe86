"""The benchmark of sweeps compares rows, and says so where they differ."""

from __future__ import annotations

import pytest

from benchmarks import sweep_bench


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(sweep_bench, "BASE", 60)
    monkeypatch.setattr(sweep_bench, "SAMPLE", 12)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_both_ways_give_equal_rows_and_a_picture_is_drawn(tmp_path):
    found = sweep_bench.run(tmp_path, 300, 100, lambda _: None, tmp_path)
    assert found["equal_results"]
    assert found["ours"] > 0 < found["peers"][sweep_bench.PEER]
    assert [row["people"] for row in found["details"]][-2] >= 300
    assert "equal" in found["details"][-1]["of the last file"]
    assert (tmp_path / "sweep.png").stat().st_size > 1_000


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_rows_that_differ_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_bench.RowOracle, "rows", lambda *_: [])
    assert not sweep_bench.run(tmp_path, 100, 100, lambda _: None)["equal_results"]
