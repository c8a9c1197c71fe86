"""Effects learned: shrunk as far as they are unsure, towards what public attributes let expect of any programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from training.rankers.effects import blocks_of, learn_effects, raw_effects
from training.rankers.models import probability


@dataclass(frozen=True)
class Known:
    """What learning effects needs of programmes."""

    codes: np.ndarray
    names: tuple[str, ...]
    values: np.ndarray


def programmes(rng, count=80):
    values = rng.normal(size=(count, 3)).astype(np.float32)
    return Known(rng.permutation(count) + 100, ("log_amount", "form=cash", "form=loan"), values)


def test_a_programme_shown_often_shows_its_effect_and_one_shown_seldom_says_how_unsure_it_is():
    rng = np.random.default_rng(0)
    programme = np.repeat([0, 1, 2], [4000, 4000, 4])
    label = (rng.random(programme.size) < probability(np.array([1.0, -1.0, 1.0])[programme] - 1)).astype(float)
    effect, variance = raw_effects(programme, label, np.full(programme.size, -1.0), 4)
    assert effect[:2] == pytest.approx([1, -1], abs=0.12)
    assert variance[0] < 0.01 < 0.3 < variance[2]
    assert (effect[3], variance[3]) == (0, 9)


def test_rows_that_stand_for_several_count_as_several():
    programme, label, score = np.zeros(3, np.int64), np.array([1.0, 0.0, 0.0]), np.zeros(3)
    weighed = raw_effects(programme[:2], label[:2], score[:2], 1, np.array([1.0, 2.0]))
    each = raw_effects(programme, label, score, 1)
    assert np.concatenate(weighed) == pytest.approx(np.concatenate(each))


def test_an_effect_stays_finite_where_every_answer_was_the_same():
    effect, _ = raw_effects(np.zeros(500, np.int64), np.ones(500), np.zeros(500), 1)
    assert 2 < effect[0] < 12


def test_what_is_public_is_learned_from_all_programmes_and_holds_for_one_that_was_never_seen():
    rng = np.random.default_rng(1)
    some = programmes(rng)
    truth = 0.4 + some.values @ np.array([0.8, 0.0, 0.0])
    seen = np.arange(80) < 60
    found = learn_effects(some, np.where(seen, truth, 0.0), np.full(80, 0.01), seen)
    mean, variance = found.of(some)
    assert np.corrcoef(mean[~seen], truth[~seen])[0, 1] > 0.95
    assert (variance[~seen] > 0).all()
    assert not variance[seen].any()
    assert found.codes.tolist() == sorted(some.codes[seen].tolist())


def test_an_effect_that_is_unsure_is_shrunk_to_what_is_expected_and_a_sure_one_is_kept():
    rng = np.random.default_rng(2)
    some = programmes(rng)
    effect = rng.normal(size=80)
    sure = np.arange(80) % 2 == 0
    mean, _ = learn_effects(some, effect, np.where(sure, 1e-4, 4.0), np.ones(80, np.bool_)).of(some)
    assert mean[sure] == pytest.approx(effect[sure], abs=0.02)
    assert mean[~sure].std() < 0.6 * effect[~sure].std()


def test_attributes_that_explain_nothing_are_shrunk_away():
    rng = np.random.default_rng(3)
    some = programmes(rng)
    found = learn_effects(some, rng.normal(size=80), np.full(80, 0.01), np.ones(80, np.bool_))
    assert np.abs(found.public.of(some.values) @ found.weights).std() < 0.4
    assert found.spread == pytest.approx(1, abs=0.25)


def test_kinds_of_attributes_are_told_by_their_names():
    assert blocks_of(("text.0", "stage=birth")) == ("text", "stage", "unknown", "unknown")
