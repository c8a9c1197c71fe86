"""`train --ranker private --shards`: the same rows and the same hash by every engine, nothing left of real people."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet
import pytest

from proffer import cli
from tests.proffer.scripted import run
from tests.proffer.test_train_private import opened
from tests.spark import SPARK
from training.rankers import schedules
from training.runs.unit_shards import UnitShard

pytestmark = [
    pytest.mark.usefixtures("believed"),
    pytest.mark.filterwarnings("ignore"),  # MLflow, pyspark and what they stand on warn about their own future
]
PRIVATE = ("train", "--ranker", "private", "--units", 150)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--engine", "spark"], "--engine: says nothing where all rows are held at once"),
        (["--shard", "100"], "--shard: says nothing where all rows are held at once"),
        (["--shards", "new", "--shard", "0"], "0 is less than 1"),
        (["--shards", "new", "--master", "local[2]"], "says nothing to the engine local"),
        (["--shards", "full"], "holds other files"),
        (["--shards", "new", "--ranker", "lightgbm"], "--shards: cannot be kept by lightgbm"),
    ],
)
def test_shards_that_cannot_be_are_refused_before_anything_is_written(
    people, tmp_path, capsys, monkeypatch, words, told
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    monkeypatch.chdir(tmp_path)
    home = ["--home", str(tmp_path / "h")]
    assert cli.main(["train", "--ranker", "private", "--data", str(people), *home, *words]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "h").exists()
    assert not (tmp_path / "new").exists()


def test_spark_without_java_is_told_before_anything_is_paid(people, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    words = ("--shards", tmp_path / "shards", "--engine", "spark", "--home", tmp_path / "h")
    code, document = run(capsys, *PRIVATE, "--data", people, *words)
    assert (code, document["problems"][0]["where"]) == (2, "--engine")
    assert "Java 17" in document["problems"][0]["what"]
    assert not (tmp_path / "shards").exists()


class DyingShard(UnitShard):
    """A shard whose worker ends the first time that it is asked for the second one."""

    def __call__(self, shard):
        marker = self.folder.path.with_suffix(".lost")
        if shard == 1 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(shard)


def shards_of(folder):
    files = sorted(folder.glob("shard-*.parquet"))
    return [pyarrow.parquet.read_table(file).to_pylist() for file in files]


@SPARK
@pytest.mark.slow
def test_spark_makes_the_rows_that_one_process_makes_also_where_a_worker_is_lost(people, tmp_path, capsys, monkeypatch):
    short = tuple(replace(row, steps=3) for row in schedules.SMALL)
    monkeypatch.setattr(schedules, "SMALL", short)
    for engine in (["--processes", 1], ["--engine", "spark", "--master", "local[2,4]"]):
        out = tmp_path / str(engine[1])
        with monkeypatch.context() as patch:
            if engine[1] == "spark":
                patch.setattr("training.runs.unit_shards.UnitShard", DyingShard)
            home = tmp_path / f"home of {engine[1]}"  # a ledger that is there gives people other pseudonyms
            words = ("--data", people, "--home", home, "--shards", out, "--shard", 100, *engine)
            code, document = run(capsys, *PRIVATE, *words)
        assert (code, document.get("problems")) == (0, None)
    here, spark = tmp_path / "1", tmp_path / "spark"
    assert spark.with_suffix(".lost").exists()
    assert json.loads((spark / "shards.json").read_text()) == json.loads((here / "shards.json").read_text())
    assert "content" in json.loads((here / "shards.json").read_text())
    assert shards_of(spark) == shards_of(here) != []
    assert not list(tmp_path.glob("*/log-*"))


def full(*_, **__):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.slow
@pytest.mark.parametrize("breaks", [False, True])
def test_of_people_who_may_exist_no_shard_stays(unstamped, tmp_path, approvers, capsys, monkeypatch, breaks):
    home, out = tmp_path / "h", tmp_path / "shards"
    opened(home, approvers)
    seen = []

    def rmtree(path, **more):
        seen.append(sorted(one.name for one in Path(path).iterdir()))
        remove(path, **more)

    remove = shutil.rmtree
    monkeypatch.setattr("composition.learning_shards.shutil.rmtree", rmtree)
    if breaks:
        monkeypatch.setattr("training.runs.unit_shards.learn_from", full)
    words = ("--data", unstamped, "--home", home, "--basis", "law", "--shards", out, "--shard", 100, "--processes", 1)
    code = cli.main([str(word) for word in (*PRIVATE, *words)])
    assert (code == 0) is not breaks
    assert not out.exists()
    assert "shard-00001.parquet" in seen[0]
    assert not [name for name in seen[0] if name.startswith("log-")]
    capsys.readouterr()
