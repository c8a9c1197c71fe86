"""A code book says what columns may hold before a row is seen, and turns whatever is there into codes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.codebook import OTHER, CodeBook, Grid, Indicators, WordList

AGE, SEX = Grid("age", (18.0, 40.0, 65.0)), WordList("sex", ("female", "male"))
BOOK = CodeBook((AGE, SEX))

anything = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.tuples(anything, anything), min_size=1, max_size=30))
def test_every_number_there_is_has_a_code_of_its_column(rows):
    codes = BOOK.codes(np.array(rows))
    assert codes.shape == (len(rows), 2)
    assert ((codes >= 0) & (codes < [AGE.size, SEX.size])).all()


@given(st.lists(st.tuples(anything, anything), min_size=2, max_size=30))
def test_the_code_of_a_row_does_not_depend_on_the_others(rows):
    together = BOOK.codes(np.array(rows))
    apart = [BOOK.codes(np.array([row]))[0] for row in rows]
    assert np.array_equal(together, apart)


@pytest.mark.parametrize("value", [-1.0, 2.0, 0.5, 1e300, -math.inf, math.inf, OTHER])
def test_a_code_outside_the_vocabulary_is_other(value):
    assert SEX.codes(np.array([value])).tolist() == [2]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_no_record_can_hold_is_unknown_and_never_a_default(value):
    assert AGE.codes(np.array([value])).tolist() == [AGE.size - 1]


def test_a_value_at_a_cut_lies_above_it():
    assert AGE.codes(np.array([17.9, 18.0, 64.9, 65.0, 1e9])).tolist() == [0, 1, 2, 3, 3]


def test_text_becomes_numbers_places_other_and_unknown():
    table = BOOK.table([("39", "male"), ("?", ""), ("41", "neither")])
    assert np.array_equal(table, [[39, 1], [np.nan, np.nan], [41, OTHER]], equal_nan=True)
    assert BOOK.codes(table).tolist() == [[1, 1], [4, 3], [2, 2]]


def test_an_empty_table_keeps_its_columns():
    assert BOOK.table([]).shape == (0, 2)
    assert BOOK.codes(np.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("cuts", [(), (1.0, 1.0), (2.0, 1.0), (math.nan,), (1.0, math.inf)])
def test_a_grid_of_cuts_that_do_not_ascend_is_refused(cuts):
    with pytest.raises(ValueError, match="age: cuts"):
        Grid("age", cuts)


@pytest.mark.parametrize("words", [(), ("a", "a")])
def test_a_vocabulary_with_a_word_twice_or_none_is_refused(words):
    with pytest.raises(ValueError, match="sex: a vocabulary"):
        WordList("sex", words)


def test_a_book_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one column"):
        CodeBook()


@pytest.mark.parametrize("width", [1, 3])
def test_a_table_of_another_width_is_refused(width):
    with pytest.raises(ValueError, match="code book describes 2"):
        BOOK.of(width)


def test_further_columns_may_all_be_described_alike():
    assert CodeBook((SEX,), rest=AGE).of(3) == (SEX, AGE, AGE)


def test_a_book_cannot_be_changed_or_fitted():
    with pytest.raises(AttributeError):
        BOOK.columns = ()
    assert not hasattr(BOOK, "fit")


@given(st.lists(st.tuples(anything, anything), min_size=1, max_size=30))
def test_a_row_of_indicators_is_never_longer_than_one(rows):
    features = Indicators(BOOK.columns).of(BOOK.codes(np.array(rows)))
    assert (np.linalg.norm(features, axis=1) <= 1 + 1e-12).all()


def test_neighbouring_codes_of_a_number_look_more_alike_than_distant_ones():
    features = Indicators((AGE,)).of(np.array([[0], [1], [3]], dtype=np.int16))
    assert features[0] @ features[1] > features[0] @ features[2]


def test_an_unknown_number_lies_on_neither_side_of_a_cut():
    (row,) = Indicators((AGE,)).of(np.array([[AGE.size - 1]], dtype=np.int16))
    assert row[AGE.size : AGE.size + len(AGE.cuts)].tolist() == [0, 0, 0]
