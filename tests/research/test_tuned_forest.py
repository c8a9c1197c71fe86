"""A tuned peer: its settings are chosen on people kept apart, and nothing tried there is better than what is chosen."""

import numpy as np
import pytest

pytest.importorskip("lightgbm")

from research import tuned_forest
from research.tuned_forest import tuned


@pytest.fixture(scope="module")
def rows():
    """Two hundred people with five rows each: an answer follows from a column, and falls with the place (the last)."""
    rng = np.random.default_rng(3)
    table = rng.normal(size=(1_000, 4)).astype(np.float32)
    table[:, 3] = np.tile(np.arange(5), 200)
    chance = 1 / (1 + np.exp(-(2 * table[:, 0] - 0.5 * table[:, 3])))
    return table, (rng.random(1_000) < chance).astype(np.float64), np.repeat(np.arange(200), 5)


@pytest.fixture(scope="module")
def found(rows):
    said = []
    return tuned(*rows, threads=1, told=said.append), said


def test_what_is_chosen_is_no_worse_on_the_people_kept_apart_than_anything_tried(found):
    made, said = found
    chosen = tuned_forest._words({name: made.settings[name] for name in tuned_forest.BASE})
    assert made.losses[chosen] == min(made.losses.values()) < made.losses[tuned_forest._words(tuned_forest.BASE)]
    assert len(said) == 1 + sum(map(len, tuned_forest.CHOICES.values()))


def test_it_learns_from_everybody_for_as_many_rounds_as_the_others_said(found, rows):
    made, _ = found
    assert made.made.rounds_ == made.settings["rounds"] < tuned_forest.ROUNDS
    assert np.corrcoef(made.made.decision_function(rows[0]), rows[0][:, 0])[0, 1] > 0.5


def test_of_many_people_settings_are_tried_on_some_and_the_rounds_on_all(rows, monkeypatch):
    monkeypatch.setattr(tuned_forest, "MOST_TRIED", 60)
    monkeypatch.setattr(tuned_forest, "CHOICES", {"leaves": (15,)})
    said = []
    tuned(*rows, threads=1, told=said.append)
    assert len(said) == 3
