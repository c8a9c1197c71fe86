"""A private run in shards of whole units learns what it learns of all at once, to the last byte."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from composition.shards import map_here
from features.problem import Rejected
from features.shard_folder import ShardFolder
from privacy.gate import Admission
from privacy.learning.step import Schedule
from recommender.ranking.bins import Bins
from tests.privacy.noises import Seeded
from training.data.examples import LearningLog, UnitsLeftOut
from training.data.log_shards import LogShards
from training.progress import silent
from training.rankers.private_ranker import sample_of
from training.rankers.sample_shards import sample_of_table
from training.rankers.schedules import FirstSchedules, TrainingPlan, row_for
from training.runs.private_run import counts, lists_of
from training.runs.unit_shards import ShardedUnits, UnitShard

LEFT = UnitsLeftOut(2, 1)


@pytest.fixture(scope="module")
def log(material):
    """Everybody in households of three who do not stand side by side, one household in five held out."""
    opened = material.gate.rows.open(Admission())
    unit = np.arange(len(opened.history.people)) % 80
    return replace(opened, unit=unit, held=unit % 5 == 0, until=material.end, left_out=LEFT)


@pytest.fixture(scope="module")
def plan():
    """A short plan, whose noise is looked up nowhere."""
    one = Schedule(64, Decimal(1), 1, Decimal("0.5"), 1.0)
    steps = Schedule(64, Decimal(1), 6, Decimal("0.5"), 0.35)
    return TrainingPlan(
        steps, FirstSchedules(one, one), Decimal("0.5"), row_for(64, Decimal(1), 8), Decimal(1), Decimal("1e-6"), 8
    )


def made(material, log, folder, size):
    parts = LogShards.write(folder, log, size)
    work = UnitShard(lambda: material, parts, ShardFolder(folder, len(parts.sha256)))
    return parts, ShardedUnits.made(work, map_here, log.left_out)


@pytest.mark.parametrize(("size", "shards"), [(10_000, 1), (60, 4)])
def test_rows_of_shards_side_by_side_are_those_of_the_whole(material, log, tmp_path, size, shards):
    import pyarrow.parquet

    found = lists_of(material, log, held_out=False)
    whole = sample_of(found.lists, Bins.of(material.declaration), found.unit)
    parts, units = made(material, log, tmp_path, size)
    samples = [sample_of_table(pyarrow.parquet.read_table(file)) for file in sorted(tmp_path.glob("shard-*.parquet"))]
    assert len(samples) == len(parts.sha256) == shards
    for name in ("bins", "programme", "label", "cell", "noticed"):
        assert np.array_equal(np.concatenate([getattr(one, name) for one in samples]), getattr(whole, name))
    for name in ("unit_at", "list_at"):
        each = np.concatenate([np.diff(getattr(one, name)) for one in samples])
        assert np.array_equal(each, np.diff(getattr(whole, name)))
    assert counts(units).tolist() == [64, *LEFT] == counts(found).tolist()


def test_no_unit_is_in_two_shards_and_what_is_read_again_is_what_was_written(material, log, tmp_path):
    parts = LogShards.write(tmp_path, log, 60)
    found = [parts.read(at, material.declaration) for at in range(4)]
    assert sorted(np.concatenate([np.unique(one.unit) for one in found]).tolist()) == list(range(80))
    assert sorted(person for one in found for person in one.history.people) == sorted(log.history.people)
    for one in found:
        places = log.history.rows_of(one.history.people)
        told = log.interactions[np.isin(log.interactions.person, places)]
        order = np.argsort(np.argsort(places)[np.searchsorted(np.sort(places), told.person)], kind="stable")
        assert np.array_equal(one.interactions.programme, told.programme[order])
        assert np.array_equal(one.held, log.held[places])
        assert one.until == log.until


@pytest.mark.parametrize("size", [25, 60])
def test_a_model_learned_in_shards_is_that_learned_at_once_byte_for_byte(material, log, plan, tmp_path, size):
    whole = lists_of(material, log, held_out=False).learned(material, plan, Seeded(1), silent)
    units = made(material, log, tmp_path, size)[1]
    assert units.learned(material, plan, Seeded(1), silent).files() == whole.files()
    assert units.learned(material, plan, Seeded(2), silent).files() != whole.files()


def test_nobody_is_a_shard_without_rows(material, log, tmp_path):
    nobody = np.zeros(0, np.int64)
    empty = LearningLog.of(log.history.of(nobody, []), nobody, nobody > 0, log.until, log.left_out)
    units = made(material, empty, tmp_path, 10)[1]
    assert counts(units).tolist() == [0, *LEFT]


def test_a_damaged_file_of_the_log_is_named(material, log, tmp_path):
    parts = LogShards.write(tmp_path, log, 60)
    (tmp_path / "log-00002.parquet").write_bytes(b"PAR1 half")
    work = UnitShard(lambda: material, parts, ShardFolder(tmp_path, 4))
    with pytest.raises(Rejected, match=r"log-00002\.parquet: is not what was written"):
        ShardedUnits.made(work, map_here, LEFT)


def test_files_of_the_log_are_for_their_owner_and_can_be_removed(log, tmp_path):
    parts = LogShards.write(tmp_path, log, 60)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    parts.remove()
    assert not list(tmp_path.iterdir())
