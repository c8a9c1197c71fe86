from __future__ import annotations

import asyncio
import json
import logging
import threading
from pathlib import Path

import httpx
import jsonschema
import pytest

from serving.http import openapi, problem_documents, tokens
from serving.http.access import Authentication, is_loopback
from serving.http.app import create_app
from serving.http.problem_documents import RefusedError
from serving.http.security import SECURITY_HEADERS
from serving.http.service_frame import MAX_BODY, Lifecycle, WorkerPool
from tests.serving.conftest import FakeHandler

NOW = 1_800_000_000
KEY = tokens.new_dev_key()
LOOKED_UP = ("/v1/programmes", "/v1/programmes/{programme}", "/v1/facts", "/v1/events/types")
CITIZEN = "/v1/citizens/{citizen}/recommendations"
PUBLISHED = json.loads(openapi.document())
BODY = b'{"facts": {"sex": "female"}}'


def bearer(**claims):
    return {"authorization": f"Bearer {tokens.dev_token(KEY, NOW, **claims)}"}


@pytest.fixture
def guarded(answers, caller_of):
    """A caller of an application that believes this key and nobody without a token."""
    return caller_of(create_app(answers, Authentication((tokens.dev_verifier(KEY),)), lambda: NOW))


def test_health_and_readiness_answer_without_a_token(guarded, answers):
    assert guarded("GET", "/healthz").json() == {"status": "ok"}
    assert guarded("GET", "/readyz").json() == {
        "ready": True,
        "checks": {"catalogue": True, "staying": True},
        "degraded": [],
    }
    answers.healthy = False
    assert guarded("GET", "/readyz").status_code == 503


def test_a_process_that_is_going_away_is_alive_but_not_ready(answers, caller_of):
    lifecycle = Lifecycle()
    call = caller_of(create_app(answers, Authentication(), lambda: NOW, lifecycle))
    assert call("GET", "/readyz").status_code == 200
    lifecycle.draining = True
    assert call("GET", "/readyz").status_code == 503
    assert call("GET", "/healthz").status_code == 200


def test_a_call_without_a_token_is_refused(guarded, answers):
    answer = guarded.post(BODY)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"
    assert answers.asked == []


@pytest.mark.parametrize("header", ["Basic dTpw", "Bearer", "Bearer x.y.z", "", "Bearer a b"])
def test_a_header_that_is_no_good_token_is_refused_in_dev_mode_too(answers, caller_of, header):
    call = caller_of(create_app(answers, Authentication((tokens.dev_verifier(KEY),), dev=True), lambda: NOW))
    answer = call.post(BODY, {"authorization": header})
    assert answer.status_code == 401
    assert answers.asked == []


def test_a_deployment_without_a_key_refuses_everybody(answers, caller_of):
    call = caller_of(create_app(answers, Authentication(), lambda: NOW))
    assert call.post(BODY).status_code == 401
    assert call.post(BODY, bearer()).status_code == 401


def test_the_tokens_subject_is_the_citizen(guarded, answers):
    assert guarded.post(BODY, bearer(subject="c1")).json()["citizen"] == "c1"
    assert answers.asked[0][1:] == ("c1", NOW)


def test_acting_as_somebody_else_needs_its_scope(guarded):
    body = b'{"facts": {}, "citizen": "c2"}'
    refused = guarded.post(body, bearer(subject="c1"))
    assert refused.status_code == 403
    assert 'scope="act-as"' in refused.headers["www-authenticate"]
    allowed = bearer(subject="c1", scopes=frozenset({tokens.READ, tokens.ACT_AS}))
    assert guarded.post(body, allowed).json()["citizen"] == "c2"
    assert guarded.post(b'{"facts": {}, "citizen": "c1"}', bearer(subject="c1")).status_code == 200


def test_reading_recommendations_needs_its_scope(guarded):
    answer = guarded.post(BODY, bearer(scopes=frozenset({"events:write"})))
    assert answer.status_code == 403
    assert answer.json()["type"] == "urn:proffer:problem:insufficient-scope"


def test_dev_mode_answers_without_a_token_on_this_machine_only(dev, answers, caller_of):
    assert dev.post(BODY).status_code == 200
    outside = caller_of(dev.app, host="10.0.0.7")
    assert outside.post(BODY).status_code == 401
    for header in ("x-forwarded-for", "forwarded", "via"):
        assert dev.post(BODY, {header: "203.0.113.9"}).status_code == 401
    for host in ("localhost", "localhost:8000", "127.0.0.1", "[::1]:8000"):
        assert dev.post(BODY, {"host": host}).status_code == 200
    assert dev.post(BODY, {"host": "rebound.example.org"}).status_code == 421
    assert len(answers.asked) == 5


