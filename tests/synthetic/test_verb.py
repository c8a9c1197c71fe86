"""The front door of the synthetic people: what it refuses, and what it prints."""

from __future__ import annotations

import json

import pytest

from proffer import cli

pytestmark = pytest.mark.slow


def test_every_number_that_cannot_be_is_refused_at_once_and_nothing_is_written(tmp_path, capsys):
    out = tmp_path / "people"
    words = ["synth", "--citizens", "0", "--months", "-1", "--seed", "-5", "--out", str(out), "--no-progress"]
    words += ["--world", "interaction"]
    assert cli.main(words) == 2
    told = capsys.readouterr().err
    assert all(option in told for option in ("--citizens", "--months", "--seed", "did you mean interactions?"))
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("years of work")
    assert cli.main(["synth", "--out", str(tmp_path), "--no-progress"]) == 2
    assert "holds files that are not synthetic people" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "people").write_text("")
    assert cli.main(["synth", "--out", str(tmp_path / "people"), "--no-progress"]) == 2
    assert "is a file" in capsys.readouterr().err


def test_json_prints_the_stamp_and_nothing_else(tmp_path, capsys):
    out = tmp_path / "people"
    words = [
        "synth",
        "--citizens",
        "40",
        "--months",
        "2",
        "--seed",
        "3",
        "--processes",
        "1",
        "--out",
        str(out),
        "--json",
    ]
    assert cli.main([*words, "--no-progress"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((out / "stamp.json").read_text())
