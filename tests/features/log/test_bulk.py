"""Files read by columns give the rows, and the refusals, that reading their events one by one gives."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from features.log.bulk import read_rows
from features.log.columnar import read_segments
from features.log.event import Event, rfc3339
from features.log.files import read_events, sift
from features.log.rows import stored
from features.problem import Rejected
from tests.examples import examples
from tests.features.histories import DECLARATION, START, histories
from tests.features.log.written_events import write_ndjson, write_parquet

NOW = START + 400 * 86_400


def flat(chunks):
    """Rows of any chunks as one list, each with whom it touches and what it acts on."""
    return [
        (cells, rows.others.get(place, ()), rows.targets.get(place))
        for rows in chunks
        for place, cells in enumerate(rows.cells())
    ]


def both(path, now=NOW):
    """What a file gives by columns, and one by one: the rows, then the problems."""
    fast, slow = [], []
    by_columns = flat(read_rows(path, DECLARATION, fast, now=now))
    one_by_one = flat(stored(sift(read_events(path, DECLARATION, now=now), slow)))
    return (by_columns, fast), (one_by_one, slow)


def check(path, now=NOW):
    fast, slow = both(path, now)
    assert fast == slow
    return fast


def line(number=1, **more):
    plain = Event(str(number), "s", "ann", "life.moved", START, START + 9, {"region": "11440"})
    return {**plain.to_document(), **more}


@examples(40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories(), repeated=st.integers(0, 3))
def test_histories_are_read_alike(tmp_path, events, repeated):
    events += events[:repeated]
    for write, name in ((write_ndjson, "a.ndjson"), (write_parquet, "a.parquet")):
        write(events, tmp_path / name)
        rows, problems = check(tmp_path / name, None)
        assert (len(rows), problems) == (len(events), [])


DEEP = "[" * 2_000 + "]" * 2_000


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (json.dumps(line()), True),
        (json.dumps(line(), indent=None, separators=(" , ", " : ")) + "\r", True),
        (json.dumps(line(time="2023-02-21T14:00:00+09:00")), True),
        (json.dumps(line(time="2023-02-21T14:00:00.5+09:00")), True),
        (json.dumps(line(time="2023-02-30T14:00:00+09:00")), False),
        (json.dumps(line(time="2023-02-21T24:00:00Z")), False),
        (json.dumps(line(time="2023-02-21T14:00:60Z")), False),
        (json.dumps(line(time="2023-02-21")), False),
        (json.dumps(line(recordedtime=None)), True),
        (json.dumps({key: value for key, value in line().items() if key != "recordedtime"}), True),
        (json.dumps({key: value for key, value in line().items() if key != "specversion"}), True),
        (json.dumps({key: value for key, value in line().items() if key != "data"}), True),
        (json.dumps({key: value for key, value in line().items() if key != "subject"}), False),
        (json.dumps(line(data=None)), True),
        (json.dumps(line(data=[])), False),
        (json.dumps(line(data="x")), False),
        (json.dumps(line(specversion="0.3")), False),
        (json.dumps(line(specversion="")), False),
        (json.dumps(line(datacontenttype="application/json")), True),
        (json.dumps(line(datacontenttype="text/plain")), False),
        (json.dumps(line(traceparent="00-1-2-03")), True),
        (json.dumps(line(id=5)), False),
        (json.dumps(line(id="")), False),
        (json.dumps(line(id="x" * 401)), False),
        (json.dumps(line(subject="김철수"), ensure_ascii=False), True),
        (json.dumps(line(subject="김철수")), True),
        (json.dumps(line(subject='a"b')), True),
        (json.dumps(line(subject="a\nb")), False),
        (json.dumps(line(type="life.flown")), False),
        (json.dumps(line(data={"region": "x"})), False),
        (json.dumps(line(data={"region": "11440", "other": 1})), False),
        (json.dumps(line(type="fact.stated", data={"birth_date": "1990-05-01"})), True),
        (json.dumps(line(type="fact.stated", data={"birth_date": "2023-12-01"})), False),
        (json.dumps(line()).replace('"id"', '"\\u0069d"'), True),
        (json.dumps(line()).replace('"subject"', '"id": "other", "subject"'), False),
        (json.dumps(line()).replace('"region"', '"region": "11110", "region"'), False),
        (json.dumps(line()).replace('"data"', '"data": {}, "data"'), False),
        (json.dumps(line(data={"region": float("nan")})), False),
        (json.dumps(line()).replace('{"region": "11440"}', DEEP), False),
        (json.dumps(line()).replace('{"region": "11440"}', '{"\\u0061bout": [{"person": "bob", "role": "x"}]}'), False),
        (json.dumps(line(type="event.retracted", data={"source": "s", "id": "0"})), True),
        (json.dumps(line(type="event.corrected", data={"source": "s", "id": "0", "data": {"a": "\ud800"}})), False),
        ('{"id": "2", "sour', False),
        ("[]", False),
        ("5", False),
    ],
)
def test_a_line_gives_the_same_either_way_and_its_neighbours_are_kept(tmp_path, text, good):
    path = tmp_path / "a.ndjson"
    path.write_text("\n".join([json.dumps(line(0)), "", text, json.dumps(line(2))]) + "\n", encoding="utf-8")
    rows, problems = check(path)
    assert len(rows) == 2 + good
    assert bool(problems) != good
    assert all(str(problem).startswith("a.ndjson:3") for problem in problems)


def test_a_line_that_is_not_utf_8_is_rejected(tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_bytes(json.dumps(line()).encode() + b"\n" + json.dumps(line(2)).encode().replace(b"11440", b"\xff\xfe"))
    rows, problems = check(path)
    assert (len(rows), len(problems)) == (1, 1)


def table(**columns):
    rows = {
        "id": ["1", "2", "3"], "source": ["s"] * 3, "subject": ["ann"] * 3, "type": ["life.moved"] * 3,
        "time": [rfc3339(START + day) for day in range(3)], "recordedtime": [rfc3339(START + 9)] * 3,
        "data": ['{"region":"11440"}'] * 3,
    }  # fmt: skip
    return pa.table({**rows, **columns})


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({}, 3),
        ({"data": ['{"region":"11440"}', "{", "{}"]}, 2),
        ({"data": ['{"region":"11440"}', '{"region":"11440","region":"11110"}', None]}, 2),
        ({"type": ["life.moved", None, "life.flown"]}, 1),
        ({"id": ["1", None, ""]}, 1),
        ({"subject": ["ann", "a\nb", "김철수"]}, 2),
        ({"time": [rfc3339(START), "2023-02-30T00:00:00Z", "2023-02-21T14:00:00+09:00"]}, 2),
        ({"time": [rfc3339(START), rfc3339(START + 10), "1999-01-01T00:00:00Z"]}, 1),
        ({"recordedtime": [rfc3339(START + 9), None, rfc3339(NOW + 1)]}, 2),
        ({"recordedtime": pa.array([START + 9, None, NOW + 1]).cast(pa.timestamp("s", "UTC"))}, 2),
        ({"time": pa.array([START * 1000, None, START * 1000 + 999]).cast(pa.timestamp("ms", "UTC"))}, 2),
        ({"type": pa.array(["life.moved"] * 3).dictionary_encode()}, 3),
        ({"id": ["1", "1", "1"]}, 3),
    ],
)
def test_a_row_gives_the_same_either_way_and_its_neighbours_are_kept(tmp_path, columns, kept):
    pq.write_table(table(**columns), tmp_path / "a.parquet")
    rows, problems = check(tmp_path / "a.parquet")
    assert len(rows) == kept
    assert len(problems) >= 3 - kept


def test_a_fact_seen_before_is_checked_again_where_its_value_is_of_another_type(tmp_path):
    facts = ['{"able":true}', '{"able":1}', '{"able":1.0}', '{"able":true,"able":true}', '{ "able": true }']
    stated = (json.dumps(line(number, type="fact.stated", data=5)) for number in range(len(facts)))
    lines = (text.replace('"data": 5', f'"data": {fact}') for text, fact in zip(stated, facts, strict=True))
    (tmp_path / "a.ndjson").write_text("\n".join(lines))
    assert [cells[1] for cells, _, _ in check(tmp_path / "a.ndjson")[0]] == ["0", "4"]


def test_what_does_not_say_when_it_was_recorded_is_stamped_now(tmp_path):
    pq.write_table(table(recordedtime=pa.array([None] * 3, pa.string())), tmp_path / "a.parquet")
    assert [cells[5] for cells, _, _ in check(tmp_path / "a.parquet")[0]] == [NOW] * 3
    assert check(tmp_path / "a.parquet", None)[0] == []


def test_text_of_parquet_that_is_not_utf_8_is_refused(tmp_path):
    broken = pa.array([b"ann", b"\xff\xfe", b"bob"]).cast(pa.binary()).view(pa.string())
    pq.write_table(table(subject=broken), tmp_path / "a.parquet")
    with pytest.raises(Rejected, match="not UTF-8"):
        list(read_rows(tmp_path / "a.parquet", DECLARATION, [], now=NOW))


def test_several_batches_keep_their_order_and_the_numbers_of_their_lines(tmp_path, monkeypatch):
    monkeypatch.setattr("features.log.bulk.BATCH", 4)
    monkeypatch.setattr("features.log.bulk._REMEMBERED", 2)
    events = [
        replace(Event(str(n), "s", "ann", "life.moved", START, START + n, {"region": str(11000 + n)}))
        for n in range(11)
    ]
    write_parquet(events, tmp_path / "a.parquet")
    write_ndjson(events, tmp_path / "a.ndjson")
    text = (tmp_path / "a.ndjson").read_text().split("\n")
    (tmp_path / "a.ndjson").write_text("\n".join([*text[:6], "{", *text[6:]]))
    assert [cells[1] for cells, _, _ in check(tmp_path / "a.parquet")[0]] == [str(n) for n in range(11)]
    rows, problems = check(tmp_path / "a.ndjson")
    assert [cells[1] for cells, _, _ in rows] == [str(n) for n in range(11)]
    assert [problem.where for problem in problems] == ["a.ndjson:7"]


@pytest.mark.parametrize("suffix", [".ndjson", ".parquet"])
def test_a_person_whose_name_is_written_in_letters_apart_is_the_same_person(tmp_path, suffix):
    events = [
        Event(
            f"{number}-{form}", "등록", unicodedata.normalize(form, "홍길동"), "life.moved", at, at, {"region": "11440"}
        )
        for number, (form, at) in enumerate([("NFC", START), ("NFD", START + 60)])
    ]
    path = tmp_path / f"events{suffix}"
    (write_ndjson if suffix == ".ndjson" else write_parquet)(events, path)
    by_columns, one_by_one = both(path)
    assert by_columns == one_by_one
    assert {event.subject for event in read_events(path, DECLARATION)} == {"홍길동"}
    assert read_segments(path, DECLARATION).people == ("홍길동",)
