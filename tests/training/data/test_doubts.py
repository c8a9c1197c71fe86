"""What a log cannot tell is said, and stops nothing."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.doubts import doubts, place_explained
from training.data.examples import NOTHING_HIDDEN, Examples


def shown(programme, position):
    programme, position = np.asarray(programme, np.int64), np.asarray(position, np.float32)
    none, one = np.zeros(programme.size, np.int64), np.ones(programme.size)
    nowhere = none.astype(np.float32)
    return Examples(none, none, programme, position, nowhere, one, one > 0, one, one, none + NOTHING_HIDDEN)


def test_a_board_that_never_moves_a_programme_is_told_of():
    fixed = shown(np.tile(np.arange(5), 40), np.tile(np.arange(5), 40) + 1)
    assert place_explained(fixed) == pytest.approx(1)
    (doubt,) = doubts(fixed, "abcde")
    assert doubt.where == "benefit.shown: position"
    assert "cannot be told apart" in str(doubt)


def test_a_board_that_does_and_a_log_without_places_are_not():
    rng = np.random.default_rng(0)
    mixed = shown(rng.integers(0, 5, 400), rng.integers(1, 6, 400))
    assert place_explained(mixed) < 0.1
    for told in (
        mixed,
        shown(np.arange(5), np.ones(5)),
        shown([0, 1, 2, 3, 4], [np.nan] * 5),
        shown([0] * 3, [1, 2, 3]),
    ):
        assert not any("position" in doubt.where for doubt in doubts(told, "abcde"))
    assert place_explained(shown([], [])) == 0


def test_programmes_that_were_never_shown_are_counted_and_the_first_named():
    (doubt,) = doubts(shown([0, 0], [1, 2]), "abcdefgh")
    assert "7 programmes were never shown (b, c, d, e, f, ...)" in str(doubt)
