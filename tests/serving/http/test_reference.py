"""Programmes, facts and event types to look up: page by page, by tag, and as JSON Schema that says what is accepted."""

from __future__ import annotations

import jsonschema
import pytest

from features.log.event_parser import parse_event
from features.log.statement import accepts_fact
from features.problem import Rejected
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from tests.serving.http.test_events import event

NOW = 1_793_500_000  # 1 November 2026 in Seoul
KEY = tokens.new_dev_key()
TODAY = 20_758
VALUES = [True, False, None, 0, 1, -5, 72, 10**12, 72.5, "", "male", "11440", "26", "x y", "2020-02-29", "20200229",
          "yes", [], ["2020-02-29"], ["2020"], {}, [1], {"members": []}, {"members": [{"relation": "child"}]},
          {"members": [{"relation": "cousin"}]}, {"complete": "yes"}, {"complete": True, "members": []}]  # fmt: skip


def test_every_programme_is_on_exactly_one_page(real_caller, real_engine):
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = real_caller("GET", f"/v1/programmes?limit=3&cursor={cursor}").json()
        assert (page["total"], page["catalogue"]) == (len(real_engine.catalogue), real_engine.catalogue.hash)
        found += [one["id"] for one in page["programmes"]]
        cursor, pages = page["next"], pages + 1
    assert found == [one.id for one in real_engine.catalogue.programmes]
    assert pages == 3
    assert real_caller("GET", "/v1/programmes").json()["next"] is None


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("limit=0", "/limit"), ("limit=101", "/limit"), ("limit=%D9%A1", "/limit"), ("cursor=canary!", "/cursor"),
     ("cursor=%C3%A9", "/cursor"), ("limit=1&limit=2", ""), ("canary=1", "")],
)  # fmt: skip
def test_a_page_that_there_is_not_is_told(real_caller, query, pointer):
    answer = real_caller("GET", f"/v1/programmes?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert "canary" not in answer.text


def test_a_programme_is_the_document_that_the_catalogue_holds(real_caller, real_engine):
    answer = real_caller("GET", "/v1/programmes/t.baby")
    assert answer.json() == real_engine.catalogue.by_id["t.baby"].to_document()
    assert answer.headers["proffer-catalogue"] == real_engine.catalogue.hash
    missing = real_caller("GET", "/v1/programmes/canary")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:proffer:problem:not-found")
    assert "canary" not in missing.text


@pytest.mark.parametrize("path", ["/v1/programmes", "/v1/programmes/t.baby", "/v1/facts", "/v1/events/types"])
def test_what_the_caller_has_already_is_not_sent_again(real_caller, path):
    first = real_caller("GET", path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = real_caller("GET", path, {"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert real_caller("GET", path, {"if-none-match": '"other"'}).content == first.content


def test_a_token_is_needed_to_look_up(real_engine, caller_of):
    access = Authentication((tokens.dev_verifier(KEY),))
    call = caller_of(create_app(RecommendationHandler(real_engine), access, lambda: NOW))
    for path in ("/v1/programmes", "/v1/programmes/t.baby", "/v1/facts", "/v1/events/types"):
        assert call("GET", path).status_code == 401
        token = tokens.dev_token(KEY, NOW, "ann", frozenset({tokens.WRITE}))
        assert call("GET", path, {"authorization": f"Bearer {token}"}).status_code == 403


def test_the_schema_of_facts_takes_what_the_declaration_takes(real_caller, real_engine):
    answer = real_caller("GET", "/v1/facts")
    assert answer.headers["content-type"] == "application/schema+json"
    schema, declaration = answer.json(), real_engine.declaration
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema).is_valid
    for name in [*declaration.facts, "household", "receives.t.baby", "unknown", "receives."]:
        for value in VALUES:
            taken = accepts_fact(name, value, declaration, TODAY)
            assert valid({name: value}) or not taken, (name, value)
            fact = declaration.facts.get(name)
            if fact is None or fact.kind.member.type not in ("date", "region"):
                assert valid({name: value}) == taken, (name, value)


CASES = [
    {}, {"data": {"region": 7}}, {"data": {"canary": 1}}, {"type": "life.flew"}, {"id": None}, {"subject": ""},
    {"type": "fact.stated", "data": {"sex": "female"}}, {"type": "fact.stated", "data": {"sex": "none"}},
    {"type": "life.child_born", "data": {"about": [{"person": "kid", "role": "child"}]}},
    {"type": "life.child_born", "data": {"about": [{"person": "kid", "role": "aunt"}]}},
    {"type": "event.retracted", "data": {"source": "s", "id": "9"}}, {"type": "event.retracted", "data": {"id": "9"}},
    {"type": "event.corrected", "data": {"source": "s", "id": "9"}},
    {"type": "event.corrected", "data": {"source": "s", "id": "9", "data": {"region": "26"}}},
    {"type": "benefit.granted", "data": {}}, {"type": "benefit.granted", "data": {"programme": "t.baby"}},
]  # fmt: skip


@pytest.mark.parametrize("change", CASES)
def test_the_schema_of_events_takes_what_the_parser_takes(real_caller, real_engine, change):
    schema = real_caller("GET", "/v1/events/types").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    sent = event(**change)
    try:
        parse_event(sent, real_engine.declaration, now=NOW)
        taken = True
    except Rejected:
        taken = False
    assert jsonschema.Draft202012Validator(schema).is_valid(sent) == taken
