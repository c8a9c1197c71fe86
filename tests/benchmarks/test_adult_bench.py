"""The benchmark on UCI Adult reads the files as they are published, opens the test rows last, and keeps its word."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from features.problem import Rejected
from privacy.learning.noise import secure
from proffer.bench import benchmark
from proffer.cli import main
from research.challengers import LEARNERS, learner

adult = benchmark("adult")

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("PROFFER_SHARED_DATA", ROOT.parent / "shared" / "data")) / "adult"

ROW = (
    "39, State-gov, 77516, Bachelors, 13, Never-married, Adm-clerical, Not-in-family, White, Male, 2174, 0, 40, Cuba, "
)
GAPS = "50, ?, 83311, Bachelors, 13, Divorced, ?, Husband, White, Female, 0, 0, 13, ?, "


def written(folder, train, test, names=("adult-train.csv", "adult-test.csv")):
    for name, text in zip(names, (train, test), strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_both_files_are_read_as_they_are_published(tmp_path):
    train, test = f"\n{ROW}<=50K\n{GAPS}>50K\n\n", f"|1x3 Cross validator\n{ROW}>50K.\n{GAPS}<=50K.\n\n"
    one, other = adult._both(written(tmp_path, train, test))
    assert one.label.tolist() == [0, 1]
    assert other.label.tolist() == [1, 0]
    assert one.cells == other.cells
    assert np.array_equal(one.table, other.table, equal_nan=True)


def test_the_names_of_the_archive_are_known_too(tmp_path):
    folder = written(tmp_path, f"{ROW}<=50K\n", f"{ROW}>50K.\n", names=("adult.data", "adult.test"))
    assert [len(part.label) for part in adult._both(folder)] == [1, 1]


def test_what_nobody_knows_is_unknown_and_never_a_word(tmp_path):
    people, _ = adult._both(written(tmp_path, f"{GAPS}>50K\n", f"{GAPS}>50K.\n"))
    codes = adult.BOOK.codes(people.table)[0]
    for place in (1, 4, 11):
        assert codes[place] == adult.BOOK.columns[place].size - 1


@pytest.mark.parametrize("line", ["39, State-gov, 77516", f"{ROW}60K", f"{ROW[:-2]}", f"old{ROW}<=50K"])
def test_a_line_that_is_no_record_is_refused_by_its_number(tmp_path, line):
    folder = written(tmp_path, f"{ROW}<=50K\n{line}\n", f"{ROW}>50K.\n")
    with pytest.raises(Rejected, match=r"adult-train\.csv:2: is no record"):
        adult._both(folder)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(Rejected, match="has no record"):
        adult._both(written(tmp_path, "\n", "\n"))


def test_without_the_files_the_verb_says_what_is_missing_and_exits_2(tmp_path, capsys):
    assert main(["bench", "adult", "--data", str(tmp_path)]) == 2
    found = capsys.readouterr()
    assert found.out == ""
    assert "has no adult-train.csv and no adult-test.csv" in found.err
    assert "--data DIR" in found.err


def test_the_data_are_looked_for_where_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFFER_SHARED_DATA", str(tmp_path))
    assert adult.folder(None) == tmp_path / "adult"
    assert adult.folder("here") == Path("here")


def test_a_benchmark_that_reads_no_data_refuses_some(capsys):
    pytest.importorskip("polars", reason="the peers are not installed")
    pytest.importorskip("duckdb", reason="the peers are not installed")
    assert main(["bench", "features", "--data", "x"]) == 2
    assert "reads no data" in capsys.readouterr().err


def test_the_area_under_the_curve_is_what_scikit_learn_finds():
    rng = np.random.default_rng(0)
    label, score = rng.integers(0, 2, 400), rng.integers(0, 30, 400) / 7
    assert adult.auroc(label, score) == pytest.approx(roc_auc_score(label, score))


def test_settings_are_arguments_of_learners_that_are_registered():
    assert set(adult.SETTINGS) == set(adult.NAMES) == set(LEARNERS) - {"bilinear"}
    for name, settings in adult.SETTINGS.items():
        assert learner(name)(adult.BOOK, **settings).mechanism.kind == "non_private"  # until a sigma is set


def test_the_code_book_names_columns_of_the_files_and_bounds_all_numbers():
    assert {column.name for column in adult.BOOK.columns} == set(adult.FIELDS) - {"fnlwgt", "education", "income"}
    numbers = {column.name: column.cuts for column in adult.BOOK.columns if hasattr(column, "cuts")}
    assert numbers.keys() == adult.BOUNDS.keys()
    for name, cuts in numbers.items():
        low, high = adult.BOUNDS[name]
        assert low <= cuts[0]
        assert cuts[-1] <= high


def few(seed, count):
    """Records of nobody, whose income follows age and schooling."""
    rng = np.random.default_rng(seed)
    age, grade = rng.integers(17, 90, count), rng.integers(1, 17, count)
    rich = rng.random(count) < 1 / (1 + np.exp(-(age - 45) / 8 - (grade - 10) / 2))
    lines = [
        f"{a}, Private, 1, HS-grad, {g}, Divorced, Sales, Wife, White, Male, 0, 0, 40, Cuba, {'>' if r else '<='}50K"
        for a, g, r in zip(age, grade, rich, strict=True)
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.slow
def test_the_whole_benchmark_says_what_it_paid_and_how_far_draws_lie_apart(tmp_path, monkeypatch, capsys):
    pytest.importorskip("interpret", reason="interpret-core is not installed (make setup)")
    monkeypatch.setattr(adult, "SETTINGS", {"boosted": {"trees": 5}, "logistic": {"steps": 5}, "towers": {"steps": 3}})
    monkeypatch.setattr(adult, "EPSILONS", ("2",))
    monkeypatch.setattr("proffer.bench.benchmark", lambda _: adult)
    folder = written(tmp_path, few(1, 400), few(2, 200))
    assert main(["bench", "adult", "--data", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["peers"]) == {"DP logistic", "DP two-tower", adult.RANKER, "DP-EBM", "LightGBM, no privacy"}
    assert found["ratio"] == {name: found["ours"] / figure for name, figure in found["peers"].items()}
    assert found["equal_results"] is True
    assert all(Decimal(paid) <= 1 for paid in found["epsilon_paid"].values())
    assert all(len(fits) == adult.DRAWS for fits in found["fits"].values())
    assert set(found["by_epsilon"]["2"]) == {"DP boosted trees", adult.RANKER, "DP-EBM"}


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no UCI Adult in {DATA}")
def test_boosted_trees_reach_nine_tenths_at_epsilon_one_on_training_rows_kept_apart():
    people = adult._both(DATA)[0]
    order = np.random.default_rng(0).permutation(len(people.label))
    taught, asked = order[8_000:], order[:8_000]
    settings = {**adult.SETTINGS["boosted"], "sigma": "104.459", "units": len(taught)}
    model = learner("boosted")(adult.BOOK, **settings)
    model.fit(people.table[taught], people.label[taught], noise=secure())
    assert adult.auroc(people.label[asked], model.decision_function(people.table[asked])) > 0.9
