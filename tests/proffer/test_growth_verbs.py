"""`proffer catalogue grow` and `mix`: files that other verbs take, and refusals that leave nothing behind."""

from __future__ import annotations

import json

import pytest

from proffer import cli


def test_what_is_grown_passes_the_check(tmp_path, capsys):
    out = tmp_path / "grown.jsonl"
    words = ["catalogue", "grow", "--programmes", "140", "--seed", "3", "--out", str(out), "--json"]
    assert cli.main(words) == 0
    assert json.loads(capsys.readouterr().out) == {"programmes": 140, "written": 99, "grown": 41, "out": str(out)}
    assert cli.main(["catalogue", "check", str(out), "--as-of", "2026-12-01", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["programmes"], report["problems"]) == (140, [])


def test_the_same_seed_writes_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        words = ["catalogue", "grow", "--programmes", "120", "--seed", "7", "--out", str(tmp_path / name)]
        assert cli.main(words) == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "words", [("--programmes", "0"), ("--programmes", "-4"), ("--programmes", "9", "--seed", "-1")]
)
def test_a_number_that_cannot_be_grown_to_is_refused(tmp_path, capsys, words):
    assert cli.main(["catalogue", "grow", *words, "--out", str(tmp_path / "out")]) == 2
    assert "cannot be grown" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_country_without_a_mix_says_how_to_make_one(tmp_path, capsys):
    assert cli.main(["catalogue", "grow", "--programmes", "50", "--country", "fr", "--out", str(tmp_path / "o")]) == 2
    assert "proffer catalogue mix" in capsys.readouterr().err


def test_an_empty_catalogue_has_no_mix(tmp_path, capsys):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    assert cli.main(["catalogue", "mix", str(empty), "--out", str(tmp_path / "mix.json")]) == 2
    assert "holds no programme" in capsys.readouterr().err
    assert not (tmp_path / "mix.json").exists()
