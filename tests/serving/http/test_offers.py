"""Offers over HTTP: each appears to its owner alone, by the rules of now, and is declined or put off for good."""

from __future__ import annotations

import json

import pytest

from composition.workspace import Workspace
from features.log.event_parser import parse_event
from recommender.contact.contact_policy import ContactPolicy
from serving.http import tokens
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.proactive.look_outcome import OutcomeMaker
from serving.proactive.offer_identity import OfferIdentity
from serving.proactive.offer_look import Watch
from serving.proactive.offer_worker import OfferWorker
from serving.proactive.outbox import Outbox
from serving.proactive.store_access import Stores
from serving.records.decision import Recorder
from serving.records.decision_log import DecisionLog
from tests.recommender.contact.policies import NOTICE
from tests.serving.proactive.deployments import DAY, NOW, POLICY

KEY = tokens.new_dev_key()
SCOPES = (tokens.READ, tokens.ANSWER)


class Town:
    """A home in which things happen, the application over it, and who calls it."""

    def __init__(self, engine, caller_of, home):
        self.engine, self.home, self.now, self.count = engine, home, NOW, 0
        self.policy = POLICY
        desk = LogDesk(engine.declaration, home, lambda: self.worker)
        access = Authentication((tokens.dev_verifier(KEY),))
        self.caller = caller_of(
            create_app(RecommendationHandler(engine, policy=POLICY), access, lambda: self.now, log=desk)
        )

    @property
    def worker(self):
        stores = Stores(self.home.store, self.home.store_to_write)
        watch = Watch(self.engine, self.policy)
        return OfferWorker(stores, OutcomeMaker(watch, OfferIdentity(bytes(32)), Recorder(self.engine)))

    def tell(self, who, kind, data=None):
        self.count += 1
        at = f"2026-10-{20 + self.count // 10:02}T09:{self.count % 60:02}:00+09:00"
        document = {
            "specversion": "1.0", "id": f"{who}-{self.count}", "source": "registry/births", "subject": who,
            "type": kind, "time": at, "recordedtime": at, "data": data or {},
        }  # fmt: skip
        with self.home.log_to_write() as log:
            log.append([parse_event(document, self.engine.declaration)])

    def settle(self, who, *also):
        self.tell(who, "fact.stated", {"birth_date": "1993-04-02", "sex": "female", "region": "26110"})
        for purpose in (NOTICE, f"{NOTICE}:webhook", *also):
            self.tell(who, "consent.given", {"purpose": purpose})
        self.tell(who, "life.child_born", {"about": [{"person": f"{who}s-child", "role": "child"}]})

    def call(self, path, subject="ann", scopes=SCOPES, method="GET", **what):
        token = tokens.dev_token(KEY, self.now, subject, frozenset(scopes))
        headers = {"authorization": f"Bearer {token}"}
        if "body" in what:
            what = {"content": json.dumps(what["body"]).encode()}
            headers["content-type"] = "application/json"
        return self.caller(method, path, headers, **what)

    def offers(self, who="ann"):
        return self.call(f"/v1/citizens/{who}/offers", who).json()["offers"]

    def answer(self, offer, how, who="ann", **what):
        return self.call(f"/v1/citizens/{who}/offers/{offer}/{how}", who, method="POST", **what)


@pytest.fixture
def town(tmp_path, real_engine, caller_of):
    made = Town(real_engine, caller_of, Workspace(tmp_path / "home", patience=0))
    made.settle("ann")
    made.settle("eve")
    return made


def test_who_looks_finds_what_stands_under_the_ids_it_leaves_with(town):
    before = town.offers()
    assert [one["programme"] for one in before] == ["t.baby", "t.women"]
    assert {one["state"] for one in before} == {"due"}
    town.worker.step(town.now)
    after = town.offers()
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert {one["state"] for one in after} == {"sent"}
    decision = town.call(f"/v1/decisions/{after[0]['decision_id']}?explain=full")
    assert (decision.status_code, decision.json()["kind"]) == (200, "offer")
    assert decision.json()["said"]["messages"][0]["offers"] == [one["id"] for one in after]


def explained(town, decision, length="short"):
    return town.call(f"/v1/decisions/{decision}?explain={length}&language=en").json()


