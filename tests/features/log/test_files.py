"""Events as NDJSON and Parquet: the good ones kept, the bad ones named; columns read as rows would be."""

from __future__ import annotations

import json
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given

from features.log.columnar import read_segments
from features.log.event import Event, rfc3339
from features.log.files import parse_lines, read_events, sift
from features.log.history import history_of
from features.problem import Rejected
from tests.examples import examples
from tests.features.families import FAMILY, families
from tests.features.histories import DECLARATION, START, histories
from tests.features.log.written_events import write_ndjson, write_parquet

ARRAYS = ("offsets", "happened", "recorded", "superseded", "local", "signal", "value")


def same(one, other):
    assert one.people == other.people
    for name in ARRAYS:
        assert getattr(one, name).tolist() == getattr(other, name).tolist(), name
    for name in ("offsets", "moments", "cells"):
        assert getattr(one.reports, name).tolist() == getattr(other.reports, name).tolist(), name


def moved(number, day=0, **change):
    when = START + day * 86_400
    return replace(Event(str(number), "s", "ann", "life.moved", when, when, {"region": "11440"}), **change)


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_parquet_read_by_columns_is_what_its_events_are(tmp_path, events):
    path = tmp_path / "events.parquet"
    write_parquet(events, path)
    same(read_segments(path, DECLARATION), history_of(events, DECLARATION))


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(families())
def test_what_events_say_of_members_is_the_same_by_columns_and_in_any_order(tmp_path, family):
    events, _ = family
    path = tmp_path / "events.parquet"
    write_parquet(events, path)
    kept = list(sift(read_events(path, FAMILY), []))  # some statements contradict themselves
    same(read_segments(path, FAMILY, rejected=[]), history_of(kept[::-1], FAMILY))


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_every_format_gives_back_the_same_events(tmp_path, events):
    for write, name in ((write_ndjson, "events.ndjson"), (write_parquet, "events.parquet")):
        write(events, tmp_path / name)
        assert list(read_events(tmp_path / name, DECLARATION)) == events
    same(read_segments([tmp_path / "events.ndjson"], DECLARATION), history_of(events, DECLARATION))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.ndjson", "events.parquet"]


def test_a_broken_line_in_the_middle_is_named_and_the_others_are_kept(tmp_path):
    path = tmp_path / "events.ndjson"
    write_ndjson([moved(1), moved(2, 1), moved(3, 2)], path)
    lines = path.read_bytes().split(b"\n")
    lines[1] = b'{"id": "2", "sour'
    path.write_bytes(b"\n".join([*lines[:2], b"", b"\xff", *lines[2:]]))
    rejected = []
    assert [event.id for event in sift(read_events(path, DECLARATION), rejected)] == ["1", "3"]
    assert [problem.where for problem in rejected] == ["events.ndjson:2", "events.ndjson:4"]
    with pytest.raises(Rejected, match=r"events\.ndjson:2: is not JSON"):
        read_segments(path, DECLARATION)
    rejected.clear()
    assert len(read_segments(path, DECLARATION, rejected=rejected).happened) == 2 * len(moved(1).people) * ROWS
    assert len(rejected) == 2


ROWS = len(history_of([moved(1)], DECLARATION).happened)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (b'{"region":"11440","region":"11110"}', "contains a name twice in one object"),
        (b'{"region":NaN}', "contains NaN or Infinity"),
        (b'{"region":' + b"[" * 100_000, "is nested deeper than 16"),
        (b'{"region":9007199254740992}', "contains an integer beyond 9007199254740991"),
        (b'{"region":"\\ud800"}', "contains half of a surrogate pair"),
    ],
)
def test_a_line_is_strict_json(line, what):
    document = {**moved(1).to_document(), "data": "DATA"}
    event = json.dumps(document).encode().replace(b'"DATA"', line)
    (refused,) = parse_lines([event], DECLARATION)
    assert isinstance(refused, Rejected)
    assert refused.problems[0].what.startswith(what)


def test_lines_may_come_from_anywhere():
    line = json.dumps(moved(1).to_document()).encode()
    assert list(parse_lines([line, b" \n"], DECLARATION)) == [moved(1)]


def table(**columns):
    rows = {
        "id": ["1", "2", "3"], "source": ["s"] * 3, "subject": ["ann"] * 3, "type": ["life.moved"] * 3,
        "time": [rfc3339(START + day) for day in range(3)], "recordedtime": [rfc3339(START + 9)] * 3,
        "data": ['{"region":"11440"}'] * 3,
    }  # fmt: skip
    return pa.table({**rows, **columns})


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"data": ['{"region":"11440"}', "{", "{}"]}, "row 2: data: is not JSON"),
        ({"data": ['{"region":"11440"}', '{"region":"x"}', "{}"]}, "row 2: data.region"),
        ({"data": ['{"region":"11440"}', "[]", "{}"]}, "row 2: data: is not a JSON object"),
        ({"type": ["life.moved", "life.flown", "life.moved"]}, "row 2: type"),
        ({"type": ["life.moved", None, "life.moved"]}, "row 2: type: is missing"),
        ({"id": ["1", None, "3"]}, "row 2: id: is missing"),
        ({"id": ["1", "", "3"]}, "row 2: id"),
        ({"subject": ["ann", "a\nb", "ann"]}, "row 2: subject"),
        ({"time": [rfc3339(START), "2023-02-30T00:00:00Z", rfc3339(START)]}, "row 2: time: is not a time"),
        ({"time": [rfc3339(START), rfc3339(START + 10), rfc3339(START)]}, "row 2: time: is in the future"),
        ({"time": [rfc3339(START), "1999-01-01T00:00:00Z", rfc3339(START)]}, "row 2: time: is before the epoch"),
        ({"recordedtime": [rfc3339(START + 9), None, rfc3339(START + 9)]}, "row 2: recordedtime: is missing"),
        ({"recordedtime": [rfc3339(START + 9), rfc3339(START + 99), rfc3339(START + 9)]}, "row 2: recordedtime"),
    ],
)
def test_a_row_of_parquet_that_is_wrong_is_named_and_the_others_are_kept(tmp_path, columns, said):
    path = tmp_path / "events.parquet"
    pq.write_table(table(**columns), path)
    now = START + 50 if "future" in said or said.endswith("recordedtime") else None
    rejected = []
    found = read_segments(path, DECLARATION, now=now, rejected=rejected)
    assert len(rejected) == 1
    assert said in str(rejected[0])
    assert len(found.happened) == 2 * ROWS
    with pytest.raises(Rejected):
        read_segments(path, DECLARATION, now=now)


