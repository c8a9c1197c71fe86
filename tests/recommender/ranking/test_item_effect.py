"""A programme's effect: its own where training saw it, what is public about it where training did not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ranking.item_effect import ItemEffects, PublicPrior, Scale

VALUES = np.array([[0.0, 1.0, np.nan], [2.0, 1.0, 4.0], [4.0, 1.0, 8.0]], dtype=np.float32)


@dataclass(frozen=True)
class Known:
    """What an effect needs of programmes: codes and attributes."""

    codes: np.ndarray
    values: np.ndarray


PROGRAMMES = Known(np.array([7, 5, 9]), VALUES)
PUBLIC = PublicPrior.fit(VALUES)
EFFECTS = ItemEffects(0.5, PUBLIC, np.arange(6) / 10, 0.04 * np.eye(6), 0.3, np.array([5, 7]), np.array([-0.25, 0.25]))


def test_the_design_has_no_gap_and_a_flag_for_each_attribute_that_was_unknown():
    design = PUBLIC.of(VALUES)
    assert not np.isnan(design).any()
    assert design[:, 0] == pytest.approx([-(1.5**0.5), 0, 1.5**0.5])
    assert (design[:, 1] == 0).all()  # never varied
    assert design[0, 2] == pytest.approx(0)  # filled with the mean of what is known
    assert design[0, 5] > 0 > design[1, 5]


@given(arrays(np.float32, (4, 3), elements=st.one_of(st.just(np.nan), st.floats(-99, 99, width=32))))
def test_whatever_is_unknown_the_design_of_the_fitted_catalogue_is_centred_and_finite(values):
    design = PublicPrior.fit(values).of(values)
    assert np.isfinite(design).all()
    assert design.mean(axis=0) == pytest.approx(0, abs=1e-6)


def test_a_programme_training_saw_has_its_residual_and_no_uncertainty():
    own, seen = EFFECTS.own_of(PROGRAMMES.codes)
    assert own.tolist() == [0.25, -0.25, 0.0]
    assert seen.tolist() == [True, True, False]
    mean, variance = EFFECTS.of(PROGRAMMES)
    assert mean == pytest.approx(0.5 + PUBLIC.of(VALUES) @ EFFECTS.weights + [0.25, -0.25, 0])
    assert variance[:2].tolist() == [0, 0]
    assert variance[2] == pytest.approx(0.3**2 + 0.04 * (PUBLIC.of(VALUES)[2] ** 2).sum())


def test_where_training_saw_nothing_every_programme_is_new():
    nobody = ItemEffects(0.0, PUBLIC, np.zeros(6), np.zeros((6, 6)), 1.0, np.zeros(0, np.int64), np.zeros(0))
    own, seen = nobody.own_of(PROGRAMMES.codes)
    assert not own.any()
    assert not seen.any()


def test_an_unsure_effect_brings_log_odds_nearer_to_even_and_keeps_their_sign():
    scale, raw = Scale(1.5, -0.5, EFFECTS), np.array([2.0, 2.0, 2.0])
    sure = 1.5 * (raw + EFFECTS.of(PROGRAMMES)[0]) - 0.5
    found = scale.log_odds(raw, np.arange(3), PROGRAMMES)
    assert found[:2] == pytest.approx(sure[:2])
    assert 0 < found[2] < sure[2]


def test_a_scale_read_back_says_the_same():
    scale, raw = Scale(1.5, -0.5, EFFECTS), np.linspace(-3, 3, 3)
    read = Scale.from_bytes(scale.to_bytes())
    assert np.array_equal(read.log_odds(raw, np.arange(3), PROGRAMMES), scale.log_odds(raw, np.arange(3), PROGRAMMES))
