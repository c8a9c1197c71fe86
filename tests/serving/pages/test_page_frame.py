"""Pages are for those who signed in, take forms of their own pages alone, and lose nothing that was typed."""

from __future__ import annotations

import base64
import re

import httpx
import pytest

from serving.pages.page_frame import PageShown
from serving.pages.page_session import HELD_SECONDS, IDLE_SECONDS, WHOLE_SECONDS, PageSeal, PageSession
from serving.pages.sign_in import Persona, PersonaChooser, add_sign_in
from tests.serving.pages.conftest import NOW, SECRET, Browser, page_frame, signed_in

TOKEN = re.compile(r'name="form_token" value="(.*?)"')


def note(browser, page, text, headers=None, token=None, back="/citizen"):
    found = TOKEN.search(page.text)[1] if token is None else token
    fields = {"form_token": found, "back": back, "note": text}
    return browser.ask("POST", "/citizen/note", fields, headers)


def test_whoever_did_not_sign_in_is_sent_to_do_so_and_then_comes_where_they_wanted_to(browser):
    page = browser.open("/citizen")
    assert page.url.path == "/sign-in"
    assert browser.send(page, "/sign-in", {"person": "citizen c2"}).url.path == "/citizen"


def test_who_signed_in_in_one_role_does_not_see_the_pages_of_another(browser):
    signed_in(browser, "auditor a1", "/auditor")
    assert browser.open("/citizen").url.path == "/sign-in"


def test_a_copy_of_a_cookie_opens_nothing_once_its_session_was_left(browser):
    page = signed_in(browser)
    copy = httpx.Cookies(browser.cookies)
    browser.send(page, "/sign-out")
    browser.cookies = copy
    assert browser.open("/citizen").url.path == "/sign-in"


def test_who_signs_in_as_somebody_else_leaves_the_session_before(browser):
    page = signed_in(browser)
    copy = httpx.Cookies(browser.cookies)
    browser.send(browser.open("/sign-in"), "/sign-in", {"person": "citizen c2"})
    assert browser.open("/citizen").url.path == "/citizen"
    browser.cookies = copy
    assert (page.url.path, browser.open("/citizen").url.path) == ("/citizen", "/sign-in")


def test_nobody_is_whom_the_page_does_not_offer(browser):
    page = browser.open("/sign-in")
    assert browser.send(page, "/sign-in", {"person": "citizen c9"}).status_code == 404
    assert browser.open("/citizen").url.path == "/sign-in"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_goes_on_to_no_other_site(browser, to):
    page = browser.open(f"/sign-in?to={to}")
    found = browser.send(page, "/sign-in", {"person": "citizen c1", "to": to}, follow=False)
    assert found.headers["location"] == "/citizen"


def test_a_form_of_the_page_is_taken(browser, taken):
    note(browser, signed_in(browser), "moved\r\nin May")
    assert taken == [("c1", "moved\nin May")]


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_a_form_of_another_site_is_not_taken(browser, taken, headers):
    page = signed_in(browser)
    assert note(browser, page, "moved", headers).status_code == 403
    assert taken == []


@pytest.mark.parametrize("token", ["", "0" * 40])
def test_a_form_that_is_not_bound_to_the_session_is_not_taken_but_kept(browser, taken, token):
    page = signed_in(browser)
    back = note(browser, page, "I moved in May", token=token)
    assert taken == []
    assert "I moved in May" in back.text


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in_again(browser, clock, taken):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    sign_in = note(browser, page, "I moved in May")
    assert (sign_in.url.path, taken) == ("/sign-in", [])
    again = browser.send(sign_in, "/sign-in", {"person": "citizen c1"})
    assert again.url.path == "/citizen"
    assert "I moved in May" in again.text
    assert 'class="notice" role="status"' in again.text
    note(browser, again, "I moved in May")
    assert taken == [("c1", "I moved in May")]
    assert "I moved in May" not in browser.open("/citizen").text


@pytest.mark.parametrize("elsewhere", ["/citizen", "/sign-in"])
def test_what_was_typed_waits_though_another_tab_found_first_that_the_session_had_ended(browser, clock, elsewhere):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    browser.open(elsewhere)
    sign_in = note(browser, page, "이사했어요")
    assert sign_in.url.path == "/sign-in"
    assert "이사했어요" in browser.send(sign_in, "/sign-in", {"person": "citizen c1"}).text


