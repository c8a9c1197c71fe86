"""Calls made of the OpenAPI document, as it allows and as it does not: no route fails, each answers as documented."""

from __future__ import annotations

import copy
import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.ledger_reading import LedgerAnswers
from composition.workspace import Workspace
from serving.http import openapi, tokens
from serving.http.access import Authentication
from serving.http.app import SCOPES_HERE
from serving.http.privacy_routes import add_privacy
from serving.http.reach_desk import ReachDesk
from serving.http.reach_routes import add_reach
from tests.examples import examples
from tests.privacy.ledgers import ledger
from tests.serving.conftest import Caller
from tests.serving.http.test_offers import KEY, Town
from tests.serving.http.test_reach import census_of

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: make setup brings it")
checks = schemathesis.checks
DOCUMENT: Final = json.loads(openapi.document())
CALLS: Final = [
    (f"{method.upper()} {path}", media)
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    for media in told.get("requestBody", {}).get("content", {None: None})
]
ROUTES: Final = sorted({route for route, _ in CALLS})
HELD: Final = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
SCOPES: Final = frozenset(SCOPES_HERE)
ELSEWHERE: Final = {"GET /v1/privacy/registry"}
"""Routes that answer 200 only with a query of their own, tried where their ledger is."""

pytestmark = pytest.mark.slow


def open_document():
    """The document without its tokens: who calls is not what is tried here, and each call brings a good one."""
    document = copy.deepcopy(DOCUMENT)
    del document["components"]["securitySchemes"]
    for methods in document["paths"].values():
        for told in methods.values():
            told.pop("security", None)
    return document


OPEN: Final = schemathesis.openapi.from_dict(open_document())


def told_of(route):
    method, path = route.split(" ")
    return OPEN[path][method]


ALLOWED: Final = [(route, "POSITIVE") for route in ROUTES]
FORBIDDEN: Final = [(route, "NEGATIVE") for route in ROUTES if told_of(route).body or told_of(route).query]


@pytest.fixture(scope="module")
def service(tmp_path_factory, real_engine):
    """The whole service over a home in which things happened, with a ledger, and what its paths can name."""
    home = Workspace(tmp_path_factory.mktemp("town") / "home", patience=0)
    town = Town(real_engine, Caller, home)
    for name in ("ann", "eve", "gone"):
        town.settle(name)
    ledger(home.path / "ledger", "3")
    access = Authentication((tokens.dev_verifier(KEY),))
    add_privacy(town.caller.app, LedgerAnswers(home.path, lambda: town.now), access, lambda: town.now)
    desk = ReachDesk(lambda: real_engine, lambda: census_of([{"age": 70}] * 30, real_engine.regions))
    add_reach(town.caller.app, desk, access, lambda: town.now)

    def told(path, **what):
        return town.call(path, scopes=SCOPES, **what).json()

    claim = told("/v1/citizens/eve/claims", method="POST", body={"facts": {"region": "11440"}})
    town.named = {
        "citizen": ["ann", "eve", "nobody"],
        "decision_id": [told("/v1/citizens/ann/recommendations")["decision_id"], "0" * 64],
        "offer": [*(one["id"] for one in told("/v1/citizens/ann/offers")["offers"]), "0" * 64],
        "programme": ["t.baby", "t.none"],
        "request_id": [claim["id"], "0" * 64],
    }
    return town


def named_in(service, route):
    """What a route's path may name, by its placeholder; whoever is erased is not asked about again."""
    names = {**service.named, "citizen": ["gone", "nobody"]} if route.startswith("DELETE") else service.named
    return {name: values for name, values in names.items() if f"{{{name}}}" in route}


def authorised(service):
    return {"Authorization": f"Bearer {tokens.dev_token(KEY, service.now, 'ann', SCOPES)}"}


@pytest.mark.parametrize(("route", "media"), [one for one in CALLS if one[0] not in ELSEWHERE])
def test_the_example_of_a_route_is_answered(service, route, media):
    method, path = route.split(" ")
    example = DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {}).get(media, {})
    content = {} if media is None else {"content": json.dumps(example["example"]).encode()}
    headers = {**authorised(service), **({} if media is None else {"content-type": media})}
    places = {name: values[-2 if path.endswith("decline") and name == "offer" else 0]
              for name, values in named_in(service, route).items()}  # fmt: skip
    answer = service.caller(method, path.format(**places), headers, **content)
    assert answer.status_code == 200, answer.text
    told_of(route).validate_response(answer)


def places_in(service, route):
    return {name: values[0] for name, values in named_in(service, route).items()}


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("GET") and route not in ELSEWHERE])
def test_the_head_alone_of_what_is_read_says_what_the_whole_does(service, route):
    path = route.split(" ")[1].format(**places_in(service, route))
    whole, head = (service.caller(method, path, authorised(service)) for method in ("GET", "HEAD"))
    assert (whole.status_code, head.status_code, head.content) == (200, 200, b"")
    own = {"x-request-id"}
    assert {name: value for name, value in head.headers.items() if name not in own} == {
        name: value for name, value in whole.headers.items() if name not in own
    }


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_person_of_the_log_is_told_in_the_language_asked_for(service, language):
    headers = {**authorised(service), "accept-language": language}
    answer = service.caller("GET", "/v1/citizens/ann/recommendations", headers)
    assert (answer.status_code, answer.headers["content-language"]) == (200, language)
    assert {tuple(one["title"]) for one in answer.json()["recommendations"]} == {(language,)}
    told_of("GET /v1/citizens/{citizen}/recommendations").validate_response(answer)


@pytest.mark.parametrize(("route", "mode"), [*ALLOWED, *FORBIDDEN])
def test_a_route_answers_whatever_is_sent_as_its_document_says(service, route, mode):
    made = told_of(route).as_strategy(generation_mode=schemathesis.GenerationMode[mode])
    choices = {name: st.sampled_from(values) for name, values in named_in(service, route).items()}

    @examples(10)
    @given(made, st.fixed_dictionaries(choices) | st.none())
    def holds(case, named):
        if named is not None:
            case.path_parameters = {**case.path_parameters, **named}
        answer = case.call(app=service.caller.app, headers=authorised(service), base_url="http://service")
        assert answer.status_code != 401, answer.text
        case.validate_response(answer, checks=HELD)

    holds()


def test_an_answer_that_its_document_does_not_tell_is_seen(service):
    document = open_document()
    document["components"]["schemas"]["ProgrammesOut"]["properties"]["catalogue"] = {"type": "integer"}
    answer = service.caller("GET", "/v1/programmes", authorised(service))
    told_of("GET /v1/programmes").validate_response(answer)
    with pytest.raises(schemathesis.openapi.checks.JsonSchemaError, match="not of type"):
        schemathesis.openapi.from_dict(document)["/v1/programmes"]["GET"].validate_response(answer)
