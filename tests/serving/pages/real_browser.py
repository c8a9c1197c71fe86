"""A real browser: Chromium, what axe-core says of a page in it, and a page server on a free port of this machine."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(sys.prefix) / "browser" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (320, 768, 1280)
IN_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]
WITH_AXE = pytest.mark.skipif(not AXE.exists(), reason="make setup found no npm, or could install nothing with it")


def in_chromium(test):
    """Mark one test as of Chromium, in a file whose others do without."""
    for mark in IN_CHROMIUM:
        test = mark(test)
    return test


@contextmanager
def served(app):
    """Serve an application while the block runs; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def launched():
    """Chromium while the block runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


def tab_of(browser, address, role, language="en", *, scripts=True, **more):
    """A page of its own, of somebody of a role who signed in; citizens are ann."""
    size = {"width": 1280, "height": 900}
    page = browser.new_context(viewport=size, locale=language, java_script_enabled=scripts, **more).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/sign-in?to=/{role}&language={language}")
    page.locator(f"input[value^='{role} ']").first.check()
    page.locator("main button").click()
    page.wait_for_url(f"**/{role}")
    return page


def barriers(page, path):
    """What axe-core finds on a page that is open, and where it scrolls sideways, at each width."""
    found, axe = [], AXE.read_text(encoding="utf-8")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(axe)
        told = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS)
        found += [(path, width, one["id"], one["nodes"][0]["html"]) for one in told["violations"]]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((path, width, "scrolls sideways", ""))
    return found


def by_tab(page, wanted, most=150):
    """Press the tabulator until what has the focus fits a selector; gives how often."""
    for pressed in range(1, most):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return pressed
    raise AssertionError(f"the keyboard does not reach {wanted}")
