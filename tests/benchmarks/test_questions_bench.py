"""The benchmark of questions on a few people: what it counts, and that hindsight is never behind."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "questions_bench.py"


@pytest.fixture(scope="module")
def bench():
    spec = importlib.util.spec_from_file_location("questions_bench_tested", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_hindsight_is_never_behind_and_every_order_ends_with_all_settled(bench):
    found = bench.run(people=6, seed=5)
    assert found["equal_results"]
    assert [(row["after"], row["by"]) for row in found["details"]] == [
        (after, by) for by in ("count", "value") for after in (3, 5, 10)
    ]
    for row in found["details"]:
        assert row["hindsight"] >= max(row["proffer"], row["proffer by this measure"], row["random"])
    assert found["ours"] > found["peers"]["random"]


@pytest.mark.slow
def test_a_list_of_boxes_counts_as_its_boxes(bench):
    people = bench.strangers(5, 2)
    asked = bench.ours(people, 0, people.worth)
    assert len(asked) == len(set(asked)) == bench.MOST
    assert set(asked) <= set(people.open)