def test_the_explanation_of_an_offer_says_what_was_sent_when_over_which_channel_and_why(town):
    town.worker.step(town.now)
    decision = town.offers()[0]["decision_id"]
    told = explained(town, decision)
    assert [one["programme"] for one in told["programmes"]] == ["t.baby", "t.women"]
    assert all(one["because"] for one in told["programmes"])
    assert [one["en"] for one in told["summary"][:3]] == [
        "On 1 November 2026 at 12:00, 2 programmes were put into a message to you (webhook).",
        "It has not left yet.",
        "You are written to for this purpose: Notice. By what right: a law.",
    ]
    (sent,) = told["sent"]
    assert (sent["channel"], sent["programmes"], sent["state"]) == ("webhook", ["t.baby", "t.women"], "due")
    assert (sent["purpose"], sent["decided"]) == (NOTICE, "2026-11-01T03:00:00Z")
    with town.home.store_to_write() as store:
        outbox = Outbox(store.connection)
        outbox.delivered(outbox.find(sent["message"]), town.now + 90)
    told = explained(town, decision, "full")
    assert told["summary"][1]["en"] == "It was delivered on 1 November 2026 at 12:01."
    assert (told["sent"][0]["state"], told["sent"][0]["at"]) == ("delivered", "2026-11-01T03:01:30Z")
    named = {one["fact"] for one in told["facts"]}
    assert named == {reason["fact"] for one in told["programmes"] for reason in one["because"] if reason.get("fact")}


def test_the_explanation_of_an_offer_that_is_taken_back_says_so_and_names_no_other_programme(town):
    town.worker.step(town.now)
    town.now += 600
    town.tell("ann", "event.retracted", {"source": "registry/births", "id": "ann-4"})
    town.worker.step(town.now)
    with town.home.store() as store:
        told = [DecisionLog(store.connection).find(one).decision for one in DecisionLog(store.connection).ids_of("ann")]
    taken = next(one.id for one in told if one.document["said"]["messages"][0]["kind"] == "withdrawal")
    found = explained(town, taken)
    assert "1 offer was taken back by a message to you (webhook)" in found["summary"][0]["en"]
    assert found["sent"][0]["programmes"] == ["t.baby"]
    assert {one["programme"] for one in found["programmes"]} <= {"t.baby"}


def test_the_explanation_of_an_answer_tells_nothing_of_messages(town):
    told = explained(town, town.call("/v1/citizens/ann/recommendations").json()["decision_id"])
    assert (told["kind"], "sent" in told) == ("answer", False)
    assert "were shown" in told["summary"][0]["en"]


def test_to_decline_is_on_the_log_and_holds(town):
    offer = town.offers()[0]
    done = town.answer(offer["id"], "decline")
    assert (done.status_code, done.json()["state"]) == (200, "declined")
    again = town.answer(offer["id"], "decline")
    assert (again.status_code, again.json()) == (200, done.json())
    with town.home.log() as log:
        said = [one.data for one in log.events(["ann"]) if one.type == "benefit.declined"]
    assert said == [{"programme": "t.baby"}]
    assert "t.baby" not in {one["programme"] for one in town.offers()}
    town.worker.step(town.now)
    assert "t.baby" not in {one["programme"] for one in town.offers()}
    listed = town.call("/v1/citizens/ann/recommendations").json()["recommendations"]
    assert "t.baby" in {one["programme"] for one in listed}


def test_what_is_put_off_leaves_again_after_that_under_its_id(town):
    town.worker.step(town.now)
    offer = town.offers()[0]
    done = town.answer(offer["id"], "snooze", body={"until": "2026-12-10"})
    assert (done.status_code, done.json()["state"], done.json()["until"]) == (200, "snoozed", "2026-12-09T15:00:00Z")
    assert offer["id"] not in {one["id"] for one in town.offers()}
    town.now += 38 * DAY  # 9 December
    town.worker.step(town.now)
    assert offer["id"] not in {one["id"] for one in town.offers()}
    town.now += DAY
    assert town.worker.step(town.now).messages == 1
    assert next(one["state"] for one in town.offers() if one["id"] == offer["id"]) == "sent"


