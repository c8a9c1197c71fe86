"""Each challenger learns, and a unit more moves none of its released sums by more than the clip."""

import numpy as np
import pytest

from research.boosted import BoostedTrees
from research.challengers import learner
from research.codebook import CodeBook, Grid
from research.learner import PrivateLearner
from research.logistic import LogisticBins
from research.towers import TwoTowers
from tests.privacy.tape import Coins, Tape, moved

BOOK = CodeBook(tuple(Grid(f"column {at}", (-1.0, -0.3, 0.3, 1.0)) for at in range(4)))
UNITS = 25
CHALLENGERS = {
    "boosted": lambda public: BoostedTrees(BOOK, trees=4, **public),
    "logistic": lambda public: LogisticBins(BOOK, steps=5, **public),
    "towers": lambda public: TwoTowers(BOOK, steps=3, **public),
}


def rows_of_units(rows=90, seed=3):
    """Rows of units, several each; unit 4's are no numbers."""
    rng = np.random.default_rng(seed)
    X, unit = rng.normal(size=(rows, 4)), np.sort(np.r_[np.arange(UNITS), rng.integers(0, UNITS, rows - UNITS)])
    X[unit == 4] = np.nan
    return X, (X[:, 0] > 0).astype(int), unit


@pytest.mark.parametrize("name", CHALLENGERS)
def test_a_challenger_learns_and_is_bounded_in_what_one_unit_changes(monkeypatch, name) -> None:
    assert issubclass(learner(name), PrivateLearner)
    X, y, unit = rows_of_units()
    clear = CHALLENGERS[name]({"units": UNITS, "sigma": "0", "q": "1"}).fit(X, y, unit=unit).decision_function(X)
    assert clear[y == 1].mean() > clear[y == 0].mean()
    public = {"units": 30, "sigma": "0.9", "q": "0.5", "clip": 0.6}
    for gone in (0, 4):
        tape, kept = Tape(), unit != gone
        with monkeypatch.context() as patch:
            tape.record(patch)
            one = CHALLENGERS[name](public).fit(X, y, unit=unit, noise=Coins(8, UNITS))
        with monkeypatch.context() as patch:
            replayed = tape.replay(patch)
            other = CHALLENGERS[name](public).fit(X[kept], y[kept], unit=unit[kept], noise=Coins(8, UNITS, gone))
        assert max(moved(tape, replayed)) <= 1
        assert np.array_equal(one.decision_function(X), other.decision_function(X))
