"""Rights over HTTP: consents from the next request on, feedback through the one door of events, erasure for good."""

from __future__ import annotations

import pytest

from composition.purpose_terms import consent_terms
from features.log.event_parser import parse_event
from serving.http import tokens
from serving.http.handler import RecommendationHandler
from tests.serving.http.citizens_calls import NOW, calls_of, home_with, stated

FACTS = {"sex": "female", "birth_date": "1993-04-02", "region": "11440", "pregnant": True}
CLERK = (tokens.READ, tokens.RIGHTS, tokens.ACT_AS, tokens.WRITE)


@pytest.fixture
def home(tmp_path, real_engine):
    return home_with(tmp_path, real_engine, *(stated(name, FACTS) for name in ("ann", "eve")))


@pytest.fixture
def call(real_engine, caller_of, home):
    return calls_of(caller_of, RecommendationHandler(real_engine, **consent_terms(real_engine.declaration)), home)


def recommended(call):
    return call("GET", "/v1/citizens/ann/recommendations?k=100").json()


def live(answer):
    return {one["purpose"]: one["live"] for one in answer.json()["purposes"]}


ROUTES = [
    ("GET", "/v1/citizens/{}/consents", None),
    ("PUT", "/v1/citizens/{}/consents", {"purpose": "health", "given": False}),
    ("DELETE", "/v1/citizens/{}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_only_the_person_and_who_may_act_for_her_exercise_her_rights(call, method, path, body):
    refused = {
        "another citizen": (call(method, path.format("ann"), body, "eve"), 404),
        "nobody": (call(method, path.format("nobody"), body, "eve"), 404),
        "no token": (call(method, path.format("ann"), body, None), 401),
        "an expired token": (call(method, path.format("ann"), body, at=NOW - 7200), 401),
        "another scope": (call(method, path.format("ann"), body, scopes=(tokens.WRITE,)), 403),
        "unknown to the clerk too": (call(method, path.format("nobody"), body, "clerk", CLERK), 404),
    }
    assert {name: answer.status_code for name, (answer, _) in refused.items()} == {
        name: status for name, (_, status) in refused.items()
    }
    assert refused["another citizen"][0].content == refused["nobody"][0].content
    assert call(method, path.format("ann"), body).status_code == 200
    assert call(method, path.format("eve"), body, "clerk", CLERK).status_code == 200


def test_a_withdrawal_takes_effect_at_the_next_request_and_consent_restores_it(call):
    before = recommended(call)
    names = {one["programme"] for one in before["recommendations"]}
    answers = {one["programme"]: one["answer"] for one in before["recommendations"]}
    assert answers["t.pregnant"] == "yes"
    assert "not_read" not in before
    assert live(call("PUT", "/v1/citizens/ann/consents", {"purpose": "health", "given": False}))["health"] is False
    after = recommended(call)
    assert after["not_read"] == ["health"]
    assert after["decision_id"] != before["decision_id"]
    answers = {one["programme"]: one["answer"] for one in after["recommendations"]}
    assert answers["t.pregnant"] == "unknown"
    assert set(answers) == names
    assert live(call("PUT", "/v1/citizens/ann/consents", {"purpose": "health", "given": True}))["health"] is False
    of_facts = {"eligibility": True, "ranking": True, "health": False, "offers": False}
    told = live(call("GET", "/v1/citizens/ann/consents"))
    assert {name: told[name] for name in of_facts} == of_facts


def test_a_consent_for_a_purpose_with_an_odd_name_is_refused_and_nothing_is_repeated(call):
    answer = call("PUT", "/v1/citizens/ann/consents", {"purpose": "ca nary", "given": True})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/purpose")
    assert "nary" not in answer.text


def stated_on(call, purpose, given=True):
    return call("PUT", "/v1/citizens/ann/consents", {"purpose": purpose, "given": given})


def test_channels_and_what_was_chosen_for_them_are_listed_and_taken(call):
    told = call("GET", "/v1/citizens/ann/consents").json()["purposes"]
    rows = {one["purpose"]: one for one in told}
    notice = rows["tailored-notice"]
    assert (notice["needs"], notice["live"], notice["title"]["en"]) == (
        "application", False, "Tailored notice of benefits",
    )  # fmt: skip
    letter = rows["tailored-notice:letter"]
    assert (letter["channel"], letter["live"], "tailored-notice:letter:sensitive" in rows) == ("letter", False, False)
    assert live(stated_on(call, "tailored-notice"))["tailored-notice:app"] is True
    assert live(stated_on(call, "tailored-notice:letter"))["tailored-notice:letter"] is True
    told = stated_on(call, "tailored-notice:app:t.baby").json()["purposes"]
    chosen = next(one for one in told if one["purpose"] == "tailored-notice:app:t.baby")
    assert (chosen["live"], chosen["channel"], chosen["programme"]) == (True, "app", "t.baby")
    after = live(stated_on(call, "tailored-notice", given=False))
    assert [name for name, holds in after.items() if name.startswith("tailored-notice") and holds] == []


@pytest.mark.parametrize(
    "purpose",
    ["helth", "tailored-notice:pigeon", "tailored-notice:letter:t.baby", "tailored-notice:app:t.canary", "app"],
)
def test_a_purpose_that_nothing_declares_is_refused_with_those_that_are_and_nothing_is_written(call, home, purpose):
    answer = stated_on(call, purpose)
    assert answer.status_code == 422
    (item,) = answer.json()["errors"]
    assert item["pointer"] == "/purpose"
    assert "eligibility, ranking, health, offers, casework, tailored-notice, tailored-notice:app" in item["detail"]
    assert "tailored-notice:app:<programme>" in item["detail"]
    assert not any(word in answer.text for word in ("helth", "pigeon", "canary"))
    assert stated_on(call, purpose, given=False).status_code == 422
    with home.log() as log:
        assert [one.type for one in log.events(["ann"])] == ["fact.stated"]


def test_what_a_register_stated_on_another_purpose_is_listed_and_can_be_withdrawn(call, home, real_engine):
    one = {**stated("ann", {}), "id": "c", "type": "consent.given", "data": {"purpose": "older-study"}}
    with home.log_to_write() as log:
        log.append([parse_event(one, real_engine.declaration, now=NOW)])
    assert live(call("GET", "/v1/citizens/ann/consents"))["older-study"] is True
    assert live(stated_on(call, "older-study", given=False))["older-study"] is False
    assert stated_on(call, "older-study").status_code == 422


def test_feedback_becomes_events_of_the_log(call, home):
    items = [
        {"kind": "shown", "programme": "t.baby", "position": 1, "channel": "app", "propensity": 333_333},
        {"kind": "rated", "programme": "t.baby", "stars": 5},
        {"kind": "declined", "programme": "t.women", "id": "d1", "time": "2026-10-31T00:00:00Z"},
    ]
    answer = call("POST", "/v1/feedback", {"items": items})
    assert [one["outcome"] for one in answer.json()["results"]] == ["accepted"] * 3
    again = call("POST", "/v1/feedback", {"items": items[2:]})
    assert [one["outcome"] for one in again.json()["results"]] == ["duplicate"]
    with home.log() as log:
        kept = [(one.type, dict(one.data)) for one in log.events(["ann"]) if one.type.startswith("benefit.")]
    assert kept == [
        ("benefit.shown", {"programme": "t.baby", "position": 1, "channel": "app", "propensity": 333_333}),
        ("benefit.rated", {"programme": "t.baby", "stars": 5}),
        ("benefit.declined", {"programme": "t.women"}),
    ]


def test_feedback_that_its_event_does_not_take_is_rejected_with_a_pointer(call):
    answer = call("POST", "/v1/feedback", {"items": [{"kind": "opened", "programme": "t.baby", "stars": 1}]})
    assert answer.json()["results"][0]["outcome"] == "rejected"
    assert call("POST", "/v1/feedback", {"items": [{"kind": "loved", "programme": "t.baby"}]}).status_code == 422
    assert call("POST", "/v1/feedback", {"items": []}).status_code == 422


def test_nobody_grants_themselves_a_benefit_or_speaks_for_another(call):
    granted = {"items": [{"kind": "granted", "programme": "t.women", "amount": 5}]}
    assert call("POST", "/v1/feedback", granted).status_code == 403
    assert call("POST", "/v1/feedback", {**granted, "citizen": "ann"}, "clerk", CLERK).status_code == 200
    assert "t.women" in {one["programme"] for one in recommended(call)["already"]}
    opened = {"citizen": "ann", "items": [{"kind": "opened", "programme": "t.women"}]}
    assert call("POST", "/v1/feedback", opened, "eve").status_code == 403


def test_whoever_is_erased_while_an_answer_is_worked_out_does_not_come_back_by_its_record(call, home, monkeypatch):
    decide = RecommendationHandler.decide

    def erasing(handler, *asked):
        found = decide(handler, *asked)
        home.erase("ann")
        return found

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(RecommendationHandler, "decide", erasing)
        answer = call("GET", "/v1/citizens/ann/recommendations")
    again = call("GET", "/v1/citizens/ann/recommendations")
    assert (answer.status_code, answer.json()["detail"]) == (404, again.json()["detail"])
    assert not home.knows("ann")


def test_an_erased_person_is_gone_for_everybody_and_stays_away(call, home):
    decided = recommended(call)["decision_id"]
    done = call("DELETE", "/v1/citizens/ann").json()
    assert done == {"events": 1, "records": {"decisions": 1}}
    assert call("GET", "/v1/citizens/ann/recommendations").status_code == 404
    assert call("GET", f"/v1/decisions/{decided}").status_code == 404
    assert call("DELETE", "/v1/citizens/ann").status_code == 404
    answer = call("POST", "/v1/feedback", {"items": [{"kind": "opened", "programme": "t.women"}]})
    assert answer.json()["results"][0]["problems"][0]["pointer"] == "/subject"
    assert b"ann" not in (home.path / "events.db").read_bytes().replace(b"channel", b"").replace(b"planned", b"")
