"""The benchmark of requests grows catalogues that are read like any other, and compares one by one with a batch."""

from __future__ import annotations

import pytest

from benchmarks import serve_bench
from composition import reading
from composition.settings import SHIPPED
from features.problem import Rejected
from recommender.rules.catalogue import catalogue


def test_a_grown_catalogue_is_valid_and_the_same_every_time():
    declaration, regions = reading.read_declaration(), reading.read_regions()
    documents = reading.programme_documents(SHIPPED.catalogue)
    first, second = (catalogue(serve_bench.grown(documents, 250, regions), declaration, regions) for _ in range(2))
    assert (len(first), first.hash) == (250, second.hash)
    assert len({one.who["citizen"] for one in first.programmes if "citizen" in one.who}) > 150


@pytest.mark.slow
def test_every_person_gets_alone_what_they_get_in_a_batch():
    found = serve_bench.measured(serve_bench.engine_of(150, None), rounds=1)
    assert found["equal_results"]
    assert all(total > 0 for total in found["recommended"])


def test_what_is_missing_is_reported_at_once():
    with pytest.raises(Rejected) as refusal:
        serve_bench.measure(print)
    assert [problem.where for problem in refusal.value.problems] == ["--model"]
