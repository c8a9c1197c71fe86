from __future__ import annotations

from recommender.text import Text


def test_a_text_without_translation_is_shown_in_the_language_there_is():
    assert Text(ko="부모급여").in_language("en") == "부모급여"
    assert Text(ko="", en="Parental benefit").in_language("ko") == "Parental benefit"
    assert Text(ko="부모급여").to_document() == {"ko": "부모급여"}
    assert Text.of({"en": "Allowance", "fr": "Allocation"}, ("fr", "en")).in_language("de") == "Allocation"


def test_a_text_is_written_as_one_string_where_it_is_in_its_own_language_only():
    assert Text.of({"fr": "Allocation"}, ("fr", "en")).brief() == "Allocation"
    assert Text.of({"en": "Allowance"}, ("fr", "en")).brief() == {"en": "Allowance"}
    assert Text.of({"fr": "Allocation", "en": "Allowance"}, ("fr", "en")).brief() == {
        "fr": "Allocation", "en": "Allowance",
    }  # fmt: skip
