"""An agency sees after which events of their lives people found nothing, and in which province; nobody is named."""

from __future__ import annotations

import re

import numpy as np
import pytest

from recommender.reach.unmet_need import NeedTable, need_layout
from serving.http import problem_documents as problems
from serving.http.problem_documents import RefusedError
from serving.pages.need_pages import add_need_pages
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.recommender.catalogues import TODAY
from tests.serving.pages.conftest import NOW, Browser, page_frame
from tests.serving.pages.test_citizen_pages import text_of


def table_of(engine, deviation=0.0):
    """Of an event and a province nobody, of others some: more found nothing after losing a job than after a birth."""
    layout = need_layout(engine.declaration, engine.regions, TODAY, 365)
    counts = np.zeros(layout.shape, np.int64)
    for event, code, own in (
        ("life.job_lost", 11, [400, 30, 70]),
        ("life.job_lost", 26, [60, 20, 90]),
        ("life.child_born", 11, [20, 50, 900]),
        ("life.moved", 11, [4, 60, 30]),
    ):
        counts[layout.events.index(event), layout.places.tolist().index(code)] = own
    return NeedTable(layout, counts, deviation)


def browser_of(engine, need, role="agency", language="en"):
    frame = page_frame(lambda: NOW)
    add_need_pages(frame, lambda: engine, need)
    add_sign_in(frame, PersonaChooser(lambda: [Persona("one", role, "one", "one")]))
    browser = Browser(frame.app)
    page = browser.open(f"/sign-in?to=/agency/need&language={language}")
    browser.send(page, "/sign-in", {"person": f"{role} one"}, follow=role == "agency")
    return browser


def rows_of(page):
    """The rows of the tables of a page: what each is of, and its figures."""
    found = re.findall(r'<td class="what">(.*?)</td>(.*?)</tr>', page.text, re.DOTALL)
    return {text_of_cell(head): [text_of_cell(one) for one in re.findall(r'data-head="[^"]*">(.*?)</td>', rest)]
            for head, rest in found}  # fmt: skip


def text_of_cell(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_events_after_which_most_found_nothing_stand_first_and_small_counts_are_dashes(real_engine):
    page = browser_of(real_engine, lambda: table_of(real_engine)).open("/agency/need")
    rows = rows_of(page)
    assert list(rows.items())[:2] == [("Lost a job", ["460", "50", "160"]), ("A child was born", ["20", "50", "900"])]
    assert len(rows) == 2
    assert re.search("too few to be shown: [^<]*Moved home", page.text)
    assert "people who do not exist" in text_of(page)
    assert "Nobody is named" in text_of(page)


def test_an_event_is_told_by_province(real_engine):
    page = browser_of(real_engine, lambda: table_of(real_engine)).open("/agency/need?event=life.job_lost")
    rows = rows_of(page)
    assert rows["Seoul"] == ["400", "30", "70"]
    assert rows["Busan"] == ["60", "20", "90"]
    assert 'id="provinces"' in page.text


def test_a_table_with_noise_tells_its_error_beside_each_count(real_engine):
    page = browser_of(real_engine, lambda: table_of(real_engine, 5.0)).open("/agency/need?event=life.job_lost")
    rows = rows_of(page)
    assert rows["Seoul"] == ["400 ± 6", "30 ± 6", "70 ± 6"]
    assert 'class="error"' in page.text
    assert "real people with noise" in text_of(page)


@pytest.mark.parametrize(("deviation", "dashes"), [(0.0, False), (5.0, True)])
def test_what_a_dash_means_is_told_where_one_stands(real_engine, deviation, dashes):
    page = browser_of(real_engine, lambda: table_of(real_engine, deviation)).open("/agency/need?event=life.job_lost")
    assert any("-" in row for row in rows_of(page).values()) is dashes
    assert ("A dash stands" in page.text) is dashes


@pytest.mark.parametrize("event", ["life.none", "<i>x</i>", ""])
def test_an_event_that_is_none_is_not_told(real_engine, event):
    page = browser_of(real_engine, lambda: table_of(real_engine)).open(f"/agency/need?event={event}")
    assert (page.status_code, 'id="provinces"' in page.text, "<i>" in page.text) == (200, False, False)


@pytest.mark.parametrize(("kind", "said"), [(problems.NOT_FOUND, "proffer unmet"), (problems.BUSY, "still being read")])
def test_where_there_is_no_table_the_page_says_what_to_do(real_engine, kind, said):
    def nobody():
        raise RefusedError(kind, "")

    page = browser_of(real_engine, nobody).open("/agency/need")
    assert (page.status_code, said in page.text) == (kind.status, True)


def test_a_citizen_does_not_see_it(real_engine):
    browser = browser_of(real_engine, lambda: table_of(real_engine), "citizen")
    assert browser.ask("GET", "/agency/need", follow=False).headers["location"].startswith("/sign-in")


def test_the_page_speaks_korean(real_engine):
    page = browser_of(real_engine, lambda: table_of(real_engine), language="ko").open("/agency/need")
    assert "어떤 일을 겪고도 받을 것이 없던 사람들" in text_of(page)
    assert "life." not in re.sub(r'value="[^"]*"|href="[^"]*"', "", page.text)
