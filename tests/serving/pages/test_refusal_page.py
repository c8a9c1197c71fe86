"""A browser that goes wrong is shown a page in its language; a program is sent the problem document it asks for."""

from __future__ import annotations

import re

import pytest

from rendering.site_page import refusal_view
from serving.http import problem_documents as problems
from serving.http.access import Authentication
from serving.http.service_frame import Lifecycle, framed
from tests.serving.pages.conftest import ADDRESS, Browser, signed_in

READS = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SECRET_WORDS = "what nobody is told"


@pytest.fixture
def broken(site):
    """The application with a page, a form and a route of the API that fail."""

    @site.get("/citizen/broken", include_in_schema=False)
    async def page_broken():
        raise RuntimeError(SECRET_WORDS)

    @site.get("/v1/broken", include_in_schema=False)
    async def route_broken():
        raise RuntimeError(SECRET_WORDS)

    return site


def asked(app, method, path, accept=READS, language="en"):
    return Browser(app).ask(method, path, headers={"accept": accept, "accept-language": language})


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("GET", "/pages/none", 404), ("GET", "/citizen/note", 405), ("PUT", "/citizen", 405),
     ("GET", "/citizen/broken", 500)],
)  # fmt: skip
def test_a_browser_is_shown_a_page_in_its_language(broken, voices, language, method, path, status):
    found = asked(broken, method, path, language=language)
    said = refusal_view(status, voices[language])
    assert (found.status_code, found.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in found.text
    assert f"<h1>{said['title']}</h1>" in found.text
    assert said["text"] in found.text
    assert SECRET_WORDS not in found.text
    assert (found.headers["cache-control"], found.headers["x-frame-options"]) == ("no-store", "DENY")
    assert "script-src 'self'" in found.headers["content-security-policy"]


def test_each_of_them_says_something_else(voices):
    texts = {refusal_view(status, voice)["text"] for voice in voices.values() for status in (403, 404, 405, 500, 503)}
    assert len(texts) == 10


def test_what_is_allowed_is_still_named(site):
    assert asked(site, "GET", "/citizen/note").headers["allow"] == "POST"


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5", ""])
@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/citizen/broken", 500)])
def test_a_program_is_sent_a_document(broken, accept, path, status):
    found = asked(broken, "GET", path, accept)
    assert (found.status_code, found.headers["content-type"]) == (status, problems.MEDIA_TYPE)
    assert "set-cookie" not in found.headers


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/broken"])
def test_the_api_sends_documents_to_everybody(broken, path):
    assert asked(broken, "GET", path).headers["content-type"] == problems.MEDIA_TYPE


def test_where_there_are_no_pages_everybody_is_sent_a_document():
    bare = framed("Test", "", "", Authentication(dev=True), Lifecycle())
    assert asked(bare, "GET", "/nowhere").headers["content-type"] == problems.MEDIA_TYPE


def test_who_signed_in_stays_so_and_finds_the_way_back(site):
    browser = Browser(site)
    signed_in(browser)
    lost = browser.open("/nowhere", accept=READS)
    assert '<a class="button" href="/citizen">' in lost.text
    assert browser.open("/citizen").url.path == "/citizen"


def test_what_was_typed_stands_in_the_page_of_a_failure(site, monkeypatch):
    browser = Browser(site)
    page = signed_in(browser)
    token = re.search(r'name="form_token" value="(.*?)"', page.text)[1]
    monkeypatch.setattr("tests.serving.pages.conftest.GoOn", None)  # what takes the form fails
    fields = {"form_token": token, "back": "/citizen", "note": "I moved in May"}
    found = browser.ask("POST", "/citizen/note", fields, {"accept": READS})
    assert (found.status_code, "I moved in May" in found.text) == (500, True)


@pytest.mark.parametrize("path", ["//evil.example/a", "/a%0d%0ab", "/%22onload=x", "/\\evil.example"])
def test_an_address_that_is_none_is_led_to_by_no_link(site, path):
    found = asked(site, "GET", f"{ADDRESS}{path}" if path.startswith("//") else path)
    assert found.status_code == 404
    assert re.findall(r"""(?:href|action)=["'](?!/|#)|=["']/[/\\]""", found.text) == []
    assert '"onload=x' not in found.text


def test_a_page_that_cannot_be_drawn_is_a_document_all_the_same(broken, monkeypatch):
    monkeypatch.setattr("rendering.site_page.refusal_view", None)
    found = asked(broken, "GET", "/citizen/broken")
    assert (found.status_code, found.headers["content-type"]) == (500, problems.MEDIA_TYPE)
