from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.country import Currency
from features.problem import Rejected
from recommender import messages
from recommender.messages import Messages
from recommender.text import Text
from tests.recommender.catalogues import MESSAGES

KEYS = {"left": ("days",), "grant": ("title", "won")}
DATE = "{year}-{month}-{day}"
KOREAN = {
    "language": {"particles": True, "large": {"만": 10_000, "억": 100_000_000}},
    "messages": {"date": DATE, "left": "{days}일", "grant": "‘{title}’{을/를} {won:large} 원"},
}
ENGLISH = {
    "language": {"singular": [1], "months": [str(month) for month in range(1, 13)]},
    "messages": {"date": DATE, "left": "{days} {days:day/days}", "grant": "{title}: {won} won"},
}


def parsed(ko=KOREAN, en=ENGLISH, keys=KEYS):
    return Messages.parse({"ko": ko, "en": en}, keys)


def altered(**messages):
    return ENGLISH | {"messages": {k: v for k, v in (ENGLISH["messages"] | messages).items() if v is not None}}


def test_a_message_is_filled_in_for_every_language():
    assert parsed().text("left", days=1) == Text(ko="1일", en="1 day")
    assert parsed().text("left", days=1_200) == Text(ko="1,200일", en="1,200 days")
    title = Text(ko="부모급여", en="Parental benefit")
    assert parsed().text("grant", title=title, won=24_119_200) == Text(
        ko="‘부모급여’를 2,411만 9,200 원", en="Parental benefit: 24,119,200 won"
    )


def test_texts_are_joined_two_at_a_time():
    parts = [Text(ko="가", en="a"), Text(ko="나"), Text(ko="다", en="c")]
    assert MESSAGES.joined("rule.or", parts) == Text(ko="가 또는 나 또는 다", en="a or “나” or c")
    assert MESSAGES.joined("rule.or", parts[:1]) == parts[0]


def test_words_of_another_language_are_shown_as_a_quotation():
    korean = Text(ko="상시신청")
    assert MESSAGES.text("window.published", wording=korean) == Text(
        ko="신청 기간은 ‘상시신청’으로 공고되었습니다.", en="The published application period is: “상시신청”."
    )
    assert (MESSAGES.read(korean, "ko"), MESSAGES.read(korean, "en")) == ("상시신청", "“상시신청”")
    assert MESSAGES.read(Text.alone("kr.x"), "en") == "kr.x"
    assert MESSAGES.said("en", "rule.question.is", question=korean) == '"상시신청" yes'


def test_a_date_is_written_as_each_language_writes_it():
    assert MESSAGES.text("window.opens", date=date(2026, 10, 31)) == Text(
        ko="2026년 10월 31일부터 신청할 수 있습니다.", en="Applications open on 31 October 2026."
    )


@pytest.mark.parametrize(
    ("won", "ko"),
    [(0, "0"), (7_300, "7,300"), (2_000_000, "200만"), (123_450_000, "1억 2,345만"), (100_000_001, "1억 1")],
)
def test_large_sums_are_written_with_the_words_for_large_numbers(won, ko):
    assert parsed().text("grant", title="가", won=won).get("ko") == f"‘가’를 {ko} 원"


@given(st.integers(0, 10**15))
def test_a_sum_in_large_units_keeps_its_value(won):
    said = parsed().text("grant", title="가", won=won).get("ko").removeprefix("‘가’를 ").removesuffix(" 원")
    units = {"억": 100_000_000, "만": 10_000}
    parts = [part.replace(",", "") for part in said.split(" ")]
    assert sum(int(part.rstrip("억만")) * units.get(part[-1], 1) for part in parts) == won


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (altered(left=None), "en.yaml: left: is missing"),
        (altered(lfet="x"), "en.yaml: lfet: is not a known message. Did you mean left?"),
        (altered(left="soon"), "en.yaml: left: has the placeholders none. Use exactly days"),
        (altered(left="{days} {hours}"), "en.yaml: left: has the placeholders days, hours. Use exactly days"),
        (altered(left="{days"), "en.yaml: left: has braces that do not match"),
        (altered(left="{days} {days:large/}{을/이}"), "en.yaml: left: has the unknown particle 을/이"),
        (altered(left="{days:short}"), "en.yaml: left: has the unknown form short"),
        (altered(left=7), "en.yaml: left: is not text"),
        ([], "en.yaml: does not have the keys language and messages"),
    ],
)
def test_what_is_wrong_with_a_file_of_messages_is_found_when_it_is_read(document, problem):
    with pytest.raises(Rejected) as refused:
        parsed(en=document)
    assert any(str(one).startswith(problem) for one in refused.value.problems), str(refused.value)


