"""Which sets of facts are worth asking for together, beside a sum over every set within each."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.rules.promising_set import TOGETHER, distinct, most_promising

ROWS = arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(2, 12)))


@given(ROWS, st.data(), st.integers(1, 30))
def test_a_set_promises_what_all_sets_within_it_count_for_each_of_its_facts(rows, data, most):
    waits, _ = distinct(rows)
    worth = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(waits), max_size=len(waits))), np.float64)
    promised = {}
    for place, row in enumerate(waits):
        if 1 < row.sum() <= TOGETHER and worth[place] > 0:
            within = ~(waits & ~row).any(axis=1)
            promised[place] = round(float(worth[within].sum()) / int(row.sum()), 9)
    expected = sorted(promised, key=lambda place: (-promised[place], place))[:most]
    assert most_promising(waits, worth, most).tolist() == expected


@given(ROWS)
def test_equal_rows_are_one(rows):
    found, which = distinct(rows)
    assert np.array_equal(found[which], rows)
    assert len({row.tobytes() for row in found}) == len(found)
