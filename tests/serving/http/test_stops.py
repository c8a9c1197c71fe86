"""A stop over HTTP: from the next request on, said in the reply, and made again from the record."""

from __future__ import annotations

import json

import pytest

from composition.stop_file import StopFile
from composition.workspace import Workspace
from features.log.event_parser import parse_event
from proffer.cli import main
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.records.decision import Decision
from serving.records.replay import replayed

NOW = 1_793_500_000  # 1 November 2026 in Seoul
FACTS = {"sex": "female", "birth_date": "1993-04-02", "region": "11440"}
SAID = {"id": "1", "source": "registry", "subject": "ann", "type": "fact.stated", "data": FACTS,
        "time": "2026-10-01T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00"}  # fmt: skip


@pytest.fixture
def home(tmp_path, real_engine):
    kept = Workspace(tmp_path / "home", patience=0)
    with kept.log_to_write() as log:
        log.append([parse_event(SAID, real_engine.declaration, now=NOW)])
    return kept


@pytest.fixture
def get(real_engine, caller_of, home):
    handler = RecommendationHandler(real_engine, stops=StopFile(home))
    desk = LogDesk(real_engine.declaration, home)
    call = caller_of(create_app(handler, Authentication(dev=True), lambda: NOW, log=desk))
    return lambda path="/v1/citizens/ann/recommendations?k=100": call("GET", path)


def stops(home, *words):
    return main(["stops", *words, "--home", str(home.path)])


def programmes(answer):
    return {one["programme"] for one in answer.json()["recommendations"]}


def test_a_programme_that_is_switched_off_is_told_by_name_and_by_nothing_else_from_the_next_request_on(get, home):
    before = programmes(get())
    assert "t.women" in before
    assert stops(home, "add", "--programme", "t.women", "--by", "kim", "--why", "The text changed.") == 0
    answer = get()
    assert programmes(answer) == before - {"t.women"}
    assert answer.json()["stopped"] == ["programme:t.women"]
    assert stops(home, "lift", "--programme", "t.women") == 0
    assert programmes(get()) == before
    assert "stopped" not in get().json()


def test_pages_go_on_while_a_programme_is_switched_off(get, home):
    stops(home, "add", "--programme", "t.women", "--by", "kim", "--why", "The text changed.")
    whole, found, cursor = get(), [], ""
    while cursor is not None:
        page = get(f"/v1/citizens/ann/recommendations?k=2{cursor and '&cursor=' + cursor}")
        found += page.json()["recommendations"]
        cursor = page.headers.get("proffer-next")
    assert [one["programme"] for one in found] == [one["programme"] for one in whole.json()["recommendations"]]


def test_what_was_decided_while_it_was_off_is_made_again_without_it(get, home, real_engine):
    stops(home, "add", "--programme", "t.women", "--by", "kim", "--why", "The text changed.")
    decided = get().json()["decision_id"]
    record = Decision.parse(get(f"/v1/decisions/{decided}/record").json(), ("x",))
    assert replayed(record, real_engine).parts == ("catalogue",)
    assert replayed(record, real_engine.without({"t.women"}), decided).outcome == "same"


def test_who_switched_what_off_and_why_is_listed(home, capsys):
    assert stops(home, "list") == 0
    assert capsys.readouterr().out == "nothing is switched off\n"
    stops(home, "add", "--model", "all", "--by", "kim", "--why", "It is judged anew.")
    stops(home, "add", "--model", "all", "--by", "lee", "--why", "again")
    capsys.readouterr()
    assert stops(home, "list", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)["stops"]
    assert (row["kind"], row["name"], row["by"], row["why"]) == ("model", "all", "kim", "It is judged anew.")
    assert stops(home, "lift", "--model", "other") == 2
    assert "is not switched off" in capsys.readouterr().err


def test_while_it_cannot_be_told_what_is_off_nobody_is_answered(get, home):
    (home.path / "stops.yaml").write_text("stops: [{kind: house}]")
    assert get().status_code == 503
    (home.path / "stops.yaml").unlink()
    assert get().status_code == 200
