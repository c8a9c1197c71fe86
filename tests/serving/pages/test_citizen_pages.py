"""What a citizen sees and says: judged, recorded and written by the desks of the API, and shown without its words."""

from __future__ import annotations

import re
from html import unescape

import pytest

from serving.http.list_page import ListPage
from tests.serving.pages.citizen_site import desk_of, site_of
from tests.serving.pages.conftest import NOW, Browser


@pytest.fixture
def desk(tmp_path, real_engine):
    return desk_of(tmp_path, real_engine)


@pytest.fixture
def app(desk, real_engine):
    return site_of(real_engine, desk, lambda: NOW)


def browser_of(app, person="ann", language="en"):
    browser = Browser(app)
    page = browser.open(f"/sign-in?to=/citizen&language={language}")
    browser.first = browser.send(page, "/sign-in", {"person": f"citizen {person}"})
    return browser


@pytest.fixture
def ann(app):
    return browser_of(app)


def text_of(page):
    """What is read of a page."""
    body = re.sub(r"<(script|style).*?</\1>", "", page.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))


def decisions(desk, citizen):
    return desk.records.decisions(citizen, ListPage("", 100))["decisions"]


def test_a_citizen_sees_what_there_is_and_it_is_on_record_once(ann, desk):
    assert "Support t.baby" in text_of(ann.first) or "t.baby" in text_of(ann.first)
    assert "Yes, you can get this" in text_of(ann.first)
    ann.open("/citizen")
    assert [one["kind"] for one in decisions(desk, "ann")] == ["answer"]


def test_of_whom_nothing_is_known_a_page_says_so(app):
    page = browser_of(app, "nobody").first
    assert (page.status_code, "There is nothing here" in page.text) == (404, True)


def test_a_question_is_answered_in_place_and_the_list_moves(ann, desk):
    page = ann.first
    fact = re.search(r'name="fact" value="(.*?)"', page.text)[1]
    after = ann.send(page, "/citizen/answer", {"leave": "", **answer_to(page)})
    assert after.url.path == "/citizen"
    assert "Saved." in text_of(after)
    assert fact not in re.findall(r'name="fact" value="(.*?)"', after.text)
    written = [one for one in desk.life("ann") if one.source == "proffer:service"]
    assert fact in written[0].data


def answer_to(page):
    """An answer to the question that a page asks."""
    choices = re.findall(r'type="radio" name="answer" value="(.*?)"', page.text)
    return {"answer": choices[0] if choices else "20"}


def test_i_do_not_know_is_an_answer_that_is_not_asked_for_again(ann, desk):
    fact = re.search(r'name="fact" value="(.*?)"', ann.first.text)[1]
    after = ann.send(ann.first, "/citizen/answer", {"leave": "asked"})
    assert "We will not ask again" in text_of(after)
    assert fact not in re.findall(r'name="fact" value="(.*?)"', after.text)
    assert [one for one in desk.life("ann") if one.source == "proffer:service"] == []


def test_an_answer_that_is_none_changes_nothing(ann, desk):
    after = ann.send(ann.first, "/citizen/answer", {"leave": "", "answer": "<script>"})
    assert "could not read the answer" in text_of(after)
    assert [one for one in desk.life("ann") if one.source == "proffer:service"] == []


def test_what_somebody_already_gets_is_listed_as_such(ann):
    after = ann.send(ann.first, "/citizen/programme", {"programme": "t.baby", "does": "already"})
    assert "Noted: you already get this." in text_of(after)
    assert "What you already get" in text_of(after)


def test_what_is_not_for_somebody_is_on_the_log(ann, desk):
    ann.send(ann.first, "/citizen/programme", {"programme": "t.women", "does": "decline"})
    assert [one.data for one in desk.life("ann") if one.type == "benefit.declined"] == [{"programme": "t.women"}]


def test_a_programme_that_is_none_is_not_written(ann, desk):
    page = ann.send(ann.first, "/citizen/programme", {"programme": "t.none", "does": "decline"})
    assert page.status_code == 404
    assert [one for one in desk.life("ann") if one.type == "benefit.declined"] == []


def test_a_register_is_not_written_over_by_an_answer_but_by_a_claim(ann, desk):
    told = ann.open("/citizen/fact/region")
    assert "This is wrong" in text_of(told)
    form = {"fact": "sex", "answer": "male", "leave": "", "back": "/citizen",
            "form_token": re.search(r'name="form_token" value="(.*?)"', told.text)[1]}  # fmt: skip
    assert ann.ask("POST", "/citizen/answer", form).status_code == 409
    after = ann.send(told, "/citizen/claim", {"answer": "26110", "note": "I moved in May."})
    assert after.url.path == "/citizen/requests"
    assert "A correction" in text_of(after)
    assert "You cannot get this" in text_of(after), "the programme of the old place is gone at once"
    assert [one["kind"] for one in desk.requests.of("ann", NOW, ListPage("", 10))["requests"]] == ["claim"]


def test_a_fact_that_somebody_said_themselves_they_may_say_otherwise(ann, desk):
    ann.send(ann.open("/citizen/fact/founding"), "/citizen/answer", {"answer": "true", "leave": ""})
    page = ann.open("/citizen/fact/founding")
    assert "What you say counts at once" in text_of(page)
    ann.send(page, "/citizen/answer", {"answer": "false", "leave": ""})
    said = [one.data["founding"] for one in desk.life("ann") if "founding" in one.data]
    assert said == [True, False]


