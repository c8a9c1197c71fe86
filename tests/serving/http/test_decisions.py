"""Decisions over HTTP: an answer about a citizen is on record when it is given, for that citizen's eyes only."""

from __future__ import annotations

import json

import pytest

from composition.workspace import Workspace
from features.log.event_parser import parse_event
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.records.decision import Decision
from serving.records.decision_log import DecisionLog
from serving.records.replay import replayed
from tests.serving.http.citizens_calls import home_with

NOW = 1_793_500_000  # 1 November 2026 in Seoul
KEY = tokens.new_dev_key()
FACTS = {"sex": "female", "birth_date": "1993-04-02", "region": "11440"}


def stated(name, subject, data=FACTS, day="01"):
    return {"id": name, "source": "registry/residents", "subject": subject, "type": "fact.stated",
            "time": f"2026-10-{day}T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00",
            "data": data}  # fmt: skip


@pytest.fixture
def home(tmp_path, real_engine):
    return home_with(tmp_path, real_engine, *(stated(name, name) for name in ("ann", "eve")))


@pytest.fixture
def call(real_engine, caller_of, home):
    desk = LogDesk(real_engine.declaration, home)
    access = Authentication((tokens.dev_verifier(KEY),))
    caller = caller_of(create_app(RecommendationHandler(real_engine), access, lambda: NOW, log=desk))

    def called(path, subject="ann", scopes=(tokens.READ,), at=NOW, method="GET", **what):
        headers = {}
        if subject is not None:
            headers["authorization"] = f"Bearer {tokens.dev_token(KEY, at, subject, frozenset(scopes))}"
        return caller(method, path, headers | what.pop("headers", {}), **what)

    return called


@pytest.fixture
def decided(call):
    """The id of a decision about ann."""
    return call("/v1/citizens/ann/recommendations?k=3").json()["decision_id"]


def on_record(home):
    with home.store() as store:
        return DecisionLog(store.connection).ids_of("ann")


def test_the_same_answer_is_one_decision_and_a_new_fact_makes_another(call, home, decided, real_engine):
    assert call("/v1/citizens/ann/recommendations?k=3").json()["decision_id"] == decided
    assert on_record(home) == (decided,)
    with home.log_to_write() as log:
        log.append([parse_event(stated("2", "ann", {"region": "26"}, "02"), real_engine.declaration, now=NOW)])
    assert call("/v1/citizens/ann/recommendations?k=3").json()["decision_id"] != decided
    assert len(on_record(home)) == 2


def test_what_was_told_is_on_record_and_can_be_made_again(call, decided, real_engine):
    told = call("/v1/citizens/ann/recommendations?k=3").json()
    found = call(f"/v1/decisions/{decided}/record").json()
    assert found["answer"] == {name: value for name, value in told.items() if name != "decision_id"}
    assert found["made"] == NOW
    assert replayed(Decision.parse(found, ("x",)), real_engine, decided).outcome == "same"


@pytest.mark.parametrize("path", ["/v1/decisions/{}", "/v1/decisions/{}/record", "/v1/citizens/ann/decisions"])
def test_only_its_owner_and_who_may_act_for_her_read_a_decision(call, decided, path):
    path = path.format(decided)
    both = (tokens.READ, tokens.ACT_AS)
    assert call(path).status_code == call(path, "clerk", both).status_code == 200
    refused = {
        "another citizen": (call(path, "eve"), 404),
        "another agency": (call(path, "agency", (tokens.READ,)), 404),
        "no token": (call(path, None), 401),
        "an expired token": (call(path, at=NOW - 7200), 401),
        "another scope": (call(path, scopes=(tokens.WRITE,)), 403),
    }
    assert {name: answer.status_code for name, (answer, _) in refused.items()} == {
        name: status for name, (_, status) in refused.items()
    }


def test_a_decision_of_somebody_else_is_not_told_from_none(call, decided):
    one, other = call(f"/v1/decisions/{decided}", "eve"), call(f"/v1/decisions/{'0' * 64}", "eve")
    assert one.content == other.content
    assert call(f"/v1/decisions/{'x' * 5000}").status_code == 404
    assert call("/v1/citizens/eve/decisions").content == call("/v1/citizens/nobody/decisions").content


@pytest.mark.parametrize("length", ["short", "full"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_it_is_explained_in_two_lengths_and_in_each_language(call, decided, length, language):
    told = call(f"/v1/decisions/{decided}?explain={length}&language={language}").json()
    assert ("facts" in told) is (length == "full")
    assert all(set(text) == {language} for text in (*told["summary"], told["contest"]))
    assert "ko" in call(f"/v1/decisions/{decided}").json()["contest"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("explain=long", "/explain"), ("language=xx", "/language"), ("x=1", ""), ("language=ko&language=ko", "")],
)
def test_a_query_that_cannot_be_answered_is_told_where(call, decided, query, pointer):
    answer = call(f"/v1/decisions/{decided}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


def test_the_decisions_of_a_citizen_are_listed(call, decided):
    listed = call("/v1/citizens/ann/decisions").json()["decisions"]
    assert listed == [{"decision_id": decided, "made": NOW, "kind": "answer", "as_of": "2026-11-01"}]


def test_an_answer_to_what_was_sent_is_kept_nowhere_and_carries_its_decision(call, home, real_engine):
    asked = {"facts": FACTS, "k": 3, "record": True, "as_of": "2026-10-31"}
    json_type = {"content-type": "application/json"}
    answer = call("/v1/recommendations", method="POST", headers=json_type, content=json.dumps(asked).encode())
    reply = answer.json()
    assert reply["decision"]["citizen"] is None
    assert replayed(Decision.parse(reply, ("reply",)), real_engine, reply["decision_id"]).outcome == "same"
    plain = call(
        "/v1/recommendations", method="POST", headers=json_type, content=json.dumps({**asked, "record": False}).encode()
    ).json()
    assert plain == {name: value for name, value in reply.items() if not name.startswith("decision")}
    assert call(f"/v1/decisions/{reply['decision_id']}").status_code == 404
    assert on_record(home) == ()


def test_what_cannot_be_put_on_record_is_not_told(call, home):
    with Workspace(home.path).store_to_write():
        answer = call("/v1/citizens/ann/recommendations")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert call("/v1/citizens/ann/recommendations").status_code == 200


def test_without_a_log_nothing_is_on_record(real_engine, caller_of, tmp_path, dev):
    desk = LogDesk(real_engine.declaration, Workspace(tmp_path / "none"))
    call = caller_of(create_app(RecommendationHandler(real_engine), Authentication(dev=True), lambda: NOW, log=desk))
    assert call("GET", f"/v1/decisions/{'0' * 64}").status_code == 404
    assert call("GET", "/v1/citizens/ann/decisions").json() == {"decisions": [], "next": None}
    assert dev("GET", f"/v1/decisions/{'0' * 64}").status_code == 503
    assert not (tmp_path / "none").exists()
