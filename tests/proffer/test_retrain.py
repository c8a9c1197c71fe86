"""`retrain` as a timer runs it: the loop once, ended anywhere and gone on with, within a year's budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composition import provenance
from composition.model_registry import ModelRegistry
from composition.run_file import RunFile
from composition.workspace import Workspace
from proffer import cli
from tests.proffer.scripted import run
from tests.proffer.test_train_private import opened
from training.runs import exact_run, private_run, promotion
from training.runs.promotion import Check

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("believed"),
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]

BETTER = (Check("ndcg@5", 0.9, "champion", 0.8, higher_is_better=True),)
WORSE = (Check("held-out log-loss", 0.5, "champion", 0.4, higher_is_better=False),)


@pytest.fixture
def exact(people, tmp_path, monkeypatch):
    """What a timer runs on people who do not exist, and a gate that says what it is told to."""
    monkeypatch.setattr(promotion, "compare", lambda *_: BETTER)
    return ["retrain", "--objective", "pointwise", "--data", people, "--home", tmp_path / "home"]


@pytest.fixture
def paid(unstamped, approvers, tmp_path):
    """The same on people who may be real, sixty in a hundred of the budget a year of two runs."""
    opened(tmp_path / "home", approvers)
    words = ["--ranker", "private", "--epsilon", "1", "--compare", "0.5", "--units", 300, "--runs", 2]
    return ["retrain", *words, "--data", unstamped, "--home", tmp_path / "home"]


def spends(home, capsys):
    return run(capsys, "privacy", "spends", "--home", home)[1]["spends"]


def compared(document):
    told = document["mlflow"]
    return told["agrees"], told["differs"], told["overwritten"]


def killed(*_, **__):
    raise KeyboardInterrupt


def test_one_run_learns_judges_asks_the_gate_and_promotes(exact, tmp_path, capsys):
    code, document = run(capsys, *exact)
    assert (code, document["ended"], document["resumed"], document["plan"]) == (0, "promoted", False, None)
    assert list(document["stages"]) == ["train", "evaluate", "gate", "promote"]
    model = document["stages"]["train"]["model"]
    assert (tmp_path / "home" / "champion").read_text().strip() == model
    assert (tmp_path / "home" / "reports" / model / "report.json").is_file()
    assert [one["passed"] for one in document["stages"]["gate"]["evidence"]] == [True] * 4


def test_the_first_failed_gate_stops_it_and_is_said(exact, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(promotion, "compare", lambda *_: WORSE)
    code, document = run(capsys, *exact)
    assert (code, document["ended"]) == (1, "refused")
    assert document["why"] == ["FAILED held-out log-loss: challenger 0.500000, champion 0.400000"]
    assert "promote" not in document["stages"]
    assert not (tmp_path / "home" / "champion").exists()


def test_rows_are_made_again_once_for_all_stages(exact, capsys, monkeypatch):
    """Each process verifies for itself, so that the stages in processes of their own would verify three times."""
    asked = []
    monkeypatch.setattr(provenance, "_made", set())
    monkeypatch.setattr(provenance, "_reproduced", lambda *_: not asked.append(1))
    assert run(capsys, *exact)[1]["ended"] == "promoted"
    assert asked == [1]


def test_a_shadow_scores_beside_the_champion_and_evaluate_says_what_it_would_change(exact, tmp_path, capsys):
    champion = run(capsys, *exact)[1]["stages"]["train"]["model"]
    mine = ["--data", exact[4], "--home", tmp_path / "home"]
    other = run(capsys, "train", *mine, "--seed", 3, "--objective", "lambdarank")[1]["run_id"]
    assert compared(run(capsys, "promote", other, *mine, "--shadow")[1]) == (True, [], [])
    document = run(capsys, "evaluate", *mine)[1]
    assert compared(document) == (True, [], [])
    told = document["shadow"]
    assert (told["shadow"], told["people"] > 30) == (other, True)
    assert 0 < told["other_first"] <= told["people"]
    assert (tmp_path / "home" / "champion").read_text().strip() == champion
    assert run(capsys, "promote", champion, *mine, "--shadow")[0] == 2


def test_the_run_in_mlflow_holds_the_report_and_what_validation_said_round_by_round(exact, tmp_path, capsys):
    from mlflow import MlflowClient

    model = run(capsys, *exact)[1]["stages"]["train"]["model"]
    kept = MlflowClient(tracking_uri=Workspace(tmp_path / "home").mlflow_uri)
    there = sorted(one.path for one in kept.list_artifacts(model, "evaluation"))
    assert there == ["evaluation/ndcg.png", "evaluation/reliability.png", "evaluation/report.json"]
    series = kept.get_metric_history(model, "validation_log_loss_by_round")
    rounds = kept.get_run(model).data.metrics["rounds"]
    assert sorted(one.step for one in series) == list(range(1, len(series) + 1))
    assert min(series, key=lambda one: one.value).step == rounds < len(series)
    mine = ["--data", exact[4], "--home", tmp_path / "home", "--report", tmp_path / "page"]
    assert compared(run(capsys, "evaluate", *mine)[1]) == (True, [], [])
    page = {one.path for one in kept.list_artifacts(model, "evaluation")} - set(there)
    assert page == {"evaluation/index.html", "evaluation/index.ko.html"}
    copied = tmp_path / "home" / "mlflow" / model / "artifacts" / "evaluation" / "report.json"
    assert copied.read_bytes() == (tmp_path / "page" / "report.json").read_bytes()


def test_a_report_that_mlflow_does_not_take_is_written_all_the_same_and_that_is_said(exact, tmp_path, capsys):
    run(capsys, *exact)
    (tmp_path / "home" / "mlflow.db").write_bytes(b"no database")
    code, document = run(capsys, "evaluate", "--data", exact[4], "--home", tmp_path / "home")
    assert (code, document["mlflow"]["agrees"]) == (0, None)
    assert [one["what"].partition(" (")[0] for one in document["mlflow"]["problems"]] == [
        "could not be written", "could not be read",
    ]  # fmt: skip
    assert all(Path(path).is_file() for path in document["files"])


def test_evaluate_says_where_mlflow_calls_another_model_champion_and_mirror_writes_it_over(exact, tmp_path, capsys):
    from mlflow import MlflowClient

    stages = run(capsys, *exact)[1]["stages"]
    assert compared(stages["promote"]) == (True, [], [])
    champion, mine = stages["train"]["model"], ["--data", exact[4], "--home", tmp_path / "home"]
    MlflowClient(tracking_uri=Workspace(tmp_path / "home").mlflow_uri).delete_registered_model_alias(
        "proffer", "champion"
    )
    other = {"alias": "champion", "home": champion, "mlflow": None}
    assert compared(run(capsys, "evaluate", *mine)[1]) == (False, [other], [])
    cli.main(["evaluate", *map(str, mine)])
    assert f"champion is {champion} in this home and nobody in MLflow" in capsys.readouterr().out
    assert compared(run(capsys, "promote", "--mirror", *mine[2:])[1]) == (True, [], [other])
    assert compared(run(capsys, "evaluate", "--threads", 1, *mine)[1]) == (True, [], [])


@pytest.mark.parametrize(
    ("where", "name", "done"),
    [
        (exact_run, "train", []),
        ("training.evaluation.judgement", "evaluate_model", ["train"]),
        (promotion, "compare", ["train", "evaluate"]),
        (ModelRegistry, "promote", ["train", "evaluate", "gate"]),
    ],
)
def test_a_run_that_was_ended_at_a_stage_goes_on_from_there(exact, tmp_path, capsys, monkeypatch, where, name, done):
    with monkeypatch.context() as patch:
        patch.setattr(*((where, name, killed) if not isinstance(where, str) else (f"{where}.{name}", killed)))
        assert cli.main([*map(str, exact), "--no-progress"]) == cli.INTERRUPTED
    file = RunFile.unfinished(Workspace(tmp_path / "home"))
    assert list(file.document["stages"]) == done
    kept, learned = ModelRegistry.keep, []
    monkeypatch.setattr(ModelRegistry, "keep", lambda *words: learned.append(1) or kept(*words))
    code, document = run(capsys, *exact)
    assert (code, document["run"], document["resumed"], document["ended"]) == (0, file.name, True, "promoted")
    assert len(learned) == (not done)


def test_a_run_goes_on_as_it_was_asked_or_is_ended(exact, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(promotion, "compare", killed)
        cli.main([*map(str, exact), "--no-progress"])
    capsys.readouterr()
    code, document = run(capsys, *exact, "--seed", 7)
    assert (code, document["problems"][0]["where"]) == (2, "--seed")
    code, document = run(capsys, *exact, "--dry-run")
    assert (code, document["done"], document["to_do"]) == (0, ["train", "evaluate"], ["gate", "promote"])
    code, document = run(capsys, *exact, "--abandon")
    assert (code, document["ended"]) == (0, "abandoned")
    assert run(capsys, *exact, "--abandon")[0] == 2
    assert run(capsys, *exact, "--seed", 7)[1]["resumed"] is False


def test_another_champion_since_asks_the_gate_again(exact, tmp_path, capsys, monkeypatch):
    first = run(capsys, *exact)[1]["stages"]["train"]["model"]
    with monkeypatch.context() as patch:
        patch.setattr(ModelRegistry, "promote", killed)
        cli.main([*map(str, exact), "--no-progress"])
    capsys.readouterr()
    registry = ModelRegistry(Workspace(tmp_path / "home"))
    (other,) = set(registry.names()) - {first}
    third = run(capsys, *map(str, ["train", "--data", exact[4], "--home", tmp_path / "home"]))[1]["run_id"]
    registry.promote(third)
    asked = []
    monkeypatch.setattr(promotion, "compare", lambda *_: asked.append(1) or BETTER)
    monkeypatch.setattr(promotion, "far_fewer", lambda *_: ())
    document = run(capsys, *exact)[1]
    assert (asked, document["stages"]["gate"]["champion_before"]) == ([1], third)
    assert registry.champion().name == other


def test_a_year_that_does_not_fit_is_refused_before_anything_is_written(paid, tmp_path, capsys):
    code, document = run(capsys, *paid[:-4], "--runs", 40, *paid[-4:])
    assert code == 2
    assert [one["where"] for one in document["problems"]] == ["kr", "--runs"]
    assert "runs to come of this year do not fit" in document["problems"][1]["what"]
    assert not (tmp_path / "home" / "retraining").exists()
    assert spends(tmp_path / "home", capsys) == []


def test_a_dry_run_tells_what_the_year_costs_and_spends_nothing(paid, tmp_path, capsys):
    code, document = run(capsys, *paid, "--dry-run")
    plan = document["plan"]
    assert (code, plan["runs"], plan["left"]) == (0, 2, "3")
    assert 1 < float(plan["remaining"]) < 2  # two runs compose to less than their sum
    assert not (tmp_path / "home" / "retraining").exists()
    assert spends(tmp_path / "home", capsys) == []


def test_a_private_run_ended_while_it_learned_goes_on_under_the_same_reservation(paid, tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(private_run, "learn", killed)
        assert cli.main([*map(str, paid), "--no-progress"]) == cli.INTERRUPTED
    capsys.readouterr()
    (reserved,) = spends(tmp_path / "home", capsys)
    code, document = run(capsys, *paid)
    found = spends(tmp_path / "home", capsys)
    assert [one["spend"].partition("-")[0] for one in found] == ["train", "evaluation"]
    assert (found[0]["spend"], found[0]["state"]) == (reserved["spend"], "committed")
    assert found[0]["spend"] == f"train-{document['run']}"
    assert (code, document["ended"]) == (1, "refused")  # of so few people the gate can tell nothing
    assert document["why"][0].partition(":")[0] in ("cannot_tell", "too_few", "worse")
    assert document["stages"]["evaluate"]["files"] == []


def test_what_was_learned_and_not_kept_is_lost_and_not_learned_a_second_time(paid, tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(ModelRegistry, "keep", killed)
        cli.main([*map(str, paid), "--no-progress"])
    capsys.readouterr()
    code, document = run(capsys, *paid)
    assert (code, document["ended"]) == (1, "lost")
    assert "drawn a second time" in document["why"][0]
    assert len(spends(tmp_path / "home", capsys)) == 1
    plan = run(capsys, *paid, "--dry-run")[1]["plan"]
    assert plan["runs"] == 1  # the lost one was one of the year's two


def test_what_was_learned_and_kept_but_not_noted_is_found_again(paid, tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(RunFile, "done", killed)
        cli.main([*map(str, paid), "--no-progress"])
    capsys.readouterr()
    registry = ModelRegistry(Workspace(tmp_path / "home"))
    (model,) = registry.names()
    document = run(capsys, *paid)[1]
    assert (document["stages"]["train"]["model"], registry.names()) == (model, (model,))


@pytest.mark.usefixtures("few_units")
def test_a_count_that_was_paid_for_is_read_again(paid, tmp_path, capsys, monkeypatch):
    words = [word for word in paid if word not in ("--units", 300)]
    with monkeypatch.context() as patch:
        patch.setattr(private_run, "learn", killed)
        cli.main([*map(str, words), "--no-progress"])
    capsys.readouterr()
    before = spends(tmp_path / "home", capsys)
    (file,) = (tmp_path / "home" / "retraining").glob("count-*.json")
    drawn = json.loads(file.read_text())
    run(capsys, *words)
    after = spends(tmp_path / "home", capsys)
    assert [one["spend"] for one in before] == [one["spend"] for one in after][:2]
    assert [one["spend"].partition("-")[0] for one in after] == ["count", "train", "evaluation"]
    assert json.loads(file.read_text()) == drawn


def test_in_shards_the_same_is_learned_and_no_row_stays_whatever_ends_the_run(paid, tmp_path, capsys, monkeypatch):
    out, made = tmp_path / "shards", []
    sharded = [*paid, "--basis", "law", "--shards", out, "--shard", 100, "--processes", 1]
    with monkeypatch.context() as patch:
        patch.setattr("training.runs.unit_shards.learn_from", killed)
        patch.setattr("composition.learning_shards.LearningShards.remove", lambda one: made.append(one.path))
        assert cli.main([*map(str, sharded), "--no-progress"]) != 0
    (own,) = set(made)
    assert own.parent == out
    assert any(own.iterdir())
    code, document = run(capsys, *sharded)
    assert document["resumed"] is True
    assert "train" in document["stages"]
    assert code in (0, 1)
    assert list(out.iterdir()) == []
