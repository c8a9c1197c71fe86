"""`train --ranker private` as somebody would script it: what it refuses, what it spends, what it leaves."""

from __future__ import annotations

import json
import re
import shutil
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
import pytest

from proffer import cli
from tests.proffer.scripted import run
from training.rankers.expectation import FEW

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("believed", "few_units"),
    pytest.mark.filterwarnings("ignore"),  # MLflow and what it stands on warn about their own future
]


def opened(home, approvers, population="kr", epsilon="3", *options):
    words = ["privacy", "init", "--population", population, "--epsilon", epsilon, "--delta", "1e-6", *approvers]
    mine = ["--home", str(home)]
    draft = home.parent / f"{population}.draft"
    assert cli.main([*words, *options, "--draft", str(draft), *mine]) == 0
    for pub in approvers[1::2]:
        key, out = pub.replace(".pub", ".key"), f"{draft}.{Path(pub).stem}"
        assert cli.main(["privacy", "approve", str(draft), "--key", key, "--out", out, *mine]) == 0
    given = [word for pub in approvers[1::2] for word in ("--approval", f"{draft}.{Path(pub).stem}")]
    assert cli.main(["privacy", "init", "--population", population, *given, *mine]) == 0


@pytest.fixture
def home(tmp_path, approvers):
    opened(tmp_path / "home", approvers)
    return tmp_path / "home"


def refused(capsys, *words):
    code, document = run(capsys, "train", "--ranker", "private", *words)
    assert code == 2
    (problem,) = document["problems"]
    return problem


@pytest.mark.parametrize("flag", ["--epsilon", "--evaluate"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "NaN", "Infinity", "1e400", "-1e400", "one", "", "1e-13", "0x1", "30.1", "1000000"]
)
def test_an_epsilon_that_is_none_is_refused_and_nothing_written(people, tmp_path, capsys, flag, value):
    problem = refused(capsys, "--data", people, "--home", tmp_path / "h", f"{flag}={value}")
    assert problem["where"] == flag
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("value", ["0", "-1e-6", "1", "NaN", "Infinity", "1e400", "1e-400", "little", "0.01"])
def test_a_delta_that_is_none_or_not_below_one_in_so_many_people_is_refused(people, tmp_path, capsys, value):
    problem = refused(capsys, "--data", people, "--home", tmp_path / "h", f"--delta={value}")
    assert problem["where"] == "--delta"
    assert not (tmp_path / "h").exists()


def test_a_delta_not_below_one_in_the_stated_number_is_refused(people, tmp_path, capsys):
    words = ["--data", people, "--home", tmp_path / "h", "--delta", "0.001", "--units", 1000]
    assert "n = 1000" in refused(capsys, *words)["what"]


def test_everything_that_is_wrong_is_said_at_once(people, tmp_path, capsys):
    words = ["--data", people, "--home", tmp_path / "h", "--epsilon", "0", "--delta", "0", "--units", "0"]
    code, document = run(capsys, "train", "--ranker", "private", *words)
    assert (code, len(document["problems"])) == (2, 3)


def test_without_what_it_needs_it_is_refused_with_the_command_that_installs_it(people, tmp_path, capsys, monkeypatch):
    for name in ("opacus", "dp_accounting"):
        monkeypatch.setitem(sys.modules, name, None)
    problem = refused(capsys, "--data", people, "--home", tmp_path / "h", "--epsilon", "1", "--dry-run")
    assert problem["what"] == "not installed: dp_accounting, opacus"
    assert "make setup-private" in problem["remedy"]
    assert not (tmp_path / "h").exists()


def test_people_who_may_exist_need_a_budget(unstamped, tmp_path, capsys):
    problem = refused(capsys, "--data", unstamped, "--home", tmp_path / "h")
    assert "holds no budget" in problem["what"]
    assert "privacy init" in problem["remedy"]
    assert not (tmp_path / "h").exists()


@pytest.mark.parametrize("made", [False, True])
def test_an_unknown_population_is_refused(unstamped, tmp_path, approvers, capsys, made):
    if made:
        opened(tmp_path / "h", approvers)
    problem = refused(capsys, "--data", unstamped, "--home", tmp_path / "h", "--population", "nobody-opened")
    assert "nobody-opened" in problem["where"] + problem["what"]


