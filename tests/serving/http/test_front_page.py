"""What a browser is shown says what this is in its language, and loads nothing that this service does not hold."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from composition.service import welcome
from rendering import browser_files
from serving.http.access import Authentication
from serving.http.app import create_app
from serving.http.front_page import preferred

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BROWSERS_OWN = ("http://www.w3.org/", "https://www.w3.org/")  # names of vocabularies, which nothing loads


@pytest.fixture
def browser(real_engine, answers, caller_of):
    pages = welcome(real_engine, dev=False)
    return caller_of(create_app(answers, Authentication(), lambda: 0, welcome=pages))


@pytest.mark.parametrize(
    ("accepted", "language", "said"),
    [
        ("ko-KR,ko;q=0.9,en-US;q=0.8", "ko", "받을 수 있는 지원을"),
        ("en-GB", "en", "benefits that people are entitled to"),
        ("de-DE", "en", "benefits that people are entitled to"),
        ("", "en", "benefits that people are entitled to"),
    ],
)
def test_the_first_page_speaks_the_language_the_browser_asks_for(browser, accepted, language, said):
    answer = browser("GET", "/", {"accept-language": accepted})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-language"] == language
    assert "Accept-Language" in answer.headers["vary"]
    assert said in answer.text
    assert f'<html lang="{language}">' in answer.text


def test_a_link_changes_the_language_whatever_the_browser_asks_for(browser):
    assert "사업 8개" in browser("GET", "/?language=ko", {"accept-language": "en"}).text
    assert "8 programmes" in browser("GET", "/?language=xx", {"accept-language": "en"}).text


def test_the_first_page_names_routes_that_exist_and_links_that_answer(browser):
    html = browser("GET", "/").text
    routes = re.findall(r">(GET|POST) (/[a-z0-9/._]+)<", html)
    assert len(routes) == 4
    assert not {browser(method, path).status_code for method, path in routes} & {404, 405}
    links = [link for link in re.findall(r'href="([^"#]+)"', html) if not link.startswith("?")]
    assert {"docs", "v1/openapi.json", "healthz", "readyz"} == set(links)
    assert {browser("GET", f"/{link}").status_code for link in links} == {200}


@pytest.mark.parametrize("header", ["", ",", ";q=1", "ko;q=", "ko;q=2", "*", "ko;q=0.5;x", "x" * 5000, "ko, " * 3000])
def test_whatever_a_browser_asks_for_one_of_the_languages_is_given(header):
    assert preferred(header, ("en", "ko")) in ("en", "ko")


def test_the_better_liked_language_wins_and_of_equal_ones_the_first_named():
    assert preferred("ko;q=0.4, en;q=0.5", ("ko", "en")) == "en"
    assert preferred("en, ko", ("ko", "en")) == "en"


def test_the_page_of_the_api_loads_only_what_this_service_holds(browser):
    answer = browser("GET", "/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert {"docs/swagger-ui.css", "docs/swagger-ui-bundle.js", "docs/api.js"} <= set(loaded)
    assert not [address for address in loaded if "//" in address]
    for address in loaded:
        if not address.startswith("data:"):
            assert browser("GET", f"/{address}").status_code == 200
    assert "<script>" not in answer.text
    assert "style=" not in answer.text


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_a_page_runs_no_script_and_takes_no_style_but_its_own(browser, path):
    policy = browser("GET", path).headers["content-security-policy"]
    rules = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_an_answer_that_is_no_page_keeps_the_strictest_policy(browser):
    assert browser("GET", "/healthz").headers["content-security-policy"].startswith("default-src 'none'; frame")
    assert browser("GET", "/docs/api.js").headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing.js", "..%2f..%2fpyproject.toml", "__init__.py", "swagger-ui"])
def test_no_other_file_is_given_out(browser, name):
    assert browser("GET", f"/docs/{name}").status_code == 404


def test_the_pages_are_in_no_openapi_document(browser):
    paths = browser("GET", "/v1/openapi.json").json()["paths"]
    assert "/v1/recommendations" in paths
    assert {"/", "/docs", "/docs/{name}"}.isdisjoint(paths)


def test_a_style_sheet_and_a_script_ask_no_other_address():
    css = browser_files.content("swagger-ui.css").decode()
    found = re.findall(r"url\(\s*[\"']?(https?:)?//", css)
    assert found == []
    assert b"http" not in browser_files.content("api.js")


def test_what_is_vendored_says_whence_it_is_and_carries_its_licence():
    assert b"Apache License" in browser_files.content("LICENSE")


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="there is no browser on this machine")
def test_a_browser_shows_the_api_under_the_policy(only_server, tmp_path):  # noqa: ARG001 - held while the server runs
    from tests.proffer.running_service import running_service

    with running_service(tmp_path) as address:
        words = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/browser",
                 "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", f"{address}/docs"]  # fmt: skip
        done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert "/v1/recommendations" in re.sub(r"<[^>]*>|\u200b", "", done.stdout)
    assert "Resolver error" not in done.stdout
    assert "Content Security Policy" not in done.stderr


def test_every_reference_in_the_openapi_document_leads_to_what_it_names(browser):
    answer = browser("GET", "/v1/openapi.json")
    named = set(re.findall(r'"#/components/schemas/(\w+)"', answer.text))
    assert "ProblemDocument" in named
    assert named <= set(answer.json()["components"]["schemas"])


def test_the_example_that_the_page_offers_to_send_is_one_the_service_answers(real_caller):
    (route,) = real_caller("GET", "/v1/openapi.json").json()["paths"]["/v1/recommendations"].values()
    example = route["requestBody"]["content"]["application/json"]["example"]
    answer = real_caller("POST", "/v1/recommendations", json=example)
    assert answer.status_code == 200
    assert answer.json()["recommendations"]
