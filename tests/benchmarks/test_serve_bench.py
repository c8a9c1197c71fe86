"""The benchmark of requests compares what it answers one by one with a batch."""

from __future__ import annotations

import pytest

from benchmarks import serve_bench
from features.problem import Rejected


@pytest.mark.slow
def test_every_person_gets_alone_what_they_get_in_a_batch():
    found = serve_bench.measured(serve_bench.engine_of(150, None), rounds=1)
    assert found["equal_results"]
    assert all(total > 0 for total in found["recommended"])


def test_what_is_missing_is_reported_at_once():
    with pytest.raises(Rejected) as refusal:
        serve_bench.measure(print)
    assert [problem.where for problem in refusal.value.problems] == ["--model"]
