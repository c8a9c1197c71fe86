"""Orders and probabilities measured by arithmetic that can be checked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from training.measures import log_loss, ndcg, reliability, share_of_gap


def one(score, gain, k=5):
    return ndcg(np.zeros(len(score), np.int64), np.array(score, float), np.array(gain, float), k)[1]


def test_the_ideal_order_is_one():
    assert one([3, 2, 1], [0.9, 0.5, 0.1]).tolist() == [1.0]


def test_a_worse_order_is_what_the_formula_says():
    ideal = 0.9 + 0.5 / math.log2(3)
    assert one([1, 2], [0.9, 0.5])[0] == pytest.approx((0.5 + 0.9 / math.log2(3)) / ideal)


def test_places_beyond_k_count_nothing():
    assert one([3, 2, 1], [0, 0, 1], k=2).tolist() == [0.0]


def test_a_list_without_any_gain_is_left_out():
    groups = np.array([1, 1, 2])
    names, values = ndcg(groups, np.array([1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0]))
    assert (names.tolist(), values.tolist()) == ([2], [1.0])


def test_equal_scores_share_the_gain_of_their_places():
    assert one([1, 1], [1, 0])[0] == pytest.approx((1 + 1 / math.log2(3)) / 2)


def test_nothing_at_all_has_no_lists():
    assert ndcg(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))[1].size == 0


ROWS = st.integers(1, 40).flatmap(
    lambda m: st.tuples(
        arrays(np.int64, m, elements=st.integers(0, 5)),
        arrays(np.float64, m, elements=st.integers(0, 3).map(float)),
        arrays(np.float64, m, elements=st.floats(0, 1)),
        st.permutations(range(m)),
    )
)


@given(ROWS)
def test_the_order_in_which_rows_arrive_does_not_matter(rows):
    groups, score, gain, order = rows
    some = ndcg(groups, score, gain)
    again = ndcg(groups[order], score[order], gain[order])
    assert np.array_equal(some[0], again[0])
    assert np.allclose(some[1], again[1])


@given(ROWS)
def test_ndcg_lies_between_nothing_and_the_ideal(rows):
    groups, score, gain, _ = rows
    values = ndcg(groups, score, gain)[1]
    assert ((values >= 0) & (values <= 1 + 1e-9)).all()


def test_log_loss_weighs_rows():
    label, p = np.array([1.0, 0.0]), np.array([0.8, 0.4])
    assert log_loss(label, p, np.array([3.0, 1.0])) == pytest.approx(-(3 * math.log(0.8) + math.log(0.6)) / 4)
    assert math.isfinite(log_loss(label, np.array([0.0, 1.0])))


def test_a_calibrated_prediction_has_no_error_and_a_shifted_one_has_the_shift():
    p = np.linspace(0.1, 0.9, 900)
    assert reliability(p, p).error == pytest.approx(0)
    assert reliability(p, p + 0.05).error == pytest.approx(0.05)
    assert reliability(p, p, bins=9).rows.tolist() == [100] * 9


def test_fewer_rows_than_bins_is_a_bin_each():
    assert reliability(np.array([1.0]), np.array([0.5])).rows.tolist() == [1]


def test_the_share_of_a_gap_that_is_not_there_is_nothing():
    assert share_of_gap(0.9, 0.8, 0.8) is None
    assert share_of_gap(0.7, 0.8, 0.9) == pytest.approx(-1)
