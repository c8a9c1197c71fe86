"""Having heard of a programme: from the start, by being shown it, and from neighbours who asked."""

from dataclasses import replace

import numpy as np
import pytest

from data.synthetic.awareness import _QUARTER, Awareness
from data.synthetic.dials import named


@pytest.fixture
def aware():
    people, programmes = 6, 3
    none = np.zeros((people, programmes), bool)
    district = np.array([0, 0, 0, 1, 1, 1])
    return Awareness(
        replace(named("default"), neighbours=1.0), 7, np.full((people, programmes), -1.0), district, 0, 0, none,
        np.ones((people, programmes)), np.zeros((2, 6, programmes)),
    )  # fmt: skip


EVERYBODY, LATER = np.arange(6), np.full(6, 3 * _QUARTER)


def test_what_somebody_asked_for_is_heard_of_near_by_from_the_next_quarter_on(aware):
    before = aware.chance(EVERYBODY, LATER)
    aware.apply(np.array([0, 1]), np.array([2, 2]), np.array([5, 6]))
    at_once, after = aware.chance(EVERYBODY, np.full(6, 10)), aware.chance(EVERYBODY, LATER)
    assert (at_once == before).all()
    assert (after[:3, 2] > before[:3, 2]).all()
    assert (after[3:] == before[3:]).all()
    assert (after[:, :2] == before[:, :2]).all()


def test_nobody_forgets(aware):
    now = aware.heard(EVERYBODY, np.full(6, 10))
    aware.apply(EVERYBODY, np.zeros(6, np.int64), np.full(6, 20))
    assert (aware.heard(EVERYBODY, LATER) >= now).all()
    assert aware.heard(EVERYBODY, LATER)[:, 0].all()


def test_what_was_looked_at_is_heard_of_and_what_was_opened_is_known_to_be(aware):
    pairs = np.array([0, 1, 2]), np.array([0, 0, 0])
    looked, opened = np.array([True, True, False]), np.array([True, False, False])
    before = aware.believed(EVERYBODY, LATER)[:, 0]
    aware.show(pairs, looked, opened, np.full(3, 0.5))
    assert aware.heard(EVERYBODY, LATER)[:2, 0].all()
    believed = aware.believed(EVERYBODY, LATER)[:, 0]
    assert believed[0] == 1.0
    assert believed[1] == believed[2] > before[1]


def test_what_is_believed_of_hearing_is_right_on_average(aware):
    rng = np.random.default_rng(3)
    many = 40_000
    wide = replace(
        aware, base=np.full((many, 1), -1.0), district=np.zeros(many, np.int64), told=np.zeros((many, 1), bool),
        missed=np.ones((many, 1)), asked=np.zeros((1, 6, 1)),
    )  # fmt: skip
    person, programme = np.arange(many), np.zeros(many, np.int64)
    look, want = 0.6, 0.5
    looked = rng.random(many) < look
    opened = looked & (rng.random(many) < want)
    wide.show((person, programme), looked, opened, np.full(many, (1 - look) / (1 - look * want)))
    t = np.full(many, _QUARTER)
    heard, believed = wide.heard(person, t)[:, 0], wide.believed(person, t)[:, 0]
    for group in (opened, ~opened):
        assert heard[group].mean() == pytest.approx(believed[group].mean(), abs=0.01)
