"""Rows are put together where they are equal, and only there, whatever they hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.kernel.like_rows import MetRows, like_rows
from features.value import NONE, UNKNOWN

CELLS = st.sampled_from([0, 1, 2, -1, NONE, UNKNOWN, 1 << 29, 1 << 31, 1 << 60, -(1 << 60)])


@given(st.integers(0, 4).flatmap(lambda width: st.lists(st.tuples(*[CELLS] * width), max_size=60)))
def test_groups_are_those_of_equal_rows_in_the_order_they_are_met(rows):
    width = len(rows[0]) if rows else 2
    found = like_rows(np.array(rows, np.int64).reshape(len(rows), width))
    met = list(dict.fromkeys(rows))
    assert [rows[at] for at in found.first] == met
    assert [met[group] for group in found.of] == rows


def test_many_rows_of_few_bits_are_told_apart():
    rows = np.arange(50_000).reshape(-1, 2) << 40
    found = like_rows(np.vstack((rows, rows[::-1])))
    assert found.first.size == len(rows)
    assert np.array_equal(found.of[len(rows) :], found.of[: len(rows)][::-1])


@given(st.lists(st.lists(st.tuples(CELLS, CELLS), max_size=40), max_size=5))
def test_rows_met_in_other_tables_keep_their_numbers(tables):
    met, rows = MetRows(2), []
    for table in tables:
        keys = np.array(table, np.int64).reshape(-1, 2)
        for number, key in zip(met.numbers(keys).tolist(), keys.tolist(), strict=True):
            if number == len(rows):
                rows.append(key)
            assert rows[number] == key
    assert [met[number].tolist() for number in range(len(met))] == rows
    assert len({tuple(row) for row in rows}) == len(rows)


def test_many_rows_are_met_in_parts():
    met, keys = MetRows(1), np.arange(1_000)[:, None]
    for first in range(0, 1_000, 7):
        assert met.numbers(keys[: first + 7]).tolist() == list(range(min(first + 7, 1_000)))
