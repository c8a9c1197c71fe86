"""`proffer reach`: its counts are the sweep's; its columns are kept, made again when stale, refused when damaged."""

from __future__ import annotations

import json
from collections import Counter

import pyarrow.parquet
import pytest
import yaml

from composition import reading
from composition.settings import SHIPPED
from proffer import cli

AS_OF = "2026-10-31"
OLD = "who: {all: [{fact: age, at_least: 65}, {fact: region, in: ['11', '26', '41']}]}\n"


@pytest.fixture
def rule(tmp_path):
    file = tmp_path / "rule.yaml"
    file.write_text(OLD, encoding="utf-8")
    return file


def reach(capsys, rule, people, home, *words):
    events = str(people / "events.parquet")
    code = cli.main(["reach", str(rule), "--events", events, "--home", str(home), "--as-of", AS_OF, "--json", *words])
    said = capsys.readouterr()
    return code, json.loads(said.out) if code == 0 else said.err


NAMES = (
    "basic-pension",
    "patent-fee-85",
    "korail-senior-discount",
    "icheon-disability-allowance",
    "uiwang-water-discount",
)


def test_counts_are_those_of_the_sweep(people, tmp_path, capsys):
    """Under ids of their own the rules are of programmes that nobody holds, which a sweep would leave out."""
    folder = tmp_path / "catalogue"
    folder.mkdir()
    for name in NAMES:
        found = reading.read_yaml(SHIPPED.catalogue / f"{name}.yaml")
        made = found | {"id": f"t.{name}", "excludes": [], "grants": [], "window": {"kind": "open_ended"}}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(made), encoding="utf-8")
    swept = ["sweep", "--events", str(people / "events.parquet"), "--as-of", AS_OF, "--out", str(tmp_path / "swept")]
    assert cli.main([*swept, "--home", str(tmp_path), "--catalogue", str(folder), "--json"]) == 0
    capsys.readouterr()
    rows = [
        row for file in (tmp_path / "swept").glob("*.parquet") for row in pyarrow.parquet.read_table(file).to_pylist()
    ]
    offered = Counter((one["programme"], one["answer"]) for one in rows)
    for name in NAMES:
        out, words = tmp_path / f"{name}.json", ("--catalogue", str(folder), "--by", "group")
        code, _ = reach(capsys, folder / f"{name}.yaml", people, tmp_path, "--out", str(out), *words)
        total = json.loads(out.read_text(encoding="utf-8"))["total"]
        wanted = (offered[f"t.{name}", "yes"], offered[f"t.{name}", "unknown"])
        assert (code, total["yes"], total["likely"] + total["depends"]) == (0, *wanted), name
        assert total["people"] > sum(wanted)
    assert sum(offered.values()) > 0


def test_small_counts_are_shown_to_nobody_and_written_for_the_operator(rule, people, tmp_path, capsys):
    out = tmp_path / "exact.json"
    code, told = reach(capsys, rule, people, tmp_path, "--out", str(out))
    exact = json.loads(out.read_text(encoding="utf-8"))
    assert code == 0
    assert out.stat().st_mode & 0o077 == 0
    assert any(one["people"] is None for one in told["regions"])
    shown = [one[name] for one in told["regions"] for name in ("yes", "likely", "depends", "no")]
    assert not any(0 < count < 10 for count in shown if count is not None)
    assert sum(one["yes"] for one in exact["regions"]) == exact["total"]["yes"] > 0
    assert "left out" in run_text(capsys, rule, people, tmp_path)


def run_text(capsys, rule, people, home):
    assert (
        cli.main(
            ["reach", str(rule), "--events", str(people / "events.parquet"), "--home", str(home), "--as-of", AS_OF]
        )
        == 0
    )
    return capsys.readouterr().out


def test_columns_are_kept_and_made_again_for_another_day(rule, people, tmp_path, capsys):
    first = reach(capsys, rule, people, tmp_path)
    made = (tmp_path / "reach" / "words.npy").stat().st_mtime_ns
    assert reach(capsys, rule, people, tmp_path) == first
    assert (tmp_path / "reach" / "words.npy").stat().st_mtime_ns == made
    _, later = reach(capsys, rule, people, tmp_path, "--as-of", "2020-01-01")
    assert later["as_of"] == "2020-01-01"
    assert (tmp_path / "reach" / "words.npy").stat().st_mtime_ns != made


def test_a_damaged_file_is_named_and_deleting_the_folder_mends_it(rule, people, tmp_path, capsys):
    reach(capsys, rule, people, tmp_path)
    (tmp_path / "reach" / "words.npy").write_bytes(b"nothing")
    code, said = reach(capsys, rule, people, tmp_path)
    assert code == 2
    assert "words.npy" in said
    assert "made again" in said


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("who: {fact: agee, at_least: 3}\n", (), "agee"),
        ("[]\n", (), "is no rule"),
        (OLD, ("--by", "hour"), "tells no people apart"),
        ("who: {fact: receives.kr.nothing, is: true}\n", (), "receives.kr.nothing"),
    ],
)
def test_what_cannot_be_counted_is_refused(people, tmp_path, capsys, text, words, said):
    file = tmp_path / "rule.yaml"
    file.write_text(text, encoding="utf-8")
    code, told = reach(capsys, file, people, tmp_path, *words)
    assert code == 2
    assert said in told


def test_an_empty_log_is_refused(rule, tmp_path, capsys):
    assert cli.main(["reach", str(rule), "--home", str(tmp_path)]) == 2
    assert "holds no event log" in capsys.readouterr().err


def test_erasing_anybody_deletes_the_columns(rule, people, tmp_path, capsys):
    home = tmp_path / "home"
    events = people / "events.parquet"
    assert cli.main(["ingest", str(events), "--home", str(home)]) == 0
    assert cli.main(["reach", str(rule), "--home", str(home), "--as-of", AS_OF]) == 0
    somebody = pyarrow.parquet.read_table(events, columns=["subject"])["subject"][0].as_py()
    assert (home / "reach" / "words.npy").exists()
    assert cli.main(["erase", somebody, "--home", str(home)]) == 0
    assert not (home / "reach").exists()
    capsys.readouterr()
