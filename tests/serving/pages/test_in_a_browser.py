"""The pages in a real browser: by keyboard alone, with and without scripts, without barriers that axe-core knows."""

from __future__ import annotations

import pytest

from tests.serving.pages.citizen_site import desk_of, site_of
from tests.serving.pages.conftest import NOW
from tests.serving.pages.real_browser import IN_CHROMIUM, WITH_AXE, barriers, by_tab, launched, served

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

PAGES = ("/citizen", "/citizen/all", "/citizen/why/t.women", "/citizen/life", "/citizen/household",
         "/citizen/fact/region", "/citizen/fact/founding", "/citizen/consents", "/citizen/requests", "/citizen/review",
         "/citizen/letter", "/citizen/why/none", "/sign-in", "/check")  # fmt: skip
MOST_BYTES = 200_000

pytestmark = IN_CHROMIUM


@pytest.fixture(scope="module")
def address(real_engine, tmp_path_factory):
    """The pages on a free port of this machine."""
    desk = desk_of(tmp_path_factory.mktemp("pages"), real_engine)
    with served(site_of(real_engine, desk, lambda: NOW)) as found:
        yield found


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture
def tab(chromium, address):
    """Opens a page of its own as somebody."""
    made = []

    def opened(person="ann", language="en", width=1280, **more):
        context = chromium.new_context(viewport={"width": width, "height": 900}, locale=language, **more)
        made.append(context)
        found = context.new_page()
        found.set_default_timeout(60_000)
        found.goto(f"{address}/sign-in?to=/citizen&language={language}")
        found.locator(f"input[value='citizen {person}']").check()
        found.locator("main button").click()
        found.wait_for_url("**/citizen")
        return found

    yield opened
    for context in made:
        context.close()


@WITH_AXE
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_no_barrier_and_nothing_scrolls_sideways(tab, address, language, scheme):
    page, found = tab(language=language, color_scheme=scheme), []
    for path in PAGES:
        page.goto(address + path)
        found += barriers(page, path)
    assert found == []


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_question_is_answered_by_keyboard_alone(tab, scripts):
    page = tab("ben", java_script_enabled=True)
    if not scripts:
        page.route("**/*.js?*", lambda route: route.abort())
        page.reload()
    asked = page.locator("input[name=fact]").get_attribute("value")
    by_tab(page, "button[name=leave][value=asked]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#told:not(:empty) p, main .notice")
    page.wait_for_function("asked => document.querySelector('input[name=fact]')?.value !== asked", arg=asked)
    assert page.url.endswith("/citizen")


def test_with_scripts_an_answer_replaces_the_list_and_the_keyboard_goes_on_there(tab):
    page = tab("ben")
    page.evaluate("window.stayed = true")
    asked = page.locator("input[name=fact]").get_attribute("value")
    page.locator("button[name=leave][value=declined]").click()
    page.wait_for_function("asked => document.querySelector('input[name=fact]')?.value !== asked", arg=asked)
    assert page.evaluate("window.stayed") is True
    page.wait_for_function("document.activeElement.id === 'question'")


def test_a_review_is_asked_for_by_keyboard_alone_without_scripts(chromium, address):
    context = chromium.new_context(java_script_enabled=False, locale="ko")
    page = context.new_page()
    page.goto(f"{address}/sign-in?to=/citizen/review&language=ko")
    for key in ("Tab",) * 4:  # past what is skipped, and the languages, to the people
        page.keyboard.press(key)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/citizen/review")
    page.locator("textarea").focus()
    page.keyboard.type("아이와 함께 삽니다.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/citizen/requests")
    assert "아이와 함께 삽니다." in page.inner_text("table")
    context.close()


