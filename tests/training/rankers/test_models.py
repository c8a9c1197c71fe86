"""What learns keeps scikit-learn's word, and its parts do what their formulas say."""

from __future__ import annotations

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from training.rankers.models import PooledForest, Validation, calibrate, logistic, probability

# No check is expected to fail. scikit-learn itself skips one, on array libraries other than numpy.


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([PooledForest(rounds=8, min_leaf=1)])
def test_the_forest_keeps_the_word_of_a_scikit_learn_classifier(estimator, check):
    check(estimator)


def world(seed=0, rows=1200):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, 3)).astype(np.float32)
    table[:, 2] = rng.integers(1, 6, rows)
    label = (rng.random(rows) < probability(1.5 * table[:, 0] - 0.6 * (table[:, 2] - 1))).astype(float)
    return table, label


def test_a_column_kept_apart_adds_the_same_to_every_row():
    table, label = world()
    forest = PooledForest(rounds=40, additive=(2,)).fit(table, label)
    first, last = table.copy(), table.copy()
    first[:, 2], last[:, 2] = 1, 5
    shift = forest.decision_function(first) - forest.decision_function(last)
    assert np.ptp(shift) < 1e-9
    assert shift[0] > 1


def test_a_forest_takes_a_frame_of_nullable_columns_and_knows_their_names():
    table, label = world()
    frame = pd.DataFrame({
        "age": pd.array(table[:, 0], "Float64"), "income": table[:, 1], "position": pd.array(table[:, 2], "Int64"),
    })  # fmt: skip
    frame.loc[:99, "age"] = pd.NA
    table[:100, 0] = np.nan
    forest = PooledForest(rounds=10).fit(frame, pd.Series(label))
    assert forest.feature_names_in_.tolist() == ["age", "income", "position"]
    plain = PooledForest(rounds=10).fit(table, label)
    assert np.array_equal(forest.predict_proba(frame), plain.predict_proba(table))
    with pytest.raises(ValueError, match="feature names"):
        forest.predict(frame[["income", "age", "position"]])


def test_the_walked_text_predicts_what_lightgbm_predicts():
    table, label = world()
    forest = PooledForest(rounds=10).fit(table, label)
    booster = lightgbm.Booster(model_str=forest.text_)
    assert np.array_equal(forest.decision_function(table), booster.predict(table, raw_score=True))


def test_growing_stops_when_validation_people_gain_nothing():
    table, label = world()
    noise = Validation(*world(9, 200), weight=np.ones(200))
    forest = PooledForest(rounds=500, patience=5, min_leaf=2, leaves=63).fit(table, label, validation=noise)
    assert forest.rounds_ < 500


def test_lambdarank_orders_lists_and_needs_to_know_them():
    table, label = world()
    group = np.arange(1200) // 6
    forest = PooledForest(objective="lambdarank", rounds=30)
    with pytest.raises(ValueError, match="pass group"):
        forest.fit(table, label)
    watch = Validation(table[:300], label[:300], group=group[:300])
    kept = PooledForest(objective="lambdarank", rounds=30, patience=10)
    kept.fit(table, label, group=group, position=np.tile(np.arange(1, 7), 200), validation=watch)
    assert kept.decision_function(table)[label == 1].mean() > kept.decision_function(table)[label == 0].mean()


def test_the_same_seed_grows_the_same_trees():
    table, label = world()
    texts = {PooledForest(rounds=5, column_share=0.5, random_state=3).fit(table, label).text_ for _ in range(2)}
    assert len(texts) == 1


def test_calibration_finds_the_line_that_made_the_labels():
    rng = np.random.default_rng(2)
    score = rng.normal(size=40_000)
    label = (rng.random(40_000) < probability(0.5 * score - 2)).astype(float)
    assert calibrate(score, label) == pytest.approx((0.5, -2), abs=0.06)


def test_calibration_never_turns_an_order_round():
    score = np.linspace(-1, 1, 200)
    slope, _ = calibrate(score, (score < 0).astype(float))
    assert slope > 0


@pytest.mark.parametrize("rows", [4, 400])
def test_the_logistic_baseline_copes_with_gaps_on_few_rows_and_many(rows):
    table, label = world(rows=rows)
    label[:2] = (0, 1)
    table[1:3, 0] = np.nan
    fitted = logistic(table.shape[1], rows).fit(table, label)
    assert fitted.decision_function(table).shape == (rows,)
