"""Agencies see their programmes as citizens do, what of their words was not read, and who offers something alike."""

from __future__ import annotations

import re

import pytest

from composition.target_groups import read_vocabulary
from recommender.engine import Engine
from recommender.reading.target_group import GroupVocabulary
from recommender.rules.catalogue import catalogue
from recommender.rules.clause import All, Any, Compare, NoData, Not, UnreadText, undecided_in
from serving.pages.agency_pages import add_agency_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import MESSAGES, document
from tests.serving.pages.conftest import NOW, Browser, page_frame
from tests.serving.pages.test_citizen_pages import text_of


def browser_of(engine, vocabulary, role="agency"):
    frame = page_frame(lambda: NOW)
    add_agency_pages(frame, lambda: engine, vocabulary)
    add_sign_in(frame, PersonaChooser(lambda: [Persona("one", role, "one", "one")]))
    browser = Browser(frame.app)
    page = browser.open("/sign-in?to=/agency&language=en")
    browser.send(page, "/sign-in", {"person": f"{role} one"}, follow=role == "agency")
    return browser


@pytest.fixture(scope="module")
def vocabulary(real_engine):
    return read_vocabulary(real_engine.declaration)


@pytest.fixture
def agency(real_engine, vocabulary):
    return browser_of(real_engine, vocabulary)


@pytest.mark.parametrize("path", ["", "/programmes/t.baby", "/try"])
def test_a_citizen_sees_none_of_it(real_engine, vocabulary, path):
    found = browser_of(real_engine, vocabulary, "citizen").ask("GET", f"/agency{path}", follow=False)
    assert found.headers["location"].startswith("/sign-in")


def test_an_agency_is_found_by_a_part_of_its_name(agency, real_engine):
    name = next(words for _, words in real_engine.catalogue.programmes[0].provider.name.pairs)
    assert "/agency/programmes/t.baby" in agency.open("/agency").text
    assert "/agency/programmes/t.baby" in agency.open(f"/agency?agency={name[1:4]}").text
    nobody = agency.open("/agency?agency=zzz<b>")
    assert "/agency/programmes/" not in nobody.text
    assert "<b>" not in nobody.text


def test_a_programme_is_shown_with_its_conditions_and_what_it_cannot_be_had_with(agency):
    page = agency.open("/agency/programmes/t.baby")
    assert page.status_code == 200
    assert "출생증명서" in page.text
    assert "24" in text_of(page)
    assert 'href="/agency/programmes/t.seoul"' in page.text  # which excludes it
    assert 'href="/agency/programmes/t.baby"' in agency.open("/agency/programmes/t.seoul").text
    assert agency.open("/agency/programmes/t.none").status_code == 404


def test_who_offers_alike_for_the_same_event_is_told_from_who_does_elsewhere(real_engine, vocabulary):
    town = {"id": "kr.town", "name": {"ko": "마을", "en": "Town"}, "level": "local"}
    made = [
        document("t.mine", {"all": []}, triggers=["life.child_born"]),
        document("t.own", {"all": []}, triggers=["life.child_born"]),  # of the same agency
        document("t.close", {"all": []}, triggers=["life.child_born"], provider=town),
        document("t.far", {"all": []}, triggers=["life.moved"], provider=town),
        document("t.other", {"all": []}, triggers=["life.child_born"], provider=town, category="housing"),
    ]
    held = catalogue([(one["id"], one) for one in made], real_engine.declaration, real_engine.regions)
    engine = Engine(real_engine.declaration, held, real_engine.regions, MESSAGES)
    page = browser_of(engine, vocabulary).open("/agency/programmes/t.mine?language=en").text
    overlap, elsewhere = page.split("Overlap with other agencies")[1].split("Similar programmes elsewhere")
    linked = [re.findall(r'href="/agency/programmes/([^"]+)"', part) for part in (overlap, elsewhere)]
    assert linked == [["t.close"], ["t.far"]]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_page_is_shown_in_each_language(agency, real_engine, language):
    for one in real_engine.catalogue.programmes:
        page = agency.open(f"/agency/programmes/{one.id}?language={language}")
        assert (page.status_code, f'<html lang="{language}">' in page.text) == (200, True)


def test_a_wording_is_tried_and_what_is_read_and_what_is_not_are_told_apart(agency):
    page = agency.open("/agency/try")
    good = text_of(agency.send(page, "/agency/try", {"text": "65세 이상 노인"}))
    assert "All of it was read" in good
    assert "65" in good.split("It is read as")[1]
    bad = text_of(agency.send(page, "/agency/try", {"text": "시장이 특별히 살핀 <i>사람</i>"}))
    assert "Not all of it was read" in bad
    assert "특별히" in bad.split("Not read")[1]


def test_what_is_tried_is_escaped(agency):
    page = agency.open("/agency/try")
    assert "<script>alert" not in agency.send(page, "/agency/try", {"text": "<script>alert(1)</script>"}).text


def test_where_no_text_is_read_the_page_says_so(real_engine):
    page = browser_of(real_engine, GroupVocabulary()).open("/agency/try")
    assert "not read yet" in text_of(page)
    assert "<textarea" not in page.text


def test_everything_that_nobody_can_settle_is_found_however_deep_it_stands():
    unread, missing = UnreadText("who", (0, 2), "xx"), NoData("nobody publishes it")
    read = Compare("pregnant", "is", True)
    assert list(undecided_in(All((read, Any((Not(unread), read)), missing)))) == [unread, missing]
    assert list(undecided_in(read)) == []
