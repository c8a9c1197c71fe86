"""The module in a real browser: it judges as the engine does, and with its pack read sends nothing anywhere."""

from __future__ import annotations

import json
import random
import shutil
from datetime import date

import pytest

from composition import reading
from composition.pocket_files import packed_day, write_pack
from recommender.engine import Engine
from tests.recommender.pocket.device import by_engine
from tests.recommender.pocket.random_households import household

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DAY = date(2026, 11, 30)
ADDRESS = "http://pocket.example/"
TYPES = {".js": "text/javascript", ".json": "application/json", ".html": "text/html"}
LOAD = """async () => {
  const { Pocket } = await import("/pocket.js");
  const rules = await fetch("/rules.pocket");
  globalThis.pocket = new Pocket(await rules.arrayBuffer());
}"""
JUDGE = """(text) => {
  const found = pocket.judge(JSON.parse(text)), each = [...found.answers.keys()];
  return { answers: [...found.answers], standing: each.map((one) => found.standing(one)),
           missing: each.map((one) => found.missing(one)) };
}"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]


@pytest.fixture
def page():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page()
        browser.close()


def test_a_browser_judges_as_the_engine_does_and_sends_nothing(page, tmp_path):
    found, days = reading.read_definitions(), reading.read_working_days()
    engine = Engine(found.declaration, found.catalogue, found.regions, reading.read_messages(), None, days)
    write_pack(packed_day(engine.compiled(DAY), "ko"), tmp_path)
    (tmp_path / "index.html").write_text("<!doctype html><title>pocket</title>")
    asked = []

    def answer(route):
        name = route.request.url.removeprefix(ADDRESS) or "index.html"
        asked.append(name)
        file = tmp_path / name
        route.fulfill(body=file.read_bytes(), content_type=TYPES.get(file.suffix, "application/octet-stream"))

    page.route("**/*", answer)
    page.goto(ADDRESS)
    page.evaluate(LOAD)
    assert {"pocket.js", "rules.pocket", "statement.js"} <= set(asked)
    asked.clear()
    rng = random.Random(3)
    for _ in range(20):
        facts, person = household(engine, DAY, rng)
        assert page.evaluate(JUDGE, json.dumps(facts)) == by_engine(engine, person, DAY), facts
    assert asked == []
    assert page.context.cookies() == []
