"""Effects learned: shrunk as far as they are unsure, towards what public attributes let expect of any programme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from training.rankers.effects import Uncertainty, blocks_of, directions_of, learn_effects, raw_effects
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


def test_a_covariance_that_is_better_known_together_is_solved_as_if_it_were_written_out():
    rng = np.random.default_rng(2)
    variance, together = 2 + rng.random(12), 0.5 * np.linalg.qr(rng.normal(size=(12, 4)))[0]
    unsure = Uncertainty(variance, together).beside(0.3)
    whole = np.diag(variance + 0.3) - together @ together.T
    for values in (rng.normal(size=12), rng.normal(size=(12, 5))):
        assert unsure.solved(values) == pytest.approx(np.linalg.solve(whole, values))
    assert unsure.precision() == pytest.approx(np.diag(np.linalg.inv(whole)))
    assert unsure.log_determinant() == pytest.approx(np.linalg.slogdet(whole)[1])


def test_what_is_not_known_better_together_is_each_by_itself():
    rng = np.random.default_rng(3)
    some, effect, variance = programmes(rng), rng.normal(size=80), 0.1 + rng.random(80)
    seen = rng.random(80) < 0.8
    one = learn_effects(some, effect, variance, seen)
    other = learn_effects(some, effect, variance, seen, np.zeros((80, 0)))
    assert (one.weights == other.weights).all()
    assert (one.own == other.own).all()


def test_directions_of_programmes_are_orthonormal_and_leave_out_single_ones():
    rng = np.random.default_rng(4)
    some = programmes(rng)
    named = Known(some.codes, (*some.names, "id=7"), np.column_stack([some.values, np.eye(80, 1)]))
    found = directions_of(named)
    assert found.T @ found == pytest.approx(np.eye(3))
    assert found @ found.T == pytest.approx(directions_of(some) @ directions_of(some).T)
