"""The form of an answer: page by page it is the whole, in one language or each, with the reasons asked for."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.http.answer_form import accepted, cursor_of, place_of
from serving.http.problem_documents import RefusedError
from serving.http.wire import RecommendationsOut
from tests.examples import examples

FACTS = {"birth_date": "1993-04-02", "sex": "female", "region": "11440", "children": ["2026-10-01"]}


def asked(call, headers=None, **more):
    return call.post(json.dumps({"facts": FACTS, "k": 100, **more}).encode(), headers)


def words(value):
    """Every text of a document, as the languages it stands in."""
    if isinstance(value, dict):
        if value and set(value) <= {"ko", "en"}:
            return [set(value)]
        return [found for one in value.values() for found in words(one)]
    return [found for one in value for found in words(one)] if isinstance(value, list) else []


@pytest.mark.parametrize("k", [1, 2, 3, 7])
def test_the_pages_together_are_the_whole_list_and_each_fits_the_schema(real_caller, k):
    whole, pages, cursor = asked(real_caller).json(), [], None
    while cursor is not None or not pages:
        answer = asked(real_caller, k=k, **({} if cursor is None else {"cursor": cursor}))
        page = answer.json()
        RecommendationsOut.model_validate(page)
        assert page["total"] == whole["total"]
        pages.append(page["recommendations"])
        cursor = answer.headers.get("proffer-next")
    assert [one for page in pages for one in page] == whole["recommendations"]
    assert len(pages) == -(-whole["total"] // k)


@pytest.mark.parametrize("cursor", ["", "x", "canary", "é", cursor_of(3, "0" * 64), cursor_of(0, "f" * 64)])
def test_a_cursor_of_something_else_is_refused_and_not_repeated(real_caller, cursor):
    answer = asked(real_caller, cursor=cursor)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/cursor"
    assert "canary" not in answer.text


@examples(50)
@given(st.text(max_size=40))
def test_any_text_is_a_cursor_or_refused(text):
    with contextlib.suppress(RefusedError):
        assert place_of(text, "a" * 64) > 0


def test_reasons_are_told_in_full_in_short_or_not_at_all_and_the_order_is_the_same(real_caller):
    full, short, none = (asked(real_caller, explain=how).json() for how in ("full", "short", "none"))
    for found in (full, short, none):
        RecommendationsOut.model_validate(found)
        assert [one["programme"] for one in found["recommendations"]] == [
            one["programme"] for one in full["recommendations"]
        ]
    assert full == asked(real_caller).json()
    assert all(len(one["because"]) <= 1 for one in short["recommendations"])
    assert any(one["because"] for one in short["recommendations"])
    assert not any(one["because"] or one["why_rank"] for one in none["recommendations"])
    assert len(json.dumps(none)) < len(json.dumps(short)) < len(json.dumps(full))


def test_one_language_is_told_where_one_is_asked_for_and_each_otherwise(real_caller):
    both = asked(real_caller)
    assert "content-language" not in both.headers
    assert {"ko", "en"} in words(both.json())
    korean = asked(real_caller, {"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"})
    assert korean.headers["content-language"] == "ko"
    assert "Accept-Language" in korean.headers["vary"]
    RecommendationsOut.model_validate(korean.json())
    assert all(len(found) == 1 for found in words(korean.json()))
    assert asked(real_caller, {"accept-language": "*"}).json() == both.json()


@pytest.mark.parametrize(
    ("header", "language"),
    [("en;q=0.1, ko", "ko"), ("en;q=0", None), ("fr, *;q=0.1", None), ("fr", None), ("", None), ("en;q=x", None),
     ("EN-GB", "en")],
)  # fmt: skip
def test_the_language_is_the_one_liked_best_of_those_there_are(header, language):
    assert accepted(header, ["ko", "en"]) == language


def test_the_catalogue_that_was_served_is_named(real_caller, real_engine):
    assert asked(real_caller).headers["proffer-catalogue"] == real_engine.catalogue.hash


def test_an_answer_is_compressed_for_who_takes_that(real_caller):
    assert asked(real_caller, {"accept-encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert "content-encoding" not in asked(real_caller, {"accept-encoding": "identity"}).headers


def batch(call, people, headers=None, **more):
    sent = {"content-type": "application/json", **(headers or {})}
    return call("POST", "/v1/batch/recommendations", sent, content=json.dumps({"people": people, **more}).encode())


def test_each_person_of_a_batch_has_the_answer_it_would_have_alone(real_caller):
    people = [{"ref": "a", "facts": FACTS}, {"ref": "b", "facts": {"canary": 1}}, {"ref": "c", "facts": {}}]
    found = batch(real_caller, people, k=3, explain="full").json()["results"]
    assert [(one["ref"], one["status"]) for one in found] == [("a", 200), ("b", 422), ("c", 200)]
    alone = asked(real_caller, k=3).json()
    assert found[0]["answer"] == alone
    assert found[1]["problem"]["type"] == "urn:proffer:problem:unprocessable"
    assert "canary" not in json.dumps(found)
    RecommendationsOut.model_validate(found[2]["answer"])


@pytest.mark.parametrize("people", [[], [{"ref": "a"}], [{"ref": "", "facts": {}}], [{"ref": "a", "facts": {}}] * 101])
def test_a_batch_that_is_none_is_refused_whole(real_caller, people):
    assert batch(real_caller, people).status_code == 422
