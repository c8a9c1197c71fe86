"""Claims and reviews over HTTP: a claim counts at once, a refused one no longer, and the register's word stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.http import tokens
from serving.http.handler import RecommendationHandler
from tests.serving.http.citizens_calls import NOW, calls_of, home_with, stated

FACTS = {"sex": "female", "birth_date": "1993-04-02", "region": "26"}
CLERK = (tokens.READ, tokens.RIGHTS, tokens.ACT_AS)
CLAIM = {"facts": {"region": "11440"}, "note": "I moved in May."}


@pytest.fixture
def home(tmp_path, real_engine):
    return home_with(tmp_path, real_engine, *(stated(name, FACTS) for name in ("ann", "eve")))


@pytest.fixture
def call(real_engine, caller_of, home):
    return calls_of(caller_of, RecommendationHandler(real_engine), home)


def shown(call):
    answer = call("GET", "/v1/citizens/ann/recommendations?k=100").json()
    return {one["programme"] for one in answer["recommendations"]}


def test_a_claim_counts_at_once_and_says_what_it_changes(call, home):
    assert "t.seoul" not in shown(call)
    claim = call("POST", "/v1/citizens/ann/claims", CLAIM).json()
    assert claim["effect"] == [{"programme": "t.seoul", "before": None, "after": "yes"}]
    assert (claim["state"], claim["due"] - claim["made"]) == ("open", 30 * 86_400)
    assert "t.seoul" in shown(call)
    with home.log() as log:
        kept = [(one.source, one.data.get("region")) for one in log.events(["ann"])]
    assert kept == [("registry/residents", "26"), ("proffer:claim", "11440")]


def test_a_confirmed_claim_stays_and_a_refused_one_gives_way_to_the_register(call):
    confirmed = call("POST", "/v1/citizens/ann/claims", CLAIM).json()["id"]
    ruling = {"granted": True, "note": "The address was checked."}
    assert call("POST", f"/v1/requests/{confirmed}/ruling", ruling, "clerk", CLERK).json()["state"] == "granted"
    assert "t.seoul" in shown(call)
    call.clock[0] += 100
    refused = call("POST", "/v1/citizens/ann/claims", {"facts": {"region": "41"}}).json()
    assert refused["effect"] == [{"programme": "t.seoul", "before": "yes", "after": None}]
    call.clock[0] += 100
    ruling = {"granted": False, "note": "The register says otherwise."}
    assert call("POST", f"/v1/requests/{refused['id']}/ruling", ruling, "clerk", CLERK).json()["state"] == "refused"
    assert "t.seoul" in shown(call)
    listed = call("GET", "/v1/citizens/ann/requests").json()["requests"]
    assert [one["state"] for one in listed] == ["refused", "granted"]
    assert listed[0]["note"] == "The register says otherwise."


def test_a_fact_that_cannot_be_stated_is_refused_and_nothing_is_kept(call, home):
    answer = call("POST", "/v1/citizens/ann/claims", {"facts": {"region": "canary"}})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/facts/region")
    assert "canary" not in answer.text
    assert call("GET", "/v1/citizens/ann/requests").json() == {"requests": [], "next": None}
    with home.log() as log:
        assert log.count() == 2


def test_a_review_is_due_in_30_days_and_the_office_sees_what_is_due_first(call):
    decided = call("GET", "/v1/citizens/ann/recommendations").json()["decision_id"]
    asked = {"reason": "The child lives with me.", "decision_id": decided}
    review = call("POST", "/v1/citizens/ann/reviews", asked).json()
    assert (review["decision_id"], review["late"]) == (decided, False)
    call.clock[0] += 31 * 86_400
    call("POST", "/v1/citizens/eve/reviews", {"reason": "Why?"}, "eve")
    waiting = call("GET", "/v1/requests", subject="clerk", scopes=CLERK).json()["requests"]
    assert [(one["citizen"], one["late"]) for one in waiting] == [("ann", True), ("eve", False)]
    ruling = {"granted": True, "note": "It was wrong; it is mended."}
    assert call("POST", f"/v1/requests/{review['id']}/ruling", ruling, "clerk", CLERK).json()["late"] is True
    again = call("POST", f"/v1/requests/{review['id']}/ruling", ruling, "clerk", CLERK)
    assert (again.status_code, again.json()["type"]) == (409, "urn:proffer:problem:conflict")


def test_the_decision_of_somebody_else_cannot_be_reviewed(call):
    decided = call("GET", "/v1/citizens/ann/recommendations").json()["decision_id"]
    assert call("POST", "/v1/citizens/eve/reviews", {"reason": "x", "decision_id": decided}, "eve").status_code == 404


def pages(call, path, what, limit, **who):
    """The rows of each page of a list, one page after the other."""
    found, cursor = [], ""
    while cursor is not None:
        answer = call("GET", f"{path}?limit={limit}" + (f"&cursor={cursor}" if cursor else ""), **who).json()
        found.append(answer[what])
        cursor = answer["next"]
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
def test_lists_are_read_page_by_page_each_row_once_also_of_one_second(call, limit):
    for n in range(4):
        call.clock[0] += n // 2  # the first two were made in one second
        call("POST", "/v1/citizens/ann/reviews", {"reason": f"{n}"})
    call("POST", "/v1/citizens/eve/reviews", {"reason": "Why?"}, "eve")
    for path, who, count in (
        ("/v1/citizens/ann/requests", {}, 4), ("/v1/requests", {"subject": "clerk", "scopes": CLERK}, 5),
    ):  # fmt: skip
        whole = call("GET", path, **who).json()
        found = pages(call, path, "requests", limit, **who)
        assert (whole["next"], len(whole["requests"])) == (None, count)
        assert [one for page in found for one in page] == whole["requests"]
        assert {len(page) for page in found[:-1]} <= {limit}
        assert found[-1]


def test_decisions_are_read_page_by_page(call):
    for k in range(1, 6):
        call.clock[0] += k % 2
        call("GET", f"/v1/citizens/ann/recommendations?k={k}")
    whole = call("GET", "/v1/citizens/ann/decisions").json()["decisions"]
    assert len({one["decision_id"] for one in whole}) == 5
    assert [one["made"] for one in whole] == sorted((one["made"] for one in whole), reverse=True)
    assert [one for page in pages(call, "/v1/citizens/ann/decisions", "decisions", 2) for one in page] == whole


@pytest.mark.parametrize("path", ["/v1/citizens/ann/requests", "/v1/citizens/ann/decisions"])
@pytest.mark.parametrize(
    ("query", "pointer"),
    [("limit=0", "/limit"), ("limit=101", "/limit"), ("limit=x", "/limit"), ("cursor=canary", "/cursor"),
     ("cursor=eA==", "/cursor"), ("cursor=MSAAAA==", "/cursor"), ("page=2", ""), ("cursor=a&cursor=b", "")],
)  # fmt: skip
def test_what_cuts_no_list_is_refused_and_not_repeated(call, path, query, pointer):
    answer = call("GET", f"{path}?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)
    assert "canary" not in answer.text


ROUTES = [
    ("POST", "/v1/citizens/{}/claims", CLAIM),
    ("POST", "/v1/citizens/{}/reviews", {"reason": "x"}),
    ("GET", "/v1/citizens/{}/requests", None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_only_the_person_and_who_may_act_for_her_ask(call, method, path, body):
    refused = {
        "another citizen": (call(method, path.format("ann"), body, "eve"), 404),
        "no token": (call(method, path.format("ann"), body, None), 401),
        "an expired token": (call(method, path.format("ann"), body, at=NOW - 7200), 401),
        "another scope": (call(method, path.format("ann"), body, scopes=(tokens.WRITE,)), 403),
    }
    assert {name: answer.status_code for name, (answer, _) in refused.items()} == {
        name: status for name, (_, status) in refused.items()
    }
    assert refused["another citizen"][0].content == call(method, path.format("nobody"), body, "eve").content
    assert call(method, path.format("ann"), body).status_code == 200
    assert call(method, path.format("ann"), body, "clerk", CLERK).status_code == 200


def test_only_an_office_rules_and_nobody_on_their_own(call):
    claim = call("POST", "/v1/citizens/ann/claims", CLAIM).json()["id"]
    ruling = {"granted": True, "note": "mine"}
    path = f"/v1/requests/{claim}/ruling"
    assert call("POST", path, ruling).status_code == 403
    assert call("GET", "/v1/requests").status_code == 403
    assert call("POST", path, ruling, "ann", CLERK).status_code == 409
    assert call("POST", "/v1/requests/nothing/ruling", ruling, "clerk", CLERK).status_code == 404
    assert call("POST", path, ruling, None).status_code == 401
    assert call("POST", path, ruling, "clerk", CLERK).status_code == 200


def test_an_erased_person_is_named_otherwise_in_what_others_claim_of_their_family_then_and_later(call, home):
    def claimed():
        kin = {"complete": True, "members": [{"relation": "child", "id": "daughter:7"}]}
        assert call("POST", "/v1/citizens/ann/claims", {"facts": {"household": kin}}).status_code == 200

    def named(facts):
        return facts["household"]["members"][0]["id"]

    with home.log_to_write() as log:
        log.append([replace(one, id="7", subject="daughter:7") for one in log.events(["eve"])])
    claimed()
    assert call("DELETE", "/v1/citizens/daughter:7", subject="clerk", scopes=CLERK).status_code == 200
    claimed()
    requests = call("GET", "/v1/citizens/ann/requests").json()["requests"]
    with home.log() as log:
        events = {one.id: one.data for one in log.events(["ann"])}
    names = [named(one["facts"]) for one in requests]
    assert [named(events[one["event"]["id"]]) for one in requests] == names
    assert all(name.startswith("erased:") for name in names)
    assert b"daughter:7" not in (home.path / "events.db").read_bytes()


def test_the_requests_of_an_erased_person_are_gone(call, home):
    call("POST", "/v1/citizens/ann/claims", CLAIM)
    assert call("DELETE", "/v1/citizens/ann").json()["records"]["requests"] == 1
    assert b"moved in May" not in (home.path / "events.db").read_bytes()
    assert call("GET", "/v1/requests", subject="clerk", scopes=CLERK).json() == {"requests": [], "next": None}