def test_a_first_visit_asks_nobody_else_and_is_light(chromium, address):
    context = chromium.new_context()
    page, sizes, asked, said = context.new_page(), [], [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    page.on("console", lambda told: said.append(told.text))
    page.goto(f"{address}/sign-in", wait_until="networkidle")
    assert [url for url in asked if not url.startswith(address)] == []
    assert 0 < sum(sizes) < MOST_BYTES
    assert said == []
    context.close()


def test_a_page_is_read_at_four_hundred_percent_without_scrolling_sideways(tab, address):
    page = tab(width=320)
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_with_scripts_an_ended_session_is_said_and_not_a_part_of_the_page_lost(tab):
    page = tab("ben")
    page.context.clear_cookies()
    page.locator("button[name=leave][value=declined]").click()
    page.wait_for_function("() => document.querySelector('h1').textContent === 'Your session has ended'")
    page.locator("main a.button").click()
    page.wait_for_url("**/sign-in")


def test_before_a_session_ends_it_is_said_and_a_button_keeps_it_and_what_was_typed(tab, address):
    page = tab("ben")
    page.clock.install()
    page.goto(f"{address}/citizen/review")
    page.locator("textarea").fill("The child lives with me.")
    page.clock.fast_forward("54:59")
    assert page.locator("#told .notice").count() == 0
    page.clock.fast_forward("00:02")
    assert page.locator("#told .stays").inner_text().startswith(page.locator("#stays").get_attribute("data-soon"))
    assert page.locator("textarea").evaluate("one => one === document.activeElement")
    assert barriers(page, "/citizen/review") == []
    page.locator("#told button").focus()
    with page.expect_response("**/stay") as kept:
        page.keyboard.press("Enter")
    assert kept.value.status == 200
    page.wait_for_function("() => !document.querySelector('#told button')")
    page.clock.fast_forward("54:58")
    assert page.locator("#told button").count() == 0
    page.clock.fast_forward("00:05")
    assert page.locator("#told button").count() == 1
    page.clock.fast_forward("05:00")
    assert page.locator("#told .stays").inner_text() == page.locator("#stays").get_attribute("data-ended")
    assert page.locator("textarea").input_value() == "The child lives with me."


def test_where_the_connection_is_lost_it_is_said_and_nothing_typed_is_lost(tab, address):
    page = tab("ben")
    asked = page.locator("input[name=fact]").get_attribute("value")
    page.context.set_offline(True)
    page.locator("button[name=leave][value=declined]").click()
    page.wait_for_selector("#told .notice.warn")
    assert page.locator("input[name=fact]").get_attribute("value") == asked
    page.context.set_offline(False)
    page.goto(f"{address}/citizen/review")
    page.locator("textarea").fill("The child lives with me.")
    page.context.set_offline(True)
    page.locator("main form button").click()
    page.wait_for_selector("#told .notice.warn")
    assert page.locator("textarea").input_value() == "The child lives with me."
    page.context.set_offline(False)
    page.locator("main form button").click()
    page.wait_for_url("**/citizen/requests")


def test_a_button_that_is_pressed_twice_sends_once(tab, address):
    page, sent = tab("ann"), []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(f"{address}/citizen/review")
    page.locator("textarea").fill("The amount is wrong.")
    page.evaluate("() => { const one = document.querySelector('main form button'); one.click(); one.click() }")
    page.wait_for_url("**/citizen/requests")
    assert sent == [f"{address}/citizen/review"]


def test_where_the_service_answers_nothing_a_part_of_the_page_stays_and_it_is_said(tab):
    page = tab("ben")
    page.route("**/citizen/answer", lambda route: route.abort())
    page.locator("button[name=leave][value=declined]").click()
    page.wait_for_selector("#told .notice.warn")
    assert page.locator("input[name=fact]").count() == 1


def test_who_signed_out_shows_nothing_by_going_back(tab):
    page = tab("ann")
    page.locator("footer button").click()
    page.wait_for_url("**/sign-in")
    page.go_back()
    page.wait_for_load_state()
    assert page.locator("#offers").count() == 0


def test_on_paper_stand_no_navigation_no_forms_and_no_buttons(tab, address):
    page = tab("ann")
    page.goto(f"{address}/citizen/household")
    page.emulate_media(media="print")
    left_out = [page.locator(f"{one}:visible").count() for one in ("header.site", "footer.site", "form", ".skip")]
    assert (left_out, page.locator("main ul.known:visible").count() > 0) == ([0, 0, 0, 0], True)


def test_no_other_site_shows_a_page_in_a_frame(chromium, address):
    page = chromium.new_context().new_page()
    page.set_content(f"<iframe src='{address}/sign-in'></iframe>")
    page.wait_for_timeout(500)
    assert page.frames[1].url == "chrome-error://chromewebdata/"
    page.context.close()


def test_with_scripts_what_is_refused_is_said(tab):
    page = tab("ben")
    page.locator("input[name=fact]").evaluate("field => { field.value = 'none' }")
    page.locator("button[name=leave][value='']").click()
    page.wait_for_function("() => document.querySelector('h1').textContent === 'This was not done'")
    assert page.url.endswith("/citizen")
