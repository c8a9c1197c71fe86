import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.gov24.money import sums


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("월 5만원", [50_000]),
        ("50만 원과 3백만원", [500_000, 3_000_000]),
        ("1억 2,000만원", [120_000_000]),
        ("1억원, 375억 지원", [100_000_000, 37_500_000_000]),
        ("3만5천원 / 3만 5천 원", [35_000, 35_000]),
        ("200천원", [200_000]),
        ("1.5백만원, 54.6만원", [1_500_000, 546_000]),
        ("2천5백만원", [25_000_000]),
        ("20만 씩, 30만(연 1회)", [200_000, 300_000]),
        ("만 19세, 10만 명, 5만 톤, 2억 불, 원칙 3원칙, 20원장, 0원, 0.33333원", []),
        ("2026년 7월 1일부터 1회 10만원", [100_000]),
    ],
)
def test_a_sum_is_read_in_every_way_it_is_written(text, expected):
    assert [one.won for one in sums(text)] == expected


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("월 10~20만원", 100_000, 200_000),
        ("340천원~560천원", 340_000, 560_000),
        ("500,000원 ~ 1,000,000원", 500_000, 1_000_000),
        ("30만-50만원", 300_000, 500_000),
    ],
)
def test_a_range_is_one_sum_with_two_bounds(text, lower, upper):
    (found,) = sums(text)
    assert (found.lower, found.won) == (lower, upper)


@pytest.mark.parametrize(
    "text",
    [
        *("50만원 ~ 10만원", "1,000,000원~500,000원", "△50만원", "100달러, 5만 달러, 10만엔, 30만 포인트점"),
        *("-50만원 지급", "월 -10만원", "지원금: -50만원"),
    ],
)
def test_a_range_written_backwards_what_is_taken_off_and_other_money_are_no_sums(text):
    assert list(sums(text)) == []


def test_a_dash_before_a_blank_is_a_bullet_and_one_between_sums_a_range():
    assert [one.won for one in sums("- 50만원 지급")] == [500_000]
    assert [(one.lower, one.won) for one in sums("50만원-100만원")] == [(500_000, 1_000_000)]


@given(st.integers(1, 10**11))
def test_any_whole_sum_comes_back_with_its_place(won):
    text = f"장려금 {won:,}원 지급"
    (found,) = sums(text)
    assert found.won == won
    assert text[found.start : found.end] == f"{won:,}원"


@given(st.text("0123456789,.만천백억원~ 월", max_size=60))
def test_sums_never_overlap_and_are_whole(text):
    ends = 0
    for found in sums(text):
        assert ends <= found.start < found.end <= len(text)
        assert found.won > 0
        assert found.lower is None or 0 < found.lower < found.won
        ends = found.end


@pytest.mark.parametrize("text", ["9" * 3000, "1만" * 1500, "월 " * 1500 + "x", "1," * 1500, "1~" * 1500])
def test_a_text_made_to_be_slow_is_read_at_once(text):
    assert len(list(sums(text))) < 2000


@pytest.mark.parametrize(
    "words", ["9" * 8000 + "원", "9" * 100_000 + "만원", "9,9" * 3000 + "원", "0." + "1" * 5000 + "만원"]
)
def test_a_run_of_digits_that_nobody_writes_is_no_sum(words):
    assert list(sums(words)) == []


def test_a_sum_above_ten_trillion_won_is_unread():
    assert list(sums("매월 9999999999999억원 지급, 10조원, 10,000,000,000,001원")) == []
    assert [one.won for one in sums("100000억원")] == [10**13]
