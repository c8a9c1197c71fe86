"""Who gets what, for every route of the OpenAPI document: OWASP API1 (objects of others), API5 (their functions).

Every route that names something of somebody has a row: what its owner gets, and what another citizen does. A new route
without a row fails. Who may not read a thing gets the same 404 as where there is none.
"""

from __future__ import annotations

import json

import pytest

from composition.ledger_reading import LedgerAnswers
from composition.workspace import Workspace
from features.log.event_parser import parse_event
from serving.http import openapi, tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.privacy_routes import add_privacy
from serving.http.reach_desk import ReachDesk
from serving.http.reach_routes import add_reach
from tests.serving.http.test_citizens import ANN, NOW, document
from tests.serving.http.test_reach import census_of

KEY, ELSEWHERE = tokens.new_dev_key(), tokens.new_dev_key()
DOCUMENT = json.loads(openapi.document())
ROUTES = [
    (method.upper(), path, tuple(told["security"][0]["bearer"]), told)
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    if told.get("security")
]
OPEN = {"/healthz", "/readyz"}

HIDDEN = 404
ROWS = {
    # route: (what its owner gets, what another citizen gets)
    "GET /v1/citizens/{citizen}/recommendations": ({200}, HIDDEN),
    "GET /v1/citizens/{citizen}/acts": ({200}, HIDDEN),
    "GET /v1/decisions/{decision_id}": ({200}, HIDDEN),
    "GET /v1/decisions/{decision_id}/record": ({200}, HIDDEN),
    "GET /v1/citizens/{citizen}/decisions": ({200}, HIDDEN),
    "GET /v1/citizens/{citizen}/consents": ({200}, HIDDEN),
    "PUT /v1/citizens/{citizen}/consents": ({200, 422}, HIDDEN),
    "DELETE /v1/citizens/{citizen}": ({200, 503}, HIDDEN),
    "GET /v1/citizens/{citizen}/offers": ({200, 503}, HIDDEN),
    "POST /v1/citizens/{citizen}/offers/{offer}/decline": ({404, 503}, HIDDEN),
    "POST /v1/citizens/{citizen}/offers/{offer}/snooze": ({404, 422, 503}, HIDDEN),
    "POST /v1/citizens/{citizen}/claims": ({200, 422}, HIDDEN),
    "POST /v1/citizens/{citizen}/reviews": ({200, 422, 404}, HIDDEN),
    "GET /v1/citizens/{citizen}/requests": ({200}, HIDDEN),
    "POST /v1/requests/{request_id}/ruling": ({403}, 403),  # for offices alone
    "GET /v1/programmes/{programme}": ({200}, 200),  # of nobody
}


@pytest.fixture
def service(real_engine, caller_of, tmp_path):
    """The whole service over a log with ann and eve in it, and the paths of what is ann's."""
    home = Workspace(tmp_path / "home", patience=0)
    with home.log_to_write() as log:
        log.append([parse_event(one, real_engine.declaration, now=NOW) for one in (*ANN, document("4", "eve"))])
    access = Authentication((tokens.dev_verifier(KEY),))
    desk = LogDesk(real_engine.declaration, home)
    app = create_app(RecommendationHandler(real_engine), access, lambda: NOW, log=desk)
    add_privacy(app, LedgerAnswers(home.path, lambda: NOW), access, lambda: NOW)
    add_reach(app, ReachDesk(lambda: real_engine, lambda: census_of([{}], real_engine.regions)), access, lambda: NOW)
    call = caller_of(app)
    decision = call("GET", "/v1/citizens/ann/recommendations", bearer("ann", (tokens.READ,))).json()["decision_id"]
    call.named = {
        "citizen": "ann",
        "decision_id": decision,
        "programme": "t.baby",
        "offer": "0" * 64,
        "request_id": "1",
    }
    return call


def bearer(subject, scopes, key=KEY, now=NOW):
    return {"authorization": f"Bearer {tokens.dev_token(key, now, subject, frozenset(scopes))}"}


def asked(call, method, path, told, headers):
    content = told.get("requestBody", {}).get("content", {})
    media = next(iter(content), None)
    body = {} if media is None else {"content": json.dumps(content[media].get("example", {})).encode()}
    given = {**headers, **({} if media is None else {"content-type": media})}
    return call(method, path.format(**call.named), given, **body)


def test_every_route_that_names_something_has_a_row_and_every_row_a_route():
    assert {f"{method} {path}" for method, path, _, _ in ROUTES if "{" in path} == set(ROWS)
    assert {
        path for path, told in DOCUMENT["paths"].items() if any("security" not in one for one in told.values())
    } == OPEN


@pytest.mark.parametrize(("method", "path", "scopes", "told"), ROUTES, ids=[f"{one[0]} {one[1]}" for one in ROUTES])
def test_a_route_answers_those_who_may_and_nobody_else(service, method, path, scopes, told):
    def status(headers):
        return asked(service, method, path, told, headers).status_code

    assert scopes, "a route names the scope that it needs"
    assert status({}) == 401
    assert status(bearer("ann", scopes, now=NOW - 3_600)) == 401  # expired
    assert status(bearer("ann", scopes, key=ELSEWHERE)) == 401  # of another agency
    assert status(bearer("ann", ("openid",))) == 403
    row = ROWS.get(f"{method} {path}")
    if row is None:
        return
    owner, other = row
    alone = tuple(scope for scope in scopes if scope != tokens.ACT_AS)  # what a citizen is given
    assert status(bearer("eve", alone)) == other
    assert status(bearer("mallory", alone)) == other  # of whom nothing is known
    assert status(bearer("ann", alone)) in owner


UNDOCUMENTED = {"/docs", "/docs/{name}", "/metrics", "/v1/openapi.json", "/.well-known/oauth-protected-resource"}


def test_what_stands_beside_the_document_is_known_and_changes_nothing(service):
    beside = [one for one in service.app.routes if not getattr(one, "include_in_schema", False)]
    assert {one.path for one in beside} == UNDOCUMENTED
    assert {method for one in beside for method in one.methods} <= {"GET", "HEAD"}


def bodies_about(citizen):
    """Routes whose body, not whose path, names somebody."""
    at = "2026-01-01T00:00:00Z"
    moved = {"specversion": "1.0", "id": "9", "source": "s", "subject": citizen, "type": "life.moved", "time": at,
             "recordedtime": at, "data": {"region": "11"}}  # fmt: skip
    return {
        "facts": ("/v1/recommendations", {"facts": {}, "citizen": citizen}),
        "events": ("/v1/recommendations", {"events": [moved], "citizen": citizen}),
        "feedback": ("/v1/feedback", {"citizen": citizen, "items": [{"kind": "opened", "programme": "t.baby"}]}),
    }


@pytest.mark.parametrize("what", bodies_about(""))
def test_a_body_about_another_citizen_is_refused_whether_there_is_one_or_not(service, what):
    statuses = []
    for about in ("ann", "eve", "nobody"):
        path, body = bodies_about(about)[what]
        headers = {**bearer("ann", (tokens.READ, tokens.RIGHTS, tokens.ANSWER)), "content-type": "application/json"}
        statuses.append(service("POST", path, headers, content=json.dumps(body).encode()).status_code)
    assert statuses[0] == 200
    assert statuses[1] == statuses[2]
    assert statuses[1] in (403, 404)