@pytest.mark.parametrize("path", ["/stay", "/sign-out", "/sign-in"])
def test_what_waits_is_not_lost_by_a_form_of_another_tab_in_which_nothing_was_typed(browser, clock, path):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    sign_in = note(browser, page, "이사했어요")
    old = {"form_token": TOKEN.search(page.text)[1], "back": "/citizen/life", "person": "citizen c2"}
    assert browser.ask("POST", path, old).url.path in ("/sign-in", "/citizen")
    assert "이사했어요" in browser.send(sign_in, "/sign-in", {"person": "citizen c1"}).text


def test_who_signed_out_leaves_nothing_that_is_kept_for_them(browser):
    page = signed_in(browser)
    browser.send(page, "/sign-out")
    browser.open("/citizen")
    assert note(browser, page, "이사했어요").status_code == 401
    assert "이사했어요" not in signed_in(browser).text


def test_what_was_typed_is_shown_to_nobody_else_who_signs_in(browser, clock):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    again = browser.send(note(browser, page, "I moved in May"), "/sign-in", {"person": "citizen c2"})
    assert "I moved in May" not in again.text


def test_what_was_typed_is_not_kept_for_long(browser, clock):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    sign_in = note(browser, page, "I moved in May")
    clock.now += HELD_SECONDS + 1
    assert "I moved in May" not in browser.send(sign_in, "/sign-in", {"person": "citizen c1"}).text


def test_what_is_too_long_to_be_kept_stands_in_the_answer(browser, clock):
    page = signed_in(browser)
    clock.now += IDLE_SECONDS + 1
    text = "".join(f" {number * 7919}" for number in range(1500))
    found = note(browser, page, text)
    assert (found.status_code, text.strip() in found.text) == (401, True)


