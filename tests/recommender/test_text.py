from __future__ import annotations

import pytest

from recommender.text import Text, joined, number, with_particle


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("농업인", "농업인이"),
        ("근로자", "근로자가"),
        ("가구(2인)", "가구(2인)이"),
        ("19", "19가"),
        ("13", "13이"),
        ("URL", "URL이"),
        ("SOS", "SOS가"),
        ("", "가"),
        (")", ")가"),
    ],
)
def test_a_particle_follows_the_last_sound_of_a_word(word, told):
    assert with_particle(word, "이", "가") == told


def test_a_text_that_nobody_translated_is_told_in_the_language_there_is():
    assert Text("부모급여").in_language("en") == "부모급여"
    assert Text("", "Parental benefit").in_language("ko") == "Parental benefit"
    assert Text("부모급여").to_document() == {"ko": "부모급여"}


def test_texts_are_joined_in_both_languages():
    assert joined([Text("가", "a"), Text("나")], "와 ", " and ") == Text("가와 나", "a and 나")


def test_thousands_are_set_apart():
    assert number(1_234_567) == "1,234,567"
