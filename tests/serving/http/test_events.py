"""Events over HTTP into a log on disk: one result an item, the good ones in one commit, and nothing sent comes back."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import Future

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.service import event_log
from composition.workspace import DATABASE_URL, Workspace
from features.problem import Problem, Rejected
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.event_routes import WAITING
from serving.http.event_wire import BATCH, MOST_EVENTS, STRUCTURED
from serving.http.log_desk import LogDesk
from tests.examples import examples

NOW = 1_800_000_000
KEY = tokens.new_dev_key()
CANARY = "canary-7f3a"


def event(name="1", **change):
    plain = {"specversion": "1.0", "id": name, "source": "registry/residents", "subject": "ann", "type": "life.moved",
             "time": "2026-10-30T09:00:00+09:00", "data": {"region": "11440"}}  # fmt: skip
    return {key: value for key, value in {**plain, **change}.items() if value is not None}


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home", patience=0)


@pytest.fixture
def post(real_engine, answers, caller_of, home):
    """Posts events to a service over this home; what is not bytes is a batch, or one event."""
    app = create_app(answers, Authentication(dev=True), lambda: NOW, log=LogDesk(real_engine.declaration, home))
    call = caller_of(app)

    def posted(sent, **headers):
        media = BATCH if isinstance(sent, list) else STRUCTURED
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        return call("POST", "/v1/events", {"content-type": media, **headers}, content=body)

    posted.app = app
    return posted


def held(home):
    with home.log() as log:
        return [(one.id, one.subject) for one in log.events()]


def outcomes(answer):
    assert answer.status_code == 200, answer.text
    return [one["outcome"] for one in answer.json()["results"]]


def test_one_event_is_written_once_and_told_again_as_a_duplicate(post, home):
    assert outcomes(post(event())) == ["accepted"]
    assert outcomes(post(event())) == ["duplicate"]
    assert held(home) == [("1", "ann")]


def test_a_batch_has_a_result_an_item_in_order_and_the_good_ones_are_kept(post, home):
    post(event())
    sent = [event("2"), event("2"), event("2", data={"region": "26"}), event(data={"region": "26"}), event(), 7,
            event("3", type="life.flew"), event("4")]  # fmt: skip
    answer = post(sent)
    assert outcomes(answer) == ["accepted", "duplicate", "conflict", "conflict", "duplicate", "rejected", "rejected",
                                "accepted"]  # fmt: skip
    assert held(home) == [("1", "ann"), ("2", "ann"), ("4", "ann")]
    problems = [one["problems"] for one in answer.json()["results"]]
    assert problems[0] == problems[1] == []
    assert (problems[2][0]["pointer"], problems[2][0]["code"]) == ("/id", "conflict")
    assert problems[2][0]["remedy"] == "Give the new event its own id, or send event.corrected"
    assert (problems[5][0]["pointer"], problems[5][0]["code"]) == ("", "invalid")
    assert (problems[6][0]["pointer"], problems[6][0]["code"]) == ("/type", "unknown")


def test_an_empty_batch_is_valid_and_has_no_results(post, home):
    assert outcomes(post([])) == []
    assert not home.path.exists()


def test_too_many_events_or_bytes_are_refused_and_none_is_written(post, home):
    assert post([event(str(number)) for number in range(MOST_EVENTS + 1)]).status_code == 413
    assert post(event(data={"region": "1" * 2_000_000})).status_code == 413
    assert not home.path.exists()


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"time": "2030-01-01T00:00:00Z"}, "/time", "range"),
        ({"recordedtime": "2030-01-01T00:00:00Z"}, "/recordedtime", "range"),
        ({"time": "yesterday"}, "/time", "invalid"),
        ({"id": None}, "/id", "invalid"),
        ({"specversion": "0.3"}, "/specversion", "invalid"),
        ({"data_base64": 5, "data": None}, "/data_base64", "forbidden"),
        ({"data": "{}"}, "/data", "invalid"),
        ({"data": {"region": 7}}, "/data/region", "invalid"),
        ({"data": {CANARY: 7}}, "/data", "unknown"),
        ({"data": {"about": [{"person": CANARY}]}}, "/data/about/0", "invalid"),
        ({"type": "fact.stated", "data": {"children": ["2020-01-01", "2020-02-30"]}}, "/data/children/1", "invalid"),
        ({"type": "fact.stated", "data": {CANARY: 1}}, "/data", "unknown"),
        ({"type": "event.retracted", "data": {"id": "9"}}, "/data/source", "invalid"),
    ],
)
def test_a_rejected_event_says_where_and_what_to_do(post, home, change, pointer, code):
    answer = post([event(**change), event("2")])
    assert outcomes(answer) == ["rejected", "accepted"]
    first = answer.json()["results"][0]["problems"][0]
    assert (first["pointer"], first["code"]) == (pointer, code)
    assert first["what"]
    assert first["remedy"]
    assert held(home) == [("2", "ann")]


def test_nobody_corrects_what_was_said_of_somebody_else(post, home):
    other = event("2", subject="eve", type="event.retracted", data={"source": "registry/residents", "id": "1"})
    answer = post([event(), other])
    assert outcomes(answer) == ["accepted", "rejected"]
    assert answer.json()["results"][1]["problems"][0]["pointer"] == "/data/id"
    assert held(home) == [("1", "ann")]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/json"}, b"{}", 415),
        ({"content-type": "text/plain"}, b"{}", 415),
        ({"content-type": ""}, b"{}", 415),
        ({"content-type": f"{STRUCTURED}; charset=utf-16"}, b"{}", 415),
        ({"content-encoding": "gzip"}, b"{}", 415),
        ({}, b'{"id": "\xff"}', 400),
        ({}, b'{"id": "1", "id": "2"}', 400),
        ({}, b'{"id": NaN}', 400),
        ({}, b"[" * 100_000, 400),
        ({}, b"", 400),
        ({}, b"[]", 422),
        ({"content-type": BATCH}, b"{}", 422),
    ],
)
def test_what_cannot_be_read_at_all_is_refused_whole(post, home, headers, body, status):
    answer = post(body, **headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert not home.path.exists()


def test_the_media_type_may_be_spelt_in_capitals_with_its_encoding(post):
    answer = post(json.dumps(event()).encode(), **{"content-type": "Application/CloudEvents+JSON; charset=UTF-8"})
    assert outcomes(answer) == ["accepted"]


def test_only_who_may_write_events_writes_them(real_engine, answers, caller_of, home):
    desk = LogDesk(real_engine.declaration, home)
    call = caller_of(create_app(answers, Authentication((tokens.dev_verifier(KEY),)), lambda: NOW, log=desk))

    def status(*scopes):
        token = tokens.dev_token(KEY, NOW, "ann", frozenset(scopes))
        headers = {"content-type": STRUCTURED, "authorization": f"Bearer {token}"}
        return call("POST", "/v1/events", headers, content=json.dumps(event()).encode()).status_code

    assert call("POST", "/v1/events", {"content-type": STRUCTURED}, content=b"{}").status_code == 401
    assert status(tokens.READ) == status(tokens.READ, tokens.ACT_AS) == 403
    assert not home.path.exists()
    assert status(tokens.WRITE) == 200


def test_a_log_that_another_process_holds_is_not_waited_for_long_and_nothing_is_lost(post, home):
    post(event())
    with Workspace(home.path).log_to_write():
        answer = post(event("2"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:proffer:problem:log-unavailable"
    assert outcomes(post([event(), event("2")])) == ["duplicate", "accepted"]


def test_a_log_that_is_gone_or_was_never_there_is_told_and_comes_back(post, home, dev):
    home.begin()
    (home.path / "events.db").mkdir()
    answer = post(event())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert str(home.path) not in answer.text
    (home.path / "events.db").rmdir()
    assert outcomes(post(event())) == ["accepted"]
    assert dev("POST", "/v1/events", {"content-type": STRUCTURED}, content=b"{}").status_code == 503


def test_a_database_that_does_not_answer_is_told(real_engine, answers, caller_of, tmp_path, monkeypatch):
    monkeypatch.setenv(DATABASE_URL, f"postgresql://user:{CANARY}@/name?host={tmp_path}")
    desk = LogDesk(real_engine.declaration, event_log(Workspace(tmp_path / "home")))
    call = caller_of(create_app(answers, Authentication(dev=True), lambda: NOW, log=desk))
    answer = call("POST", "/v1/events", {"content-type": STRUCTURED}, content=json.dumps(event()).encode())
    assert answer.status_code == 503
    assert CANARY not in answer.text


def test_an_address_that_names_no_database_is_refused_before_anything_is_served(tmp_path, monkeypatch):
    monkeypatch.setenv(DATABASE_URL, "mysql://host/name")
    with pytest.raises(Rejected, match="neither SQLite nor PostgreSQL"):
        event_log(Workspace(tmp_path / "home"))


@pytest.mark.slow
def test_a_server_keeps_events_as_a_file_does(postgresql, monkeypatch, post, home):
    monkeypatch.setenv(DATABASE_URL, postgresql)
    sent = [event(), event(), event(data={"region": "26"}), event("2", time="2030-01-01T00:00:00Z")]
    assert outcomes(post(sent)) == ["accepted", "duplicate", "conflict", "rejected"]
    with Workspace(home.path).log_to_write():
        assert post(event("3")).status_code == 503
    assert held(home) == [("1", "ann")]


class SlowLog:
    def __init__(self):
        self.gate = threading.Event()

    def take(self, _documents, _now):
        self.gate.wait(10)
        done = Future()
        done.set_result({"results": []})
        return done


def test_others_are_answered_while_events_wait_and_too_many_are_told_to_come_back(answers):
    log = SlowLog()
    app = create_app(answers, Authentication(dev=True), lambda: NOW, log=log)

    async def crowd():
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            headers = {"content-type": BATCH}
            calls = [client.post("/v1/events", content=b"[]", headers=headers) for _ in range(WAITING + 3)]
            tasks = [asyncio.create_task(call) for call in calls]
            await asyncio.sleep(0.1)
            other = await client.post("/v1/recommendations", json={"facts": {}})
            log.gate.set()
            return other.status_code, sorted(answer.status_code for answer in await asyncio.gather(*tasks))

    assert asyncio.run(crowd()) == (200, [200] * (WAITING + 1) + [503] * 2)


def test_a_batch_of_names_that_nobody_declared_is_not_searched_for_near_ones(post, monkeypatch):
    def sought(*_given):
        raise AssertionError

    monkeypatch.setattr("difflib.get_close_matches", sought)
    stated = {f"unknown_{number}": 1 for number in range(2_000)}
    answer = post([event(str(number), type="fact.stated", data=stated) for number in range(5)])
    assert outcomes(answer) == ["rejected"] * 5
    assert len(answer.content) < 2_000


values = st.recursive(
    st.sampled_from([CANARY, 5, -1, True, None, "2026-13-01", ""]),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(
        st.sampled_from([CANARY, "region", "about", "person", "household", "members", "time", "data"]), inside,
        max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
hostile = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("id", "source", "subject", "type", "time", "recordedtime", "data", CANARY), values)
)
kinds = st.sampled_from(["fact.stated", "life.moved", "life.child_born", "event.corrected", "benefit.granted"])


@examples(150)
@given(sent=hostile, kind=kinds)
def test_nothing_of_a_rejected_event_comes_back(real_engine, sent, kind):
    class Home:
        def log_to_write(self):
            raise Rejected([Problem(("home",), "unavailable", "is not there", "Wait")])

    document = event(**{"data": {CANARY: CANARY}, "type": kind, **sent})
    answer = LogDesk(real_engine.declaration, Home()).take([{**document, "id": 5}], NOW).result(60)
    assert answer["results"][0]["outcome"] == "rejected"
    assert answer["results"][0]["problems"]
    assert CANARY not in json.dumps(answer)
