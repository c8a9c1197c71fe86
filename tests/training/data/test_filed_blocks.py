"""Filed blocks: a log in files is learned from and judged by as one that is in memory, to the last bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.log.history import history_of
from features.log.people_folder import some_of
from privacy.gate import Admission
from tests.features.log.reader_suite import DECLARATION
from tests.features.log.test_households import wedding
from training.data.examples import LearningLog
from training.data.filed_blocks import FiledBlocks
from training.data.hold_out import HoldOut
from training.data.material import candidates, held_out_showings, hidden, learned_from, learning_showings, seen_at
from training.evaluation.evaluation import popularity


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def log(material):
    return material.gate.rows.open(Admission())


@pytest.fixture(scope="module")
def filed(material, log, folder):
    """The small world in three files, whose people alternate."""
    parts = (some_of(log.history, np.arange(at, len(log.people), 3)) for at in range(3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(folder))
        return LearningLog(FiledBlocks(parts, material.declaration, lambda: log.history), until=log.until)


def some_of_two(history, pair):
    return some_of(history, history.rows_of(sorted(pair)))


def same(one, other):
    for name in one.__dataclass_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs, name)
        elif hasattr(mine, "__dataclass_fields__") and name != "declaration":
            same(mine, theirs)
        elif isinstance(mine, tuple):
            assert mine == theirs, name


@pytest.mark.parametrize("most", [10**6, 500])
@pytest.mark.parametrize("lists", [learning_showings, held_out_showings])
def test_what_people_were_shown_and_who_they_were_is_the_same(material, log, filed, lists, most):
    found = lists(material, filed, most, 3)
    assert len(found) > 100
    same(found, lists(material, log, most, 3))


def test_who_is_judged_by_what_can_be_offered_is_the_same(material, log, filed):
    same(candidates(material, filed), candidates(material, log))


def test_what_is_counted_over_everybody_is_the_same(material, log, filed):
    counted = [popularity(learned_from(material, one), material.codes, "benefit.applied") for one in (filed, log)]
    assert counted[0].sum() > 0
    assert counted[0].tolist() == counted[1].tolist()


def test_people_are_seen_in_the_order_in_which_they_are_asked_for(material, log, filed):
    person = np.array([7, 3, 7, 11, 2])
    t = np.full(5, material.end) - np.arange(5) * 86_400
    same(seen_at(material, filed, person, t), seen_at(material, log, person, t))
    assert filed.places_of([log.people[at] for at in person]).tolist() == person.tolist()


def test_households_are_the_same_so_that_nobody_of_one_is_on_both_sides(material):
    pairs = [("ann", "dan"), ("bob", "eve"), ("cat", "fay")]
    history = history_of([wedding(one, one, other) for one, other in pairs], DECLARATION)
    parts = (some_of_two(history, pair) for pair in pairs)
    filed, memory = LearningLog(FiledBlocks(parts, DECLARATION, lambda: history)), LearningLog.of(history)
    assert filed.people == memory.people
    assert filed.blocks.households.tolist() == memory.blocks.households.tolist() == [0, 1, 2, 0, 1, 2]
    whole = replace(material, hold_out=HoldOut(every=2, whole=True))
    assert hidden(whole, filed).tolist() == hidden(whole, memory).tolist()


def test_the_files_are_gone_once_nobody_holds_the_log(material, log, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    blocks = FiledBlocks(iter([log.history]), material.declaration, lambda: log.history)
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
    assert {Path(one).stat().st_mode & 0o077 for one in tmp_path.iterdir()} == {0}
    del blocks
    assert list(tmp_path.iterdir()) == []
