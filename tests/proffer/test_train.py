"""`train`, `evaluate`, `promote` and `score` on a handful of synthetic people, as somebody would script them."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet
import pytest
import yaml

from features.problem import Rejected
from proffer import cli
from tests.proffer.scripted import run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("believed"),
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]


@pytest.fixture(scope="module")
def home(tmp_path_factory, people):
    home = tmp_path_factory.mktemp("home")
    assert cli.main(["train", "--data", str(people), "--home", str(home), "--no-progress"]) == 0
    return home


def model_of(home):
    return next((home / "models").iterdir()).name


@pytest.fixture
def unstamped(people, tmp_path):
    folder = tmp_path / "people"
    shutil.copytree(people, folder)
    (folder / "stamp.json").unlink()
    return folder


def test_training_leaves_a_model_that_says_what_it_is_and_what_it_cost(home):
    manifest = json.loads((home / "models" / model_of(home) / "manifest.json").read_text())
    assert manifest["data_kind"] == "synthetic"
    assert manifest["spend"] == {"epsilon": "infinity", "delta": "0"}
    assert set(manifest["files"]) == {"attention.txt", "model.txt", "report.json", "scale.npz", "vocabulary.npz"}
    assert manifest["run_id"] == model_of(home)
    assert (home / "mlflow.db").exists()


def test_training_prints_metrics_spend_and_run(people, tmp_path, capsys):
    code, document = run(capsys, "train", "--data", people, "--home", tmp_path, "--objective", "lambdarank")
    assert code == 0
    assert document["run_id"] == model_of(tmp_path)
    assert document["spend"]["epsilon"] == "infinity"
    assert document["objective"] == "lambdarank"
    assert 0 < document["metrics"]["ndcg@5"] <= 1


def test_a_dry_run_prints_rows_and_price_and_writes_nothing(people, tmp_path, capsys):
    code, document = run(capsys, "train", "--data", people, "--home", tmp_path / "h", "--dry-run")
    rows = pyarrow.parquet.read_metadata(people / "events.parquet").num_rows
    assert (code, document["rows"], document["remaining"]) == (0, rows, None)
    assert document["spend"] == {"epsilon": "infinity", "delta": "0"}
    assert not (tmp_path / "h").exists()


def test_a_budget_that_lightgbm_cannot_keep_and_missing_data_are_both_refused_at_once(tmp_path, capsys):
    code, document = run(capsys, "train", "--epsilon", "1", "--home", tmp_path)
    assert code == 2
    assert len(document["problems"]) == 2


@pytest.mark.parametrize("verb", [["train"], ["train", "--dry-run"]])
def test_people_who_may_exist_are_not_learned_from(unstamped, tmp_path, capsys, verb):
    code, document = run(capsys, *verb, "--data", unstamped, "--home", tmp_path / "h")
    assert code == 2
    assert "proffer synth" in document["problems"][0]["remedy"]
    assert not (tmp_path / "h").exists()


def test_a_stamp_does_not_cover_other_events(people, tmp_path, capsys):
    folder = tmp_path / "people"
    shutil.copytree(people, folder)
    table = pyarrow.parquet.read_table(folder / "events.parquet")
    pyarrow.parquet.write_table(table.slice(1), folder / "events.parquet")
    code, document = run(capsys, "train", "--data", folder, "--home", tmp_path / "h")
    assert code == 2
    assert document["problems"][0]["where"] == "events.parquet"


@pytest.mark.parametrize(
    ("stamp", "said"),
    [
        ("[]", "not a JSON object"),
        ('{"kind": "real"}', "what kind"),
        ('{"kind": "synthetic", "files": {}}', "not the file"),
        ('{"kind": "private", "held_out": {"every": 1}}', "whole number above 1"),
        ('{"kind": "private", "end": "2026-10-31"}', "people who may be real end"),
    ],
)
def test_a_stamp_that_says_nothing_clear_is_refused(people, tmp_path, capsys, stamp, said):
    folder = tmp_path / "people"
    shutil.copytree(people, folder)
    (folder / "stamp.json").write_text(stamp)
    code, document = run(capsys, "train", "--data", folder, "--home", tmp_path / "h")
    assert code == 2
    assert said in document["problems"][0]["what"]


def test_a_folder_without_events_is_refused(tmp_path, capsys):
    code, document = run(capsys, "train", "--data", tmp_path, "--home", tmp_path / "h")
    assert code == 2
    assert "events.parquet" in document["problems"][0]["what"]


def test_evaluation_reports_beside_baselines_and_the_truth_and_leaves_pictures(home, people, capsys):
    code, document = run(
        capsys, "evaluate", "--model", model_of(home), "--data", people, "--home", home, "--cold-start", 1
    )
    assert code == 0
    assert set(document["metrics"]["ndcg@5"]) == {"popularity", "views", "logistic", "lightgbm", "reachable"}
    assert len(document["cold_start"]) == 1
    assert {path.rsplit("/", 1)[-1] for path in document["files"]} == {"report.json", "reliability.png", "ndcg.png"}


def test_evaluation_without_truth_says_so(home, people, tmp_path, capsys):
    folder = tmp_path / "people"
    shutil.copytree(people, folder)
    shutil.rmtree(folder / "truth")
    words = ["evaluate", "--model", model_of(home), "--data", folder, "--home", home, "--no-progress"]
    assert cli.main([*map(str, words)]) == 0
    assert "The truth is not beside these data" in capsys.readouterr().out


def test_boosts_of_groups_that_are_too_small_correct_nothing_and_recommend_takes_them(home, people, tmp_path, capsys):
    file, mine = tmp_path / "w.yaml", ["--home", home, "--model", model_of(home)]
    words = ["evaluate", *mine, "--data", people, "--boosts", file, "--no-progress"]
    assert cli.main([*map(str, words)]) == 0
    assert "No declared group is large enough" in capsys.readouterr().out
    assert yaml.safe_load(file.read_text()) == {"boosts": []}
    (tmp_path / "facts.json").write_text('{"birth_date": "1950-04-02", "sex": "female", "region": "11440"}')
    asked = ["recommend", "--facts", tmp_path / "facts.json", "--as-of", "2026-10-31", "--weights", file]
    plain = run(capsys, *asked, *mine)[1]["recommendations"]
    last = plain[-1]["programme"]
    file.write_text(yaml.safe_dump({"boosts": [{"group": "older", "of": "group", "programme": last, "adds": 50}]}))
    code, document = run(capsys, *asked, *mine)
    first = document["recommendations"][0]
    assert (code, first["programme"], first["probability"]) == (0, last, plain[-1]["probability"])
    assert "correction" in [part["factor"] for part in first["why_rank"]]
    code, document = run(capsys, *asked, "--home", home, "--model", "none")
    assert (code, document["problems"][0]["path"]) == (2, ["weights", "boosts"])


def test_a_sweep_is_not_taken_up_with_other_boosts(home, people, tmp_path, capsys):
    file, out, events = tmp_path / "w.yaml", tmp_path / "out", people / "events.parquet"
    words = ["sweep", "--home", home, "--model", model_of(home), "--events", events, "--as-of", "2026-10-31"]
    words += ["--first", "3", "--weights", file, "--out", out]
    boost = {"group": "older", "of": "group", "programme": "kr.basic-pension", "adds": 1}
    file.write_text(yaml.safe_dump({"boosts": [boost]}))
    assert run(capsys, *words)[0] == run(capsys, *words)[0] == 0
    file.write_text(yaml.safe_dump({"boosts": [{**boost, "adds": 2}]}))
    code, document = run(capsys, *words)
    assert (code, document["problems"][0]["what"]) == (2, "holds another sweep: boosts differ")


def test_a_negative_number_of_programmes_is_refused(home, people, capsys):
    assert run(capsys, "evaluate", "--data", people, "--home", home, "--cold-start", -1)[0] == 2


def test_evaluate_learns_what_stands_beside_on_the_threads_it_is_given(home, people, capsys, monkeypatch):
    from training.evaluation import judgement

    told = []

    def judged(_material, _model, withholding, **_):
        told.append((withholding.tuned_threads, withholding.settings.threads))
        raise Rejected([])

    monkeypatch.setattr(judgement, "evaluate", judged)
    words = ["evaluate", "--data", people, "--home", home, "--model", model_of(home)]
    for more in (["--threads", 3, "--tuned"], ["--threads", 1], []):
        run(capsys, *words, *more)
    assert told == [(3, 3), (0, 1), (0, 2)]


def test_a_home_without_champion_asks_which_model(people, tmp_path, capsys):
    code, document = run(capsys, "evaluate", "--data", people, "--home", tmp_path)
    assert code == 2
    assert "has no champion model" in document["problems"][0]["what"]


def test_promotion_takes_who_is_not_worse_and_prints_the_figures(home, people, capsys, monkeypatch):
    from training.runs import promotion
    from training.runs.promotion import Check

    better = (Check("ndcg@5", 0.9, "champion", 0.8, higher_is_better=True),)
    monkeypatch.setattr(promotion, "compare", lambda *_: better)
    code, document = run(capsys, "promote", model_of(home), "--data", people, "--home", home)
    assert (code, document["promoted"]) == (0, True)
    assert (home / "champion").read_text().strip() == model_of(home)
    worse = (Check("held-out log-loss", 0.5, "champion", 0.4, higher_is_better=False),)
    monkeypatch.setattr(promotion, "compare", lambda *_: worse)
    code, document = run(capsys, "promote", model_of(home), "--data", people, "--home", home)
    assert (code, document["promoted"]) == (1, False)
    assert [check for check in document["checks"] if not check["passed"]] == [
        {"check": "held-out log-loss", "passed": False, "challenger": 0.5, "champion": 0.4}
    ]  # fmt: skip


def test_a_model_cannot_be_told_from_itself(home, people):
    from composition.model_registry import load_model
    from composition.sources import TrainingSource, read_training_data
    from composition.workspace import Workspace
    from training.runs.promotion import compare

    data = read_training_data(TrainingSource(Workspace(home), people))
    model = load_model(home / "models" / model_of(home), data.declaration.hash)
    found = {check.name: check for check in compare(data, model, model) if check.against == "champion"}
    assert (found["ndcg@5"].says, found["ndcg@5"].passed) == ("cannot_tell", False)
    assert all(check.says != "failed" for check in found.values())


def test_scoring_writes_everyone_and_every_verdict_that_is_not_no(home, people, tmp_path, capsys, monkeypatch):
    out = tmp_path / "scores.parquet"
    words = ["score", "--events", people / "events.parquet", "--as-of", "2025-10-31", "--model", model_of(home)]
    code, document = run(capsys, *words, "--out", out, "--home", home)
    table = pyarrow.parquet.read_table(out)
    assert (code, document["rows"]) == (0, table.num_rows)
    assert table.column_names == ["person", "programme", "score", "probability"]
    assert table.num_rows > 500
    monkeypatch.setattr("proffer.score.SHARD", 7)
    assert run(capsys, *words, "--out", tmp_path / "again.parquet", "--home", home)[0] == 0
    assert pyarrow.parquet.read_table(tmp_path / "again.parquet").to_pylist() == table.to_pylist()


def test_a_day_before_every_event_is_refused(home, people, tmp_path, capsys):
    out = tmp_path / "scores.parquet"
    code, document = run(
        capsys, "score", "--events", people / "events.parquet", "--as-of", "1990-01-01", "--out", out,
        "--model", model_of(home), "--home", home,
    )  # fmt: skip
    assert code == 2
    assert document["problems"][0]["where"] == "--as-of"
    assert not out.exists()
