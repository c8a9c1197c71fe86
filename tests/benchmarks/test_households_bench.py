"""The benchmark of households over time, small as it is here: what it counts, what it costs, and what it judges."""

from decimal import Decimal

import numpy as np
import pytest

from proffer.bench import benchmark

pytest.importorskip("dp_accounting")


@pytest.fixture
def bench():
    return benchmark("households")


def test_a_year_costs_more_where_a_run_counts_twice_and_the_noise_that_makes_up_for_it_is_of_half_the_epsilon(bench):
    assert (bench.cost([1] * 13), bench.cost([2] * 12 + [1])) == ("4.09", "8.79")
    assert float(bench.epsilon_where(1)) == pytest.approx(1, abs=0.002)
    assert bench.epsilon_where(2) == Decimal("0.475")


def test_the_largest_number_of_units_that_a_household_of_today_was_is_told_of_each_run(bench):
    year = bench.HouseholdYear(bench.MemoryRoll(), np.array([[2, 1, 1], [0, 3, 1], [1, 1, 1]]))
    assert year.most == [2, 3, 1]


@pytest.mark.slow
def test_every_way_is_judged_beside_popularity_and_the_best_possible(bench, monkeypatch):
    for name, value in {"MONTHS": 12, "RUNS": 3, "DRAWS": 1, "_APART": 90 * 86_400}.items():
        monkeypatch.setattr(bench, name, value)
    found = bench.measure(lambda _: None, units=250)
    assert set(found["peers"]) == {bench.COUNTED, bench.TODAY, "popularity", "reachable"}
    assert 0 < found["ours"] <= found["peers"]["reachable"] <= 1
    (row,) = found["details"]
    assert len(row["k by run"].split()) == 3
    assert row["k by run"].split()[-1] == "1"
    assert 0 < row["households"] < 250
