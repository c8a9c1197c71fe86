import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.currency import CURRENCIES
from recommender.offers.amount_text import amount_sentence, steps_json
from recommender.rules.estimate import ANYBODY, Estimate
from recommender.rules.payment import GIVES, PER, PERIODS, AgeSpan, Payment, Tiers
from recommender.rules.worth import Value
from tests.recommender.catalogues import MESSAGES


@pytest.mark.parametrize(
    ("found", "en", "ko"),
    [
        (Estimate("gift", 5, 5, True, ()), "It is worth 5 won in the first year.", "받을 수 있는 금액은 5 원입니다."),
        (Estimate("gift", 0, 5, True, ()), "It is worth up to 5 won in the first year.", "최대 5 원입니다."),
        (Estimate("gift", 3, None, True, ()), "It is worth at least 3 won in the first year.", "3 원 이상입니다."),
        (Estimate("gift", 3, 5, True, ()), "It is worth 3 won to 5 won in the first year.", "5 원 사이입니다."),
        (Estimate("gift", 0, None, False, ()), "The amount is not stated.", "지원 금액이 공개되어 있지 않습니다."),
        (Estimate("gift", 0, 0, True, ()), "By what is known, nothing is paid in the next twelve months.", "없습니다."),
        (Estimate("loan", 0, 5, True, ()), "It is a loan of up to 5 won, which has to be paid back.", "하는 돈입니다."),
        (Estimate("discount", 5, 5, True, ()), "It saves 5 won in the first year.", "첫해에 5 원을 아낄 수 있습니다."),
    ],
)  # fmt: skip
def test_a_sum_a_range_a_limit_a_loan_and_no_sum_are_told_apart(found, en, ko):
    said = amount_sentence(found, CURRENCIES["KRW"], MESSAGES)
    assert said.get("en") == en
    assert said.get("ko").endswith(ko)


def test_no_won_is_written_where_the_currency_is_another():
    text = amount_sentence(Estimate("gift", 1680, 1680, True, ()), CURRENCIES["EUR"], MESSAGES)
    assert "won" not in text.get("en")
    assert "원" not in text.get("ko")
    assert "16.80" in text.get("en")
    assert "EUR" in text.get("en")


def derived(*parts):
    found, won = Value(parts).amount_of(ANYBODY, 0), CURRENCIES["KRW"]
    return steps_json(found, amount_sentence(found, won, MESSAGES), won, MESSAGES)


def test_the_derivation_is_data_and_words():
    parts = (Payment(500_000, 500_000, "month", "child", age=AgeSpan("child", 12, 24)), Payment(None, 7, percent=8550))
    found = derived(*parts)
    assert (found["low"], found["high"], found["missing"]) == (0, None, ["children"])
    first, second = found["steps"]
    assert (first["each"], first["times"], first["children"], first["per"]) == (
        [500_000] * 2,
        [0, None],
        [0, None],
        "child",
    )
    assert first["text"]["en"].startswith("500,000 won a month for each child, how often is not known")
    assert second["text"] == {"ko": "한 번 85.5%(최대 7 원)", "en": "85.5%, up to 7 won, once"}


payments = st.builds(
    Payment,
    low=st.none() | st.integers(0, 10**6),
    high=st.none() | st.integers(10**6, 10**9),
    period=st.sampled_from(PERIODS),
    per=st.sampled_from(PER),
    percent=st.none() | st.integers(1, 10_000),
    gives=st.none() | st.sampled_from(GIVES),
)


@given(st.lists(payments | st.lists(payments, min_size=1, max_size=3).map(lambda many: Tiers(tuple(many))), max_size=3))
def test_every_value_can_be_told_whole_in_both_languages(parts):
    found = derived(*parts)
    for text in (found["text"], *(step["text"] for step in found["steps"])):
        assert re.search("[가-힣]", text["ko"])
        assert "None" not in text["ko"] + text["en"]
        assert "{" not in text["ko"] + text["en"]
