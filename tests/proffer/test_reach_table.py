"""`proffer reach --make-table` counts real people once, at a price; rules over the table then cost nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from composition import clock
from composition.engines import EngineSettings, build_engine
from composition.ledger_reading import LedgerAnswers
from composition.reach_service import ReachService
from composition.workspace import Workspace
from serving.http.reach_desk import ReachDesk
from tests.proffer.made_table import made_twice
from tests.proffer.scripted import run

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
OLD = "{fact: age, at_least: 65}\n"


@pytest.fixture(scope="module")
def made_table(people, approvers, tmp_path_factory):
    """A home with real people, a budget, and a table that was made twice."""
    home = tmp_path_factory.mktemp("table") / "home"
    return home, made_twice("reach", "2026-10-31", home, people, approvers)


@pytest.fixture
def rule(tmp_path):
    file = tmp_path / "rule.yaml"
    file.write_text(OLD, encoding="utf-8")
    return file


def spends(capsys, home):
    code, document = run(capsys, "privacy", "spends", "--home", home)
    assert code == 0
    return document["spends"]


def test_the_table_is_made_and_paid_for_once(made_table, capsys):
    home, (first, again) = made_table
    assert first == again
    (spend,) = spends(capsys, home)
    assert (spend["spend"], spend["state"], spend["run"]["stage"]) == (first["spend"], "committed", "reach")
    assert 0 < Decimal(spend["epsilon"]) <= 1
    assert first["unit"] == "household"
    answers = LedgerAnswers(home, clock.now)
    answers.verify()
    assert answers.verified()["problems"] == []


def test_rules_over_the_table_spend_nothing_and_tell_their_errors(made_table, rule, people, capsys, tmp_path):
    home, _ = made_table
    before = spends(capsys, home)
    code, told = run(capsys, "reach", rule, "--table", "--home", home)
    assert (code, told["as_of"]) == (0, "2026-10-31")
    assert spends(capsys, home) == before
    _, exact = run(capsys, "reach", rule, "--events", people / "events.parquet", "--as-of", "2026-10-31",
                   "--home", tmp_path / "other")  # fmt: skip
    error = told["total"]["standard_error"]["yes"]
    assert error > 0
    assert abs(told["total"]["yes"] - max(exact["total"]["yes"], 0)) <= 8 * error
    assert {one["group"] for one in told["groups"]} == {"older", "young", "low_income"}


def test_the_service_counts_over_the_table_and_not_over_people(made_table):
    home, _ = made_table
    engine = build_engine(EngineSettings())
    people = ReachService(Workspace(home), lambda: engine, EngineSettings())
    people.read()
    told = ReachDesk(lambda: engine, people.census).count({"fact": "age", "at_least": 65}, ["province"])
    assert told["population"] == "noised"
    assert told["total"]["standard_error"]["yes"] > 0


def test_a_bound_that_the_table_does_not_know_is_refused_with_those_it_knows(made_table, tmp_path, capsys):
    file = tmp_path / "rule.yaml"
    file.write_text("{fact: age, at_least: 66}\n", encoding="utf-8")
    code, document = run(capsys, "reach", file, "--table", "--home", made_table[0])
    assert code == 2
    assert "65, 70" in document["problems"][0]["remedy"]


def test_a_table_that_was_changed_is_believed_by_nobody(made_table, rule, capsys):
    file = Workspace(made_table[0]).reach_tables / f"{made_table[1][0]['spend']}.json"
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b'"counts": [', b'"counts": [9', 1))
    code, document = run(capsys, "reach", rule, "--table", "--home", made_table[0])
    file.write_bytes(kept)
    assert code == 2
    assert "not what the ledger says" in document["problems"][0]["what"]


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--make-table"], "--epsilon"),
        (["RULE", "--make-table", "--epsilon", "1"], "RULE.yaml"),
        ([], "RULE.yaml"),
        (["RULE", "--table", "--out", "x.json"], "--table"),
        (["RULE", "--epsilon", "1"], "--epsilon"),
        (["RULE", "--table"], None),
    ],
)
def test_what_contradicts_itself_is_refused(rule, tmp_path, capsys, words, where):
    given = [rule if word == "RULE" else word for word in words]
    code, document = run(capsys, "reach", *given, "--home", tmp_path / "home")
    assert code == 2
    assert where is None or document["problems"][0]["where"] == where
