"""`proffer replay`: a decision on record or in a file, made again: the same, different, unavailable, or not there."""

from __future__ import annotations

import io
import json
import sys
from datetime import date

import pytest

from composition.engines import EngineSettings, build_engine
from composition.workspace import Workspace
from features.log.event import Event
from proffer.cli import main
from serving.records.decision import Recorder
from serving.records.decision_log import DecisionLog

DAY = date(2026, 10, 31)
FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440"}


@pytest.fixture(scope="module")
def recorder():
    return Recorder(build_engine(EngineSettings()))


@pytest.fixture
def home(tmp_path, recorder):
    """A home with one decision on record, and its id."""
    said = Event("1", "registry", "ann", "fact.stated", 1_790_000_000, 1_790_000_001, FACTS)
    made = recorder.decide(recorder.engine.from_events([said], "ann", ["citizen"], DAY), DAY, 3, "ann")
    with Workspace(tmp_path / "home").store_to_write() as store:
        store.log.append([said])
        DecisionLog(store.connection).write(made, 7)
    return str(tmp_path / "home"), made.id


@pytest.fixture
def reply(tmp_path, recorder):
    """A file with an answer that carries its decision."""
    made = recorder.decide(recorder.engine.from_facts(FACTS, ["citizen"], DAY), DAY, 3)
    file = tmp_path / "reply.json"
    file.write_text(json.dumps({**made.answer, "decision_id": made.id, "decision": made.document}))
    return file


def test_a_decision_on_record_is_made_again(home, capsys):
    assert main(["replay", home[1], "--home", home[0]]) == 0
    assert "the same to the last bit" in capsys.readouterr().out
    assert main(["replay", home[1], "--home", home[0], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "id": home[1], "outcome": "same", "parts": [], "difference": None,
    }  # fmt: skip


def test_a_reply_in_a_file_or_on_standard_input_is_made_again(reply, capsys, monkeypatch):
    assert main(["replay", str(reply)]) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(reply.read_bytes())))
    assert main(["replay", "-"]) == 0
    assert capsys.readouterr().out.count("the same to the last bit") == 2


def test_the_first_difference_is_told(reply, capsys):
    changed = json.loads(reply.read_text())
    changed["recommendations"][0]["utility"] = 9
    reply.write_text(json.dumps(changed))
    assert main(["replay", str(reply)]) == 1
    said = capsys.readouterr().out
    assert "DIFFERENT, first at answer.recommendations.0.utility:" in said
    assert "recorded 9\n" in said


def test_other_weights_are_told_by_their_option(reply, capsys, tmp_path):
    (tmp_path / "w.yaml").write_text("urgency: 0.9")
    assert main(["replay", str(reply), "--weights", str(tmp_path / "w.yaml")]) == 1
    assert "cannot be made again here: it rests on other weights (--weights)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ("0" * 64, "is no decision on record here"),
        ("nowhere.json", "No such file"),
        ("facts.json", "is no decision of"),
    ],
)
def test_what_is_not_there_or_no_decision_is_refused(home, tmp_path, monkeypatch, capsys, named, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facts.json").write_text(json.dumps(FACTS))
    assert main(["replay", named, "--home", home[0]]) == 2
    assert said in capsys.readouterr().err
