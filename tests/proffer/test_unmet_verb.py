"""`proffer unmet`: what people found after events of their lives, exactly for the operator, with noise for others."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from composition import clock
from composition.engines import EngineSettings, build_engine
from composition.ledger_reading import LedgerAnswers
from composition.noised_tables import newest_need
from composition.reach_service import ReachService
from composition.workspace import Workspace
from proffer import cli
from tests.proffer.made_table import made_twice
from tests.proffer.scripted import run

pytestmark = pytest.mark.filterwarnings("ignore")
EVENT = "life.moved"
KINDS = ("nothing", "open", "available")


@pytest.fixture(scope="module")
def unmet_table(people, approvers, tmp_path_factory):
    """A home with real people, a budget, and a table that was made twice."""
    home = tmp_path_factory.mktemp("unmet") / "home"
    return home, made_twice("unmet", "2025-10-31", home, people, approvers)


@pytest.mark.slow
def test_the_table_is_made_and_paid_for_once(unmet_table, capsys):
    home, (first, again) = unmet_table
    assert first == again
    code, document = run(capsys, "privacy", "spends", "--home", home)
    (spend,) = document["spends"]
    assert (code, spend["spend"], spend["state"], spend["run"]["stage"]) == (0, first["spend"], "committed", "unmet")
    assert 0 < Decimal(spend["epsilon"]) <= 1
    answers = LedgerAnswers(home, clock.now)
    answers.verify()
    assert answers.verified()["problems"] == []


@pytest.mark.slow
def test_the_table_is_shown_with_errors_and_lies_near_the_exact_counts(unmet_table, people, capsys, tmp_path):
    home, (made, _) = unmet_table
    code, told = run(capsys, "unmet", "--table", "--event", EVENT, "--home", home)
    assert (code, told["population"], told["as_of"]) == (0, "noised", "2025-10-31")
    out = tmp_path / "exact.json"
    events = people / "events.parquet"
    assert run(capsys, "unmet", "--events", events, "--as-of", "2025-10-31", "--home", tmp_path, "--out", out)[0] == 0
    exact = {one["event"]: one for one in json.loads(out.read_text(encoding="utf-8"))["events"]}
    assert sum(one["nothing"] + one["open"] + one["available"] for one in exact.values()) > 100
    table = newest_need(Workspace(home))
    wide = 6 * table.deviation * len(table.layout.places) ** 0.5
    for event, counts in zip(table.layout.events, table.counts.sum(axis=1).tolist(), strict=True):
        assert all(abs(count - exact[event][kind]) <= wide for kind, count in zip(KINDS, counts, strict=True))
    told_of = [(one[kind], one["standard_error"]) for one in told["events"] for kind in KINDS if one[kind] is not None]
    assert all(count > 2 * (error - 1) for count, error in told_of)  # the error is told as the whole number above it
    assert made["deviation"] == table.deviation > 0


@pytest.mark.slow
def test_the_service_shows_the_table_and_not_people(unmet_table):
    home, _ = unmet_table
    engine = build_engine(EngineSettings())
    service = ReachService(Workspace(home), lambda: engine, EngineSettings())
    service.read()
    assert service.need().deviation > 0


@pytest.mark.slow
def test_a_table_that_was_changed_is_believed_by_nobody(unmet_table, capsys):
    home, said = unmet_table
    file = Workspace(home).reach_tables / f"{said[0]['spend']}.json"
    kept = file.read_bytes()
    file.write_bytes(kept.replace(b'"counts": [', b'"counts": [9', 1))
    code, document = run(capsys, "unmet", "--table", "--home", home)
    file.write_bytes(kept)
    assert code == 2
    assert "not what the ledger says" in document["problems"][0]["what"]


def test_exact_counts_go_to_a_file_of_their_owner_alone(people, capsys, tmp_path):
    out = tmp_path / "exact.json"
    words = ("--events", people / "events.parquet", "--as-of", "2025-10-31", "--home", tmp_path)
    code, told = run(capsys, "unmet", *words, "--event", EVENT, "--out", out)
    assert (code, told["population"], told["days"], out.stat().st_mode & 0o077) == (0, "counted", 365, 0)
    exact = json.loads(out.read_text(encoding="utf-8"))
    own = next(one for one in exact["events"] if one["event"] == EVENT)
    by_place = exact["by_event"][EVENT]
    assert sum(one["nothing"] for one in by_place) == own["nothing"]
    assert all(one[kind] is None or one[kind] >= 10 or one[kind] == 0
               for one in told["provinces"] for kind in KINDS)  # fmt: skip
    assert cli.main(["unmet", *map(str, words)]) == 0
    assert "the 365 days up to 2025-10-31" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--make-table"], "--epsilon"),
        (["--make-table", "--epsilon", "1", "--event", EVENT], "--make-table"),
        (["--table", "--out", "x.json"], "--table"),
        (["--epsilon", "1"], "--epsilon"),
        (["--days", "0"], "--days"),
        (["--event", "life.none"], "--event"),
        (["--table"], None),
        ([], None),
    ],
)
def test_what_contradicts_itself_is_refused_before_anything_is_counted(tmp_path, capsys, words, where):
    code, document = run(capsys, "unmet", *words, "--home", tmp_path / "home")
    assert code == 2
    assert where is None or document["problems"][0]["where"] == where
