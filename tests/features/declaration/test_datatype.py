"""Which JSON values become which integers, and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declaration.datatype import DataType
from features.problem import Rejected
from features.value import NONE, UNKNOWN, identifier_code, is_known, region_code, region_text

PERCENT = DataType("integer", 0, 10000, unit="percent")
MONEY = DataType("integer", 0, 1_000_000, scale=100)
DATE = DataType("date", -100_000, 100_000)
DATES = DataType("dates", 0, 100_000)
SEX = DataType("enum", values=("male", "female"))
DISTRICT = DataType("region", form="[1-9][0-9]([0-9]{3})?")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (DataType("boolean"), True), (PERCENT, 72), (MONEY, 72.25), (MONEY, 3), (DATE, "1990-05-01"), (SEX, "female"),
        (DataType("region"), "11440"), (DataType("region"), "11"), (DataType("integer"), -5),
    ],
)  # fmt: skip
def test_a_value_comes_back_as_it_went_in(kind, value):
    assert kind.decode(kind.encode(value)) == value


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        (PERCENT, -5, "-5 is below 0"), (PERCENT, 10001, "10001 is above 10000"), (PERCENT, 72.5, "not a whole number"),
        (PERCENT, "72", "'72' is not a whole number"), (PERCENT, True, "not a whole number"), (PERCENT, None, "null"),
        (MONEY, 1.001, "multiple of 1/100"), (MONEY, float("nan"), "multiple of"), (MONEY, float("inf"), "multiple"),
        (DataType("boolean"), 1, "true or false"), (DataType("boolean"), "yes", "true or false"),
        (DATE, "1990-02-30", "not a date"), (DATE, "1990-5-1", "not a date"), (DATE, 19900501, "not a date"),
        (DATE, "19900501", "not a date"), (DATE, "1990-W01-1", "not a date"), (DATE, "1500-01-01", "below 1696-03-17"),
        (SEX, "Female", "one of male, female"), (SEX, 1, "not a text"), (SEX, "", "not a text"),
        (DISTRICT, "1144", "region code"), (DISTRICT, "01440", "region code"), (DISTRICT, "강남", "region code"),
        (DataType("region"), "2a004", "region code"), (DataType("region"), "1234567890", "region code"),
        (DataType("region"), 11440, "a text"),
        (DataType("integer"), 2**53 + 1, "above"), (DATES, "1990-05-01", "not a list"), (DATES, {}, "not a list"),
    ],
)  # fmt: skip
def test_what_a_kind_cannot_take_is_refused_with_its_reason(kind, value, said):
    with pytest.raises(Rejected) as caught:
        kind.encode_all(value, ("facts.json", "x"))
    assert said in str(caught.value)
    assert str(caught.value).startswith("facts.json: x: ")


def test_a_list_reports_every_member_that_is_wrong():
    with pytest.raises(Rejected) as caught:
        DATES.encode_all(["2020-01-01", "2020-13-01", 5])
    assert [problem.where for problem in caught.value.problems] == ["value[1]", "value[2]"]


def test_a_list_is_a_set_of_its_members_in_order():
    assert DATES.encode_all(["2020-01-02", "2020-01-01"]) == (18262, 18263)
    assert DATES.encode_all([]) == ()
    assert DATES.encode("2020-01-01") == 18262
    assert PERCENT.encode_all(5) == (5,)


def test_unknown_and_none_are_told_apart():
    assert PERCENT.decode(UNKNOWN) is None
    assert PERCENT.decode(NONE) == "none"
    assert not is_known(UNKNOWN)
    assert not is_known(NONE)


def test_ages_are_read_off_their_bits():
    assert DataType("ages").decode(1 | 1 << 61) == [0, 61]
    assert DataType("ages").encode(7) == 7


@given(st.text(min_size=1))
def test_the_code_of_an_identifier_is_a_stable_62_bit_number(text):
    code = identifier_code(text)
    assert 0 <= code < 2**62
    assert DataType("identifier").decode(DataType("identifier").encode(text)) == code


@pytest.mark.parametrize("text", ["11", "11440", "01", "2A004", "97411", "200054781", "R84", "0", "00", "Z"])
def test_a_region_is_one_integer_and_back_whatever_its_country_writes(text):
    kind = DataType("region")
    assert kind.decode(kind.encode(text)) == text


def test_a_code_of_digits_is_the_number_it_is():
    assert [DataType("region").encode(text) for text in ("11", "11440")] == [11, 11440]
    assert DataType("region").encode("01") != DataType("region").encode("1")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=9))
def test_no_two_regions_are_one_integer(text):
    code = region_code(text)
    assert region_text(code) == text
    assert 0 <= code <= 2**53


def test_a_list_of_more_than_fifty_values_is_refused_in_one_sentence():
    assert len(DATES.encode_all(["2020-01-01"] * 50)) == 50
    with pytest.raises(Rejected, match="lists 51 values"):
        DATES.encode_all(["2020-01-01"] * 51)
