import json
import sys

import pytest

from proffer import bench, cli

MEASURED = """
def measure(say):
    say("counting")
    return {"name": "sums", "work": "10 sums", "unit": "sums/s", "ours": 300.0, "peers": {"abacus": 100.0},
            "ratio": {"abacus": 3.0}, "equal_results": %s}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "FOLDER", tmp_path)
    return tmp_path


def test_a_benchmark_prints_its_document(folder, capsys):
    (folder / "sums_bench.py").write_text(MEASURED % True, encoding="utf-8")
    assert cli.main(["bench", "sums", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["ratio"] == {"abacus": 3.0}
    assert "counting" in err


def test_people_read_a_line_for_everyone_who_did_it(folder, capsys):
    (folder / "sums_bench.py").write_text(MEASURED % True, encoding="utf-8")
    cli.main(["bench", "sums"])
    out = capsys.readouterr().out
    assert "equal results" in out
    assert "3.0 x" in out


def test_people_read_the_figures_behind_a_mean(folder, capsys):
    detailed = (MEASURED % True).replace('"equal_results"', '"details": [{"after": 3, "ours": 9.5}], "equal_results"')
    (folder / "sums_bench.py").write_text(detailed, encoding="utf-8")
    cli.main(["bench", "sums"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[-4:-1]] == [["after", "ours"], ["-----", "----"], ["3", "9.5"]]


def test_figures_that_one_row_has_and_another_has_not_leave_a_place_empty(folder, capsys):
    rows = '"details": [{"part": "a", "after": 3}, {"part": "b", "seconds": 9.5}], "equal_results"'
    (folder / "sums_bench.py").write_text((MEASURED % True).replace('"equal_results"', rows), encoding="utf-8")
    cli.main(["bench", "sums"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[-5:-1]][0::2] == [["part", "after", "seconds"], ["a", "3"]]
    assert lines[-2].split() == ["b", "9.5"]


def test_results_that_differ_fail(folder):
    (folder / "sums_bench.py").write_text(MEASURED % False, encoding="utf-8")
    assert cli.main(["bench", "sums"]) == 1


def test_a_peer_that_is_not_installed_is_named_with_the_extra_that_brings_it(folder, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    (folder / "sums_bench.py").write_text("import duckdb\n", encoding="utf-8")
    assert cli.main(["bench", "sums"]) == 2
    assert "needs duckdb, which is not installed. Install it: pip install '.[bench]'" in capsys.readouterr().err


def test_a_benchmark_nobody_wrote_is_a_usage_error(folder, capsys):
    (folder / "sums_bench.py").write_text(MEASURED % True, encoding="utf-8")
    assert cli.main(["bench", "sms"]) == 2
    assert "Did you mean sums?" in capsys.readouterr().err


def test_the_benchmarks_of_the_contract_are_there():
    assert {"features", "verdicts"} <= set(bench.names())
