"""From tables to the folder that training takes: what cells mean, and everything that is wrong said at once."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow.parquet
import pytest

from composition.dataset_mapping import cell_text, read_mapping
from composition.dataset_rows import dataset_of, tables_beside
from composition.reading import Definitions, read_catalogue, read_regions
from features.declaration.declaration import declare
from features.log.columnar import read_segments
from features.problem import Rejected
from features.snapshot import snapshots

USED = {"complete_from": "never", "fields": {"programme": {"type": "identifier"}}}
EVENTS = {"zone": "Asia/Seoul", "epoch": "1900-01-01", "types": {"benefit.asked": USED, "benefit.used": USED}}
FACTS = {
    "age": {"type": "integer", "low": 0, "high": 120, "purpose": ["eligibility"], "question": {"en": "Age?"}},
    "rooms": {"type": "integer", "low": 0, "high": 20, "scale": 2, "purpose": ["ranking"]},
    "married": {"type": "boolean", "purpose": ["ranking"]},
    "sex": {"type": "enum", "values": ["female", "male"], "purpose": ["ranking"]},
    "born": {"type": "date", "purpose": ["ranking"]},
}  # fmt: skip
DECLARATION = declare(EVENTS, {"facts": FACTS}, {"features": {}})
PEOPLE = pd.DataFrame({
    "who": [1, 2, 3], "age": [30.0, None, 61], "home": [2.5, 3.0, 1.26], "wed": [1, 0, None], "sex": ["f", "m", "?"],
    "birth": ["1990-01-02", "", "1960-03-04"], "seen": ["2020-01-01"] * 3, "rent": [1, 0, 9], "food": [0, 1, 1],
})  # fmt: skip
MAPPING = {
    "source": "survey",
    "tables": [
        {
            "file": "people",
            "person": "who",
            "time": {"column": "seen"},
            "facts": {
                "age": "age",
                "rooms": "home",
                "married": "wed",
                "born": "birth",
                "sex": {"column": "sex", "values": {"f": "female", "m": "male"}, "unknown": ["?"]},
            },
        },
        {
            "file": "people", "person": "who", "time": "2020-01-01", "event": "benefit.asked",
            "programmes": {"x.rent": "rent", "x.food": "food"},
        },
        {
            "file": "people", "person": "who", "time": "2020-01-01", "event": "benefit.used", "cells": [1],
            "programmes": {"x.rent": "rent", "x.food": "food"},
        },
    ],
}  # fmt: skip


def programme(name):
    return {
        "id": name, "title": {"en": name}, "provider": {"id": "o", "name": {"en": "O"}, "level": "public"},
        "category": "health", "form": "service", "who": {"all": [{"fact": "age", "at_least": 18}]},
        "source": {"url": "https://example.org", "checked": "2020-01-01", "text": "t"}, "verified": True,
    }  # fmt: skip


@pytest.fixture
def catalogue(tmp_path):
    path = tmp_path / "catalogue.jsonl"
    path.write_text("".join(f"{json.dumps(programme(name))}\n" for name in ("x.rent", "x.food")), encoding="utf-8")
    return path


@pytest.fixture
def definitions(catalogue):
    regions = read_regions()
    return Definitions(DECLARATION, read_catalogue(catalogue, DECLARATION, regions), regions)


def with_table(at, **changed):
    tables = [dict(table) for table in MAPPING["tables"]]
    tables[at] |= changed
    return MAPPING | {"tables": tables}


def test_cells_become_facts_and_events_and_an_empty_cell_is_unknown(definitions, catalogue, tmp_path):
    stamp = dataset_of(MAPPING, {"people": PEOPLE}, definitions, catalogue, tmp_path / "data")
    rows = pyarrow.parquet.read_table(tmp_path / "data" / "events.parquet").to_pylist()
    facts = {row["subject"]: json.loads(row["data"]) for row in rows if row["type"] == "fact.stated"}
    assert facts["1"] == {"age": 30, "rooms": 2.5, "married": True, "born": "1990-01-02", "sex": "female"}
    assert facts["2"] == {"rooms": 3.0, "married": False, "sex": "male"}
    assert facts["3"] == {"age": 61, "rooms": 1.5, "born": "1960-03-04"}
    used = {(row["subject"], json.loads(row["data"])["programme"]) for row in rows if row["type"] == "benefit.used"}
    assert used == {("1", "x.rent"), ("2", "x.food"), ("3", "x.food")}
    assert sum(row["type"] == "benefit.asked" for row in rows) == 6
    assert (stamp["people"], stamp["events"], stamp["kind"]) == (3, len(rows), "private")
    assert json.loads((tmp_path / "data" / "stamp.json").read_text()) == stamp


def test_facts_of_a_day_are_known_before_the_events_of_that_day(definitions, catalogue, tmp_path):
    dataset_of(MAPPING, {"people": PEOPLE}, definitions, catalogue, tmp_path / "data")
    events = tmp_path / "data" / "events.parquet"
    asked = next(row for row in pyarrow.parquet.read_table(events).to_pylist() if row["type"] == "benefit.asked")
    history = read_segments(events, DECLARATION)
    when = pd.Series([int(asked["time"].timestamp())]).to_numpy()
    known = snapshots(DECLARATION, history, history.rows_of(["1"]), when)
    assert known.column("age").tolist() == [30]


def test_the_same_tables_as_files_make_the_same_bytes(definitions, catalogue, tmp_path):
    PEOPLE.to_csv(tmp_path / "people.csv", index=False)
    PEOPLE.to_parquet(tmp_path / "people.parquet")
    read = tables_beside(tmp_path / "mapping.yaml")
    for name in ("people.csv", "people.parquet"):
        dataset_of(MAPPING, {"people": read(name)}, definitions, catalogue, tmp_path / name[-3:])
    made = [(tmp_path / folder / "events.parquet").read_bytes() for folder in ("csv", "uet")]
    assert made[0] == made[1]


def test_everything_that_is_wrong_with_a_mapping_is_told_at_once():
    wrong = with_table(0, facts={"agee": "age"}, tme="2020-01-01")
    wrong["tables"][1] |= {"time": "soon", "event": "benefit.shown"}
    wrong["tables"][2].pop("programmes")
    with pytest.raises(Rejected) as refusal:
        read_mapping(wrong | {"name": "x"}, DECLARATION)
    told = " ".join(f"{one.path[-1]} {one.what}" for one in refusal.value.problems)
    for part in ("name unknown key", "tme unknown key", "agee is not a fact", "is not a date", "not a declared event",
                 "do not give programme"):  # fmt: skip
        assert part in told


def test_everything_that_is_wrong_with_tables_is_told_at_once_and_nothing_is_written(definitions, catalogue, tmp_path):
    bad = PEOPLE.assign(age=[130, 30, 30], sex=["f", "x", "m"], seen=["2020-01-01", "2020-13-01", "2020-01-01"])
    mapping = with_table(2, programmes={"x.rent": "rent", "x.none": "food"}, only={"absent": [1]})
    with pytest.raises(Rejected) as refusal:
        dataset_of(mapping, {"people": bad}, definitions, catalogue, tmp_path / "data")
    told = " ".join(one.what for one in refusal.value.problems)
    for part in ("130 is above 120", "'x' is not among values", "no day 2020-13-01", "'absent'"):
        assert part in told
    mapping = with_table(2, programmes={"x.rent": "rent", "x.none": "food"})
    with pytest.raises(Rejected, match=r"x\.none"):
        dataset_of(mapping, {"people": PEOPLE}, definitions, catalogue, tmp_path / "data")
    assert not (tmp_path / "data").exists()


def test_many_bad_cells_of_a_column_are_counted_and_not_listed(definitions, catalogue, tmp_path):
    bad = pd.concat([PEOPLE] * 4, ignore_index=True).assign(age=range(200, 212))
    with pytest.raises(Rejected, match="7 more values") as refusal:
        dataset_of(MAPPING, {"people": bad}, definitions, catalogue, tmp_path / "data")
    assert len(refusal.value.problems) == 6


def test_rows_without_a_person_and_tables_without_rows_are_refused(definitions, catalogue, tmp_path):
    with pytest.raises(Rejected, match="name nobody"):
        dataset_of(MAPPING, {"people": PEOPLE.assign(who=[1, None, 3])}, definitions, catalogue, tmp_path / "data")
    nobody = {"people": PEOPLE.iloc[:0]}
    with pytest.raises(Rejected, match="no row that counts"):
        dataset_of(MAPPING, nobody, definitions, catalogue, tmp_path / "data")


def test_a_long_table_has_a_row_for_each_event_and_only_some_count(definitions, catalogue, tmp_path):
    uses = pd.DataFrame({"who": ["a", "a", "b"], "what": ["x.rent", "x.food", "x.food"], "state": ["on", "off", "on"]})
    table = {
        "file": "uses", "person": "who", "time": "2020-01-01", "recorded": "2020-02-01", "event": "benefit.used",
        "fields": {"programme": "what"}, "only": {"state": "on"},
    }  # fmt: skip
    dataset_of({"source": "s", "tables": [table]}, {"uses": uses}, definitions, catalogue, tmp_path / "data")
    rows = pyarrow.parquet.read_table(tmp_path / "data" / "events.parquet").to_pylist()
    assert [(row["subject"], json.loads(row["data"])["programme"]) for row in rows] == [
        ("a", "x.rent"),
        ("b", "x.food"),
    ]
    assert all(row["recordedtime"] > row["time"] for row in rows)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "x.csv").write_bytes(b'a,b\n"1')
    (tmp_path / "x.parquet").write_bytes(b"no")
    read = tables_beside(tmp_path / "mapping.yaml")
    for name in ("x.csv", "x.parquet", "absent.csv"):
        with pytest.raises(Rejected, match=name):
            read(name)


def test_a_file_that_is_not_utf8_is_refused_and_says_where(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"id,naam\n1," + b"\xff\xfe\n")
    with pytest.raises(Rejected, match="is not UTF-8 in naam"):
        tables_beside(tmp_path / "mapping.yaml")("x.csv")


def test_two_columns_of_one_name_are_refused_where_they_are_read(definitions, catalogue, tmp_path):
    twice = pd.DataFrame([[1, 30, 31, 5, 6]], columns=["who", "age", "age", "rest", "rest"])
    only = MAPPING | {"tables": [{"file": "t", "person": "who", "time": "2020-01-01", "facts": {"age": "age"}}]}
    with pytest.raises(Rejected) as refusal:
        dataset_of(only, {"t": twice}, definitions, catalogue, tmp_path / "data")
    assert [one.what for one in refusal.value.problems] == ["has more than one column 'age'"]


def test_codes_of_programmes_are_told_by_values_and_a_code_that_is_not_says_how(definitions, catalogue, tmp_path):
    table = {"file": "t", "person": "who", "time": "2020-01-01", "event": "benefit.used"}
    frame = {"t": pd.DataFrame({"who": [1, 2], "code": [1.0, 2.0]})}
    meant = {"programme": {"column": "code", "values": {1: "x.rent", 2: "x.food"}}}
    dataset_of(MAPPING | {"tables": [table | {"fields": meant}]}, frame, definitions, catalogue, tmp_path / "data")
    rows = pyarrow.parquet.read_table(tmp_path / "data" / "events.parquet").to_pylist()
    assert [json.loads(row["data"])["programme"] for row in rows] == ["x.rent", "x.food"]
    plain = MAPPING | {"tables": [table | {"fields": {"programme": "code"}}]}
    with pytest.raises(Rejected, match=r"values: \{CELL: PROGRAMME\}"):
        dataset_of(plain, frame, definitions, catalogue, tmp_path / "other")


@pytest.mark.parametrize(("cell", "text"), [(1, "1"), (1.0, "1"), ("1", "1"), (1.5, "1.5"), (True, "true")])
def test_cells_are_compared_as_text(cell, text):
    assert cell_text(cell) == text
