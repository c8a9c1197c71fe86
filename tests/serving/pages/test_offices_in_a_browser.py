"""The pages of offices in a real browser: no barrier that axe-core knows, no sideways scrolling, by keyboard alone."""

from __future__ import annotations

import pytest

from composition.duty_sheets import filled_sheets, read_sheets
from composition.ledger_reading import LedgerAnswers
from composition.purpose_terms import consent_terms
from composition.settings import country_folder
from composition.target_groups import read_vocabulary
from composition.workspace import Workspace
from features.log.database import Database
from privacy.accounting.mechanism import declared
from rendering.service_catalogue import service_catalogue
from rendering.voice import voice_of
from serving.http.access import Authentication
from serving.http.handler import RecommendationHandler
from serving.http.service_frame import Lifecycle, framed
from serving.pages.agency_pages import add_agency_pages
from serving.pages.auditor_pages import AuditedParts, add_auditor_pages
from serving.pages.caseworker_pages import ContactWork, add_caseworker_pages
from serving.pages.citizen_desk import CitizenDesk
from serving.pages.page_files import add_page_files
from serving.pages.page_frame import PageFrame, PageTerms
from serving.pages.page_session import PageSeal
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.privacy.ledgers import ledger, reserve
from tests.recommender.catalogues import MESSAGES
from tests.serving.pages.citizen_site import desk_of
from tests.serving.pages.conftest import NOW, SECRET
from tests.serving.pages.real_browser import IN_CHROMIUM, WITH_AXE, barriers, by_tab, served
from tests.serving.pages.test_in_a_browser import chromium
from tests.serving.proactive.deployments import Deployment

__all__ = ["chromium"]

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = IN_CHROMIUM
PAGES = {
    "auditor": ("", "/runs", "/entries", "/entries/2", "/ledger", "/model", "/decisions?seed=1", "/sheets", "/files"),
    "caseworker": ("", "/requests/REQUEST", "/people", "/bring", "/habits"),
    "agency": ("", "/programmes/t.baby", "/try"),
}


def app_of(folder, engine):
    """The application with the pages of all three offices."""
    access = Authentication(dev=True)
    app = framed("Test", "", "", access, Lifecycle())
    voices = {language: voice_of(MESSAGES, language) for language in ("ko", "en")}
    frame = PageFrame(app, PageTerms(voices, secure=False, dev=True), PageSeal([SECRET]), access, lambda: NOW)
    made = ledger(folder / "ledger", "3")
    reserve(made, "train-1", declared("0.5"))
    made.commit("train-1", declared("0.5"), "ab" * 32)
    row = {"id": "d" * 64, "kind": "answer", "made": NOW, "outcome": "same", "parts": [], "where": ""}
    drawn = {"kept": 1, "seed": 1, "rows": [row]}
    programmes = engine.catalogue.programmes
    country = country_folder("kr")
    asked = read_sheets(country.folder / "duties")

    def sheets():
        return filled_sheets(asked, engine, Workspace(folder), country, "2026-11-30T00:00:00+00:00")

    parts = AuditedParts(lambda: None, lambda *_: drawn, lambda: service_catalogue(programmes, "KR"), sheets)
    town, desk = Deployment(Database(f"sqlite:///{folder}/events.db"), engine), desk_of(folder, engine)
    handler = RecommendationHandler(engine, **consent_terms(engine.declaration))
    add_page_files(app, b"")
    add_auditor_pages(frame, LedgerAnswers(folder, lambda: NOW), parts)
    add_agency_pages(frame, lambda: engine, read_vocabulary(engine.declaration))
    add_caseworker_pages(frame, CitizenDesk(handler, desk), ContactWork(town.stores, lambda: town.worker.watch))
    add_sign_in(frame, PersonaChooser(lambda: [Persona("kim", role, "Kim", role) for role in PAGES]))
    return app, desk.requests.review("ann", "please look", None, NOW).id


@pytest.fixture(scope="module")
def offices(real_engine, tmp_path_factory):
    """The address of the pages on a free port of this machine, and the id of a request."""
    app, request = app_of(tmp_path_factory.mktemp("offices"), real_engine)
    with served(app) as address:
        yield address, request


def tab_of(browser, address, role, language="en", **more):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale=language, **more)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/sign-in?to=/{role}&language={language}")
    page.locator(f"input[value='{role} kim']").check()
    page.locator("main button").click()
    page.wait_for_url(f"**/{role}")
    return page


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