def test_times_may_be_texts_of_any_offset_or_timestamps_of_any_unit(tmp_path):
    expected = None
    for place, column in enumerate(
        [
            [rfc3339(START + day) for day in range(3)],
            ["2023-02-21T14:00:00+09:00", "2023-02-21T05:00:01.9Z", "2023-02-21T00:00:02-05:00"],
            pa.array([START, START + 1, START + 2]).cast(pa.timestamp("s", "UTC")),
            pa.array([START * 1000, START * 1000 + 1999, START * 1000 + 2000]).cast(pa.timestamp("ms")),
            pa.array([rfc3339(START + day) for day in range(3)]).dictionary_encode(),
        ]
    ):
        path = tmp_path / f"{place}.parquet"
        pq.write_table(table(time=column), path)
        found = read_segments(path, DECLARATION)
        same(found, expected or found)
        expected = expected or found


def test_several_files_are_one_history_and_a_repeated_event_counts_once(tmp_path):
    write_parquet([moved(1), moved(2, 5)], tmp_path / "a.parquet")
    write_parquet([moved(2, 5), moved(3, 9)], tmp_path / "b.parquet")
    found = read_segments([tmp_path / "a.parquet", tmp_path / "b.parquet"], DECLARATION)
    same(found, history_of([moved(1), moved(2, 5), moved(3, 9)], DECLARATION))


def test_two_events_of_one_id_that_say_different_things_are_refused(tmp_path):
    write_parquet([moved(1), moved(1, 5)], tmp_path / "a.parquet")
    with pytest.raises(Rejected, match="is there already with another body"):
        read_segments(tmp_path / "a.parquet", DECLARATION)


def test_long_and_foreign_identifiers_are_ordered_as_texts(tmp_path):
    names = ["가", "é" * 20, "z" * 80, "a", "aa", "힣" * 10, "z" * 79]
    events = [moved(name, data={"region": str(10 + place)}) for place, name in enumerate(names)]
    for chosen in (events, events[:2] + events[3:6]):
        write_parquet(chosen, tmp_path / "a.parquet")
        same(read_segments(tmp_path / "a.parquet", DECLARATION), history_of(chosen, DECLARATION))


@pytest.mark.parametrize(
    "name", ["missing.ndjson", "missing.parquet", "not.parquet", "columns.parquet", "types.parquet"]
)
def test_a_file_that_cannot_be_read_at_all_is_refused(tmp_path, name):
    (tmp_path / "not.parquet").write_text("hello")
    pq.write_table(table().drop_columns(["data"]), tmp_path / "columns.parquet")
    pq.write_table(table(id=[1, 2, 3]), tmp_path / "types.parquet")
    with pytest.raises(Rejected, match="cannot be read"):
        list(read_events(tmp_path / name, DECLARATION))


def test_an_empty_file_holds_nobody(tmp_path):
    write_parquet([], tmp_path / "a.parquet")
    write_ndjson([], tmp_path / "a.ndjson")
    assert read_segments(tmp_path / "a.parquet", DECLARATION).people == ()
    assert read_segments(tmp_path / "a.ndjson", DECLARATION).people == ()


def test_statements_read_by_columns_are_checked_like_any_other(tmp_path):
    texts = ['{"birth_date":"2023-01-01","children":[]}', '{"birth_date":"2023-06-01"}', '{"quiet":5}', "[]", "{"]
    rows = {
        "id": list("12345"), "source": ["s"] * 5, "subject": ["ann"] * 5, "type": ["fact.stated"] * 5,
        "time": [rfc3339(START)] * 5, "recordedtime": [rfc3339(START)] * 5, "data": texts,
    }  # fmt: skip
    pq.write_table(pa.table(rows), tmp_path / "a.parquet")
    rejected = []
    found = read_segments(tmp_path / "a.parquet", DECLARATION, rejected=rejected)
    first = Event("1", "s", "ann", "fact.stated", START, START, json.loads(texts[0]))
    same(found, history_of([first], DECLARATION))
    assert [problem.where for problem in rejected] == [
        "a.parquet: row 2: data.birth_date", "a.parquet: row 3: data.quiet",
        "a.parquet: row 4: data", "a.parquet: row 5: data",
    ]  # fmt: skip