def test_days_are_said_as_a_list_or_that_there_are_none(app, desk):
    ben = browser_of(app, "ben")
    assert 'href="/citizen/fact/births"' in ben.open("/citizen/household").text
    page = ben.open("/citizen/fact/births")
    assert page.text.count('type="date"') == 10
    ben.send(page, "/citizen/answer", {"answer": ["2026-05-01", "", "2024-03-02"], "leave": ""})
    ben.send(page, "/citizen/answer", {"answer": ["", ""], "box": "none", "leave": ""})
    assert [one.data["births"] for one in desk.life("ben") if "births" in one.data] == [
        ["2026-05-01", "2024-03-02"],
        [],
    ]


def test_letters_are_files_where_the_service_makes_some(desk, real_engine):
    made = []

    def paper(html, language):
        made.append((html, language))
        return b"%PDF-1.7"

    able = browser_of(site_of(real_engine, desk, lambda: NOW, paper))
    assert 'href="/citizen/letter.pdf"' in able.first.text
    found = able.open("/citizen/letter.pdf")
    assert (found.content, found.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert made == [(able.open("/citizen/letter").text, "en")]
    plain = browser_of(site_of(real_engine, desk, lambda: NOW))
    assert "letter.pdf" not in plain.first.text
    assert plain.open("/citizen/letter.pdf").status_code == 404


def test_why_is_told_from_the_decision_on_record(ann, desk):
    page = ann.open("/citizen/why/t.women")
    assert "Why do I see this?" in text_of(page)
    assert decisions(desk, "ann")[0]["decision_id"] in page.text
    assert ann.open("/citizen/why/t.none").status_code == 404


def test_a_person_is_asked_to_review_and_the_day_of_the_answer_is_told(ann, desk):
    why = ann.open("/citizen/why/t.women")
    review = ann.open(unescape(re.search(r'href="(/citizen/review\?[^"]*)"', why.text)[1]))
    after = ann.send(review, "/citizen/review", {"reason": "The child lives with me."})
    assert "The answer comes by" in text_of(after)
    (kept,) = desk.requests.of("ann", NOW, ListPage("", 10))["requests"]
    assert (kept["kind"], kept["reason"]) == ("review", "The child lives with me.")
    assert kept["due"] - kept["made"] == 30 * 86_400


def test_a_review_that_is_sent_again_is_asked_for_once_until_it_is_answered(ann, desk):
    page = ann.open("/citizen/review")
    for _ in range(2):
        after = ann.send(page, "/citizen/review", {"reason": "The child lives with me."})
        assert "The answer comes by" in text_of(after)
    ann.send(page, "/citizen/review", {"reason": "The amount is wrong."})
    first, second = sorted(desk.requests.of("ann", NOW, ListPage("", 10))["requests"], key=lambda one: one["reason"])
    assert [first["reason"], second["reason"]] == ["The amount is wrong.", "The child lives with me."]
    desk.requests.rule(second["id"], False, "it is right", "kim", NOW)
    ann.send(page, "/citizen/review", {"reason": "The child lives with me."})
    assert len(desk.requests.of("ann", NOW, ListPage("", 10))["requests"]) == 3


def test_nobody_asks_for_the_review_of_anothers_decision(app, desk):
    ann, ben = browser_of(app), browser_of(app, "ben")
    other = decisions(desk, "ann")[0]["decision_id"]
    page = ben.open("/citizen/review")
    assert ben.send(page, "/citizen/review", {"reason": "mine", "decision": other}).status_code == 404
    assert ann.first.status_code == 200


def test_a_consent_counts_from_the_next_request_on(ann):
    page = ann.open("/citizen/consents")
    after = ann.send(page, "/citizen/consents", {"purpose": "ranking", "given": "no"})
    assert "Stopped, from now on." in text_of(after)
    assert 'name="given" value="yes"' in after.text


def test_the_household_shows_what_is_known_who_says_so_and_nothing_sensitive_of_another(ann):
    page = text_of(ann.open("/citizen/household"))
    assert "A register says so." in page
    assert "born on" in page
    assert "disab" not in page.partition("What is known")[0]


def test_the_life_tells_what_happened_and_holds_its_table(ann):
    page = ann.open("/citizen/life")
    assert "<table>" in page.text
    assert "What will come" in text_of(page)


def test_everything_that_the_rules_do_not_exclude_is_one_link_away(ann):
    assert 'href="/citizen/all"' in ann.first.text
    assert text_of(ann.open("/citizen/all")).count("Why do I see this?") > text_of(ann.first).count(
        "Why do I see this?"
    )


@pytest.mark.parametrize("path", ["/citizen", "/citizen/all", "/citizen/life", "/citizen/household",
                                  "/citizen/consents", "/citizen/requests", "/citizen/review", "/citizen/why/t.women",
                                  "/citizen/fact/region", "/citizen/fact/pregnant", "/citizen/letter"])  # fmt: skip
def test_a_korean_page_reads_korean(app, path):
    found = browser_of(app, language="ko").open(path)
    assert found.status_code == 200
    said = text_of(found).replace("English", "")
    words = re.findall(r"[A-Za-z_]{4,}", re.sub(r"t\.[a-z]+", "", said))
    assert words == [], said


HOSTILE = '<img src=x onerror=alert(1)>\u202eevil\u200b" onload="x'


def test_what_people_write_is_escaped_and_turns_nothing_around(ann):
    review = ann.open("/citizen/review")
    after = ann.send(review, "/citizen/review", {"reason": HOSTILE})
    assert "<img" not in after.text
    assert "\u202e" not in after.text
    assert "\u200b" not in after.text
    assert "&lt;img" in after.text


def test_the_address_of_a_page_is_not_taken_for_a_programme(ann):
    found = ann.open("/citizen/why/%3Cscript%3E")
    assert (found.status_code, "<script>" in found.text) == (404, False)
