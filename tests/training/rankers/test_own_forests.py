"""Trees of each programme alone, joined with pooled ones into one model that says what both say."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from recommender.ranking.forest import parse_trees
from training.data.examples import NOTHING_HIDDEN, Examples
from training.rankers.models import PooledForest
from training.rankers.own_forests import grow_classes, grow_own, joined

RNG = np.random.default_rng(4)
ROWS = 3_000
PROGRAMME = RNG.integers(0, 3, ROWS)
TABLE = np.column_stack([RNG.normal(size=ROWS), *(at == PROGRAMME for at in range(3))]).astype(np.float32)
LABEL = (RNG.random(ROWS) < 1 / (1 + np.exp(-3 * TABLE[:, 0] * (PROGRAMME - 1)))).astype(np.float64)
NONE = np.zeros(ROWS, np.int64)
EXAMPLES = Examples(
    NONE, NONE, PROGRAMME, NONE.astype(np.float32), NONE.astype(np.float32), LABEL, LABEL > 0, np.ones(ROWS),
    np.ones(ROWS), NONE + NOTHING_HIDDEN,
)  # fmt: skip
COLUMNS = {at: at + 1 for at in range(3)}
ASIDE = np.arange(ROWS) % 5 == 0


@pytest.fixture(scope="module")
def pooled():
    return PooledForest(rounds=10, min_leaf=50).fit(TABLE, LABEL)


@pytest.fixture(scope="module")
def own():
    return grow_own(PooledForest(min_leaf=50), TABLE, EXAMPLES, np.zeros(ROWS), ASIDE)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_joined_model_says_a_share_of_each(pooled, own, share):
    trees = parse_trees(joined(pooled.text_, own.texts, COLUMNS, share))
    expected = (1 - share) * pooled.trees.raw(TABLE) + share * own.raw
    assert trees.raw(TABLE) == pytest.approx(expected, abs=1e-9)


def test_lightgbm_reads_a_joined_model_and_says_the_same(pooled, own):
    text = joined(pooled.text_, own.texts, COLUMNS, 0.5)
    booster = lightgbm.Booster(model_str=text)
    assert booster.predict(TABLE, raw_score=True) == pytest.approx(parse_trees(text).raw(TABLE), abs=1e-9)


def test_rows_of_a_programme_without_trees_of_its_own_get_the_pooled_share_alone(pooled, own):
    some = {at: text for at, text in own.texts.items() if at != 1}
    trees = parse_trees(joined(pooled.text_, some, COLUMNS, 0.5))
    mine = PROGRAMME == 1
    assert trees.raw(TABLE[mine]) == pytest.approx(0.5 * pooled.trees.raw(TABLE[mine]))


def test_trees_grown_again_take_as_many_rounds_and_use_everybody(own):
    again = grow_own(PooledForest(min_leaf=50), TABLE, EXAMPLES, np.zeros(ROWS), None, own.rounds)
    assert again.rounds == own.rounds
    assert set(again.texts) == set(own.texts)
    assert any(again.texts[at] != own.texts[at] for at in own.texts)


def test_a_programme_with_few_answers_gets_no_trees():
    few = LABEL * (PROGRAMME != 2)
    found = grow_own(PooledForest(), TABLE, EXAMPLES[np.arange(ROWS)].__class__(
        *(few if name == "label" else getattr(EXAMPLES, name) for name in Examples.__dataclass_fields__)
    ), np.zeros(ROWS), ASIDE)  # fmt: skip
    assert 2 not in found.texts
    assert (found.raw[PROGRAMME == 2] == 0).all()


@pytest.fixture(scope="module")
def classes():
    return grow_classes(PooledForest(min_leaf=50, additive=(3,)), TABLE[:, :1], EXAMPLES, ASIDE)


def test_the_trees_of_classes_say_what_lightgbm_says_of_each(classes):
    took = LABEL > 0
    chance = np.exp([parse_trees(classes.texts[at]).raw(TABLE[took, :1]) for at in range(3)])
    right = chance[PROGRAMME[took], np.arange(took.sum())] / chance.sum(axis=0)
    assert right.mean() > 0.45  # one in three by chance
    assert classes.raw[took] == pytest.approx(np.log(chance)[PROGRAMME[took], np.arange(took.sum())])


def test_trees_of_classes_are_joined_and_grown_again_like_those_of_each(pooled, classes):
    trees = parse_trees(joined(pooled.text_, classes.texts, COLUMNS, 0.5))
    assert trees.raw(TABLE) == pytest.approx(0.5 * pooled.trees.raw(TABLE) + 0.5 * classes.raw, abs=1e-9)
    (rounds,) = set(classes.rounds.values())
    again = grow_classes(PooledForest(min_leaf=50), TABLE[:, :1], EXAMPLES, None, rounds)
    assert again.rounds == classes.rounds
    assert again.texts != classes.texts


def test_one_class_alone_gets_no_trees():
    assert grow_classes(PooledForest(), TABLE[:, :1], EXAMPLES[PROGRAMME == 0], ASIDE[PROGRAMME == 0]).texts == {}
