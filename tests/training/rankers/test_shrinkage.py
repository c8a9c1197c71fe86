"""Shrinkage: what is kept of what private steps learned, and that it follows from what is public of the noise."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from privacy.learning.step import Schedule
from tests.privacy.noises import Seeded, Silent
from tests.training.rankers.test_private_bilinear import PROGRAMMES, sample, space
from training.rankers.bilinear_arrays import BilinearWeights, LearningStart, Sample
from training.rankers.private_bilinear import PrivateBilinear
from training.rankers.schedules import SMALL, TABLE
from training.rankers.shrinkage import shrunk

ROW = replace(SMALL[0], personal=0.5)


def learned(sigma="4", spread=1.0, units=50):
    """A ranker after its steps on few rows, from a start in which programmes differ by so much."""
    start = LearningStart(np.linspace(-spread, spread, PROGRAMMES), np.array([1.0, 0.7, 0.2]))
    schedule = Schedule(units, Decimal(1), 20, Decimal(sigma))
    return PrivateBilinear(schedule, rate=2.0).fit(sample(units), space(), Seeded(1), start)


def kept(ranker, row=ROW):
    before = ranker.weights_
    after = shrunk(ranker, row).weights_
    ranker.weights_ = before
    part = after.cross[0, 0] / before.cross[0, 0]
    assert after.cross == pytest.approx(part * before.cross)
    assert after.beside == pytest.approx(part * before.beside)
    return part


def test_the_noise_of_weights_is_that_of_steps_that_learn_nothing():
    """With no rows every weight is noise alone, in as many ways as there are weights."""
    nobody = Sample(
        np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((0, 4), np.int32), np.zeros(0, np.int32), np.zeros(0),
        np.zeros(0, np.int32), np.zeros(0),
    )  # fmt: skip
    schedule = Schedule(50, Decimal(1), 20, Decimal(4))
    drawn = [PrivateBilinear(schedule, rate=2.0).fit(nobody, space(), Seeded(seed)) for seed in range(60)]
    every = np.array([np.r_[one.weights_.cross.ravel(), one.weights_.beside][space().learned] for one in drawn])
    assert every.std() == pytest.approx(drawn[0].noise_of_weights(), rel=0.05)


def test_of_what_is_noise_less_is_kept_the_nearer_programmes_are_to_each_other():
    near, apart = (kept(learned(spread=spread)) for spread in (0.1, 2.0))
    assert 0 < near < apart < 1


def test_with_more_noise_less_is_kept():
    parts = [kept(learned(sigma)) for sigma in ("0.5", "4", "32")]
    assert parts == sorted(parts, reverse=True)


def test_what_is_surely_longer_than_noise_is_kept_however_near_programmes_are():
    ranker = learned(spread=0.0)
    assert kept(ranker) < 0.5
    loud = ranker.weights_
    ranker.weights_ = BilinearWeights(100 * loud.cross, 100 * loud.beside)
    assert kept(ranker) > 0.99


def test_without_noise_and_where_the_plan_says_so_all_is_kept():
    bare = PrivateBilinear(Schedule(50, Decimal(1), 20, Decimal(0))).fit(sample(50), space(), Silent(1))
    before = bare.weights_.cross
    assert (shrunk(bare, ROW).weights_.cross == before).all()
    assert kept(learned(), replace(ROW, personal=0.0)) == 1


def test_a_typical_persons_scores_differ_by_as_much_as_is_said():
    """Of weights of variance 1 and a person of the plan's length, by simulation."""
    of, rng = replace(space(), pairs=0), np.random.default_rng(0)
    length = np.sqrt(ROW.everybody**2 + ROW.person**2)
    person = np.zeros(of.shape[0])
    person[:4] = length / 2
    crossed = [person @ rng.normal(size=of.shape) @ of.attributes.T for _ in range(4000)]
    drawn = np.array(crossed) + of.own * rng.normal(size=(4000, PROGRAMMES))
    ranker = PrivateBilinear(Schedule(50, Decimal(1), 1, Decimal(0))).fit(sample(50), of, Silent(1))
    assert np.var(drawn, axis=1, ddof=0).mean() == pytest.approx(ranker.reach(ROW), rel=0.1)


@pytest.mark.parametrize("table", [SMALL, TABLE])
def test_what_few_people_teach_is_drawn_to_the_start_and_nothing_else(table):
    """Where it was tried: many people say more than their start."""
    assert [row.personal > 0 for row in table] == [row.signal < 5_000 for row in table]
