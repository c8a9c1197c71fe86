"""The pages of offices in a real browser: no barrier that axe-core knows, no sideways scrolling, by keyboard alone."""

from __future__ import annotations

import pytest

from tests.serving.pages.office_site import office_site
from tests.serving.pages.real_browser import IN_CHROMIUM, WITH_AXE, barriers, by_tab, served, tab_of
from tests.serving.pages.test_in_a_browser import chromium

__all__ = ["chromium"]

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_CHROMIUM
PAGES = {
    "auditor": ("", "/runs", "/entries", "/entries/2", "/ledger", "/model", "/decisions?seed=1", "/sheets", "/files"),
    "caseworker": ("", "/requests/REQUEST", "/people", "/bring", "/habits"),
    "agency": (
        "",
        "/programmes/t.baby",
        "/try",
        "/reach?b0=65&place=11",
        "/reach?rule=t.women",
        "/need",
        "/need?event=life.job_lost",
    ),
}


@pytest.fixture(scope="module")
def offices(real_engine, tmp_path_factory):
    """The address of the pages on a free port of this machine, and the id of a request."""
    site = office_site(tmp_path_factory.mktemp("offices"), real_engine)
    with served(site.app) as address:
        yield address, site.review


@WITH_AXE
@pytest.mark.parametrize("role", sorted(PAGES))
@pytest.mark.parametrize(("language", "scheme"), [("ko", "light"), ("en", "dark")])
def test_axe_finds_no_barrier_in_an_office_and_nothing_scrolls_sideways(chromium, offices, role, language, scheme):
    address, request = offices
    page, found = tab_of(chromium, address, role, language, color_scheme=scheme), []
    for path in PAGES[role]:
        assert page.goto(f"{address}/{role}{path.replace('REQUEST', request)}").status == 200
        found += barriers(page, path)
    page.context.close()
    assert found == []


def test_a_file_that_a_form_writes_is_taken_as_often_as_it_is_asked_for(chromium, offices):
    page = tab_of(chromium, offices[0], "auditor")
    page.goto(f"{offices[0]}/auditor/files")
    for name in ("region", "curator", "author"):
        page.locator(f"#{name}").fill("Korea")
    for _ in range(2):
        with page.expect_download() as told:
            page.locator("form[action='/auditor/registry'] button").click()
        assert told.value.suggested_filename == "registry.json"
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_ledger_is_checked_by_keyboard_alone(chromium, offices, scripts):
    page = tab_of(chromium, offices[0], "auditor")
    if not scripts:
        page.route("**/*.js?*", lambda route: route.abort())
    page.goto(f"{offices[0]}/auditor/ledger")
    by_tab(page, "#check button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result .card.yes")
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_bound_is_moved_by_keyboard_alone_and_the_counts_follow(chromium, offices, scripts):
    page = tab_of(chromium, offices[0], "agency")
    if not scripts:
        page.route("**/*.js?*", lambda route: route.abort())
    page.goto(f"{offices[0]}/agency/reach?b0=64")
    assert "It reaches 70 people" in page.locator("#reached").inner_text()
    by_tab(page, "#b0")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    if not scripts:
        by_tab(page, "form[data-reach] button")
        page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('#reached').innerText.includes('It reaches 45 people')")
    if scripts:
        assert page.locator("output[for=b0]").inner_text() == "67"
        assert "b0=67" in page.url
    page.context.close()


def test_a_lost_connection_is_said_beside_the_sliders_and_nothing_entered_is_lost(chromium, offices):
    page = tab_of(chromium, offices[0], "agency")
    page.goto(f"{offices[0]}/agency/reach?b0=64")
    page.locator("#amount").fill("123456")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    page.locator("#b0").press("ArrowRight")
    page.wait_for_selector("#told .warn")
    assert page.locator("#told").inner_text() == page.locator("#told").get_attribute("data-lost")
    assert page.locator("#amount").input_value() == "123456"
    page.context.set_offline(False)
    page.locator("#b0").press("ArrowRight")
    page.wait_for_function("() => location.search.includes('b0=66')")
    page.context.close()
