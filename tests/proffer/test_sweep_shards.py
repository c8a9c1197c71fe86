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
from composition.shard_check import ShardCheck
from features.log.people_folder import PeopleFolder
from proffer import cli
from sweep.row_oracle import RowOracle
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


def check_of(folder, swept, people=40, seed=7):
    files = sweeping.SweepFiles(date(2025, 10, 31))
    catalogue = sweeping.swept_by(files)[0].definitions.catalogue.hash
    return ShardCheck(sweeping.ShardSweep(files, catalogue, folder, swept, 4), people, seed)


def intricate_of(folder, shard):
    settings, sweep = sweeping.swept_by(sweeping.SweepFiles(date(2025, 10, 31)))
    return sweep.over(PeopleFolder.open(folder).history(shard, settings.definitions.declaration)).intricate()


def test_of_those_who_are_checked_half_are_exchanged_for_intricate_people(folder, swept, monkeypatch):
    looked, rows, exchanged = [], RowOracle.rows, 0
    monkeypatch.setattr(RowOracle, "rows", lambda self, place: (looked.append(place), rows(self, place))[1])
    for seed in (7, 8):
        check = check_of(folder, swept, seed=seed)
        drawn = np.sort(np.random.default_rng(seed).choice(80, 40, replace=False))
        for shard in range(4):
            mine, intricate = drawn // 20 == shard, intricate_of(folder, shard)
            first, second = (drawn[some::2][mine[some::2]] % 20 for some in (0, 1))
            assert [half.tolist() for half in check.halves(shard)] == [first.tolist(), second.tolist()]
            others = np.setdiff1d(np.flatnonzero(intricate), [*first, *second])
            many = min(second.size, others.size)
            other = np.random.default_rng((seed, shard)).choice(others, many, replace=False)
            whom = sorted([*first, *second[: second.size - many], *other])
            looked.clear()
            assert check(shard) == {
                "shard": shard, "people": len(whom), "intricate": int(intricate[whom].sum()), "differ": 0,
            }  # fmt: skip
            assert looked == whom
            exchanged += many
    assert exchanged > 0


def test_who_is_checked_is_the_same_by_one_process_and_by_two(capsys, folder, swept):
    words = ("sweep", "--people", folder, "--out", swept, *DAY, "--check", 30, "--seed", 5, "--processes")
    one, two = (run(capsys, *words, processes) for processes in (1, 2))
    assert one == two
    assert (one[0], one[1]["check"]["people"], one[1]["check"]["differ"]) == (0, 30, 0)


def test_a_check_reads_no_file_that_nobody_is_drawn_of_and_names_one_that_is_damaged(capsys, folder, swept, tmp_path):
    shutil.copytree(folder, tmp_path / "people")
    words = ("sweep", "--people", tmp_path / "people", "--out", swept, *DAY, "--check", 1, "--processes", 1)
    (of,) = check_of(folder, swept, people=1, seed=0).shards()
    for number in {0, 1, 2, 3} - {of}:
        (tmp_path / "people" / f"people-0000{number}.parquet").unlink()
    code, document = run(capsys, *words)
    assert (code, document["check"]["people"], document["check"]["differ"]) == (0, 1, 0)
    (tmp_path / "people" / f"people-0000{of}.parquet").write_bytes(b"PAR1 half")
    assert cli.main([str(word) for word in words]) == 2
    assert f"people-0000{of}.parquet" in capsys.readouterr().err


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
