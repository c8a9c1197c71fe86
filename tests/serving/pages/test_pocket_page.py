"""Somebody checks what they may get without telling anybody: the rules come to the browser, and nothing leaves it."""

from __future__ import annotations

import json
from datetime import date

import pytest

from recommender.engine import Engine
from recommender.rules.catalogue import catalogue
from recommender.standing import standing
from rendering.voice import voice_of
from serving.pages.pocket_pages import PocketShelf
from tests.recommender.catalogues import MESSAGES, document
from tests.serving.pages.citizen_site import desk_of, site_of
from tests.serving.pages.conftest import NOW, VOICES, Browser
from tests.serving.pages.real_browser import WITH_AXE, barriers, by_tab, in_chromium, served
from tests.serving.pages.test_in_a_browser import chromium

__all__ = ["chromium"]

DAY = date(2026, 11, 1)
HOUSEHOLD = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"],
             "annual_pay_won": 20_000_000, "pregnant": False}  # fmt: skip


@pytest.fixture
def app(tmp_path, real_engine):
    return site_of(real_engine, desk_of(tmp_path, real_engine), lambda: NOW)


@pytest.fixture
def address(app):
    with served(app) as found:
        yield found


@pytest.fixture
def page(chromium):
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    context = chromium.new_context(locale="en")
    found = context.new_page()
    found.set_default_timeout(30_000)
    yield found
    context.close()


def begun(page, address):
    """Begin; gives the fact that each question asks for, and every request from then on."""
    page.goto(f"{address}/check?language=en")
    with page.expect_response("**/pocket/words.en.json") as told:
        page.locator("#begin").click()
    page.wait_for_selector("#question")
    page.wait_for_load_state("networkidle")
    sent = []
    page.on("request", lambda request: sent.append(request.url))
    return {one["text"]: one["fact"] for one in told.value.json()["facts"]}, sent


def test_anybody_opens_it_and_it_loads_no_rules_until_asked(app):
    page = Browser(app).open("/check", **{"accept-language": "ko"})
    assert (page.status_code, page.url.path) == (200, "/check")
    assert "알리지 않고" in page.text
    assert "<noscript>" in page.text
    assert "rules.pocket" not in page.text


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_words_of_a_language_ask_for_every_fact_that_can_be_stated(app, real_engine, language):
    found = Browser(app).open(f"/pocket/words.{language}.json")
    stated = {name for name, fact in real_engine.declaration.facts.items() if fact.derived is None}
    assert {one["fact"] for one in found.json()["facts"]} == stated
    assert len(found.json()["titles"]) == len(real_engine.catalogue.programmes)
    assert found.headers["cache-control"] == "no-cache"
    assert "set-cookie" not in found.headers


def test_what_programmes_give_and_when_is_told_in_their_agencies_words(app, real_engine):
    found = Browser(app).open("/pocket/words.ko.json").json()
    places = {one.id: place for place, one in enumerate(real_engine.catalogue.programmes)}
    assert found["details"][places["t.baby"]] == [["200만원"], []]
    assert found["details"][places["t.after"]] == [[], [["매년 3월"]]]
    assert found["details"][places["t.women"]] == [[], []]


def test_a_title_says_its_language_and_hides_or_turns_nothing(real_engine):
    texts = {"title": {"ko": "지원금 \u202e000,05"}, "value": {"text": {"en": "5\u200b0 won"}}}
    made = document("t.won", {"all": []}, **texts)
    written = catalogue([("t.won", made)], real_engine.declaration, real_engine.regions)
    engine = Engine(real_engine.declaration, written, real_engine.regions, MESSAGES)
    shelf = PocketShelf(lambda: engine, lambda: NOW, VOICES)
    found = json.loads(shelf.file("words.en.json")[0])
    assert (found["titles"], found["details"]) == ([["“지원금 \ufffd000,05”", "ko"]], [[["5\ufffd0 won"], []]])


def test_where_words_would_be_too_many_amounts_and_times_are_left_out(tmp_path, real_engine, monkeypatch):
    monkeypatch.setattr("serving.pages.pocket_pages.MOST_WORDS", 100)
    found = (
        Browser(site_of(real_engine, desk_of(tmp_path, real_engine), lambda: NOW)).open("/pocket/words.ko.json").json()
    )
    assert "details" not in found
    assert len(found["titles"]) == len(real_engine.catalogue.programmes)


@pytest.mark.parametrize("name", ["none.js", "words.xx.json", "..%2fpage.py", "words.en.json%00"])
def test_there_is_no_other_file(app, name):
    assert Browser(app).open(f"/pocket/{name}").status_code == 404


def test_the_files_are_of_the_day_on_which_they_are_asked_for(tmp_path, real_engine):
    now = [NOW]
    app = site_of(real_engine, desk_of(tmp_path, real_engine), lambda: now[0])
    days = []
    for _ in range(2):
        days.append(json.loads(Browser(app).open("/pocket/words.en.json").text)["day"])
        now[0] += 86_400
    assert days == ["2026-11-01", "2026-11-02"]


def answer(page, fact):
    """Answer the question on the page, or say that one does not know."""
    value = HOUSEHOLD.get(fact)
    if value is None:
        page.get_by_role("button", name="I do not know").click()
        return
    if isinstance(value, bool) or fact == "sex":
        page.locator(f"#pocket input[value='{str(value).lower()}']").check()
    elif fact == "region":
        page.locator("#pocket select").select_option(value)
    else:
        page.locator("#pocket fieldset input").first.fill(str(value[0] if isinstance(value, list) else value))
    page.get_by_role("button", name="Next").click()