def test_people_who_may_exist_do_not_spend_from_the_budget_of_those_who_do_not(unstamped, home, capsys):
    problem = refused(capsys, "--data", unstamped, "--home", home, "--population", "synthetic")
    assert "these rows are not stamped synthetic" in problem["what"]


def test_with_several_populations_one_has_to_be_named(unstamped, home, approvers, capsys):
    opened(home, approvers, "us")
    assert "kr, us" in refused(capsys, "--data", unstamped, "--home", home)["remedy"]


def test_a_budget_that_protects_persons_is_not_spent_on_features_that_read_others(
    unstamped, tmp_path, approvers, capsys
):
    opened(tmp_path / "h", approvers, "kr", "3", "--unit", "person")
    problem = refused(capsys, "--data", unstamped, "--home", tmp_path / "h", "--dry-run")
    assert "read another person's events" in problem["what"]
    assert "--unit household" in problem["remedy"]


def test_another_unit_than_the_budgets_is_refused(unstamped, home, capsys):
    code, document = run(
        capsys, "train", "--ranker", "private", "--data", unstamped, "--home", home, "--unit", "person", "--dry-run"
    )
    assert code == 2
    assert any("protects (household)" in problem["what"] for problem in document["problems"])


def test_a_spend_above_the_rest_is_refused_with_asked_left_and_difference(unstamped, home, capsys):
    problem = refused(capsys, "--data", unstamped, "--home", home, "--epsilon", "8")
    asked, left, over = (
        Decimal(found) for found in re.findall(r"epsilon ([\d.]+), ([\d.]+) is left: ([\d.]+) too", problem["what"])[0]
    )
    assert asked - left == over > 0
    assert left == 3


def redated(table):
    later = {
        name: pa.compute.add(table[name], pa.scalar(86_400_000, pa.duration("ms"))) for name in ("time", "recordedtime")
    }
    for name, column in later.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table


def copied(table):
    return table


def a_part(table):
    return table.filter(pa.compute.less(table["subject"], "c0000200"))


@pytest.mark.parametrize("change", [copied, redated, a_part])
def test_a_copy_a_part_or_a_later_month_gets_no_fresh_budget(unstamped, tmp_path, approvers, home, capsys, change):
    ids = pyarrow.parquet.read_table(unstamped / "events.parquet")["subject"].unique().to_pylist()
    (tmp_path / "ids.txt").write_text("\n".join(ids))
    words = ["privacy", "reserve", "--population", "kr", "--spend", "s1", "--epsilon", "1", "--people"]
    assert cli.main([*words, str(tmp_path / "ids.txt"), "--home", str(home)]) == 0
    opened(home, approvers, "kr-again")
    folder = tmp_path / "copy"
    shutil.copytree(unstamped, folder)
    table = pyarrow.parquet.read_table(folder / "events.parquet")
    pyarrow.parquet.write_table(change(table), folder / "events.parquet")
    problem = refused(capsys, "--data", folder, "--home", home, "--population", "kr-again")
    assert "spend from the budget of 'kr' already" in problem["what"]
    code, status = run(capsys, "privacy", "status", "--population", "kr-again", "--home", home)
    assert (code, status["populations"][0]["spent"]) == (0, "0")


def test_a_stamp_that_does_not_list_these_rows_is_refused(people, tmp_path, capsys):
    folder = tmp_path / "people"
    shutil.copytree(people, folder)
    table = pyarrow.parquet.read_table(folder / "events.parquet")
    pyarrow.parquet.write_table(table.slice(1), folder / "events.parquet")
    problem = refused(capsys, "--data", folder, "--home", tmp_path / "h")
    assert "sha256 differs" in problem["what"]


@pytest.mark.parametrize("words", [["--epsilon", "1"], ["--units", "9"], ["--evaluate", "1"], ["--teacher", "m"]])
def test_what_only_the_private_ranker_or_a_student_takes_is_refused_elsewhere(people, tmp_path, capsys, words):
    code, document = run(capsys, "train", *words, "--data", people, "--home", tmp_path)
    assert code == 2
    assert document["problems"][0]["where"] == words[0]


def test_a_student_needs_a_teacher(people, tmp_path, capsys):
    code, document = run(capsys, "train", "--ranker", "student", "--data", people, "--home", tmp_path)
    assert code == 2
    assert document["problems"][0]["where"] == "--teacher"


