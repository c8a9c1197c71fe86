"""What answers betray of latent traits: the belief is right on average, and sharpens with what is answered."""

from dataclasses import replace

import numpy as np
import pytest

from data.synthetic.latent_belief import Answers, LatentBelief
from data.synthetic.random_streams import RandomStreams
from data.synthetic.takeup import probability

pytestmark = pytest.mark.slow
MANY, SHOWN = 3_000, 25


@pytest.fixture(scope="module")
def answered(small_world):
    """People of whom each was shown the same programmes at one observable logit, and how they took it."""
    rng = np.random.default_rng(0)
    loadings = 1.2 * rng.normal(size=small_world.takeup.loadings.shape)
    takeup = replace(small_world.takeup, loadings=loadings, dials=replace(small_world.takeup.dials, liking=0.0))
    traits = rng.normal(size=(MANY, loadings.shape[1]))
    belief = LatentBelief.prior(RandomStreams(1), MANY)
    for programme in range(SHOWN):
        person, shown = np.arange(MANY), np.full(MANY, programme)
        want = np.sqrt(probability(traits @ loadings[programme]))
        opened = rng.random(MANY) < 0.8 * want
        applied = opened & (rng.random(MANY) < want)
        belief.answer(takeup, (person, shown), np.zeros(MANY), Answers(opened, applied, np.full(MANY, 0.8)))
    return takeup, traits, belief


def test_what_is_expected_after_answers_is_right_on_average_and_better_than_the_prior(answered):
    takeup, traits, belief = answered
    person, programme = np.arange(MANY), np.full(MANY, SHOWN + 1)
    true = probability(traits @ takeup.loadings[SHOWN + 1])
    expected = belief.expected(takeup, (person, programme), np.zeros(MANY))
    assert ((expected - true) ** 2).mean() < 0.6 * true.var()
    for low in np.linspace(0.2, 0.7, 6):
        inside = (expected >= low) & (expected < low + 0.1)
        assert true[inside].mean() == pytest.approx(expected[inside].mean(), abs=0.05)


def test_before_any_answer_the_belief_is_the_prior(answered):
    takeup, _, _ = answered
    nobody_asked = LatentBelief.prior(RandomStreams(1), 4)
    expected = nobody_asked.expected(takeup, (np.arange(4), np.full(4, 3)), np.zeros(4))
    assert expected == pytest.approx(0.5, abs=0.01)
