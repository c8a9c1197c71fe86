from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from proffer.cli import main


def event(number, type_="life.moved", data=None, **more):
    base = {"specversion": "1.0", "id": str(number), "source": "registry", "subject": "c1", "type": type_}
    times = {"time": "2026-09-01T03:00:00Z", "recordedtime": "2026-09-02T03:00:00Z"}
    return {**base, **times, "data": {"region": "11440"} if data is None else data, **more}


@pytest.fixture
def ingest(tmp_path, capsys):
    """Ingest lines (or whole files by name); gives the exit code, the document, and what was said."""

    def ingest(*given):
        files = []
        for place, lines in enumerate(given):
            file = tmp_path / f"events{place}.ndjson"
            if isinstance(lines, list):
                text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
                file.write_text(text + "\n", encoding="utf-8")
            else:
                file = tmp_path / lines
            files.append(str(file))
        code = main(["ingest", *files, "--home", str(tmp_path / "home"), "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out), err

    ingest.home = tmp_path / "home"
    ingest.folder = tmp_path
    return ingest


def test_good_events_are_counted_and_the_same_ones_again_are_duplicates(ingest):
    code, found, err = ingest([event(1), event(2)])
    assert (code, found, err) == (0, {"accepted": 2, "duplicates": 0, "rejected": []}, "")
    assert ingest([event(1), event(3)])[1] == {"accepted": 1, "duplicates": 1, "rejected": []}


def test_a_broken_line_in_the_middle_is_named_and_the_rest_is_kept(ingest):
    code, found, err = ingest([event(1), '{"id": ', event(2, "life.flown"), event(3, data={"region": 5}), "", event(4)])
    assert code == 1
    assert found["accepted"] == 2
    wheres = [one["where"] for one in found["rejected"]]
    assert [where.split(": ")[0] for where in wheres] == [f"events0.ndjson:{line}" for line in (2, 3, 4)]
    assert all(one["what"] and one["remedy"] for one in found["rejected"])
    assert err.count("events0.ndjson:") == 3
    assert ingest([event(1), event(4)])[1]["duplicates"] == 2


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_at_the_edge_of_the_calendar_is_rejected_and_the_rest_is_kept(ingest, time):
    code, found, _ = ingest([event(1), event(2, time=time), event(3)])
    assert (code, found["accepted"], len(found["rejected"])) == (1, 2, 1)


def test_a_parquet_time_beyond_the_calendar_is_rejected_and_the_rest_is_kept(ingest):
    names = ("id", "source", "subject", "type", "data")
    rows = [
        {name: json.dumps(one[name]) if name == "data" else one[name] for name in names} for one in (event(1), event(2))
    ]
    table = pa.Table.from_pylist(rows)
    for name in ("time", "recordedtime"):
        column = pa.array([1_788_318_000_000_000, 2**62 if name == "time" else 1_788_318_000_000_001], pa.int64())
        table = table.append_column(name, column.cast(pa.timestamp("us", tz="UTC")))
    pq.write_table(table, ingest.folder / "far.parquet")
    code, found, _ = ingest("far.parquet")
    assert (code, found["accepted"], len(found["rejected"])) == (1, 1, 1)


def test_an_event_of_the_future_is_rejected(ingest):
    code, found, _ = ingest([event(1, time="2999-01-01T00:00:00Z", recordedtime="2999-01-02T00:00:00Z")])
    assert (code, found["accepted"]) == (1, 0)
    assert "future" in found["rejected"][0]["what"]


def test_the_same_id_with_another_body_is_a_conflict_and_the_first_is_kept(ingest):
    ingest([event(1)])
    code, found, _ = ingest([event(1, data={"region": "26110"}), event(2)])
    assert (code, found["accepted"], found["duplicates"], len(found["rejected"])) == (1, 1, 0, 1)
    assert "registry" in found["rejected"][0]["where"] + found["rejected"][0]["what"]
    assert ingest([event(1)])[1]["duplicates"] == 1


def test_a_file_that_cannot_be_read_stops_everything_before_anything_is_written(ingest):
    code, found, err = ingest([event(1)], "nowhere.ndjson")
    assert code == 2
    assert "nowhere.ndjson" in err
    assert "problems" in found
    assert not ingest.home.exists()
    (ingest.folder / "torn.parquet").write_bytes(b"PAR1 and no more")
    assert ingest([event(1)], "torn.parquet")[0] == 2
    assert not ingest.home.exists()


def test_parquet_is_read_as_ndjson_is(ingest):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{**event(i), "data": '{"region": "11440"}'} for i in (1, 2)]
    pq.write_table(pa.Table.from_pylist(rows), ingest.folder / "events.parquet")
    assert ingest("events.parquet")[1]["accepted"] == 2
    assert ingest([event(1)])[1]["duplicates"] == 1


def test_events_that_nobody_stamped_are_stamped_once_and_are_duplicates_afterwards(ingest):
    unstamped = event(1)
    del unstamped["recordedtime"]
    assert ingest([unstamped])[1]["accepted"] == 1
    assert ingest([unstamped])[1] == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_people_read_one_line(ingest, capsys):
    file = ingest.folder / "one.ndjson"
    file.write_text(json.dumps(event(1)), encoding="utf-8")
    assert main(["ingest", str(file), "--home", str(ingest.home)]) == 0
    assert capsys.readouterr().out == "1 accepted, 0 duplicates, none rejected\n"
    file.write_text("\n".join(["broken"] * 30), encoding="utf-8")
    assert main(["ingest", str(file), "--home", str(ingest.home)]) == 1
    out, err = capsys.readouterr()
    assert out == "0 accepted, 0 duplicates, rejected for 30 reasons\n"
    assert "... and 10 more reasons" in err
    file.write_text("broken", encoding="utf-8")
    assert main(["ingest", str(file), "--home", str(ingest.home)]) == 1
    assert capsys.readouterr().out == "0 accepted, 0 duplicates, rejected for 1 reason\n"
