"""The kernel says what the oracle says, bit for bit, on random histories; online, batch and pairs are one call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.declaration.declaration import declare
from features.kernel import snapshot_oracle
from features.kernel.kernel import _kernel, compute, warm
from features.kernel.lowering import lower
from features.log.history import history_of
from features.problem import Rejected
from tests.examples import examples
from tests.features.histories import DECLARATION, DOCUMENTS, PEOPLE, RECEIPTS, START, asked


def kernel_rows(events, pairs, complete=True):
    plan = lower(DECLARATION, RECEIPTS, complete)
    built = history_of(events, DECLARATION)
    return compute(plan, built, built.rows_of(p for p, _ in pairs), np.array([t for _, t in pairs], np.int64))


def agrees(events, times, complete):
    pairs = [(person, t) for person in PEOPLE for t in times]
    columns = lower(DECLARATION, RECEIPTS).columns
    for (person, t), row in zip(pairs, kernel_rows(events, pairs, complete).tolist(), strict=True):
        said = snapshot_oracle.snapshot(DECLARATION, events, person, t, RECEIPTS, complete)
        differ = {c: (k, o) for c, k, o in zip(columns, row, said, strict=True) if k != o}
        assert not differ, (person, t)


@examples(150)
@given(asked(), st.booleans())
def test_the_kernel_agrees_with_the_oracle_bit_for_bit(history, complete):
    agrees(*history, complete)


@examples(60)
@given(asked())
def test_one_person_online_is_the_same_as_in_a_batch(history):
    events, times = history
    pairs = [(person, t) for t in times for person in (*PEOPLE, "nobody")]
    batch = kernel_rows(events, pairs)
    for place, pair in enumerate(pairs):
        assert (kernel_rows(events, [pair])[0] == batch[place]).all()


def test_events_read_by_another_declaration_are_refused():
    other = declare(*DOCUMENTS[:2], {"features": {}})
    with pytest.raises(Rejected, match="another declaration"):
        compute(lower(other), history_of([], DECLARATION), np.array([-1]), np.array([START]))


def test_persons_and_instants_must_pair_up():
    built = history_of([], DECLARATION)
    for rows, times in (([0], [START]), ([-2], [START]), ([-1, -1], [START]), ([[-1]], [[START]])):
        with pytest.raises(Rejected, match="pair up"):
            compute(lower(DECLARATION), built, np.array(rows), np.array(times))


def test_no_queries_give_no_rows():
    none = np.array([], np.int64)
    assert compute(lower(DECLARATION), history_of([], DECLARATION), none, none).shape == (0, len(DECLARATION.columns))


INTERPRETED = """
import sys
from features.kernel.jit import interpret
interpret()
from hypothesis import given, settings, strategies as st
from tests.features.kernel.test_kernel import agrees, asked
settings(max_examples=12, derandomize=True, deadline=None)(given(asked(), st.booleans())(lambda h, c: agrees(*h, c)))()
assert "numba" not in sys.modules
"""


def test_read_as_plain_python_the_kernel_says_the_same():
    command = [sys.executable, "-W", "error", "-c", INTERPRETED]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[3])


def test_warming_compiles_the_kernel_once_and_for_all():
    warm()
    assert _kernel.signatures
    known = len(_kernel.signatures)
    kernel_rows([], [("ann", START)])
    assert len(_kernel.signatures) == known
