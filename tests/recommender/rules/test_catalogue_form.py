from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition import reading
from recommender.rules.catalogue_form import catalogue_from_json, catalogue_to_json
from tests.recommender.catalogues import document, loaded

FARMER = {"fact": "farmer", "is": True}
EVERY_CLAUSE = {
    "all": [
        {"any": [FARMER, {"fact": "region", "in": ["11", "41110"]}], "why": "a sentence"},
        {"not": {"fact": "age", "at_least": 19, "below": 65}, "why": {"ko": "나이", "en": "age"}, "axis": "age"},
        {"advisory": FARMER, "source": {"url": "https://example.org", "checked": "2026-11-01"}},
        {"no_data": "income"},
        {"unread_text": {"field": "지원대상", "from": 3, "to": 9, "words": "그 밖의 사람"}},
        FARMER | {"source": {"text": "농업인", "field": "지원대상", "from": 0, "to": 3}},
        {"fact": "receives.t.a", "is": False},
    ]
}


def test_every_kind_of_clause_comes_back_as_it_was():
    held = loaded(document("t.a", FARMER), document("t.b", EVERY_CLAUSE), document("t.c", {"all": []}))
    again = catalogue_from_json(catalogue_to_json(held))
    assert again == held
    assert repr(again) == repr(held)  # true is not 1 there


def test_everything_shipped_comes_back_as_it_was():
    declaration, regions = reading.read_declaration(), reading.read_regions()
    held = reading.read_catalogue(None, declaration, regions)
    again = catalogue_from_json(catalogue_to_json(held))
    assert repr(again) == repr(held)
    assert (again.hash, again.receives, again.by_code) == (held.hash, held.receives, held.by_code)


def test_a_clause_that_was_one_object_is_one_again():
    held = loaded(document("t.a", FARMER), document("t.b", FARMER))
    first, second = catalogue_from_json(catalogue_to_json(held)).programmes
    assert first.who["citizen"] is second.who["citizen"]


@given(st.sampled_from(["texts", "sources", "providers", "values", "windows", "clauses", "programmes"]))
def test_content_that_lacks_something_is_refused(table):
    content = json.loads(catalogue_to_json(loaded(document("t.a", EVERY_CLAUSE | {"why": "x"}))))
    with pytest.raises(ValueError, match="not a catalogue"):
        catalogue_from_json(json.dumps({name: rows for name, rows in content.items() if name != table}).encode())
    with pytest.raises(ValueError, match="not a catalogue"):
        catalogue_from_json(json.dumps(content | {table: [*content[table], ["a", "row", "too", "strange"]]}).encode())


def test_content_that_is_not_json_is_refused():
    with pytest.raises(ValueError, match="not a catalogue"):
        catalogue_from_json(b"\x80\x04K\x01.")
