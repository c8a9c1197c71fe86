"""The choice among ways to learn: by later lists of other people, and never below popularity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from privacy.gate import Admission
from training.data.material import learning_showings
from training.rankers.forest_ranker import WAYS, ForestSettings
from training.rankers.ranker_choice import choose

pytestmark = pytest.mark.slow

QUICK = ForestSettings(rounds=20, min_leaf=20, threads=1)


@pytest.fixture(scope="module")
def lists(material):
    return learning_showings(material, material.gate.rows.open(Admission()), 10**6, 0)


def test_every_way_is_judged_and_the_best_is_chosen(material, lists):
    found = choose(lists, material.catalogue, QUICK)
    assert set(found.ndcg) == set(WAYS)
    assert found.settings == replace(QUICK, objective="pointwise")
    assert all(error > 0 for _, error in found.ndcg.values())


def test_where_everybody_wants_the_same_popularity_is_not_beaten_by_what_is_below_it(material, lists):
    rng = np.random.default_rng(0)
    liked = np.linspace(0.05, 0.9, 8)[lists.examples.programme]
    same = replace(lists, examples=replace(lists.examples, label=(rng.random(len(lists)) < liked).astype(float)))
    found = choose(same, material.catalogue, QUICK)
    best = max(mean for mean, _ in found.ndcg.values())
    assert found.ndcg[found.settings.objective][0] == best >= found.ndcg["popularity"][0]


def test_where_later_lists_tell_nothing_the_settings_stay(material, lists):
    untold = replace(lists, examples=replace(lists.examples, label=np.zeros(len(lists))))
    found = choose(untold, material.catalogue, QUICK)
    assert (found.settings, found.ndcg) == (QUICK, {})
