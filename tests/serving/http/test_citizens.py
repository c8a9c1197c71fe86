"""Recommendations of one citizen from a log on disk: the answer to the same events sent, and to nobody else."""

from __future__ import annotations

import json
from datetime import date

import pytest

from composition.workspace import Workspace
from serving.http import log_desk, record_desk, tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from tests.serving.http.citizens_calls import calls_of, home_with

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


@pytest.fixture
def call(real_engine, caller_of, home):
    return calls_of(caller_of, RecommendationHandler(real_engine), home)


def read(call, query="", name="ann", **who):
    return call("GET", f"/v1/citizens/{name}/recommendations{query}", **who)


def test_an_answer_that_is_on_record_writes_nothing_however_it_is_told(call, home):
    first = read(call, "?k=3")
    file = home.path / "events.db"
    before = (file.read_bytes(), file.stat().st_mtime_ns)
    for query in ("?k=3", "?k=3&explain=none", "?k=3&explain=short"):
        call.clock[0] += 60
        assert read(call, query).json()["decision_id"] == first.json()["decision_id"]
    assert (file.read_bytes(), file.stat().st_mtime_ns) == before


def test_an_answer_that_was_put_on_record_before_many_others_writes_nothing_either(call, home, monkeypatch):
    monkeypatch.setattr(log_desk, "MOST_TOLD", 1)
    told = []
    for k in (1, 2, 3):
        call.clock[0] += 60
        told.append(read(call, f"?k={k}").json()["decision_id"])
    before = (home.path / "events.db").read_bytes()
    assert [read(call, f"?k={k}").json()["decision_id"] for k in (1, 2, 3)] == told
    assert (home.path / "events.db").read_bytes() == before


def test_whoever_asks_ever_other_questions_of_a_person_fills_no_disk_and_shuts_nobody_out(call, monkeypatch):
    monkeypatch.setattr(record_desk, "MOST_A_DAY", 3)
    told = [read(call, f"?k={k}").json()["decision_id"] for k in (1, 2, 3)]
    call.clock[0] += 3600
    for query in ("?k=4", "?as_of=2026-10-31", "?asked=pregnant", "?applicant=organisation"):
        refused = read(call, query)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(23 * 3600)), query
        assert refused.json()["type"] == "urn:proffer:problem:too-many-requests"
    assert read(call, "?k=2").json()["decision_id"] == told[1]
    plain = read(call)
    assert (plain.status_code, read(call, "?explain=short").status_code) == (200, 200)
    clerk = {"subject": "clerk", "scopes": (tokens.READ, tokens.ACT_AS)}
    assert read(call, "?k=4", **clerk).status_code == 429  # whoever asks, it is about one person
    assert read(call, **clerk).json()["decision_id"] == plain.json()["decision_id"]
    assert read(call, "?k=4", "eve", subject="eve").status_code == 200
    listed = call("GET", "/v1/citizens/ann/decisions").json()["decisions"]
    assert {one["decision_id"] for one in listed} == {*told, plain.json()["decision_id"]}
    call.clock[0] += 23 * 3600
    assert read(call, "?k=4").status_code == 200
