"""Who acts for another: on recorded facts alone, as far as the rule goes, on record, and until the day of majority."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from composition.engines import EngineSettings, build_engine
from composition.purpose_terms import consent_terms
from features.problem import Rejected
from serving.http import openapi, tokens
from serving.http.handler import RecommendationHandler
from serving.records.representation import Representation
from tests.serving.http.citizens_calls import calls_of, home_with, stated

ADULT = {"birth_date": "1980-01-01", "sex": "female"}
MINE = (tokens.READ, tokens.RIGHTS, tokens.ANSWER)


def event(name, kind, subject, child="kid", at="2026-10-01T09:00:00+09:00", source="registry/families", **data):
    return {"id": name, "source": source, "subject": subject, "type": kind, "time": at,
            "recordedtime": "2026-10-20T09:00:00+09:00",
            "data": {**data, "about": [{"person": child, "role": "child"}]}}  # fmt: skip


LIVES = [
    stated("ann", ADULT),
    stated("eve", ADULT),
    stated("kid", {"birth_date": "2012-05-01", "sex": "male", "region": "11440", "violence_victim": True}),
    stated("kim", {"birth_date": "2012-05-01", "sex": "male", "region": "11440", "violence_victim": False}),
    event("twin", "life.child_born", "ann", child="kim", at="2012-05-01T09:00:00+09:00"),
    event("born", "life.child_born", "ann", at="2012-05-01T09:00:00+09:00"),
    event("grown", "life.child_born", "eve", child="big", at="2007-11-02T09:00:00+09:00"),  # 19 on 2 November 2026
    stated("big", {"birth_date": "2007-11-02", "sex": "male", "region": "11440"}),
    event("ward", "life.custody_given", "guy", child="kid", born="2012-05-01", relation="ward"),
    event("lost", "life.custody_lost", "guy", child="kid", at="2026-10-10T09:00:00+09:00"),
    event("later", "life.custody_given", "gil", child="kid", born="2012-05-01", relation="ward"),
    event("unborn", "life.custody_given", "may", child="kid", relation="ward"),
    event("claimed", "life.child_born", "liz", at="2012-05-01T09:00:00+09:00", source="app"),
    event("aged", "life.child_adopted", "lee", born="1990-01-01"),
    {
        "id": "younger",
        "source": "app",
        "subject": "lee",
        "type": "event.corrected",
        "time": "2026-10-12T09:00:00+09:00",
        "recordedtime": "2026-10-20T10:00:00+09:00",
        "data": {
            "source": "registry/families",
            "id": "aged",
            "data": {"born": "2012-05-01", "about": [{"person": "kid", "role": "child"}]},
        },
    },
    {
        "id": "kept",
        "source": "app",
        "subject": "guy",
        "type": "event.retracted",
        "time": "2026-10-12T09:00:00+09:00",
        "recordedtime": "2026-10-20T10:00:00+09:00",
        "data": {"source": "registry/families", "id": "lost"},
    },
]


@pytest.fixture(scope="module")
def shipped():
    return build_engine(EngineSettings())


@pytest.fixture
def home(tmp_path, shipped):
    return home_with(tmp_path, shipped, *LIVES)


@pytest.fixture
def call(shipped, caller_of, home):
    return calls_of(caller_of, RecommendationHandler(shipped, **consent_terms(shipped.declaration)), home)


def path(citizen, rest="recommendations"):
    return f"/v1/citizens/{citizen}/{rest}"


@pytest.mark.parametrize(("actor", "ground"), [("ann", "parent"), ("gil", "guardian")])
def test_whom_the_register_names_asks_for_the_child_and_that_is_on_record(call, actor, ground):
    told = call("GET", path("kid"), subject=actor)
    assert told.status_code == 200
    assert told.json()["acting"] == [ground]
    (act,) = call("GET", path("kid", "acts"), subject="kid").json()["acts"]
    assert (act["actor"], act["ground"], act["act"]) == (actor, ground, tokens.READ)
    assert call("GET", path("kid", "acts"), subject=actor).status_code == 404


@pytest.mark.parametrize("actor", ["eve", "guy", "may", "nobody", "big", "liz", "lee"])
def test_nobody_else_does_and_nobody_whose_right_ended_or_rests_on_what_is_not_known(call, actor):
    """Nor does somebody by their own word: an app's event, or its correction or retraction of what a registry says."""
    refused = call("GET", path("kid"), subject=actor)
    assert refused.status_code == 404
    assert refused.content == call("GET", path("stranger"), subject=actor).content
    assert call("GET", path("kid", "acts"), subject="kid").json()["acts"] == []


def test_it_ends_on_the_day_of_majority(call):
    assert call("GET", path("big"), subject="eve").status_code == 200
    call.clock[0] = int(datetime(2026, 11, 1, 14, 59, 59, tzinfo=UTC).timestamp())
    assert call("GET", path("big"), subject="eve").status_code == 200
    call.clock[0] += 1  # midnight in Seoul
    assert call("GET", path("big"), subject="eve").status_code == 404
    assert call("GET", path("big"), subject="big").status_code == 200


def test_what_is_told_is_the_same_whatever_a_sensitive_fact_of_the_child_says(call, shipped):
    assert shipped.declaration.facts["violence_victim"].sensitive
    of_child, of_parent = [], []
    for child in ("kid", "kim"):  # alike but for that fact
        for told, who in ((of_child, child), (of_parent, "ann")):
            told.append(call("GET", f"{path(child)}?k=100", subject=who).json()["recommendations"])
    assert of_child[0] != of_child[1]
    assert of_parent[0] == of_parent[1]


