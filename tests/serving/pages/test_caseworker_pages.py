"""Caseworkers see what is due first, look up who agreed and nobody else, rule once, and are counted when they hurry."""

from __future__ import annotations

import re

import pytest

from composition.purpose_terms import consent_terms
from features.calendar import DAY_SECONDS
from features.log.database import Database
from rendering.casework_page import habits_view
from rendering.voice import voice_of
from serving.http.handler import RecommendationHandler
from serving.http.log_desk import LogDesk
from serving.http.wire import RecommendationRequest
from serving.pages.caseworker_pages import QUICK_SECONDS, ContactWork, add_caseworker_pages
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import MESSAGES
from tests.serving.http.citizens_calls import home_with, stated
from tests.serving.pages.citizen_site import AGREED, ANN, BEN
from tests.serving.pages.conftest import NOW, Browser, Clock, page_frame
from tests.serving.pages.office_site import somebody_to_speak_to
from tests.serving.pages.test_citizen_pages import decisions, text_of
from tests.serving.proactive.deployments import Deployment


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def handler(real_engine):
    return RecommendationHandler(real_engine, **consent_terms(real_engine.declaration))


@pytest.fixture
def desk(tmp_path, real_engine):
    home = home_with(tmp_path, real_engine, stated("ann", ANN), stated("ben", BEN), AGREED)
    return LogDesk(real_engine.declaration, home)


@pytest.fixture
def town(tmp_path, real_engine):
    """Where messages wait to be brought."""
    database = Database(f"sqlite:///{tmp_path}/events.db")
    yield Deployment(database, real_engine)
    database.close()


@pytest.fixture
def app(desk, handler, clock, town):
    frame = page_frame(clock)
    add_caseworker_pages(frame, CitizenDesk(handler, desk), ContactWork(town.stores, lambda: town.worker.watch))
    people = [Persona(one, "caseworker", one, one) for one in ("kim", "lee", "ann")]
    add_sign_in(frame, PersonaChooser(lambda: [*people, Persona("ann", "citizen", "ann", "ann")]))
    return frame.app


def browser_of(app, who="kim", role="caseworker"):
    browser = Browser(app)
    page = browser.open("/sign-in?to=/caseworker&language=en")
    browser.send(page, "/sign-in", {"person": f"{role} {who}"}, follow=role == "caseworker")
    return browser


@pytest.fixture
def kim(app):
    return browser_of(app)


def asked(desk, reason="please look", decision=None, now=NOW, who="ann"):
    return desk.requests.review(who, reason, decision, now).id


def answered(handler, desk, who="ann"):
    """The id of an answer that is on record."""
    found = handler.decide(RecommendationRequest(events=[], k=10), who, NOW, desk.life(who))
    desk.records.keep(found, NOW, plain=True)
    return found.id


def ruled(browser, id_, granted="no", note="I looked at it", follow=True):
    page = browser.open(f"/caseworker/requests/{id_}")
    return browser.send(page, f"/caseworker/requests/{id_}", {"granted": granted, "note": note}, follow=follow)


@pytest.mark.parametrize("path", ["", "/requests/x", "/people", "/bring", "/bring/letters", "/habits"])
def test_a_citizen_sees_none_of_it(app, path):
    found = browser_of(app, "ann", "citizen").ask("GET", f"/caseworker{path}", follow=False)
    assert found.headers["location"].startswith("/sign-in")


def test_what_is_late_stands_first_and_says_by_how_much(kim, desk):
    asked(desk, "the second", now=NOW)
    first = asked(desk, "the first", now=NOW - 40 * DAY_SECONDS)
    page = kim.open("/caseworker")
    assert re.findall(r'href="/caseworker/requests/(\w+)"', page.text)[0] == first
    assert "10 days late" in text_of(page)
    assert "30 days left" in text_of(page)


def test_a_ruling_has_a_reason_and_the_person_reads_both(kim, desk):
    id_ = asked(desk)
    without = ruled(kim, id_, note="  ")
    assert (without.status_code, "give a reason" in text_of(without)) == (422, True)
    assert desk.requests.one(id_, NOW)["state"] == "open"
    assert "on record" in text_of(ruled(kim, id_, "yes"))
    found = desk.requests.one(id_, NOW)
    assert (found["state"], found["note"], found["ruled_by"]) == ("granted", "I looked at it", "kim")


def test_of_two_who_rule_at_once_the_second_is_told_and_keeps_what_they_wrote(app, desk, kim):
    id_, lee = asked(desk), browser_of(app, "lee")
    page = lee.open(f"/caseworker/requests/{id_}")
    ruled(kim, id_, "no", "the rules are clear")
    late = lee.send(page, f"/caseworker/requests/{id_}", {"granted": "yes", "note": "I see it otherwise"})
    assert late.status_code == 409
    assert all(words in text_of(late) for words in ("Somebody else ruled", "the rules are clear", "I see it otherwise"))
    assert desk.requests.one(id_, NOW)["note"] == "the rules are clear"


