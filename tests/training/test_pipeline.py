"""The main path on a small world whose taste is obvious by construction."""

from __future__ import annotations

import pytest

from training.material import Material
from training.pipeline import Taught, train
from training.ranker import Settings

QUICK = Settings(rounds=60, min_leaf=20, learning_rate=0.1, threads=1)


@pytest.fixture(scope="module")
def taught(material: Material) -> Taught:
    return train(material, QUICK)


def test_the_ranker_finds_the_taste_that_popularity_cannot_see(taught: Taught) -> None:
    means = taught.report.means
    print(means, taught.report.to_document(), taught.lesson.figures)
    assert means["lightgbm"] > 0.97 * means["reachable"]
    assert taught.report.gap_closed is not None
    assert taught.report.gap_closed > 0.8