def test_two_authorization_headers_are_refused(answers):
    app = create_app(answers, Authentication((tokens.dev_verifier(KEY),), dev=True), lambda: NOW)
    token = bearer()["authorization"].encode()
    headers = [(b"authorization", token), (b"authorization", token), (b"host", b"localhost")]
    assert raw(app, headers, [BODY])[0]["status"] == 401


def raw(app, headers, parts, client=("127.0.0.1", 5), disconnect=False, extra=None):
    """One request in plain ASGI messages, for what a well-behaved client cannot send."""
    sent = []
    waiting = [{"type": "http.request", "body": part, "more_body": i + 1 < len(parts) or disconnect}
               for i, part in enumerate(parts)]  # fmt: skip
    waiting += [{"type": "http.disconnect"}]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
             "path": "/v1/recommendations", "raw_path": b"/v1/recommendations", "query_string": b"", "root_path": "",
             "headers": headers, "client": client, "server": ("127.0.0.1", 8000), **(extra or {})}  # fmt: skip

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return sent


JSON_HEADERS = [(b"host", b"localhost"), (b"content-type", b"application/json")]


def test_a_body_without_a_length_is_cut_off_at_the_cap(dev):
    sent = raw(dev.app, JSON_HEADERS, [b" " * 300_000] * 5)
    assert sent[0]["status"] == 413


def test_a_body_that_announces_too_much_is_refused_unread(dev):
    for length in (str(MAX_BODY + 1), "9" * 40, "-1", "one", "\u0661"):
        headers = [*JSON_HEADERS, (b"content-length", length.encode("latin-1", "replace"))]
        assert raw(dev.app, headers, [b""])[0]["status"] == 413


def test_a_body_that_ends_too_early_is_refused(dev):
    assert raw(dev.app, JSON_HEADERS, [b'{"facts"'], disconnect=True)[0]["status"] == 400


def test_a_body_that_does_not_arrive_in_time_is_refused(dev, monkeypatch):
    monkeypatch.setattr("serving.http.service_frame.BODY_SECONDS", 0.01)
    sent = []

    async def never():
        await asyncio.sleep(3600)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/recommendations", "headers": JSON_HEADERS,
             "query_string": b"", "client": ("127.0.0.1", 5), "root_path": "", "scheme": "http"}  # fmt: skip
    asyncio.run(dev.app(scope, never, send))
    assert sent[0]["status"] == 408


def test_a_caller_without_an_address_is_not_on_this_machine(dev):
    assert raw(dev.app, JSON_HEADERS, [BODY], client=None)[0]["status"] == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": ""},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json", "content-encoding": "gzip"},
        {"content-type": "application/json", "content-encoding": "identity"},
        {"content-type": "multipart/form-data"},
    ],
)
def test_only_plain_json_is_taken(dev, headers):
    assert dev.post(BODY, headers).status_code == 415


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"']
)
def test_json_in_utf_8_is_taken_however_it_is_spelt(dev, kind):
    assert dev.post(BODY, {"content-type": kind}).status_code == 200


