"""What docs/accessibility.md says of every page is so: a language, headings, names, tables with heads, no surprises."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from tests.serving.pages.citizen_site import desk_of, site_of
from tests.serving.pages.conftest import NOW, Browser
from tests.serving.pages.office_site import office_site
from tests.serving.pages.test_citizen_pages import browser_of
from tests.serving.pages.test_in_a_browser import PAGES
from tests.serving.pages.test_offices_in_a_browser import PAGES as OFFICES

LIST = Path(__file__).parents[3] / "docs" / "accessibility.md"
EMPTY = {"meta", "link", "input", "br", "line", "polygon", "polyline", "circle", "rect", "path", "img", "hr"}
UNASKED = {"audio", "video", "object", "embed", "iframe", "marquee", "blink", "canvas", "applet"}
"""What plays, moves or comes from elsewhere by itself."""


class Markup(HTMLParser):
    """The elements of a page in order, and what is wrong with how they are written."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.wrong, self._open = [], [], []
        self.feed(text)
        self.wrong += [f"<{tag}> is never closed" for tag in self._open]
        ids = [one["id"] for _, one in self.elements if "id" in one]
        self.wrong += [f"the id {one} stands twice" for one in set(ids) if ids.count(one) > 1]

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        self.wrong += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag):
        if tag in EMPTY:
            return
        if not self._open or self._open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def all(self, *tags):
        return [one for tag, one in self.elements if tag in tags]


@pytest.fixture(scope="module")
def seen(real_engine, tmp_path_factory):
    """Every page as somebody of its role sees it, by its path and language."""
    found = {}
    folder = tmp_path_factory.mktemp("pages")
    app = site_of(real_engine, desk_of(folder, real_engine), lambda: NOW)
    offices = office_site(tmp_path_factory.mktemp("offices"), real_engine)
    for language in ("ko", "en"):
        citizen = browser_of(app, language=language)
        found |= {(path, language): citizen.open(path).text for path in PAGES if path != "/citizen/letter"}
        for role, paths in OFFICES.items():
            office = Browser(offices.app)
            page = office.open(f"/sign-in?to=/{role}&language={language}")
            office.send(page, "/sign-in", {"person": f"{role} kim"})
            for path in (f"/{role}{path.replace('REQUEST', offices.review)}" for path in paths):
                found[path, language] = office.open(path).text
    return {of: (text, Markup(text)) for of, text in found.items()}


def of_each(seen, wrong_in):
    return {of: found for of, (text, markup) in seen.items() if (found := wrong_in(text, markup))}


def test_elements_are_closed_as_they_were_opened_and_no_id_stands_twice(seen):
    assert len(seen) > 50
    assert of_each(seen, lambda _, markup: markup.wrong) == {}


def test_a_page_says_its_language_and_has_one_title_and_one_first_heading(seen):
    def wrong(text, markup):
        named = re.search(r"<title>(.*?)</title>", text, re.DOTALL)[1].strip()
        language = markup.elements[0][1].get("lang")
        return [] if named and language in ("ko", "en") and len(markup.all("h1")) == 1 else [named, language]

    assert of_each(seen, wrong) == {}
    titles = {of: re.search(r"<h1>(.*?)</h1>", text, re.DOTALL)[1] for of, (text, _) in seen.items()}
    assert all(re.search("[가-힣]", title) for (_, language), title in titles.items() if language == "ko")


def test_headings_leave_no_step_out(seen):
    def wrong(_, markup):
        levels = [int(tag[1]) for tag, _ in markup.elements if re.fullmatch("h[1-6]", tag)]
        return [(above, below) for above, below in pairwise(levels) if below > above + 1]

    assert of_each(seen, wrong) == {}


def test_the_first_link_leads_past_what_every_page_repeats(seen):
    def wrong(text, markup):
        return markup.all("a")[0].get("href") != "#main" or 'id="main"' not in text

    assert of_each(seen, wrong) == {}


def test_nothing_plays_moves_opens_or_goes_on_by_itself(seen):
    def wrong(_, markup):
        found = [tag for tag, _ in markup.elements if tag in UNASKED]
        found += [one for one in markup.all("meta") if one.get("http-equiv", "").lower() == "refresh"]
        found += [
            (tag, name)
            for tag, one in markup.elements
            for name in one
            if name in ("accesskey", "autofocus", "autoplay", "draggable", "target") or name.startswith("on")
        ]
        return found

    assert of_each(seen, wrong) == {}


def test_a_table_has_heads_and_a_picture_has_a_name_and_its_table(seen):
    def wrong(text, _):
        tables = re.findall(r"<table.*?</table>", text, re.DOTALL)
        pictures = re.findall(r"<figure.*?</figure>.{0,200}", text, re.DOTALL)
        told = re.compile(r'aria-label="[^"]+.*</figure>\s*<details><summary>[^<]+</summary>\s*<table', re.DOTALL)
        return [one for one in tables if "<thead><tr><th" not in one] + [
            one for one in pictures if not told.search(one)
        ]

    assert of_each(seen, wrong) == {}
    assert any("<figure" in text for text, _ in seen.values())


def test_every_field_has_a_label_and_every_link_and_button_words(seen):
    def wrong(text, markup):
        labelled = {one.get("for") for one in markup.all("label")}
        inside = "".join(re.findall(r"<label.*?</label>", text, re.DOTALL))
        fields = [one for one in markup.all("input", "select", "textarea") if one.get("type") != "hidden"]
        found = [one for one in fields if one.get("id") not in labelled and f'name="{one.get("name")}"' not in inside]
        said = re.findall(r"<(a|button)\b[^>]*>(.*?)</\1>", text, re.DOTALL)
        return found + [one for one in said if not re.sub(r"<[^>]*>|\s", "", one[1])]

    assert of_each(seen, wrong) == {}


def test_help_stands_in_the_same_place_of_every_page(seen):
    ends = {language: set() for language in ("ko", "en")}
    for (_, language), (text, _) in seen.items():
        ends[language].add(text[text.rindex("<p>") :])
    assert {language: len(one) for language, one in ends.items()} == {"ko": 1, "en": 1}


def test_the_list_has_every_item_once_and_names_tests_that_there_are():
    text = LIST.read_text(encoding="utf-8")
    items = re.findall(r"^\| (\d\.\d\.\d) ", text, re.MULTILINE)
    assert len(items) == len(set(items)) == 33
    folder = Path(__file__).parent
    tests = set(re.findall(r"def (test_\w+)", "".join(one.read_text("utf-8") for one in folder.glob("test_*.py"))))
    named = set(re.findall(r"`(test_\w+)`", text))
    assert named - tests - {one.stem for one in folder.glob("test_*.py")} == set()
    assert len(named) > 15
