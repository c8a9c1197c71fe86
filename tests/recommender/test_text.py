from __future__ import annotations

from recommender.text import Text


def test_a_text_without_translation_is_shown_in_the_language_there_is():
    assert Text("부모급여").in_language("en") == "부모급여"
    assert Text("", "Parental benefit").in_language("ko") == "Parental benefit"
    assert Text("부모급여").to_document() == {"ko": "부모급여"}