@pytest.mark.parametrize("until", ["2026-11-01", "2020-01-01", "2027-11-02", "2026-02-30", "tomorrow"])
def test_an_offer_is_put_off_to_a_day_to_come_and_not_for_ever(town, until):
    offer = town.offers()[0]["id"]
    assert town.answer(offer, "snooze", body={"until": until}).status_code == 422


def test_offers_appear_to_their_owner_alone(town):
    offer = town.offers()[0]["id"]
    for path, method in (("", "GET"), (f"/{offer}/decline", "POST")):
        assert town.call(f"/v1/citizens/ann/offers{path}", "eve", method=method).status_code == 404
        assert town.call(f"/v1/citizens/bob/offers{path}", "bob", method=method).status_code == 404
        assert town.call(f"/v1/citizens/ann/offers{path}", "ann", (tokens.WRITE,), method).status_code == 403
    assert town.answer(offer, "decline", who="eve").status_code == 404  # it is not hers
    kiosk = town.call("/v1/citizens/ann/offers", "kiosk", (tokens.READ, tokens.ACT_AS))
    assert [one["id"] for one in kiosk.json()["offers"]][:1] == [offer]
    assert town.call(f"/v1/citizens/ann/offers/{offer}/decline", "ann", (tokens.READ,), "POST").status_code == 403


def test_nothing_is_listed_from_the_moment_consent_is_taken_back(town):
    town.worker.step(town.now)
    town.tell("ann", "consent.withdrawn", {"purpose": NOTICE})
    assert town.offers() == []


def test_nothing_is_listed_for_whoever_may_not_be_judged(town):
    town.tell("ann", "consent.withdrawn", {"purpose": "eligibility"})
    assert town.call("/v1/citizens/ann/offers").json() == {"channel": "app", "offers": [], "withdrawn": []}


def test_a_sensitive_programme_is_listed_only_where_it_was_asked_for(town):
    town.policy = POLICY.__class__(**{**vars(POLICY), "sensitive_programmes": frozenset({"t.baby"})})
    assert [one["programme"] for one in town.offers()] == ["t.women"]
    town.tell("ann", "consent.given", {"purpose": f"{NOTICE}:app:t.baby"})
    assert [(one["programme"], one["sensitive"]) for one in town.offers()] == [("t.baby", True), ("t.women", False)]


def test_what_was_taken_back_is_told_and_cannot_be_answered(town):
    town.worker.step(town.now)
    offer = town.offers()[0]["id"]
    town.tell("ann", "event.retracted", {"source": "registry/births", "id": "ann-4"})
    town.now += 60
    town.worker.step(town.now)
    found = town.call("/v1/citizens/ann/offers").json()
    assert [one["id"] for one in found["withdrawn"]] == [offer]
    assert town.answer(offer, "decline").status_code == 409


@pytest.mark.parametrize("query", ["?channel=letter", "?channel=pigeon", "?channel=app&channel=app", "?x=1"])
def test_other_channels_and_other_queries_are_refused(town, query):
    assert town.call(f"/v1/citizens/ann/offers{query}").status_code == 422


def test_a_country_without_a_policy_offers_nothing_and_a_service_without_offers_says_so(town, real_engine, caller_of):
    town.policy = ContactPolicy({}, {})
    assert town.call("/v1/citizens/ann/offers").status_code == 422
    bare = caller_of(create_app(RecommendationHandler(real_engine), Authentication(dev=True), lambda: NOW,
                                log=LogDesk(real_engine.declaration, town.home)))  # fmt: skip
    assert bare("GET", "/v1/citizens/ann/offers").status_code == 503


def test_the_metrics_say_what_waits_to_become_offers_and_for_how_long(town):
    def told():
        lines = [one.rsplit(" ", 1) for one in town.caller("GET", "/metrics", {}).text.splitlines()]
        return [float(value) for name, value in sorted(lines) if name.startswith("proffer_offers")]

    first = 1_792_454_460  # 09:01 of 20 October 2026 in Seoul
    assert told() == [town.now - first, 8, 0]  # seconds, events, people
    town.worker.step(town.now)
    assert told() == [0, 0, 0]
    town.now += 70 * DAY
    assert told() == [0, 0, 2]
