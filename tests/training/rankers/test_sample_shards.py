"""Rows in shards: what is summed of them is what is summed of the whole, bit for bit, and what is broken is named."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composition.shards import in_processes, map_here
from features.problem import Rejected
from features.shard_folder import ShardFolder
from tests.training.rankers.test_private_bilinear import CELLS, drawn_weights, sample, space, started
from training.rankers.bilinear_arrays import CountSum, Sample
from training.rankers.first_release import _by_cell
from training.rankers.private_bilinear import GradientSum, Objective
from training.rankers.sample_shards import ShardedSample, sample_of_table, sample_table

SPACE = space()
WORKS = (
    GradientSum(Objective(SPACE, started(), "pointwise"), drawn_weights(SPACE), 0.35),
    GradientSum(Objective(SPACE, started(), "listwise"), drawn_weights(SPACE), 0.05),
    CountSum(partial(_by_cell, cells=CELLS), 2 * CELLS + 1, 2.0),
)


def told(seed, units=12):
    """A sample of units each of which was shown something."""
    rows = sample(units, seed)
    return replace(rows, unit_at=np.unique(rows.unit_at))


def cut(rows, first, last):
    """The units from one place to another, as a sample of their own."""
    lists = slice(rows.unit_at[first], rows.unit_at[last])
    at = rows.list_at[lists.start : lists.stop + 1]
    mine = slice(at[0], at[-1])
    columns = (getattr(rows, name)[mine] for name in ("programme", "label", "cell", "noticed"))
    return Sample(rows.unit_at[first : last + 1] - lists.start, at - at[0], rows.bins[lists], *columns)


def sharded(rows, cuts, path, mapped=map_here):
    """The sample in shards that end at some places; where two ends are one, a shard has nobody."""
    ends = [0, *sorted(cuts), rows.units]
    folder = ShardFolder(path, len(ends) - 1)
    for at, (first, last) in enumerate(pairwise(ends)):
        folder.write(at, sample_table(cut(rows, first, last)), {"units": last - first})
    said = folder.finish()
    return ShardedSample(folder, tuple(one["content"] for one in said), tuple(np.diff(ends).tolist()), mapped)


@given(
    st.integers(0, 10_000), st.lists(st.integers(0, 9), max_size=4), st.sets(st.integers(0, 9)), st.sampled_from(WORKS)
)
@settings(max_examples=40, deadline=None)
def test_sums_of_shards_are_that_of_the_whole_bit_for_bit(tmp_path_factory, seed, cuts, left_out, work):
    rows = told(seed)
    shards = sharded(rows, [min(at, rows.units) for at in cuts], tmp_path_factory.mktemp("shards"))
    assert shards.units == rows.units
    some = np.array([at for at in range(rows.units) if at not in left_out], np.int64)
    for units in (np.arange(rows.units), some):
        whole, found = rows.summed(work, units), shards.summed(work, units)
        assert (found.shape, found.values.tobytes()) == (whole.shape, whole.values.tobytes())


@pytest.mark.slow
def test_processes_sum_as_one_does(tmp_path):
    rows, work = told(3), WORKS[0]
    with in_processes(2) as mapped:
        found = sharded(rows, [2, 5], tmp_path, mapped).summed(work, np.arange(rows.units))
    assert np.array_equal(found.values, rows.summed(work, np.arange(rows.units)).values)
    assert found.values.any()


def test_a_table_has_the_rows_of_its_sample():
    rows = told(1)
    again = sample_of_table(sample_table(rows))
    for name in Sample.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(rows, name))
        assert getattr(again, name).dtype == getattr(rows, name).dtype


def test_a_label_that_is_a_part_of_one_is_not_cut_off():
    rows = told(1)
    with pytest.raises(pa.ArrowInvalid):
        sample_table(replace(rows, label=rows.label + 0.5))


def damaged(file):
    file.write_bytes(file.read_bytes()[:-9])


def exchanged(file):
    file.write_bytes(file.with_name("shard-00000.parquet").read_bytes())


@pytest.mark.parametrize("broken", [damaged, exchanged, lambda file: file.unlink()])
def test_a_shard_that_is_broken_is_named_and_nothing_is_summed(tmp_path, broken):
    rows = told(2)
    shards = sharded(rows, [3, 6], tmp_path)
    broken(shards.folder.file(1))
    with pytest.raises(Rejected, match=r"shard-00001\.parquet"):
        shards.summed(WORKS[2], np.arange(rows.units))
