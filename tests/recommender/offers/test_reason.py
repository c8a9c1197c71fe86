from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.currency import CURRENCIES
from recommender.offers import reason, utility
from recommender.offers.amount_text import amount_sentence
from recommender.rules.estimate import Estimate
from recommender.rules.window import always, between, unstated
from recommender.rules.working_days import WEEKENDS_ONLY
from recommender.text import Text
from tests.recommender.catalogues import MESSAGES

AMOUNT = amount_sentence(Estimate("gift", 12_000, 12_000, True, ()), CURRENCIES["KRW"], MESSAGES)
FIGURES = st.one_of(
    st.tuples(
        st.just("likelihood_times_value"),
        st.fixed_dictionaries({"likelihood": st.floats(0, 1), "amount": st.none() | st.integers(0, 10**12)}),
    ),
    st.tuples(st.just("value"), st.fixed_dictionaries({"amount": st.none() | st.integers(0, 10**12)})),
    st.tuples(st.sampled_from(["certainty", "doubt"]), st.just({})),
    st.tuples(st.just("urgency"), st.fixed_dictionaries({"days_left": st.integers(0, 4000)})),
    st.tuples(st.just("unlocks"), st.fixed_dictionaries({"programmes": st.integers(1, 200)})),
    st.tuples(st.just("effort"), st.fixed_dictionaries({"minutes": st.integers(1, 3000)})),
)


@given(FIGURES)
def test_every_factor_has_a_whole_sentence_in_both_languages(factor_and_figures):
    text = reason.why_rank(*factor_and_figures, AMOUNT, MESSAGES)
    assert re.search("[가-힣]", text.get("ko"))
    assert text.get("ko").endswith(".")
    assert re.fullmatch(r"[A-Z].*\.", text.get("en"))
    assert "None" not in text.get("ko") + text.get("en")


def test_there_is_a_sentence_for_every_factor_of_the_utility():
    figures = {"likelihood": 0.5, "amount": 1, "days_left": 1, "programmes": 1, "minutes": 1}
    assert all(reason.why_rank(factor, figures, AMOUNT, MESSAGES).get("en") for factor in utility.FACTORS)


def test_a_factor_without_a_sentence_is_an_error():
    with pytest.raises(KeyError):
        reason.why_rank("luck", {}, AMOUNT, MESSAGES)


@pytest.mark.parametrize(
    ("factor", "figures", "en"),
    [
        ("urgency", {"days_left": 0}, "Today is the last day to apply."),
        ("urgency", {"days_left": 1}, "There is 1 day left to apply."),
        ("urgency", {"days_left": 1200}, "There are 1,200 days left to apply."),
        ("unlocks", {"programmes": 1}, "Receiving it opens the way to 1 other benefit."),
        ("unlocks", {"programmes": 3}, "Receiving it opens the way to 3 other benefits."),
        ("effort", {"minutes": 75}, "Applying takes about 1 hour 15 minutes."),
        ("effort", {"minutes": 1}, "Applying takes about 1 minute."),
        ("value", {"amount": 12000}, "It is worth 12,000 won in the first year."),
    ],
)
def test_figures_are_put_in_words(factor, figures, en):
    assert reason.why_rank(factor, figures, AMOUNT, MESSAGES).get("en") == en


def test_a_likelihood_is_told_as_people_not_as_certainty():
    text = reason.why_rank("likelihood_times_value", {"likelihood": 0.25, "amount": 12_000}, AMOUNT, MESSAGES)
    assert "25% take it up" in text.get("en")
    assert "1만 2,000 원" in text.get("ko")


def test_a_published_last_day_that_was_no_working_day_is_asked_about():
    found = reason.window_sentence(between("dated", None, 20_757, 20_758, WEEKENDS_ONLY), None, MESSAGES)
    assert "31 October 2026, was not a working day. Ask" in found.get("en")
    assert found.get("ko").startswith("신청 마지막 날(2026년 10월 31일)이 휴일이었습니다.")


def test_a_window_is_told_by_its_date_and_what_is_left():
    day = 20_757  # Saturday, 31 October 2026

    def told(opens, closes):
        return reason.window_sentence(between("dated", opens, closes, day, WEEKENDS_ONLY), None, MESSAGES)

    assert told(None, day + 1).get("en") == "Apply by 1 November 2026 (1 day left)."
    assert told(None, day).get("ko") == "오늘(2026년 10월 31일)이 신청 마지막 날입니다."
    assert told(day + 1, None).get("en") == "Applications open on 1 November 2026."
    assert told(None, day - 1).get("en") == "Applications closed on 30 October 2026."
    assert told(day, None) is None


def test_a_window_without_dates_is_described_by_its_kind_or_as_it_was_published():
    def sentence(opening, wording=None):
        return reason.window_sentence(opening, wording, MESSAGES)

    assert sentence(always("open_ended")).get("en") == "You can apply at any time."
    assert sentence(
        always("open_ended"), Text(ko="신청한 달부터 지급", en="paid from the month of the claim.")
    ) == Text(
        ko="언제든지 신청할 수 있습니다. 공고에는 ‘신청한 달부터 지급’이라고 되어 있습니다.",
        en="You can apply at any time. The notice says: paid from the month of the claim.",
    )
    assert sentence(always("not_needed")).get("ko") == "따로 신청하지 않아도 받을 수 있습니다."
    assert sentence(unstated("recurring"), Text(ko="정기 5월")) == Text(
        ko="신청 기간은 ‘정기 5월’로 공고되었습니다.", en="The published application period is: “정기 5월”."
    )
    assert sentence(unstated("recurring")) is None
