from __future__ import annotations

import json
from typing import get_args

import jsonschema
import pytest

from features.problem import Rejected
from recommender.rules.programme import KINDS
from serving.http.wire import Kind

MOTHER = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]}


def event(number, type_, data=None, **more):
    base = {"specversion": "1.0", "id": str(number), "source": "registry", "subject": "c1", "type": type_}
    times = {"time": "2026-10-01T03:00:00Z", "recordedtime": "2026-10-02T03:00:00Z"}
    return {**base, **times, "data": data or {}, **more}


EVENTS = [
    event(1, "fact.stated", {"birth_date": "1993-04-02", "sex": "female"}),
    event(2, "life.child_born", {"about": [{"person": "c1", "role": "parent"}, {"person": "k1", "role": "child"}]}),
    event(3, "life.moved", {"region": "11440"}),
    event(4, "benefit.granted", {"programme": "t.women"}),
]


def ask(caller, **body):
    answer = caller.post(json.dumps(body).encode())
    assert answer.status_code == 200, answer.text
    return answer.json()


def pointers(caller, **body):
    answer = caller.post(json.dumps(body).encode())
    assert answer.status_code == 422
    return [error["pointer"] for error in answer.json()["errors"]]


def ids(found):
    return [one["programme"] for one in found["recommendations"]]


@pytest.fixture(scope="module")
def schema(real_caller):
    document = real_caller("GET", "/v1/openapi.json").json()
    for one in document["components"]["schemas"].values():  # replies are open to new fields; here each must be told
        one.setdefault("additionalProperties", False)
    answers = document["paths"]["/v1/recommendations"]["post"]["responses"]["200"]["content"]
    return {**answers["application/json"]["schema"], "components": document["components"]}


@pytest.mark.parametrize("body", [{"facts": MOTHER}, {"facts": {}}, {"events": EVENTS}, {"facts": MOTHER, "k": 1}])
def test_an_answer_is_as_the_openapi_document_says(real_caller, schema, body):
    jsonschema.validate(ask(real_caller, **body), schema)


def test_facts_are_answered_with_ranked_reasons(real_caller):
    found = ask(real_caller, facts=MOTHER, as_of="2026-10-31")
    assert found["as_of"] == "2026-10-31"
    assert {"t.baby", "t.seoul", "t.women"} <= set(ids(found))
    assert found["total"] == len(found["recommendations"])
    assert [one["programme"] for one in found["closed"]] == ["t.gone"]
    baby = found["recommendations"][ids(found).index("t.baby")]
    assert (baby["answer"], baby["window"]["closes"]) == ("yes", "2028-10-02")  # two years end on a Saturday
    assert found["ask_next"]


def test_what_was_not_answered_is_not_asked_again_beside_or_among_the_facts(real_caller):
    first = ask(real_caller, facts=MOTHER)["ask_next"][0]["fact"]
    bodies = [{"facts": MOTHER, key: [first]} for key in ("asked", "declined")]
    for body in (*bodies, {"facts": MOTHER | {"asked": [first]}}):
        assert first not in [one["fact"] for one in ask(real_caller, **body)["ask_next"]]
    of_events = ask(real_caller, events=EVENTS)["ask_next"]
    fewer = ask(real_caller, events=EVENTS, declined=[one["fact"] for one in of_events])["ask_next"]
    assert {one["fact"] for one in fewer}.isdisjoint(one["fact"] for one in of_events)


def test_what_cannot_be_asked_for_is_pointed_at(real_caller):
    assert pointers(real_caller, facts={}, asked=["canary"]) == ["/asked"]
    assert pointers(real_caller, facts={"declined": ["canary"]}) == ["/facts/declined"]


def test_today_is_the_day_it_is_in_the_declared_zone(real_caller):
    assert ask(real_caller, facts={})["as_of"] == "2026-11-01"


def test_events_are_answered_as_facts_are(real_caller):
    found = ask(real_caller, events=EVENTS, citizen="c1")
    assert {"t.baby", "t.seoul"} <= set(ids(found))
    assert [one["programme"] for one in found["already"]] == ["t.women"]
    assert {bundle["event"] for bundle in found["bundles"]} == {"life.child_born", "life.moved"}
    born = next(bundle for bundle in found["bundles"] if bundle["event"] == "life.child_born")
    assert (born["on"], born["programmes"]) == ("2026-10-01", ["t.baby"])


