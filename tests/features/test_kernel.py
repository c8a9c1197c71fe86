"""The kernel says what the oracle says, bit for bit, on random histories."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import oracle
from features.kernel import compute
from features.lowering import lower
from features.problem import Rejected
from features.segments import segments
from tests.features.histories import DECLARATION, PEOPLE, PROGRAMMES, histories, instants, small_declaration


def rows_of(events, times, complete=True):
    plan = lower(DECLARATION, PROGRAMMES, complete)
    built = segments(events, DECLARATION)
    pairs = [(person, t) for person in PEOPLE for t in times]
    values = compute(plan, built, built.rows_of(p for p, _ in pairs), np.array([t for _, t in pairs], np.int64))
    return pairs, plan.columns, values


@settings(max_examples=300, deadline=None)
@given(histories(), st.lists(instants, min_size=1, max_size=3), st.booleans())
def test_the_kernel_agrees_with_the_oracle_bit_for_bit(events, times, complete):
    pairs, columns, values = rows_of(events, times, complete)
    for (person, t), row in zip(pairs, values.tolist(), strict=True):
        said = oracle.snapshot(DECLARATION, events, person, t, PROGRAMMES, complete)
        differ = {c: (k, o) for c, k, o in zip(columns, row, said, strict=True) if k != o}
        assert not differ, (person, t)
