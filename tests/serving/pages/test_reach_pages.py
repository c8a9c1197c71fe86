"""An agency moves the bounds of a rule: the page says whom it reaches, who is left out, and what cannot be."""

from __future__ import annotations

import re

import pytest

from recommender.engine import Engine
from recommender.rules.catalogue import catalogue
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.http.reach_desk import ReachDesk
from serving.pages.reach_pages import add_reach_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import MESSAGES, document
from tests.recommender.reach.test_noised_census import census_of as noised_of
from tests.recommender.reach.test_noised_census import table_of
from tests.serving.http.test_reach import PEOPLE, census_of
from tests.serving.pages.conftest import NOW, Browser, page_frame
from tests.serving.pages.test_citizen_pages import text_of

FACTS = ("age", "income_percent")


def browser_of(engine, census, role="agency", language="en"):
    frame = page_frame(lambda: NOW)
    add_reach_pages(frame, ReachDesk(lambda: engine, census), FACTS)
    add_sign_in(frame, PersonaChooser(lambda: [Persona("one", role, "one", "one")]))
    browser = Browser(frame.app)
    page = browser.open(f"/sign-in?to=/agency/reach&language={language}")
    browser.send(page, "/sign-in", {"person": f"{role} one"}, follow=role == "agency")
    return browser


@pytest.fixture(scope="module")
def census(real_engine):
    return census_of(PEOPLE, real_engine.regions)


@pytest.fixture
def agency(real_engine, census):
    return browser_of(real_engine, lambda: census)


def test_a_programmes_rule_is_counted_as_it_is_and_as_it_is_moved(agency):
    page = agency.open("/agency/reach?rule=t.women")
    assert (page.status_code, 'min="0"' in page.text, 'value="19"' in page.text) == (200, True, True)
    assert "as many as the rule in force" in text_of(page)
    older = text_of(agency.open("/agency/reach?rule=t.women&b0=90"))
    assert "0 people (0.0%)" in older
    moved = text_of(agency.open("/agency/reach?rule=t.poor"))
    assert "145 people may meet the rule" in moved  # of nobody's income anything is known
    assert "states no amount" in moved


def test_while_a_bound_is_dragged_likely_and_depends_are_one_count(real_engine):
    census = census_of([{"region": 11440}] * 30 + [{"region": 11440, "age": 70}] * 50, real_engine.regions)
    who = {"all": [{"fact": "age", "at_least": 65}, {"no_data": "성실한 사람"}]}
    held = catalogue([("t.diligent", document("t.diligent", who))], real_engine.declaration, real_engine.regions)
    engine = Engine(real_engine.declaration, held, real_engine.regions, MESSAGES)
    agency = browser_of(engine, lambda: census)
    page, quick = agency.open("/agency/reach?rule=t.diligent"), agency.open("/agency/reach?rule=t.diligent&quick=1")
    assert (" data-apart" in page.text, " data-apart" in quick.text) == (True, False)
    assert [re.findall(r'data-head="([^"]+)">([\d-]+)<', one.text)[:many] for one, many in ((page, 4), (quick, 3))] == [
        [("Yes", "0"), ("Likely", "50"), ("Not known yet", "30"), ("No", "0")],
        [("Yes", "0"), ("Open", "80"), ("No", "0")],
    ]
    certain = agency.open("/agency/reach?b0=65&quick=1")  # of facts alone nobody stands likely: nothing is left to tell
    assert " data-apart" in certain.text
    assert "Not known yet" in text_of(certain)


def test_a_draft_leaves_nobody_out_until_a_bound_is_moved(agency):
    assert "It reaches 145 people (100.0%)" in text_of(agency.open("/agency/reach"))
    page = agency.open("/agency/reach?b0=65&amount=100000")
    told = text_of(page)
    assert "It reaches 70 people (48.3%)" in told
    assert "7,000,000" in told or "700" in told
    assert "15 people may meet the rule" in told


