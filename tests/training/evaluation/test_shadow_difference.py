"""What a shadow would change: counted over the same people, nothing where it orders alike."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recommender.ranking.scorer import Pairs, Scores
from training.evaluation.shadow_difference import shadow_difference

PEOPLE, PROGRAMMES = 3, 7


class Fixed:
    """A model of known scores."""

    def __init__(self, score):
        self.said = score

    def attributes(self, *_):
        return None

    def score(self, *_):
        return Scores(self.said, self.said)


@pytest.fixture
def some():
    every = np.arange(PEOPLE * PROGRAMMES)
    pairs = Pairs(every // PROGRAMMES, every % PROGRAMMES)
    return SimpleNamespace(pairs=pairs, people=SimpleNamespace(declaration=None))


@pytest.fixture
def catalogue():
    programmes = tuple(SimpleNamespace(id=f"p{at}") for at in range(PROGRAMMES))
    return SimpleNamespace(codes=np.arange(PROGRAMMES), catalogue=SimpleNamespace(programmes=programmes))


def descending():
    return np.tile(np.arange(PROGRAMMES, 0, -1.0), PEOPLE)


def test_the_same_order_changes_nothing(some, catalogue):
    found = shadow_difference(catalogue, some, descending(), Fixed(descending() * 3), "m")
    assert (found.people, found.other_first, found.other_five, found.moved) == (PEOPLE, 0, 0, {})


def test_one_person_who_would_see_another_first_is_one_person(some, catalogue):
    other = descending()
    other[1] = 99  # the second programme of the first person
    found = shadow_difference(catalogue, some, descending(), Fixed(other), "m")
    assert (found.other_first, found.other_five, found.moved) == (1, 0, {})


def test_programmes_that_come_in_and_go_out_of_the_first_five_are_told_with_how_many_see_them(some, catalogue):
    other = descending()
    other[[PROGRAMMES - 1, 2 * PROGRAMMES - 1]] = 99  # the last programme of two people
    found = shadow_difference(catalogue, some, descending(), Fixed(other), "m")
    assert (found.other_first, found.other_five) == (2, 2)
    assert found.moved == {"p4": -2, "p6": 2}
    assert "+2 p6" in str(found)
    assert found.to_document()["shadow"] == "m"
