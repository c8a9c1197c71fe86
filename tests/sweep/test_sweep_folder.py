"""A folder holds one sweep, whole shard by whole shard: one that stopped is taken up, another is refused."""

from __future__ import annotations

import numpy as np
import pytest

from features.problem import Rejected
from sweep import sweep_folder
from sweep.population_sweep import PopulationSweep
from sweep.sweep_folder import ORDER, SweepFolder, fingerprint
from tests.recommender.changes.lives import FIRST, calendar_of

MADE_BY = {"as_of": "2026-10-20"}


@pytest.fixture(scope="module")
def sweep():
    return PopulationSweep(calendar_of(), FIRST)


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(sweep_folder, "SHARD", 3)


@pytest.mark.usefixtures("small_shards")
def test_a_sweep_that_stopped_is_taken_up_and_ends_with_the_same_files(tmp_path, sweep):
    people = len(sweep.calendar.history.people)
    whole = SweepFolder.begin(tmp_path / "whole", MADE_BY, people)
    for shard in whole.missing():
        whole.write(shard, sweep)
    stopped = SweepFolder.begin(tmp_path / "stopped", MADE_BY, people)
    stopped.write(1, sweep)
    stopped.file(0).write_bytes(b"PAR1 half a shard")
    again = SweepFolder.begin(tmp_path / "stopped", MADE_BY, people)
    assert again.missing() == [0]
    again.write(0, sweep)
    assert again.missing() == []
    assert [one.to_pylist() for one in again.tables()] == [one.to_pylist() for one in whole.tables()]


def test_a_folder_with_another_sweep_is_refused_and_says_what_differs(tmp_path):
    SweepFolder.begin(tmp_path, MADE_BY, 4)
    with pytest.raises(Rejected) as refusal:
        SweepFolder.begin(tmp_path, {"as_of": "2026-10-21"}, 4)
    assert "as_of differ" in refusal.value.problems[0].what


@pytest.mark.parametrize("content", ["", "{", "[1]"])
def test_an_order_that_cannot_be_read_is_refused(tmp_path, content):
    (tmp_path / ORDER).write_text(content)
    with pytest.raises(Rejected):
        SweepFolder.begin(tmp_path, MADE_BY, 4)


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(Rejected) as refusal:
        SweepFolder.begin(tmp_path, MADE_BY, 4)
    assert "no sweep" in refusal.value.problems[0].what
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_other_events_have_another_fingerprint(sweep):
    history = sweep.calendar.history
    assert fingerprint(history) == fingerprint(calendar_of().history)
    assert fingerprint(history) != fingerprint(history.of(np.array([0, 2]), ["elder", "mother"]))