def test_a_draft_has_no_bound_of_what_is_known_of_nobody(agency):
    page = agency.open("/agency/reach")
    assert ('id="b0"' in page.text, 'id="b1"' in page.text, 'id="b2"' in page.text) == (True, True, False)


def test_a_place_shows_its_districts(agency):
    page = agency.open("/agency/reach?b0=65&place=26")
    assert 'value="26" selected' in page.text
    assert "Jung-gu" in page.text.split('id="reached"')[1]
    assert 'value="99" selected' not in agency.open("/agency/reach?place=99").text


def test_a_province_is_that_of_the_day_whenever_somebody_said_where_they_live(real_engine):
    census = census_of([{"region": 12210}] * 30 + [{"region": 29110}] * 20, real_engine.regions)
    agency = browser_of(real_engine, lambda: census)
    page = agency.open("/agency/reach").text.split('id="reached"')
    assert re.findall(r'<option value="(12|29)">', page[0]) == ["12"]
    assert 'class="what">Jeonnam-Gwangju<' in page[1]
    assert len(re.findall(r'class="what">Dong-gu, ', agency.open("/agency/reach?place=12").text)) == 2


def test_provinces_and_groups_that_are_not_told_are_named_in_one_sentence_each(real_engine):
    people = [{"region": 11440}] * 30 + [{"region": 26110}] * 4 + [{"region": 12210}] * 25 + [{"region": 41110}] * 7
    page = browser_of(real_engine, lambda: census_of(people, real_engine.regions)).open("/agency/reach").text
    told = page.split("Where</h2>")[1].split("</table>")
    assert re.findall(r'class="what">([^<]+)<', told[0]) == ["Seoul", "Jeonnam-Gwangju"]
    assert re.findall("would tell one that is: ([^<]+)<", told[1])[0] == "Busan, Gyeonggi-do."
    assert 'data-head="Yes">-<' not in page


def test_a_rule_that_nobody_can_meet_says_so(agency):
    told = text_of(agency.open("/agency/reach?b0=70&b1=40"))
    assert "Nobody can meet this rule" in told
    assert "Nobody can meet this rule" not in text_of(agency.open("/agency/reach?b0=40&b1=70"))


@pytest.mark.parametrize(
    "query", ["b0=canary", "b0=-3", "b0=9999999999999999", "rule=t.none", "amount=<i>x</i>", "z=1"]
)
def test_what_is_no_number_or_no_rule_changes_nothing(agency, query):
    page = agency.open(f"/agency/reach?{query}")
    assert page.status_code == 200
    assert "<i>" not in page.text


def test_a_table_with_noise_is_moved_along_its_spans_and_tells_its_error(real_engine):
    people = [{"age": 70, "income_percent": 30, "region": 11440}] * 400 + [{"age": 30, "region": 11440}] * 300
    agency = browser_of(real_engine, lambda: noised_of(table_of(people, deviation=2.0)))
    page = agency.open("/agency/reach?b0=64")
    assert re.findall(r"<option selected>(\d+)</option>", page.text)[0] == "65"
    assert "standard error" in text_of(page)
    assert "table of real people with noise" in text_of(page)
    assert "It reaches 400 people" in text_of(page)


@pytest.mark.parametrize(("kind", "said"), [(problems.NOT_FOUND, "proffer demo"), (problems.BUSY, "still being read")])
def test_where_there_is_nobody_the_page_says_what_to_do(real_engine, kind, said):
    def nobody():
        raise RefusedError(kind, "")

    page = browser_of(real_engine, nobody).open("/agency/reach")
    assert (page.status_code, said in page.text) == (kind.status, True)


def test_a_citizen_does_not_see_it(real_engine, census):
    found = browser_of(real_engine, lambda: census, "citizen").ask("GET", "/agency/reach", follow=False)
    assert found.headers["location"].startswith("/sign-in")


def test_the_page_speaks_korean(real_engine, census):
    page = browser_of(real_engine, lambda: census, language="ko").open("/agency/reach?b0=65")
    assert "70명이 받을 수 있습니다" in text_of(page)
