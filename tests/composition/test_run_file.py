"""The file of a run of `retrain`: what is noted is on the disk, and only one run is open."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composition.run_file import RunFile, paid_in, runs_of
from composition.workspace import Workspace
from features.problem import Rejected

ASKED = {"ranker": "private", "epsilon": "1", "units": None}


@pytest.fixture
def home(tmp_path):
    return Workspace(tmp_path / "home")


def begun(home, as_of="2026-11-28", plan=None):
    return RunFile.begun(home, ASKED, as_of, plan)


def test_a_home_without_runs_has_none_open(home):
    assert RunFile.unfinished(home) is None
    assert not home.path.exists()


def test_a_stage_that_was_done_is_done_for_who_reads_the_file_next(home):
    made = begun(home).done("train", {"model": "m1"})
    again = RunFile.unfinished(home)
    assert again == made
    assert again.stage("train")["model"] == "m1"
    assert again.stage("gate") is None
    assert made.path.stat().st_mode & 0o077 == 0


def test_what_a_stage_was_decided_on_may_change_so_that_it_is_done_again(home):
    made = begun(home).done("train", {"model": "m1"}).done("gate", {"promoted": True}).without("gate")
    assert (RunFile.unfinished(home).stage("gate"), made.stage("train")["model"]) == (None, "m1")


def test_a_run_that_has_ended_is_not_taken_up(home):
    begun(home).ended("refused", ("ndcg@5",))
    assert RunFile.unfinished(home) is None
    (one,) = runs_of(home)
    assert (one.document["ended"], one.document["why"]) == ("refused", ["ndcg@5"])


def test_a_run_goes_on_only_as_it_was_asked(home):
    made = begun(home)
    made.check_asked(ASKED)
    with pytest.raises(Rejected) as refused:
        made.check_asked({**ASKED, "epsilon": "2", "units": 9})
    assert [problem.where for problem in refused.value.problems] == ["--epsilon", "--units"]
    assert "--abandon" in refused.value.problems[0].remedy


def test_the_runs_of_a_year_that_cost_something_are_counted_whatever_became_of_them(home):
    begun(home, "2026-01-31", {"runs": 12}).ended("lost")
    begun(home, "2026-02-28", {"runs": 11}).ended("promoted")
    begun(home, "2026-03-31").ended("promoted")
    begun(home, "2025-12-31", {"runs": 1}).ended("promoted")
    assert [paid_in(home, year) for year in ("2024", "2025", "2026")] == [0, 1, 2]


@pytest.mark.parametrize("content", ["[]", "{}", json.dumps({"format": "other"})])
def test_what_is_no_run_is_refused_by_its_name(home, content):
    (home.folder(home.retraining) / "2026-01-01-x.json").write_text(content)
    with pytest.raises(Rejected, match="2026-01-01-x"):
        RunFile.unfinished(home)


@given(st.lists(st.sampled_from(["train", "evaluate", "gate", "promote"]), unique=True))
def test_stages_are_noted_in_any_order_and_none_is_lost(tmp_path_factory, stages):
    made = begun(Workspace(tmp_path_factory.mktemp("runs") / "home"))
    for at, stage in enumerate(stages):
        made = made.done(stage, {"place": at})
    found = json.loads(made.path.read_text())["stages"]
    assert {name: left["place"] for name, left in found.items()} == {name: at for at, name in enumerate(stages)}