# --- what it does ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(people, tmp_path_factory):
    home = tmp_path_factory.mktemp("trained") / "home"
    words = ["train", "--ranker", "private", "--epsilon", "1", "--data", people, "--home", home, "--no-progress"]
    assert cli.main(list(map(str, words))) == 0
    return home


def model_of(home, kind="bilinear"):
    for folder in (home / "models").iterdir():
        manifest = json.loads((folder / "manifest.json").read_text())
        if manifest["kind"] == kind:
            return folder.name, manifest
    return None


def test_training_on_synthetic_people_needs_no_further_step_and_is_in_the_ledger(trained, capsys):
    code, status = run(capsys, "privacy", "status", "--home", trained)
    (balance,) = status["populations"]
    assert (code, balance["population"], balance["unit"]) == (0, "synthetic", "household")
    assert balance["spends"]["committed"] == 2
    assert balance["open"] == []
    assert 0 < Decimal(balance["spent"]) <= 1


def test_an_auditor_verifies_what_was_spent_without_the_home(trained, tmp_path, capsys):
    assert run(capsys, "privacy", "export", "--out", tmp_path / "b", "--home", trained)[0] == 0
    code, _ = run(capsys, "privacy", "verify", tmp_path / "b", "--key", trained / "ledger" / "ledger.pub")
    assert code == 0


def test_the_manifest_says_what_was_spent_of_whom(trained):
    name, manifest = model_of(trained)
    assert (manifest["run_id"], manifest["kind"], manifest["data_kind"]) == (name, "bilinear", "synthetic")
    assert Decimal(manifest["spend"]["epsilon"]) <= 1
    assert manifest["population"] == "synthetic"
    assert {one["spend"].partition("-")[0] for one in manifest["receipts"]} == {"count", "train"}
    assert manifest["spend_id"] in {one["spend"] for one in manifest["receipts"]}
    assert "\n" in manifest["receipts"][0]["checkpoint"]


def test_the_private_model_is_judged_beside_baselines_and_lightgbm_on_synthetic_people(trained, people, capsys):
    name, _ = model_of(trained)
    code, document = run(capsys, "evaluate", "--model", name, "--data", people, "--home", trained)
    assert code == 0
    wanted = {"popularity", "views", "logistic", "private", "lightgbm", "reachable"}
    assert set(document["metrics"]["ndcg@5"]) == wanted


def test_a_cold_start_is_tried_for_lightgbm_only(trained, people, capsys):
    name, _ = model_of(trained)
    code, document = run(
        capsys, "evaluate", "--model", name, "--data", people, "--home", trained, "--cold-start", 1
    )  # fmt: skip
    assert code == 2
    assert document["problems"][0]["where"] == "--cold-start"


def test_the_private_model_recommends_scores_and_serves(trained, people, tmp_path, capsys):
    name, _ = model_of(trained)
    facts = tmp_path / "f.json"
    facts.write_text(json.dumps({"birth_date": "1990-05-01", "sex": "female", "region": "11440"}))
    code, document = run(capsys, "recommend", "--facts", facts, "--model", name, "--home", trained, "-k", 3)
    assert code == 0
    assert document["model"]["kind"] == "bilinear"
    assert document["model"]["spend_id"].startswith("train-")
    words = ["score", "--events", people / "events.parquet", "--as-of", "2025-10-31", "--out", tmp_path / "o.parquet"]
    assert run(capsys, *words, "--model", name, "--home", trained)[0] == 0
    assert pyarrow.parquet.read_metadata(tmp_path / "o.parquet").num_rows > 500


def test_a_student_spends_nothing_and_names_its_teacher_and_what_that_spent(trained, people, capsys):
    name, teacher = model_of(trained)
    code, document = run(
        capsys, "train", "--ranker", "student", "--teacher", name, "--data", people, "--home", trained
    )  # fmt: skip
    assert code == 0
    assert document["spend"] == {"epsilon": "0", "delta": "0"}
    assert {"student", "teacher"} == set(document["latency_ms"])
    _, manifest = model_of(trained, "lightgbm")
    assert manifest["spend"] == {"epsilon": "0", "delta": "0"}
    assert manifest["teacher"]["spend"] == teacher["spend"]
    assert (manifest["teacher"]["name"], manifest["teacher"]["spend_id"]) == (name, teacher["spend_id"])
    assert {"ndcg@5", "ndcg@5_teacher", "ndcg@5_popularity"} <= set(document["metrics"])
    again = run(capsys, "train", "--ranker", "student", "--teacher", document["run_id"], "--data", people, "--home",
                trained)  # fmt: skip
    assert again[0] == 2
    assert "is no private model" in again[1]["problems"][0]["what"]


