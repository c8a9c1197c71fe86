"""The benchmark of ingest keeps the same events with every contender, small as it is here."""

from __future__ import annotations

import pytest

from proffer.bench import benchmark

pytest.importorskip("pandas", reason="the peers are not installed")


@pytest.mark.slow
def test_every_contender_keeps_the_same_events():
    found = benchmark("ingest").run(citizens=60, rounds=1)
    assert found["equal_results"] is True
    assert set(found["ratio"]) == set(found["peers"]) == {"sqlite3", "pandas"}
    assert found["ndjson"] > 0
