"""A sweep of a folder of people: whole after any stop, the same by every engine, and what is broken is named."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from composition import sweeping
from features.log.people_folder import PeopleFolder
from proffer import cli
from sweep.sweep_folder import SweepFolder
from tests.proffer.scripted import run
from tests.spark import SPARK

DAY = ("--as-of", "2025-10-31")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(people, tmp_path_factory):
    """Four files of grown people, which no test may change."""
    out = tmp_path_factory.mktemp("grown") / "people"
    words = ["population", "--events", str(people / "events.parquet"), "--grow", "80", "--shard", "20"]
    assert cli.main([*words, "--out", str(out), "--no-progress"]) == 0
    return out


@pytest.fixture(scope="module")
def swept(folder, tmp_path_factory):
    """What a sweep without any stop leaves."""
    out = tmp_path_factory.mktemp("swept") / "out"
    words = ["sweep", "--people", str(folder), "--out", str(out), *DAY, "--processes", "1", "--no-progress"]
    assert cli.main(words) == 0
    return out


def rows(out):
    return {file.name: pyarrow.parquet.read_table(file).to_pylist() for file in sorted(out.glob("shard-*.parquet"))}


def manifest(out):
    return json.loads((out / "shards.json").read_text(encoding="utf-8"))


def test_people_of_a_folder_are_swept_as_those_of_events(capsys, people, tmp_path):
    events, out = people / "events.parquet", tmp_path / "out"
    assert run(capsys, "population", "--events", events, "--out", tmp_path / "people", "--shard", 4096)[0] == 0
    code, of_folder = run(capsys, "sweep", "--people", tmp_path / "people", *DAY, "--out", out, "--processes", 1)
    _, of_events = run(capsys, "sweep", "--events", events, *DAY, "--out", tmp_path / "of", "--processes", 1)
    for document in (of_folder, of_events):
        del document["out"]
    assert (code, of_folder) == (0, of_events)
    assert manifest(out)["content"] == manifest(tmp_path / "of")["content"]
    assert not (tmp_path / "of" / "people").exists()


def test_a_seed_gives_the_same_people_and_no_two_files_are_alike(capsys, people, folder, tmp_path):
    words = ("population", "--events", people / "events.parquet", "--grow", 80, "--shard", 20, "--out")
    _, again = run(capsys, *words, tmp_path / "same")
    _, other = run(capsys, *words, tmp_path / "other", "--seed", 2)
    held = json.loads((folder / "people.json").read_text())
    assert json.loads((tmp_path / "same" / "people.json").read_text()) == held
    assert again["fingerprint"] != other["fingerprint"]
    assert len({one["sha256"] for one in held["files"]}) == 4


def test_several_processes_leave_the_same_rows(folder, swept, tmp_path):
    words = ["sweep", "--people", str(folder), "--out", str(tmp_path / "two"), *DAY, "--processes", "2"]
    assert cli.main([*words, "--no-progress"]) == 0
    assert rows(tmp_path / "two") == rows(swept)
    assert manifest(tmp_path / "two") == manifest(swept)


def test_a_sweep_killed_in_the_middle_is_taken_up_and_offers_nothing_twice(folder, swept, tmp_path):
    out = tmp_path / "out"
    words = ["sweep", "--people", str(folder), "--out", str(out), *DAY, "--processes", "1", "--no-progress"]
    begun = subprocess.Popen([sys.executable, "-m", "proffer", *words], cwd=ROOT)
    until = time.monotonic() + 300
    while not (out / "shard-00001.json").exists() and begun.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    before = {file.name: file.stat().st_mtime_ns for file in out.glob("shard-*.json")}
    assert cli.main(words) == 0
    assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    assert manifest(out) == manifest(swept)
    assert rows(out) == rows(swept)


def test_a_shard_that_is_missing_and_one_that_is_damaged_are_named_and_the_others_done(capsys, folder, swept, tmp_path):
    broken = tmp_path / "people"
    shutil.copytree(folder, broken)
    (broken / "people-00001.parquet").unlink()
    (broken / "people-00002.parquet").write_bytes(b"PAR1 half")
    words = ("sweep", "--people", broken, *DAY, "--out", tmp_path / "out", "--processes", 1)
    code, document = run(capsys, *words)
    assert code == 1
    told = {Path(problem["where"]).name: problem["code"] for problem in document["problems"]}
    assert told == {"people-00001.parquet": "unreadable", "people-00002.parquet": "damaged"}
    done = rows(swept)
    assert rows(tmp_path / "out") == {name: done[name] for name in ("shard-00000.parquet", "shard-00003.parquet")}
    assert "content" not in manifest(tmp_path / "out")
    for number in (1, 2):
        shutil.copy(folder / f"people-0000{number}.parquet", broken)
    assert run(capsys, *words)[0] == 0
    assert manifest(tmp_path / "out") == manifest(swept)


def test_a_full_disk_is_told_for_each_shard_and_nothing_half_is_left(capsys, folder, swept, tmp_path, monkeypatch):
    write, out = SweepFolder.write, tmp_path / "out"

    def full(self, shard, table, counts):
        if shard > 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.file(shard)))
        return write(self, shard, table, counts)

    words = ("sweep", "--people", folder, *DAY, "--out", out, "--processes", 1)
    with monkeypatch.context() as patch:
        patch.setattr(SweepFolder, "write", full)
        code, document = run(capsys, *words)
    assert (code, len(document["problems"])) == (1, 3)
    assert "No space left" in document["problems"][0]["what"]
    assert sorted(rows(out)) == ["shard-00000.parquet"]
    assert run(capsys, *words)[0] == 0
    assert manifest(out) == manifest(swept)


def test_of_those_who_are_checked_half_are_exchanged_for_intricate_people(folder, swept):
    files, exchanged = sweeping.SweepFiles(date(2025, 10, 31)), 0
    settings, sweep = sweeping.swept_by(files)
    work = sweeping.ShardSweep(files, settings.definitions.catalogue.hash, folder, swept, 4)
    for shard in range(4):
        intricate = sweep.over(PeopleFolder.open(folder).history(shard, settings.definitions.declaration)).intricate()
        plain = np.flatnonzero(~intricate)
        half = min(plain.size // 2, int(intricate.sum()))
        if not half:
            continue
        halves = plain[:half].tolist(), plain[half : 2 * half].tolist()
        told = work.checked(shard, halves, 7)
        assert told == {"people": 2 * half, "intricate": half, "differ": []} == work.checked(shard, halves, 7)
        exchanged += half
    assert exchanged > 0


def test_a_catalogue_that_changes_during_a_sweep_is_not_mixed_in(folder, tmp_path):
    files = sweeping.SweepFiles(date(2025, 10, 31))
    out = tmp_path / "out"
    SweepFolder.begin(out, {}, 4)
    told = sweeping.ShardSweep(files, "another", folder, out, 4)(0)
    assert "another than when the sweep began" in told["problems"][0]["what"]
    assert not list(out.glob("shard-*"))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--people", "nowhere"], "proffer population"),
        (["--people", "nowhere", "--events", "e.ndjson"], "not allowed with"),
        (["--engine", "flink"], "invalid choice"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_written(capsys, tmp_path, words, told):
    assert cli.main(["sweep", *DAY, "--out", str(tmp_path / "out"), *words]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_empty_catalogue_offers_nobody_anything(capsys, folder, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    words = ("sweep", "--people", folder, *DAY, "--catalogue", empty, "--out", tmp_path / "out", "--processes", 1)
    code, document = run(capsys, *words)
    assert (code, document["changes"], document["people"]) == (0, {}, 0)


def test_numbers_that_name_no_people_are_refused(capsys, people, tmp_path):
    words = ["population", "--events", str(people / "events.parquet"), "--out", str(tmp_path / "out")]
    assert cli.main([*words, "--grow", "0", "--shard", "-1"]) == 2
    assert capsys.readouterr().err.count("is not a number above 0") == 2


def test_spark_without_java_is_told(capsys, folder, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    words = ["sweep", "--people", str(folder), *DAY, "--out", str(tmp_path / "out"), "--engine", "spark"]
    assert cli.main(words) == 2
    assert "Java 17" in capsys.readouterr().err


def test_spark_that_is_not_installed_is_told(capsys, folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/java")
    words = ["sweep", "--people", str(folder), *DAY, "--out", str(tmp_path / "out"), "--engine", "spark"]
    assert cli.main(words) == 2
    assert "pip install '.[spark]'" in capsys.readouterr().err


@SPARK
@pytest.mark.slow
def test_spark_leaves_the_same_rows_and_the_same_hash(folder, swept, tmp_path):
    words = ["sweep", "--people", str(folder), "--out", str(tmp_path / "spark"), *DAY, "--engine", "spark"]
    told = subprocess.run(
        [sys.executable, "-m", "proffer", *words, "--master", "local[2]", "--no-progress"], cwd=ROOT, check=False
    )
    assert told.returncode == 0
    assert rows(tmp_path / "spark") == rows(swept)
    assert manifest(tmp_path / "spark") == manifest(swept)