def test_the_order_and_repetition_of_events_change_nothing(real_caller):
    assert ask(real_caller, events=EVENTS) == ask(real_caller, events=[*reversed(EVENTS), EVENTS[0]])


def test_the_only_subject_of_the_events_is_meant_when_nobody_is_named(real_caller):
    assert ask(real_caller, events=EVENTS) == ask(real_caller, events=EVENTS, citizen="c1")
    assert pointers(real_caller, events=EVENTS, citizen="c9") == ["/events"]
    assert pointers(real_caller, events=[*EVENTS, event(9, "life.moved", subject="c2")]) == ["/events"]


def test_a_day_before_every_event_is_refused_by_name(real_caller):
    assert pointers(real_caller, events=EVENTS, as_of="2020-01-01") == ["/as_of"]


def test_the_service_takes_the_kinds_of_applicant_that_rules_know():
    assert get_args(Kind) == KINDS


def test_who_asks_may_stand_beside_or_among_the_facts(real_caller):
    assert ask(real_caller, facts={"applicant": "organisation"})["total"] == 0
    assert ask(real_caller, facts={}, applicant=["organisation"])["total"] == 0
    assert ask(real_caller, facts={}, applicant=["organisation", "citizen"]) == ask(real_caller, facts={})
    assert pointers(real_caller, facts={"applicant": 5}) == ["/facts/applicant"]
    assert pointers(real_caller, facts={"applicant": "citizen"}, applicant="citizen") == ["/applicant"]


def test_everything_that_is_wrong_is_pointed_at_at_once(real_caller):
    wrong = {"income_percent": -5, "sex": "canary", "birth_date": "2999-01-01", "age": 5, "canary": 1,
             "children": ["canary"], "pregnant": "no", "region": "canary", "receives.canary": 5}  # fmt: skip
    answer = real_caller.post(json.dumps({"facts": wrong}).encode())
    assert answer.json()["errors"].count({"pointer": "/facts", "detail": "only facts that are declared"}) == 1
    told = {error["pointer"]: error["detail"] for error in answer.json()["errors"] if "only" not in error["detail"]}
    assert told["/facts/income_percent"] == "a whole number from 0 to 10000 percent of median income"
    assert told["/facts/sex"] == "one of male, female"
    assert told["/facts/birth_date"].endswith("not in the future")
    assert told["/facts/age"] == "computed, not stated: state birth_date"
    assert told["/facts/children"].startswith("a list of days")
    assert (told["/facts/pregnant"], told["/facts"]) == ("true or false", "receives.<programme>: true or false")
    assert "/facts/region" in told
    assert "canary" not in answer.text


def test_what_is_wrong_with_an_event_is_pointed_at_by_its_place(real_caller):
    wrong = [EVENTS[0], event(2, "life.canary"), event(3, "life.moved", time="canary"), {"id": "canary"}, {}]
    found = pointers(real_caller, events=wrong, citizen="c1")
    assert {"/events/1/type", "/events/2/time", "/events/3/subject", "/events/4/id"} <= set(found)
    assert len(found) <= 20


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"events": EVENTS, "citizen": "bob"}, "at least one event about the citizen who is asked for"),
        ({"events": [], "citizen": "c1"}, "at least one event"),
        (
            {"events": [EVENTS[2], event(3, "life.moved", {"region": "26110"})]},
            "each source and id once, or each time with the same content",
        ),
    ],
)
def test_what_is_wrong_with_the_events_as_a_whole_is_said(real_caller, body, expected):
    answer = real_caller.post(json.dumps(body).encode())
    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"pointer": "/events", "detail": expected}]


def test_a_day_outside_the_calendar_is_refused(real_caller):
    for day in ("2026-02-30", "0000-01-01", "9999-12-31", "1899-12-31"):
        assert pointers(real_caller, facts={}, as_of=day) == ["/as_of"]


def test_the_rules_of_only_a_few_days_are_kept(real_engine):
    from datetime import date

    first = real_engine.compiled(date(2026, 1, 1))
    assert real_engine.compiled(date(2026, 1, 1)) is first
    for day in range(2, 9):
        real_engine.compiled(date(2026, 1, day))
    assert len(real_engine._compiled) <= 4
    assert real_engine.compiled(date(2026, 1, 1)) is not first


def test_the_engine_itself_says_what_is_wrong_in_full(real_engine):
    from datetime import date

    with pytest.raises(Rejected, match="income_percent"):
        real_engine.from_facts({"income_percent": -5}, ["citizen"], date(2026, 10, 31))
