"""`proffer sweep`: files of event, or the home's log, become a folder of rows and their counts."""

from __future__ import annotations

import json

import pyarrow.parquet
import pytest

from proffer import cli
from tests.proffer.scripted import run


@pytest.fixture
def events(tmp_path):
    stated = {"birth_date": "1961-11-20", "sex": "male", "region": "11440", "income_percent": 40, "children": []}
    file = tmp_path / "events.ndjson"
    document = {
        "specversion": "1.0", "id": "e1", "source": "registry", "subject": "elder", "type": "fact.stated",
        "time": "2026-10-01T03:00:00Z", "recordedtime": "2026-10-01T03:00:00Z", "data": stated,
    }  # fmt: skip
    file.write_text(json.dumps(document) + "\n", encoding="utf-8")
    return file


def test_what_a_birthday_opens_is_offered_since_the_day_before(capsys, tmp_path, events):
    out = tmp_path / "out"
    code, document = run(
        capsys, "sweep", "--events", events, "--as-of", "2026-11-20", "--since", "2026-11-19", "--out", out
    )
    assert (code, document["swept"], document["people"]) == (0, 1, 1)
    assert document["programmes"]["kr.basic-pension"]["offered"] == 1
    rows = pyarrow.parquet.read_table(out / "shard-00000.parquet").to_pylist()
    assert ("elder", "kr.basic-pension", "offered") in {
        (row["person"], row["programme"], row["change"]) for row in rows
    }
    assert json.loads((out / "summary.json").read_text(encoding="utf-8")) == document


def test_the_first_offers_of_each_person_are_ranked_as_one_person_is_answered(capsys, tmp_path, events):
    home, out, words = tmp_path / "home", tmp_path / "out", ("--as-of", "2026-11-20", "--model", "none")
    assert run(capsys, "ingest", events, "--home", home)[0] == 0
    code, document = run(capsys, "sweep", "--home", home, *words, "--first", "3", "--out", out)
    assert (code, document["changes"]) == (0, {"offered": 3})
    rows = pyarrow.parquet.read_table(out / "shard-00000.parquet").to_pylist()
    _, answer = run(capsys, "recommend", "--citizen", "elder", "--home", home, *words, "-k", "3")
    told = [(one["programme"], round(one["utility"] * 10_000)) for one in answer["recommendations"]]
    assert [(row["programme"], row["utility"]) for row in sorted(rows, key=lambda row: row["rank"])] == told
    assert cli.main(["sweep", "--home", str(home), *words, "--first", "4", "--out", str(out)]) == 2
    assert "first differ" in capsys.readouterr().err


@pytest.mark.parametrize("words", [(), ("--first", "2"), ("--first", "2", "--since", "2026-11-19")])
def test_people_who_are_drawn_are_worked_out_alone_and_whoever_differs_is_counted(capsys, tmp_path, events, words):
    whole = ("sweep", "--events", events, "--as-of", "2026-11-20", "--out", tmp_path / "out", *words)
    assert run(capsys, *whole, "--check", "5", "--seed", "3")[1]["check"] == {
        "seed": 3, "people": 1, "intricate": 0, "differ": 0,
    }  # fmt: skip
    file = tmp_path / "out" / "shard-00000.parquet"
    rows = pyarrow.parquet.read_table(file)
    size = file.stat().st_size
    pyarrow.parquet.write_table(rows.slice(1), file)
    told = file.with_suffix(".json")
    told.write_text(told.read_text().replace(f'"bytes": {size}', f'"bytes": {file.stat().st_size}'))
    code, document = run(capsys, *whole, "--check", "5")
    assert (code, document["check"]["differ"]) == (1, 1)


def test_the_log_of_the_home_is_swept_where_no_file_is_named(capsys, tmp_path, events):
    home = tmp_path / "home"
    assert run(capsys, "ingest", events, "--home", home)[0] == 0
    words = ("sweep", "--as-of", "2026-11-20", "--home", home, "--out")
    _, of_log = run(capsys, *words, tmp_path / "log")
    _, of_file = run(capsys, "sweep", "--events", events, "--as-of", "2026-11-20", "--out", tmp_path / "file")
    assert of_log["programmes"] == of_file["programmes"]


def test_people_are_told_titles_and_counts(capsys, tmp_path, events):
    words = ["sweep", "--events", str(events), "--as-of", "2026-11-20", "--out", str(tmp_path / "out"), "--no-progress"]
    assert cli.main(words) == 0
    said = capsys.readouterr().out
    assert "Basic pension" in said
    assert "kr.basic-pension" not in said


def test_what_was_found_is_a_page_in_each_language_that_names_nobody(capsys, tmp_path, events):
    out = tmp_path / "out"
    run(capsys, "sweep", "--events", events, "--as-of", "2026-11-20", "--out", out)
    pages = {name: (out / name).read_text(encoding="utf-8") for name in ("index.html", "index.ko.html")}
    assert "Basic pension" in pages["index.html"]
    assert "기초연금" in pages["index.ko.html"]
    assert not any("elder" in text for text in pages.values())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--since", "2026-11-20"], "is not before the day of the sweep"),
        (["--since", "yesterday"], "--since"),
        (["--catalogue-before", "old.jsonl"], "no day is given"),
        (["--processes", "0"], "0 is less than 1"),
        (["--check", "0"], "0 is less than 1"),
        (["--first", "0"], "0 is less than 1"),
        (["--model", "none"], "says nothing where no offer is ranked"),
        (["--weights", "w.yaml"], "says nothing where no offer is ranked"),
        (["--first", "3", "--model", "nobodys"], "there is no model 'nobodys'"),
        (["--master", "local[2]"], "says nothing to the engine local"),
        (["--engine", "spark", "--processes", "2"], "says nothing to the engine spark"),
    ],
)
def test_a_sweep_that_cannot_be_made_is_refused_before_anything_is_written(capsys, tmp_path, events, words, told):
    out = tmp_path / "out"
    assert cli.main(["sweep", "--events", str(events), "--as-of", "2026-11-20", "--out", str(out), *words]) == 2
    assert told in capsys.readouterr().err
    assert not out.exists()


def test_a_home_without_a_log_is_told_what_to_do(capsys, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    assert cli.main(["sweep", "--as-of", "2026-11-20", "--home", str(home), "--out", str(tmp_path / "out")]) == 2
    assert "proffer ingest" in capsys.readouterr().err
