from __future__ import annotations

import pytest

from recommender.particles import PAIRS, with_particle


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("농업인", "농업인이"),
        ("근로자", "근로자가"),
        ("가구(2인)", "가구(2인)가"),
        ("소득 (중위)", "소득 (중위)이"),
        ("‘기초연금’", "‘기초연금’이"),
        ("“부모급여”", "“부모급여”가"),
        ("19", "19가"),
        ("13", "13이"),
        ("10", "10이"),
        ("1,200", "1,200이"),
        ("50,000", "50,000이"),
        ("0", "0이"),
        ("0.97", "0.97이"),
        ("0.99", "0.99가"),
        ("300,000,000", "300,000,000이"),
        ("3,000,000,000,000", "3,000,000,000,000가"),
        ("75%", "75%가"),
        ("1,000㎡", "1,000㎡가"),
        ("URL", "URL이"),
        ("SOS", "SOS가"),
        ("A1", "A1이"),
        ("Proffer", "Proffer가"),
        ("synthetic", "synthetic가"),
        ("Gimpo-training", "Gimpo-training이"),
        ("", "가"),
        (")", ")가"),
    ],
)
def test_a_particle_follows_the_last_sound_of_a_word(word, told):
    assert with_particle(word, "이", "가") == told


@pytest.mark.parametrize(
    ("word", "told"),
    [("서울", "서울로"), ("부산", "부산으로"), ("제주", "제주로"), ("1", "1로"), ("3", "3으로"), ("10", "10으로")],
)
def test_ro_follows_a_rieul_as_it_follows_a_vowel(word, told):
    assert with_particle(word, "으로", "로") == told


def test_the_particles_stand_as_consonant_form_and_vowel_form():
    assert [with_particle(word, *pair.split("/")) for pair in PAIRS for word in ("집", "나무")] == [
        "집을", "나무를", "집이", "나무가", "집은", "나무는", "집과", "나무와", "집으로", "나무로", "집이어야",
        "나무여야", "집이라고", "나무라고",
    ]  # fmt: skip
