"""A browser without scripts that keeps cookies, before an application of a few pages."""

from __future__ import annotations

import asyncio
import re
import tempfile
from html import unescape
from pathlib import Path

import httpx
import pytest

from composition import reading
from rendering.voice import voice_of
from serving.http.access import Authentication
from serving.http.service_frame import Lifecycle, framed
from serving.pages.ended_sessions import EndedSessions
from serving.pages.page_frame import GoOn, PageFrame, PageShown, PageTerms
from serving.pages.page_session import PageSeal
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import MESSAGES

NOW = 1_793_500_000
SECRET = b"0123456789abcdef0123456789abcdef"
ADDRESS = "http://127.0.0.1:8000"
VOICES = {language: voice_of(MESSAGES, language) for language in ("ko", "en")}


def ended_sessions():
    """A folder of its own, made once somebody signs out."""
    return EndedSessions(Path(tempfile.mkdtemp()) / "signed-out")


def page_frame(clock, voices=None):
    """What pages are added to, over an application without any; it speaks Korean and English where nothing is said."""
    access = Authentication(dev=True)
    app = framed("Test", "", "", access, Lifecycle())
    terms = PageTerms(voices or VOICES, ended_sessions(), secure=False, dev=True)
    return PageFrame(app, terms, PageSeal([SECRET]), access, clock)


class Browser:
    """Asks an application without a network, as a browser without scripts does."""

    def __init__(self, app):
        self.transport = httpx.ASGITransport(app, client=("127.0.0.1", 50_000))
        self.cookies = httpx.Cookies()

    def ask(self, method, path, fields=None, headers=None, follow=True):
        found = asyncio.run(self._ask(method, path, fields, headers or {}))
        if follow and found.status_code == 303:
            return self.ask("GET", found.headers["location"], headers=headers)
        return found

    def open(self, path, **headers):
        return self.ask("GET", path, headers=headers)

    def send(self, page, action, fields=None, headers=None, follow=True):
        """Send the form of a page with this action: what is hidden in it, and these fields."""
        form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)[0]
        hidden = dict(re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', form))
        told = {name: unescape(value) for name, value in hidden.items()} | (fields or {})
        return self.ask("POST", action, told, headers, follow)

    async def _ask(self, method, path, fields, headers):
        async with httpx.AsyncClient(transport=self.transport, base_url=ADDRESS, cookies=self.cookies) as client:
            found = await client.request(method, path, data=fields, headers=headers)
            self.cookies = client.cookies
            return found


class Clock:
    """A clock that is set."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


PEOPLE = [
    Persona("c1", "citizen", {"ko": "가상 인물 1", "en": "Person 1"}, {"en": "aged 30"}),
    Persona("c2", "citizen", {"ko": "가상 인물 2", "en": "Person 2"}, {"en": "aged 40"}),
    Persona("a1", "auditor", "An auditor", "nobody real"),
]


@pytest.fixture(scope="session")
def voices():
    messages = reading.read_messages()
    return {language: voice_of(messages, language) for language in ("ko", "en")}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def taken():
    """What was taken of forms."""
    return []


@pytest.fixture
def site(voices, clock, taken):
    """An application with a page that has a form, of citizens."""
    frame = page_frame(clock, voices)

    def take(visit, form):
        taken.append((visit.subject, form.text("note")))
        return GoOn("/citizen")

    def show(visit):
        return PageShown("refusal.html", {"title": visit.subject, "text": "", "typed": visit.held.get("note", ())})

    frame.shows("/citizen", "citizen", show, "citizen.offers.name")
    frame.takes("/citizen/note", "citizen", take)
    add_sign_in(frame, PersonaChooser(lambda: PEOPLE))
    return frame.app


@pytest.fixture
def browser(site):
    return Browser(site)


def signed_in(browser, person="citizen c1", to="/citizen"):
    """Sign in as somebody; gives the page that is gone on to."""
    page = browser.open(f"/sign-in?to={to}", **{"accept-language": "en"})
    return browser.send(page, "/sign-in", {"person": person})


def pytest_terminal_summary(terminalreporter):
    """Say what each task of each of the four people took in a browser."""
    passed = terminalreporter.stats.get("passed", ())
    done = [value for one in passed for name, value in one.user_properties if name == "page task"]
    if done:
        terminalreporter.section("tasks in a browser: steps, keys, seconds")
    for role, task, way, steps, keys, seconds in done:
        terminalreporter.write_line(f"{role:10} {task:48} {way:20} {steps:2} {keys:4} {seconds:6.1f}")
