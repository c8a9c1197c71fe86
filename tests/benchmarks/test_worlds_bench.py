"""The benchmark of the named worlds, small as it is here: what it reports, and the page it writes."""

import pytest

from proffer.bench import benchmark

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench():
    module = benchmark("worlds")
    module.MONTHS, module.SHAPES = 12, ((4, 5),)
    return module


def test_every_order_stands_between_nothing_and_the_best_possible(bench, tmp_path):
    told = []
    page = tmp_path / "quality.md"
    found = bench.measure(told.append, units=300, world="plain", page=page)
    assert set(found["peers"]) == {"logistic", "tuned LightGBM"}
    (row,) = found["details"]
    figures = [float(row[order]) for order in ("popularity", "logistic", "tuned LightGBM", "train ships", "reachable")]
    assert all(0 < figure <= 1 for figure in figures)
    assert max(figures) == figures[-1]
    text = page.read_text(encoding="utf-8")
    assert row["train ships"] in text
    assert "Wants that add up" in text
    assert told


def test_the_share_of_the_gap_is_none_for_popularity_and_all_for_the_best_possible(bench):
    ndcg = {"popularity": 0.6, "logistic": 0.7, "tuned LightGBM": 0.8, "train ships": 0.75, "reachable": 1.0}
    one = bench.WorldResult("plain", 100, ndcg, 0.01, 1.0)
    assert [one.gap(order) for order in ("popularity", "logistic", "reachable")] == pytest.approx([0, 0.25, 1])
    assert one.row()["+-"] == "0.020"