FRENCH = {
    "language": {
        "singular": [0, 1],
        "months": ["janvier", "février", "mars", "avril", "mai", "juin"] * 2,
        "days": {1: "1er"},
        "thousands": "\u202f",
        "decimal": ",",
        "money": {"EUR": "{amount}\u00a0€"},
    },
    "messages": {"date": "{day} {month} {year}", "left": "{days} {days:jour/jours}", "grant": "{title} : {won}"},
}


def test_every_language_of_a_country_writes_figures_dates_and_money_as_its_file_says():
    messages = Messages.parse({"fr": FRENCH, "en": ENGLISH}, KEYS)
    assert messages.languages == ("fr", "en")
    assert messages.text("left", days=0) == Text(fr="0 jour", en="0 days")
    assert messages.text("left", days=1_200) == Text(fr="1\u202f200 jours", en="1,200 days")
    assert messages.said("fr", "grant", title="x", won=date(2026, 4, 1)) == "x : 1er avril 2026"
    assert messages.said("fr", "grant", title="x", won=2.5) == "x : 2,5"
    assert messages.said("fr", "grant", title="x", won=1_520.0) == "x : 1\u202f520"
    euro = Currency("EUR", 2)
    assert messages.money(120_000, euro) == Text(fr="1\u202f200\u00a0€", en="1,200 EUR")
    assert messages.money(1_605, euro) == Text(fr="16,05\u00a0€", en="16.05 EUR")
    assert messages.filled(Text(fr="{} ans"), 18) == Text(fr="18 ans", en="18 ans")


def test_a_particle_belongs_to_a_language_that_has_particles():
    with pytest.raises(Rejected, match="left: has a particle"):
        parsed(en=altered(left="{days}{을/를}"))


@pytest.mark.parametrize(
    ("language", "problem"),
    [
        ({"singular": ["one"]}, "en.yaml: language: has what is not a whole number"),
        ({"days": {"first": "1st"}}, "en.yaml: language: has what is not a whole number"),
        ({"months": ["May"]}, "en.yaml: language.months: are not twelve names"),
        (
            {"money": {"EUR": "{sum} euros"}},
            "en.yaml: language.money.EUR: has the placeholders sum. Use exactly amount",
        ),
        ({"plural": [2]}, "en.yaml: language.plural: unknown key"),
        ({"particles": "yes"}, "en.yaml: language.particles: 'yes' is neither true nor false"),
    ],
)
def test_what_is_wrong_with_how_a_language_writes_is_found(language, problem):
    with pytest.raises(Rejected) as refused:
        parsed(en=ENGLISH | {"language": language})
    assert any(str(one).startswith(problem) for one in refused.value.problems), str(refused.value)


def test_a_message_that_is_unknown_or_not_filled_in_is_an_error():
    with pytest.raises(KeyError):
        parsed().text("nothing")
    with pytest.raises(KeyError):
        parsed().text("left")


TOLD = st.sampled_from(
    [0, 1, 1.0, -0.0, True, 1_200, 1_200.0, 1.5, "1", "1.5", date(2026, 5, 1), Text(ko="하나", en="one")]
)


@given(st.lists(st.tuples(TOLD, TOLD), max_size=12), st.integers(1, 4))
def test_a_message_is_told_alike_however_often_and_after_whatever_others(told, most):
    kept, before = parsed(), messages._MOST_KEPT
    messages._MOST_KEPT = most
    try:
        for days, title in told:
            assert kept.text("left", days=days) == parsed().text("left", days=days)
            assert kept.text("grant", title=title, won=days) == parsed().text("grant", title=title, won=days)
        assert len(kept._told) <= most
    finally:
        messages._MOST_KEPT = before
