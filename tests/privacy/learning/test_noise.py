"""Noise: what it is drawn from, and that nobody can draw it again."""

import copy
import pickle

import numpy as np
import pytest
from scipy import stats

from privacy.learning.noise import secure


def test_normal_values_are_normal_with_the_deviation_asked_for() -> None:
    drawn = secure().gaussian(200_000, sigma=3.0)
    assert stats.kstest(drawn / 3.0, "norm").pvalue > 1e-6
    assert abs(drawn.std() - 3.0) < 0.05


def test_the_tails_are_there_and_every_value_is_finite() -> None:
    drawn = secure().gaussian(1_000_000, sigma=1.0)
    assert np.isfinite(drawn).all()
    assert 4.0 < np.abs(drawn).max() < 7.0


def test_the_two_values_of_one_pair_do_not_depend_on_each_other() -> None:
    drawn = secure().gaussian((2, 100_000), sigma=1.0)
    assert abs(np.corrcoef(drawn)[0, 1]) < 0.02
    assert abs(np.corrcoef(drawn**2)[0, 1]) < 0.02


def test_uniform_values_are_uniform_and_never_one() -> None:
    drawn = secure().uniform(200_000)
    assert stats.kstest(drawn, "uniform").pvalue > 1e-6
    assert drawn.min() >= 0
    assert drawn.max() < 1


def test_two_sources_never_draw_the_same() -> None:
    assert not np.array_equal(secure().uniform(4), secure().uniform(4))


def test_one_source_never_draws_the_same_twice() -> None:
    noise = secure()
    assert not np.array_equal(noise.uniform(4), noise.uniform(4))


def test_seeding_numpy_does_not_repeat_the_noise() -> None:
    np.random.seed(1)
    first = secure().gaussian(4, 1.0)
    np.random.seed(1)
    assert not np.array_equal(first, secure().gaussian(4, 1.0))


def test_nothing_is_asked_of_an_empty_shape() -> None:
    assert secure().gaussian((0, 3), 1.0).shape == (0, 3)
    assert secure().uniform(0).size == 0


def test_a_source_shows_nothing_of_itself() -> None:
    assert repr(secure()) == "secure noise"
    assert not hasattr(secure(), "__dict__")


@pytest.mark.parametrize("take", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_source_cannot_be_copied_or_stored(take) -> None:
    with pytest.raises(TypeError, match="never copied"):
        take(secure())


def test_no_noise_is_no_noise() -> None:
    assert not secure().gaussian(10, 0.0).any()