def test_a_session_ends_after_its_whole_time_whatever_is_looked_at(browser, clock):
    signed_in(browser)
    for _ in range(WHOLE_SECONDS // (IDLE_SECONDS - 60)):
        clock.now += IDLE_SECONDS - 60
        assert browser.open("/citizen").url.path == "/citizen"
    clock.now += IDLE_SECONDS - 60
    assert browser.open("/citizen").url.path == "/sign-in"


def test_a_page_says_how_long_one_stays_signed_in(browser, clock):
    page = signed_in(browser)
    assert "60분 동안 새 화면을 열지 않으면 로그아웃됩니다" in page.text
    assert f'data-idle="{IDLE_SECONDS}" data-whole="{WHOLE_SECONDS}"' in page.text
    clock.now += IDLE_SECONDS - 1
    assert f'data-whole="{WHOLE_SECONDS - IDLE_SECONDS + 1}"' in browser.open("/citizen").text
    assert 'id="stays"' not in browser.open("/sign-out").text


def test_who_is_still_writing_stays_signed_in_for_another_hour(browser, clock):
    token = TOKEN.search(signed_in(browser).text)[1]
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        stayed = browser.ask("POST", "/stay", {"form_token": token}, follow=False)
        assert (stayed.status_code, stayed.text) == (200, "")
    assert browser.open("/citizen").url.path == "/citizen"
    clock.now += IDLE_SECONDS + 1
    assert browser.ask("POST", "/stay", {"form_token": token}).url.path != "/stay"


def test_signing_out_ends_the_session_and_the_forms_of_it(browser, taken):
    page = signed_in(browser)
    assert browser.send(page, "/sign-out").url.path == "/sign-in"
    assert browser.open("/citizen").url.path == "/sign-in"
    note(browser, page, "moved")
    assert taken == []


def test_every_page_is_private_and_stands_in_no_frame(browser):
    for page in (signed_in(browser), browser.open("/sign-in")):
        told = page.headers
        assert told["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert "unsafe" not in told["content-security-policy"]
        assert told["x-frame-options"] == "DENY"
        assert told["referrer-policy"] == "same-origin"
        assert "<style" not in page.text
        assert not re.search(r"<script(?! src=\"/)|\son\w+=|style=", page.text)


def test_every_page_says_that_a_computer_prepared_it_and_that_a_person_can_check_it(browser):
    signed_in(browser)
    for path, said in (
        ("/citizen?language=en", "A computer prepared this by fixed rules. You can always ask a person to check it."),
        ("/sign-in?language=ko", "언제든지 담당자에게 확인을 요청할 수 있습니다."),
    ):
        page = browser.open(path).text
        assert said in page.partition("<footer")[2]


def test_cookies_are_for_this_host_and_not_for_scripts(browser):
    told = browser.ask("GET", "/sign-in", follow=False).headers["set-cookie"]
    assert all(word in told for word in ("HttpOnly", "Path=/", "SameSite=lax"))


def test_a_sealed_value_is_opened_for_its_purpose_by_its_secret_alone():
    seal, other = PageSeal([SECRET]), PageSeal([SECRET[::-1]])
    text = seal.sealed("session", {"a": 1}, NOW)
    assert seal.opened("session", text, NOW + 5, 10) == {"a": 1}
    assert PageSeal([SECRET[::-1], SECRET]).opened("session", text, NOW, 10) == {"a": 1}
    assert seal.opened("held", text, NOW, 10) is None
    assert seal.opened("session", text, NOW + 11, 10) is None
    assert other.opened("session", text, NOW, 10) is None
    assert seal.opened("session", text[:-5] + "AAAAA", NOW, 10) is None
    assert seal.opened("session", "", NOW, 10) is None
    name = "somebody-whom-nobody-may-read"  # too long to stand there by chance
    sealed = PageSeal([SECRET]).sealed("session", PageSession.new(NOW, name).to_document(), NOW)
    assert name.encode() not in base64.urlsafe_b64decode(sealed)


@pytest.mark.parametrize("change", [{"of_tomorrow": 1}, {"told": None}])
def test_a_session_of_another_version_has_ended_and_fails_nobody(browser, change):
    old = PageSession.new(NOW, "c1", frozenset({"citizen"})).to_document() | change
    kept = {name: value for name, value in old.items() if value is not None}
    browser.cookies.set("proffer-session", PageSeal([SECRET]).sealed("session", kept, NOW), domain="127.0.0.1")
    assert browser.open("/citizen").url.path == "/sign-in"


def test_the_name_of_somebody_is_escaped_and_stands_by_itself(voices, clock):
    frame = page_frame(clock, voices)
    frame.shows("/citizen", "citizen", lambda _: PageShown("refusal.html", {"title": "t", "text": "", "typed": ()}))
    name = "<b>Kim</b>\u202elive\u200b\u2066"
    add_sign_in(frame, PersonaChooser(lambda: [Persona("c1", "citizen", name, name)]))
    browser = Browser(frame.app)
    chooser = browser.open("/sign-in?to=/citizen")
    for page in (chooser, browser.send(chooser, "/sign-in", {"person": "citizen c1"})):
        assert "<bdi>" in page.text
        assert "&lt;b&gt;Kim" in page.text
        assert not any(hostile in page.text for hostile in ("<b>Kim", "\u202e", "\u200b", "\u2066"))


def test_a_short_secret_seals_nothing():
    with pytest.raises(ValueError, match="at least 32"):
        PageSeal([b"short"])


def test_the_language_is_the_browsers_until_one_is_chosen(browser):
    assert '<html lang="ko">' in browser.open("/sign-in", **{"accept-language": "ko-KR,en;q=0.5"}).text
    page = browser.open("/sign-in?to=/citizen&language=en", **{"accept-language": "ko"})
    assert '<html lang="en">' in page.text
    assert "/sign-in?to=%2Fcitizen&amp;language=ko" in page.text
    assert '<html lang="en">' in browser.open("/sign-in", **{"accept-language": "ko"}).text


def test_pages_are_not_in_the_document_of_the_api(site):
    assert [route.path for route in site.routes if route.include_in_schema] == []
    assert [route.path for route in site.routes if route.path == "/citizen"]


def test_in_dev_mode_nobody_is_answered_through_a_proxy(site):
    assert Browser(site).ask("GET", "/sign-in", headers={"x-forwarded-for": "203.0.113.7"}).status_code == 401
