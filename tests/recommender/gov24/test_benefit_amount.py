import pytest

from recommender.gov24.benefit_amount import value


def read(text, forms=("cash",)):
    found = value(text, forms)
    return found["amount"], found.get("period")


@pytest.mark.parametrize(
    ("text", "amount", "period"),
    [
        ("○ 참전유공자에게 월 5만원 지원", 50_000, "month"),
        ("매월 10만 원 지급", 100_000, "month"),
        ("지원금액 : 가구당 연 50만원", 500_000, "year"),
        ("생활안정 지원(매월 2만원 지급)", 20_000, "month"),
        ("유족 1인에게 일시금 20만원 지급", 200_000, "once"),
        ("전입장려금 20만원 지급(1회)", 200_000, "once"),
        ("지원금액 : 학기당 100만 원", 1_000_000, "half_year"),
        ("분기별 3만5천원 수당 지급", 35_000, "quarter"),
        ("매월 1억 2,000만원 지급", 120_000_000, "month"),
        ("매월 200천원 지원", 200_000, "month"),
        ("안내문\n월 1.5만원 지급\n문의: 복지과", 15_000, "month"),
    ],
)
def test_a_sum_with_one_reading_is_read(text, amount, period):
    assert read(text) == (amount, period)


@pytest.mark.parametrize(
    "text",
    [
        "월 최대 20만원 지원",
        "월 10만원 이내 지원",
        "월 10~20만원 지급",
        "첫째 매월 10만원, 둘째 매월 20만원 지급",
        "월 소득 200만원인 가구 지원",
        "월 20만원 융자 지원",
        "ha당 연 100만원 지급",
        "장학금 100만원 지급",
        "월 10만원",
        "월 20만원 상당 꾸러미 지원",
        "매월 10만원 지급(연 120만 한도)",
        "매월 0원 지급",
        "매월 0.33333원 지급",
        "매월 지급, 1회 지급 5만원",
        "방문 상담",
        "지원 원칙 3원칙",
    ],
)
def test_a_sum_with_several_readings_or_none_is_not_read_and_its_words_are_kept(text):
    assert value(text, ["cash"]) == {"amount": None, "currency": "KRW", "text": text}


@pytest.mark.parametrize("form", ["loan", "tax_relief", "insurance", "in_kind", "medical"])
def test_what_is_not_handed_over_has_no_amount(form):
    assert read("매월 10만원 지급", [form]) == (None, None)


def test_two_periods_for_one_sum_are_no_single_reading():
    assert read("일시금 매월 10만원 지급") == (None, None)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_no_text_has_no_amount_and_no_words(text):
    assert value(text, ["cash"]) == {"amount": None, "currency": "KRW"}


@pytest.mark.parametrize("text", ["9" * 3000, "1만" * 1500, "월 " * 1500 + "x", "1," * 1500])
def test_a_text_made_to_be_slow_is_read_at_once(text):
    assert read(text) == (None, None)
