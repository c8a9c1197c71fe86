"""The pages in French: no barrier that axe-core knows, nothing scrolls sideways, and no other language in them."""

from __future__ import annotations

import re

import pytest

from composition import reading
from composition.settings import country_folder
from recommender.engine import Engine
from rendering.voice import voice_of
from serving.http.log_desk import LogDesk
from tests.serving.http.citizens_calls import home_with, stated
from tests.serving.pages.citizen_site import site_of
from tests.serving.pages.conftest import NOW, Browser
from tests.serving.pages.office_site import office_site
from tests.serving.pages.real_browser import WITH_AXE, barriers, in_chromium, served, tab_of
from tests.serving.pages.test_citizen_pages import browser_of, text_of
from tests.serving.pages.test_in_a_browser import chromium
from tests.serving.pages.test_offices_in_a_browser import PAGES

__all__ = ["chromium"]

CITIZEN = ("", "/all", "/life", "/household", "/fact/birth_date", "/consents", "/requests", "/review", "/letter")
OURS = re.compile(r"\b(the|your|you|what|with|this|answer|nothing|please)\b|[\uac00-\ud7a3]", re.IGNORECASE)


@pytest.fixture(scope="module")
def french():
    """The French engine and its messages."""
    country = country_folder("fr")
    declaration, regions = reading.read_declaration(country=country), reading.read_regions(country=country)
    held = reading.read_catalogue(None, declaration, regions, country=country)
    messages = reading.read_messages(country=country)
    return Engine(declaration, held, regions, messages), {"fr": voice_of(messages, "fr")}


def citizens(folder, french):
    engine, voices = french
    desk = LogDesk(engine.declaration, home_with(folder, engine, stated("ann", {"birth_date": "1993-04-02"})))
    return site_of(engine, desk, lambda: NOW, voices=voices)


@pytest.mark.parametrize("path", CITIZEN)
def test_a_french_page_reads_french(tmp_path, french, path):
    page = browser_of(citizens(tmp_path, french), language="fr").open(f"/citizen{path}")
    assert (page.status_code, '<html lang="fr">' in page.text) == (200, True)
    own = re.sub(r'<bdi lang="\w+">.*?</bdi>', "", page.text)  # what an agency wrote in another language is marked so
    text = text_of(type("Page", (), {"text": own}))
    assert OURS.findall(text) == []
    assert re.findall(r"\w: ", text) == []  # a colon stands apart


def test_each_use_of_what_is_known_has_a_name(tmp_path, french):
    page = browser_of(citizens(tmp_path, french), language="fr").open("/citizen/consents")
    assert "Autre usage" not in text_of(page)
    assert "Voir à quelles aides vous avez droit" in text_of(page)


def test_going_wrong_is_said_in_french(tmp_path, french):
    found = Browser(citizens(tmp_path, french)).open("/nulle-part", accept="text/html")
    assert (found.status_code, "Il n'y a rien ici" in text_of(found)) == (404, True)


@in_chromium
@WITH_AXE
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", ["citizen", *PAGES])
def test_axe_finds_no_barrier_in_french(chromium, real_engine, french, tmp_path, role, scheme):
    office = None if role == "citizen" else office_site(tmp_path, real_engine, french[1])
    app, request = (citizens(tmp_path, french), "") if office is None else (office.app, office.review)
    paths = [*CITIZEN, "/why/none"] if office is None else [one.replace("REQUEST", request) for one in PAGES[role]]
    found = []
    with served(app) as address:
        page = tab_of(chromium, address, role, "fr", color_scheme=scheme)
        for path in (f"/{role}{path}" for path in paths):
            page.goto(address + path)
            found += barriers(page, path)
        page.context.close()
    assert found == []