def test_nobody_rules_on_what_is_their_own(app, desk):
    id_ = asked(desk)
    found = ruled(browser_of(app, "ann"), id_)
    assert (found.status_code, "of their own" in text_of(found)) == (409, True)
    assert desk.requests.one(id_, NOW)["state"] == "open"


def test_what_a_person_wrote_is_escaped(kim, desk):
    id_ = asked(desk, "<script>alert(1)</script> \u202eabc\u200b")
    page = kim.open(f"/caseworker/requests/{id_}")
    assert "<script>alert" not in page.text
    assert "\u202e" not in page.text


@pytest.mark.parametrize(("reads", "waits", "act"), [
    (True, QUICK_SECONDS, "review:confirmed"),
    (True, 0, "review:confirmed-quick"),
    (False, QUICK_SECONDS, "review:confirmed-unread"),
    (False, QUICK_SECONDS - 1, "review:confirmed-unread-quick"),
])  # fmt: skip
def test_it_is_on_record_whether_the_reasons_were_opened_and_how_soon(kim, desk, handler, clock, reads, waits, act):
    path = f"/caseworker/requests/{asked(desk, decision=answered(handler, desk))}"
    if reads:
        assert "Why the computer" in text_of(kim.open(f"{path}?reasons=1"))
    page = kim.open(path)
    clock.now += waits
    kim.send(page, path, {"granted": "no", "note": "it is right"})
    assert act in [one.act for one in desk.records.acts("ann")]
    assert "100 %" in text_of(kim.open("/caseworker/habits"))


def test_what_is_counted_adds_up():
    counts = {"review:confirmed": 5, "review:confirmed-unread": 2, "review:confirmed-quick": 1,
              "review:confirmed-unread-quick": 2, "review:changed": 3, "claim:granted": 9}  # fmt: skip
    rows = habits_view(counts, voice_of(MESSAGES, "en"))["rows"]
    assert [row[1:] for row in rows] == [["10", "100 %"], ["4", "40 %"], ["3", "30 %"], ["2", "20 %"], ["3", ""]]


def test_who_agreed_is_looked_up_on_record_and_no_address_names_them(kim, desk):
    page = kim.open("/caseworker/people")
    found = kim.send(page, "/caseworker/people", {"citizen": "ann"})
    assert found.status_code == 200
    assert "t.baby" in text_of(found)
    assert found.url.path == "/caseworker/people"
    assert "kim · Looked at what there is." in text_of(found)
    assert "recommendations:read" not in found.text
    act = desk.records.acts("ann")[0]
    assert (act.actor, act.ground) == ("kim", "casework")
    assert decisions(desk, "ann")


def test_what_belongs_to_an_event_and_depends_on_answers_is_shown_to_caseworkers_too(kim, desk):
    moved = {**stated("moved", {}), "subject": "cho", "type": "life.moved"}
    agreed = {**AGREED, "id": "cho agreed", "subject": "cho"}
    desk.take([moved, agreed], NOW).result()
    found = kim.send(kim.open("/caseworker/people"), "/caseworker/people", {"citizen": "cho"})
    sections = re.findall("<section><h3>.*?</section>", found.text, re.DOTALL)
    assert (found.status_code, ["t.seoul" in one for one in sections]) == (200, [True])


@pytest.mark.parametrize("who", ["ben", "nobody", ""])
def test_who_did_not_agree_is_as_a_stranger_is(kim, desk, who):
    page = kim.open("/caseworker/people")
    found = kim.send(page, "/caseworker/people", {"citizen": who})
    assert found.status_code == 404
    assert "t.baby" not in text_of(found)
    assert (desk.records.acts("ben"), decisions(desk, "ben")) == ((), [])


def test_whom_to_speak_to_is_listed_until_it_was_done(kim, town, clock):
    clock.now = somebody_to_speak_to(town)
    kim.send(kim.open("/sign-in?to=/caseworker"), "/sign-in", {"person": "caseworker kim"})
    page = kim.open("/caseworker/bring")
    assert "bob" in text_of(page)
    done = kim.send(page, "/caseworker/bring")
    assert "on record as delivered" in text_of(done)
    assert "bob" not in text_of(done)
    assert town.states("bob")["t.baby"] == "delivered"
    again = {"form_token": re.search(r'name="form_token" value="(.*?)"', done.text)[1], "message": "msg_0"}
    assert kim.ask("POST", "/caseworker/bring", again).status_code == 404