def listed(page, standing_name):
    return sorted(page.locator(f"#pocket .card.{standing_name} li > strong > bdi").all_inner_texts())


@in_chromium
def test_a_household_is_judged_as_the_engine_judges_it_and_nothing_is_sent(page, address, real_engine):
    facts, sent = begun(page, address)
    page.context.set_offline(True)
    asked = []
    while page.locator("#pocket fieldset").count():
        asked.append(facts[page.locator("#pocket legend").inner_text()])
        assert len(asked) < 30
        answer(page, asked[-1])
        page.wait_for_function("n => document.querySelectorAll('#pocket ul.known li').length === n", arg=len(asked))
    assert set(HOUSEHOLD) & set(asked) >= {"birth_date", "sex", "children"}
    known = {name: value for name, value in HOUSEHOLD.items() if name in asked}
    person = real_engine.from_facts(known, ["citizen"], DAY)
    english = voice_of(MESSAGES, "en")
    for name in ("yes", "likely"):
        expected = [
            english.read(one.title.to_document())
            for one, verdict in zip(real_engine.catalogue.programmes, real_engine.verdicts(person, DAY), strict=True)
            if standing(verdict) == name
        ]
        assert listed(page, name) == sorted(expected), name
    assert "t.baby" in [
        one.id
        for one, verdict in zip(real_engine.catalogue.programmes, real_engine.verdicts(person, DAY), strict=True)
        if standing(verdict) == "yes"
    ]
    assert page.locator("#pocket .card.yes dd").all_inner_texts() == ["“200만원”"]
    assert page.locator("#pocket .card.yes dd bdi").get_attribute("lang") == "ko"
    assert "as the agency wrote them" in page.locator("#pocket").inner_text()
    assert sent == []
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.forms.length]") == [0, 0, 0]


@in_chromium
def test_it_is_done_by_keyboard_and_an_answer_is_taken_back(page, address):
    facts, sent = begun(page, address)
    first = page.locator("#pocket legend").inner_text()
    assert page.evaluate("document.activeElement.id") == "question"
    assert page.locator("#pocket input[type=date]").count(), facts[first]
    by_tab(page, "#pocket input[type=date]")
    page.keyboard.type("04021993")
    by_tab(page, "#pocket .row button:first-child")
    page.keyboard.press("Enter")
    page.wait_for_function("first => document.querySelector('#pocket legend').textContent !== first", arg=first)
    assert "April 2, 1993" in page.locator("#pocket ul.known").inner_text()
    by_tab(page, "#pocket section:last-child .row button:first-child")
    page.keyboard.press("Enter")
    page.wait_for_function("first => document.querySelector('#pocket legend').textContent === first", arg=first)
    assert sent == []


@in_chromium
def test_an_answer_that_is_none_is_said_and_kept_in_its_field(page, address):
    begun(page, address)
    page.get_by_role("button", name="Next").click()
    assert "Choose an answer" in page.locator("#pocket [role=alert]").inner_text()
    page.locator("#pocket input[type=date]").fill("2999-01-01")
    page.get_by_role("button", name="Next").click()
    assert page.locator("#pocket [role=alert]").inner_text()
    assert page.locator("#pocket input[type=date]").input_value() == "2999-01-01"


@in_chromium
def test_without_scripts_a_sentence_stands_in_place_of_the_button(chromium, address):
    context = chromium.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{address}/check?language=en")
    assert not page.locator("#begin").is_visible()
    assert "This page needs JavaScript" in page.inner_text("main")
    context.close()


@in_chromium
def test_rules_that_cannot_be_loaded_are_said_and_may_be_tried_again(page, address):
    page.goto(f"{address}/check?language=en")
    page.context.set_offline(True)
    page.locator("#begin").click()
    page.wait_for_function("() => document.getElementById('state').textContent.includes('could not be loaded')")
    page.context.set_offline(False)
    page.locator("#begin").click()
    page.wait_for_selector("#question")


@in_chromium
@WITH_AXE
def test_axe_finds_no_barrier_while_it_asks(page, address):
    begun(page, address)
    found = barriers(page, "/check")
    for _ in range(3):
        page.get_by_role("button", name="I do not know").click()
        found += barriers(page, "/check")
    assert found == []


@in_chromium
@pytest.mark.parametrize("width", [390, 1280])
def test_every_time_of_a_programme_stands_below_the_first(page, address, width):
    def many(route):
        words = route.fetch().json()
        when = [["in March", ""], ["in May", ""], ["in July", ""]]
        words["details"] = [[["money", ""], when] for _ in words["titles"]]
        route.fulfill(json=words)

    page.set_viewport_size({"width": width, "height": 900})
    page.route("**/pocket/words.en.json", many)
    facts, _ = begun(page, address)
    while page.locator("#pocket fieldset").count() and not page.locator("#pocket .card dd").count():
        answer(page, facts[page.locator("#pocket legend").inner_text()])
    lefts = "every => new Set(every.map(one => one.getBoundingClientRect().left)).size"
    assert page.locator("#pocket .card dd").count() >= 4
    assert page.locator("#pocket .card dd").evaluate_all(lefts) == 1
