"""Tuned LightGBM, to stand beside: it finds what is there, alone for each programme and over all as classes."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.examples import NOTHING_HIDDEN, Examples
from training.measures import ndcg
from training.rankers.tuned import Sides, of_classes, per_programme

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(2)
    taste = rng.normal(size=(1_500, 1)).astype(np.float32)
    rows, zero = np.repeat(np.arange(1_500), 3), np.zeros(4_500, np.int64)
    programme = np.tile(np.arange(3), 1_500)
    label = (rng.random(4_500) < 1 / (1 + np.exp(-4 * taste[rows, 0] * (programme - 1)))).astype(np.float64)
    label[programme == 1] = 1.0  # everybody takes it: there is nothing to learn of it alone
    none = zero.astype(np.float32)
    examples = Examples(
        rows, zero, programme, none, none, label, label > 0, np.ones(4_500), np.ones(4_500), zero + NOTHING_HIDDEN
    )
    learned = rows < 1_200
    return (
        Sides(taste[rows[learned]], examples[learned], rows[learned] % 6 == 0, taste[rows[~learned]],
              programme[~learned], 1),
        examples[~learned],
    )  # fmt: skip


@pytest.mark.parametrize("ways", [per_programme, of_classes])
def test_it_orders_far_better_than_popularity(sides, ways):
    known, told = sides
    score = ways(known)
    shares = np.bincount(known.examples.programme, known.examples.label) / np.bincount(known.examples.programme)
    ours, popular = (ndcg(told.person, one, told.label, 2)[1].mean() for one in (score, shares[told.programme]))
    assert ours > popular + 0.03


def test_a_programme_that_everybody_takes_has_its_mean(sides):
    known, told = sides
    assert set(per_programme(known)[told.programme == 1]) == {1.0}