def test_a_student_does_not_learn_from_people_who_may_exist(trained, unstamped, capsys):
    name, _ = model_of(trained)
    words = ["train", "--ranker", "student", "--teacher", name, "--data", unstamped, "--home", trained]
    code, document = run(capsys, *words)
    assert code == 2
    assert "student on private rows" in document["problems"][0]["where"]


def test_people_who_may_exist_leave_no_exact_figure_anywhere(unstamped, home, capsys):
    words = ["train", "--ranker", "private", "--data", unstamped, "--home", home, "--units", 250]
    code, document = run(capsys, *words)
    assert code == 0
    assert (document["metrics"], document["data_kind"], document["units"]) == ({}, "private", 250)
    _, manifest = model_of(home)
    assert json.loads((home / "models" / document["run_id"] / "report.json").read_text()) == {"released": {}}
    assert (manifest["population"], manifest["units_are"]) == ("kr", "stated")
    from mlflow import MlflowClient

    kept = MlflowClient(tracking_uri=f"sqlite:///{home / 'mlflow.db'}").get_run(document["run_id"])
    assert kept.data.metrics == {}
    assert "rows" not in kept.data.params
    code, refusal = run(capsys, "evaluate", "--model", document["run_id"], "--data", unstamped, "--home", home)
    assert code == 2
    assert "evaluation on private rows" in refusal["problems"][0]["where"]


def test_noised_figures_are_one_entry_of_their_own(unstamped, home, capsys):
    words = ["train", "--ranker", "private", "--data", unstamped, "--home", home, "--units", 250, "--evaluate", "0.5"]
    code, document = run(capsys, *words)
    assert code == 0
    assert set(document["metrics"]) == {"noised_held_out_log_loss", "noised_ndcg@5"}
    assert [one.partition("-")[0] for one in document["spend_ids"]] == ["evaluate", "train"]
    assert 1 < Decimal(document["spend"]["epsilon"]) <= Decimal("1.5")


def test_without_data_the_homes_own_log_is_learned_from(people, tmp_path, approvers, capsys):
    home = tmp_path / "home"
    assert run(capsys, "ingest", people / "events.parquet", "--home", home)[0] == 0
    words = ["train", "--ranker", "private", "--home", home, "--dry-run"]
    assert "holds no budget" in refused(capsys, *words[3:])["what"]
    opened(home, approvers)
    code, document = run(capsys, *words)
    assert code == 0
    assert document["rows"] is None  # an exact count of real people, which nobody paid for
    assert (document["population"], document["unit"], document["data_kind"]) == ("kr", "household", "private")
    code, document = run(capsys, "train", "--ranker", "private", "--home", home, "--units", 250)
    assert (code, document["data_kind"]) == (0, "private")
    assert not list(home.glob(".log.*"))


def test_a_dry_run_says_what_would_remain_and_writes_nothing(people, tmp_path, capsys):
    words = ["train", "--ranker", "private", "--epsilon", "2", "--data", people, "--home", tmp_path / "h", "--dry-run"]
    code, document = run(capsys, *words)
    assert code == 0
    assert document["rows"] == pyarrow.parquet.read_metadata(people / "events.parquet").num_rows
    assert document["spend"] == {"epsilon": "2", "delta": "0.000001"}
    assert document["left"] == "100"
    assert 98 <= Decimal(document["remaining"]["epsilon"]) < Decimal("98.1")
    assert document["expected_share"] is None
    assert run(capsys, *words, "--units", "50000")[1]["expected_share"] == FEW[-1][1]
    figures = run(capsys, *words, "--evaluate", "0.5")[1]
    assert figures["spend"] == {"epsilon": "2.5", "delta": "0.000001"}
    assert figures["evaluate"] == "0.5"
    assert 2 < Decimal(figures["composed"]["epsilon"]) <= Decimal("2.5")
    assert cli.main([*map(str, words), "--evaluate", "0.5", "--no-progress"]) == 0
    said = "would spend at most epsilon 2.5, delta 0.000001 per household (2 to train, 0.5 for the figures)"
    assert said in capsys.readouterr().out
    run_delta = run(capsys, *words, "--delta", "0.0005")[1]
    assert (run_delta["spend"]["delta"], run_delta["composed"]["delta"]) == ("0.0005", "0.000001")
    assert Decimal(run_delta["composed"]["epsilon"]) > Decimal("2.5")
    assert run_delta["remaining"]["delta"] == "0.000001"
    stated = ("synthetic", "household", "add_or_remove_one", "offers", "consent")
    assert tuple(document[name] for name in ("population", "unit", "relation", "purpose", "basis")) == stated
    assert not (tmp_path / "h").exists()


