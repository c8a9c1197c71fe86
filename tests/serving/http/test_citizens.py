"""Recommendations of one citizen from a log on disk: the answer to the same events sent, and to nobody else."""

from __future__ import annotations

import json
from datetime import date

import pytest

from composition.workspace import Workspace
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from tests.serving.http.citizens_calls import home_with

NOW = 1_793_500_000  # 1 November 2026 in Seoul
KEY = tokens.new_dev_key()


def document(name, subject="ann", kind="fact.stated", data=None, about=()):
    data = {"sex": "female", "birth_date": "1993-04-02", "region": "11440"} if data is None else data
    data = {**data, "about": list(about)} if about else data
    return {"id": name, "source": "registry/residents", "subject": subject, "type": kind,
            "time": "2026-10-01T09:00:00+09:00", "recordedtime": "2026-10-02T09:00:00+09:00", "data": data}  # fmt: skip


ANN = [
    document("1"),
    document("2", kind="life.child_born", data={}, about=[{"person": "kid", "role": "child"}]),
    document("3", data={"region": "26"}),
]


@pytest.fixture
def home(tmp_path, real_engine):
    return home_with(tmp_path, real_engine, *ANN, document("4", "eve"), document("5", "c/7"))


@pytest.fixture
def get(real_engine, caller_of, home):
    desk = LogDesk(real_engine.declaration, home)
    access = Authentication((tokens.dev_verifier(KEY),))
    call = caller_of(create_app(RecommendationHandler(real_engine), access, lambda: NOW, log=desk))

    def got(name, subject="ann", scopes=(tokens.READ,), query=""):
        token = tokens.dev_token(KEY, NOW, subject, frozenset(scopes))
        path = f"/v1/citizens/{name}/recommendations{query}"
        return call("GET", path, {"authorization": f"Bearer {token}"})

    got.call = call
    return got


def test_the_log_answers_as_the_same_events_sent(get, real_caller):
    sent = {"events": ANN, "citizen": "ann", "k": 3, "as_of": "2026-10-31", "declined": ["pregnant"]}
    expected = real_caller.post(json.dumps(sent).encode())
    assert expected.status_code == 200
    found = get("ann", query="?k=3&as_of=2026-10-31&declined=pregnant")
    assert found.status_code == 200
    told = found.json()
    assert len(told.pop("decision_id")) == 64
    assert told == expected.json()
    assert get("ann").json()["as_of"] == date(2026, 11, 1).isoformat()


def test_a_citizen_reads_only_herself_and_learns_of_nobody_else(get):
    assert get("ann").status_code == 200
    others = [get("eve"), get("nobody"), get("eve", query="?k=bad"), get("mia", "mia"), get("x" * 500)]
    assert {answer.status_code for answer in others} == {404}
    assert len({answer.content for answer in others}) == 1
    assert get.call("GET", "/v1/citizens/ann/recommendations").status_code == 401
    assert get("ann", scopes=[tokens.ACT_AS]).status_code == get("ann", scopes=[tokens.WRITE]).status_code == 403


def test_who_may_act_for_others_reads_them_by_any_id(get):
    both = (tokens.READ, tokens.ACT_AS)
    assert get("eve", scopes=both).status_code == get("c%2F7", scopes=both).status_code == 200
    assert get("nobody", scopes=both).status_code == 404
    assert get("kid", scopes=both).status_code == 200


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?k=0", "/k"),
        ("?k=1e9", "/k"),
        ("?k=%D9%A1", "/k"),
        ("?k=1&k=2", ""),
        ("?canary=1", ""),
        ("?as_of=2026-02-30", "/as_of"),
        ("?as_of=1990-01-01", "/as_of"),
        ("?applicant=canary", "/applicant"),
        ("?asked=canary", "/asked"),
    ],
)
def test_a_query_that_cannot_be_answered_is_told_where(get, query, pointer):
    answer = get("ann", query=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert "canary" not in answer.text


def test_without_a_log_nobody_is_known_and_none_is_begun(real_engine, caller_of, tmp_path, dev):
    desk = LogDesk(real_engine.declaration, Workspace(tmp_path / "none"))
    call = caller_of(create_app(RecommendationHandler(real_engine), Authentication(dev=True), lambda: NOW, log=desk))
    assert call("GET", "/v1/citizens/ann/recommendations").status_code == 404
    assert not (tmp_path / "none").exists()
    assert dev("GET", "/v1/citizens/ann/recommendations").status_code == 503


def test_a_log_that_is_gone_is_told_and_one_that_is_written_to_is_read(get, home):
    assert get("ann").status_code == 200  # put on record: the same answer needs no writing again
    with Workspace(home.path).log_to_write():
        assert get("ann").status_code == 200
    (home.path / "events.db").write_bytes(b"no database" * 1000)
    answer = get("ann")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:proffer:problem:log-unavailable"
