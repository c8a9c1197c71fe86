"""The kernel says what the oracle says, bit for bit, on random histories; online, batch and pairs are one call."""

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
from tests.features.histories import DECLARATION, PEOPLE, PROGRAMMES, START, histories, instants, small_declaration


def kernel_rows(events, pairs, complete=True):
    plan = lower(DECLARATION, PROGRAMMES, complete)
    built = segments(events, DECLARATION)
    return compute(plan, built, built.rows_of(p for p, _ in pairs), np.array([t for _, t in pairs], np.int64))


@settings(max_examples=150)
@given(histories(), st.lists(instants, min_size=1, max_size=3), st.booleans())
def test_the_kernel_agrees_with_the_oracle_bit_for_bit(events, times, complete):
    pairs = [(person, t) for person in PEOPLE for t in times]
    columns = lower(DECLARATION, PROGRAMMES).columns
    for (person, t), row in zip(pairs, kernel_rows(events, pairs, complete).tolist(), strict=True):
        said = oracle.snapshot(DECLARATION, events, person, t, PROGRAMMES, complete)
        differ = {c: (k, o) for c, k, o in zip(columns, row, said, strict=True) if k != o}
        assert not differ, (person, t)


@settings(max_examples=60)
@given(histories(), st.lists(instants, min_size=2, max_size=4))
def test_one_person_online_is_the_same_as_in_a_batch(events, times):
    pairs = [(person, t) for t in times for person in (*PEOPLE, "nobody")]
    batch = kernel_rows(events, pairs)
    for place, pair in enumerate(pairs):
        assert (kernel_rows(events, [pair])[0] == batch[place]).all()
        alone = [event for event in events if pair[0] in event.people]
        related = {event.key for event in alone} | {event.target for event in alone}
        theirs = [event for event in events if event in alone or event.target in related or event.key in related]
        assert (kernel_rows([e for e in events if e in theirs or e.target], [pair])[0] == batch[place]).all()


def test_events_read_by_another_declaration_are_refused():
    other = small_declaration(features="features: {}")
    with pytest.raises(Rejected, match="another declaration"):
        compute(lower(other), segments([], DECLARATION), np.array([-1]), np.array([START]))


def test_persons_and_instants_must_pair_up():
    built = segments([], DECLARATION)
    for rows, times in (([0], [START]), ([-2], [START]), ([-1, -1], [START]), ([[-1]], [[START]])):
        with pytest.raises(Rejected, match="pair up"):
            compute(lower(DECLARATION), built, np.array(rows), np.array(times))


def test_no_queries_give_no_rows():
    none = np.array([], np.int64)
    assert compute(lower(DECLARATION), segments([], DECLARATION), none, none).shape == (0, len(DECLARATION.columns))