def test_what_is_not_there_and_what_is_not_offered_are_problem_documents(dev):
    for method, path, status in (("GET", "/nope", 404), ("GET", "/v1/recommendations", 405), ("GET", "/docs/x", 404),
                                 ("POST", "/v1/recommendations/", 404), ("POST", "/healthz", 405)):  # fmt: skip
        answer = dev(method, path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"
    assert dev("GET", "/v1/recommendations").headers["allow"] == "POST"


def test_every_answer_carries_the_security_headers(dev, guarded):
    answers = [dev("GET", "/healthz"), dev.post(BODY), dev.post(b"{"), dev("GET", "/nope"), guarded.post(BODY)]
    for answer in answers:
        assert {name: answer.headers[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
        assert answer.headers["cache-control"] == "no-store"
        assert "server" not in answer.headers


class Broken(FakeHandler):
    def recommend(self, request, _citizen, _now):
        raise RuntimeError(f"cannot handle {request.facts}")


def test_a_failure_here_tells_the_caller_nothing_and_the_log_no_values(caller_of, caplog):
    call = caller_of(create_app(Broken(), Authentication(dev=True), lambda: NOW))
    with caplog.at_level(logging.DEBUG):
        answer = call.post(b'{"facts": {"sex": "canary"}, "citizen": "c-canary"}')
    assert answer.status_code == 500
    assert answer.json() == problem_documents.document(problem_documents.FAILED, answer.json()["detail"])
    assert "RuntimeError in recommend (test_app.py" in caplog.text
    assert "canary" not in caplog.text + answer.text


def test_a_failure_after_the_answer_began_is_not_answered_twice(answers):
    app = create_app(answers, Authentication(dev=True), lambda: NOW)

    @app.get("/half")
    async def half():
        async def parts():
            yield b"one"
            raise RuntimeError

        from starlette.responses import StreamingResponse

        return StreamingResponse(parts())

    sent = []

    async def receive():
        await asyncio.sleep(3600)

    async def send(message):
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/half", "headers": [], "query_string": b"", "root_path": "",
             "client": ("127.0.0.1", 5), "scheme": "http", "http_version": "1.1"}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    assert sent.count("http.response.start") == 1


def test_the_log_names_the_route_and_never_what_was_asked(dev, caplog):
    with caplog.at_level(logging.INFO, logger="proffer.serving"):
        dev.post(b'{"facts": {"sex": "canary"}}')
        dev("GET", "/citizens/canary?name=canary")
        dev("BREW", "/healthz")
    lines = [record.getMessage().rsplit(" ", 2)[0] for record in caplog.records]
    assert lines == ["POST /v1/recommendations 200", "GET (no route) 404", "OTHER /healthz 405"]


def test_when_too_many_wait_the_next_is_told_to_come_back():
    gate = threading.Event()
    work = WorkerPool(at_work=1, waiting=1)

    async def crowd():
        first = [asyncio.create_task(work.run(gate.wait)) for _ in range(2)]
        await asyncio.sleep(0.05)
        with pytest.raises(RefusedError) as refusal:
            await work.run(gate.wait)
        gate.set()
        await asyncio.gather(*first)
        return refusal.value, await work.run(lambda: "free again")

    refusal, after = asyncio.run(crowd())
    assert (refusal.kind.status, refusal.headers["Retry-After"], after) == (503, "1", "free again")


class Slow(FakeHandler):
    def __init__(self):
        super().__init__()
        self.gate = threading.Event()

    def recommend(self, request, citizen, now):
        self.gate.wait(10)
        return super().recommend(request, citizen, now)


def test_health_answers_while_every_worker_is_busy():
    answers = Slow()
    app = create_app(answers, Authentication(dev=True), lambda: NOW)

    async def busy():
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 5))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            calls = [client.post("/v1/recommendations", json={"facts": {}}) for _ in range(10)]
            tasks = [asyncio.create_task(call) for call in calls]
            await asyncio.sleep(0.05)
            health = await client.get("/healthz")
            waiting = sum(not task.done() for task in tasks)
            answers.gate.set()
            return health.status_code, waiting, [answer.status_code for answer in await asyncio.gather(*tasks)]

    assert asyncio.run(busy()) == (200, 10, [200] * 10)


def test_loopback_is_recognised_in_every_spelling_and_nothing_else_is():
    assert all(map(is_loopback, ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "")))


def test_the_committed_openapi_document_is_the_one_the_app_produces():
    committed = json.loads((Path(__file__).parents[3] / "docs" / "openapi.json").read_text(encoding="utf-8"))
    assert committed == PUBLISHED, "run: python -m serving.http.openapi > docs/openapi.json"


def test_every_route_is_in_the_openapi_document_and_refuses_as_documented(dev):
    document = PUBLISHED
    assert document["openapi"].startswith("3.1")
    told = set(document["paths"])
    served = {route.path_format for route in dev.app.routes if getattr(route, "include_in_schema", False)}
    offered = {"/v1/privacy/status", "/v1/privacy/spends", "/v1/privacy/registry", "/v1/reach"}
    assert (
        told - offered  # they stand where what they read is given
        == served
        >= {"/healthz", "/readyz", "/v1/events", "/v1/recommendations", CITIZEN, *LOOKED_UP}
    )
    for path in ("/v1/events", "/v1/recommendations"):
        responses = document["paths"][path]["post"]["responses"]
        assert {"200", "400", "401", "403", "408", "413", "415", "422", "429", "500", "503"} == set(responses)
    names = [route["operationId"] for path in document["paths"].values() for route in path.values()]
    assert len(set(names)) == len(names)


def test_every_reference_of_the_openapi_document_leads_somewhere_and_every_schema_is_one():
    document = PUBLISHED
    jsonschema.Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})
    waiting, schemas = [document], 0
    while waiting:
        inside = waiting.pop()
        if isinstance(inside, dict):
            if isinstance(inside.get("$ref"), str):
                found = document
                for part in inside["$ref"].removeprefix("#/").split("/"):
                    found = found[part]
            if isinstance(inside.get("schema"), dict):
                jsonschema.Draft202012Validator.check_schema(inside["schema"])
                schemas += 1
            waiting += inside.values()
        elif isinstance(inside, list):
            waiting += inside
    assert schemas > 20
