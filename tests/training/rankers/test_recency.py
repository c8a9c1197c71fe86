"""Recency: the past fades where taste turned, and only there."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from features.calendar import DAY_SECONDS
from training.data.examples import NOTHING_HIDDEN, Examples
from training.rankers.models import PooledForest, probability
from training.rankers.recency import choose_half_life, faded

ROWS = 24_000
PROGRAMMES = SimpleNamespace(
    ids=("a", "b"), names=("log_amount",), values=np.array([[1.0], [2.0]], np.float32), codes=np.array([1, 2])
)


def chosen(turned):
    """The half-life in three years of which the last `turned` days want the opposite."""
    rng = np.random.default_rng(0)
    day, taste = np.sort(rng.integers(0, 1095, ROWS)), rng.normal(size=ROWS)
    programme = rng.integers(0, 2, ROWS)
    side = np.where(programme == 1, 1, -1) * np.where(day >= 1095 - turned, -1, 1)
    label = (rng.random(ROWS) < probability(1.5 * taste * side - 0.5)).astype(float)
    none, one, nowhere = np.zeros(ROWS, np.int64), np.ones(ROWS), np.ones(ROWS, np.float32)
    examples = Examples(
        np.arange(ROWS), day * DAY_SECONDS, programme, nowhere, nowhere, label, label > 0, one, one,
        none + NOTHING_HIDDEN,
    )  # fmt: skip
    lists = SimpleNamespace(examples=examples, of_one_in=lambda every: np.arange(ROWS) % every == 0)
    rows = np.column_stack([taste, programme]).astype(np.float32)
    return choose_half_life(rows, lists, PROGRAMMES, PooledForest())


def test_where_taste_turned_lately_the_past_fades_fast():
    assert 0 < chosen(turned=150) <= 180


def test_where_nothing_turned_every_row_counts():
    assert chosen(turned=0) == 0


def test_a_row_counts_half_after_each_half_life_and_whole_without_one():
    none, one = np.zeros(3, np.int64), np.ones(3)
    t = np.array([0, 10, 20]) * DAY_SECONDS
    examples = Examples(none, t, none, one, one, one, one > 0, one, one, none + NOTHING_HIDDEN)
    assert faded(examples, 10, 20 * DAY_SECONDS).weight == pytest.approx([0.25, 0.5, 1.0])
    assert faded(examples, 0, 20 * DAY_SECONDS) is examples
