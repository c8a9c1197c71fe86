"""A folder holds one sweep, whole shard by whole shard: one that stopped is taken up, another is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from features.problem import Rejected
from features.shard_folder import MANIFEST
from sweep.population_sweep import PopulationSweep
from sweep.sweep_folder import ORDER, SweepFolder
from tests.recommender.changes.lives import FIRST, calendar_of

MADE_BY = {"as_of": "2026-10-20"}


@pytest.fixture(scope="module")
def tables():
    sweep = PopulationSweep(calendar_of(), FIRST)
    return [sweep.table(np.arange(3)), sweep.table(np.arange(3, 4))]


def test_a_sweep_that_stopped_is_taken_up_and_ends_with_the_same_files(tmp_path, tables):
    whole = SweepFolder.begin(tmp_path / "whole", MADE_BY, 2)
    for shard in whole.missing():
        whole.write(shard, tables[shard], {"people": 1})
    stopped = SweepFolder.begin(tmp_path / "stopped", MADE_BY, 2)
    stopped.write(1, tables[1], {"people": 1})
    stopped.file(0).write_bytes(b"PAR1 half a shard")
    again = SweepFolder.begin(tmp_path / "stopped", MADE_BY, 2)
    assert again.missing() == [0]
    assert "content" not in json.loads((again.finish() and again.path / MANIFEST).read_text())
    again.write(0, tables[0], {"people": 1})
    assert (again.missing(), again.finish()) == ([], whole.finish())
    manifests = [json.loads((one.path / MANIFEST).read_text()) for one in (whole, again)]
    assert manifests[0] == manifests[1]
    assert len(manifests[0]["content"]) == 64


@pytest.mark.parametrize("broken", ["rows", "told", "half told"])
def test_a_shard_of_which_something_is_not_whole_is_done_again(tmp_path, tables, broken):
    folder = SweepFolder.begin(tmp_path, MADE_BY, 1)
    folder.write(0, tables[0], {})
    told = folder.file(0).with_suffix(".json")
    if broken == "rows":
        folder.file(0).write_bytes(folder.file(0).read_bytes()[:-1])
    elif broken == "told":
        told.unlink()
    else:
        told.write_text(told.read_text()[:20])
    assert folder.missing() == [0]


def test_a_folder_with_another_sweep_is_refused_and_says_what_differs(tmp_path):
    SweepFolder.begin(tmp_path, MADE_BY, 4)
    with pytest.raises(Rejected) as refusal:
        SweepFolder.begin(tmp_path, {"as_of": "2026-10-21"}, 4)
    assert "as_of differ" in refusal.value.problems[0].what


def test_a_folder_whose_sweep_asked_for_more_is_refused_and_says_for_what(tmp_path):
    SweepFolder.begin(tmp_path, {**MADE_BY, "first": 3}, 4)
    with pytest.raises(Rejected) as refusal:
        SweepFolder.begin(tmp_path, MADE_BY, 4)
    assert refusal.value.problems[0].what == "holds another sweep: first differ"


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


def test_only_a_whole_sweep_says_whom_it_found_each_once(tmp_path, tables):
    whole = SweepFolder.begin(tmp_path / "sweep", MADE_BY, 2)
    whole.write(0, tables[0], {})
    with pytest.raises(Rejected, match="lacks 1 shards"):
        SweepFolder.finished(tmp_path / "sweep")
    whole.write(1, tables[1], {})
    found = list(SweepFolder.finished(tmp_path / "sweep").people())
    assert [sorted(set(table["person"].to_pylist())) for table in tables] == [sorted(one) for one in found]
    assert found[0]
    for place in (tmp_path, tmp_path / "none"):
        with pytest.raises(Rejected, match="holds no sweep"):
            SweepFolder.finished(place)
