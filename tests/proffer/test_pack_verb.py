"""`proffer catalogue pack`: the folder that an app ships, and what is refused with nothing written."""

import json

import pytest

from proffer import cli
from recommender.pocket.pack import MAGIC


def pack(folder, *more):
    return cli.main(["catalogue", "pack", "--as-of", "2026-11-30", "--out", str(folder), *more])


def test_a_pack_holds_the_rules_the_titles_and_the_module(tmp_path, capsys):
    assert pack(tmp_path / "out", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    held = {one.name for one in (tmp_path / "out").iterdir()}
    assert held == {"rules.pocket", "titles.json", "pocket.js", "pack.js", "statement.js", "members.js", "missing.js"}
    rules, titles = ((tmp_path / "out" / name).read_bytes() for name in ("rules.pocket", "titles.json"))
    assert rules.startswith(MAGIC)
    assert (report["rules"], report["titles"]) == (len(rules), len(titles))
    assert report["rules_gzip"] < report["rules"]
    assert len(json.loads(titles)["ids"]) == report["programmes"]


def test_the_same_day_gives_the_same_bytes_and_replaces_an_earlier_pack(tmp_path):
    assert pack(tmp_path / "out") == 0
    first = (tmp_path / "out" / "rules.pocket").read_bytes()
    (tmp_path / "out" / "rules.pocket").write_bytes(MAGIC + b"older")
    assert pack(tmp_path / "out") == 0
    assert (tmp_path / "out" / "rules.pocket").read_bytes() == first


@pytest.mark.parametrize("name", ["file", "other"])
def test_a_folder_that_is_none_or_holds_something_else_is_refused_with_nothing_written(tmp_path, name, capsys):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    assert pack(tmp_path / name) == 2
    assert name in capsys.readouterr().err
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["letter.txt"]
