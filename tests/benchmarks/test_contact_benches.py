"""The benchmarks of contacts on a few people: what is brought in time, and never what the rules exclude."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


def bench(name, monkeypatch):
    spec = importlib.util.spec_from_file_location(f"{name}_bench_tested", FOLDER / f"{name}_bench.py")
    found = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, found)
    spec.loader.exec_module(found)
    return found


@pytest.mark.slow
def test_the_policy_brings_nine_tenths_of_what_could_be_brought_in_hindsight(monkeypatch):
    contact = bench("contact", monkeypatch)
    found = contact.run(instances=3)
    assert found["equal_results"]
    assert 90 <= found["ours"] <= 100


@pytest.mark.soak
def test_a_year_of_a_few_people_offers_in_time_and_nothing_that_the_rules_exclude(monkeypatch):
    year = bench("year", monkeypatch)
    found = year.run(citizens=40, days=200, pilot=100)
    assert found["equal_results"]
    assert found["ours"] >= 95
    assert found["details"][0]["excluded by the rules"].startswith("0 of ")
