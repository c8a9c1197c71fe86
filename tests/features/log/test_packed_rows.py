"""Rows of single people are those of their file; another row is another mark; what is broken is not read."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from features.log.history import history_of
from features.log.packed_rows import COLUMNS, PackedRows
from features.log.people_folder import PeopleFolder, fingerprint, some_of
from features.problem import Rejected
from tests.examples import examples
from tests.features import families, histories
from tests.recommender.changes.lives import DECLARATION, calendar_of


@pytest.fixture(scope="module")
def history():
    return calendar_of().history


@pytest.fixture
def folder(tmp_path, history):
    return PeopleFolder.write(tmp_path / "people", [history], apart=True)


@pytest.mark.parametrize("places", [[0, 1, 2, 3], [2], [3, 1], []])
def test_some_people_are_read_alone_as_they_stand_among_all(folder, history, places):
    places = np.array(places, np.int64)
    found = folder.some(0, folder.packed(0), places, DECLARATION)
    assert fingerprint(found) == fingerprint(some_of(history, places))
    assert np.array_equal(found.local, some_of(history, places).local)


@examples(25)
@given(families.families())
def test_what_is_said_of_members_is_packed_too(family):
    events, _ = family
    history = history_of(events, families.FAMILY)
    everybody = np.arange(len(history.people))
    rows = PackedRows.of(history).rows(everybody)
    assert np.array_equal(rows.reports, history.reports.offsets)
    assert np.array_equal(rows.said, np.hstack((history.reports.moments, history.reports.cells)))


@examples(25)
@given(histories.histories(least=1))
def test_another_row_is_another_mark_of_that_person_alone(events):
    history = history_of(events, histories.DECLARATION)
    marks = PackedRows.of(history).marks
    rows = np.flatnonzero(np.diff(history.offsets))
    for name in COLUMNS if rows.size else ():
        column = getattr(history, name).copy()
        column[history.offsets[rows[0]]] ^= 1
        other = PackedRows.of(replace(history, **{name: column})).marks
        assert np.flatnonzero(marks != other).tolist() == [rows[0]]
    renamed = PackedRows.of(history.of(np.arange(marks.size), [f"{name}x" for name in history.people])).marks
    assert not np.isin(renamed, marks).any()


def test_a_folder_says_whether_rows_stand_apart(folder, tmp_path, history):
    assert folder.apart
    assert PeopleFolder.open(folder.path) == folder
    assert not PeopleFolder.write(tmp_path / "whole", [history]).apart


def test_a_file_of_rows_that_is_missing_or_not_that_of_these_people_is_named(folder, history):
    path = folder.path / "people-00000.arrow"
    PackedRows.of(some_of(history, np.array([0, 1]))).write(path)
    for content, code in ((path.read_bytes(), "damaged"), (b"ARROW1 half", "damaged"), (None, "unreadable")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(Rejected) as refusal:
            folder.packed(0)
        assert (refusal.value.problems[0].code, "people-00000.arrow" in str(refusal.value)) == (code, True)


def test_rows_that_were_altered_are_refused_when_they_are_read_and_not_before(folder):
    packed = folder.packed(0)
    part = packed.table["rows"][1].as_buffer()
    path = folder.path / "people-00000.arrow"
    content = bytearray(path.read_bytes())
    at = content.index(part.to_pybytes())
    content[at + len(part) // 2] ^= 1
    path.write_bytes(bytes(content))
    again = folder.packed(0)
    assert folder.some(0, again, np.array([0]), DECLARATION).people == packed.rows(np.array([0])).people
    with pytest.raises(Rejected, match="arrow"):
        folder.some(0, again, np.array([0, 1]), DECLARATION)


def test_nobody_is_packed_too(tmp_path):
    folder = PeopleFolder.write(tmp_path, [history_of([], DECLARATION)], apart=True)
    packed = folder.packed(0)
    assert packed.marks.size == 0
    assert folder.some(0, packed, np.zeros(0, np.int64), DECLARATION).people == ()
