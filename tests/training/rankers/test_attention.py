"""Attention is told from want: it multiplies, and falls with the place by as much as it does."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from recommender.ranking.forest import parse_trees
from training.data.examples import NOTHING_HIDDEN, Examples
from training.data.labelled import UNSEEN
from training.rankers.attention import learn_attention
from training.rankers.effects import raw_effects
from training.rankers.models import PooledForest, Validation, calibrate, probability

FALLS = np.array([1.0, 0.6, 0.36, 0.2, 0.1])
ROWS = 30_000
COLUMNS = SimpleNamespace(additive=(3, 4))
"""Taste, whether they seldom look, the programme, the place, the channel."""


class Board:
    """Five places; what many want stands at the top, and a fifth of the people seldom looks."""

    def __init__(self, opens=True, seed=0):
        rng = np.random.default_rng(seed)
        self.place = np.tile(np.arange(5), ROWS // 5)
        taste = np.repeat(rng.normal(size=ROWS // 5), 5)
        self.seldom = np.repeat(rng.random(ROWS // 5) < 0.2, 5)
        programme = np.minimum(rng.geometric(0.35, ROWS) + self.place // 2 - 1, 7)
        self.want = probability(-0.5 - 0.3 * programme + 1.5 * taste * np.where(programme % 2, 1, -1))
        self.looks = FALLS[self.place] * np.where(self.seldom, 0.3, 1.0)
        looked = rng.random(ROWS) < self.looks
        label = looked & (rng.random(ROWS) < self.want)
        self.rows = np.column_stack([taste, self.seldom, programme, self.place + 1, np.zeros(ROWS)]).astype(np.float32)
        none, one = np.zeros(ROWS, np.int64), np.ones(ROWS)
        self.examples = Examples(
            none, none, programme, self.rows[:, 3], self.rows[:, 4], label.astype(float), looked if opens else label,
            one, one, none + NOTHING_HIDDEN,
        )  # fmt: skip

    def found(self):
        return learn_attention(self.rows, COLUMNS, self.examples, seed=0, threads=1)


@pytest.fixture(scope="module")
def opened():
    board = Board()
    return board, board.found()


def test_where_openings_are_logged_attention_falls_with_the_place(opened):
    board, found = opened
    means = np.array([found.looked[board.place == at].mean() for at in range(5)])
    assert means / means[0] == pytest.approx(FALLS, abs=0.1)


def test_who_seldom_looks_and_who_wants_little_are_not_told_apart(opened):
    board, found = opened
    assert found.looked[board.seldom].mean() == pytest.approx(found.looked[~board.seldom].mean(), abs=0.02)


def test_its_trees_say_the_same_of_rows_they_have_not_seen(opened):
    other = Board(seed=1)
    again = probability(parse_trees(opened[1].text).raw(other.rows[:, list(COLUMNS.additive)]))
    means = np.array([again[other.place == at].mean() for at in range(5)])
    assert means / means[0] == pytest.approx(FALLS, abs=0.1)


def test_without_openings_it_hangs_on_the_place_alone_though_the_board_shows_first_what_is_wanted():
    board = Board(opens=False)
    found = board.found()
    means = np.array([found.looked[board.place == at].mean() for at in range(5)])
    assert means / means[0] == pytest.approx(FALLS, abs=0.13)
    assert found.looked[board.seldom].mean() == pytest.approx(found.looked[~board.seldom].mean(), abs=0.02)


@pytest.fixture(scope="module")
def noticed():
    """The same board, of a deployment that declares that whoever looks opens."""
    board = Board()
    board.examples = replace(board.examples, looked=np.where(board.examples.opened, 1.0, UNSEEN))
    return board, board.found()


def test_where_opening_is_noticing_each_row_was_looked_at_or_not(noticed):
    board, found = noticed
    assert np.array_equal(found.looked > 0.5, board.examples.opened)


def test_where_opening_is_noticing_the_trees_say_how_often_a_place_is_looked_at_and_not_beside_the_best(noticed):
    board, found = noticed
    seen = probability(parse_trees(found.text).raw(board.rows[:, list(COLUMNS.additive)]))
    means = np.array([seen[board.place == at].mean() for at in range(5)])
    assert means == pytest.approx([board.looks[board.place == at].mean() for at in range(5)], abs=0.02)


def test_not_noticing_is_learned_as_not_wanting_unless_opening_is_declared_to_be_noticing(opened, noticed):
    def wanted(board, found):
        """How much less those who seldom look are thought to want, of what they want alike."""
        rows = board.rows[:, :3]
        forest = PooledForest(rounds=60, min_leaf=50).fit(rows, board.examples.label, looked=found.looked)
        said = forest.predict_proba(rows)[:, 1] - board.want
        return said[~board.seldom].mean() - said[board.seldom].mean()

    assert wanted(*opened) > 0.1
    assert abs(wanted(*noticed)) < 0.04


def test_where_everything_stood_in_one_place_and_nothing_was_opened_nothing_tells():
    board = Board(opens=False)
    board.rows[:, 3] = 1
    assert board.found() is None


def test_a_forest_that_knows_who_looked_learns_want_and_one_that_does_not_takes_inattention_for_it():
    board = Board()
    rows, label, half = board.rows[:, :3], board.examples.label, np.arange(ROWS) % 2 == 0
    start = np.zeros(ROWS)
    error = {}
    for name, looked in (("blind", None), ("told", board.looks)):
        seen = np.ones(ROWS) if looked is None else looked
        watch = Validation(rows[~half], label[~half], None, np.ones((~half).sum()), start[~half], seen[~half])
        forest = PooledForest(rounds=200, patience=20, min_leaf=50)
        forest.fit(rows[half], label[half], looked=None if looked is None else looked[half], validation=watch)
        error[name] = np.abs(probability(forest.decision_function(rows[~half])) - board.want[~half]).mean()
    assert error["told"] < 0.08 < 0.15 < error["blind"]


def test_programmes_effects_and_the_line_that_calibrates_count_what_was_looked_at_only():
    rng = np.random.default_rng(0)
    looked = np.tile([1.0, 0.2], 20_000)
    label = (rng.random(40_000) < looked * 0.5).astype(float)
    none, zero = np.zeros(40_000, np.int64), np.zeros(40_000)
    assert raw_effects(none, label, zero, 1, looked=looked)[0][0] == pytest.approx(0, abs=0.05)
    assert raw_effects(none, label, zero, 1)[0][0] < -0.7
    score = rng.normal(size=40_000)
    label = (rng.random(40_000) < looked * probability(0.5 * score + 1)).astype(float)
    assert calibrate(score, label, None, looked) == pytest.approx((0.5, 1), abs=0.1)
