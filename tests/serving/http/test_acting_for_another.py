"""Who acts for another: on recorded facts alone, as far as the rule goes, on record, and until the day of majority."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from composition.engines import EngineSettings, build_engine
from composition.purpose_terms import consent_terms
from features.problem import Rejected
from serving.http import openapi, tokens
from serving.http.handler import RecommendationHandler
from serving.proactive.look_outcome import OutcomeMaker
from serving.proactive.offer_book import OfferBook
from serving.proactive.offer_identity import OfferIdentity
from serving.proactive.offer_look import Watch
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.store_access import Stores
from serving.records.decision import Recorder
from serving.records.live_basis import PurposeRegister
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


BY_RULE = [
    ("GET", "offers", None),
    ("POST", "offers/x/decline", None),
    ("POST", "offers/x/snooze", {"until": "2026-12-01"}),
    ("GET", "consents", None),
    ("PUT", "consents", {"purpose": "ranking", "given": False}),
    ("GET", "requests", None),
    ("POST", "claims", {"facts": {"region": "11440"}}),
]
CLOSED = [("GET", "decisions", None), ("GET", "acts", None), ("POST", "reviews", {"reason": "x"}), ("DELETE", "", None)]
ELSE = [*BY_RULE, *CLOSED]
NAMES = [f"{one[0]} {one[1]}" for one in ELSE]


@pytest.mark.parametrize(("method", "rest", "body"), CLOSED, ids=NAMES[len(BY_RULE) :])
def test_a_parent_does_nothing_for_the_child_that_is_the_childs_alone(call, method, rest, body):
    named = path("kid", rest).rstrip("/")
    assert call(method, named, body, subject="ann", scopes=MINE).status_code == 404
    decision = call("GET", path("kid"), subject="ann").json()["decision_id"]
    assert call("GET", f"/v1/decisions/{decision}", subject="ann").status_code == 404


@pytest.mark.parametrize(("method", "rest", "body"), BY_RULE, ids=NAMES[: len(BY_RULE)])
def test_a_parent_does_only_what_the_rule_names(shipped, caller_of, home, method, rest, body):
    ground = {"as": "child", "begins": {"life.child_born": {}}}  # which names nothing but recommendations
    rule = Representation.parse({"majority": 19, "grounds": {"parent": ground}}, shipped.declaration)
    terms = {**consent_terms(shipped.declaration), "representation": rule}
    call = calls_of(caller_of, RecommendationHandler(shipped, **terms), home)
    assert call("GET", path("kid"), subject="ann").status_code == 200
    refused = call(method, path("kid", rest), body, subject="ann", scopes=MINE)
    assert refused.status_code == 404
    assert refused.content == call(method, path("stranger", rest), body, subject="ann", scopes=MINE).content
    (act,) = call("GET", path("kid", "acts"), subject="kid").json()["acts"]
    assert act["act"] == tokens.READ


def acts(call, child="kid"):
    return [one["act"] for one in call("GET", path(child, "acts"), subject=child).json()["acts"]]


def rows(reply):
    return {one["purpose"]: one for one in reply.json()["purposes"]}


@pytest.fixture
def with_purpose(shipped, caller_of, home):
    """A service of a country with a purpose of its own for a sensitive fact."""
    purposes = {"safety": {"needs": "no_objection", "facts": ["violence_victim"]}}
    register = PurposeRegister.parse({"purposes": purposes}, shipped.declaration)
    terms = {**consent_terms(shipped.declaration), "purposes": register}
    return calls_of(caller_of, RecommendationHandler(shipped, **terms), home)


def test_a_parent_reads_and_states_consents_but_of_what_is_sensitive(with_purpose):
    call = with_purpose
    of_child = rows(call("GET", path("kid", "consents"), subject="kid"))
    of_parent = rows(call("GET", path("kid", "consents"), subject="ann"))
    assert set(of_child) - set(of_parent) == {
        "safety", "tailored-notice:app:sensitive", "tailored-notice:web:sensitive", "tailored-notice:webhook:sensitive",
        "tailored-notice:caseworker:sensitive",
    }  # fmt: skip
    assert all(of_child[name] == one for name, one in of_parent.items())
    asked = {"purpose": "tailored-notice", "given": True}
    assert rows(call("PUT", path("kid", "consents"), asked, subject="ann", scopes=MINE))["tailored-notice"]["live"]
    assert rows(call("GET", path("kid", "consents"), subject="kid"))["tailored-notice"]["live"]
    assert set(acts(call)) == {"consents:read", "consents:write"}


@pytest.mark.parametrize("purpose", ["safety", "tailored-notice:app:sensitive", "tailored-notice:app:kr.basic-pension"])
def test_a_parent_states_nothing_on_what_is_sensitive_nor_takes_it_back(with_purpose, purpose):
    call, asked = with_purpose, {"purpose": purpose, "given": True}
    before = rows(call("PUT", path("kid", "consents"), asked, subject="kid"))
    for given in (True, False):
        told = call("PUT", path("kid", "consents"), {**asked, "given": given}, subject="ann", scopes=MINE)
        assert told.status_code == 422
        assert purpose not in told.text
    assert rows(call("GET", path("kid", "consents"), subject="kid")) == before


def test_a_parent_claims_a_fact_of_the_child_and_reads_what_becomes_of_it(call):
    claimed = call("POST", path("kid", "claims"), {"facts": {"region": "26110"}}, subject="ann", scopes=MINE)
    assert claimed.status_code == 200
    assert claimed.json()["citizen"] == "kid"
    (mine,) = call("GET", path("kid", "requests"), subject="ann").json()["requests"]
    assert mine["facts"] == {"region": "26110"}
    assert call("GET", path("kid", "requests"), subject="kid").json()["requests"] == [mine]
    assert set(acts(call)) == {"claims:write", "claims:read"}


def test_a_parent_neither_claims_nor_reads_a_sensitive_fact(call):
    body = {"facts": {"violence_victim": True, "region": "26110"}}
    refused = call("POST", path("kid", "claims"), body, subject="ann", scopes=MINE)
    assert refused.status_code == 422
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/facts/violence_victim"]
    assert call("POST", path("kid", "claims"), body, subject="kid").status_code == 200
    assert call("POST", path("kid", "reviews"), {"reason": "look"}, subject="kid").status_code == 200
    assert len(call("GET", path("kid", "requests"), subject="kid").json()["requests"]) == 2
    assert call("GET", path("kid", "requests"), subject="ann").json()["requests"] == []


def test_what_a_claim_of_a_parent_changes_is_the_same_whatever_a_sensitive_fact_says(call):
    body = {"facts": {"region": "26110"}}
    effects = [
        call("POST", path(child, "claims"), body, subject="ann", scopes=MINE).json()["effect"]
        for child in ("kid", "kim")
    ]
    assert effects[0] == effects[1]


@pytest.fixture
def offering(shipped, caller_of, home):
    """A service with offers, where kid and kim applied for the notice and chose the app for whatever is sensitive."""
    handler = RecommendationHandler(shipped, **consent_terms(shipped.declaration))
    stores = Stores(home.store, home.store_to_write)
    watch = Watch(shipped, handler.policy, handler.purposes)
    worker = OfferWorker(stores, OutcomeMaker(watch, OfferIdentity(bytes(32)), Recorder(shipped)))
    called = calls_of(caller_of, handler, home, lambda: called.worker)
    called.worker, called.home = worker, home
    for child in ("kid", "kim", "big"):
        for purpose in ("tailored-notice", "tailored-notice:app:sensitive"):
            asked = {"purpose": purpose, "given": True}
            assert called("PUT", path(child, "consents"), asked, subject=child, scopes=MINE).status_code == 200
    return called


def offers(call, child="kid", subject="ann"):
    told = call("GET", path(child, "offers"), subject=subject, scopes=MINE)
    assert told.status_code == 200
    return told.json()["offers"]


def test_a_parent_sees_the_offers_of_the_child_but_nothing_that_is_sensitive(offering):
    of_child, of_parent = offers(offering, subject="kid"), offers(offering)
    assert of_parent
    assert any(one["sensitive"] for one in of_child)
    assert not any(one["sensitive"] for one in of_parent)
    assert {one["id"] for one in of_parent} <= {one["id"] for one in of_child}
    assert acts(offering) == ["offers:read"]


def test_the_offers_told_to_a_parent_are_the_same_whatever_a_sensitive_fact_of_the_child_says(offering):
    def plain(child, subject):
        told = offers(offering, child, subject)
        return [{key: value for key, value in one.items() if key != "id"} for one in told]

    assert plain("kid", "kid") != plain("kim", "kim")
    assert plain("kid", "ann") == plain("kim", "ann")
    offering.worker.step(offering.clock[0])  # and so they are once the offers are on the book
    assert [one["programme"] for one in plain("kid", "ann")] == [one["programme"] for one in plain("kim", "ann")]


def test_a_parent_declines_and_puts_off_what_is_told_to_them_and_nothing_else(offering):
    first, second, *_ = offers(offering)
    secret = next(one for one in offers(offering, subject="kid") if one["sensitive"])
    put_off = {"until": "2026-12-01"}
    assert offering("POST", path("kid", f"offers/{first['id']}/decline"), subject="ann", scopes=MINE).status_code == 200
    later = offering("POST", path("kid", f"offers/{second['id']}/snooze"), put_off, subject="ann", scopes=MINE)
    assert later.json()["state"] == "snoozed"
    assert {one["id"] for one in offers(offering, subject="kid")}.isdisjoint({first["id"], second["id"]})
    for how, body in (("decline", None), ("snooze", put_off)):
        refused = offering("POST", path("kid", f"offers/{secret['id']}/{how}"), body, subject="ann", scopes=MINE)
        unknown = offering("POST", path("kid", f"offers/{'0' * 64}/{how}"), body, subject="ann", scopes=MINE)
        assert (refused.status_code, refused.content) == (404, unknown.content)
    assert secret["id"] in {one["id"] for one in offers(offering, subject="kid")}
    assert set(acts(offering)) == {"offers:read", "offers:answer"}


def seen_by(worker, watch):
    return replace(worker, maker=replace(worker.maker, watch=watch))


def answered(call, child):
    """The programmes whose offer a parent can decline, of all that may stand for a child, whatever its id is."""
    worker, now = call.worker, call.clock[0]
    with call.home.store() as store:
        book = OfferBook(store.connection).on_book(child)
        look = worker.watch.look(list(store.log.events([child])), child, now, book)
    ids = {one.programme: worker.maker.row(look, one).id for one in look.situation.due}
    return {
        programme
        for programme, id_ in sorted(ids.items())
        if call("POST", path(child, f"offers/{id_}/decline"), subject="ann", scopes=MINE).status_code == 200
    }


def test_which_offers_a_parent_can_answer_is_the_same_whatever_a_sensitive_fact_of_the_child_says(offering):
    found = [answered(offering, child) for child in ("kid", "kim")]
    assert found[0]
    assert found[0] == found[1]


class Recording(Watch):
    """A watch that notes which facts it is told not to read."""

    hidden: ClassVar[list[frozenset[str]]] = []

    def look(self, events, citizen, now, book, hidden=()):
        self.hidden.append(frozenset(hidden))
        return super().look(events, citizen, now, book, hidden)


def test_no_sensitive_fact_is_read_for_a_parent(offering, shipped):
    watch = offering.worker.watch
    offering.worker = seen_by(offering.worker, Recording(shipped, watch.policy, watch.purposes))
    offers(offering)
    offering("POST", path("kid", f"offers/{'0' * 64}/decline"), subject="ann", scopes=MINE)
    offers(offering, subject="kid")
    sensitive = frozenset(name for name, fact in shipped.declaration.facts.items() if fact.sensitive)
    assert Recording.hidden == [sensitive, sensitive, frozenset()]


def test_a_programme_that_the_policy_calls_sensitive_is_no_parents(offering):
    named = offers(offering)[0]["programme"]
    policy = replace(offering.worker.watch.policy, sensitive_programmes=frozenset({named}))
    offering.worker = seen_by(offering.worker, replace(offering.worker.watch, policy=policy))
    assert named in {one["programme"] for one in offers(offering, subject="kid")}
    assert named not in {one["programme"] for one in offers(offering)}
    assert named not in answered(offering, "kid")


def test_a_parent_sees_and_answers_offers_until_the_day_of_majority(offering):
    offering.clock[0] = int(datetime(2026, 11, 1, 14, 59, 59, tzinfo=UTC).timestamp())
    (first, *_) = offers(offering, "big", "eve")
    offering.clock[0] += 1  # midnight in Seoul
    assert offering("GET", path("big", "offers"), subject="eve", scopes=MINE).status_code == 404
    name = path("big", f"offers/{first['id']}/decline")
    assert offering("POST", name, subject="eve", scopes=MINE).status_code == 404
    assert offering("GET", path("big", "consents"), subject="eve").status_code == 404


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
        ({"grounds": {"parent": {"as": "child", "begins": {"life.child_born": {}}, "may": ["reviews"]}}}, "may"),
        ({"why": 1}, "why"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(shipped, change, where):
    good = {"majority": 19, "grounds": {"parent": {"as": "child", "begins": {"life.child_born": {}}}}}
    assert Representation.parse(good, shipped.declaration).majority == 19
    with pytest.raises(Rejected) as refused:
        Representation.parse({**good, **change}, shipped.declaration)
    assert any(where in map(str, one.path) for one in refused.value.problems)
