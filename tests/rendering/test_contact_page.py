"""What is printed: letters that anybody at home may open, and a list of whom to speak to."""

from __future__ import annotations

from datetime import date

import pytest

from composition import reading
from rendering.contact_page import CALLS, LETTERS, PrintedMessage, calls_view, letters_view
from rendering.page import page
from rendering.voice import voice_of

DAY = date(2026, 11, 1)


def offer(name, *, sensitive=False, closes=None, standing="yes", **more):
    return {
        "id": f"off_{name}", "programme": name, "standing": standing,
        "title": {"ko": f"{name} 지원", "en": f"Support {name}"},
        "amount": {"ko": "10만 원입니다.", "en": "It is 100,000 won."}, "sensitive": sensitive,
        "window": {"closes": closes, "text": {"ko": "언제나 신청합니다.", "en": "You can apply at any time."}},
        "open": [], "documents": [{"ko": "신분증", "en": "identity card"}, "통장 사본"], **more,
    }  # fmt: skip


def message(*offers, citizen="ann", urgent=False, kind="offers", **more):
    body = {"id": f"msg_{citizen}", "citizen": citizen, "kind": kind, "urgent": urgent, "offers": list(offers), **more}
    return PrintedMessage({"question": None, **body}, DAY)


@pytest.fixture(scope="module")
def voices():
    messages = reading.read_messages()
    return {language: voice_of(messages, language) for language in ("ko", "en")}


def letters(voice, *messages):
    return page(LETTERS, letters_view(messages, voice))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("준비할 서류", "a 지원", "신분증, 통장 사본")),
        ("en", ("What to bring", "Support a", "1 November 2026")),
    ],
)
def test_a_letter_says_in_one_language_what_it_offers_and_what_to_bring(voices, language, words):
    text = letters(voices[language], message(offer("a")))
    assert f'lang="{language}"' in text
    assert all(one in text for one in (*words, "msg_ann"))


def test_where_there_is_nothing_to_print_the_page_says_so(voices):
    assert "There is nothing to print now." in letters(voices["en"])
    assert "There is nothing to print now." not in letters(voices["en"], message(offer("a")))


def test_what_is_sensitive_and_what_is_too_long_is_no_letter_at_all(voices):
    assert not message(offer("a"), offer("b", sensitive=True)).may_be_a_letter
    assert not message(*(offer(name) for name in "abcd")).may_be_a_letter
    text = letters(voices["en"], message(offer("a"), offer("b", sensitive=True)), message(offer("c"), citizen="bob"))
    assert "Support c" in text
    assert "Support a" not in text
    assert "Support b" not in text
    assert "msg_ann" not in text


def test_each_letter_begins_a_page_and_what_people_wrote_is_escaped(voices):
    evil = offer("a", summary={"ko": "<script>alert(1)</script>"})
    text = letters(voices["ko"], message(evil), message(offer("b"), citizen="bob"))
    assert text.count("<article>") == 2
    assert "break-after: page" in text
    assert "<script>" not in text


def test_a_letter_that_takes_something_back_says_only_that(voices):
    gone = {"id": "off_a", "programme": "a", "reason": "excluded", "sensitive": False, "text": {"en": "It is gone."}}
    text = letters(voices["en"], message(gone, kind="withdrawal", preview={"en": "Something has changed."}))
    assert "It is gone." in text
    assert "Something has changed." in text
    assert "you decide" not in text


def test_a_list_puts_what_is_urgent_and_what_closes_soon_first(voices):
    view = calls_view(
        [message(offer("a")), message(offer("b", closes="2026-12-01"), citizen="bob"),
         message(offer("c", closes="2026-11-20"), citizen="cid"), message(offer("d"), citizen="dan", urgent=True)],
        voices["en"], sensitive=False,
    )  # fmt: skip
    assert [row[0] for row in view["rows"]] == ["dan", "cid", "bob", "ann"]
    assert view["rows"][1][4] == "20 November 2026"
    assert "identity card" in view["rows"][0][3]


@pytest.mark.parametrize(("chosen", "count"), [(False, 1), (True, 2)])
def test_a_list_has_sensitive_programmes_only_where_that_was_chosen_and_says_so(voices, chosen, count):
    view = calls_view([message(offer("a"), offer("b", sensitive=True))], voices["en"], sensitive=chosen)
    assert len(view["rows"]) == count
    assert bool(view["left_out"]) is not chosen
    text = page(CALLS, view)
    assert ("Support b" in text) is chosen
    assert ("--sensitive" in text) is not chosen


def test_an_empty_list_says_that_nobody_waits(voices):
    assert "Nobody waits" in page(CALLS, calls_view([], voices["en"], sensitive=False))
