"""Whom a served story is of: young women of whose children nothing is known, and what was recorded of them by now."""

from __future__ import annotations

import datetime
import json

import pyarrow
import pyarrow.parquet
import pytest

from composition import reading
from composition.story_cast import StoryCast
from features.log.event_parser import parse_event
from features.problem import Rejected

NOW = int(datetime.datetime(2026, 11, 30, 3, tzinfo=datetime.UTC).timestamp())


def row(number, person, kind, data, recorded="2026-01-01T00:00:00Z"):
    return {"id": str(number), "source": "registry", "subject": person, "type": kind, "time": "2025-01-01T00:00:00Z",
            "recordedtime": recorded, "data": json.dumps(data, separators=(",", ":"))}  # fmt: skip


def written(folder, rows):
    path = folder / "events.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


def woman(number, born="1995-05-05"):
    person = f"c{number:07d}"
    return [
        row(f"{number}-b", person, "fact.stated", {"birth_date": born}),
        row(f"{number}-s", person, "fact.stated", {"sex": "female", "region": "11440"}),
    ]


def test_the_old_parents_and_men_are_not_chosen(tmp_path):
    rows = [one for number in (1, 3, 5, 6) for one in woman(number)]
    rows += woman(2, born="1950-05-05")
    rows += [row("4-b", "c0000004", "fact.stated", {"birth_date": "1995-01-01"}),
             row("4-s", "c0000004", "fact.stated", {"sex": "male"})]  # fmt: skip
    about = {"about": [{"person": "k1", "role": "child"}, {"person": "c0000003", "role": "parent"}]}
    rows.append(row("born", "c0000004", "life.child_born", about))
    assert StoryCast.of(written(tmp_path, rows), NOW).people == ("c0000001", "c0000005", "c0000006")


def test_clicks_and_what_is_recorded_later_are_left_out_of_a_life(tmp_path):
    rows = [one for number in (1, 2, 3) for one in woman(number)]
    rows.append(row("moved", "c0000001", "life.moved", {"region": "41110"}))
    rows.append(row("click", "c0000001", "benefit.opened", {"programme": "x"}))
    rows.append(row("later", "c0000001", "life.moved", {"region": "41110"}, recorded="2027-01-01T00:00:00Z"))
    cast = StoryCast.of(written(tmp_path, rows), NOW)
    assert {one["id"] for one in cast.lives if one["subject"] == "c0000001"} == {"1-b", "1-s", "moved"}


def test_what_happens_in_the_story_is_what_the_country_declares(tmp_path):
    cast = StoryCast.of(written(tmp_path, [one for number in (1, 2, 3) for one in woman(number)]), NOW)
    declaration = reading.read_declaration()
    events = [parse_event(one, declaration, now=NOW, where=()) for one in (*cast.births(NOW), *cast.leave(NOW))]
    assert len({(one.source, one.id) for one in events}) == len(events)
    assert {one.subject for one in events if one.type == "consent.given"} == {"c0000001", "c0000002"}


def test_too_few_people_are_refused(tmp_path):
    with pytest.raises(Rejected, match="fewer than 3"):
        StoryCast.of(written(tmp_path, woman(1)), NOW)
