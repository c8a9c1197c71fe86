"""People in columns are computed as the events they came from; what is broken is named; households stay whole."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from features.log.event_parser import parse_event
from features.log.history import history_of
from features.log.people_folder import LIST, PeopleFolder, fingerprint, household_parts, some_of
from features.problem import Rejected
from features.snapshot import snapshots
from tests.recommender.changes.lives import DECLARATION, FIRST, calendar_of

MADE = "proffer population"


@pytest.fixture(scope="module")
def history():
    return calendar_of().history


@pytest.fixture
def folder(tmp_path, history):
    parts = [some_of(history, part) for part in household_parts(history, 2)]
    return PeopleFolder.write(tmp_path / "people", parts)


def facts_of(history):
    places = np.arange(len(history.people))
    return snapshots(DECLARATION, history, places, np.full(places.size, (FIRST + 9) * 86_400))


def test_facts_and_members_read_again_are_those_of_the_events(folder, history):
    found = [folder.history(number, DECLARATION) for number in range(len(folder.files))]
    assert [one.people for one in folder.files] == [2, 2]
    whole = facts_of(history)
    for part in found:
        again, places = facts_of(part), history.rows_of(part.people)
        np.testing.assert_array_equal(again.values, whole.values[places])
        np.testing.assert_array_equal(again.members.cells, whole.members[places].cells)
        assert np.array_equal(part.local, part.happened + 9 * 3600)
        assert fingerprint(part) == fingerprint(some_of(history, places))


def test_the_list_says_what_is_there(folder):
    again = PeopleFolder.open(folder.path)
    assert again == folder
    assert (again.people, len(again.fingerprint)) == (4, 64)


@pytest.mark.parametrize("content", [None, "", "{", "[]", '{"format": 1}', '{"format": 2, "declaration": ""}'])
def test_a_folder_without_a_list_that_can_be_read_is_refused(tmp_path, content):
    if content is not None:
        (tmp_path / LIST).write_text(content)
    with pytest.raises(Rejected, match=MADE):
        PeopleFolder.open(tmp_path)


def test_a_file_that_is_missing_or_altered_is_named(folder):
    (folder.path / "people-00000.parquet").unlink()
    with (folder.path / "people-00001.parquet").open("r+b") as file:
        file.seek(40)
        file.write(b"\xff")
    for number, code in ((0, "unreadable"), (1, "damaged")):
        with pytest.raises(Rejected) as refusal:
            folder.history(number, DECLARATION)
        (problem,) = refusal.value.problems
        assert (problem.code, f"people-0000{number}.parquet" in problem.where) == (code, True)


def test_people_of_another_declaration_are_refused(folder):
    with pytest.raises(Rejected, match="another declaration"):
        replace(folder, declaration="0" * 64).history(0, DECLARATION)


def test_no_household_is_in_two_files(history):
    one = np.zeros((199, 3), np.int64)
    one[:, 0], one[:, 1], one[:, 2] = np.arange(199), np.arange(1, 200), 2
    people = tuple(f"p{i:03d}" for i in range(260))
    large = replace(
        history, people=people, offsets=np.zeros(261, np.int64), related=one,
        reports=replace(history.reports, offsets=np.zeros(261, np.int64)),
    )  # fmt: skip
    sizes = [part.size for part in household_parts(large, 16)]
    assert sizes[0] in range(200, 216)
    assert sum(sizes) == 260
    assert max(sizes[1:]) <= 16
    assert np.array_equal(np.sort(np.concatenate(household_parts(large, 16))), np.arange(260))


def test_a_person_with_a_hundred_thousand_events_is_read_again(tmp_path):
    document = {
        "specversion": "1.0", "source": "registry", "subject": "busy", "type": "life.moved",
        "time": "2026-01-01T00:00:00Z", "recordedtime": "2026-01-01T00:00:00Z", "data": {"region": "11440"},
    }  # fmt: skip
    one = parse_event({**document, "id": "e"}, DECLARATION)
    events = (replace(one, id=f"e{i}", time=one.time + i, recorded=one.recorded + i) for i in range(100_000))
    history = history_of(events, DECLARATION)
    folder = PeopleFolder.write(tmp_path, [history])
    again = folder.history(0, DECLARATION)
    assert int(again.offsets[-1]) >= 100_000
    assert fingerprint(again) == fingerprint(history)


def test_nobody_is_a_folder_too(tmp_path):
    nobody = history_of([], DECLARATION)
    assert household_parts(nobody, 4) == []
    folder = PeopleFolder.write(tmp_path, [nobody])
    assert folder.history(0, DECLARATION).people == ()
    assert json.loads((tmp_path / LIST).read_text())["files"][0]["people"] == 0
