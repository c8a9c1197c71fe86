"""Orders judged by what people took up: lists that tell nothing are left out, ties are shared, errors stand beside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from training.evaluation.observed_orders import ObservedOrder, mixed


@dataclass
class Labels:
    label: np.ndarray


@dataclass
class Told:
    at: np.ndarray
    examples: Labels


TOLD = Told(np.array([0, 0, 1, 1, 2, 2, 3, 3]), Labels(np.array([1.0, 0, 0, 1, 1, 1, 0, 0])))


def test_only_lists_with_a_yes_and_a_no_count():
    assert mixed(TOLD.at, TOLD.examples.label).tolist() == [True] * 4 + [False] * 4


def test_the_right_order_is_one_and_the_wrong_one_half():
    right = ObservedOrder.of(TOLD, np.array([2.0, 1, 1, 2, 0, 0, 0, 0]))
    assert (right.lists, right.ndcg, right.reciprocal_rank, right.ndcg_error) == (2, 1.0, 1.0, 0.0)
    wrong = ObservedOrder.of(TOLD, np.array([1.0, 2, 2, 1, 0, 0, 0, 0]))
    assert wrong.reciprocal_rank == 0.5
    assert wrong.ndcg == pytest.approx(1 / np.log2(3))


def test_equal_scores_stand_between():
    even = ObservedOrder.of(TOLD, np.zeros(8))
    assert even.reciprocal_rank == pytest.approx(1 / 1.5)


def test_an_error_is_that_of_a_mean():
    mixed_up = ObservedOrder.of(TOLD, np.array([2.0, 1, 2, 1, 0, 0, 0, 0]))
    assert mixed_up.reciprocal_rank == 0.75
    assert mixed_up.reciprocal_rank_error == pytest.approx(0.25)
    assert mixed_up.to_document()["mrr"] == 0.75
