"""The benchmark of events over HTTP keeps the same events as plain insertions, small as it is here."""

from __future__ import annotations

import pytest

from proffer.bench import benchmark


@pytest.mark.slow
@pytest.mark.usefixtures("only_server")
def test_what_was_acknowledged_is_what_a_plain_insertion_keeps():
    found = benchmark("events").run(batches=6, connections=2)
    assert found["equal_results"] is True
    assert set(found["ratio"]) == set(found["peers"]) == {"sqlite3", "sqlite3, grouped"}
