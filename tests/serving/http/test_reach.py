"""A draft rule is counted for agencies: by province, region and group, as everybody judged one by one would be."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from recommender.reach.census import ExactCensus
from recommender.reach.reach_population import populated
from serving.http import problem_documents as problems
from serving.http import reach_desk, tokens
from serving.http.access import Authentication
from serving.http.problem_documents import RefusedError
from serving.http.reach_desk import ReachDesk
from serving.http.reach_routes import LARGEST_RULE, add_reach
from serving.http.reach_wire import ReachOut
from serving.http.service_frame import Lifecycle, framed
from tests.recommender.catalogues import DAY, DECLARATION
from tests.recommender.reach.test_rule_reach import GROUPS, snapshots

NOW = 1_793_500_000
KEY = tokens.new_dev_key()
OLD = {"fact": "age", "at_least": 65}
PEOPLE = (
    [{"region": 11440, "age": 70}] * 30 + [{"region": 11440, "age": 30}] * 20 + [{"region": 11110, "age": 80}] * 3
    + [{"region": 11110, "age": 40}] * 40 + [{"region": 26110, "age": 66}] * 25 + [{"age": 70}] * 12
    + [{"region": 26110}] * 15
)  # fmt: skip


def census_of(people, regions, declaration=DECLARATION):
    return ExactCensus(populated(lambda: iter([snapshots(people)]), GROUPS, declaration, regions, DAY))


def app_of(engine, census, access=None):
    access = access or Authentication((tokens.dev_verifier(KEY),))
    app = framed("Test", "", "", access, Lifecycle())
    add_reach(app, ReachDesk(lambda: engine, census), access, lambda: NOW)
    return app


@pytest.fixture(scope="module")
def census(real_engine):
    return census_of(PEOPLE, real_engine.regions)


@pytest.fixture
def ask(caller_of, real_engine, census):
    call = caller_of(app_of(real_engine, lambda: census))

    def asked(body, scope=tokens.REACH):
        token = tokens.dev_token(KEY, NOW, "town", frozenset([scope]))
        text = body if isinstance(body, str) else json.dumps(body)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        return call("POST", "/v1/reach", headers=headers, content=text)

    return asked


def test_everybody_is_counted_by_region_and_group_and_small_counts_are_left_out(ask):
    answer = ask({"rule": OLD})
    assert answer.status_code == 200
    told = answer.json()
    ReachOut.model_validate(told)
    assert (told["population"], told["people"], told["as_of"]) == ("synthetic", len(PEOPLE), "2026-10-31")
    assert told["total"] == {"people": 145, "yes": 70, "likely": 0, "depends": 15, "no": 60}
    rows = {one["region"]: (one["yes"], one["depends"], one["no"]) for one in told["regions"]}
    assert rows["11440"] == (30, 0, 20)
    assert rows["26110"] == (25, 15, 0)
    assert rows["11110"] == (None, None, None)  # three people
    assert rows[None] == (None, None, None)  # who would tell the three, with everybody
    assert {one["group"]: one["yes"] for one in told["groups"]} == {"older": 70, "farming": 0}
    assert "provinces" not in told


def test_provinces_are_the_largest_regions(ask):
    told = ask({"rule": {"who": OLD}, "by": ["province"]}).json()
    assert {one["region"]: one["yes"] for one in told["provinces"]} == {"11": 33, "26": 25, None: 12}
    assert "regions" not in told


def test_a_whole_programme_is_counted_and_doubts_about_it_are_said(ask, real_engine):
    document = {**real_engine.catalogue.by_id["t.women"].to_document(), "valid": {"from": "2030-01-01"}}
    told = ask({"rule": document}).json()
    assert told["rule"] == "t.women"
    assert any("not in force" in doubt for doubt in told["doubts"])


@pytest.mark.parametrize(
    ("rule", "pointer", "expected"),
    [
        ({"fact": "canary", "at_least": 3}, "/rule/who/fact", "a fact that is declared"),
        ({"who": {"all": [OLD, {"fact": "canary", "is": True}]}}, "/rule/who/all/1/fact", "a fact that is declared"),
        ({"who": {"citizen": {"any": [{"fact": "age", "below": "canary"}]}}}, "/rule/who/citizen/any/0/below", ""),
        ({"who": OLD, "canary": 1}, "/rule", "names that are declared"),
        ({"fact": "receives.kr.canary", "is": True}, "/rule", "everything that a rule needs"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_pointed_at_and_nothing_of_it_is_repeated(ask, rule, pointer, expected):
    answer = ask({"rule": rule})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    (item,) = answer.json()["errors"]
    assert (item["pointer"], item["detail"].startswith(expected)) == (pointer, True)
    assert "canary" not in answer.text


@pytest.mark.parametrize("body", [{}, {"rule": {}}, {"rule": []}, {"rule": OLD, "by": ["hour"]}, {"rule": OLD, "x": 1}])
def test_a_request_of_another_form_is_refused(ask, body):
    assert ask(body).status_code == 422


def test_only_agencies_ask_and_not_for_more_than_a_rule(ask):
    assert ask({"rule": OLD}, tokens.READ).status_code == 403
    assert ask(json.dumps({"rule": OLD}) + " " * LARGEST_RULE).status_code == 413


def test_a_rule_that_tells_people_apart_in_too_many_ways_is_refused(real_engine, monkeypatch):
    facts = ("farmer", "worker", "disabled", "veteran", "pregnant")
    monkeypatch.setattr("recommender.reach.rule_reach._PATTERNS", 4)
    ways = [{fact: place >> at & 1 for at, fact in enumerate(facts)} for place in range(32)]
    desk = ReachDesk(lambda: real_engine, lambda: replace(census_of(ways, real_engine.regions), most=4))
    rule = {"all": [{"no_data": "x"}, {"any": [{"fact": fact, "is": True} for fact in facts]}]}
    with pytest.raises(RefusedError) as refusal:
        desk.count(rule, ())
    assert refusal.value.items[0].pointer == "/rule"
    assert refusal.value.items[0].detail == reach_desk._EXPECTED["range"]
