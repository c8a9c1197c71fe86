"""The walked forest is LightGBM's own, to the last bit."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.problem import Rejected
from recommender.ranking.forest import RowGroups, Trees, parse_trees
from tests.examples import examples

ODD = np.array([np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-35, np.inf, -np.inf, 1.0, -1.0, 1e300])


def _rows(rng: np.random.Generator, count: int) -> np.ndarray:
    rows = rng.normal(size=(count, 5)).astype(np.float32)
    rows[:, 2] = rng.integers(0, 3, count)
    rows[rng.random(rows.shape) < 0.15] = np.nan
    rows[:, 4] = np.where(np.isnan(rows[:, 4]), 0, rows[:, 4])  # a column that training never saw missing
    return rows


def _booster(seed: int, **more: object) -> lightgbm.Booster:
    rng = np.random.default_rng(seed)
    rows = _rows(rng, 600)
    label = (np.nan_to_num(rows[:, 0]) + 0.5 * (rows[:, 2] == 1) + 0.3 * rng.normal(size=600) > 0.2).astype(float)
    given = {"objective": "binary", "num_leaves": 9, "verbosity": -1, "num_threads": 1, "seed": seed, **more}
    return lightgbm.train(given, lightgbm.Dataset(rows, label), 12)


@examples(15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([{}, {"zero_as_missing": True}, {"use_missing": False}]))
def test_raw_scores_equal_lightgbms_to_the_last_bit(seed: int, more: dict[str, object]) -> None:
    booster = _booster(seed, **more)
    rows = np.concatenate([_rows(np.random.default_rng(seed + 1), 200).astype(np.float64), ODD[:, None].repeat(5, 1)])
    ours = parse_trees(booster.model_to_string()).raw(rows)
    assert np.array_equal(ours, booster.predict(rows, raw_score=True))


@examples(15, deadline=None)
@given(
    st.integers(0, 1000),
    st.lists(st.integers(1, 70), min_size=1, max_size=6),
    st.sets(st.integers(0, 4)),
    st.sampled_from([{}, {"zero_as_missing": True}]),
)
def test_deciding_the_shared_columns_once_a_group_changes_no_bit(
    seed: int, sizes: list[int], shared: set[int], more: dict[str, object]
) -> None:
    booster, group = _booster(seed, **more), np.repeat(np.arange(len(sizes)), sizes)
    rows, same = _rows(np.random.default_rng(seed + 1), group.size), np.zeros(5, dtype=np.bool_)
    first = np.searchsorted(group, group)
    for column in shared:
        same[column] = True
        rows[:, column] = rows[first, column]
    trees = parse_trees(booster.model_to_string())
    assert np.array_equal(trees.raw(rows, RowGroups(group, same)), booster.predict(rows, raw_score=True))


def test_a_tree_whose_node_comes_before_its_parent_is_refused() -> None:
    text = _booster(1).model_to_string()
    line = next(one for one in text.splitlines() if one.startswith("left_child="))
    with pytest.raises(Rejected, match="a node before its parent"):
        parse_trees(text.replace(line, "left_child=0 " + line.partition(" ")[2], 1))


@pytest.mark.parametrize(
    ("field", "word"),
    [("left_child", "7"), ("right_child", "-20"), ("split_feature", "5"), ("split_feature", "-1"), ("threshold", "x"),
     ("leaf_value", "nan"), ("left_child", ""), ("num_leaves", "900000"), ("num_leaves", "-3"),
     ("decision_type", "900")],
)  # fmt: skip
def test_a_forest_that_leads_out_of_its_tables_is_refused_before_compiled_code_walks_it(field: str, word: str) -> None:
    text = _booster(1, num_leaves=5).model_to_string()
    line = next(one for one in text.splitlines() if one.startswith(f"{field}="))
    changed = f"{field}={' '.join([word, *line.partition('=')[2].split()[1:]])}"
    with pytest.raises(Rejected, match=r"no forest that can be walked|before its parent"):
        parse_trees(text.replace(line, changed, 1))


@examples(40)
@given(st.integers(0, 4_000))
def test_a_forest_that_was_cut_off_is_refused(end: int) -> None:
    text = _booster(1, num_leaves=5).model_to_string()
    begin, last = text.index("\nTree=") + 20, text.index("\nend of trees")
    with pytest.raises(Rejected):
        parse_trees(text[: begin + end % (last - begin)])


def test_rows_of_single_precision_score_as_lightgbm_scores_them() -> None:
    booster, rows = _booster(3), _rows(np.random.default_rng(4), 300)
    assert np.array_equal(parse_trees(booster.model_to_string()).raw(rows), booster.predict(rows, raw_score=True))


def test_a_tree_of_one_leaf_is_a_constant() -> None:
    booster = _booster(1, min_data_in_leaf=400)
    trees = parse_trees(booster.model_to_string())
    rows = _rows(np.random.default_rng(2), 10)
    assert np.array_equal(trees.raw(rows), booster.predict(rows, raw_score=True))
    assert not trees.feature.size


def test_a_model_without_trees_scores_nothing() -> None:
    head = "tree\nversion=v4\nnum_tree_per_iteration=1\nfeature_names=a b\n\nend of trees\n"
    assert parse_trees(head).raw(np.zeros((2, 2))).tolist() == [0.0, 0.0]


def test_a_table_of_another_width_is_refused() -> None:
    trees: Trees = parse_trees(_booster(1).model_to_string())
    with pytest.raises(ValueError, match="5 columns"):
        trees.raw(np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("not a model", "not a LightGBM text model"),
        ("tree\nversion=v3\nfeature_names=a\n", "not a LightGBM text model"),
        ("tree\nversion=v4\nnum_tree_per_iteration=3\nfeature_names=a\n", "more than one tree"),
        ("tree\nversion=v4\nnum_tree_per_iteration=1\naverage_output\nfeature_names=a\n", "averages"),
    ],
)
def test_a_text_this_walker_cannot_read_is_refused(text: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        parse_trees(text)


def test_categorical_splits_are_refused() -> None:
    rows = np.random.default_rng(0).integers(0, 4, size=(400, 1)).astype(float)
    data = lightgbm.Dataset(rows, (rows[:, 0] % 2).astype(float), categorical_feature=[0])
    booster = lightgbm.train({"objective": "binary", "verbosity": -1, "num_threads": 1}, data, 2)
    with pytest.raises(Rejected, match="categorical"):
        parse_trees(booster.model_to_string())