ELSE = [("GET", "decisions", None), ("GET", "consents", None), ("GET", "offers", None), ("GET", "requests", None),
        ("PUT", "consents", {"purpose": "ranking", "given": False}), ("DELETE", "", None),
        ("POST", "offers/x/decline", None), ("POST", "offers/x/snooze", {"until": "2026-12-01"}), ("GET", "acts", None),
        ("POST", "claims", {"facts": {"region": "11440"}}), ("POST", "reviews", {"reason": "x"})]  # fmt: skip


@pytest.mark.parametrize(("method", "rest", "body"), ELSE, ids=[f"{one[0]} {one[1]}" for one in ELSE])
def test_a_parent_does_nothing_else_for_the_child(call, method, rest, body):
    named = path("kid", rest).rstrip("/")
    assert call(method, named, body, subject="ann", scopes=MINE).status_code == 404
    decision = call("GET", path("kid"), subject="ann").json()["decision_id"]
    assert call("GET", f"/v1/decisions/{decision}", subject="ann").status_code == 404


def test_every_other_route_about_a_citizen_stands_among_those_that_are_closed_to_parents():
    of_citizens = {
        (method.upper(), named.removeprefix("/v1/citizens/{citizen}").lstrip("/").replace("{offer}", "x"))
        for named, methods in json.loads(openapi.document())["paths"].items()
        if named.startswith("/v1/citizens/{citizen}")
        for method in methods
        if method != "parameters"
    }
    assert of_citizens - {("GET", "recommendations")} == {(method, rest) for method, rest, _ in ELSE}


def agreed(call, given=True, who="kid"):
    return call("PUT", path(who, "consents"), {"purpose": "casework", "given": given}, subject=who, scopes=MINE)


def looked_up(call, who="kid", *scopes):
    return call("GET", path(who), subject="caseworker-7", scopes=(tokens.READ, *(scopes or (tokens.CASEWORK,))))


def test_a_caseworker_looks_up_who_agreed_until_they_withdraw_and_each_look_is_on_record(call):
    stranger = looked_up(call, "stranger")
    assert stranger.status_code == 404
    assert looked_up(call).content == stranger.content  # without consent nobody is known
    assert agreed(call).status_code == 200
    told = looked_up(call)
    assert (told.status_code, told.json()["acting"]) == (200, ["casework"])
    (act,) = call("GET", path("kid", "acts"), subject="kid").json()["acts"]
    assert (act["actor"], act["ground"], act["act"]) == ("caseworker-7", "casework", tokens.READ)
    assert agreed(call, given=False).status_code == 200
    assert looked_up(call).content == stranger.content


def test_a_consent_to_casework_opens_nothing_to_whom_the_scope_was_not_given_nor_of_anybody_else(call):
    agreed(call)
    assert looked_up(call, "kid", tokens.RIGHTS).status_code == 404
    assert looked_up(call, "kim").status_code == 404


def test_to_a_caseworker_nothing_is_told_that_rests_on_a_sensitive_fact(call):
    of_caseworker = []
    for child in ("kid", "kim"):  # alike but for a sensitive fact
        agreed(call, who=child)
        of_caseworker.append(looked_up(call, child).json()["recommendations"])
    assert of_caseworker[0] == of_caseworker[1]


@pytest.mark.parametrize(("method", "rest", "body"), ELSE, ids=[f"{one[0]} {one[1]}" for one in ELSE])
def test_a_caseworker_does_nothing_else_by_consent_than_look_up(call, method, rest, body):
    agreed(call)
    scopes = (*MINE, tokens.CASEWORK)
    assert call(method, path("kid", rest).rstrip("/"), body, subject="caseworker-7", scopes=scopes).status_code == 404


def test_who_acted_and_is_erased_stays_without_a_name(call, home):
    call("GET", path("kid"), subject="ann")
    home.erase("ann")
    (act,) = call("GET", path("kid", "acts"), subject="kid").json()["acts"]
    assert act["actor"].startswith("erased:")
    home.erase("kid")
    assert b"parent" not in b"".join(json.dumps(one).encode() for one in _acts(home))


def _acts(home):
    from serving.records.act_book import ActBook

    with home.store() as store:
        return [one.to_document() for one in ActBook(store.connection).of("kid", 9)]


def test_a_country_without_the_file_lets_nobody_act(shipped, caller_of, home):
    call = calls_of(caller_of, RecommendationHandler(shipped), home)
    assert call("GET", path("kid"), subject="ann").status_code == 404


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"majority": 190}, "majority"),
        ({"grounds": {"parent": {"as": "child", "begins": {"life.unheard_of": {}}}}}, "begins"),
        ({"grounds": {"parent": {"begins": {"life.child_born": {}}}}}, "as"),
        ({"why": 1}, "why"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(shipped, change, where):
    good = {"majority": 19, "grounds": {"parent": {"as": "child", "begins": {"life.child_born": {}}}}}
    assert Representation.parse(good, shipped.declaration).majority == 19
    with pytest.raises(Rejected) as refused:
        Representation.parse({**good, **change}, shipped.declaration)
    assert any(where in map(str, one.path) for one in refused.value.problems)
