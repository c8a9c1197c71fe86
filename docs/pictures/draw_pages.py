"""Draws the pages of people: `proffer serve --dev`, then `python draw_pages.py http://127.0.0.1:8000 [PERSON]`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
PHONE, DESK = (390, 844), (1280, 900)
BUSY = 503
"""What a page answers while the people that it counts over are still being read."""
SHOTS = (
    ("citizen-offers.ko", "/citizen", "ko", PHONE),
    ("citizen-offers", "/citizen", "en", DESK),
    ("citizen-life.ko", "/citizen/life", "ko", PHONE),
    ("citizen-household", "/citizen/household", "en", PHONE),
    ("citizen-consents.ko", "/citizen/consents", "ko", PHONE),
    ("check.ko", "/check", "ko", PHONE),
    ("auditor-budgets", "/auditor", "en", DESK),
    ("caseworker-requests.ko", "/caseworker", "ko", PHONE),
    ("agency-try.ko", "/agency/try", "ko", PHONE),
    ("agency-reach", "/agency/reach?b0=65&b3=100", "en", DESK),
    ("agency-need.ko", "/agency/need?event=life.job_lost", "ko", PHONE),
)
"""The name of each picture, the page on it, its language, and how wide and high the window is."""


def main(address: str, person: int) -> None:
    """Write the pictures beside this file, each as one person of the chooser sees them."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, path, language, (width, height) in SHOTS:
            draw(browser, (address, path), language, (width, height), person, HERE / f"{name}.png")
        browser.close()


def draw(browser: Browser, at: tuple[str, str], language: str, size: tuple[int, int], person: int, file: Path) -> None:
    """Sign in as somebody of the role whose page it is, open it, and keep what is seen of it first."""
    address, path = at
    role = path.split("/")[1]
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=language)
    page = context.new_page()
    if path == "/check":  # anybody's, and shown once it asks
        page.goto(f"{address}{path}?language={language}")
        page.locator("#begin").click()
        page.wait_for_selector("#question")
    else:
        page.goto(f"{address}/sign-in?to=/{role}&language={language}")
        page.locator(f"input[name=person][value^='{role} ']").nth(person if role == "citizen" else 0).check()
        page.locator("main button").click()
        page.wait_for_url(f"**/{role}")
        while page.goto(address + path).status == BUSY:
            page.wait_for_timeout(2000)
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