# --- the champion gate ----------------------------------------------------------------------------------------------


@pytest.fixture
def judged(trained, approvers, tmp_path):
    """A home with a private model and a budget of people who may exist."""
    home = tmp_path / "judged"
    shutil.copytree(trained, home)
    opened(home, approvers)
    return home


def spent(home, capsys):
    return run(capsys, "privacy", "status", "--population", "kr", "--home", home)[1]["populations"][0]["spent"]


def test_on_people_who_may_exist_promotion_says_what_to_pay_and_a_dry_run_spends_nothing(judged, unstamped, capsys):
    words = ["promote", model_of(judged)[0], "--data", unstamped, "--home", judged]
    code, document = run(capsys, *words)
    assert (code, "--epsilon E" in document["problems"][0]["remedy"]) == (2, True)
    assert run(capsys, *words, "--units", 60)[1]["problems"][0]["where"] == "--epsilon"
    code, document = run(capsys, *words, "--epsilon", 1, "--delta", "0.0001", "--dry-run")
    assert (code, document["rows"], spent(judged, capsys)) == (0, None, "0")
    assert document["spend"] == {"epsilon": "1", "delta": "0.0001"}
    assert document["composed"]["delta"] == document["remaining"]["delta"] == "0.000001"
    assert Decimal(document["remaining"]["epsilon"]) == 3 - Decimal(document["composed"]["epsilon"]) < 2


def test_a_model_is_compared_on_people_who_may_exist_by_one_release_that_is_paid_once(judged, unstamped, capsys):
    words = ["promote", model_of(judged)[0], "--data", unstamped, "--epsilon", 1, "--home", judged]
    code, document = run(capsys, *words)
    assert (code, document["promoted"], document["champion_before"]) == (1, False, None)
    assert document["outcome"] in ("cannot_tell", "too_few")  # of sixty people at epsilon 1
    assert [one["check"] for one in document["checks"]][:3] == ["ndcg@5", "calibration", "ndcg@5 of older"]
    assert {one["says"] for one in document["checks"][2:]} == {"cannot_tell"}  # each group is too small
    assert document["checks"][0]["error"] > 0.05
    paid = spent(judged, capsys)
    assert 0 < Decimal(paid) <= 1
    assert run(capsys, *words) == (1, document)
    assert spent(judged, capsys) == paid
    assert not (judged / "champion").exists()
    assert Path(document["released"]).stat().st_mode & 0o077 == 0
    assert run(capsys, "privacy", "export", "--out", judged / "b", "--home", judged)[0] == 0
    assert run(capsys, "privacy", "verify", judged / "b", "--key", judged / "ledger" / "ledger.pub")[0] == 0
    assert cli.main([*map(str, words), "--no-progress"]) == 1
    told = capsys.readouterr().out
    assert "+/-" in told
    assert "was not promoted" in told


def test_people_who_do_not_exist_are_compared_exactly_and_free_unless_a_price_is_named(trained, people, capsys):
    words = ["promote", model_of(trained)[0], "--data", people, "--home", trained]
    code, exact = run(capsys, *words)
    assert {one["check"] for one in exact["checks"]} >= {"ndcg@5", "held-out log-loss"}
    assert code == (0 if exact["promoted"] else 1)
    code, noised = run(capsys, *words, "--epsilon", 1)
    assert (noised["population"], noised["spend_id"].partition("-")[0]) == ("synthetic", "evaluation")
