"""The benchmark of the private ranker, small as it is here: what it reports, and that its world is what it says."""

import numpy as np
import pytest

from features.problem import Rejected
from proffer.bench import benchmark
from recommender.ranking.bins import FLAGS, PAIR
from research import private_worlds
from research.bench_world import ELIGIBLE, TAKEN

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench():
    module = benchmark("private")
    module.HELD_OUT, module.SIZES, module.EPSILONS = 150, (100, 200), ("1", "8")
    return module


@pytest.fixture(scope="module")
def world(bench):
    return bench.BenchWorld(5)


def test_people_see_and_take_up_as_many_as_the_world_says(world) -> None:
    shown = world.shown(2_000, 1)
    lists = shown.list_at.size - 1
    assert shown.programme.size / lists == pytest.approx(ELIGIBLE, rel=0.1)
    assert shown.label.sum() / lists == pytest.approx(TAKEN, rel=0.15)


def test_the_same_seed_draws_the_same_world(bench, world) -> None:
    again = bench.BenchWorld(5).shown(50, 2)
    first = world.shown(50, 2)
    assert np.array_equal(first.values, again.values)
    assert np.array_equal(first.truth, again.truth)


def test_the_first_people_are_the_same_people(world) -> None:
    whole = world.shown(60, 3)
    some = whole.first(20)
    assert some.list_at.size == 21
    assert np.array_equal(some.programme, whole.programme[: some.list_at[-1]])
    assert np.array_equal(some.owner, whole.owner[: some.list_at[-1]])


def test_bins_lie_in_their_slots_and_unknown_has_its_own(bench, world) -> None:
    shown = world.shown(300, 4)
    found, bins = bench.bins(), bench.bins_of(shown)
    starts, many = np.array(found.starts), len(found.slots)
    ends = starts + np.array([*(slot.size for slot in found.slots), *(PAIR for _ in found.pairs)])
    assert len(found.pairs) == FLAGS * (FLAGS - 1) / 2
    assert ((bins[:, 1:] >= starts) & (bins[:, 1:] < ends)).all()
    assert np.array_equal(bins[:, 1 : many + 1] == ends[:many] - 1, ~shown.known)


def test_it_reports_what_others_script_against_and_draws_its_curves(bench, tmp_path) -> None:
    said = []
    found = bench.measure(said.append, units=200, pictures=tmp_path)
    assert set(found["peers"]) == set(found["ratio"]) == {"without noise", "lightgbm", "popularity", "reachable"}
    assert 0 < found["ours"] < 1
    assert set(found["fresh"]) == {"proffer", "without noise", "lightgbm", "popularity", "reachable"}
    assert set(found["curves"]["units"]) == {"100", "200"}
    assert found["equal_results"] is True
    assert {path.name for path in tmp_path.iterdir()} == {"epsilon.png", "units.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
    assert said


def test_beside_many_people_no_lightgbm_is_tuned(bench, monkeypatch) -> None:
    monkeypatch.setattr(bench, "FOREST_PEOPLE", 100)
    found = bench.measure(lambda _: None, units=200)
    assert set(found["peers"]) == {"without noise", "popularity", "reachable"}
    assert found["lightgbm_settings"] is None


def test_in_a_named_world_every_order_stands_beside_the_private_one_by_one_command(bench, monkeypatch) -> None:
    monkeypatch.setattr(private_worlds, "MONTHS", 12)
    said = []
    found = bench.measure(said.append, units=300, learner="network", world="plain")
    (row,) = found["details"]
    beside = ("network", "network without noise")
    orders = ("popularity", "private", "without noise", "tuned LightGBM", *beside, "reachable")
    figures = [float(row[order]) for order in orders]
    assert all(0 < figure <= figures[-1] for figure in figures)
    assert set(found["peers"]) == {order for order in orders if order != "private"}
    assert 0 < row["households"] < 300
    assert said


def test_another_learner_is_compared_in_named_worlds_only(bench) -> None:
    with pytest.raises(Rejected, match="--learner"):
        bench.measure(lambda _: None, learner="network")


def test_no_curve_is_drawn_of_a_named_world(bench, tmp_path) -> None:
    with pytest.raises(Rejected, match="--pictures"):
        bench.measure(lambda _: None, world="plain", pictures=tmp_path)


def test_an_order_below_popularity_is_called_so_and_given_no_share() -> None:
    ndcg = dict.fromkeys(("popularity", "without noise", "tuned LightGBM"), 0.6) | {"private": 0.5, "reachable": 0.8}
    worse = private_worlds.PrivateWorld("plain", 100, 30, ndcg, {})
    better = private_worlds.PrivateWorld("plain", 100, 30, ndcg | {"private": 0.7}, {})
    assert [one.row()["share"] for one in (worse, better)] == ["below popularity", "50 %"]
