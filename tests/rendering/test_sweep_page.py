"""The page of a sweep: what it counted, under names, with the largest first and a bar as wide as its share."""

from __future__ import annotations

import pytest

from composition import reading
from rendering.page import page
from rendering.sweep_page import TEMPLATE, WIDE, SweepNames, view
from rendering.voice import voice_of

NAMES = SweepNames(
    {"t.rent": {"ko": "월세 <지원>", "en": "Rent <aid>"}}.get,
    {"11440": "Mapo-gu"}.get,
    {"region": {"ko": "사는 곳", "en": "home"}}.get,
)
SUMMARY = {
    "as_of": "2026-10-31", "since": None, "people": 3, "swept": 4, "closing": 2, "unjudged": 1,
    "changes": {"offered": 1200},
    "programmes": {"t.gone": {"offered": 300, "closing": 2}, "t.rent": {"offered": 900, "closing": 0}},
    "districts": {"unknown": {"offers": 1, "people": 1}, "11440": {"offers": 4, "people": 2}},
    "wanting": {"region": 1}, "problems": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def voices():
    messages = reading.read_messages()
    return {language: voice_of(messages, language) for language in ("ko", "en")}


def test_the_largest_is_first_and_bars_are_shares_of_it(voices):
    rows = view(SUMMARY, NAMES, voices["en"])["programmes"]
    assert [(row.name, row.width, row.figures) for row in rows] == [
        ("Rent <aid>", WIDE, ("900", "0")), ("t.gone", 33.33, ("300", "2")),
    ]  # fmt: skip


def test_only_what_happened_has_a_column(voices):
    assert view(SUMMARY, NAMES, voices["en"])["kinds"] == ["offered", "closing soon"]


def test_offers_that_stand_as_before_are_no_change(voices):
    shown = view({**SUMMARY, "changes": {"same": 7, "changed": 2}}, NAMES, voices["en"])["changes"]
    assert [many for _, many in shown] == ["2"]


def test_a_district_that_is_not_known_is_called_so(voices):
    assert [row.name for row in view(SUMMARY, NAMES, voices["en"])["districts"]] == ["Mapo-gu", "not known"]


def test_nothing_at_all_makes_a_page(voices):
    empty = {**SUMMARY, "changes": {}, "programmes": {}, "districts": {}, "wanting": {}, "since": "2026-10-30"}
    text = page(TEMPLATE, view(empty, NAMES, voices["en"]))
    assert "Nothing." in text
    assert "Only what changed since 30 October 2026." in text
    assert "<table" not in text


@pytest.mark.parametrize(("language", "words"), [("ko", ("월세 &lt;지원&gt;", "1,200")), ("en", ("Rent &lt;aid&gt;",))])
def test_the_page_is_in_one_language_and_quotes_markup(voices, language, words):
    text = page(TEMPLATE, view(SUMMARY, NAMES, voices[language]))
    assert f'lang="{language}"' in text
    assert all(word in text for word in words)


def test_what_could_not_be_swept_is_on_the_page(voices):
    problem = {"where": "people-00001.parquet", "what": "is not what was written", "remedy": "Bring it back"}
    text = page(TEMPLATE, view({**SUMMARY, "problems": [problem]}, NAMES, voices["en"]))
    assert "people-00001.parquet is not what was written. Bring it back" in text
