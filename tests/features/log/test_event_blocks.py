"""Event blocks: what is read part by part is what is read at once, and parts that share somebody are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.log.columnar import read_segments
from features.log.event_blocks import EventBlocks
from features.log.people_folder import some_of
from features.problem import Rejected
from tests.features.histories import DECLARATION
from tests.features.log.test_files import moved, same
from tests.features.log.written_events import write_parquet


def written(tmp_path, events, group=3):
    path = tmp_path / "events.parquet"
    write_parquet(events, path, group)
    return path


def lives(*people):
    """Three events of each."""
    return [moved(f"{who}-{at}", at, subject=who) for who in people for at in range(3)]


@pytest.mark.parametrize(("most", "blocks"), [(1, 4), (6, 2), (100, 1)])
def test_a_file_is_read_in_blocks_of_row_groups_as_it_is_read_at_once(tmp_path, most, blocks):
    path = written(tmp_path, lives("dan", "ann", "cat", "bob"))
    parts, whole = EventBlocks(path, DECLARATION, most), read_segments(path, DECLARATION)
    found = list(parts)
    assert (len(parts), len(found), parts.apart()) == (blocks, blocks, True)
    assert sorted(name for one in found for name in one.people) == list(whole.people)
    for one in found:
        same(one, some_of(whole, whole.rows_of(one.people)))


def test_somebody_in_two_row_groups_is_told(tmp_path):
    parts = EventBlocks(written(tmp_path, lives("ann", "bob", "ann")), DECLARATION, 1)
    assert len(list(parts)) == 3
    assert not parts.apart()


def test_an_id_in_two_row_groups_is_told_for_it_may_be_one_event_said_twice(tmp_path):
    events = lives("ann", "bob")
    parts = EventBlocks(written(tmp_path, [*events[:5], replace(events[5], id="ann-0")]), DECLARATION, 1)
    assert len(list(parts)) == 2
    assert not parts.apart()


def test_rows_that_cannot_be_used_are_named_by_their_place_in_the_file_whatever_blocks_they_are_in(tmp_path):
    wrong = {"ann-1", "bob-2"}
    events = [replace(one, type="life.nothing") if one.id in wrong else one for one in lives("ann", "bob")]
    parts = EventBlocks(written(tmp_path, events), DECLARATION, 1)
    list(parts)
    with pytest.raises(Rejected) as refused:
        parts.apart()
    told = [problem.where.partition(": type")[0] for problem in refused.value.problems]
    assert told == ["events.parquet: row 2", "events.parquet: row 6"]


def test_a_conflict_within_a_block_is_refused_with_those_of_others(tmp_path):
    events = lives("ann", "bob")
    events[1], events[4] = replace(events[1], id="ann-0"), replace(events[4], id="bob-0")
    parts = EventBlocks(written(tmp_path, events), DECLARATION, 1)
    assert list(parts) == []
    with pytest.raises(Rejected, match=r"(?s)ann-0.*bob-0"):
        parts.apart()


def test_a_file_of_nothing_is_one_block_of_nobody(tmp_path):
    parts = EventBlocks(written(tmp_path, []), DECLARATION, 1)
    assert [one.people for one in parts] == [()]
    assert parts.apart()
